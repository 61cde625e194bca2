//! Renewing: what is due, with whose keys, in how many publications.

use std::collections::BTreeSet;

use manifesto::{Error, read, report, write::WriteError};

use crate::world::{
    Machine, World,
    authority::{granted, make_key},
    scripted::{Act, Request, scripted},
};

fn names(texts: &[report::Text]) -> BTreeSet<&str> {
    texts.iter().map(report::Text::raw).collect()
}

fn versions(inspect: &report::Inspect) -> Vec<(&str, u64)> {
    inspect.roles.iter().map(|role| (role.role.raw(), role.dates.version)).collect()
}

/// An owner, and a cron machine that publishes, and a reader.
async fn team() -> (Machine, Machine, Machine) {
    let world = World::new().await;
    let (owner, cron, reader) = (world.machine(), world.machine(), world.machine());
    owner.init().await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();
    cron.pin_like(&owner).await;
    reader.pin_like(&owner).await;
    (owner, cron, reader)
}

#[tokio::test(start_paused = true)]
async fn the_owner_renews_everything_in_one_publication() {
    let (mut owner, _, mut reader) = team().await;
    let before = owner.inspect().await;
    assert_eq!(owner.refresh().await.unwrap().0.published, None);

    owner.later(330);
    reader.later(330);
    assert!(owner.state_of_upkeep(None).await.due);
    assert!(reader.get("seccomp").await.is_err());
    let (renewal, warnings) = owner.refresh().await.unwrap();
    let all = BTreeSet::from(["root", "targets", "repository", "snapshot", "timestamp"]);
    assert_eq!(names(&renewal.renewed), all);
    assert!(renewal.waiting.is_empty() && warnings.is_empty() && !renewal.expired, "{renewal:?}");
    let after = owner.inspect().await;
    // Each by one: a second publication would count further.
    for (role, version) in versions(&before) {
        assert!(versions(&after).contains(&(role, version + 1)), "{role}: {:?}", versions(&after));
    }
    assert_eq!(after.roots.len(), 2);
    assert_eq!(
        (after.statements, &after.keys, &after.publishers),
        (before.statements, &before.keys, &before.publishers)
    );
    // Nothing but versions, dates and hashes differs.
    for (old, new) in before.roles.iter().zip(&after.roles) {
        assert!(new.dates.expires > old.dates.expires && new.renew_from > owner.now, "{new:?}");
        assert_eq!((&old.keys, old.threshold, &old.patterns), (&new.keys, new.threshold, &new.patterns));
    }
    // Whoever pinned the first root follows by themselves.
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    assert!(owner.refresh().await.unwrap().0.renewed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_renewed_here_is_told_with_the_names_of_who_can() {
    let (mut owner, mut cron, _) = team().await;
    let key = make_key(&cron, "cron");
    let qa = Machine::new(cron.content.clone());
    let [dora, erik] = ["dora", "erik"].map(|name| make_key(&qa, name));
    owner.delegate(&granted("qa", &["approvals"], &[&dora, &erik], Some(2))).await.unwrap();
    owner.add_publisher(&[key]).await.unwrap();

    // Delegated roles are due 30 days before their 90 are over; the owner's is among them.
    cron.later(65);
    let (renewal, warnings) = cron.refresh().await.unwrap();
    assert_eq!(names(&renewal.renewed), BTreeSet::from(["snapshot", "timestamp"]));
    assert!(renewal.published.is_some() && !renewal.expired && renewal.due > cron.now);
    let waiting: Vec<_> = renewal
        .waiting
        .iter()
        .map(|waiting| {
            let people: Vec<&str> = waiting.people.iter().map(|person| person.name.raw()).collect();
            (waiting.role.raw(), waiting.threshold, waiting.here, people)
        })
        .collect();
    // The keys that opened qa are nobody's.
    assert!(waiting.contains(&("qa", 2, 0, vec!["dora", "erik"])), "{waiting:?}");
    assert!(waiting.contains(&("repository", 1, 0, vec!["alice"])), "{waiting:?}");
    assert_eq!(waiting.len(), 2);
    let said: Vec<&str> = warnings.iter().map(|warning| warning.message.raw()).collect();
    assert!(said.iter().any(|said| said.starts_with("qa of") && said.contains("dora and erik")), "{said:?}");

    // Nothing that is possible is left to do, and that is no failure.
    let (again, _) = cron.refresh().await.unwrap();
    assert_eq!((again.published, again.waiting.len(), again.expired), (None, 2, false));

    // What expires meanwhile stays expired, and the rest is renewed all the same.
    cron.later(30);
    let (late, _) = cron.refresh().await.unwrap();
    assert!(late.published.is_some() && late.expired, "{late:?}");
    assert!(late.renew_by < cron.now);

    // A year on, root and top-level targets are the owner's to renew. The cron machine has no key for them.
    cron.later(240);
    let (year, _) = cron.refresh().await.unwrap();
    let left: BTreeSet<&str> = year.waiting.iter().map(|waiting| waiting.role.raw()).collect();
    assert_eq!(left, BTreeSet::from(["root", "targets", "qa", "repository"]));
    owner.later(335);
    let (done, _) = owner.refresh().await.unwrap();
    assert_eq!(names(&done.renewed), BTreeSet::from(["root", "targets", "repository"]));
    let left: Vec<&str> = done.waiting.iter().map(|waiting| waiting.role.raw()).collect();
    assert_eq!((left, done.expired), (vec!["qa"], true));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_key_that_publishes_is_told_so_where_something_is_due() {
    let (_, mut cron, _) = team().await;
    assert_eq!(cron.refresh().await.unwrap().0.published, None);
    cron.later(8);
    assert!(matches!(cron.refresh().await, Err(WriteError::NoKey { role, .. }) if role == "snapshot"));
}

/// Two machines of the owner that renew root at once: both end well, and root counts on by one.
#[tokio::test(start_paused = true)]
async fn two_who_renew_root_at_once_both_end_well() {
    let (mut owner, mut twin, mut reader) = team().await;
    owner.add_publisher(&[make_key(&twin, "twin")]).await.unwrap();
    for record in owner.keys.list().unwrap() {
        if matches!(record.role().map(manifesto::name::Role::as_str), Some("root" | "repository")) {
            twin.keys.insert(&record, &owner.keys.export(record.key_id()).unwrap()).unwrap();
        }
    }
    for machine in [&mut owner, &mut twin, &mut reader] {
        machine.later(330);
    }
    let roots = owner.inspect().await.roots.len();
    let (one, other) = tokio::join!(owner.refresh(), twin.refresh());
    let (one, other) = (one.unwrap().0, other.unwrap().0);
    assert!(one.published.is_some() || other.published.is_some());
    assert!(!one.expired && !other.expired, "{one:?} {other:?}");
    let after = reader.inspect().await;
    assert_eq!(after.roots.len(), roots + 1);
    assert!(after.warnings.is_empty(), "{:?}", after.warnings);
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

#[tokio::test(start_paused = true)]
async fn status_says_whose_keys_are_here() {
    let (owner, cron, _) = team().await;
    let key = make_key(&cron, "cron");
    owner.add_publisher(&[key]).await.unwrap();
    let here = |state: &report::State| -> BTreeSet<(String, Option<u64>)> {
        state.roles.iter().map(|role| (role.report.role.raw().to_owned(), role.here)).collect()
    };
    let expected = |counts: [u64; 5]| -> BTreeSet<(String, Option<u64>)> {
        let roles = ["repository", "root", "snapshot", "targets", "timestamp"];
        roles.iter().zip(counts).map(|(role, here)| ((*role).to_owned(), Some(here))).collect()
    };
    assert_eq!(here(&owner.state_of_upkeep(None).await), expected([1; 5]));
    assert_eq!(here(&cron.state_of_upkeep(None).await), expected([0, 0, 1, 0, 1]));
    let (unknown, _) = cron.repository().status(None, None).await.unwrap();
    assert!(unknown.roles.iter().all(|role| role.here.is_none()));

    let state = cron.state_of_upkeep(Some("15d")).await;
    let due: Vec<&str> = state.roles.iter().filter(|role| role.due).map(|role| role.report.role.raw()).collect();
    assert_eq!((state.due, due), (true, vec!["timestamp"]));
    assert!(!cron.state_of_upkeep(Some("13d")).await.due);
}

/// [⚔] A delegate's role that is gone from the registry, or was never readable, must not let everything else expire.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#broken-role
#[tokio::test(start_paused = true)]
async fn a_damaged_role_is_told_and_everything_else_is_renewed() {
    let (content, mut owner) = scripted().await;
    owner.put("seccomp", "{}").await.unwrap();
    let elsewhere = Machine::new(content.clone());
    owner.delegate(&granted("qa", &["approvals"], &[&make_key(&elsewhere, "dora")], None)).await.unwrap();
    let qa = owner.inspect().await.body.roles.into_iter().find(|role| role.role.raw() == "qa").unwrap();
    let (_, root) = owner.repository().export_root().unwrap();
    // On a machine that does not remember it.
    owner.home = tempfile::tempdir().unwrap();
    owner.repository().pin(read::PinBy::Root(root)).await.unwrap();
    content.script(move |request| if *request == Request::Blob(qa.digest) { Act::Absent } else { Act::Pass });
    owner.later(80);
    let (renewal, warnings) = owner.refresh().await.unwrap();
    assert_eq!(names(&renewal.renewed), BTreeSet::from(["repository", "snapshot", "timestamp"]));
    assert_eq!((renewal.damaged.len(), renewal.damaged[0].role.raw()), (1, "qa"));
    assert!(warnings.iter().any(|warning| warning.kind == "role_damaged"), "{warnings:?}");
    assert_eq!(owner.get("seccomp").await.unwrap(), "{}");
    assert!(matches!(owner.get("approvals").await, Err(Error::Trust(_) | Error::Store(_))));
    // Once it is back it answers, and is due.
    content.pass();
    let (whole, _) = owner.refresh().await.unwrap();
    assert_eq!((whole.damaged.len(), whole.waiting.len(), whole.published), (0, 1, None));
    assert!(matches!(owner.get("approvals").await, Err(Error::NoStatement { .. })));
}
