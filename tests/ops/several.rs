//! Several writers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use manifesto::{
    oci::{Content, memory::Memory},
    write::WriteError,
};

use crate::world::{Machine, founding::found, push_image, slow::Slow};

async fn writers(count: usize, most: Duration) -> Vec<Machine> {
    let content: Arc<dyn Content> = Arc::new(Slow { memory: Memory::new(), most });
    push_image(content.as_ref(), "1.4").await;
    let machines: Vec<Machine> = (0..count).map(|_| Machine::new(Arc::clone(&content))).collect();
    found(&content, &machines).await;
    machines
}

/// Puts that were reported are there, whoever raced whom.
#[tokio::test(start_paused = true)]
async fn no_confirmed_put_is_lost() {
    let machines = writers(4, Duration::from_millis(20)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (index, machine) in machines.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut reported = BTreeSet::new();
            for round in 0..3 {
                let kind = format!("type-{index}-{round}");
                machine.put(&kind, &kind).await.unwrap();
                reported.insert(kind);
            }
            (machine, reported)
        });
    }
    let done = tasks.join_all().await;
    let reported: BTreeSet<String> = done.iter().flat_map(|(_, reported)| reported.clone()).collect();
    assert_eq!(reported.len(), 12);
    for (machine, _) in &done {
        assert_eq!(machine.list().await.unwrap().into_iter().collect::<BTreeSet<_>>(), reported);
        for kind in &reported {
            assert_eq!(machine.get(kind).await.unwrap(), *kind);
        }
    }
}

/// [⚔] A replay that looks at nothing would put `approved` over a colleague's `rejected`.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[tokio::test(start_paused = true)]
async fn of_two_who_say_different_things_at_once_one_is_told() {
    let mut machines = writers(2, Duration::from_millis(20)).await.into_iter();
    let (alice, bob) = (machines.next().unwrap(), machines.next().unwrap());
    alice.put("approvals", "pending").await.unwrap();
    let (first, second) = tokio::join!(alice.put("approvals", "approved"), bob.put("approvals", "rejected"));
    let current = alice.get("approvals").await.unwrap();
    match (&first, &second) {
        (Ok(_), Err(WriteError::Conflict { .. })) => assert_eq!(current, "approved"),
        (Err(WriteError::Conflict { .. }), Ok(_)) => assert_eq!(current, "rejected"),
        (first, second) => panic!("{:?} and {:?}", first.as_ref().map(drop), second.as_ref().map(drop)),
    }
    assert_eq!(bob.get("approvals").await.unwrap(), current);
}
