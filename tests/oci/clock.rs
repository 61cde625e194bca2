//! What time it is where the registry is.

use std::time::Duration;

use manifesto::time::Timestamp;
use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{Content, Reference, layout::Layout, memory::Memory},
};

use super::scripted::{Asked, Server, answer, manifest_digest};

const BLOB: &[u8] = b"a statement";
const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const LATER: &str = "Mon, 07 Nov 1994 08:49:37 GMT";

fn latest() -> Reference {
    Reference::Tag("latest".parse().unwrap())
}

/// Whether the registry's clock shows `then`, give or take how long a slow machine takes for a test.
fn shows(content: &dyn Content, then: &str) -> bool {
    let then: Timestamp = then.parse().unwrap();
    let shown = content.date().unwrap();
    shown >= then && shown.saturating_since(then) < Duration::from_secs(60 * 2)
}

#[tokio::test]
async fn a_registry_tells_its_time_with_every_answer() {
    let server = Server::start(|asked| match asked.nth {
        0 => answer(404, &[("date", THEN)], ""),
        1 => answer(401, &[("date", LATER)], ""),
        _ => answer(304, &[("date", THEN)], ""),
    });
    let server = server.await;
    let registry = server.registry();
    assert_eq!(registry.date(), None, "nothing was asked yet");
    for then in ["1994-11-06T08:49:37Z", "1994-11-07T08:49:37Z", "1994-11-06T08:49:37Z"] {
        let _ = registry.manifest(&latest(), Some(manifest_digest())).await;
        assert!(shows(&registry, then), "{:?}", registry.date());
    }
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn time_goes_on_between_answers() {
    let server = Server::start(|_| answer(404, &[("date", THEN)], "")).await;
    let registry = server.registry();
    let _ = registry.manifest(&latest(), None).await;
    let before = registry.date().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(registry.date().unwrap().saturating_since(before) >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_date_that_is_none_or_was_kept_by_a_cache_changes_nothing() {
    let answers: [fn(&Asked) -> _; 3] = [
        |_| answer(200, &[("date", LATER), ("age", "1")], BLOB),
        |_| answer(200, &[("date", "yesterday")], BLOB),
        |_| answer(500, &[("date", "Sun, 06 Nov 2094 08:49:37 GMT")], "a weekday that it was not"),
    ];
    for second in answers {
        let server = Server::start(move |asked| match asked.nth {
            0 => answer(404, &[("date", THEN)], ""),
            _ => second(asked),
        });
        let server = server.await;
        let registry = server.registry();
        let _ = registry.manifest(&latest(), None).await;
        let _ = registry.blob(Digest::of(BLOB), 100).await;
        assert!(server.asked().len() > 1);
        assert!(shows(&registry, "1994-11-06T08:49:37Z"), "{:?}", registry.date());
    }
}

#[tokio::test]
async fn what_the_registry_redirects_to_has_a_clock_of_its_own() {
    let storage = Server::start(|_| answer(200, &[("date", LATER)], BLOB)).await;
    let location = format!("http://{}/bucket/blob", storage.host);
    let server = Server::start(move |_| answer(307, &[("date", THEN), ("location", &location)], "")).await;
    let registry = server.registry();
    assert_eq!(registry.blob(Digest::of(BLOB), 100).await.unwrap().unwrap(), BLOB);
    assert_eq!(storage.asked().len(), 1);
    assert!(shows(&registry, "1994-11-06T08:49:37Z"), "{:?}", registry.date());
}

#[tokio::test]
async fn a_token_server_has_a_clock_of_its_own() {
    let tokens = Server::start(|_| answer(200, &[("date", LATER)], r#"{"token":"t"}"#)).await;
    let challenge = format!(r#"Bearer realm="http://{}/token",service="s""#, tokens.host);
    let server = Server::start(move |asked| match &asked.authorization {
        None => answer(401, &[("date", THEN), ("www-authenticate", &challenge)], ""),
        Some(_) => answer(200, &[("date", "yesterday")], BLOB),
    });
    let server = server.await;
    let registry = server.registry();
    assert_eq!(registry.blob(Digest::of(BLOB), 100).await.unwrap().unwrap(), BLOB);
    assert_eq!(tokens.asked().len(), 1);
    assert!(shows(&registry, "1994-11-06T08:49:37Z"), "{:?}", registry.date());
}

#[tokio::test]
async fn memory_and_layouts_have_no_clock() {
    let folder = tempfile::TempDir::new().unwrap();
    let contents: [Box<dyn Content>; 2] =
        [Box::new(Memory::new()), Box::new(Layout::new(folder.path(), Limits::DEFAULT))];
    for content in contents {
        content.manifest(&latest(), None).await.unwrap();
        assert_eq!(content.date(), None);
    }
}
