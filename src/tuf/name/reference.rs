use std::{fmt, path::PathBuf, str::FromStr};

use super::{
    Digest, DigestError, Tag, TagError,
    grammar::{self, NameFault},
};

/// A repository on a registry: `host[:port]/path`, with the defaults of Docker.
///
/// `alpine` is `docker.io/library/alpine`, `acme/app` is `docker.io/acme/app`. The host is in lower case, so that each
/// repository has one name, in its pin and in its signed metadata.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName {
    host: String,
    path: String,
}

impl RepositoryName {
    /// The registry as named: its host and, if given, its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository's path on its registry.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host and port to connect to. They differ from the name only for Docker Hub.
    pub fn endpoint(&self) -> &str {
        if self.host == "docker.io" { "registry-1.docker.io" } else { &self.host }
    }

    /// Whether the registry's host is this machine: `localhost` or a loopback address.
    pub fn is_loopback(&self) -> bool {
        let host = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.host.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for RepositoryName {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (name, tag, digest) = split(text);
        if tag.is_some() || digest.is_some() {
            return Err(ReferenceError::NotARepository(text.to_owned()));
        }
        parse(name, text)
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

super::debug_as_text!(RepositoryName);

super::serde_as_text!(RepositoryName);

/// The place of a repository's content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// On a registry.
    Registry(RepositoryName),
    /// In an OCI image layout: a folder on this machine, written `oci:DIR`.
    Layout(PathBuf),
}

impl Location {
    /// Whether the content is in a layout on this machine.
    pub fn is_layout(&self) -> bool {
        matches!(self, Self::Layout(_))
    }
}

impl FromStr for Location {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let image: Image = text.parse()?;
        if image.named { Err(ReferenceError::NotARepository(text.to_owned())) } else { Ok(image.location) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(repository) => repository.fmt(f),
            Self::Layout(directory) => write!(f, "oci:{}", directory.display()),
        }
    }
}

super::debug_as_text!(Location);

/// An image as a user names it: `name[:tag][@digest]`, or `oci:DIR[:TAG|@DIGEST]` for a layout on disk.
///
/// Without tag and digest, the tag is `latest`. With both, the digest determines the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    location: Location,
    tag: Option<Tag>,
    digest: Option<Digest>,
    shown: String,
    named: bool,
}

impl Image {
    /// The repository that the image is in.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The tag, unless only a digest was given.
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The digest, if one was given. It determines the image even if there is a tag.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }
}

impl FromStr for Image {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        // An image named `oci` would become a layout in the folder `latest` once its tag is filled in.
        let layout = if text == "oci" { Some("") } else { text.strip_prefix("oci:") };
        let (location, tag, digest) = if let Some(rest) = layout {
            let (directory, tag, digest) = split(rest);
            // The text after a colon in the last component would be parsed as a tag when the folder is displayed
            // without one.
            if directory.is_empty() || directory.rsplit('/').next().is_some_and(|last| last.contains(':')) {
                return Err(ReferenceError::NoDirectory(text.to_owned()));
            }
            (Location::Layout(PathBuf::from(directory)), tag, digest)
        } else {
            let (name, tag, digest) = split(text);
            (Location::Registry(parse(name, text)?), tag, digest)
        };
        let named = tag.is_some() || digest.is_some();
        let tag = match (tag, digest) {
            (Some(tag), _) => Some(tag.parse()?),
            (None, None) => Some(Tag::latest()),
            (None, Some(_)) => None,
        };
        let shown = if named { text.to_owned() } else { format!("{text}:latest") };
        Ok(Self { location, tag, digest: digest.map(str::parse).transpose()?, shown, named })
    }
}

/// Writes the image as the user entered it, with the tag `latest` if there was no tag and no digest.
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Splits `NAME[:TAG][@DIGEST]`. A colon before the last slash belongs to the port or the folder.
fn split(text: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
    }
}

fn parse(name: &str, whole: &str) -> Result<RepositoryName, ReferenceError> {
    let malformed = |fault| ReferenceError::Malformed { reference: whole.to_owned(), fault };
    grammar::parse_name(name).map(|(host, path)| RepositoryName { host, path }).map_err(malformed)
}

/// The platform of one image in a multi-platform index: `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The architecture, such as `amd64`.
    pub architecture: String,
    /// The variant, such as `v8`. `None` matches any.
    pub variant: Option<String>,
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(PlatformError(text.to_owned())),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(PlatformError(text.to_owned()));
        }
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

/// The text is not a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a platform: expected os/architecture or os/architecture/variant, such as linux/arm64")]
pub struct PlatformError(String);

/// Why a text does not name an image or repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The text violates Docker's reference grammar.
    #[error("'{reference}' is not an image reference (name[:tag][@digest]): {fault}")]
    Malformed {
        /// The text.
        reference: String,
        /// How it violates the grammar.
        fault: NameFault,
    },
    /// A tag or digest is given, but a repository is needed.
    #[error("'{0}' names an image, but a repository is needed, without tag or digest")]
    NotARepository(String),
    /// `oci:` has no folder.
    #[error("'{0}' names no folder (oci:DIR[:TAG|@DIGEST])")]
    NoDirectory(String),
    /// The text after the colon is not a tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The text after the at sign is not a digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn image(text: &str) -> Image {
        text.parse().unwrap()
    }

    #[test]
    fn fills_in_what_docker_fills_in() {
        for (text, normal, tag) in [
            ("alpine", "docker.io/library/alpine", "latest"),
            ("alpine:3.20", "docker.io/library/alpine", "3.20"),
            ("acme/app", "docker.io/acme/app", "latest"),
            ("index.docker.io/alpine", "docker.io/library/alpine", "latest"),
            ("localhost/app", "localhost/app", "latest"),
            ("localhost:5000/app", "localhost:5000/app", "latest"),
            ("localhost:5000/myorg/imagetest:1", "localhost:5000/myorg/imagetest", "1"),
            ("GHCR.io/acme/app", "ghcr.io/acme/app", "latest"),
            ("registry.example.com/a/b/c/d:v1", "registry.example.com/a/b/c/d", "v1"),
            ("127.0.0.1:5000/app", "127.0.0.1:5000/app", "latest"),
            ("test.com:5000", "docker.io/library/test.com", "5000"),
            ("LOCALHOST/app", "localhost/app", "latest"),
            ("xn--bcher-kva.example/app", "xn--bcher-kva.example/app", "latest"),
            ("10.0.0.1/app", "10.0.0.1/app", "latest"),
            ("registry.example.com:443/app", "registry.example.com:443/app", "latest"),
            ("[::1]:5000/app:2", "[::1]:5000/app", "2"),
            ("[2001:db8::1]/app", "[2001:db8::1]/app", "latest"),
            ("a.example.com/a__b/c---d/e.f_g", "a.example.com/a__b/c---d/e.f_g", "latest"),
        ] {
            let image = image(text);
            assert_eq!(image.location().to_string(), normal, "{text}");
            assert_eq!(image.tag().unwrap().as_str(), tag, "{text}");
        }
    }

    #[test]
    fn the_digest_wins_over_the_tag() {
        let digest = Digest::of(b"x");
        let both = image(&format!("localhost:5000/app:1@{digest}"));
        assert_eq!((both.tag().unwrap().as_str(), both.digest()), ("1", Some(digest)));
        let alone = image(&format!("localhost:5000/app@{digest}"));
        assert_eq!((alone.tag(), alone.digest()), (None, Some(digest)));
    }

    #[test]
    fn shows_what_was_asked_with_the_tag_filled_in() {
        assert_eq!(image("localhost:5000/app").to_string(), "localhost:5000/app:latest");
        assert_eq!(image("localhost:5000/app:1").to_string(), "localhost:5000/app:1");
        assert_eq!(image("oci:./dir").to_string(), "oci:./dir:latest");
    }

    #[test]
    fn a_layout_is_a_folder_with_a_tag_or_a_digest() {
        let digest = Digest::of(b"x");
        for (text, directory, tag, expected) in [
            ("oci:dir", "dir", Some("latest"), None),
            ("oci:/a/b:1.4", "/a/b", Some("1.4"), None),
            (&*format!("oci:/a/b@{digest}"), "/a/b", None, Some(digest)),
        ] {
            let image = image(text);
            assert_eq!(image.location(), &Location::Layout(PathBuf::from(directory)));
            assert_eq!((image.tag().map(Tag::as_str), image.digest()), (tag, expected));
        }
    }

    #[test]
    fn refuses_what_is_no_reference() {
        for bad in [
            "",
            "example.com/UPPER",
            "a//b",
            "/a",
            "a/../b",
            "localhost:5000/",
            "app:",
            "app@",
            "app@sha256:abc",
            "app:a b",
            "app:täg",
            "[::1:5000/app",
            "[::1]5000/app",
            "[x]:5000/app",
            "localhost:/app",
            "localhost:99999/app",
            "localhost:+1/app",
            "-a.example.com/app",
            "UPPER/app",
            "OCI:5000/app",
            "oci",
            "oci:a:b:1",
            "127.1/app",
            "127.0.0.01/app",
            "0x7f.0.0.1/app",
            "2130706433:5000/app",
            "1.2.3.4.5/app",
            "256.1.1.1/app",
            "app.0x/app",
            "[0:0:0:0:0:0:0:1]:5000/app",
            "[::0001]/app",
            "[::ffff:127.0.0.1]/app",
            "[fe80::1%25eth0]/app",
            "[::1/app",
            "localhost./app",
            "registry.example.com./app",
            "registry.example.com:443./app",
            "registry%2eexample.com/app",
            "registry.example.com%2f@evil.example/app",
            "user@registry.example.com/app",
            "bücher.example/app",
            "xn--a.example/app",
            "xn--.example/app",
            "localhost:05000/app",
            "localhost:0/app",
            "localhost:65536/app",
            "localhost:5000:1/app",
            "localhost:٥/app",
            "a..b/app",
            "a.example.com/.app",
            "a.example.com/app-",
            "a.example.com/a___b",
            "a.example.com/a._b",
            "https://ghcr.io/acme/app",
            "oci:",
            "oci::tag",
            &format!("app@sha256:{}", "AB".repeat(32)),
            &format!("app@sha512:{}", "ab".repeat(64)),
            &"a/".repeat(200),
        ] {
            assert!(bad.parse::<Image>().is_err(), "{bad}");
        }
    }

    fn hosts() -> impl Strategy<Value = String> {
        let label =
            "[a-zA-Z0-9]{1,3}|0[xX][0-9a-f]{0,3}|0[0-7]{1,3}|[0-9]{1,10}|xn--[a-z0-9-]{1,8}|[a-z%_é.-]{1,3}|localhost";
        let name = prop::collection::vec(label, 1..5).prop_map(|labels| labels.join("."));
        let address = "\\[[0-9a-f:.]{1,16}(%[a-z]{1,3})?\\]";
        let port = "(:0?[0-9]{1,5}|:[a-z]?)?";
        (prop_oneof![3 => name, 1 => address], port).prop_map(|(host, port)| host + &port)
    }

    fn read(image: &Image) -> (&Location, Option<&Tag>, Option<Digest>, String) {
        (image.location(), image.tag(), image.digest(), image.to_string())
    }

    proptest! {
        /// [⚔] A displayed reference parses as the same reference, and the client contacts the host that it names.
        ///
        /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-reference
        #[test]
        fn a_reference_reads_back_as_itself_and_its_host_is_the_one_that_is_contacted(
            host in hosts(),
            path in "[a-z0-9]{1,4}(/[a-z0-9]{1,4})?|[a-zA-Z0-9._/-]{1,6}",
            rest in "(:[a-z0-9._-]{1,4})?",
        ) {
            let Ok(image) = format!("{host}/{path}{rest}").parse::<Image>() else { return Ok(()) };
            let again: Image = image.to_string().parse().unwrap();
            prop_assert_eq!(read(&again), read(&image));
            prop_assert_eq!(&image.location().to_string().parse::<Location>().unwrap(), image.location());
            let Location::Registry(repository) = image.location() else { return Ok(()) };
            for scheme in ["http", "https"] {
                let url = url::Url::parse(&format!("{scheme}://{}/v2/{}/", repository.endpoint(), repository.path())).unwrap();
                let named = repository.endpoint();
                let shown = url.host_str().unwrap().to_owned();
                let port = url.port_or_known_default().unwrap();
                prop_assert!(named == shown || named == format!("{shown}:{port}"), "{} leads to {}", named, url);
                prop_assert!(url.username().is_empty() && url.query().is_none() && url.fragment().is_none());
                prop_assert_eq!(url.path(), format!("/v2/{}/", repository.path()));
            }
        }

        #[test]
        fn a_layout_reads_back_as_itself(directory in "[a-zA-Z0-9._/:-]{1,12}", rest in "(:[a-z0-9._-]{1,4})?") {
            let Ok(image) = format!("oci:{directory}{rest}").parse::<Image>() else { return Ok(()) };
            let again: Image = image.to_string().parse().unwrap();
            prop_assert_eq!(read(&again), read(&image));
            prop_assert_eq!(&image.location().to_string().parse::<Location>().unwrap(), image.location());
        }
    }

    #[test]
    fn a_repository_has_no_tag() {
        assert_eq!("localhost:5000/app".parse::<RepositoryName>().unwrap().host(), "localhost:5000");
        assert!(matches!("localhost:5000/app:1".parse::<Location>(), Err(ReferenceError::NotARepository(_))));
        assert!(matches!("app:latest".parse::<RepositoryName>(), Err(ReferenceError::NotARepository(_))));
    }

    #[test]
    fn knows_this_machine() {
        for (text, expected) in [
            ("localhost:5000/a", true),
            ("127.0.0.1:1/a", true),
            ("127.8.8.8/a", true),
            ("[::1]:5000/a", true),
            ("[2001:db8::1]/a", false),
            ("ghcr.io/a", false),
            ("localhost.example.com/a", false),
            ("10.0.0.1/a", false),
        ] {
            assert_eq!(text.parse::<RepositoryName>().unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn platforms() {
        assert_eq!("linux/arm64/v8".parse::<Platform>().unwrap().to_string(), "linux/arm64/v8");
        for bad in ["linux", "linux/", "/arm64", "a/b/c/d", ""] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
