//! Initialising a repository on the machine that has the root key.

use std::path::PathBuf;

use manifesto_keys::{Algorithm, KeyRecord};

use crate::{
    name::{Gun, RoleName, Tag, TopLevelRole},
    oci::Reference,
    progress::Step,
    report::{self, Report},
    store::{
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope},
        state::AnchorOrigin,
    },
    trust::{
        Periods, TrustedRoot, Writers,
        author::{Issue, NamedKey, Unsigned},
    },
    write::{
        backup::Backup,
        bootstrap::first::{Delivery, FirstDocuments},
        error::WriteError,
        keys::named_key,
        publish::{draft::sign_index, signers::Signers},
        publisher::Publisher,
    },
};

/// The number of keys that a repository begins with, each for a role.
const ROLES: usize = 3;

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
    /// Makes the first keys and the first root of a repository, publishes them, and pins the root on this machine. An
    /// attempt that was interrupted on this machine is finished, with the keys that it has made.
    ///
    /// # Errors
    /// The tag exists already. Whatever is there is never overwritten.
    pub async fn init(&self, options: InitOptions) -> Result<Report<report::Init>, WriteError> {
        let gun = self
            .repository
            .expected_gun()
            .ok_or_else(|| WriteError::NoIdentity { location: self.repository.location.clone() })?;
        let (state, lock_timeout) = (self.repository.state.clone(), self.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let unfinished = self.repository.state.unfinished_init()?;
        let mut left = match unfinished {
            Some(at) => self.made_at(&gun, at).await?,
            None => Vec::new(),
        };
        if left.len() == ROLES {
            // A request of the interrupted attempt may still land.
            tokio::time::sleep(self.timing.confirm_interval).await;
        }
        let reference = Reference::Tag(Tag::manifesto());
        let there = FetchedPublication::get(
            self.repository.content.as_ref(),
            &reference,
            &RepositoryMemory::default(),
            &self.repository.limits,
        )
        .await?;
        if let Some(publication) = self.published_with(&left, &gun, there.as_ref()).await? {
            return self.finish(&publication, &left, options, Vec::new());
        }
        if there.is_some() || self.repository.state.pin()?.is_some() {
            return Err(WriteError::AlreadyInitialised { location: self.repository.location.clone() });
        }
        self.check_clock()?;
        let wanted =
            |key: &KeyRecord| key.public_key().algorithm() == options.algorithm && key.name() == options.person;
        if !left.iter().all(wanted) {
            self.discard(&left, None).await?;
            left.clear();
        }
        if left.is_empty() {
            let lock = self.repository.state.lock(self.repository.lock_timeout)?;
            lock.begin_init(self.repository.now.whole_seconds())?;
        }
        let roles = [TopLevelRole::Root.into(), RoleName::repository().into(), TopLevelRole::Timestamp.into()];
        let resumes = !left.is_empty();
        let (records, kept) = self.make_keys(&gun, &options, &roles, left).await?;
        let published = publish(self, &gun, &records).await;
        if let Err((error, Delivery::NeverSent)) = published {
            // Nobody can have seen what these keys signed. Those of an interrupted attempt may be in a backup that is
            // not known here, so they stay for the next one.
            if !resumes {
                self.discard(&records, options.backup.as_ref()).await?;
                self.repository.state.lock(self.repository.lock_timeout)?.end_init()?;
            }
            return Err(error);
        }
        let publication = published.map_err(|(error, _)| error)?;
        self.finish(&publication, &records, options, kept)
    }

    /// Pins the root of a repository that was just initialised, and reports it.
    fn finish(
        &self,
        publication: &Publication,
        records: &[KeyRecord],
        options: InitOptions,
        kept: Vec<report::Warning>,
    ) -> Result<Report<report::Init>, WriteError> {
        pin(self, publication)?;
        self.repository.state.lock(self.repository.lock_timeout)?.end_init()?;
        let keys = records.iter().map(|record| report::Key::of(record, &self.keys.describe())).collect();
        Ok(begun(self, publication, keys, options.backup.map(|backup| backup.path), kept))
    }

    /// Returns what an interrupted attempt has published with the keys that it `left`. Only they can sign its first
    /// root.
    async fn published_with(
        &self,
        left: &[KeyRecord],
        gun: &Gun,
        there: Option<&FetchedPublication>,
    ) -> Result<Option<Publication>, WriteError> {
        let own = left.iter().find(|record| record.role() == Some(&TopLevelRole::Root.into()));
        let (Some(own), Some(there), ROLES) = (own, there, left.len()) else { return Ok(None) };
        let Some(first) = there.artifact().roots.get(&1) else { return Ok(None) };
        let limits = &self.repository.limits;
        let Some(root) = self.repository.content.blob(first.digest, limits.root_bytes).await? else { return Ok(None) };
        let Ok(root) = TrustedRoot::anchor(root, gun, limits) else { return Ok(None) };
        if root.root().document().roles.root.keyids != [own.key_id().clone()] {
            return Ok(None);
        }
        let origin = self.repository.origin();
        Ok(Some(there.clone().open(&origin, root, RepositoryMemory::default(), &Scope::Everything).await?))
    }
}

/// Reports a repository that was just initialised.
pub(in crate::write) fn begun(
    publisher: &Publisher,
    publication: &Publication,
    keys: Vec<report::Key>,
    backup: Option<PathBuf>,
    warnings: Vec<report::Warning>,
) -> Report<report::Init> {
    let trusted = publication.trusted();
    let root = trusted.root();
    let renew_by = [trusted.timestamp().expires(), trusted.snapshot().expires(), root.expires()].into_iter().min();
    let body = report::Init {
        location: report::Text::new(&publisher.repository.location),
        repository: report::Text::new(trusted.trusted_root().gun()),
        fingerprint: root.digest(),
        keys,
        backup,
        renew_by: renew_by.unwrap_or(publisher.repository.now),
    };
    Report { head: publisher.repository.checked(), body, warnings }
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
    let [root_quorum, targets_quorum, timestamp_quorum] =
        [TopLevelRole::Root, TopLevelRole::Targets, TopLevelRole::Timestamp].map(|role| root.roles.quorum(role));
    // The key of role `repository` is that of snapshot.
    let repository_quorum = root.roles.snapshot.quorum(RoleName::repository());
    for quorum in [&root_quorum, &repository_quorum, &timestamp_quorum] {
        signers.load(quorum, &root).await?;
    }
    let root_bytes = signers.sign(Unsigned::root(&root)?, &root_quorum)?;
    let targets = issue.first_targets(one(repository_key));
    let targets_bytes = signers.sign(Unsigned::targets(&targets)?, &targets_quorum)?;
    let mut role = issue.first_role(RoleName::repository().into());
    sign_index(&mut role, &RoleName::repository())?;
    let role_bytes = signers.sign(Unsigned::targets(&role)?, &repository_quorum)?;
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
