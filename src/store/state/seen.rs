//! Documents that were verified before a read failed.

use bytes::Bytes;

use super::{
    Locked, StateDocument, StateError,
    locked::{Age, Step},
};
use crate::name::{Digest, TopLevelRole};

impl Locked {
    /// Remembers the newest top-level documents that were verified under the root with the fingerprint `pinned`,
    /// although other documents of their publication could not be read (TUF specification, sections 5.3.8, 5.4.5 and
    /// 5.5.7).
    ///
    /// Versions only increase. The last publication that was read completely is kept too: a document that a stolen key
    /// signed sets the lowest version from now on, but must not replace what the repository can be recovered from.
    ///
    /// # Errors
    /// The same as those of [`store`](Self::store).
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
            let document = StateDocument::Metadata(role.into());
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

    /// Keeps the timestamp or snapshot of the last complete publication in another file. If there already is one, that
    /// one belongs to the publication and stays.
    fn keep_superseded(&self, role: TopLevelRole) -> Result<Option<Step>, StateError> {
        let aside = self.path(&StateDocument::Superseded(role));
        if aside.exists() || self.state.read(&StateDocument::Manifest)?.is_none() {
            return Ok(None);
        }
        let current = self.state.read(&StateDocument::Metadata(role.into()))?;
        Ok(current.map(|bytes| Step::Replace(aside, bytes)))
    }
}
