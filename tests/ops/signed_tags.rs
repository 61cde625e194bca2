//! Signed tags: what a reader asks for who wants to be told by signature which image a tag stands for.

use std::sync::Arc;

use manifesto::{
    Error,
    name::{Digest, Image},
    read::{GetOptions, ListOptions},
};
use serde_json::json;

use crate::world::{
    Machine, REPOSITORY,
    scripted::{Act, Scripted, scripted},
    thief::{Forgery, Thief, image_digest, newcomer},
};

/// A repository whose owner has said something about one image, and signed that `1.4` stands for `digest`, if at all.
async fn repository(digest: Option<Digest>) -> (Arc<Scripted>, Machine, Digest) {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let image = image_digest(content.as_ref()).await;
    if let Some(digest) = digest {
        sign(&alice, digest).await;
    }
    let reader = newcomer(&alice).await;
    (content, reader, image)
}

/// Signs that the tag `1.4` stands for `digest`.
async fn sign(alice: &Machine, digest: Digest) {
    let target = json!({ "length": 400, "hashes": { "sha256": digest.hex() } });
    let target = serde_json::from_value(target).unwrap();
    let forge = |forged: &mut Forgery| {
        let role = forged.role("repository");
        role.targets.insert("tags/1.4".to_owned(), target);
        role.version += 1;
        forged.snapshot.version += 1;
    };
    Thief::with(alice, |_| true).publish(forge).await;
}

/// What `get` and `list` say about an image whose tag has to be signed, or not; they say the same.
async fn ask(reader: &Machine, image: &str, require_signed_tag: bool) -> Result<Vec<String>, Error> {
    let image: Image = format!("{REPOSITORY}{image}").parse().unwrap();
    let options = GetOptions { require_signed_tag, ..GetOptions::default() };
    let got = reader.repository().get(&image, &["approvals".parse().unwrap()], &options).await;
    let options = ListOptions { require_signed_tag, ..ListOptions::default() };
    let listed = reader.repository().list(&image, &options).await;
    match (got, listed) {
        (Ok(got), Ok(listed)) => {
            assert_eq!(got.report.head.image, listed.head.image);
            Ok(got.report.head.image.tag_signed_by.iter().map(|signer| signer.name.raw().to_owned()).collect())
        }
        (Err(got), Err(listed)) => {
            assert_eq!(got.to_string(), listed.to_string());
            Err(got)
        }
        (got, listed) => panic!("{:?} {:?}", got.map(drop), listed.map(drop)),
    }
}

/// [⚔] A digest alone is no tag, signed or not: whoever asked for a signature has named nothing that could have one.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#moved-tag
#[tokio::test(start_paused = true)]
async fn a_signed_tag_is_not_had_where_there_is_no_tag() {
    let (content, reader, digest) = repository(None).await;
    content.script(|_| panic!("nothing has to be asked for that"));
    let answer = ask(&reader, &format!("@{digest}"), true).await;
    assert!(matches!(answer, Err(Error::NoTag { image }) if image.ends_with(&digest.to_string())));
    content.script(|_| Act::Pass);
    assert!(ask(&reader, &format!("@{digest}"), false).await.unwrap().is_empty());
}

/// [⚔] Beside a digest, the tag has to be signed to stand for it.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#moved-tag
#[tokio::test(start_paused = true)]
async fn a_tag_beside_a_digest_is_signed_to_stand_for_it() {
    let (_, unsigned, digest) = repository(None).await;
    let both = format!(":1.4@{digest}");
    assert!(matches!(ask(&unsigned, &both, true).await, Err(Error::UnsignedTag { .. })));
    assert!(ask(&unsigned, &both, false).await.unwrap().is_empty());
    let (_, reader, _) = repository(Some(digest)).await;
    assert_eq!(ask(&reader, &both, true).await.unwrap(), ["alice"]);
    assert!(ask(&reader, &both, false).await.unwrap().is_empty());
    let other = Digest::of(b"another image");
    let (_, reader, _) = repository(Some(other)).await;
    match ask(&reader, &both, true).await {
        Err(Error::WrongTag { signed, found, .. }) => assert_eq!((signed, found), (other, digest)),
        answer => panic!("{answer:?}"),
    }
    // The digest decides where no signature is asked for.
    assert!(ask(&reader, &both, false).await.unwrap().is_empty());
}

/// A tag alone: a signature that is there holds whether it was asked for or not.
#[tokio::test(start_paused = true)]
async fn a_tag_is_held_to_its_signature() {
    let (_, unsigned, digest) = repository(None).await;
    assert!(matches!(ask(&unsigned, ":1.4", true).await, Err(Error::UnsignedTag { .. })));
    assert!(ask(&unsigned, ":1.4", false).await.unwrap().is_empty());
    let (content, reader, _) = repository(Some(digest)).await;
    for required in [false, true] {
        assert_eq!(ask(&reader, ":1.4", required).await.unwrap(), ["alice"]);
    }
    // The registry moves the tag to an image that nobody signed it for.
    let image = format!(r#"{{"schemaVersion":2,"n":"{digest}"}}"#);
    content.memory.place(&"1.4".parse().unwrap(), manifesto::oci::OCI_MANIFEST, image.into());
    for required in [false, true] {
        assert!(matches!(ask(&reader, ":1.4", required).await, Err(Error::WrongTag { .. })));
    }
}
