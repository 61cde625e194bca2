//! Initialising a repository on the machine that has the root key.

use std::path::PathBuf;

use manifesto_keys::{Algorithm, KeyRecord};

use crate::{
    name::{Gun, RoleName, Tag, TopLevelRole},
    oci::Reference,
    progress::Step,
    report,
    store::{
        publication::{FetchedPublication, Publication, Remembered},
        state::AnchorOrigin,
    },
    trust::{
        Periods, RoleKeys, Writers,
        author::{Issue, NamedKey, Unsigned},
    },
    write::{
        backup::Backup,
        bootstrap::first::{Delivery, FirstDocuments},
        error::WriteError,
        keys::named_key,
        publish::{
            draft::sign_index,
            signers::{Signers, quorum},
        },
        publisher::Publisher,
    },
};

/// How to initialise a repository.
pub struct InitOptions {
    /// The algorithm of its keys.
    pub algorithm: Algorithm,
    /// The name under which reports show the keys: their holder's.
    pub person: String,
    /// Where to save the keys, besides the key store.
    pub backup: Option<Backup>,
}

impl Publisher {
    /// Makes the first keys and the first root of a repository, publishes them, and pins the root on this machine.
    ///
    /// # Errors
    /// The tag exists already. Whatever is there is never overwritten.
    pub async fn init(&self, options: InitOptions) -> Result<report::Init, WriteError> {
        let gun = self
            .repository
            .expected_gun()
            .ok_or_else(|| WriteError::NoIdentity { location: self.repository.location.clone() })?;
        let (state, lock_timeout) = (self.repository.state.clone(), self.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let reference = Reference::Tag(Tag::manifesto());
        let there = FetchedPublication::get(
            self.repository.content.as_ref(),
            &reference,
            &Remembered::default(),
            &self.repository.limits,
        )
        .await?;
        if there.is_some() || self.repository.state.pin()?.is_some() {
            return Err(WriteError::AlreadyInitialised { location: self.repository.location.clone() });
        }
        self.check_clock()?;
        let roles = [TopLevelRole::Root.into(), RoleName::repository().into(), TopLevelRole::Timestamp.into()];
        let (records, kept) = self.make_keys(&gun, &options, &roles).await?;
        let published = publish(self, &gun, &records).await;
        if let Err((error, Delivery::NeverSent)) = published {
            // Nobody can have seen what these keys signed.
            self.discard(&records, options.backup.as_ref()).await?;
            return Err(error);
        }
        let publication = published.map_err(|(error, _)| error)?;
        pin(self, &publication)?;
        let keys = records.iter().map(|record| report::Key::of(record, &self.keys.describe())).collect();
        Ok(begun(self, &publication, keys, options.backup.map(|backup| backup.path), kept))
    }
}

/// Reports a repository that was just initialised.
pub(in crate::write) fn begun(
    publisher: &Publisher,
    publication: &Publication,
    keys: Vec<report::Key>,
    backup: Option<PathBuf>,
    warnings: Vec<report::Warning>,
) -> report::Init {
    let trusted = publication.trusted();
    let root = trusted.root();
    let renew_by = [trusted.timestamp().expires(), trusted.snapshot().expires(), root.expires()].into_iter().min();
    report::Init {
        checked_at: publisher.repository.now,
        location: report::Text::new(&publisher.repository.location),
        repository: report::Text::new(trusted.trusted_root().gun()),
        fingerprint: root.digest(),
        keys,
        backup,
        renew_by: renew_by.unwrap_or(publisher.repository.now),
        warnings,
    }
}

/// Signs version 1 of every document with the new keys, and publishes them.
async fn publish(
    publisher: &Publisher,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<Publication, (WriteError, Delivery)> {
    let before = |error: WriteError| (error, Delivery::NeverSent);
    let (first, signers) = sign_first(publisher, gun, records).await.map_err(before)?;
    first.publish(publisher, &signers).await
}

async fn sign_first(
    publisher: &Publisher,
    gun: &Gun,
    records: &[KeyRecord],
) -> Result<(FirstDocuments, Signers), WriteError> {
    publisher.repository.progress.step(Step::Signing);
    let issue = Issue::new(gun.clone(), publisher.repository.now, Periods::DEFAULT);
    let named: Vec<NamedKey> = records.iter().map(named_key).collect::<Result<_, _>>()?;
    let [root_key, repository_key, timestamp_key] = &named[..] else {
        // Cannot happen: the caller makes three keys.
        return Err(WriteError::NoIdentity { location: publisher.repository.location.clone() });
    };
    let one = std::slice::from_ref;
    let root = issue.first_root(one(root_key), one(repository_key), one(timestamp_key), Writers::Single);
    let mut signers = publisher.signers()?;
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

/// Pins the root of a repository that was just initialised.
pub(in crate::write) fn pin(publisher: &Publisher, publication: &Publication) -> Result<(), WriteError> {
    let root = publication.trusted().root();
    let pin = publisher.repository.pin_of(publication.trusted().trusted_root(), AnchorOrigin::Init);
    let lock = publisher.repository.state.lock(publisher.repository.lock_timeout)?;
    lock.pin(&pin, root.bytes())?;
    lock.store(pin.fingerprint, &publication.documents())?;
    Ok(())
}
