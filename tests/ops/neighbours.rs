//! What an answer does not need cannot fail it, and what a question is about is not confused with anything else.

use std::{sync::Arc, time::Duration};

use manifesto::{
    Error,
    limits::Limits,
    name::{Digest, Image},
    oci::{OCI_INDEX, OCI_MANIFEST},
    read::{self, GetOptions},
    store::artifact::{self, Artifact},
    trust::TrustError,
    write::{self, WriteError},
};

use crate::world::{
    Machine, REPOSITORY,
    authority::{granted, make_key},
    image, publisher,
    scripted::{Act, Request, Scripted, scripted, shown},
    thief::{Thief, image_digest, newcomer},
};

/// `qa` signs approvals, `trivy` signs trivy, and the owner everything else.
async fn team() -> (Arc<Scripted>, Machine, Machine) {
    let (content, alice) = scripted().await;
    for (role, kind) in [("qa", "approvals"), ("trivy", "trivy")] {
        let key = make_key(&alice, role);
        alice.delegate(&granted(role, &[kind], &[&key], None)).await.unwrap();
    }
    for (kind, text) in [("approvals", "approved"), ("trivy", "clean"), ("seccomp", "{}")] {
        alice.put(kind, text).await.unwrap();
    }
    let bob = newcomer(&alice).await;
    (content, alice, bob)
}

async fn artifact(content: &Arc<Scripted>) -> Artifact {
    Artifact::parse(&shown(content).await, artifact::MANIFEST, &Limits::DEFAULT).unwrap()
}

async fn get(machine: &Machine, image: &Image, kind: &str) -> Result<String, Error> {
    let got = machine.repository().get(image, &[kind.parse().unwrap()], &GetOptions::default()).await?;
    match got.bodies.into_iter().next() {
        Some((_, read::Body::Memory(bytes))) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        _ => panic!("a short statement is kept in memory"),
    }
}

async fn by_digest(content: &Arc<Scripted>) -> Image {
    format!("{REPOSITORY}@{}", image_digest(content.as_ref()).await).parse().unwrap()
}

/// [⚔]
/// Whatever happens to a document or index of a role that is not asked, approvals by digest are answered, and at once.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unrelated-blob
#[tokio::test(start_paused = true)]
async fn a_blob_of_another_role_fails_nobody() {
    let (content, _, _) = team().await;
    let listed = artifact(&content).await;
    for role in ["repository", "trivy"] {
        let name = role.parse().unwrap();
        let (document, index) = (listed.roles[&name].file.blob.digest, listed.index_of(&name).unwrap().digest);
        for blob in [document, index] {
            for act in [Act::Absent, Act::Fail, Act::Other, Act::Hang] {
                let reader = Machine::new(content.clone());
                let session = reader.builder().first_use(read::FirstUse::Accept).build().unwrap();
                let asked = by_digest(&content).await;
                let script = act.clone();
                content.script(move |request| match *request == Request::Blob(blob) {
                    true => script.clone(),
                    false => Act::Pass,
                });
                let kinds = ["approvals".parse().unwrap()];
                let options = GetOptions::default();
                let answer = session.get(&asked, &kinds, &options);
                let got = tokio::time::timeout(Duration::from_secs(20), answer).await;
                assert!(got.unwrap().is_ok(), "{role}, {act:?}");
                content.pass();
            }
        }
    }
}

/// What is needed is missed: the same faults fail the question about that role's own type.
#[tokio::test(start_paused = true)]
async fn a_blob_of_the_role_that_is_asked_is_needed() {
    let (content, _, bob) = team().await;
    let listed = artifact(&content).await;
    let blob = listed.roles[&"qa".parse().unwrap()].file.blob.digest;
    let asked = by_digest(&content).await;
    for act in [Act::Absent, Act::Fail, Act::Other] {
        let script = act.clone();
        content.script(move |request| if *request == Request::Blob(blob) { script.clone() } else { Act::Pass });
        assert!(get(&bob, &asked, "approvals").await.is_err(), "{act:?}");
        content.pass();
    }
}

/// Where a tag is asked about, whoever could have signed it is needed. The message says so, and the digest is a way out.
#[tokio::test(start_paused = true)]
async fn a_tag_that_nobody_can_tell_about_is_told_with_the_digest() {
    let (content, _, bob) = team().await;
    let listed = artifact(&content).await;
    let blob = listed.roles[&"repository".parse().unwrap()].file.blob.digest;
    content.script(move |request| if *request == Request::Blob(blob) { Act::Absent } else { Act::Pass });
    match get(&bob, &image(), "approvals").await {
        Err(Error::TagUnknown { reference, source, .. }) => {
            assert!(matches!(*source, Error::Trust(TrustError::Missing { .. })));
            assert_eq!(get(&bob, &reference.parse().unwrap(), "approvals").await.unwrap(), "approved");
        }
        other => panic!("{other:?}"),
    }
}

/// [⚔] The stand-in for a digest that is not known yet belongs to no image: a role that may sign for it is not asked.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unrelated-blob
#[tokio::test(start_paused = true)]
async fn a_stand_in_for_an_unknown_digest_is_never_loaded() {
    let (content, alice, bob) = team().await;
    let stand_in = Digest::of(b"").hex();
    let owner = Thief::with(&alice, |_| true);
    owner
        .publish(|forged| {
            let delegations = forged.targets.delegations.as_mut().unwrap();
            let mut trap = delegations.roles[0].clone();
            trap.name = "trap".parse().unwrap();
            trap.paths = vec![format!("sha256/{stand_in}/*").parse().unwrap()];
            trap.terminating = true;
            delegations.roles.insert(0, trap);
            forged.targets.version += 1;
            forged.snapshot.version += 1;
        })
        .await;
    assert_eq!(bob.get("approvals").await.unwrap(), "approved");
    alice.put("approvals", "rejected").await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    drop(content);
}

/// [⚔] A question about an image can only be put to the repository that it is in.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#other-repository
#[tokio::test(start_paused = true)]
async fn an_image_of_another_repository_is_no_question() {
    let (content, alice, bob) = team().await;
    let digest = image_digest(content.as_ref()).await;
    for other in ["registry.example.com/acme/other:1.4".to_owned(), format!("registry.example.com/acme/other@{digest}")]
    {
        let other: Image = other.parse().unwrap();
        assert!(matches!(get(&bob, &other, "approvals").await, Err(Error::OtherRepository { .. })));
        let listed = bob.repository().list(&other, &read::ListOptions::default()).await;
        assert!(matches!(listed, Err(Error::OtherRepository { .. })));
        let kind = "approvals".parse().unwrap();
        let deleted = alice.publisher().delete(&other, &kind, None).await;
        assert!(matches!(deleted.err(), Some(WriteError::Read(Error::OtherRepository { .. }))));
    }
}

/// [⚔] A word about a digest that the repository does not have is a mistake, or a lie of the registry's.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#absent-image
#[tokio::test(start_paused = true)]
async fn nothing_is_said_about_an_image_that_nobody_has() {
    let (content, alice, _) = team().await;
    let nobodys: Image = format!("{REPOSITORY}@{}", Digest::of(b"nobody's")).parse().unwrap();
    let measured = write::StatementContent::measure(manifesto::oci::Source::Bytes("yes".into())).await.unwrap();
    let (publisher, kind) = (alice.publisher(), "approvals".parse().unwrap());
    let options = write::PutOptions { media_type: "text/plain".to_owned(), ..Default::default() };
    content.forget_log();
    let put = publisher.put(&nobodys, &kind, measured.clone(), options.clone()).await;
    assert!(matches!(put.err(), Some(WriteError::Read(Error::NoImage { .. }))));
    assert!(!content.requests().iter().any(Request::is_push));
    let there = by_digest(&content).await;
    publisher.put(&there, &kind, measured, options).await.unwrap();
    // What was said about an image that is gone can be taken back.
    content.script(|request| match request {
        Request::Read(manifesto::oci::Reference::Digest(_)) | Request::Look(manifesto::oci::Reference::Digest(_)) => {
            Act::Absent
        }
        _ => Act::Pass,
    });
    publisher.delete(&there, &kind, None).await.unwrap();
}

/// [⚔] An index of the registry's can name anything for a platform. What is signed was seen.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#absent-image
#[tokio::test(start_paused = true)]
async fn nothing_is_said_about_a_platform_that_nobody_has() {
    let (content, alice, _) = team().await;
    let there = image_digest(content.as_ref()).await;
    let nobodys = Digest::of(b"nobody's");
    let child = |digest: Digest, cpu: &str| {
        format!(
            r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":7,"platform":{{"os":"linux","architecture":"{cpu}"}}}}"#
        )
    };
    let index = format!(r#"{{"manifests":[{},{}]}}"#, child(there, "amd64"), child(nobodys, "arm64"));
    content.memory.place(&"multi".parse().unwrap(), OCI_INDEX, index.into());
    let multi: Image = format!("{REPOSITORY}:multi").parse().unwrap();
    let measured = write::StatementContent::measure(manifesto::oci::Source::Bytes("yes".into())).await.unwrap();
    let kind = "approvals".parse().unwrap();
    let options = |platform: &str| write::PutOptions {
        media_type: "text/plain".to_owned(),
        platform: Some(platform.parse().unwrap()),
        ..Default::default()
    };
    let put = async |platform: &str| {
        let keys = Arc::clone(&alice.keys);
        publisher(alice.repository(), keys).put(&multi, &kind, measured.clone(), options(platform)).await
    };
    content.forget_log();
    match put("linux/arm64").await.err() {
        Some(WriteError::Read(Error::NoImage { image, .. })) => assert_eq!(image, format!("{REPOSITORY}@{nobodys}")),
        other => panic!("{other:?}"),
    }
    assert!(!content.requests().iter().any(Request::is_push));
    put("linux/amd64").await.unwrap();
}
