//! Two who publish at the same time.

use std::thread;

use notary_dev::push::sha256;

use super::{
    actor::{Actor, Run},
    place::Place,
    team,
};

fn both(first: impl FnOnce() -> Run + Send, second: impl FnOnce() -> Run + Send) -> (Run, Run) {
    thread::scope(|scope| {
        let (first, second) = (scope.spawn(first), scope.spawn(second));
        (first.join().unwrap(), second.join().unwrap())
    })
}

#[test]
fn one_user_keeps_both() {
    let owner = Actor::new();
    let place = Place::new();
    let image = place.image();
    owner.does(&["init", &place.repository()]);
    for round in 0..3 {
        let kinds = [format!("left-{round}"), format!("right-{round}")];
        let put = |kind: &String| owner.run(&["put", &image, kind, "--text", kind]);
        let (left, right) = both(|| put(&kinds[0]), || put(&kinds[1]));
        left.done();
        right.done();
        for kind in &kinds {
            assert_eq!(owner.does(&["get", "--verify", &image, kind]), kind.as_bytes());
        }
    }
}

/// [⚔] A replay that looks at nothing would put `approved` over a colleague's `rejected`.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[test]
fn a_colleagues_newer_value_is_not_replaced_unseen() {
    let place = Place::new();
    let image = place.image();
    let team = team::founded(&place, 2);
    team[0].does(&["put", &image, "approvals", "--text", "pending"]);
    let put = |actor: &Actor, text: &str| actor.run(&["put", &image, "approvals", "--text", text]);
    let (alice, bob) = both(|| put(&team[0], "approved"), || put(&team[1], "rejected"));
    let (loser, ours, theirs) = match (alice.code(), bob.code()) {
        (Some(0), _) => (bob, "rejected", "approved"),
        _ => (alice, "approved", "rejected"),
    };
    let told = loser.stderr();
    loser.failed(8);
    for text in [ours, theirs] {
        assert!(told.contains(&sha256(text.as_bytes())), "{told}");
    }
    for actor in &team {
        assert_eq!(actor.does(&["get", "--verify", &image, "approvals"]), theirs.as_bytes());
    }
    // Who has seen the other's word can replace it.
    put(&team[0], "settled").done();
    assert_eq!(team[1].does(&["get", &image, "approvals"]), b"settled");
}
