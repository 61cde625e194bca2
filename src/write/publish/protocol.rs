use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::{
    name::{Digest, Tag, TopLevelRole},
    oci::{Attempts, ContentError, Pushed, Source},
    progress::Step,
    store::{artifact, publication::Publication},
    trust::{Delegation, KeyId, Targets, TrustError, Writers, role_keys},
    write::{
        error::WriteError,
        publish::{
            announcements::{self, Announced, Merged, still_authorised},
            authority_change::{AuthorityChange, Resign},
            base::{OpenedBase, PublishBase},
            competitors::Yielded,
            confirm::Watched,
            draft::{Draft, DraftInput, SignedRole, VersionAllocator, VersionFloor},
            edit::Standing,
            operation::Operation,
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// The round after which pauses grow no more.
const LONGEST_PAUSE: u32 = 3;

/// Makes one wanted thing current, however often that takes.
pub(in crate::write) struct Protocol<'a> {
    pub(super) publisher: &'a Publisher,
    pub(super) operation: Operation,
    pub(super) signers: Signers,
    /// Content that has to be there before any metadata speaks of it.
    content: Option<(Digest, u64, Source)>,
    /// Whether to go on from what this machine remembers where what stands at the tag is not to be believed.
    pub(super) compromised: bool,
    /// Whether a manifest was ever sent, at whatever tag: then somebody may have seen what was signed.
    sent: AtomicBool,
}

/// What one round came to.
pub(super) enum Round {
    /// It is confirmed that this is current.
    Confirmed(Box<Publication>),
    /// Someone else was faster, or it cannot be told.
    Again {
        /// Whether a publication of ours may have been seen.
        seen: bool,
    },
    /// Ceremonies were announced that may have been current before this.
    Overwritten(Box<PublishBase>),
}

impl<'a> Protocol<'a> {
    pub(in crate::write) fn new(
        publisher: &'a Publisher,
        operation: Operation,
        signers: Signers,
        content: Option<(Digest, u64, Source)>,
    ) -> Self {
        Self { publisher, operation, signers, content, compromised: false, sent: AtomicBool::new(false) }
    }

    /// Goes on from what this machine remembers wherever what stands at the tag is not to be believed: keys may be in
    /// the wrong hands.
    pub(in crate::write) fn compromised(self) -> Self {
        Self { compromised: true, ..self }
    }
}

impl Protocol<'_> {
    /// Whether anything that was signed may have been seen.
    pub(in crate::write) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Publishes on top of `base`, and anew on top of whatever replaces that, until it is confirmed.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: what was wanted was overtaken by someone else's change. [`WriteError::NotConfirmed`]:
    /// others kept publishing.
    pub(in crate::write) async fn publish(&self, base: Publication) -> Result<Publication, WriteError> {
        self.publish_from(PublishBase::at_tag(base)).await
    }

    /// As [`publish`](Self::publish), from a base that may not be what stands at the tag.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub(in crate::write) async fn publish_from(&self, base: PublishBase) -> Result<Publication, WriteError> {
        self.publisher.repository.progress.step(Step::WaitingForLock);
        let (state, lock_timeout) = (self.publisher.repository.state.clone(), self.publisher.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let rounds = self.publisher.repository.limits.publish_rounds;
        // Whoever had the lock before may have published since `base` was read.
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
            // On the heap: one round's states are too many for the stack of a thread.
            match Box::pin(self.round(base, &mut tried, &mut yielded)).await? {
                Round::Confirmed(publication) => return Ok(*publication),
                Round::Again { seen } => may_have_been_seen |= seen,
                Round::Overwritten(displaced) => {
                    if !Box::pin(self.carry(&displaced.publication, &mut tried, &mut yielded)).await? {
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

    /// What the next attempt is made on top of.
    async fn base(&self) -> Result<PublishBase, WriteError> {
        let scope = self.operation.scope();
        if self.compromised {
            let OpenedBase { verified, tag, .. } = Box::pin(self.publisher.open_or_remember(&scope)).await?;
            return Ok(PublishBase { publication: verified.publication, tag });
        }
        Ok(PublishBase::at_tag(Box::pin(self.publisher.open_to_write(&scope)).await?.publication))
    }

    /// One attempt. `tried` are the versions that attempts before it have put, which the tags need not show any more.
    pub(super) async fn round(
        &self,
        base: PublishBase,
        tried: &mut VersionFloor,
        yielded: &mut Yielded,
    ) -> Result<Round, WriteError> {
        let displaced = base.is_displaced();
        let PublishBase { publication: base, tag } = base;
        let next_root = self.operation.next_root(&base);
        self.publisher.check_clock(&base, next_root)?;
        let several = base.trusted().trusted_root().writers() == Writers::Several;
        let announced = if several {
            self.publisher.announced(base.trusted().trusted_root(), &base, &self.operation.roles()).await?
        } else {
            Vec::new()
        };
        if !displaced && yielded.is_new(announcements::overwritten(&base, &announced)) {
            return Ok(Round::Overwritten(Box::new(PublishBase { publication: base, tag })));
        }
        let mut merged = self.publisher.settle(&base, &still_authorised(&announced, next_root), &self.signers).await?;
        merged.version_floor =
            VersionFloor::of(std::iter::once(&base).chain(announced.iter().map(|other| &other.publication)));
        if let Err(error) = self.publisher.check_not_rolled_back(&base, &merged.version_floor) {
            // Another process of this user may have published, or read, something newer since the base was read.
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
        let carried = several && !displaced && self.is_carried(&base, &announced).await?;
        let draft = if carried { None } else { self.draft(&base, merged).await? };
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

    /// Whether `base` has what is wanted, and nothing was announced that would keep it from being confirmed. What others
    /// have only announced is theirs to publish: were all to publish it, nobody would ever see a tag that rests.
    async fn is_carried(&self, base: &Publication, announced: &[Announced]) -> Result<bool, WriteError> {
        if !self.operation.is_in(base)? {
            return Ok(false);
        }
        let relevant = announcements::relevant(base, announced);
        Ok(!self.publisher.settle(base, &relevant, &self.signers).await?.needed)
    }

    /// The publication that is wanted on top of `base`, or nothing where nothing is left to be done (rules 4 and 5).
    ///
    /// Where what is wanted conflicts with something that was announced and never became current, that is published
    /// without it, and the conflict comes along: else whoever tries again would meet the same conflict for ever.
    async fn draft(
        &self,
        base: &Publication,
        merged: Merged,
    ) -> Result<Option<(Draft, Option<WriteError>)>, WriteError> {
        self.publisher.repository.progress.step(Step::Signing);
        let root = base.trusted().root().document();
        let issue = self.publisher.issue(root);
        let Merged { version_floor, edits: mut documents, mut adopted, mut accounted, needed } = merged;
        let now = self.publisher.repository.now.whole_seconds();
        let mut wanted = needed || self.operation.wants_date(base.trusted());
        let mut conflict = None;
        self.operation.check_authority(base.trusted())?;
        for delegation in self.operation.roles() {
            let mut next = latest(base, &documents, &adopted, &delegation)?.clone();
            match self.operation.standing(base.trusted(), &next) {
                Ok(Standing::Made) => {}
                Ok(Standing::Wanted) => {
                    self.operation.apply(&mut next, now)?;
                    adopted.retain(|adopted| adopted.delegation != delegation);
                    documents.insert(delegation, next);
                    wanted = true;
                }
                Err(error @ WriteError::Conflict { .. }) if needed => conflict = Some(error),
                Err(error) => return Err(error),
            }
        }
        let change = match self.operation.change() {
            Some(change) if change.standing(base, self.publisher)? == Standing::Wanted => Some(change),
            _ => None,
        };
        if let Some(change) = change {
            change.check_versions(&version_floor, self.publisher)?;
            if !change.still_stands(base) {
                return Err(WriteError::AuthorityChanged { location: self.publisher.repository.location.clone() });
            }
        }
        for (delegation, resign) in change.iter().flat_map(|change| change.resign()) {
            if let Resign::Signed(document, bytes) = resign {
                let taken_over = adopted.iter().find(|adopted| adopted.delegation == delegation);
                // Announced by an attempt before this one, which was interrupted.
                if taken_over.is_some_and(|adopted| adopted.bytes == *bytes) {
                    continue;
                }
                let merged = documents.contains_key(&delegation) || taken_over.is_some();
                let terms = announcements::terms(base, change, &delegation);
                let Some(terms) = terms.filter(|_| !merged) else {
                    return Err(WriteError::Moved { location: self.publisher.repository.location.clone() });
                };
                let (document, bytes) = (Targets::clone(document), bytes.clone());
                adopted.push(SignedRole::signed(delegation, terms, document, bytes)?);
                continue;
            }
            let mut document = match resign {
                resign if resign.begins() => issue.first_role(delegation.to.clone().into()),
                Resign::AsSeen(seen) if !change.is_some_and(|it| it.is_signed_for(base, &delegation)) => {
                    seen.as_ref().clone()
                }
                _ => latest(base, &documents, &adopted, &delegation)?.clone(),
            };
            resign.apply(&mut document, base.trusted(), &delegation)?;
            adopted.retain(|adopted| adopted.delegation != delegation);
            documents.insert(delegation, document);
        }
        adopted.retain(|adopted| change.is_none_or(|change| change.keeps(&adopted.name)));
        if !(wanted || change.is_some()) {
            return Ok(None);
        }
        let timestamp_keys = &role_keys(root, TopLevelRole::Timestamp).keyids;
        let writer = self.writer(base)?;
        let slot = timestamp_keys.iter().position(|id| *id == writer).unwrap_or(timestamp_keys.len());
        let versions = VersionAllocator { version_floor, slot: slot as u64, writers: timestamp_keys.len() as u64 };
        let changes_targets = change.is_some_and(|change| change.targets().is_some());
        if !versions.are_left(documents.keys().map(|delegation| &delegation.to), changes_targets) {
            return Err(WriteError::VersionsUsedUp { location: self.publisher.repository.location.clone() });
        }
        accounted.insert(writer, versions.next(versions.version_floor.timestamp));
        let next_root = change.and_then(AuthorityChange::root).map_or(root, |(root, _)| root);
        accounted.retain(|id, _| role_keys(next_root, TopLevelRole::Timestamp).keyids.contains(id));
        let documents: BTreeMap<_, _> = documents
            .into_iter()
            .map(|(delegation, document)| {
                let version = versions.next_of(&delegation.to);
                (delegation, issue.next_role(&document, version))
            })
            .collect();
        let edits = announcements::edits(base, change, documents);
        let lost = self.operation.lost();
        let ground =
            DraftInput { base, versions: &versions, accounted, issue: &issue, adopted: &adopted, change, lost };
        let draft = self.publisher.draft(ground, edits, &self.signers).await?;
        Ok(Some((draft, conflict)))
    }

    /// The timestamp key under which this machine publishes.
    pub(super) fn writer(&self, base: &Publication) -> Result<KeyId, WriteError> {
        let root = base.trusted().root().document();
        let keys = role_keys(root, TopLevelRole::Timestamp);
        // Who takes the place of a key that is lost has never published before.
        let next = self.operation.next_root(base).map(|next| &role_keys(next, TopLevelRole::Timestamp).keyids);
        let own = self.signers.first(&keys.keyids).or_else(|| self.signers.first(next?));
        own.ok_or_else(|| WriteError::NoKey {
            role: "timestamp".to_owned(),
            gun: root.manifesto.common.gun.clone(),
            may_sign: keys.keyids.iter().map(|id| root.name_of(id)).collect(),
        })
    }

    /// Uploads everything that a draft speaks of, all at the same time.
    async fn upload(&self, draft: &Draft) -> Result<(), WriteError> {
        let content = &self.publisher.repository.content;
        let metadata = draft.uploads.iter().map(|bytes: &Bytes| {
            content.push_blob(Digest::of(bytes), bytes.len() as u64, Source::Bytes(bytes.clone()))
        });
        let statement =
            self.content.iter().map(|(digest, size, source)| content.push_blob(*digest, *size, source.clone()));
        try_join_all(metadata.chain(statement)).await?;
        Ok(())
    }

    /// Publishes where this user is the only writer: the uploads and the look go together. `None`: someone else moved
    /// the tag all the same.
    async fn push(&self, tag: Option<Digest>, draft: &Draft) -> Result<Option<Sent>, WriteError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.publisher.repository.current_digest());
        uploaded?;
        if current? != tag {
            return Ok(None);
        }
        self.put(&Tag::manifesto(), draft).await.map(Some)
    }

    /// Publishes among several writers (rules 6 and 7).
    async fn push_among_several(
        &self,
        base: &Publication,
        tag: Option<Digest>,
        draft: &Draft,
        yielded: &mut Yielded,
    ) -> Result<Option<Sent>, WriteError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.publisher.repository.current_digest());
        uploaded?;
        // What is announced has to be settled by everybody else, so nothing is that comes too late already.
        if current? != tag {
            return Ok(None);
        }
        let own = Tag::of_writer(self.writer(base)?.as_str());
        let announced = self.put(&own, draft).await?;
        if announced.pushed == Pushed::Uncertain {
            // Until it is certain that the announcement will not land any more, nothing else may be announced.
            tokio::time::sleep(self.publisher.timing.confirm_interval).await;
            return announced.failure.map_or(Ok(None), |failure| Err(failure.into()));
        }
        self.wait_out(base, yielded).await;
        let looked = Instant::now();
        let (current, met) = tokio::join!(self.publisher.repository.current_digest(), self.met(base, yielded));
        if current? != tag || met? {
            return Ok(None);
        }
        let left = self.publisher.timing.put_window.saturating_sub(looked.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        match self.send(&Tag::manifesto(), draft, Attempts::Once(left)).await {
            Ok(pushed) => Ok(Some(Sent { pushed, failure: None })),
            // Collected since they were announced: the next round announces, and uploads, anew.
            Err(ContentError::MissingBlobs { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the manifest at `tag`. What the registry says that it lacks is uploaded again: its cache may have claimed
    /// blobs that a garbage collection had taken.
    async fn put(&self, tag: &Tag, draft: &Draft) -> Result<Sent, WriteError> {
        let mut sent = self.send(tag, draft, Attempts::Several).await;
        if let Err(ContentError::MissingBlobs { at, missing }) = sent {
            self.upload_again(draft, at, missing).await?;
            sent = self.send(tag, draft, Attempts::Several).await;
        }
        match sent {
            Ok(pushed) => Ok(Sent { pushed, failure: None }),
            Err(error) if leaves_it_open(&error) => Ok(Sent { pushed: Pushed::Uncertain, failure: Some(error) }),
            Err(error) => Err(error.into()),
        }
    }

    /// Uploads what is `missing`, or everything that is here, if the registry does not say what is.
    ///
    /// # Errors
    /// Something is missing that is not here: statements of others, or former ones.
    async fn upload_again(&self, draft: &Draft, at: String, missing: Vec<Digest>) -> Result<(), WriteError> {
        let metadata = draft.publication.known();
        let metadata = metadata.into_iter().map(|(digest, bytes)| (digest, bytes.len() as u64, Source::Bytes(bytes)));
        let here: Vec<_> = metadata.chain(self.content.clone()).collect();
        let lost = missing.iter().filter(|digest| !here.iter().any(|(here, ..)| here == *digest));
        let lost: Vec<Digest> = lost.copied().collect();
        if !lost.is_empty() {
            return Err(ContentError::MissingBlobs { at, missing: lost }.into());
        }
        let wanted = here.into_iter().filter(|(digest, ..)| missing.is_empty() || missing.contains(digest));
        let content = &self.publisher.repository.content;
        try_join_all(wanted.map(|(digest, size, source)| content.push_blob(digest, size, source))).await?;
        Ok(())
    }

    async fn send(&self, tag: &Tag, draft: &Draft, attempts: Attempts) -> Result<Pushed, ContentError> {
        let bytes = draft.publication.manifest().clone();
        self.sent.store(true, Ordering::Relaxed);
        self.publisher.repository.content.push_manifest(tag, artifact::MANIFEST, bytes, attempts).await
    }

    /// Waits a random time that grows with the number of rounds, so that writers who met do not meet again. A round lasts
    /// as long as a few requests, so the time between two confirming reads is the measure.
    async fn pause(&self, round: u32) {
        let most = self.publisher.timing.confirm_interval.mul_f64(f64::from(round.min(LONGEST_PAUSE)) / 2.0);
        tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
    }
}

/// A role's document with everything in it that was settled so far.
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

/// What became of a manifest, and why that is uncertain, if the registry kept failing.
struct Sent {
    pushed: Pushed,
    failure: Option<ContentError>,
}

/// Whether a manifest may have landed, or may still land, although the registry failed to say so.
fn leaves_it_open(error: &ContentError) -> bool {
    match error {
        ContentError::Failed { status, .. } => *status != 429,
        ContentError::Transport { source, .. } => !source.is_connect(),
        ContentError::TimedOut { .. } | ContentError::BrokenOff { .. } => true,
        _ => false,
    }
}
