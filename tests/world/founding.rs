//! A repository with several writers, each with a timestamp key and a repository key of their own.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use manifesto::{
    index::Index,
    limits::Limits,
    name::{Digest, Gun, Role, RoleName, Tag, TopLevelRole},
    oci::{Attempts, Content, Source},
    store::{
        artifact::{self, Artifact, Blob, RoleFile, Versioned},
        state::{AnchorOrigin, Pin},
    },
    trust::{
        Meta, Periods, Writers,
        author::{Issue, NamedKey, Unsigned, set_index},
    },
};
use manifesto_keys::{Algorithm, KeyRecord, Secret, Signer};

use super::Machine;

struct Founder {
    named: NamedKey,
    signer: Box<dyn Signer>,
}

fn key(machine: &Machine, role: &str, name: &str) -> Founder {
    let secret = Secret::generate(Algorithm::Ed25519).unwrap();
    let record = KeyRecord::new(secret.public_key().clone(), name, machine.now).unwrap();
    let gun = Machine::location().to_string();
    machine.keys.insert(&record.clone().with_role(role.parse::<Role>().unwrap(), &gun).unwrap(), &secret).unwrap();
    let id = record.key_id().clone();
    let named = NamedKey { id, key: serde_json::to_value(secret.public_key()).unwrap().into(), name: name.to_owned() };
    Founder { named, signer: secret.signer().unwrap() }
}

fn sign(document: Unsigned, founder: &Founder) -> Bytes {
    let signature = founder.signer.sign(&document.message()).unwrap();
    document.with_signatures([(founder.named.id.clone(), signature)])
}

fn meta(version: u64, bytes: &[u8]) -> Meta {
    Meta { version, length: bytes.len() as u64, hashes: Digest::of(bytes).into(), other: Default::default() }
}

/// Makes keys on every machine, publishes a first root that lists them all, and pins it everywhere.
pub(crate) async fn found(content: &Arc<dyn Content>, machines: &[Machine]) {
    let gun: Gun = Machine::location().to_string().parse().unwrap();
    let owner = &machines[0];
    let root_key = key(owner, "root", "owner");
    let name = |index: usize| format!("writer-{index}");
    let repository: Vec<Founder> =
        machines.iter().enumerate().map(|(index, machine)| key(machine, "repository", &name(index))).collect();
    let timestamp: Vec<Founder> =
        machines.iter().enumerate().map(|(index, machine)| key(machine, "timestamp", &name(index))).collect();
    let named = |founders: &[Founder]| founders.iter().map(|founder| founder.named.clone()).collect::<Vec<_>>();

    let issue = Issue::new(gun.clone(), owner.now, Periods::DEFAULT);
    let root = issue.first_root(
        std::slice::from_ref(&root_key.named),
        &named(&repository),
        &named(&timestamp),
        Writers::Several,
    );
    let root = sign(Unsigned::root(&root).unwrap(), &root_key);
    let targets = sign(Unsigned::targets(&issue.first_targets(&named(&repository))).unwrap(), &root_key);
    let role_name = RoleName::repository();
    let mut role = issue.first_role(role_name.clone().into());
    let index = Index::default().to_bytes();
    set_index(&mut role, &role_name, index.len() as u64, Digest::of(&index));
    let role = sign(Unsigned::targets(&role).unwrap(), &repository[0]);
    let metas = vec![
        (Role::TopLevel(TopLevelRole::Targets), meta(1, &targets)),
        (Role::Delegated(role_name.clone()), meta(1, &role)),
    ];
    let snapshot = sign(Unsigned::snapshot(&issue.snapshot(None, 1, metas)).unwrap(), &repository[0]);
    let accounted = BTreeMap::from([(timestamp[0].named.id.clone(), 1)]);
    let document = issue.timestamp(1, meta(1, &snapshot), None, accounted);
    let timestamp = sign(Unsigned::timestamp(&document).unwrap(), &timestamp[0]);

    let first = |bytes: &Bytes| Versioned { version: 1, blob: Blob::of(bytes) };
    let artifact = Artifact {
        gun: Some(gun.clone()),
        created: Some(issue.now()),
        index: Blob::of(&index),
        roots: BTreeMap::from([(1, Blob::of(&root))]),
        timestamp: Blob::of(&timestamp),
        snapshot: first(&snapshot),
        targets: first(&targets),
        roles: BTreeMap::from([(role_name, RoleFile { file: first(&role), types: None })]),
        indexes: BTreeMap::new(),
        statements: BTreeMap::new(),
    };
    for bytes in [&root, &targets, &role, &index, &snapshot, &timestamp] {
        content.push_blob(Digest::of(bytes), bytes.len() as u64, Source::Bytes(bytes.clone())).await.unwrap();
    }
    let manifest = artifact.build(&Limits::DEFAULT).unwrap();
    content.push_manifest(&Tag::manifesto(), artifact::MANIFEST, manifest, Attempts::Several).await.unwrap();
    for machine in machines {
        pin(machine, &gun, &root);
    }
}

fn pin(machine: &Machine, gun: &Gun, root: &Bytes) {
    let state = machine.state();
    let pin = Pin {
        repository: state.name().to_owned(),
        gun: gun.clone(),
        how: AnchorOrigin::File,
        fingerprint: Digest::of(root),
        version: 1,
        pinned_at: machine.now,
    };
    state.lock(std::time::Duration::from_secs(20)).unwrap().pin(&pin, root).unwrap();
}
