use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures_util::future::try_join_all;
use manifesto_keys::{Algorithm, KeyRecord, KeyStore, Secret};

use super::{
    OpsError, Session,
    backup::{self, Backup},
    publish::{Signers, meta_of, quorum, sign_index},
};
use crate::{
    name::{Digest, Gun, Role, RoleName, Tag, TopLevelRole},
    oci::{Attempts, Pushed, Reference, Source},
    progress::Step,
    report,
    store::{
        artifact::{self, Artifact, Blob, RoleFile, Versioned},
        publication::{Fetched, Publication, Remembered, Scope},
        state::How,
    },
    trust::{
        KeyId, Periods, RoleKeys, TrustedRoot, Writers,
        author::{Issue, NamedKey, Unsigned},
    },
};

/// How a repository is begun.
pub struct InitOptions {
    /// The algorithm of its keys.
    pub algorithm: Algorithm,
    /// The name under which reports will show the keys: that of a person.
    pub person: String,
    /// Where the keys are saved besides the key store.
    pub backup: Option<Backup>,
}

/// Makes the first keys and the first root of a repository, publishes them, and pins that root here.
///
/// # Errors
/// There is something at the tag already: signed metadata, or something else, which is never overwritten.
pub async fn init(session: &Session, store: Arc<dyn KeyStore>, options: InitOptions) -> Result<report::Init, OpsError> {
    let gun = session.expected_gun().ok_or_else(|| OpsError::NoIdentity { location: session.location.clone() })?;
    let (state, patience) = (session.state.clone(), session.patience);
    let _ordered = tokio::task::spawn_blocking(move || state.order_writers(patience)).await??;
    let reference = Reference::Tag(Tag::manifesto());
    let there = Fetched::get(session.content.as_ref(), &reference, &Remembered::default(), &session.limits).await?;
    if there.is_some() || session.state.pin()?.is_some() {
        return Err(OpsError::AlreadyInitialised { location: session.location.clone() });
    }
    let keys = generate(&gun, &options, session.now)?;
    // A lost key store must not be a lost repository, so the keys are saved before anything rests on them.
    if let Some(backup) = &options.backup {
        backup::write(&keys, backup)?;
    }
    let records: Vec<KeyRecord> = keys.iter().map(|(record, _)| record.clone()).collect();
    let inserted = insert(Arc::clone(&store), keys).await.map_err(|error| (error, Fate::NeverSent));
    let published = match inserted {
        Ok(()) => publish(session, Arc::clone(&store), &gun, &records).await,
        Err(error) => Err(error),
    };
    if let Err((error, Fate::NeverSent)) = published {
        // Nobody has seen what these keys signed.
        discard(store, &records, options.backup.as_ref()).await?;
        return Err(error);
    }
    let publication = published.map_err(|(error, _)| error)?;
    let root = publication.trusted().root();
    pin(session, &publication)?;
    let trusted = publication.trusted();
    let renew_by = [trusted.timestamp().expires(), trusted.snapshot().expires(), root.expires()].into_iter().min();
    Ok(report::Init {
        checked_at: session.now,
        location: report::Text::new(&session.location),
        repository: report::Text::new(&gun),
        fingerprint: root.digest(),
        keys: records.iter().map(|record| report::Key::of(record, &store.describe())).collect(),
        backup: options.backup.map(|backup| backup.path),
        renew_by: renew_by.unwrap_or(session.now),
        warnings: Vec::new(),
    })
}

/// The three keys that a repository begins with: root, repository, timestamp.
fn generate(gun: &Gun, options: &InitOptions, now: jiff::Timestamp) -> Result<Vec<(KeyRecord, Secret)>, OpsError> {
    let key = |role: &str| -> Result<(KeyRecord, Secret), OpsError> {
        let secret = Secret::generate(options.algorithm)?;
        let record = KeyRecord::new(secret.public_key().clone(), &options.person, now)?;
        Ok((record.with_role(role, gun.as_str())?, secret))
    };
    ["root", "repository", "timestamp"].into_iter().map(key).collect()
}

pub(super) async fn insert(store: Arc<dyn KeyStore>, keys: Vec<(KeyRecord, Secret)>) -> Result<(), OpsError> {
    let all = move || keys.iter().try_for_each(|(record, secret)| store.insert(record, secret).map(drop));
    Ok(tokio::task::spawn_blocking(all).await??)
}

/// Removes keys that nothing rests on, as far as they came into the store, and their backup.
pub(super) async fn discard(
    store: Arc<dyn KeyStore>,
    keys: &[KeyRecord],
    backup: Option<&Backup>,
) -> Result<(), OpsError> {
    let ids: Vec<String> = keys.iter().map(KeyRecord::key_id).collect();
    let remove = move || {
        let stored: Vec<String> = store.list()?.iter().map(KeyRecord::key_id).collect();
        ids.iter().filter(|id| stored.contains(id)).try_for_each(|id| store.remove(id))
    };
    tokio::task::spawn_blocking(remove).await??;
    if let Some(Backup { path, .. }) = backup {
        let failed = |source| OpsError::File { operation: "remove", path: path.clone(), source };
        std::fs::remove_file(path).map_err(failed)?;
    }
    Ok(())
}

/// Whether a publication that failed may have been seen.
enum Fate {
    NeverSent,
    Sent,
}

async fn publish(
    session: &Session,
    store: Arc<dyn KeyStore>,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<Publication, (OpsError, Fate)> {
    let before = |error| (error, Fate::NeverSent);
    let (publication, uploads) = first_publication(session, store, gun, records).await.map_err(before)?;
    session.progress.step(Step::Publishing);
    let content = &session.content;
    let pushes = uploads
        .iter()
        .map(|bytes| content.push_blob(Digest::of(bytes), bytes.len() as u64, Source::Bytes(bytes.clone())));
    try_join_all(pushes).await.map_err(|error| before(error.into()))?;
    let reference = Reference::Tag(Tag::manifesto());
    if content.resolve(&reference).await.map_err(|error| before(error.into()))?.is_some() {
        return Err(before(OpsError::AlreadyInitialised { location: session.location.clone() }));
    }
    let sent = |error: OpsError| (error, Fate::Sent);
    let manifest = publication.manifest().clone();
    let pushed = content.push_manifest(&Tag::manifesto(), artifact::MANIFEST, manifest, Attempts::Several).await;
    if pushed.map_err(|error| sent(error.into()))? == Pushed::Uncertain {
        session.progress.step(Step::Confirming);
        tokio::time::sleep(session.pace.apart).await;
    }
    let current = content.resolve(&reference).await.map_err(|error| sent(error.into()))?;
    if current.map(|descriptor| descriptor.digest) != Some(publication.digest()) {
        let location = session.location.clone();
        return Err(sent(OpsError::NotConfirmed { location, rounds: 1, may_have_been_seen: true }));
    }
    Ok(publication)
}

/// Signs and verifies version 1 of every document.
async fn first_publication(
    session: &Session,
    store: Arc<dyn KeyStore>,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<(Publication, Vec<Bytes>), OpsError> {
    session.progress.step(Step::Signing);
    let issue = Issue::new(gun.clone(), session.now, Periods::DEFAULT);
    let named: Vec<NamedKey> = records.iter().map(named_key).collect::<Result<_, _>>()?;
    let [root_key, repository_key, timestamp_key] = &named[..] else {
        // Three were made a moment ago.
        return Err(OpsError::NoIdentity { location: session.location.clone() });
    };
    let one = std::slice::from_ref;
    let root = issue.first_root(one(root_key), one(repository_key), one(timestamp_key), Writers::Single);
    let mut signers = Signers::new(store);
    for (role, keys) in
        [("root", &root.roles.root), ("repository", &root.roles.snapshot), ("timestamp", &root.roles.timestamp)]
    {
        signers.load(&quorum(role, keys), &root).await?;
    }
    let sign = |document: Unsigned, role: &str, keys: &RoleKeys| signers.sign(document, &quorum(role, keys));
    let root_bytes = sign(Unsigned::root(&root)?, "root", &root.roles.root)?;
    let targets = issue.first_targets(one(repository_key));
    let targets_bytes = sign(Unsigned::targets(&targets)?, "targets", &root.roles.targets)?;
    let name = RoleName::repository();
    let mut role = issue.first_role(name.clone().into());
    let index = sign_index(&mut role, &name)?;
    let role_bytes = sign(Unsigned::targets(&role)?, "repository", &root.roles.snapshot)?;
    let metas = vec![
        (Role::TopLevel(TopLevelRole::Targets), meta_of(1, &targets_bytes)),
        (Role::Delegated(name.clone()), meta_of(1, &role_bytes)),
    ];
    let snapshot_bytes = sign(Unsigned::snapshot(&issue.snapshot(None, 1, metas))?, "snapshot", &root.roles.snapshot)?;
    let accounted = BTreeMap::from([(timestamp_key.id.clone(), 1)]);
    let timestamp = issue.timestamp(1, meta_of(1, &snapshot_bytes), None, accounted);
    let timestamp_bytes = sign(Unsigned::timestamp(&timestamp)?, "timestamp", &root.roles.timestamp)?;

    let first = |bytes: &Bytes| Versioned { version: 1, blob: Blob::of(bytes) };
    let types = targets.delegations.iter().flat_map(|delegations| &delegations.roles).flat_map(|role| &role.paths);
    let types = types.map(|pattern| pattern.as_str().to_owned()).collect();
    let artifact = Artifact {
        gun: Some(gun.clone()),
        created: Some(issue.now()),
        index: Blob::of(&index),
        roots: BTreeMap::from([(1, Blob::of(&root_bytes))]),
        timestamp: Blob::of(&timestamp_bytes),
        snapshot: first(&snapshot_bytes),
        targets: first(&targets_bytes),
        roles: BTreeMap::from([(name, RoleFile { file: first(&role_bytes), types: Some(types) })]),
        indexes: BTreeMap::new(),
        statements: BTreeMap::new(),
    };
    let uploads = vec![root_bytes.clone(), targets_bytes, role_bytes, index, snapshot_bytes, timestamp_bytes];
    let documents = uploads.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect();
    let anchor = TrustedRoot::anchor(root_bytes, gun, &session.limits)?;
    let remembered = Remembered { documents, ..Remembered::default() };
    let publication = session.verify_draft(artifact, anchor, remembered, &Scope::Everything).await?;
    Ok((publication, uploads))
}

pub(super) fn named_key(record: &KeyRecord) -> Result<NamedKey, OpsError> {
    Ok(NamedKey {
        id: KeyId::from(record.key_id()),
        key: serde_json::to_value(record.public_key())?,
        name: record.name().to_owned(),
    })
}

fn pin(session: &Session, publication: &Publication) -> Result<(), OpsError> {
    let root = publication.trusted().root();
    let pin = session.pin_of(publication.trusted().trusted_root(), How::Init);
    let lock = session.state.lock(session.patience)?;
    lock.pin(&pin, root.bytes())?;
    lock.store(pin.fingerprint, &publication.documents())?;
    Ok(())
}
