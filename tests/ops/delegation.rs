//! Roles of their own: who may say what, and who may publish it.

use manifesto::{
    Error,
    name::{RoleName, Tag},
    oci::{Attempts, Content, Fetched, Reference},
    read, report,
    store::artifact::MANIFEST,
    trust::{
        TrustError,
        author::{AuthorityError, Grant, NamedKey, Publishing},
    },
    write::{DelegationRemoval, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key, team},
    done, proposed, publisher,
};

fn keys_of(names: &[&str], types: &[&str]) -> DelegationRemoval {
    DelegationRemoval::Part {
        keys: names.iter().map(|name| (*name).to_owned()).collect(),
        types: types.iter().map(|kind| kind.parse().unwrap()).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_with_its_own_key_alone_puts_its_type_and_nobody_else_does() {
    let (owner, ci, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    let key = make_key(&ci, "ci");
    let added = owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    assert!(added.begun && added.displaced.is_empty() && added.role.last.is_none());
    assert_eq!(added.role.keys.len(), 1, "opening keys are nobody's: {:?}", added.role.keys);
    assert_eq!(added.role.keys[0].name.raw(), "ci");

    // Nobody's question breaks before the role has said anything.
    assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
    assert_eq!(reader.list().await.unwrap(), ["seccomp"]);

    // The type is that role's alone, and the role is not enough to publish.
    match owner.put("trivy", "clean").await {
        Err(WriteError::OtherRolesType { role, may_sign, .. }) => {
            assert_eq!((role.as_str(), may_sign), ("trivy", vec!["ci".to_owned()]));
        }
        other => panic!("{:?}", other.map(drop)),
    }
    let waiting = proposed(ci.put_or_propose("trivy", "unpublished").await.unwrap());
    assert_eq!(waiting.proposal.state, report::ProposalState::Complete);
    assert_eq!(waiting.publishers[0].name.raw(), "alice");

    let publishers = owner.add_publisher(&[key]).await.unwrap();
    assert_eq!((publishers.writers.raw(), publishers.head.trust.root_version), ("several", 3));
    assert!(publishers.warnings.iter().any(|warning| warning.kind == "publisher_power"));
    ci.put("trivy", "clean").await.unwrap();
    assert!(matches!(ci.put("seccomp", "none").await, Err(WriteError::NoKey { role, .. }) if role == "repository"));
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    let list = owner.delegations().await;
    assert_eq!(list.iter().map(|role| role.role.raw()).collect::<Vec<_>>(), ["trivy", "repository"]);
    assert_eq!(list[0].last.as_ref().unwrap().signers[0].name.raw(), "ci");

    // The owner's next change drops the opening keys, and what was said stays.
    let second = make_key(&ci, "ci-2");
    assert!(!owner.delegate(&granted("trivy", &["sbom"], &[&second], None)).await.unwrap().begun);
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    ci.put("sbom", "[]").await.unwrap();
    assert_eq!(reader.get("sbom").await.unwrap(), "[]");
}

#[tokio::test(start_paused = true)]
async fn a_threshold_is_met_by_people_alone() {
    let (owner, qa, _) = team().await;
    let [alice, bob] = ["alice-qa", "bob-qa"].map(|name| make_key(&qa, name));
    let carol = make_key(&Machine::new(qa.content.clone()), "carol");
    let grant = granted("qa", &["approvals"], &[&alice, &bob, &carol], Some(2));
    assert!(owner.delegate(&grant).await.unwrap().begun);
    owner.add_publisher(&[alice]).await.unwrap();
    qa.put("approvals", "approved").await.unwrap();
    assert_eq!(owner.get("approvals").await.unwrap(), "approved");
    // With one of the two gone, the dead keys that began the role do not stand in.
    let lone = qa.keys.list().unwrap().into_iter().find(|record| record.name() == "bob-qa").unwrap();
    qa.keys.remove(lone.key_id()).unwrap();
    let waiting = proposed(qa.put_or_propose("approvals", "rejected").await.unwrap()).body.proposal;
    assert_eq!((waiting.state, waiting.signatures[0].threshold), (report::ProposalState::Open, 2));
    let missing: Vec<_> = waiting.signatures[0].missing.iter().map(|signer| signer.name.raw()).collect();
    assert_eq!(missing, ["bob-qa", "carol"]);
    assert_eq!(owner.get("approvals").await.unwrap(), "approved");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_meant_is_refused_before_anything_is_signed() {
    let (owner, ci, _) = team().await;
    let key = make_key(&ci, "ci");
    let refused = |grant: Grant| {
        let owner = &owner;
        async move {
            match owner.delegate(&grant).await {
                Err(WriteError::Authority(error)) => error,
                other => panic!("{:?}", other.map(drop)),
            }
        }
    };
    let unmeetable = refused(granted("qa", &["approvals"], &[&key, &key], Some(2))).await;
    assert!(matches!(unmeetable, AuthorityError::Unmeetable { threshold: 2, keys: 1, .. }));
    assert!(matches!(refused(granted("qa", &[], &[&key], None)).await, AuthorityError::Idle { .. }));
    assert!(matches!(refused(granted("repository", &["x"], &[&key], None)).await, AuthorityError::OwnersRole));
    owner.delegate(&granted("qa", &["approvals"], &[&key], None)).await.unwrap();
    let taken = refused(granted("dev", &["approvals"], &[&key], None)).await;
    assert!(
        matches!(taken, AuthorityError::AlreadyDelegated { what, role } if what == "approvals" && role.as_str() == "qa")
    );
    let ended = owner.remove_delegation("repository", DelegationRemoval::Role).await;
    assert!(matches!(ended, Err(WriteError::Authority(AuthorityError::OwnersRole))));
    let unknown = owner.remove_delegation("nobody", DelegationRemoval::Role).await;
    assert!(matches!(unknown, Err(WriteError::Authority(AuthorityError::NoSuchRole { .. }))));
    let stranger = owner.remove_delegation("qa", keys_of(&["mallory"], &[])).await;
    assert!(matches!(stranger, Err(WriteError::NoSuchKeyName { found: 0, .. })));
    // Only the owner says who may say what. Whoever has a key here may propose it, and nobody else may.
    let other = granted("dev", &["sbom"], &[&key], None);
    let asked = proposed(ci.publisher().delegate(&other, false).await.unwrap()).body.proposal;
    assert_eq!(asked.signatures[0].missing[0].name.raw(), "alice");
    let stranger = Machine::new(ci.content.clone());
    stranger.pin_like(&owner).await;
    assert!(matches!(stranger.delegate(&other).await, Err(WriteError::NoRepositoryKey { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_ends_and_begins_again_counts_on() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    let grant = granted("trivy", &["trivy"], &[&key], None);
    owner.delegate(&grant).await.unwrap();
    owner.add_publisher(&[key]).await.unwrap();
    for text in ["clean", "dirty"] {
        ci.put("trivy", text).await.unwrap();
    }
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
    let version = |roles: Vec<report::RoleReport>| {
        roles.iter().find(|role| role.role.raw() == "trivy").map(|role| role.dates.version)
    };
    let before = version(owner.repository().inspect().await.unwrap().body.roles).unwrap();

    let removed = owner.remove_delegation("trivy", DelegationRemoval::Role).await.unwrap();
    assert_eq!((&removed.role, removed.freed[0].raw()), (&None, "trivy"));
    assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
    owner.put("trivy", "the owner's").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "the owner's");

    let again = owner.delegate(&grant).await.unwrap();
    assert!(again.begun);
    assert_eq!((again.displaced.len(), again.displaced[0].types[0].raw()), (1, "trivy"));
    assert!(again.warnings.iter().any(|warning| warning.message.raw().contains("trivy of registry.example.com")));
    assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
    assert!(version(owner.repository().inspect().await.unwrap().body.roles).unwrap() > before);
    ci.put("trivy", "clean again").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean again");
}

#[tokio::test(start_paused = true)]
async fn what_was_said_does_not_lose_its_signatures_silently() {
    let (owner, ci, reader) = team().await;
    let (key, spare) = (make_key(&ci, "ci"), make_key(&Machine::new(ci.content.clone()), "spare"));
    owner.delegate(&granted("scan", &["trivy", "sbom"], &[&key, &spare], None)).await.unwrap();
    owner.add_publisher(&[key]).await.unwrap();
    ci.put("trivy", "clean").await.unwrap();
    for (taken, asked) in [(keys_of(&["ci"], &[]), "spare"), (keys_of(&[], &["trivy"]), "ci")] {
        let outcome = owner.publisher().remove_delegation(&"scan".parse().unwrap(), &taken).await;
        let waiting = proposed(outcome.unwrap()).body.proposal;
        let of_role = waiting.signatures.iter().find(|of| of.role.raw() == "scan").unwrap();
        assert!(of_role.signed.is_empty() && of_role.missing.iter().any(|signer| signer.name.raw() == asked));
    }
    let raised = granted("scan", &[], &[], Some(2));
    let waiting = proposed(owner.publisher().delegate(&raised, false).await.unwrap());
    assert_eq!(waiting.proposal.state, report::ProposalState::Open);
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    // What takes nothing away goes through: a type that nothing was said under, a key that has not signed.
    let left = owner.remove_delegation("scan", keys_of(&["spare"], &["sbom"])).await.unwrap().body.role.unwrap();
    assert_eq!((left.types.len(), left.keys.len()), (1, 1));
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    owner.put("sbom", "[]").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn publishers_come_and_go_and_one_stays() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.add_publisher(&[key]).await.unwrap();
    let listed = reader.repository().publishers().await.unwrap().body.publishers;
    let shown: Vec<_> = listed.iter().map(|one| (one.key.name.raw(), one.snapshot, one.timestamp)).collect();
    assert_eq!(shown, [("alice", true, false), ("ci", true, true), ("alice", false, true)]);
    ci.publisher().refresh().await.unwrap();

    let remove = |name: &'static str| {
        let owner = &owner;
        async move { owner.publisher().remove_publisher(&[name.to_owned()]).await.map(done) }
    };
    assert!(matches!(remove("mallory").await, Err(WriteError::NoSuchKeyName { found: 0, .. })));
    // Without its own keys this machine cannot publish the change: somebody else has to.
    let alone = owner.publisher().remove_publisher(&["alice".to_owned()]).await.unwrap();
    let waiting = proposed(alone);
    assert_eq!(waiting.proposal.state, report::ProposalState::Complete);
    assert_eq!(waiting.publishers.iter().map(|signer| signer.name.raw()).collect::<Vec<_>>(), ["ci"]);
    assert_eq!(remove("ci").await.unwrap().publishers.len(), 2);
    assert!(matches!(remove("alice").await, Err(WriteError::Authority(AuthorityError::Unmeetable { .. }))));
    assert!(matches!(ci.put("sbom", "[]").await, Err(WriteError::NoKey { .. })));
    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

/// A key for one part of what it takes publishes nothing; with a key for the other part it does.
#[tokio::test(start_paused = true)]
async fn the_two_parts_of_publishing_can_be_kept_apart() {
    let (owner, ci, reader) = team().await;
    let [versions, current] = ["ci-versions", "ci-current"].map(|name| make_key(&ci, name));
    let add = async |key: &NamedKey, publishing| {
        let keys = owner.keys.clone();
        publisher(owner.repository(), keys)
            .add_publisher(std::slice::from_ref(key), publishing)
            .await
            .map(done)
            .unwrap()
    };
    let first = add(&versions, Publishing::Versions).await;
    // A second list of versions is no second writer.
    assert_eq!(first.writers.raw(), "single");
    assert!(first.warnings[0].message.raw().contains("cannot publish"));
    assert!(matches!(ci.put("seccomp", "{}").await, Err(WriteError::NoKey { role, .. }) if role == "repository"));
    let mut later = Machine { now: ci.now.checked_add(std::time::Duration::from_secs(3600 * (24 * 8))).unwrap(), ..ci };
    assert!(matches!(later.publisher().refresh().await,
        Err(WriteError::NoKey { role, .. }) if role == "timestamp"));

    let both = add(&current, Publishing::Current).await;
    assert_eq!(both.writers.raw(), "several");
    assert!(both.warnings[0].message.raw().contains("decides what is current"));
    let listed: Vec<_> = both.publishers.iter().map(|one| (one.key.name.raw(), one.snapshot, one.timestamp)).collect();
    assert!(listed.contains(&("ci-versions", true, false)) && listed.contains(&("ci-current", false, true)));
    later.publisher().refresh().await.unwrap();
    later.now = reader.now;
    assert!(reader.repository().inspect().await.unwrap().metadata.timestamp.created > Some(reader.now));
}

/// Two who change who may say what at once: one is told, and nothing is mixed.
#[tokio::test(start_paused = true)]
async fn of_two_ceremonies_at_once_one_is_told() {
    let (owner, ci, reader) = team().await;
    // A second administrator, with a copy of the root key and a publisher key of their own.
    let twin = Machine::new(owner.content.clone());
    twin.pin_like(&owner).await;
    let root = owner
        .keys
        .list()
        .unwrap()
        .into_iter()
        .find(|record| record.role().is_some_and(|role| role.as_str() == "root"))
        .unwrap();
    twin.keys.insert(&root, &owner.keys.export(root.key_id()).unwrap()).unwrap();
    let key = make_key(&ci, "ci");
    owner.add_publisher(&[make_key(&twin, "bob")]).await.unwrap();
    let (one, other) = (granted("one", &["sbom"], &[&key], None), granted("two", &["trivy"], &[&key], None));
    let (first, second) = tokio::join!(owner.delegate(&one), twin.delegate(&other));
    let roles: Vec<String> =
        reader.repository().delegations().await.unwrap().roles.iter().map(|role| role.role.raw().to_owned()).collect();
    for (done, role) in [(&first, "one"), (&second, "two")] {
        match done {
            Ok(_) => assert!(roles.contains(&role.to_owned()), "{roles:?}"),
            Err(WriteError::AuthorityChanged { .. } | WriteError::NotConfirmed { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(first.is_ok() || second.is_ok());
    assert!(roles.contains(&RoleName::repository().to_string()));
}

/// A colleague's statement that lands while the owner delegates is not lost, and neither is the change.
#[tokio::test(start_paused = true)]
async fn a_put_beside_a_ceremony_survives_it() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    let grant = granted("qa", &["approvals"], &[&key], None);
    let (put, delegated) = tokio::join!(ci.put("trivy", "clean"), owner.delegate(&grant));
    put.unwrap();
    delegated.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    assert_eq!(owner.delegations().await.len(), 3);
}

async fn manifest(content: &dyn Content, tag: &Tag) -> bytes::Bytes {
    match content.manifest(&Reference::Tag(tag.clone()), None).await.unwrap() {
        Fetched::Manifest(manifest) => manifest.bytes,
        other => panic!("{other:?}"),
    }
}

/// [⚔]
/// A publication that was made under the root before, and overtaken by a ceremony whose maker could not see it: what
/// its roles say is taken over, so that a reader who saw it follows again after the next put.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#lost-update
#[tokio::test(start_paused = true)]
async fn what_was_announced_before_a_new_root_is_carried_on() {
    overtaken(async |owner: &Machine, spare: NamedKey| drop(owner.add_publisher(&[spare]).await.unwrap())).await;
}

/// The same, where the ceremony is about another role.
#[tokio::test(start_paused = true)]
async fn what_was_announced_before_new_delegations_is_carried_on() {
    let qa = async |owner: &Machine, spare: NamedKey| {
        drop(owner.delegate(&granted("qa", &["approvals"], &[&spare], None)).await.unwrap());
    };
    overtaken(qa).await;
}

async fn overtaken(ceremony: impl AsyncFn(&Machine, NamedKey)) {
    let (mut owner, ci, reader) = team().await;
    let (_, first_root) = owner.repository().export_root().unwrap();
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    ci.put("trivy", "first").await.unwrap();
    let content = ci.content.clone();
    let tags = [Tag::manifesto(), Tag::of_writer(key.id.as_str())];
    let restore = async |manifests: &[bytes::Bytes]| {
        for (tag, manifest) in tags.iter().zip(manifests) {
            content.push_manifest(tag, MANIFEST, manifest.clone(), Attempts::Several).await.unwrap();
        }
    };
    let before = [manifest(content.as_ref(), &tags[0]).await, manifest(content.as_ref(), &tags[1]).await];
    for text in ["second", "third", "fourth"] {
        ci.put("trivy", text).await.unwrap();
    }
    let announced = manifest(content.as_ref(), &tags[1]).await;
    assert_eq!(reader.get("trivy").await.unwrap(), "fourth");

    // As the owner saw it, none of that had happened.
    restore(&before).await;
    owner.home = tempfile::tempdir().unwrap();
    owner.repository().pin(read::PinBy::Root(first_root)).await.unwrap();
    let spare = make_key(&Machine::new(content.clone()), "spare");
    ceremony(&owner, spare).await;
    let current = manifest(content.as_ref(), &tags[0]).await;
    restore(&[current, announced]).await;
    assert!(matches!(reader.get("trivy").await, Err(Error::Trust(TrustError::Rollback { .. }))));

    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "fourth");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    ci.put("trivy", "fifth").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "fifth");
}
