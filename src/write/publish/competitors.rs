//! Authority changes that several writers announce at the same time.
//!
//! Statements of two writers can be merged. Two roots of one version cannot: a reader who has followed one of them can
//! never follow the other. The same goes for top-level targets, and for a role's document that several keys have to
//! sign. So an authority change needs more than the look at `_manifesto`:
//!
//! 1. Between announcing a change and putting it, the writer reads all other writers' tags again. Of two writers who
//!    announce and then read, at least one sees the other. A writer that finds a valid competing change, to which it
//!    has not *yielded* before, does not put its own. It yields to that one, and starts again after a random pause.
//! 2. A competing change that is there when a round begins, and to which the writer has not yielded before, gets the
//!    time S to become current. Then the writer has yielded to it, and starts again. If nothing has changed by then,
//!    the author of that change is gone.
//! 3. A writer that has yielded to any change waits S between announcing and looking.
//!
//! Competitors we have yielded to are remembered by manifest digest. An author who is still active announces a new
//! manifest and is yielded to again.
//!
//! Rule 3 makes this safe, however late an announcement is answered. Suppose that A and B both put, and that B
//! announced later. B saw A's announcement, so B had yielded to it. A did not see B's announcement, so A began to look
//! before it landed. A's `PUT` has landed within S of that, or it never will (S > W + L). B looks at `_manifesto` later
//! still, finds that it has moved, and does not put.
//!
//! One case is not covered: a writer that replaces a lost timestamp key announces at a tag that no root lists yet, so
//! others do not see it. This is one owner's emergency, and the look at `_manifesto` still orders two such writers.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    name::Digest,
    store::publication::{FetchedPublication, Publication, Scope},
    trust::{KeyId, Writers},
    write::{
        error::WriteError,
        publish::{
            authority_change::{AuthorityChange, changes_authority, is_other_signed},
            edit::Applied,
            protocol::Protocol,
        },
    },
};

/// The announcements that this writer no longer waits for, by manifest digest.
#[derive(Debug, Clone, Default)]
pub(super) struct Yielded {
    competitors: BTreeSet<Digest>,
    /// Overwritten authority changes that this writer has already looked at.
    overwritten: BTreeSet<Digest>,
    own: BTreeSet<Digest>,
}

impl Yielded {
    fn add(&mut self, competitors: Vec<Digest>) -> bool {
        let any = !competitors.is_empty();
        self.competitors.extend(competitors);
        any
    }

    /// Records overwritten authority changes. Returns whether any of them is new.
    pub(super) fn is_new(&mut self, overwritten: Vec<Digest>) -> bool {
        let known = self.overwritten.len();
        self.overwritten.extend(overwritten.into_iter().filter(|manifest| !self.own.contains(manifest)));
        self.overwritten.len() > known
    }

    /// Records our own announcement. If it is overwritten, the next round of this operation makes it again.
    pub(super) fn announces(&mut self, manifest: Digest) {
        self.own.insert(manifest);
    }

    /// Forgets the overwritten authority changes, so that they are looked at again.
    pub(super) fn look_again(&mut self) {
        self.overwritten.clear();
    }
}

impl Protocol<'_> {
    /// Waits for announced competing changes to become current (rule 2). Returns whether there were any.
    pub(super) async fn yield_to_competitors(
        &self,
        base: &Publication,
        yielded: &mut Yielded,
    ) -> Result<bool, WriteError> {
        let competitors = self.competitors(base, yielded).await?;
        if !yielded.add(competitors) {
            return Ok(false);
        }
        tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        Ok(true)
    }

    /// Waits until the changes that this writer has yielded to can no longer land (rule 3).
    pub(super) async fn wait_out(&self, base: &Publication, yielded: &Yielded) {
        if self.contested(base).is_some() && !yielded.competitors.is_empty() {
            tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        }
    }

    /// Returns whether another writer has announced a competing change since the round began (rule 1).
    pub(super) async fn found_competitor(&self, base: &Publication, yielded: &mut Yielded) -> Result<bool, WriteError> {
        let competitors = self.competitors(base, yielded).await?;
        Ok(yielded.add(competitors))
    }

    /// Returns the authority change of this operation if several writers may compete with it on top of `base`.
    fn contested(&self, base: &Publication) -> Option<&AuthorityChange> {
        let several = base.trusted().trusted_root().writers() == Writers::Several;
        let wanted = |change: &&AuthorityChange| matches!(change.applied(base, self.publisher), Ok(Applied::No));
        self.operation.change().filter(|_| several).filter(wanted)
    }

    /// Returns the competing changes at the other writers' tags that this writer has not yielded to yet, whatever base
    /// they were made on.
    async fn competitors(&self, base: &Publication, yielded: &Yielded) -> Result<Vec<Digest>, WriteError> {
        let Some(change) = self.contested(base) else { return Ok(Vec::new()) };
        let own = self.writer(base)?;
        let writers = base.trusted().root().document().roles.timestamp.keyids.iter();
        let reads =
            writers.filter(|writer| **writer != own).map(|writer| self.competitor(writer, change, base, yielded));
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }

    async fn competitor(
        &self,
        writer: &KeyId,
        change: &AuthorityChange,
        base: &Publication,
        yielded: &Yielded,
    ) -> Result<Option<Digest>, WriteError> {
        let publisher = self.publisher;
        let Some((fetched, remembered)) = publisher.at_tag_of(writer, base).await? else { return Ok(None) };
        let digest = fetched.digest();
        if digest == base.digest() || yielded.competitors.contains(&digest) || change.is_listed_in(fetched.artifact()) {
            return Ok(None);
        }
        if self.is_other_root(&fetched, change, base).await? {
            return Ok(Some(digest));
        }
        let (targets, current) = (fetched.artifact().targets.blob.digest, base.trusted().targets().digest());
        if targets == current && !is_other_signed(change, base, fetched.artifact()) {
            return Ok(None);
        }
        let root = base.trusted().trusted_root();
        match publisher.read_announced(fetched, root, remembered, &Scope::Roles(change.needs())).await {
            Ok(other) => {
                let at_odds = changes_authority(base, &other) || is_other_signed(change, base, other.artifact());
                Ok((at_odds && !change.is_in(&other)).then_some(digest))
            }
            Err(error) if error.does_not_verify() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns whether a publication lists a different root than ours as the successor of `base`'s root.
    ///
    /// The rest of that publication is not verified, because its root may give the writer's place to another key. An
    /// attacker who only controls the registry cannot forge such a root: its owners have to sign it. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#concurrent-authority
    async fn is_other_root(
        &self,
        fetched: &FetchedPublication,
        change: &AuthorityChange,
        base: &Publication,
    ) -> Result<bool, WriteError> {
        let current = base.trusted().trusted_root();
        let Some(next) = current.root().version().checked_add(1) else { return Ok(false) };
        let Some(listed) = fetched.artifact().roots.get(&next).map(|blob| blob.digest) else { return Ok(false) };
        if change.root().is_some_and(|(_, bytes)| Digest::of(bytes) == listed) {
            return Ok(false);
        }
        let bytes = self.publisher.repository.content.blob(listed, self.publisher.repository.limits.root_bytes).await?;
        Ok(bytes.is_some_and(|bytes| Digest::of(&bytes) == listed && current.clone().rotate(bytes).is_ok()))
    }
}
