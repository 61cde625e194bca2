//! [⚔] What somebody could try who makes a proposal, carries one, or writes where proposals are kept.
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#altered-proposal

use bytes::Bytes;
use manifesto::{
    Error, Repository,
    limits::Limits,
    name::{Digest, Role, Tag},
    oci::{Attempts, Content, OCI_MANIFEST, Source},
    report::{self, ProposalState, Report},
    store::{
        artifact::Blob,
        proposals::{EMPTY, ProposalFile, ProposalsManifest},
    },
    trust::{Proposal, TrustError, author::NamedKey},
    write::{self, InitOutcome, Outcome, ProposalSource, RootChange, WriteError},
};
use serde_json::{Value, json};

use crate::world::{
    Machine, REPOSITORY, World,
    authority::{granted, make_key},
    done, image, proposed, publisher, push_image,
    scripted::{Act, Request, Scripted, dead_after},
    together::{Team, names, team, team_in},
};

/// The session of a machine that has nothing but this file.
async fn apart(machine: &Machine, file: &Bytes) -> Repository {
    write::offline(machine.repository(), file).await.unwrap()
}

async fn sign_file(machine: &Machine, file: Bytes) -> Result<Bytes, WriteError> {
    let session = apart(machine, &file).await;
    let by = publisher(session, machine.keys.clone());
    let review = by.proposals().review(&ProposalSource::File(file)).await?;
    Ok(review.sign_to_file().await?.0)
}

async fn publish_file(machine: &Machine, file: Bytes) -> Result<(), WriteError> {
    let source = ProposalSource::File(file);
    machine.publisher().proposals().publish(&source).await.map(|published| drop(done(published)))
}

/// Whoever carries the file to the vault puts a root key of their own into it, and signs with that.
#[tokio::test(start_paused = true)]
async fn a_repository_begins_with_the_root_keys_that_were_asked_for() {
    let world = World::new().await;
    let (vault, online, thief) = (world.machine(), world.machine(), world.machine());
    let root_key = make_key(&vault, "vault");
    let InitOutcome::Proposed(file, _) = online.found(std::slice::from_ref(&root_key)).await else { panic!() };
    let stolen = make_key(&thief, "vault");
    let text = String::from_utf8(file.to_vec()).unwrap();
    let key = |key: &NamedKey| key.key.read::<Value>().unwrap()["keyval"]["public"].as_str().unwrap().to_owned();
    let text = text.replace(root_key.id.as_str(), stolen.id.as_str()).replace(&key(&root_key), &key(&stolen));
    let signed = sign_file(&thief, text.into()).await.unwrap();
    assert!(matches!(publish_file(&online, signed).await, Err(WriteError::OtherFirstDocuments { .. })));
    let signed = sign_file(&vault, file).await.unwrap();
    publish_file(&online, signed).await.unwrap();
}

/// A machine that trusts nothing yet is handed a change of a repository without a copy of what is current, as if it
/// were the beginning of a new one.
#[tokio::test(start_paused = true)]
async fn the_next_root_is_not_signed_as_a_first_one() {
    let world = World::new().await;
    let (owner, vault) = (world.machine(), world.machine());
    owner.init().await.unwrap();
    let key = make_key(&vault, "vault");
    let change = write::RootChange { add: vec![key], threshold: 2.try_into().ok(), ..write::RootChange::default() };
    owner.publisher().edit_root(&change).await.unwrap();
    let id = owner.publisher().proposals().pending(None).await.unwrap().proposals[0].id;
    let (file, _) = owner.publisher().proposals().export(&id.to_string()).await.unwrap();
    assert!(matches!(sign_file(&vault, file.clone()).await, Err(WriteError::Read(Error::NotPinned { .. }))));
    let stripped =
        ProposalFile { current: None, ..ProposalFile::parse(&file, &manifesto::limits::Limits::DEFAULT).unwrap() };
    let refused = sign_file(&vault, stripped.to_bytes().unwrap()).await;
    assert!(matches!(refused, Err(WriteError::NothingToCompare { .. })), "{:?}", refused.map(drop));
}

/// What somebody makes of a proposal, and signs with the keys that they have.
async fn forge(
    from: &Machine,
    id: &Digest,
    signer: Option<(&Machine, &NamedKey)>,
    alter: impl Fn(&Role, &mut Value),
) -> Proposal {
    let (file, _) = from.publisher().proposals().export(&id.to_string()).await.unwrap();
    let file = ProposalFile::parse(&file, &Limits::DEFAULT).unwrap();
    let documents = file.documents.into_iter().map(|(role, bytes)| {
        let mut document: Value = serde_json::from_slice(&bytes).unwrap();
        alter(&role, &mut document["signed"]);
        (role, Bytes::from(document.to_string()))
    });
    let mut proposal = Proposal::inspect(documents, &REPOSITORY.parse().unwrap(), &Limits::DEFAULT).unwrap();
    if let Some((machine, key)) = signer {
        let signing = machine.keys.load(&key.id).unwrap();
        let messages: Vec<_> = proposal.messages().map(|(role, message)| (role.clone(), message.to_vec())).collect();
        for (role, message) in messages {
            proposal.sign(&role, key.id.clone(), &signing.sign(&message).unwrap());
        }
    }
    proposal
}

fn file_of(proposal: &Proposal) -> ProposalFile {
    let documents = proposal.documents().map(|(role, document)| (role.clone(), document));
    ProposalFile { documents: documents.collect(), current: None }
}

fn source(proposal: &Proposal) -> ProposalSource {
    ProposalSource::File(file_of(proposal).to_bytes().unwrap())
}

/// Puts something where a signer keeps proposals, as anybody can who may push.
async fn place(content: &dyn Content, key: &NamedKey, proposals: Vec<(Bytes, u64)>) {
    let mut manifest = ProposalsManifest::default();
    for (bytes, size) in proposals {
        manifest.proposals.push(Blob { digest: Digest::of(&bytes), size });
        content.push_blob(Digest::of(&bytes), bytes.len() as u64, Source::Bytes(bytes)).await.unwrap();
    }
    content.push_blob(Digest::of(EMPTY), EMPTY.len() as u64, Source::Bytes(EMPTY.into())).await.unwrap();
    let bytes = manifest.build(&Limits::DEFAULT).unwrap();
    let tag = Tag::of_proposals(key.id.as_str());
    content.push_manifest(&tag, OCI_MANIFEST, bytes, Attempts::Several).await.unwrap();
}

fn whole(bytes: Bytes) -> (Bytes, u64) {
    let size = bytes.len() as u64;
    (bytes, size)
}

async fn publish(machine: &Machine, id: &Digest) -> Result<ProposalState, WriteError> {
    let source = ProposalSource::Id(id.to_string());
    Ok(match machine.publisher().proposals().publish(&source).await? {
        Outcome::Done(published) => published.proposal.state,
        Outcome::Proposed(waiting) => waiting.proposal.state,
    })
}

/// Nobody sees a version. The highest there is would be the last that anybody publishes.
#[tokio::test(start_paused = true)]
async fn a_version_that_none_could_follow_is_not_signed() {
    let Team { owner, people, keys, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    for version in [u64::MAX, u64::MAX - 1, 1 << 31] {
        let forged = forge(&owner, &id, Some((anna, &keys[0])), |_, signed| signed["version"] = version.into()).await;
        let session = bob.repository();
        let by = publisher(session, bob.keys.clone());
        let review = by.proposals().review(&source(&forged)).await.unwrap();
        assert_eq!(review.report.remade_from, Some(forged.id()), "under a version like any other");
        let refused = owner.publisher().proposals().publish(&source(&forged)).await;
        assert!(matches!(refused, Err(WriteError::Moved { .. })));
    }
    proposed(bob.sign(&id).await.unwrap());
    assert_eq!(publish(&owner, &id).await.unwrap(), ProposalState::InForce);
}

#[tokio::test(start_paused = true)]
async fn what_is_another_roles_to_say_is_not_signed() {
    let Team { owner, people, keys, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let forged = forge(&owner, &id, Some((anna, &keys[0])), |_, signed| {
        let text = signed["targets"].to_string().replace("/approvals", "/seccomp");
        signed["targets"] = serde_json::from_str(&text).unwrap();
    })
    .await;
    let refused = bob.publisher().proposals().review(&source(&forged)).await.map(drop);
    assert!(matches!(refused, Err(WriteError::Read(Error::Trust(TrustError::Profile { .. })))), "{refused:?}");
    // At a tag, it is in nobody's way.
    place(owner.content.as_ref(), &keys[2], vec![whole(file_of(&forged).to_bytes().unwrap())]).await;
    let pending = bob.publisher().proposals().pending(None).await.unwrap();
    assert_eq!((pending.proposals.len(), pending.warnings.len()), (1, 1));
    owner.publisher().refresh().await.unwrap();
    proposed(bob.sign(&id).await.unwrap());
}

/// Whoever may push writes to every tag; nobody is kept from working by it.
#[tokio::test(start_paused = true)]
async fn rubbish_in_every_form_stops_nobody() {
    let Team { owner, people, keys, reader } = team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let good = forge(&owner, &id, None, |_, _| {}).await;
    let junk = |from: usize, count: usize| {
        let mut proposal = good.clone();
        for made_up in from..from + count {
            proposal.sign(&"qa".parse().unwrap(), format!("{made_up:064}").into(), &[0; 64]);
        }
        whole(file_of(&proposal).to_bytes().unwrap())
    };
    let nobodys =
        forge(&owner, &id, None, |_, signed| signed["x-manifesto"]["follows"] = Digest::of(b"x").hex().into()).await;
    let unknown_role = {
        let text = String::from_utf8(file_of(&good).to_bytes().unwrap().to_vec()).unwrap();
        text.replace("\"qa\"", "\"nobody\"").replace("_manifesto/qa", "_manifesto/nobody")
    };
    let unknown_role: Value = serde_json::from_str(&unknown_role).unwrap();
    let unknown_role = {
        let mut file = unknown_role;
        file["documents"]["nobody"]["signed"]["x-manifesto"].as_object_mut().unwrap().remove("follows");
        whole(Bytes::from(file.to_string()))
    };
    let rubbish = vec![
        // Longer and shorter than it is said to be.
        (Bytes::from_static(b"longer than five"), 5),
        (Bytes::from_static(b"short"), 500),
        whole(Bytes::from_static(b"{}")),
        junk(0, 1020),
        junk(2000, 1020),
        whole(file_of(&nobodys).to_bytes().unwrap()),
        unknown_role,
    ];
    place(owner.content.as_ref(), &keys[2], rubbish.clone()).await;
    place(owner.content.as_ref(), &keys[1], rubbish).await;
    let pending = bob.publisher().proposals().pending(None).await.unwrap();
    assert!(
        pending.proposals.iter().any(|proposal| proposal.id == id && names(&proposal.signatures[0].signed) == ["anna"])
    );
    assert!(!pending.warnings.is_empty());
    owner.publisher().refresh().await.unwrap();
    proposed(carol.put_or_propose("approvals", "rejected").await.unwrap());
    proposed(bob.sign(&id).await.unwrap());
    assert_eq!(publish(&owner, &id).await.unwrap(), ProposalState::InForce);
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
}

/// The bytes that a registry has under a hash, where another length is signed for.
#[tokio::test(start_paused = true)]
async fn a_statement_of_another_length_is_not_shown() {
    let Team { owner, people, keys, .. } = team().await;
    let id = proposed(people[0].put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    for length in [3, 100] {
        let forged = forge(&owner, &id, None, |_, signed| {
            for (path, entry) in signed["targets"].as_object_mut().unwrap() {
                if path.starts_with("sha256/") {
                    entry["length"] = length.into();
                }
            }
        })
        .await;
        place(owner.content.as_ref(), &keys[2], vec![whole(file_of(&forged).to_bytes().unwrap())]).await;
        let pending = people[1].pending().await;
        let forged = pending.iter().find(|proposal| proposal.id == forged.id()).unwrap();
        assert_eq!(forged.difference.statements[0].after.as_ref().unwrap().text, None);
    }
}

/// A proposed root calls a key of its maker's by the name of somebody whom everybody knows.
#[tokio::test(start_paused = true)]
async fn names_are_those_of_the_root_in_force() {
    let Team { owner, people, keys, .. } = team().await;
    let mut imposter = make_key(&people[2], "imposter");
    imposter.name = "anna".to_owned();
    let change = RootChange {
        add: vec![imposter.clone()],
        threshold: 2.try_into().ok(),
        names: vec![("bob".to_owned(), "mallory".to_owned())],
        ..RootChange::default()
    };
    let waiting = proposed(owner.publisher().edit_root(&change).await.unwrap()).body.proposal;
    let of_new = &waiting.signatures[1];
    assert_eq!(names(&of_new.signed), ["alice"]);
    assert_eq!(names(&of_new.missing)[0], format!("anna ({})", imposter.id.short()));
    let field = |name: &str| waiting.difference.fields.iter().find(|field| field.field.raw() == name).unwrap();
    let renamed = field(&format!("names.{}", keys[1].id));
    assert_eq!((renamed.before.as_ref().unwrap().raw(), renamed.after.as_ref().unwrap().raw()), ("bob", "mallory"));
    let added = field(&format!("root.keys.{}", imposter.id));
    assert!(added.before.is_none());
    let expected = format!("anna ({}, named by this proposal)", imposter.id.short());
    assert_eq!(added.after.as_ref().unwrap().raw(), expected);
    // Made of nothing but a name, a list of people is told from one.
    imposter.name = "anna (9f2c0000), bob".to_owned();
    let change = RootChange { add: vec![imposter], ..change };
    let waiting = proposed(owner.publisher().edit_root(&change).await.unwrap()).body.proposal;
    assert!(names(&waiting.signatures[1].missing)[0].starts_with("\"anna (9f2c0000), bob\" ("));
}

/// Two next roots that the same people sign are two truths for whoever may serve them.
#[tokio::test(start_paused = true)]
async fn whoever_signs_a_second_root_is_told() {
    let Team { owner, people, keys, .. } = team().await;
    let change = |add: &[&NamedKey]| RootChange {
        add: add.iter().map(|key| (*key).clone()).collect(),
        threshold: 2.try_into().ok(),
        ..RootChange::default()
    };
    let bob = &people[1];
    let owner = &owner;
    let edit = |change: RootChange| async move { owner.publisher().edit_root(&change).await.unwrap() };
    let first = proposed(edit(change(&[&keys[1]])).await).proposal.id;
    let second = proposed(edit(change(&[&keys[1], &keys[2]])).await).proposal.id;
    let told = |review: Report<report::Review>| review.warnings.iter().any(|warning| warning.kind == "signed_another");
    assert!(!told(bob.review(&first).await.unwrap()));
    proposed(bob.sign(&first).await.unwrap());
    assert!(told(bob.review(&second).await.unwrap()));
}

/// Former root keys are asked as the specification says, whatever the new root says of itself.
#[tokio::test(start_paused = true)]
async fn a_root_that_the_former_keys_did_not_sign_is_not_published() {
    let Team { owner, people, keys, .. } = team().await;
    let change = RootChange { add: vec![keys[0].clone()], threshold: 2.try_into().ok(), ..RootChange::default() };
    let id = proposed(owner.publisher().edit_root(&change).await.unwrap()).proposal.id;
    let mine = keys[0].id.as_str().to_owned();
    let forged = forge(&owner, &id, Some((&people[0], &keys[0])), |role, signed| {
        if role.as_str() == "root" {
            for top in ["root", "targets"] {
                signed["roles"][top] = json!({"keyids": [mine], "threshold": 1});
            }
        }
    })
    .await;
    let state = owner.publisher().proposals().publish(&source(&forged)).await.unwrap();
    assert_eq!(proposed(state).proposal.state, ProposalState::Open);
}

/// A change of keys that leaves out what the role has said would silence it.
#[tokio::test(start_paused = true)]
async fn a_role_that_would_be_silenced_is_named() {
    let Team { owner, people, keys, .. } = team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    proposed(bob.sign(&id).await.unwrap());
    publish(&owner, &id).await.unwrap();
    let change = RootChange { add: vec![keys[0].clone()], threshold: 2.try_into().ok(), ..RootChange::default() };
    let root = proposed(owner.publisher().edit_root(&change).await.unwrap()).proposal.id;
    let carols = keys[2].id.as_str().to_owned();
    let forged = forge(&owner, &root, None, |role, signed| {
        if role.as_str() == "targets" {
            for role in signed["delegations"]["roles"].as_array_mut().unwrap() {
                if role["name"] == "qa" {
                    role["keyids"] = json!([carols]);
                    role["threshold"] = 1.into();
                }
            }
        }
    })
    .await;
    let session = anna.repository();
    let by = publisher(session, anna.keys.clone());
    let review = by.proposals().review(&source(&forged)).await.unwrap();
    let told = review.report.warnings.iter().find(|warning| warning.kind == "orphaned").unwrap();
    assert!(told.message.raw().starts_with("qa "));
}

/// A role ends while one of its people keeps a proposal for it.
#[tokio::test(start_paused = true)]
async fn what_is_kept_for_a_role_that_ended_is_let_go_of() {
    let Team { owner, people, keys, .. } = team().await;
    let anna = &people[0];
    owner.delegate(&granted("waive", &["waiver"], &[&keys[0], &keys[1]], Some(2))).await.unwrap();
    proposed(anna.put_or_propose("waiver", "granted").await.unwrap());
    let role = "waive".parse().unwrap();
    let ended = owner.publisher().remove_delegation(&role, &write::DelegationRemoval::Role).await.unwrap();
    done(ended);
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let pending = anna.publisher().proposals().pending(None).await.unwrap();
    assert_eq!(pending.proposals.iter().map(|proposal| proposal.id).collect::<Vec<_>>(), [id]);
    assert!(pending.warnings.is_empty());
}

/// What waits longest makes room for what is proposed next.
#[tokio::test(start_paused = true)]
async fn a_signers_room_is_never_full() {
    let Team { mut people, .. } = team().await;
    let anna = &mut people[0];
    let mut last = None;
    for number in 0..5 {
        anna.now = anna.now.checked_add(std::time::Duration::from_secs(1)).unwrap();
        let limits = Limits { proposals_per_signer: 3, ..Limits::DEFAULT };
        let session = anna.builder().limits(limits).build().unwrap();
        let content = Source::Bytes(format!("draft {number}").into());
        let content = write::StatementContent::measure(content).await.unwrap();
        let (kind, options) = ("approvals".parse().unwrap(), write::PutOptions::default());
        let put = publisher(session, anna.keys.clone()).put(&image(), &kind, content, options).await;
        last = Some(proposed(put.unwrap()).proposal.id);
    }
    let pending = anna.pending().await;
    assert_eq!((pending.len(), pending.last().map(|proposal| proposal.id)), (3, last));
}

/// A team whose registry does what a test says. Bob publishes, too.
async fn scripted_team() -> (std::sync::Arc<Scripted>, Team) {
    let content = std::sync::Arc::new(Scripted::new(std::time::Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let team = team_in(&World { content: content.clone() }).await;
    team.owner.add_publisher(&team.keys[1..2]).await.unwrap();
    (content, team)
}

/// [⚔] Killed between any two requests: what was in force is, or what is signed; and whoever tries again gets there.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#interruption
#[tokio::test(start_paused = true)]
async fn whoever_signs_is_killed() {
    let mut requests = 0;
    loop {
        let (content, Team { people, reader, .. }) = scripted_team().await;
        let [anna, bob, _] = &people[..] else { panic!() };
        let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
        dead_after(&content, requests);
        let signed = bob.sign(&id).await.map(done);
        content.pass();
        match reader.get("approvals").await {
            Ok(text) => assert_eq!(text, "approved"),
            Err(error) => {
                assert!(matches!(error, Error::NoStatement { .. }) && signed.is_err(), "{requests}: {error}")
            }
        }
        match bob.sign(&id).await {
            Ok(signed) => drop(done(signed)),
            Err(error) => panic!("{requests}: {error}"),
        }
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
        assert!(anna.pending().await.is_empty());
        if signed.is_ok_and(|signed| signed.warnings.is_empty()) {
            break;
        }
        requests += 1;
    }
    assert!(requests > 5, "{requests}");
}

/// One of the two is always there: what was rejected, or what ends it.
#[tokio::test(start_paused = true)]
async fn whoever_rejects_is_killed() {
    let mut requests = 0;
    loop {
        let (content, Team { people, .. }) = scripted_team().await;
        let [anna, bob, _] = &people[..] else { panic!() };
        let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
        dead_after(&content, requests);
        let rejected = anna.reject(&id).await;
        content.pass();
        let pending = bob.pending().await;
        assert!(!pending.is_empty(), "{requests}");
        assert!(rejected.is_err() || pending.iter().all(|proposal| proposal.id != id));
        if rejected.is_ok() {
            break;
        }
        requests += 1;
    }
    assert!(requests > 3, "{requests}");
}

/// Two publish the same at once, and one of them sees a signature more than the other.
#[tokio::test(start_paused = true)]
async fn two_publish_at_once() {
    let (_content, Team { owner, people, reader, .. }) = scripted_team().await;
    let [anna, bob, carol] = &people[..] else { panic!() };
    let id = proposed(carol.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (file, _) = bob.publisher().proposals().export(&id.to_string()).await.unwrap();
    let kept = sign_file(anna, file).await.unwrap();
    let source = ProposalSource::File(kept);
    let (session, others) = (owner.repository(), bob.sign(&id));
    let by = publisher(session, owner.keys.clone());
    let proposals = by.proposals();
    let (ours, theirs) = tokio::join!(proposals.publish(&source), others);
    let told = |outcome: Result<_, WriteError>| match outcome {
        Ok(outcome) => {
            assert_eq!(done::<Report<report::Proposed>>(outcome).proposal.state, ProposalState::InForce)
        }
        Err(error) => assert!(matches!(error, WriteError::Moved { .. } | WriteError::NotConfirmed { .. }), "{error:?}"),
    };
    told(ours);
    told(theirs);
    for machine in [&reader, anna, bob, carol, &owner] {
        assert_eq!(machine.get("approvals").await.unwrap(), "approved");
    }
    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
}

/// A registry that lets nobody write where signers keep proposals.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_told_with_its_place() {
    let (content, Team { people, keys, .. }) = scripted_team().await;
    let tag = Tag::of_proposals(keys[0].id.as_str());
    let refused = tag.clone();
    content.script(move |request| match request {
        Request::PushManifest(tag) if *tag == refused => Act::Fail,
        _ => Act::Pass,
    });
    match people[0].put_or_propose("approvals", "approved").await.map(drop) {
        Err(WriteError::NotKept { tag: found, .. }) => assert_eq!(found, tag),
        other => panic!("{other:?}"),
    }
}

/// [⚔]
/// A file that was written before something newer was seen here. Whoever has no network would sign on top of the past.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-replay
#[tokio::test(start_paused = true)]
async fn a_file_that_is_older_than_what_was_seen_is_refused() {
    let (_content, Team { owner, people, keys, .. }) = scripted_team().await;
    let [anna, bob, _] = &people[..] else { panic!() };
    owner.add_publisher(&keys[..1]).await.unwrap();
    let id = proposed(anna.put_or_propose("approvals", "approved").await.unwrap()).proposal.id;
    let (file, _) = owner.publisher().proposals().export(&id.to_string()).await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();
    bob.list().await.unwrap();
    let apart = write::offline(bob.repository(), &file).await.unwrap();
    let by = publisher(apart, bob.keys.clone());
    let refused = by.proposals().review(&ProposalSource::File(file)).await.map(drop);
    assert!(matches!(refused, Err(WriteError::Read(Error::Trust(TrustError::Rollback { .. })))), "{refused:?}");
}
