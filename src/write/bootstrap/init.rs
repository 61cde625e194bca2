use std::{path::PathBuf, sync::Arc};

use manifesto_keys::{Algorithm, KeyRecord, KeyStore, Made, NewKey};

use crate::{
    name::{Gun, Role, RoleName, Tag, TopLevelRole},
    oci::Reference,
    progress::Step,
    read::{Error, session::Session},
    report,
    store::{
        publication::{Fetched, Publication, Remembered},
        state::How,
    },
    trust::{
        Json, KeyId, Periods, RoleKeys, Writers,
        author::{Issue, NamedKey, Unsigned},
    },
    write::{
        backup::{self, Backup},
        bootstrap::first::{Fate, FirstDocuments},
        error::WriteError,
        publish::{
            draft::{quorum, sign_index},
            signers::Signers,
        },
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
pub async fn init(
    session: &Session,
    store: Arc<dyn KeyStore>,
    options: InitOptions,
) -> Result<report::Init, WriteError> {
    let gun = session.expected_gun().ok_or_else(|| WriteError::NoIdentity { location: session.location.clone() })?;
    let (state, patience) = (session.state.clone(), session.patience);
    let _ordered = tokio::task::spawn_blocking(move || state.order_writers(patience)).await??;
    let reference = Reference::Tag(Tag::manifesto());
    let there = Fetched::get(session.content.as_ref(), &reference, &Remembered::default(), &session.limits).await?;
    if there.is_some() || session.state.pin()?.is_some() {
        return Err(WriteError::AlreadyInitialised { location: session.location.clone() });
    }
    let roles = [TopLevelRole::Root.into(), RoleName::repository().into(), TopLevelRole::Timestamp.into()];
    let (records, kept) = make(Arc::clone(&store), &gun, &options, &roles, session.now).await?;
    let published = publish(session, Arc::clone(&store), &gun, &records).await;
    if let Err((error, Fate::NeverSent)) = published {
        // Nobody has seen what these keys signed.
        discard(store, &records, options.backup.as_ref()).await?;
        return Err(error);
    }
    let publication = published.map_err(|(error, _)| error)?;
    pin(session, &publication)?;
    let keys = records.iter().map(|record| report::Key::of(record, &store.describe())).collect();
    Ok(begun(session, &publication, keys, options.backup.map(|backup| backup.path), kept))
}

/// The report of a repository that has just begun.
pub(in crate::write) fn begun(
    session: &Session,
    publication: &Publication,
    keys: Vec<report::Key>,
    backup: Option<PathBuf>,
    warnings: Vec<report::Warning>,
) -> report::Init {
    let trusted = publication.trusted();
    let root = trusted.root();
    let renew_by = [trusted.timestamp().expires(), trusted.snapshot().expires(), root.expires()].into_iter().min();
    report::Init {
        checked_at: session.now,
        location: report::Text::new(&session.location),
        repository: report::Text::new(trusted.trusted_root().gun()),
        fingerprint: root.digest(),
        keys,
        backup,
        renew_by: renew_by.unwrap_or(session.now),
        warnings,
    }
}

/// Makes the keys that a repository begins with, and saves those that their store lets out: a lost key store must not be a
/// lost repository, so that is done before anything rests on them.
pub(in crate::write) async fn make(
    store: Arc<dyn KeyStore>,
    gun: &Gun,
    options: &InitOptions,
    roles: &[Role],
    now: jiff::Timestamp,
) -> Result<(Vec<KeyRecord>, Vec<report::Warning>), WriteError> {
    let new = |role: &Role| NewKey::new(options.algorithm, &options.person, now).with_role(role.clone(), gun.as_str());
    let (mut records, mut secrets, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for new in roles.iter().map(new) {
        match generate(Arc::clone(&store), new).await {
            Ok(Made { record, secret }) => {
                match secret {
                    Some(secret) => secrets.push((record.clone(), secret)),
                    None => kept.push(never_saved(&record)),
                }
                records.push(record);
            }
            Err(error) => {
                discard(store, &records, None).await?;
                return Err(error);
            }
        }
    }
    if let Some(backup) = &options.backup
        && let Err(error) = backup::write(&secrets, backup)
    {
        discard(store, &records, None).await?;
        return Err(error);
    }
    Ok((records, kept))
}

pub(in crate::write) async fn generate(store: Arc<dyn KeyStore>, new: NewKey) -> Result<Made, WriteError> {
    Ok(tokio::task::spawn_blocking(move || store.generate(&new)).await??)
}

pub(in crate::write) fn never_saved(record: &KeyRecord) -> report::Warning {
    let (role, store) = (record.role().map(Role::as_str).unwrap_or_default(), record.store().unwrap_or_default());
    let message = format!("the {role} key never leaves {store}: no backup holds it");
    report::Warning { kind: "key_not_saved", message: report::Text::from(message) }
}

/// Removes keys that nothing rests on, and their backup.
pub(in crate::write) async fn discard(
    store: Arc<dyn KeyStore>,
    keys: &[KeyRecord],
    backup: Option<&Backup>,
) -> Result<(), WriteError> {
    let ids: Vec<KeyId> = keys.iter().map(|key| key.key_id().clone()).collect();
    // One that cannot be removed does not keep the others.
    let remove = move || ids.iter().map(|id| store.remove(id)).fold(Ok(()), Result::and);
    tokio::task::spawn_blocking(remove).await??;
    if let Some(Backup { path, .. }) = backup {
        let failed = |source| WriteError::Read(Error::File { operation: "remove", path: path.clone(), source });
        std::fs::remove_file(path).map_err(failed)?;
    }
    Ok(())
}

/// Signs version 1 of every document with the keys that were made, and publishes them.
async fn publish(
    session: &Session,
    store: Arc<dyn KeyStore>,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<Publication, (WriteError, Fate)> {
    let before = |error: WriteError| (error, Fate::NeverSent);
    let (first, signers) = sign_first(session, store, gun, records).await.map_err(before)?;
    first.publish(session, &signers).await
}

async fn sign_first(
    session: &Session,
    store: Arc<dyn KeyStore>,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<(FirstDocuments, Signers), WriteError> {
    session.progress.step(Step::Signing);
    let issue = Issue::new(gun.clone(), session.now, Periods::DEFAULT);
    let named: Vec<NamedKey> = records.iter().map(named_key).collect::<Result<_, _>>()?;
    let [root_key, repository_key, timestamp_key] = &named[..] else {
        // Three were made a moment ago.
        return Err(WriteError::NoIdentity { location: session.location.clone() });
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
    let mut role = issue.first_role(RoleName::repository().into());
    sign_index(&mut role, &RoleName::repository())?;
    let role_bytes = sign(Unsigned::targets(&role)?, "repository", &root.roles.snapshot)?;
    let first =
        FirstDocuments { root: (root, root_bytes), targets: (targets, targets_bytes), role: (role, role_bytes) };
    Ok((first, signers))
}

pub(in crate::write) fn named_key(record: &KeyRecord) -> Result<NamedKey, WriteError> {
    Ok(NamedKey { id: record.key_id().clone(), key: Json::of(record.public_key())?, name: record.name().to_owned() })
}

/// Pins the root of a repository that has just begun here.
pub(in crate::write) fn pin(session: &Session, publication: &Publication) -> Result<(), WriteError> {
    let root = publication.trusted().root();
    let pin = session.pin_of(publication.trusted().trusted_root(), How::Init);
    let lock = session.state.lock(session.patience)?;
    lock.pin(&pin, root.bytes())?;
    lock.store(pin.fingerprint, &publication.documents())?;
    Ok(())
}
