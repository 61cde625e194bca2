use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    Goal, Signers,
    draft::{Draft, Ground, Numbers},
    intent::Standing,
    tags::{self, Announced, Settled},
    watch::Watched,
};
use crate::{
    name::{Digest, Tag, TopLevelRole},
    oci::{Attempts, Pushed, Reference, Source},
    ops::{OpsError, Session},
    progress::Step,
    store::{artifact, publication::Publication},
    trust::{KeyId, TrustError, Writers, author::Issue, role_keys},
};

/// The round after which pauses grow no more.
const LONGEST_PAUSE: u32 = 8;

/// Makes one wanted thing current, however often that takes.
pub(in crate::ops) struct Publisher<'a> {
    pub(in crate::ops) session: &'a Session,
    pub(in crate::ops) goal: Goal,
    pub(in crate::ops) signers: Signers,
    /// Content that has to be there before any metadata speaks of it.
    pub(in crate::ops) content: Option<(Digest, u64, Source)>,
}

/// What one round came to.
enum Round {
    /// It is confirmed that this is current.
    Confirmed(Box<Publication>),
    /// Someone else was faster, or it cannot be told.
    Again {
        /// Whether a publication of ours may have been seen.
        seen: bool,
    },
    /// An earlier attempt of this writer had announced this value, or its absence, and was broken off.
    LeftOver(Option<Digest>),
}

impl Publisher<'_> {
    /// Publishes on top of `base`, and anew on top of whatever replaces that, until it is confirmed.
    ///
    /// # Errors
    /// [`OpsError::Conflict`]: what was wanted was overtaken by someone else's change. [`OpsError::NotConfirmed`]:
    /// others kept publishing.
    pub(in crate::ops) async fn publish(mut self, base: Publication) -> Result<Publication, OpsError> {
        self.session.progress.step(Step::WaitingForLock);
        let _ordered = self.session.state.order_writers(self.session.patience)?;
        let rounds = self.session.limits.publish_rounds;
        // Whoever had the lock before may have published since `base` was read.
        let mut base = if self.session.remembers_other_than(base.digest())? { None } else { Some(base) };
        let mut may_have_been_seen = false;
        for round in 0..rounds {
            if round > 0 {
                self.pause(round).await;
            }
            let base = match base.take() {
                Some(base) => base,
                None => self.session.open_to_write(&self.goal.scope()).await?.publication,
            };
            match Box::pin(self.round(base)).await? {
                Round::Confirmed(publication) => return Ok(*publication),
                Round::Again { seen } => may_have_been_seen |= seen,
                Round::LeftOver(value) => self.goal.replaces(value),
            }
        }
        Err(OpsError::NotConfirmed { location: self.session.location.clone(), rounds, may_have_been_seen })
    }

    async fn round(&self, base: Publication) -> Result<Round, OpsError> {
        let several = base.trusted().trusted_root().writers() == Writers::Several;
        let announced =
            if several { self.session.announced(base.trusted().trusted_root(), &base).await? } else { Vec::new() };
        let settled = self.session.settle(&base, &announced, &self.signers).await?;
        self.session.check_not_rolled_back(&base, &settled.burnt)?;
        let draft = if several && self.is_carried(&base, &announced).await? {
            None
        } else {
            match self.draft(&self.goal, &base, settled).await {
                Err(conflict @ OpsError::Conflict { .. }) if several => {
                    return Box::pin(self.resolve(&base, &announced, conflict)).await;
                }
                draft => draft?,
            }
        };
        let Some(draft) = draft else {
            return Ok(match self.watch(base, Watched::Unchanged).await? {
                Some(publication) => Round::Confirmed(Box::new(publication)),
                None => Round::Again { seen: false },
            });
        };
        self.session.progress.step(Step::Publishing);
        let pushed =
            if several { self.push_among_several(&base, &draft).await? } else { self.push(&base, &draft).await? };
        let Some(pushed) = pushed else { return Ok(Round::Again { seen: several }) };
        self.session.progress.step(Step::Confirming);
        let watched = if several { Watched::Among } else { Watched::Alone(pushed) };
        Ok(match self.watch(draft.publication, watched).await? {
            Some(publication) => Round::Confirmed(Box::new(publication)),
            None => Round::Again { seen: true },
        })
    }

    /// Whether `base` has what is wanted, and nothing was announced that would keep it from being confirmed. What others
    /// have only announced is theirs to publish: were all to publish it, nobody would ever see a tag that rests.
    async fn is_carried(&self, base: &Publication, announced: &[Announced]) -> Result<bool, OpsError> {
        if !self.goal.is_in(base)? {
            return Ok(false);
        }
        let of_concern = tags::of_concern(base, announced);
        Ok(!self.session.settle(base, &of_concern, &self.signers).await?.needed)
    }

    /// What to do about a value that stands in the way of ours and was announced, but is not in `base`. Its writer may have
    /// been killed: left alone, it would stand in everybody's way for good.
    ///
    /// If it is an earlier attempt of this very writer, ours replaces it. If it is someone else's, it is carried on before
    /// the conflict is told, so that whoever looks at it sees it.
    async fn resolve(
        &self,
        base: &Publication,
        announced: &[Announced],
        conflict: OpsError,
    ) -> Result<Round, OpsError> {
        let nothing_new = Goal::Renew { roles: Vec::new(), since: Timestamp::MIN };
        let role = |publication: &Publication| {
            let mut roles = self.goal.roles().into_iter();
            roles.find_map(|delegation| publication.trusted().role(&delegation).map(|role| role.document().clone()))
        };
        let OpsError::Conflict { theirs, .. } = &conflict else { return Err(conflict) };
        let Some(document) = role(base) else { return Err(conflict) };
        if self.goal.standing(base.trusted(), &document).is_err() {
            return Err(conflict);
        }
        let writer = self.writer(base)?;
        let (mut by_us, mut by_others) = (false, false);
        for other in announced {
            let publication = self.session.reopen(&other.publication, self.goal.roles()).await?;
            let said = role(&publication).is_some_and(|document| self.goal.is_said(&document, *theirs));
            by_us |= said && other.writer == writer;
            by_others |= said && other.writer != writer;
        }
        if by_us && !by_others {
            return Ok(Round::LeftOver(*theirs));
        }
        let settled = self.session.settle(base, announced, &self.signers).await?;
        if let Some(draft) = self.draft(&nothing_new, base, settled).await? {
            self.push_among_several(base, &draft).await?;
        }
        Err(conflict)
    }

    /// The publication that is wanted on top of `base`, or nothing where nothing is left to be done (rules 4 and 5).
    async fn draft(&self, goal: &Goal, base: &Publication, settled: Settled) -> Result<Option<Draft>, OpsError> {
        self.session.progress.step(Step::Signing);
        let Settled { burnt, edits: mut documents, mut adopted, mut accounted, needed } = settled;
        let mut wanted = needed || goal.wants_date(base.trusted());
        for delegation in goal.roles() {
            let taken_over = adopted.iter().find(|adopted| adopted.delegation == delegation);
            let current = documents
                .get(&delegation)
                .or(taken_over.map(|adopted| &adopted.document))
                .or(base.trusted().role(&delegation).map(|role| role.document()));
            let missing = || TrustError::Missing { what: format!("{} metadata", delegation.to) };
            let mut next = current.ok_or_else(missing)?.clone();
            if goal.standing(base.trusted(), &next)? == Standing::Wanted {
                goal.apply(&mut next)?;
                adopted.retain(|adopted| adopted.delegation != delegation);
                documents.insert(delegation, next);
                wanted = true;
            }
        }
        if !wanted {
            return Ok(None);
        }
        let root = base.trusted().root().document();
        let timestamp_keys = &role_keys(root, TopLevelRole::Timestamp).keyids;
        let writer = self.writer(base)?;
        let slot = timestamp_keys.iter().position(|id| *id == writer).unwrap_or_default();
        let numbers = Numbers { burnt, slot: slot as u64, writers: timestamp_keys.len() as u64 };
        accounted.insert(writer, numbers.next(numbers.burnt.timestamp));
        accounted.retain(|id, _| timestamp_keys.contains(id));
        let issue = Issue::new(root.manifesto.common.gun.clone(), self.session.now, root.manifesto.periods);
        let documents: BTreeMap<_, _> = documents
            .into_iter()
            .map(|(delegation, document)| {
                let version = numbers.next_of(&delegation.to);
                (delegation, issue.next_role(&document, version))
            })
            .collect();
        let edits = tags::edits(base, documents);
        let ground = Ground { base, numbers: &numbers, accounted, issue: &issue, adopted: &adopted };
        self.session.draft(ground, edits, &self.signers).await.map(Some)
    }

    /// The timestamp key under which this machine publishes.
    fn writer(&self, base: &Publication) -> Result<KeyId, OpsError> {
        let root = base.trusted().root().document();
        let keys = role_keys(root, TopLevelRole::Timestamp);
        self.signers.first(&keys.keyids).ok_or_else(|| OpsError::NoKey {
            role: "timestamp".to_owned(),
            gun: root.manifesto.common.gun.clone(),
            may_sign: keys.keyids.iter().map(|id| root.name_of(id)).collect(),
        })
    }

    /// Uploads everything that a draft speaks of, all at the same time.
    async fn upload(&self, draft: &Draft) -> Result<(), OpsError> {
        let content = &self.session.content;
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
    async fn push(&self, base: &Publication, draft: &Draft) -> Result<Option<Pushed>, OpsError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.look());
        uploaded?;
        if current? != Some(base.digest()) {
            return Ok(None);
        }
        self.put(&Tag::manifesto(), draft, Attempts::Several).await.map(Some)
    }

    /// Publishes among several writers (rules 6 and 7).
    async fn push_among_several(&self, base: &Publication, draft: &Draft) -> Result<Option<Pushed>, OpsError> {
        let (uploaded, current) = tokio::join!(self.upload(draft), self.look());
        uploaded?;
        // What is announced has to be settled by everybody else, so nothing is that comes too late already.
        if current? != Some(base.digest()) {
            return Ok(None);
        }
        let own = Tag::of_writer(self.writer(base)?.as_str());
        if self.put(&own, draft, Attempts::Several).await? == Pushed::Uncertain {
            // Until it is certain that the announcement will not land any more, nothing else may be announced.
            tokio::time::sleep(self.session.pace.apart).await;
            return Ok(None);
        }
        let looked = Instant::now();
        if self.look().await? != Some(base.digest()) {
            return Ok(None);
        }
        let left = self.session.pace.window.saturating_sub(looked.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        self.put(&Tag::manifesto(), draft, Attempts::Once(left)).await.map(Some)
    }

    async fn put(&self, tag: &Tag, draft: &Draft, attempts: Attempts) -> Result<Pushed, OpsError> {
        let bytes = draft.publication.manifest().clone();
        Ok(self.session.content.push_manifest(tag, artifact::MANIFEST, bytes, attempts).await?)
    }

    /// Waits a random time that grows with the number of rounds, so that writers who met do not meet again. A round lasts
    /// as long as a few requests, so the time between two confirming reads is the measure.
    async fn pause(&self, round: u32) {
        let most = self.session.pace.apart.mul_f64(f64::from(round.min(LONGEST_PAUSE)) / 2.0);
        tokio::time::sleep(most.mul_f64(fastrand::f64())).await;
    }

    /// The digest of what is current.
    pub(super) async fn look(&self) -> Result<Option<Digest>, OpsError> {
        let found = self.session.content.resolve(&Reference::Tag(Tag::manifesto())).await?;
        Ok(found.map(|descriptor| descriptor.digest))
    }
}
