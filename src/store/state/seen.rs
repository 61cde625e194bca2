//! Documents that were verified although what belongs to them was not to be had.

use bytes::Bytes;

use super::{
    Document, Locked, StateError,
    locked::{Age, Step},
};
use crate::name::{Digest, TopLevelRole};

impl Locked {
    /// Remembers the newest documents of the top level that were verified under the pinned root with the fingerprint
    /// `pinned`, though not all that belongs to them (TUF specification, sections 5.3.8, 5.4.5 and 5.5.7).
    ///
    /// Versions only rise. The last publication that was read as a whole stays beside them: what a stolen key signed is a
    /// floor from now on, but must not take away what a repository can be restored from.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub fn store_seen(
        &self,
        pinned: Digest,
        root: Option<&Bytes>,
        timestamp: Option<&Bytes>,
        snapshot: Option<&Bytes>,
    ) -> Result<(), StateError> {
        self.check_pin(pinned)?;
        let mut steps = Vec::new();
        let offered =
            [(TopLevelRole::Root, root), (TopLevelRole::Timestamp, timestamp), (TopLevelRole::Snapshot, snapshot)];
        for (role, bytes) in offered {
            let document = Document::Metadata(role.into());
            let Some(bytes) = bytes else { continue };
            if self.compare(&document, bytes)? != Age::Newer {
                continue;
            }
            match role {
                TopLevelRole::Root => steps.extend(self.keep_former_root()?),
                _ => steps.extend(self.keep_superseded(role)?),
            }
            steps.push(Step::Replace(self.path(&document), bytes.clone()));
        }
        steps.into_iter().try_for_each(Step::take)
    }

    /// Puts the timestamp or snapshot of the last whole publication aside, unless an older one is there already: then
    /// that one is the publication's.
    fn keep_superseded(&self, role: TopLevelRole) -> Result<Option<Step>, StateError> {
        let aside = self.path(&Document::Superseded(role));
        if aside.exists() || self.state.read(&Document::Manifest)?.is_none() {
            return Ok(None);
        }
        let current = self.state.read(&Document::Metadata(role.into()))?;
        Ok(current.map(|bytes| Step::Replace(aside, bytes)))
    }
}
