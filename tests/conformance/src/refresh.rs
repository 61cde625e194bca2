//! The client workflow (TUF specification, section 5): what is fetched when, and kept as soon as it is trusted.

use bytes::Bytes;
use manifesto_tuf::time::Timestamp;
use manifesto_tuf::{
    limits::Limits,
    name::{Role, TopLevelRole},
    trust::{
        CurrentRoot, Delegation, Document, Listed, Trusted, TrustedRoot, Verified, WithSnapshot, WithTimestamp,
        standard::{Meta, StandardProfile},
    },
};

use crate::{error::Error, files::Folder, http::Http, names};

/// One update of the metadata.
pub(crate) struct Refresh<'a> {
    pub(crate) files: &'a Folder,
    pub(crate) http: &'a Http,
    pub(crate) url: &'a str,
    pub(crate) limits: Limits,
    /// The fixed start time of the update (section 5.1).
    pub(crate) now: Timestamp,
}

impl Refresh<'_> {
    /// Brings the four top-level documents up to date.
    pub(crate) async fn run(&self) -> Result<Trusted<StandardProfile>, Error> {
        let root = self.root().await?;
        let timestamp = self.timestamp(root).await?;
        let snapshot = self.snapshot(timestamp).await?;
        self.targets(snapshot).await
    }

    /// Follows the roots until there is no newer one (section 5.3). Every one on the way is kept, an expired one as
    /// well: the newest alone has to stand.
    async fn root(&self) -> Result<CurrentRoot<StandardProfile>, Error> {
        let trusted = self.files.load(names::ROOT)?.ok_or(Error::NoRoot)?;
        let mut root = TrustedRoot::begin(trusted, StandardProfile, &self.limits)?;
        for _ in 0..self.limits.root_rotations {
            let next = root.root().version().saturating_add(1);
            let url = names::metadata(self.url, &TopLevelRole::Root.into(), next, true);
            let Some(bytes) = self.http.find(&url, self.limits.root_bytes).await? else { break };
            root = root.rotate(bytes)?;
            self.files.store(names::ROOT, root.root().bytes())?;
        }
        root.root().check_expiry(self.now)?;
        Ok(root.newest())
    }

    async fn timestamp(&self, root: CurrentRoot<StandardProfile>) -> Result<WithTimestamp<StandardProfile>, Error> {
        let role = Role::TopLevel(TopLevelRole::Timestamp);
        let seen = self.files.load(&names::file(&role))?;
        let memory = root.recall(seen, self.files.load(&names::file(&TopLevelRole::Snapshot.into()))?)?;
        let url = names::metadata(self.url, &role, 0, false);
        let bytes = self.http.get(&url, self.limits.timestamp_bytes).await?;
        let timestamp = root.timestamp(bytes, memory)?;
        self.keep(timestamp.timestamp())?;
        Ok(timestamp)
    }

    async fn snapshot(
        &self,
        timestamp: WithTimestamp<StandardProfile>,
    ) -> Result<WithSnapshot<StandardProfile>, Error> {
        let meta = timestamp.snapshot_meta();
        let seen = timestamp.remembered_snapshot().filter(|seen| seen.version() == meta.version());
        let seen = seen.map(|seen| seen.bytes().clone());
        // What is here need not be fetched; what is wrong with it does not matter, as it is then fetched.
        let snapshot = match seen.and_then(|seen| timestamp.clone().snapshot(seen).ok()) {
            Some(snapshot) => snapshot,
            None => {
                let consistent = timestamp.root().document().consistent_snapshot;
                let role = Role::TopLevel(TopLevelRole::Snapshot);
                let bytes = self.fetch(&role, meta, consistent, self.limits.snapshot_bytes).await?;
                timestamp.snapshot(bytes)?
            }
        };
        self.keep(snapshot.snapshot())?;
        Ok(snapshot)
    }

    async fn targets(&self, snapshot: WithSnapshot<StandardProfile>) -> Result<Trusted<StandardProfile>, Error> {
        let role = Role::TopLevel(TopLevelRole::Targets);
        let meta = snapshot.targets_meta()?;
        let seen = self.files.load(&names::file(&role))?;
        let trusted = match seen.and_then(|seen| snapshot.clone().targets(seen).ok()) {
            Some(trusted) => trusted,
            None => {
                let consistent = snapshot.root().document().consistent_snapshot;
                let bytes = self.fetch(&role, meta, consistent, self.limits.targets_bytes).await?;
                snapshot.targets(bytes)?
            }
        };
        self.keep(trusted.targets())?;
        Ok(trusted)
    }

    /// Loads a delegated role (section 5.6.7).
    pub(crate) async fn role(
        &self,
        trusted: &mut Trusted<StandardProfile>,
        delegation: &Delegation,
    ) -> Result<(), Error> {
        let role = Role::Delegated(delegation.to.clone());
        let seen = self.files.load(&names::file(&role))?;
        if seen.and_then(|seen| trusted.load(delegation, seen).ok()).is_none() {
            let consistent = trusted.root().document().consistent_snapshot;
            let meta = trusted.role_meta(&delegation.to)?;
            let bytes = self.fetch(&role, meta, consistent, self.limits.targets_bytes).await?;
            trusted.load(delegation, bytes)?;
        }
        trusted.role(delegation).map_or(Ok(()), |role| self.keep(role))
    }

    async fn fetch(&self, role: &Role, meta: &Meta, consistent: bool, limit: u64) -> Result<Bytes, Error> {
        let url = names::metadata(self.url, role, meta.version(), consistent);
        self.http.get(&url, meta.length.map_or(limit, |length| length.min(limit))).await
    }

    /// Keeps a document that stands: one that has expired is not to replace what was kept before.
    fn keep<T: Document>(&self, document: &Verified<T>) -> Result<(), Error> {
        document.check_expiry(self.now)?;
        self.files.store(&names::file(document.role()), document.bytes())
    }
}
