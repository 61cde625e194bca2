//! What a publisher keeps on its machine, so that it can restore a registry: every role's document and index of the
//! publication that it made, and the values that it put itself.
//!
//! Nothing here makes a change fail: the change is on the registry, whatever this machine remembers of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use tokio::io::AsyncReadExt;

use crate::{
    name::Digest,
    oci::Source,
    read::Error,
    store::{
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope, VerifiedTopLevel},
        state::StateError,
    },
    trust::{Delegation, TrustedRoot},
    write::{error::WriteError, publisher::Publisher, statement::StatementContent},
};

/// How long a change waits at most for each lock to keep a value. It can do without, so it does not wait as long as for
/// the lock to publish.
const LOCK_WAIT: Duration = Duration::from_secs(5);

impl Publisher {
    /// Fetches, verifies and remembers the roles of a confirmed publication that this machine does not remember yet. A
    /// role that does not verify, or cannot be fetched, is left for the next time.
    pub(in crate::write) async fn remember_all_roles(&self, publication: &Publication) {
        if let Err(error) = Box::pin(self.try_remember_all_roles(publication)).await {
            tracing::warn!(%error, "not every role is remembered");
        }
    }

    async fn try_remember_all_roles(&self, publication: &Publication) -> Result<(), WriteError> {
        if self.repository.trust.root.is_some() || self.repository.state.pin()?.is_none() {
            return Ok(());
        }
        let mut documents = self.repository.state.documents()?;
        let artifact = publication.artifact();
        let listed = artifact.roles.values().map(|role| role.file.blob).chain(artifact.indexes.values().copied());
        if listed.chain([artifact.index]).all(|blob| documents.contains_key(&blob.digest)) {
            return Ok(());
        }
        documents.extend(publication.known());
        let complete = self.load_all_roles(publication, documents).await?.publication;
        Ok(self.remember_publication(&complete)?)
    }

    /// Loads every role of a publication from `documents` and the registry, as far as it is there and verifies.
    pub(in crate::write) async fn load_all_roles(
        &self,
        publication: &Publication,
        documents: BTreeMap<Digest, Bytes>,
    ) -> Result<PartlyLoaded, WriteError> {
        let manifest = Some(publication.manifest().clone());
        let remembered = RepositoryMemory { manifest, documents, ..RepositoryMemory::default() };
        let fetched = FetchedPublication::remembered(&remembered, &self.repository.limits)?;
        let root = publication.trusted().trusted_root().clone();
        let Some(fetched) = fetched else {
            return Ok(PartlyLoaded { publication: publication.clone(), missing: BTreeSet::new() });
        };
        self.load_partly(fetched, root, remembered).await
    }

    /// Verifies a publication, and loads every role that is there and verifies.
    ///
    /// # Errors
    /// A top-level document is missing or does not verify, or the registry fails.
    pub(in crate::write) async fn load_partly(
        &self,
        fetched: FetchedPublication,
        root: TrustedRoot,
        remembered: RepositoryMemory,
    ) -> Result<PartlyLoaded, WriteError> {
        let origin = self.repository.origin();
        let mut loading =
            fetched.verify(&origin, root, remembered, &Scope::Everything, &mut VerifiedTopLevel::default()).await?;
        let (mut missing, mut tried) = (BTreeSet::new(), BTreeSet::new());
        // A role that was loaded may delegate to others.
        loop {
            let wanted: Vec<Delegation> = loading.publication().delegations().collect();
            let Some(next) = wanted.into_iter().find(|delegation| !tried.contains(delegation)) else { break };
            tried.insert(next.clone());
            match loading.load(&Scope::Roles(vec![next.clone()])).await.map_err(Error::from) {
                Ok(()) => {}
                Err(Error::Content(error)) => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(%error, role = %next.to, "a role is missing");
                    missing.insert(next);
                }
            }
        }
        Ok(PartlyLoaded { publication: loading.finish(), missing })
    }

    /// Keeps the values of statements that this machine puts. A value that cannot be kept is a warning: the registry
    /// has it, or will have it.
    pub(in crate::write) async fn keep_values(&self, contents: impl IntoIterator<Item = &StatementContent>) {
        let limits = &self.repository.limits;
        let (mut values, mut held) = (Vec::new(), 0_u64);
        for content in contents.into_iter().filter(|content| content.size <= limits.kept_value_bytes) {
            held = held.saturating_add(content.size);
            if held > limits.kept_values_bytes {
                break;
            }
            values.extend(content.bytes().await);
        }
        if let Err(error) = self.try_keep_values(&values) {
            self.repository.notices.value_not_kept(&error);
        }
    }

    fn try_keep_values(&self, values: &[Bytes]) -> Result<(), StateError> {
        let (state, lock_timeout) = (&self.repository.state, self.repository.lock_timeout.min(LOCK_WAIT));
        if values.is_empty() || self.repository.trust.root.is_some() || state.pin()?.is_none() {
            return Ok(());
        }
        state.lock(lock_timeout)?.keep_values(values, lock_timeout)
    }
}

/// A publication with verified top-level documents, and the roles that could not be loaded.
pub(in crate::write) struct PartlyLoaded {
    pub(in crate::write) publication: Publication,
    pub(in crate::write) missing: BTreeSet<Delegation>,
}

impl StatementContent {
    /// Returns the content if it is still what was measured. It is read completely.
    async fn bytes(&self) -> Option<Bytes> {
        let bytes = match &self.source {
            Source::Bytes(bytes) => bytes.clone(),
            Source::File(path) => {
                let (mut file, mut bytes) = (tokio::fs::File::open(path).await.ok()?, Vec::new());
                (&mut file).take(self.size.saturating_add(1)).read_to_end(&mut bytes).await.ok()?;
                bytes.into()
            }
        };
        (Digest::of(&bytes) == self.digest).then_some(bytes)
    }
}
