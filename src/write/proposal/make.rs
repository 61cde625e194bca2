//! Making proposals: a change of a statement, or of the authority, that needs more keys than this machine has.

use std::collections::BTreeMap;

use crate::{
    name::{Digest, TopLevelRole},
    read::{open::VerifiedRepository, reports},
    report,
    store::publication::Publication,
    trust::{KeyId, Proposal, Root, Tally, TrustError, Trusted, bootstrap_keys},
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            naming::Naming,
            status::{Status, status},
        },
        publish::{change_set::ChangeSet, edit::StatementEdit, signers::Signers},
        publisher::Publisher,
    },
};

/// The result of an operation that may need more signatures than this machine can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It is a proposal, and not in force yet.
    Proposed(Box<report::Proposed>),
}

impl<T> Outcome<T> {
    /// Returns the outcome for a proposal.
    pub(in crate::write) fn proposed(report: report::Proposed) -> Self {
        Self::Proposed(Box::new(report))
    }

    /// Converts the result of an operation that is done.
    pub fn map<U>(self, done: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(result) => Outcome::Done(done(result)),
            Self::Proposed(proposed) => Outcome::Proposed(proposed),
        }
    }
}

/// A proposal while it is made, signed or published.
pub(in crate::write) struct ProposalSession<'a> {
    pub(in crate::write) publisher: &'a Publisher,
    pub(in crate::write) base: Option<&'a Publication>,
    pub(in crate::write) proposal: Proposal,
}

impl ProposalSession<'_> {
    fn trusted(&self) -> Option<&Trusted> {
        self.base.map(Publication::trusted)
    }

    /// Returns the keys on this machine whose signatures the proposal still needs.
    pub(in crate::write) async fn asked_here(&self, signers: &Signers) -> Result<Vec<KeyId>, WriteError> {
        let mut asked: Vec<KeyId> = Vec::new();
        for tally in self.proposal.tallies(self.trusted())? {
            let here = signers.here(&unsigned(&tally)).await?;
            let needed = tally.threshold.saturating_sub(tally.signed.len());
            asked.extend(here.into_iter().take(needed).filter(|id| !asked.contains(id)).collect::<Vec<_>>());
        }
        Ok(asked)
    }

    /// Signs with those of these keys whose signatures are needed.
    pub(in crate::write) async fn sign(&mut self, signers: &mut Signers, keys: &[KeyId]) -> Result<(), WriteError> {
        signers.load_here(keys, keys.len()).await?;
        let mut signatures = Vec::new();
        for tally in self.proposal.tallies(self.trusted())? {
            let messages = self.proposal.messages().filter(|(role, _)| **role == tally.role);
            for (role, message) in messages {
                for id in unsigned(&tally).iter().filter(|id| keys.contains(id)) {
                    let signature = signers.sign_with(id, &message)?;
                    signatures.extend(signature.map(|signature| (role.clone(), id.clone(), signature)));
                }
            }
        }
        for (role, id, signature) in signatures {
            self.proposal.sign(&role, id, &signature);
        }
        Ok(())
    }

    /// Returns the status of the proposal.
    pub(in crate::write) fn status(&self) -> Result<Status, WriteError> {
        Ok(match self.trusted() {
            Some(base) => status(&self.proposal, base)?,
            None if self.proposal.tallies(None)?.iter().all(Tally::is_met) => Status::Complete,
            None => Status::Open,
        })
    }

    /// Keeps the proposal at the tag of one of the `signed_by` keys, or else of any key on this machine that the
    /// repository lists.
    ///
    /// # Errors
    /// [`WriteError::NoRepositoryKey`]: this machine has no such key.
    pub(in crate::write) async fn keep(
        &self,
        signers: &Signers,
        signed_by: &[KeyId],
        instead_of: Option<Digest>,
    ) -> Result<(), WriteError> {
        let Some(base) = self.base else { return Ok(()) };
        let known = known_keys(base.trusted());
        let keeper = match signed_by.iter().find(|key| known.contains(key)) {
            Some(key) => Some(key.clone()),
            None => match signers.here(&known).await?.into_iter().next() {
                Some(key) => Some(key),
                // Only this proposal lists the key. Readers look at its tag once they find the proposal at another
                // signer's.
                None if self.is_kept(base).await? => signed_by.first().cloned(),
                None => None,
            },
        };
        let root = base.trusted().root().document();
        let keeper = keeper.ok_or_else(|| WriteError::NoRepositoryKey {
            location: self.publisher.repository.location.clone(),
            may_sign: self.missing().unwrap_or_default().iter().map(|id| root.name_of(id)).collect(),
        })?;
        self.publisher.proposals().keep_proposal(&keeper, base, &self.proposal, instead_of).await
    }

    async fn is_kept(&self, base: &Publication) -> Result<bool, WriteError> {
        let kept = self.publisher.proposals().collect_proposals(base).await?.proposals;
        Ok(kept.iter().any(|proposal| proposal.id() == self.proposal.id()))
    }

    fn missing(&self) -> Result<Vec<KeyId>, WriteError> {
        let tallies = self.proposal.tallies(self.trusted())?;
        Ok(tallies.iter().filter(|tally| !tally.is_met()).flat_map(unsigned).collect())
    }

    /// Describes the proposal for a report.
    pub(in crate::write) async fn describe(&self) -> Result<report::Proposal, WriteError> {
        let (proposal, base) = (&self.proposal, self.trusted());
        let naming = Naming::of(proposal, base);
        let targets = proposal.targets().or(base.map(|base| base.targets().document()));
        let mut signatures: Vec<report::Signatures> = Vec::new();
        for tally in proposal.tallies(base)? {
            // A bootstrap key is not stored anywhere, so it is not among the missing signatures.
            let verified = targets.map(|targets| bootstrap_keys(&targets.manifesto.other, tally.role.as_str()));
            let verified = verified.unwrap_or_default();
            let missing = unsigned(&tally).into_iter().filter(|id| !verified.contains(id));
            signatures.push(report::Signatures {
                role: report::Text::new(tally.role.as_str()),
                threshold: tally.threshold as u64,
                missing: missing.map(|id| naming.signer(&id)).collect(),
                signed: tally.signed.iter().map(|id| naming.signer(id)).collect(),
            });
        }
        Ok(report::Proposal {
            id: proposal.id(),
            state: match self.status()? {
                Status::Open => report::ProposalState::Open,
                Status::Complete => report::ProposalState::Complete,
                Status::Outdated => report::ProposalState::ProposalOutdated,
                Status::InForce => report::ProposalState::InForce,
            },
            created: proposal.created(),
            signatures,
            difference: self.publisher.proposals().difference(proposal, base).await?,
        })
    }

    /// Reports a proposal that is not in force.
    pub(in crate::write) async fn report(
        &self,
        warnings: Vec<report::Warning>,
    ) -> Result<report::Proposed, WriteError> {
        let root = self.root()?;
        let publishers = &root.roles.timestamp.keyids;
        Ok(report::Proposed {
            checked_at: self.publisher.repository.now,
            repository: report::Text::new(&self.publisher.repository.location),
            proposal: self.describe().await?,
            publishers: publishers.iter().map(|id| reports::signer(root, id)).collect(),
            first_root: None,
            warnings,
        })
    }

    /// Returns the root that names the keys.
    fn root(&self) -> Result<&Root, WriteError> {
        let newest = self.proposal.root().or(self.trusted().map(|base| base.root().document()));
        let none = || TrustError::NotLoaded { role: TopLevelRole::Root.into() };
        Ok(newest.ok_or_else(none)?)
    }
}

impl Proposals<'_> {
    /// Proposes the change of one statement.
    pub(in crate::write) async fn propose_change(
        &self,
        verified: &VerifiedRepository,
        edit: &StatementEdit,
        signers: &mut Signers,
    ) -> Result<report::Proposed, WriteError> {
        let trusted = verified.publication.trusted();
        let issue = self.publisher.issue(trusted.root().document());
        let name = &edit.delegation().to;
        let missing = || TrustError::NotLoaded { role: name.clone().into() };
        let role = trusted.role(edit.delegation()).ok_or_else(missing)?;
        let mut document = role.document().clone();
        edit.apply(&mut document, self.publisher.repository.now.whole_seconds())?;
        let roles = BTreeMap::from([(edit.delegation().clone(), document)]);
        let changes = ChangeSet { roles, ..ChangeSet::default() };
        let proposal = changes.proposal(&issue, trusted, &self.publisher.repository.limits)?;
        self.propose(verified, proposal, signers, None).await
    }

    /// Signs a proposal with the loaded keys, and keeps it in place of `instead_of`.
    pub(in crate::write) async fn propose(
        &self,
        verified: &VerifiedRepository,
        proposal: Proposal,
        signers: &mut Signers,
        instead_of: Option<Digest>,
    ) -> Result<report::Proposed, WriteError> {
        let base = self.with_roles_of(&proposal, &verified.publication).await?;
        let mut session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
        let asked = session.asked_here(signers).await?;
        session.sign(signers, &asked).await?;
        let stored: Vec<KeyId> = signers.stored(&asked).await?;
        session.keep(signers, &stored, instead_of).await?;
        session.report(reports::warnings(&self.publisher.repository, &verified.publication)).await
    }

    /// Returns the waiting authority change that this operation is to extend.
    ///
    /// # Errors
    /// [`WriteError::ProposalNamed`]: none has this id. It may have been published, be outdated, or be about a
    /// statement.
    pub(in crate::write) async fn joined(&self, current: &Publication) -> Result<Option<Proposal>, WriteError> {
        let Some(id) = &self.publisher.joins else { return Ok(None) };
        let proposals = self.collect_proposals(current).await?.proposals;
        let mut waiting = Vec::new();
        for proposal in proposals {
            let base = self.with_roles_of(&proposal, current).await?;
            if proposal.changes_authority()
                && matches!(status(&proposal, base.trusted())?, Status::Open | Status::Complete)
            {
                waiting.push(proposal);
            }
        }
        self.one_of(&waiting, id).map(Some)
    }

    /// Returns the one proposal whose id begins with these digits.
    pub(super) fn one_of(&self, proposals: &[Proposal], id: &str) -> Result<Proposal, WriteError> {
        let digits = id.strip_prefix("sha256:").unwrap_or(id).to_ascii_lowercase();
        let meant = |proposal: &&Proposal| digits.len() >= SHORTEST_ID && proposal.id().hex().starts_with(&digits);
        let found: Vec<&Proposal> = proposals.iter().filter(meant).collect();
        match &found[..] {
            [proposal] => Ok(Proposal::clone(proposal)),
            other => {
                let (location, found) = (self.publisher.repository.location.clone(), other.len());
                Err(WriteError::ProposalNamed { location, id: id.to_owned(), found })
            }
        }
    }
}

/// The fewest digits that may stand for a proposal's id.
const SHORTEST_ID: usize = 4;

fn unsigned(tally: &Tally) -> Vec<KeyId> {
    tally.keyids.iter().filter(|id| !tally.signed.contains(id)).cloned().collect()
}

/// Returns every key that the repository lists.
fn known_keys(trusted: &Trusted) -> Vec<KeyId> {
    let delegations = trusted.targets().document().delegations.iter();
    let delegated = delegations.flat_map(|delegations| delegations.keys.keys());
    delegated.chain(trusted.root().document().keys.keys()).cloned().collect()
}
