//! What a person or a document calls an image, a repository, a platform or a key store.

use std::str::FromStr;

use manifesto::{
    name::NamePattern,
    name::{Gun, Image, Location, Platform, RepositoryName},
};
use manifesto_keys::{KeyStoreSpec, store::TokenUri};

use super::read_back;

/// What is accepted is read back as it was shown, and names one repository, whose address holds nothing that a URL or a
/// file system would read otherwise.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut accepted = read_back::<KeyStoreSpec>(text) | read_back::<TokenUri>(text);
    // Any two words are a platform, so it says nothing about the input.
    read_back::<Platform>(text);
    if let Ok(image) = text.parse::<Image>() {
        accepted = true;
        assert!(image.tag().is_some() || image.digest().is_some());
        let shown: Image = image.to_string().parse().unwrap();
        assert_eq!((shown.location(), shown.tag(), shown.digest()), (image.location(), image.tag(), image.digest()));
        if let Location::Registry(repository) = image.location() {
            check(repository);
        }
    }
    if let Ok(repository) = text.parse::<RepositoryName>() {
        check(&repository);
        let location = text.parse::<Location>();
        assert!(text == "oci" || location == Ok(Location::Registry(repository)), "{location:?}");
    }
    if let Ok(gun) = text.parse::<Gun>() {
        assert_eq!(gun.as_str(), text);
        check(&text.parse().unwrap());
    }
    if let Ok(pattern) = text.parse::<NamePattern>() {
        accepted = true;
        assert_eq!(pattern.as_str(), text);
        let example: RepositoryName = text.replace('*', "x").parse().unwrap();
        assert!(pattern.matches(&example));
    }
    accepted
}

fn check(repository: &RepositoryName) {
    let name = repository.to_string();
    assert_eq!(RepositoryName::from_str(&name).as_ref(), Ok(repository), "{name} reads back as another repository");
    assert_eq!(name.parse::<Location>().as_ref(), Ok(&Location::Registry(repository.clone())));
    assert_eq!(Gun::from(repository).as_str(), name);
    let (host, path) = (repository.host(), repository.path());
    assert!(path.len() <= 255 && path.split('/').all(|part| !part.is_empty() && !part.starts_with('.')), "{path}");
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._/".contains(&b);
    assert!(path.bytes().all(plain), "{path}");
    assert!(host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b)), "{host}");
}
