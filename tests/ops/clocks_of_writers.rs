//! Writers and wrong clocks: by a clock that differs from the registry's nothing is signed, and what a clock that was
//! ahead has signed is superseded by one that is right.

use std::{sync::Arc, time::Duration};

use manifesto::{
    Error,
    oci::memory::Memory,
    read::GetOptions,
    time::{Age, Timestamp},
    write::{Orphans, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key},
    founding::found,
    image, push_image,
    scripted::{Request, Scripted, scripted},
    thief::newcomer,
};

const DAY: i64 = 24 * 60;
const CLOCKS: [i64; 6] = [-365 * DAY, -6, 6, 2 * DAY, 40 * DAY, 1000 * DAY];

fn later(time: Timestamp, minutes: i64) -> Timestamp {
    let span = Duration::from_secs(60 * minutes.unsigned_abs());
    if minutes < 0 { time - span } else { time + span }
}

/// Every way to sign something.
const WAYS: [&str; 7] = ["put", "delete", "delegate", "rotate", "revoke", "refresh", "root"];

async fn sign(machine: &Machine, way: &str) -> Result<(), WriteError> {
    match way {
        "put" => machine.put("approvals", "again").await.map(drop),
        "delete" => machine.delete("approvals").await.map(drop),
        "delegate" => {
            let key = make_key(machine, "qa");
            machine.delegate(&granted("qa", &["sbom"], &[&key], None)).await.map(drop)
        }
        "rotate" => machine.rotate(&["timestamp"]).await.map(drop),
        "root" => machine.rotate(&["root", "repository", "timestamp"]).await.map(drop),
        "revoke" => machine.revoke(&machine.key_ids()[0], Orphans::BeginAnew).await.map(drop),
        _ => machine.publisher().refresh().await.map(drop),
    }
}

/// Asks as a gate does: nothing that the answer rests on may be dated in the future.
async fn passes_the_gate(reader: &Machine, text: &str) -> Result<(), Error> {
    let hour = Some(Age::minutes(60));
    let options = GetOptions { verify: true, fresh: hour, max_age: hour, ..GetOptions::default() };
    reader.repository().get(&image(), &["approvals".parse().unwrap()], &options).await?;
    assert_eq!(reader.get("approvals").await.unwrap(), text);
    Ok(())
}

/// [⚔]
/// What a wrong clock signs looks new for too long, or has expired already.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#authority-clock
#[tokio::test(start_paused = true)]
async fn by_a_clock_that_differs_from_the_registrys_nothing_is_signed() {
    let (content, mut alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let right = alice.now;
    content.set_clock(Some(right));
    let before = alice.key_ids();
    for minutes in CLOCKS {
        alice.now = later(right, minutes);
        content.forget_log();
        for way in WAYS.into_iter().filter(|way| *way != "refresh" || minutes > DAY) {
            match sign(&alice, way).await {
                Err(WriteError::ClockDiffers { now, registry, .. }) => {
                    assert_eq!((now, registry), (alice.now, right), "{way} {minutes}");
                }
                other => panic!("{way} {minutes}: {other:?}"),
            }
        }
        assert!(!content.requests().iter().any(Request::is_push), "{minutes}");
        let told = alice.repository().status(None, None).await.unwrap().1;
        assert!(told.iter().any(|warning| warning.kind == "clock_differs"), "{minutes}: {told:?}");
    }
    // A key of its own was made for a delegation that was not signed; the repository's are as they were.
    assert!(before.iter().all(|id| alice.key_ids().contains(id)));
    for minutes in [-5, 0, 5] {
        alice.now = later(right, minutes);
        alice.put("approvals", "approved").await.unwrap();
        let told = alice.repository().status(None, None).await.unwrap().1;
        assert!(!told.iter().any(|warning| warning.kind == "clock_differs"), "{minutes}: {told:?}");
    }
    alice.now = right;
    passes_the_gate(&newcomer(&alice).await, "approved").await.unwrap();
}

/// Nobody begins a repository by such a clock, and no key is left behind.
#[tokio::test(start_paused = true)]
async fn by_a_clock_that_differs_no_repository_begins() {
    let content = Arc::new(Scripted::new(Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let alice = Machine::new(content.clone());
    for minutes in CLOCKS {
        content.set_clock(Some(later(alice.now, minutes)));
        assert!(matches!(alice.init().await, Err(WriteError::ClockDiffers { .. })), "{minutes}");
        assert!(alice.keys.list().unwrap().is_empty());
    }
    content.set_clock(None);
    alice.init().await.unwrap();
}

/// [⚔]
/// Whatever a clock that was ahead has signed: the owner's next change goes through, and after a renewal nothing is
/// dated in the future any more. The registry need not tell the time for that.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#signer-clock
#[tokio::test(start_paused = true)]
async fn what_a_clock_that_was_ahead_signed_is_superseded() {
    for minutes in [6, 40 * DAY, 1000 * DAY] {
        let ways = WAYS.into_iter().filter(|way| *way != "revoke" && (*way != "refresh" || minutes > DAY));
        for way in ways {
            for dated in [true, false] {
                let (content, mut alice) = scripted().await;
                alice.put("approvals", "approved").await.unwrap();
                let right = alice.now;
                alice.now = later(right, minutes);
                sign(&alice, way).await.unwrap();
                alice.now = right;
                content.set_clock(dated.then_some(right));
                let told = format!("{way} {minutes} {dated}");
                // The same value as before, too, gets a date of its own.
                let text = if way == "put" { "again" } else { "approved" };
                alice.put("approvals", text).await.unwrap_or_else(|error| panic!("{told}: {error}"));
                alice.publisher().refresh().await.unwrap_or_else(|error| panic!("{told}: {error}"));
                passes_the_gate(&newcomer(&alice).await, text).await.unwrap_or_else(|error| panic!("{told}: {error}"));
                assert!(alice.repository().status(None, None).await.unwrap().1.is_empty(), "{told}");
                let renewed = alice.publisher().refresh().await.unwrap().0;
                assert!(renewed.renewed.is_empty(), "{told}: it is renewed once");
                for way in ["delegate", "rotate", "root", "delete"].into_iter().filter(|again| *again != way) {
                    sign(&alice, way).await.unwrap_or_else(|error| panic!("{told}, then {way}: {error}"));
                }
            }
        }
    }
}

/// The same among several writers, one of whom was ahead.
#[tokio::test(start_paused = true)]
async fn a_writer_that_was_ahead_stops_no_other() {
    for minutes in [6, 2 * DAY, 300 * DAY] {
        let content: Arc<dyn manifesto::oci::Content> = Arc::new(Memory::new());
        push_image(content.as_ref(), "1.4").await;
        let mut machines = [Machine::new(content.clone()), Machine::new(content.clone())];
        found(&content, &machines).await;
        let right = machines[1].now;
        machines[1].now = later(right, minutes);
        machines[1].put("approvals", "approved").await.unwrap();
        machines[1].now = right;
        let [alice, bob] = &machines;
        alice.put("approvals", "approved").await.unwrap();
        alice.publisher().refresh().await.unwrap();
        passes_the_gate(&newcomer(alice).await, "approved").await.unwrap();
        bob.put("approvals", "rejected").await.unwrap();
        passes_the_gate(&newcomer(alice).await, "rejected").await.unwrap();
    }
}

/// What is dated in the future can be deleted, and signed again: neither takes its date.
#[tokio::test(start_paused = true)]
async fn what_is_dated_in_the_future_can_be_deleted_and_put_again() {
    let (content, mut alice) = scripted().await;
    let right = alice.now;
    alice.now = later(right, 40 * DAY);
    alice.put("approvals", "approved").await.unwrap();
    alice.now = right;
    content.set_clock(Some(right));
    alice.delete("approvals").await.unwrap();
    assert!(matches!(alice.get("approvals").await, Err(Error::NoStatement { .. })));
    alice.put("approvals", "approved").await.unwrap();
    alice.publisher().refresh().await.unwrap();
    passes_the_gate(&newcomer(&alice).await, "approved").await.unwrap();
}
