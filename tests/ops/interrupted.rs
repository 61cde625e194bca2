//! Killed between any two requests.

use std::{sync::Arc, time::Duration};

use manifesto::{Error, oci::Content, write::WriteError};

use crate::world::{
    Machine,
    founding::found,
    push_image,
    scripted::{Act, Request, Scripted, dead_after},
};

async fn interrupted(several: bool) {
    let mut requests = 0;
    loop {
        let content = Arc::new(Scripted::new(Duration::ZERO));
        push_image(content.as_ref(), "1.4").await;
        let shared: Arc<dyn Content> = content.clone();
        let machines = [Machine::new(shared.clone()), Machine::new(shared.clone())];
        if several {
            found(&shared, &machines).await;
        } else {
            machines[0].init().await.unwrap();
            machines[1].pin().await;
        }
        let [alice, bob] = &machines;
        alice.put("seccomp", "{}").await.unwrap();
        dead_after(&content, requests);
        let put = alice.put("approvals", "approved").await;
        content.pass();
        // Before it is tried again, readers find what was there, and of what was not confirmed all or nothing.
        assert_eq!(bob.get("seccomp").await.unwrap(), "{}");
        match bob.get("approvals").await {
            Ok(text) => assert_eq!(text, "approved"),
            Err(error) => assert!(matches!(error, Error::NoStatement { .. }) && put.is_err(), "{requests}: {error}"),
        }
        alice.put("approvals", "approved").await.unwrap();
        assert_eq!(bob.get("approvals").await.unwrap(), "approved");
        if several {
            bob.put("approvals", "rejected").await.unwrap();
            assert_eq!(alice.get("approvals").await.unwrap(), "rejected");
        }
        if put.is_ok() {
            break;
        }
        requests += 1;
    }
    assert!(requests > 5, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_single_writer() {
    interrupted(false).await;
}

#[tokio::test(start_paused = true)]
async fn one_of_several() {
    interrupted(true).await;
}

/// [⚔] What was announced and never became current stands in nobody's way, not even with another value: who tries again
/// is told once, sees it, and goes on.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#interruption
#[tokio::test(start_paused = true)]
async fn another_value_after_an_interruption() {
    let content = Arc::new(Scripted::new(Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let shared: Arc<dyn Content> = content.clone();
    let machines = [Machine::new(shared.clone()), Machine::new(shared.clone())];
    found(&shared, &machines).await;
    let [alice, bob] = &machines;
    let mut announced = false;
    content.script(move |request| {
        let dead = announced;
        announced |= matches!(request, Request::PushManifest(_));
        if dead { Act::Fail } else { Act::Pass }
    });
    assert!(alice.put("approvals", "approved").await.is_err());
    content.pass();
    assert!(matches!(bob.get("approvals").await, Err(Error::NoStatement { .. })));
    assert!(matches!(bob.put("approvals", "rejected").await, Err(WriteError::Conflict { .. })));
    assert_eq!(bob.get("approvals").await.unwrap(), "approved");
    bob.put("approvals", "rejected").await.unwrap();
    assert_eq!(alice.get("approvals").await.unwrap(), "rejected");
}

/// [⚔] Old or new, never neither: whoever reads, at whatever request the owner's machine dies.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#interruption
async fn rotation_interrupted(several: bool, last: Act) {
    let mut requests = 0;
    loop {
        let content = Arc::new(Scripted::new(Duration::ZERO));
        push_image(content.as_ref(), "1.4").await;
        let shared: Arc<dyn Content> = content.clone();
        let machines = [Machine::new(shared.clone()), Machine::new(shared.clone())];
        if several {
            found(&shared, &machines).await;
        } else {
            machines[0].init().await.unwrap();
            machines[1].pin_like(&machines[0]).await;
        }
        let [owner, reader] = &machines;
        let before = owner.keys.list().unwrap().len();
        owner.put("seccomp", "{}").await.unwrap();
        dies_with(&content, requests, last.clone());
        let rotated = owner.rotate(&["root", "repository", "timestamp"]).await;
        content.pass();
        assert_eq!(reader.get("seccomp").await.unwrap(), "{}", "{requests}");
        let version = reader.root().root().version();
        assert!(version == 2 || (version == 1 && rotated.is_err()), "{requests}: {version}");
        // New keys are there wherever they may be needed, and nowhere else.
        let keys = owner.keys.list().unwrap().len();
        assert!(keys == before + 3 || (keys == before && version == 1), "{requests}: {keys}");
        owner.put("seccomp", "[]").await.unwrap();
        assert_eq!(reader.get("seccomp").await.unwrap(), "[]");
        if rotated.is_err() {
            owner.rotate(&["root", "repository", "timestamp"]).await.unwrap();
            assert_eq!(reader.get("seccomp").await.unwrap(), "[]");
        }
        if rotated.is_ok() {
            break;
        }
        requests += 1;
    }
    assert!(requests > 5, "{requests}");
}

/// As [`dead_after`], where this becomes of the last request that is sent.
fn dies_with(content: &Scripted, requests: usize, last: Act) {
    let mut sent = 0;
    content.script(move |request| {
        sent += 1;
        match sent.cmp(&(requests + 1)) {
            std::cmp::Ordering::Less => Act::Pass,
            std::cmp::Ordering::Equal if request.is_push() => last.clone(),
            _ => Act::Fail,
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_rotation_by_a_single_writer() {
    rotation_interrupted(false, Act::Fail).await;
}

#[tokio::test(start_paused = true)]
async fn a_rotation_by_one_of_several() {
    rotation_interrupted(true, Act::Fail).await;
}

/// The last request arrives, and its answer does not.
#[tokio::test(start_paused = true)]
async fn a_rotation_whose_last_answer_is_lost() {
    rotation_interrupted(false, Act::LoseAnswer).await;
    rotation_interrupted(true, Act::LoseAnswer).await;
}
