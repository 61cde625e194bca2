//! Signing together: statements, delegations and root that need more signatures than one machine can give.

use bytes::Bytes;
use manifesto::{
    Error,
    name::{Digest, Tag},
    oci::{Fetched, Reference},
    read,
    report::{self, ProposalState, Report},
    store::proposals::ProposalFile,
    trust::{
        Period,
        author::{AuthorityError, NamedKey, PeriodOf},
    },
    write::{self, InitOptions, InitOutcome, Outcome, ProposalSource, RootChange, RootKeys, WriteError},
};

use manifesto_keys::Algorithm;

use crate::world::{
    Machine, World,
    authority::{granted, make_key},
    done, image, proposed, publisher,
    together::{Team, names, team},
};

#[tokio::test(start_paused = true)]
async fn two_of_three_sign_and_whoever_publishes_publishes() {
    let Team { owner, people, reader, .. } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    let waiting = proposed(anna.put_or_propose("approvals", "approved").await.unwrap());
    assert_eq!(waiting.proposal.state, ProposalState::Open);
    let of_qa = &waiting.proposal.signatures[0];
    assert_eq!((names(&of_qa.signed), names(&of_qa.missing), of_qa.threshold), (vec!["anna"], vec!["bob", "carol"], 2));
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })), "not in force");

    let pending = bob.pending().await;
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0], waiting.proposal);
    let shown = &pending[0].difference.statements[0];
    assert_eq!((shown.statement_type.raw(), shown.before.is_none()), ("approvals", true));
    assert_eq!(shown.after.as_ref().unwrap().text.as_ref().unwrap().raw(), "approved");

    // Whoever has signed is not asked again.
    assert!(matches!(anna.sign(&waiting.proposal.id).await, Err(WriteError::NotAsked { .. })));
    let complete = proposed(bob.sign(&waiting.proposal.id).await.unwrap());
    assert_eq!(complete.proposal.state, ProposalState::Complete);
    assert_eq!(carol.pending().await[0].state, ProposalState::Complete);
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })), "nobody published it yet");

    let source = ProposalSource::Id(waiting.proposal.id.hex()[..6].to_owned());
    let published = done(owner.publisher().proposals().publish(&source).await.unwrap());
    assert_eq!(published.proposal.state, ProposalState::InForce);
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let list = reader.repository().list(&image(), &read::ListOptions::default()).await.unwrap();
    assert_eq!(names(&list.statements[0].signers), ["anna", "bob"]);
    assert!(carol.pending().await.is_empty(), "what is published does not wait");
}

#[tokio::test(start_paused = true)]
async fn the_signature_that_completes_it_publishes_where_its_signer_may() {
    let Team { owner, people, reader, keys } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    owner.add_publisher(&keys[1..2]).await.unwrap();
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let published = done(bob.sign(&id).await.unwrap());
    assert_eq!(published.proposal.state, ProposalState::InForce);
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    // ⚔ SECURITY.md#proposal-replay
    // Published once, it is of no use a second time.
    let id = proposed(anna.put_or_propose("approvals", "revoked").await.unwrap()).proposal.id;
    done(bob.sign(&id).await.unwrap());
    assert_eq!(reader.get("approvals").await.unwrap(), "revoked");
    assert!(bob.pending().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_as_many() {
    let Team { owner, people, reader, keys } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    owner.add_publisher(&keys[1..2]).await.unwrap();
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    done(bob.sign(&id).await.unwrap());
    let kind = "approvals".parse().unwrap();
    let removal = anna.publisher().delete(&image(), &kind, None).await.unwrap();
    let removal = proposed(removal).body.proposal;
    assert!(removal.difference.statements[0].after.is_none());
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    done(bob.sign(&removal.id).await.unwrap());
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
}

/// Both proposals change the same document. The first that is published overtakes the other, which is made anew on top
/// of it, for everybody to sign again.
#[tokio::test(start_paused = true)]
async fn what_was_overtaken_is_made_anew_where_nobody_touched_it() {
    let Team { owner, people, reader, keys } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    owner.delegate(&granted("qa", &["waiver"], &[], None)).await.unwrap();
    owner.add_publisher(&keys[1..2]).await.unwrap();
    let first = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let second = proposed(carol.put_or_propose("waiver", "granted").await.unwrap()).proposal.id;
    done(bob.sign(&first).await.unwrap());
    let states: Vec<_> = bob.pending().await.iter().map(|proposal| proposal.state).collect();
    assert_eq!(states, [ProposalState::ProposalOutdated]);
    // ⚔ SECURITY.md#proposal-replay
    // Its signatures are good, and its version is higher. It would take back what was approved.
    let source = ProposalSource::Id(second.to_string());
    let refused = bob.publisher().proposals().publish(&source).await;
    assert!(matches!(refused, Err(WriteError::Moved { .. })));

    let review = bob.review(&second).await.unwrap();
    assert_eq!(review.remade_from, Some(second));
    assert_eq!(review.proposal.difference.statements.len(), 1, "approvals are untouched");
    let anew = proposed(bob.sign(&second).await.unwrap());
    assert_eq!(names(&anew.proposal.signatures[0].signed), ["bob"], "carol's signature was for the other document");
    proposed(carol.sign(&anew.proposal.id).await.unwrap());
    let source = ProposalSource::Id(anew.proposal.id.to_string());
    done(owner.publisher().proposals().publish(&source).await.unwrap());
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert_eq!(reader.get("waiver").await.unwrap(), "granted");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_changed_meanwhile_is_refused_with_both_values() {
    let Team { owner, people, keys, .. } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    owner.add_publisher(&keys[1..2]).await.unwrap();
    let yes = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let no = proposed(carol.put_or_propose("approvals", "rejected").await.unwrap()).proposal.id;
    done(bob.sign(&no).await.unwrap());
    match bob.sign(&yes).await {
        Err(WriteError::Conflict { ours, theirs, by, .. }) => {
            assert_eq!((ours, theirs), (Some(Digest::of(b"approved")), Some(Digest::of(b"rejected"))));
            assert_eq!(by, ["bob", "carol"]);
        }
        other => panic!("{:?}", other.map(drop)),
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_proposal_is_of_no_use_to_whoever_kept_its_signatures() {
    let Team { owner, people, reader, keys } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    owner.add_publisher(&keys[1..2]).await.unwrap();
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (kept, _) = carol.publisher().proposals().export(&id.to_string()).await.unwrap();
    // One of two is not enough to end it, as it would not be to make it.
    let counter = proposed(bob.reject(&id).await.unwrap()).body.proposal;
    assert!(counter.difference.statements.is_empty());
    done(bob_and(bob, carol, &counter.id).await);
    let source = ProposalSource::File(kept);
    let session = carol.repository();
    let by = publisher(session, carol.keys.clone());
    let review = by.proposals().review(&source).await.unwrap();
    assert_eq!(review.report.remade_from, Some(id), "what anna signed is not what carol would sign");
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
}

/// The second signature on what bob has signed, published by bob.
async fn bob_and(bob: &Machine, other: &Machine, id: &Digest) -> Outcome<Report<report::Proposed>> {
    proposed(other.sign(id).await.unwrap());
    let source = ProposalSource::Id(id.to_string());
    bob.publisher().proposals().publish(&source).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_signer_without_a_network_judges_it_by_the_file() {
    let Team { owner, people, reader, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (file, _) = owner.publisher().proposals().export(&id.to_string()).await.unwrap();
    let apart = write::offline(bob.repository(), &file).await.unwrap();
    let by = publisher(apart, bob.keys.clone());
    let review = by.proposals().review(&ProposalSource::File(file)).await.unwrap();
    let shown = review.report.proposal.difference.statements[0].after.clone().unwrap();
    assert_eq!(shown.text.unwrap().raw(), "approved");
    let (signed, report) = review.sign_to_file().await.unwrap();
    assert_eq!(report.proposal.state, ProposalState::Complete);
    let source = ProposalSource::File(signed);
    done(owner.publisher().proposals().publish(&source).await.unwrap());
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
}

/// [⚔] Altered after signing: another statement under the same signature, or a signature of somebody else's.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#altered-proposal
#[tokio::test(start_paused = true)]
async fn what_was_altered_after_signing_has_no_signature() {
    let Team { owner, people, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (file, _) = owner.publisher().proposals().export(&id.to_string()).await.unwrap();
    let file =
        ProposalFile { current: None, ..ProposalFile::parse(&file, &manifesto::limits::Limits::DEFAULT).unwrap() };
    let text = String::from_utf8(file.to_bytes().unwrap().to_vec()).unwrap();
    let altered = text.replace(&Digest::of(b"approved").hex(), &Digest::of(b"whatever").hex());
    assert_ne!(altered, text);
    let source = ProposalSource::File(altered.into());
    let session = bob.repository();
    let by = publisher(session, bob.keys.clone());
    let review = by.proposals().review(&source).await.unwrap();
    assert_ne!(review.report.proposal.id, id, "another document has another name");
    assert!(review.report.proposal.signatures[0].signed.is_empty(), "and nobody has signed it");
    let refused = owner.publisher().proposals().publish(&source).await.unwrap();
    assert_eq!(proposed(refused).proposal.state, ProposalState::Open);
}

/// [⚔] The same people sign for another repository with the same keys.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#foreign-proposal
#[tokio::test(start_paused = true)]
async fn what_is_for_another_repository_is_refused() {
    let Team { owner, people, .. } = team().await;
    let id = proposed(people[0].put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (file, _) = owner.publisher().proposals().export(&id.to_string()).await.unwrap();
    let text = String::from_utf8(file.to_vec())
        .unwrap()
        .replace("registry.example.com/acme/app", "registry.example.com/acme/xyz");
    let source = ProposalSource::File(text.into());
    let session = people[1].repository();
    let by = publisher(session, people[1].keys.clone());
    match by.proposals().review(&source).await.map(drop) {
        Err(WriteError::Read(Error::Trust(manifesto::trust::TrustError::OtherRepository { found, .. }))) => {
            assert!(found.as_str().ends_with("xyz"));
        }
        other => panic!("{other:?}"),
    }
}

/// What one signer keeps is foreign to everybody else. It hides nothing.
#[tokio::test(start_paused = true)]
async fn rubbish_at_a_signers_tag_is_passed_over_with_a_warning() {
    let Team { owner, people, keys, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let image = match owner.content.manifest(&Reference::Tag("1.4".parse().unwrap()), None).await.unwrap() {
        Fetched::Manifest(manifest) => manifest,
        other => panic!("{other:?}"),
    };
    let tag = Tag::of_proposals(keys[1].id.as_str());
    let attempts = manifesto::oci::Attempts::Several;
    owner.content.push_manifest(&tag, &image.media_type, image.bytes, attempts).await.unwrap();
    let pending = owner.publisher().proposals().pending(None).await.unwrap();
    assert_eq!(pending.proposals.len(), 1);
    assert!(pending.warnings.iter().any(|warning| warning.message.raw().contains("bob")));
    assert_eq!(proposed(bob.sign(&id).await.unwrap()).proposal.state, ProposalState::Complete);
    assert!(
        owner.publisher().proposals().pending(None).await.unwrap().warnings.is_empty(),
        "bob's own word took its place"
    );
}

/// An owner whose root key is elsewhere proposes a delegation; the holder of the root key signs it, without a network.
/// [⚔] So do the delegates: opening keys made on the proposing machine could be kept there.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#offline-bootstrap-key
#[tokio::test(start_paused = true)]
async fn a_delegation_waits_for_the_root_key_and_its_delegates() {
    let world = World::new().await;
    let (vault, online, qa, reader) = (world.machine(), world.machine(), world.machine(), world.machine());
    let (root_key, qa_key) = (make_key(&vault, "vault"), make_key(&qa, "qa"));
    let file = match online.found(&[root_key]).await {
        InitOutcome::Proposed(file, report) => {
            assert_eq!(report.proposal.state, ProposalState::Open);
            file
        }
        InitOutcome::Begun(_) => panic!("the root key is elsewhere"),
    };
    let apart = |file: &Bytes| {
        let (session, file) = (vault.repository(), file.clone());
        async move { write::offline(session, &file).await.unwrap() }
    };
    let session = apart(&file).await;
    let by = publisher(session, vault.keys.clone());
    let (signed, report) =
        by.proposals().review(&ProposalSource::File(file)).await.unwrap().sign_to_file().await.unwrap();
    assert_eq!(report.proposal.state, ProposalState::Complete);
    let source = ProposalSource::File(signed);
    done(online.publisher().proposals().publish(&source).await.unwrap());
    let again = online.publisher().proposals().publish(&source).await;
    assert_eq!(done(again.unwrap()).proposal.state, ProposalState::InForce, "a second time it changes nothing");
    for machine in [&vault, &qa, &reader] {
        machine.pin_like(&online).await;
    }
    online.put("seccomp", "{}").await.unwrap();

    let grant = granted("qa", &["approvals"], &[&qa_key], None);
    let waiting = proposed(online.publisher().delegate(&grant, false).await.unwrap()).body.proposal;
    let fields: Vec<&str> = waiting.difference.fields.iter().map(|field| field.field.raw()).collect();
    assert!(
        fields.contains(&"qa.signs")
            && fields.contains(&&*format!("qa.keys.{}", qa_key.id))
            && fields.contains(&"qa.threshold"),
        "{fields:?}"
    );
    let roles: Vec<&str> = waiting.signatures.iter().map(|of| of.role.raw()).collect();
    assert_eq!(roles, ["root", "targets", "qa"]);
    assert_eq!(proposed(qa.sign(&waiting.id).await.unwrap()).proposal.state, ProposalState::Open);

    let (file, _) = online.publisher().proposals().export(&waiting.id.to_string()).await.unwrap();
    let session = apart(&file).await;
    let by = publisher(session, vault.keys.clone());
    let (signed, report) =
        by.proposals().review(&ProposalSource::File(file)).await.unwrap().sign_to_file().await.unwrap();
    assert_eq!(report.proposal.state, ProposalState::Complete);
    done(online.publisher().proposals().publish(&ProposalSource::File(signed)).await.unwrap());
    proposed(qa.put_or_propose("approvals", "yes").await.unwrap());
    let source = ProposalSource::Id(qa.pending().await[0].id.to_string());
    done(online.publisher().proposals().publish(&source).await.unwrap());
    assert_eq!(reader.get("approvals").await.unwrap(), "yes");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

/// A file that was changed on its way, such as to name somebody else's keys, begins nothing here.
#[tokio::test(start_paused = true)]
async fn a_repository_begins_with_this_machines_keys_only() {
    let world = World::new().await;
    let (vault, online, thief) = (world.machine(), world.machine(), world.machine());
    let root_key = make_key(&vault, "vault");
    online.found(std::slice::from_ref(&root_key)).await;
    let InitOutcome::Proposed(theirs, _) = thief.found(std::slice::from_ref(&root_key)).await else { panic!() };
    let session = vault.repository();
    let by = publisher(session, vault.keys.clone());
    let review = by.proposals().review(&ProposalSource::File(theirs)).await.unwrap();
    let (signed, _) = review.sign_to_file().await.unwrap();
    let source = ProposalSource::File(signed);
    let refused = online.publisher().proposals().publish(&source).await;
    assert!(matches!(refused, Err(WriteError::OtherFirstDocuments { .. })));
    let unmeetable = RootKeys { keys: vec![root_key.clone(), root_key], threshold: 2.try_into().ok() };
    let options = InitOptions { algorithm: Algorithm::Ed25519, person: "online".to_owned(), backup: None };
    let refused = online.publisher().init_offline(options, unmeetable).await.map(drop);
    assert!(matches!(refused, Err(WriteError::Authority(AuthorityError::Unmeetable { threshold: 2, keys: 1, .. }))));
}

/// A statement that waits survives a garbage collection: the signer's manifest lists it.
#[tokio::test(start_paused = true)]
async fn the_statement_that_waits_is_listed() {
    let Team { people, keys, .. } = team().await;
    proposed(people[0].put_or_propose("approvals", "approved").await.unwrap());
    let reference = Reference::Tag(Tag::of_proposals(keys[0].id.as_str()));
    let Fetched::Manifest(manifest) = people[0].content.manifest(&reference, None).await.unwrap() else { panic!() };
    let text = String::from_utf8(manifest.bytes.to_vec()).unwrap();
    assert!(text.contains(&Digest::of(b"approved").to_string()));
}

fn change(add: &[&NamedKey], threshold: Option<u32>) -> RootChange {
    RootChange {
        add: add.iter().map(|key| (*key).clone()).collect(),
        threshold: threshold.map(|threshold| threshold.try_into().unwrap()),
        ..RootChange::default()
    }
}

/// Root grows from one key to two of three, on machines that never meet, and readers of the first root follow.
#[tokio::test(start_paused = true)]
async fn root_is_changed_by_as_many_as_it_takes() {
    let Team { owner, people, reader, keys } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    let edit = |machine: &Machine, change: RootChange| {
        let (session, keys) = (machine.repository(), machine.keys.clone());
        async move { publisher(session, keys).edit_root(&change).await }
    };
    // The new threshold has to be met by the new root too, so the new keys sign with the old one.
    let waiting = proposed(edit(&owner, change(&[&keys[0], &keys[1]], Some(2))).await.unwrap()).body.proposal;
    let of_root: Vec<_> = waiting.signatures.iter().filter(|of| of.role.raw() == "root").collect();
    assert_eq!(of_root.len(), 2, "the former root's and the new one's");
    assert_eq!((names(&of_root[0].signed), names(&of_root[1].signed)), (vec!["alice"], vec!["alice"]));
    let shown = waiting.difference.fields.iter().find(|field| field.field.raw() == "root.threshold").unwrap();
    assert_eq!((shown.before.as_ref().unwrap().raw(), shown.after.as_ref().unwrap().raw()), ("1", "2"));

    assert_eq!(bob.pending().await[0].id, waiting.id);
    assert_eq!(proposed(bob.sign(&waiting.id).await.unwrap()).proposal.state, ProposalState::Complete);
    let source = ProposalSource::Id(waiting.id.to_string());
    done(owner.publisher().proposals().publish(&source).await.unwrap());
    assert_eq!(reader.repository().inspect().await.unwrap().trust.root_version, 3);

    // From now on the owner alone cannot.
    let grant = granted("scan", &["trivy"], &[&keys[2]], None);
    let waiting = proposed(owner.publisher().delegate(&grant, false).await.unwrap()).body.proposal;
    for machine in [anna, carol] {
        proposed(machine.sign(&waiting.id).await.unwrap());
    }
    let source = ProposalSource::Id(waiting.id.to_string());
    done(owner.publisher().proposals().publish(&source).await.unwrap());
    let roles = reader.repository().delegations().await.unwrap().body.roles;
    assert!(roles.iter().any(|role| role.role.raw() == "scan"));
}

#[tokio::test(start_paused = true)]
async fn what_root_cannot_become_is_refused() {
    let Team { owner, keys, .. } = team().await;
    let refused = |change: RootChange| {
        let (session, keys) = (owner.repository(), owner.keys.clone());
        async move { publisher(session, keys).edit_root(&change).await.map(drop).unwrap_err() }
    };
    let unmeetable = refused(change(&[&keys[0], &keys[0]], Some(3))).await;
    assert!(matches!(unmeetable, WriteError::Authority(AuthorityError::Unmeetable { threshold: 3, keys: 2, .. })));
    let unknown = refused(RootChange { remove: vec!["mallory".to_owned()], ..RootChange::default() }).await;
    assert!(matches!(unknown, WriteError::NoSuchKeyName { found: 0, .. }));
    let last = refused(RootChange { remove: vec!["alice".to_owned()], ..RootChange::default() }).await;
    assert!(matches!(last, WriteError::Authority(AuthorityError::Unmeetable { keys: 0, .. })));
    let period = (PeriodOf::Timestamp, Period { expiry: 7, signing: 7 });
    let never = refused(RootChange { periods: vec![period], ..RootChange::default() }).await;
    assert!(matches!(never, WriteError::Authority(AuthorityError::Period { .. })));
}

#[tokio::test(start_paused = true)]
async fn periods_and_names_are_roots_to_change() {
    let Team { owner, reader, .. } = team().await;
    let period = (PeriodOf::Timestamp, Period { expiry: 3, signing: 1 });
    let edit = RootChange {
        periods: vec![period],
        names: vec![("bob".to_owned(), "robert".to_owned())],
        ..RootChange::default()
    };
    done(owner.publisher().edit_root(&edit).await.unwrap());
    owner.put("seccomp", "{}").await.unwrap();
    let inspected = reader.repository().inspect().await.unwrap();
    let days = inspected.metadata.timestamp.expires.saturating_since(owner.now).as_secs() / 86_400;
    assert_eq!(days, 3);
    let qa =
        reader.repository().delegations().await.unwrap().body.roles.into_iter().find(|role| role.role.raw() == "qa");
    assert_eq!(names(&qa.unwrap().keys), ["anna", "robert", "carol"]);
}

/// Root stands for a year, and in the last half of its last 60 days everybody is told.
#[tokio::test(start_paused = true)]
async fn whoever_signs_is_warned() {
    let Team { mut owner, mut people, .. } = team().await;
    for machine in people.iter_mut().chain([&mut owner]) {
        machine.now = machine.now.checked_add(std::time::Duration::from_secs(3600 * (24 * 340))).unwrap();
    }
    let [anna, bob, carol] = &people[..] else { panic!() };
    let told = |warnings: &[report::Warning]| warnings.iter().any(|warning| warning.kind == "renewal_due");
    let first = proposed(anna.put_or_propose("approvals", "approved").await.unwrap());
    assert!(told(&first.warnings));
    let (id, session) = (first.proposal.id, bob.repository());
    let by = publisher(session, bob.keys.clone());
    let review = by.proposals().review(&ProposalSource::Id(id.to_string())).await.unwrap();
    assert!(told(&review.report.warnings));
    assert!(told(&proposed(review.sign().await.unwrap()).warnings));
    assert!(told(&proposed(carol.reject(&id).await.unwrap()).warnings));
    let source = ProposalSource::Id(id.to_string());
    let published = done(owner.publisher().proposals().publish(&source).await.unwrap());
    assert!(told(&published.warnings));
}

/// What everybody has signed is published by the machine that renews; what takes two to renew is proposed there.
#[tokio::test(start_paused = true)]
async fn refresh_publishes_what_is_complete_and_proposes_what_it_cannot_renew() {
    let Team { mut owner, mut people, reader, keys } = team().await;
    let id = proposed(people[0].put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    proposed(people[1].sign(&id).await.unwrap());
    let (renewal, _) = owner.publisher().refresh().await.unwrap();
    assert_eq!((renewal.completed, renewal.renewed.len()), (vec![id], 0));
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");

    owner.add_publisher(&keys[..1]).await.unwrap();
    for machine in people.iter_mut().chain([&mut owner]) {
        machine.now = machine.now.checked_add(std::time::Duration::from_secs(3600 * (24 * 80))).unwrap();
    }
    let refresh = |machine: &Machine| {
        let (session, keys) = (machine.repository(), machine.keys.clone());
        async move { publisher(session, keys).refresh().await.unwrap().0 }
    };
    let renewal = refresh(&people[0]).await;
    assert_eq!(renewal.proposed.len(), 1, "{renewal:?}");
    assert!(refresh(&people[0]).await.proposed.is_empty(), "it is proposed already");
    proposed(people[1].sign(&renewal.proposed[0]).await.unwrap());
    assert_eq!(refresh(&people[0]).await.completed, renewal.proposed);
    let qa =
        people[0].repository().inspect().await.unwrap().body.roles.into_iter().find(|role| role.role.raw() == "qa");
    assert_eq!(qa.unwrap().dates.created, Some(owner.now));
}
