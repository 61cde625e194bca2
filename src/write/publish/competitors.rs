//! Others who change who may say what at the same time.
//!
//! What two writers state goes together; two roots of one version do not. Who has followed one can never follow the
//! other, and of top-level targets, or a document that several people signed, the one that lost has been seen. So of two
//! who announce at once, neither relies on the look at the tag alone:
//!
//! 1. After announcing a ceremony, and before it is put, all other writers' tags are read again. Of two who announce and
//!    then read, at least one sees the other. Whoever sees an announced ceremony of somebody else's, valid and not their
//!    own, that was not *passed* before, does not put theirs: it passes that one, and begins anew after a random pause.
//! 2. One that is there when a round begins, and was not passed before, has time S to become current; then it is passed,
//!    and the round begins anew. Its author is gone if nothing has changed by then.
//! 3. Who has passed any waits S between announcing and looking.
//!
//! Competitors that were yielded to are remembered by manifest digest: an author who is still at it announces another one. Rule 3 makes that safe, however
//! late an announcement is answered. If A and B both put, the one that announced later, say B, saw A's announcement and
//! had passed it. A did not see B's, so A began to look before B's landed, and A's `PUT` has landed or never will by S
//! after that (S > W + L). B looks at `_manifesto` after this, finds it moved, and does not put.
//!
//! Not seen by others: who takes the place of a timestamp key that is lost announces at a tag that no root lists yet.
//! That is one person's emergency, and the look at `_manifesto` still stands between two of them.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    name::{Digest, Tag, TopLevelRole},
    oci::Reference,
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, Remembered, Scope},
    },
    trust::{KeyId, Writers, role_keys},
    write::{
        error::WriteError,
        publish::{
            authority_change::{AuthorityChange, changes_authority, is_other_signed},
            edit::Standing,
            protocol::Protocol,
        },
    },
};

/// What others announced and is waited for no more, by the digest of the manifest.
#[derive(Debug, Clone, Default)]
pub(super) struct Yielded {
    competitors: BTreeSet<Digest>,
    /// What may have been current once, and was looked at.
    overwritten: BTreeSet<Digest>,
    own: BTreeSet<Digest>,
}

impl Yielded {
    fn pass(&mut self, competitors: Vec<Digest>) -> bool {
        let any = !competitors.is_empty();
        self.competitors.extend(competitors);
        any
    }

    /// Takes note of what was overwritten. Whether any of it was not known before.
    pub(super) fn is_new(&mut self, overwritten: Vec<Digest>) -> bool {
        let known = self.overwritten.len();
        self.overwritten.extend(overwritten.into_iter().filter(|manifest| !self.own.contains(manifest)));
        self.overwritten.len() > known
    }

    /// Takes note of what is announced here, and made anew here if it is overwritten.
    pub(super) fn announces(&mut self, manifest: Digest) {
        self.own.insert(manifest);
    }

    /// Has what was overwritten looked at again.
    pub(super) fn look_again(&mut self) {
        self.overwritten.clear();
    }
}

impl Protocol<'_> {
    /// Gives others who have announced a ceremony the time to make it current (rule 2). Whether there were any.
    pub(super) async fn yield_to_competitors(
        &self,
        base: &Publication,
        yielded: &mut Yielded,
    ) -> Result<bool, WriteError> {
        let competitors = self.competitors(base, yielded).await?;
        if !yielded.pass(competitors) {
            return Ok(false);
        }
        tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        Ok(true)
    }

    /// Waits until what was passed can land no more (rule 3).
    pub(super) async fn wait_out(&self, base: &Publication, yielded: &Yielded) {
        if self.contested(base).is_some() && !yielded.competitors.is_empty() {
            tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        }
    }

    /// Whether somebody else has announced a ceremony meanwhile (rule 1).
    pub(super) async fn met(&self, base: &Publication, yielded: &mut Yielded) -> Result<bool, WriteError> {
        let competitors = self.competitors(base, yielded).await?;
        Ok(yielded.pass(competitors))
    }

    /// The ceremony that is to be made on top of `base` among several writers.
    fn contested(&self, base: &Publication) -> Option<&AuthorityChange> {
        let several = base.trusted().trusted_root().writers() == Writers::Several;
        let wanted = |change: &&AuthorityChange| matches!(change.standing(base, self.publisher), Ok(Standing::Wanted));
        self.operation.change().filter(|_| several).filter(wanted)
    }

    /// The ceremonies that others have announced, on top of what `base` rests on or of something else, and that were not
    /// passed yet.
    async fn competitors(&self, base: &Publication, yielded: &Yielded) -> Result<Vec<Digest>, WriteError> {
        let Some(change) = self.contested(base) else { return Ok(Vec::new()) };
        let own = self.writer(base)?;
        let writers = role_keys(base.trusted().root().document(), TopLevelRole::Timestamp).keyids.iter();
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
        let reference = Reference::Tag(Tag::of_writer(writer.as_str()));
        let remembered =
            Remembered { manifest: Some(base.manifest().clone()), documents: base.known(), ..Remembered::default() };
        let fetched = match FetchedPublication::get(
            publisher.repository.content.as_ref(),
            &reference,
            &remembered,
            &publisher.repository.limits,
        )
        .await
        {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return Ok(None),
            Err(error @ StoreError::Content(_)) => return Err(error.into()),
            // What is no publication is nobody's.
            Err(_) => return Ok(None),
        };
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

    /// Whether a publication lists another root than ours to follow that of `base`. The rest of it is not asked for: under
    /// that root its own writer's key may be another one, and who only controls the registry has no such root to show
    /// that its owners did not sign. [⚔]
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
