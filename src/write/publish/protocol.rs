//! The rounds of the publish protocol.
//!
//! A round merges what other writers have announced into the base, applies the operation, signs, announces, puts and
//! confirms. If another publication has become current meanwhile, the next round starts from that one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::time::Instant;

use crate::{
    name::{Digest, Tag},
    oci::{Attempts, ContentError, Pushed, Source},
    progress::Step,
    store::publication::Publication,
    trust::{Delegation, KeyId, Targets, TrustError, Writers, author::drop_former},
    write::{
        error::WriteError,
        publish::{
            announcements::{self, Announced, Merged, still_authorised},
            authority_change::{AuthorityChange, Resign},
            base::{OpenedBase, PublishBase},
            change_set::{ChangeSet, delegation_after},
            competitors::Yielded,
            confirm::Watched,
            draft::{Draft, DraftInput, Edit, SignedRole},
            edit::Applied,
            operation::Operation,
            sending::Sent,
            signers::Signers,
            versions::{VersionAllocator, VersionFloor},
        },
        publisher::Publisher,
    },
};

/// Pauses stop growing after this round.
const LONGEST_PAUSE: u32 = 3;

/// Publishes one operation, in as many rounds as the protocol needs.
pub(in crate::write) struct Protocol<'a> {
    pub(in crate::write) publisher: &'a Publisher,
    pub(super) operation: Operation,
    pub(super) signers: Signers,
    /// The statement's content. It must be uploaded before any metadata lists it.
    pub(super) content: Option<(Digest, u64, Source)>,
    /// Former values that the registry has lost. They are dropped.
    lost: BTreeSet<Digest>,
    /// Whether keys may be compromised. If what the tag shows does not verify, the protocol then continues from the
    /// state that this machine remembers.
    pub(super) compromised: bool,
    /// Whether a manifest was ever sent, to any tag. If so, another machine may have seen what was signed.
    pub(super) sent: AtomicBool,
}

/// The outcome of one round.
pub(super) enum Round {
    /// The operation is confirmed as current.
    Confirmed(Box<Publication>),
    /// Another writer was faster, or the outcome is uncertain. Start again.
    Again {
        /// Whether one of our publications may have been seen.
        seen: bool,
    },
    /// Authority changes were announced that may have been current before this base, and were overwritten.
    Overwritten(Box<PublishBase>),
}

impl<'a> Protocol<'a> {
    pub(in crate::write) fn new(
        publisher: &'a Publisher,
        operation: Operation,
        signers: Signers,
        content: Option<(Digest, u64, Source)>,
    ) -> Self {
        Self {
            publisher,
            operation,
            signers,
            content,
            lost: BTreeSet::new(),
            compromised: false,
            sent: AtomicBool::new(false),
        }
    }

    /// Continues from the state that this machine remembers whenever what the tag shows does not verify, because keys
    /// may be compromised.
    pub(in crate::write) fn compromised(self) -> Self {
        Self { compromised: true, ..self }
    }

    /// Drops these former values from now on, because the registry has lost them.
    pub(in crate::write) fn without_former_values(&mut self, lost: &BTreeSet<Digest>) {
        self.lost.extend(lost);
    }
}

impl Protocol<'_> {
    /// Returns whether anything that was signed may have been seen.
    pub(in crate::write) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Publishes on top of `base`, or on top of whatever has replaced it, until the result is confirmed.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another writer's change got in first. [`WriteError::NotConfirmed`]: the rounds are
    /// used up, because others kept publishing.
    pub(in crate::write) async fn publish(&self, base: Publication) -> Result<Publication, WriteError> {
        self.publish_from(PublishBase::at_tag(base)).await
    }

    /// Like [`publish`](Self::publish), from a base that may differ from what the tag shows.
    pub(in crate::write) async fn publish_from(&self, base: PublishBase) -> Result<Publication, WriteError> {
        self.publisher.repository.progress.step(Step::WaitingForLock);
        let (state, lock_timeout) = (self.publisher.repository.state.clone(), self.publisher.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let rounds = self.publisher.repository.limits.publish_rounds;
        // Another process may have held the lock and published since `base` was read.
        let superseded = self.publisher.remembers_other_than(base.publication.digest())?;
        let mut next = if superseded { None } else { Some(base) };
        let mut may_have_been_seen = false;
        let mut tried = VersionFloor::default();
        let mut yielded = Yielded::default();
        for round in 0..rounds {
            if round > 0 {
                self.pause(round).await;
            }
            let base = match next.take() {
                Some(base) => base,
                None => self.base().await?,
            };
            // Boxed, because the state of one round is too large for a thread's stack.
            match Box::pin(self.round(base, &mut tried, &mut yielded)).await? {
                Round::Confirmed(publication) => {
                    self.publisher.remember_all_roles(&publication).await;
                    return Ok(*publication);
                }
                Round::Again { seen } => may_have_been_seen |= seen,
                Round::Overwritten(displaced) => {
                    if !Box::pin(self.republish(&displaced.publication, &mut tried, &mut yielded)).await? {
                        next = Some(*displaced);
                    }
                }
            }
        }
        Err(WriteError::NotConfirmed {
            location: self.publisher.repository.location.clone(),
            rounds,
            may_have_been_seen,
        })
    }

    /// Reads the base for the next round.
    async fn base(&self) -> Result<PublishBase, WriteError> {
        let scope = self.operation.scope();
        if self.compromised {
            let OpenedBase { verified, tag, .. } = Box::pin(self.publisher.open_or_remember(&scope)).await?;
            return Ok(PublishBase { publication: verified.publication, tag });
        }
        Ok(PublishBase::at_tag(Box::pin(self.publisher.open_to_write(&scope)).await?.publication))
    }

    /// Runs one round. `tried` holds the versions that earlier rounds have put; the tags may no longer show them.
    pub(super) async fn round(
        &self,
        base: PublishBase,
        tried: &mut VersionFloor,
        yielded: &mut Yielded,
    ) -> Result<Round, WriteError> {
        let displaced = base.is_displaced();
        let PublishBase { publication: base, tag } = base;
        let next_root = self.operation.next_root(&base);
        let several = base.trusted().trusted_root().writers() == Writers::Several;
        let announced = if several {
            self.publisher.announced(base.trusted().trusted_root(), &base, &self.operation.roles()).await?
        } else {
            Vec::new()
        };
        if !displaced && yielded.is_new(announcements::overwritten(&base, &announced)) {
            return Ok(Round::Overwritten(Box::new(PublishBase { publication: base, tag })));
        }
        let mut merged =
            self.publisher.merge_announced(&base, &still_authorised(&announced, next_root), &self.signers).await?;
        merged.version_floor =
            VersionFloor::of(std::iter::once(&base).chain(announced.iter().map(|other| &other.publication)));
        if let Err(error) = self.publisher.check_not_rolled_back(&base, &merged.version_floor) {
            // Another process of this user may have published or read something newer since the base was read.
            return if self.publisher.repository.tag_moved_from(base.digest()).await? {
                Ok(Round::Again { seen: false })
            } else {
                Err(error.into())
            };
        }
        if self.yield_to_competitors(&base, yielded).await? {
            return Ok(Round::Again { seen: false });
        }
        if let Some(root) = next_root {
            let seen = std::iter::once(&base).chain(announced.iter().map(|other| &other.publication));
            merged.version_floor = VersionFloor::under(seen, root);
        }
        merged.version_floor.join(tried);
        merged.needed |= displaced;
        let done = several && !displaced && self.is_done(&base, &announced).await?;
        let draft = if done { None } else { self.draft(&base, merged).await? };
        let Some((mut draft, conflict)) = draft else {
            return Ok(match self.watch(base, Watched::Unchanged).await? {
                Some(publication) => Round::Confirmed(Box::new(publication)),
                None => Round::Again { seen: false },
            });
        };
        if displaced {
            draft.uploads.extend(self.publisher.known_of(&draft.publication)?);
        }
        self.publisher.repository.progress.step(Step::Publishing);
        tried.see(&draft.publication);
        yielded.announces(draft.publication.digest());
        let pushed = if several {
            self.push_among_several(&base, tag, &draft, yielded).await?
        } else {
            self.push(tag, &draft).await?
        };
        let Some(Sent { pushed, failure }) = pushed else { return Ok(Round::Again { seen: several }) };
        if let Some(conflict) = conflict {
            return Err(conflict);
        }
        self.publisher.repository.progress.step(Step::Confirming);
        let watched = if several { Watched::Among } else { Watched::Alone(pushed) };
        match (self.watch(draft.publication, watched).await, failure) {
            (Ok(Some(publication)), _) => Ok(Round::Confirmed(Box::new(publication))),
            (_, Some(failure)) => Err(failure.into()),
            (Ok(None), None) => Ok(Round::Again { seen: true }),
            (Err(error), None) => Err(error),
        }
    }

    /// Returns whether `base` already contains the operation, and no announced publication keeps it from being
    /// confirmed.
    ///
    /// If so, it is not published again. An announcement is for its author to publish: if every writer published it
    /// once more, no tag would ever rest.
    async fn is_done(&self, base: &Publication, announced: &[Announced]) -> Result<bool, WriteError> {
        if !self.operation.is_in(base)? {
            return Ok(false);
        }
        let relevant = announcements::relevant(base, announced);
        Ok(!self.publisher.merge_announced(base, &relevant, &self.signers).await?.needed)
    }

    /// Drafts the publication that applies the operation on top of `base` (rules 4 and 5). `None`: there is nothing
    /// left to do.
    ///
    /// If the operation conflicts with an announced change that never became current, the merged publication is drafted
    /// without the operation, and the conflict is returned with it. Otherwise every further attempt would meet the same
    /// conflict.
    async fn draft(
        &self,
        base: &Publication,
        merged: Merged,
    ) -> Result<Option<(Draft, Option<WriteError>)>, WriteError> {
        self.publisher.repository.progress.step(Step::Signing);
        let root = base.trusted().root().document();
        let issue = self.publisher.issue(root);
        let Merged { version_floor, edits, mut adopted, mut accounted, needed } = merged;
        let mut changes = ChangeSet { roles: edits, ..ChangeSet::default() };
        let now = self.publisher.repository.now.whole_seconds();
        let mut wanted = needed || self.operation.needs_new_date(base);
        let mut conflict = None;
        self.operation.check_authority(base.trusted())?;
        for delegation in self.operation.roles() {
            let mut next = latest(base, &changes.roles, &adopted, &delegation)?.clone();
            match self.operation.applied(base.trusted(), &next) {
                Ok(Applied::Yes) => {}
                Ok(Applied::No) => {
                    self.operation.apply(&mut next, now)?;
                    drop_former(&mut next, &self.lost)?;
                    adopted.retain(|adopted| adopted.delegation != delegation);
                    changes.roles.insert(delegation, next);
                    wanted = true;
                }
                Err(error @ WriteError::Conflict { .. }) if needed => conflict = Some(error),
                Err(error) => return Err(error),
            }
        }
        let change = match self.operation.change() {
            Some(change) if change.applied(base, self.publisher)? == Applied::No => Some(change),
            _ => None,
        };
        if let Some(change) = change {
            change.check_versions(&version_floor, self.publisher)?;
            if !change.is_still_signed(base) {
                return Err(WriteError::AuthorityChanged { location: self.publisher.repository.location.clone() });
            }
        }
        changes.root = change.and_then(AuthorityChange::root).map(|(root, _)| root.as_ref());
        changes.targets = change.and_then(AuthorityChange::next_targets);
        for (delegation, resign) in change.iter().flat_map(|change| change.resign()) {
            if let Resign::Signed(document, bytes) = resign {
                let taken_over = adopted.iter().find(|adopted| adopted.delegation == delegation);
                // An earlier, interrupted attempt has announced it.
                if taken_over.is_some_and(|adopted| adopted.bytes == *bytes) {
                    continue;
                }
                let merged = changes.roles.contains_key(&delegation) || taken_over.is_some();
                let entry = delegation_after(changes.targets, base.trusted(), &delegation);
                let Some(entry) = entry.filter(|_| !merged) else {
                    return Err(WriteError::Moved { location: self.publisher.repository.location.clone() });
                };
                let (document, bytes) = (Targets::clone(document), bytes.clone());
                adopted.push(SignedRole::signed(delegation, entry, document, bytes)?);
                continue;
            }
            let current = latest(base, &changes.roles, &adopted, &delegation).ok().cloned();
            changes.resign(resign, &delegation, current.as_ref(), base.trusted(), &issue)?;
            adopted.retain(|adopted| adopted.delegation != delegation);
        }
        adopted.retain(|adopted| change.is_none_or(|change| change.keeps(&adopted.name)));
        if !(wanted || change.is_some()) {
            return Ok(None);
        }
        let timestamp_keys = &root.roles.timestamp.keyids;
        let writer = self.writer(base)?;
        let slot = timestamp_keys.iter().position(|id| *id == writer).unwrap_or(timestamp_keys.len());
        let versions = VersionAllocator { version_floor, slot: slot as u64, writers: timestamp_keys.len() as u64 };
        if !versions.are_left(changes.roles.keys().map(|delegation| &delegation.to), changes.targets.is_some()) {
            return Err(WriteError::VersionsUsedUp { location: self.publisher.repository.location.clone() });
        }
        accounted.insert(writer, versions.next(versions.version_floor.timestamp));
        accounted.retain(|id, _| changes.root.unwrap_or(root).roles.timestamp.keyids.contains(id));
        let edits = changes.roles.iter().filter_map(|(delegation, document)| {
            let entry = delegation_after(changes.targets, base.trusted(), delegation)?.clone();
            let document = issue.next_role(document, versions.next_of(&delegation.to));
            Some(Edit { delegation: delegation.clone(), entry, document })
        });
        let edits = edits.collect();
        let restoration = self.operation.restoration();
        let input = DraftInput {
            base,
            versions: &versions,
            accounted,
            issue: &issue,
            adopted: &adopted,
            change,
            restoration,
            lost: &self.lost,
        };
        let draft = self.publisher.draft(input, edits, &self.signers).await?;
        Ok(Some((draft, conflict)))
    }

    /// Returns the timestamp key under which this machine publishes.
    pub(super) fn writer(&self, base: &Publication) -> Result<KeyId, WriteError> {
        let root = base.trusted().root().document();
        let keys = &root.roles.timestamp;
        // A key that replaces a lost one has never published; only the next root lists it.
        let next = self.operation.next_root(base).map(|next| &next.roles.timestamp.keyids);
        let own = self.signers.first(&keys.keyids).or_else(|| self.signers.first(next?));
        own.ok_or_else(|| WriteError::NoKey {
            role: "timestamp".to_owned(),
            gun: root.manifesto.common.gun.clone(),
            may_sign: keys.keyids.iter().map(|id| root.name_of(id)).collect(),
        })
    }

    /// Publishes for the only writer. The uploads and the look at the tag run together. `None`: the tag has moved all
    /// the same.
    async fn push(&self, tag: Option<Digest>, draft: &Draft) -> Result<Option<Sent>, WriteError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.publisher.repository.current_digest());
        uploaded?;
        if current? != tag {
            return Ok(None);
        }
        self.put(&Tag::manifesto(), draft).await.map(Some)
    }

    /// Publishes among several writers (rules 6 and 7). `None`: start again.
    async fn push_among_several(
        &self,
        base: &Publication,
        tag: Option<Digest>,
        draft: &Draft,
        yielded: &mut Yielded,
    ) -> Result<Option<Sent>, WriteError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.publisher.repository.current_digest());
        uploaded?;
        // All other writers have to merge an announcement, so none is made that is already too late.
        if current? != tag {
            return Ok(None);
        }
        let own = Tag::of_writer(self.writer(base)?.as_str());
        let announced = self.put(&own, draft).await?;
        if announced.pushed == Pushed::Uncertain {
            // Nothing else may be announced until this announcement can no longer land.
            tokio::time::sleep(self.publisher.timing.confirm_interval).await;
            return announced.failure.map_or(Ok(None), |failure| Err(failure.into()));
        }
        self.wait_out(base, yielded).await;
        let looked = Instant::now();
        let (current, competitor) =
            tokio::join!(self.publisher.repository.current_digest(), self.found_competitor(base, yielded));
        if current? != tag || competitor? {
            return Ok(None);
        }
        let left = self.publisher.timing.put_window.saturating_sub(looked.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        match self.send(&Tag::manifesto(), draft, Attempts::Once(left)).await {
            Ok(pushed) => Ok(Some(Sent { pushed, failure: None })),
            // The registry has garbage-collected blobs since the announcement. The next round uploads and announces
            // again.
            Err(ContentError::MissingBlobs { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for a random time that grows with the number of rounds, so that writers that collided do not collide
    /// again. A round takes a few requests, so the pause is a multiple of the time between two confirming reads.
    async fn pause(&self, round: u32) {
        let most = self.publisher.timing.confirm_interval.mul_f64(f64::from(round.min(LONGEST_PAUSE)) / 2.0);
        tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
    }
}

/// Returns a role's document with everything that was merged into it so far.
fn latest<'d>(
    base: &'d Publication,
    edited: &'d BTreeMap<Delegation, Targets>,
    adopted: &'d [SignedRole],
    delegation: &Delegation,
) -> Result<&'d Targets, TrustError> {
    let taken_over = adopted.iter().find(|adopted| adopted.delegation == *delegation);
    let found = edited
        .get(delegation)
        .or(taken_over.map(|adopted| &adopted.document))
        .or(base.trusted().role(delegation).map(|role| role.document()));
    found.ok_or_else(|| TrustError::NotLoaded { role: delegation.to.clone().into() })
}
