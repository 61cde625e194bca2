//! Killed between any two requests.

use std::{sync::Arc, time::Duration};

use manifesto::{oci::Content, ops::OpsError};

use super::{
    founding::found,
    scripted::{Act, Scripted},
    world::{Machine, push_image},
};

/// From the request with this number on, nothing is done any more.
pub(crate) fn dead_after(content: &Scripted, requests: usize) {
    let mut left = requests;
    content.script(move |_| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            Act::Pass
        }
        None => Act::Fail,
    });
}

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
            Err(error) => assert!(matches!(error, OpsError::NoStatement { .. }) && put.is_err(), "{requests}: {error}"),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_single_writer() {
    interrupted(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several() {
    interrupted(true).await;
}

/// ⚔ What was announced and never became current stands in nobody's way, not even with another value: who tries again
/// is told once, sees it, and goes on.
#[tokio::test(flavor = "multi_thread")]
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
        announced |= matches!(request, super::scripted::Request::PushManifest(_));
        if dead { Act::Fail } else { Act::Pass }
    });
    assert!(alice.put("approvals", "approved").await.is_err());
    content.pass();
    assert!(matches!(bob.get("approvals").await, Err(OpsError::NoStatement { .. })));
    assert!(matches!(bob.put("approvals", "rejected").await, Err(OpsError::Conflict { .. })));
    assert_eq!(bob.get("approvals").await.unwrap(), "approved");
    bob.put("approvals", "rejected").await.unwrap();
    assert_eq!(alice.get("approvals").await.unwrap(), "rejected");
}
