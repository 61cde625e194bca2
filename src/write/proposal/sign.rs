//! Reviewing, signing and publishing a proposal.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    name::{Digest, Tag, TargetPath, TopLevelRole},
    oci::Reference,
    read::{Error, open::VerifiedRepository, pin::PinBy},
    report::{self, Report},
    store::{
        proposals::ProposalFile,
        publication::{Publication, Scope},
    },
    trust::{Delegation, KeyId, Proposal, Targets, TrustError, Trusted, Verified},
    write::{
        bootstrap::offline::publish_first_documents,
        error::WriteError,
        proposal::{
            Proposals,
            collect::Collected,
            file::ProposalSource,
            make::{Outcome, ProposalSession},
            naming::Naming,
            status::{Status, status},
        },
        publish::{
            authority_change::AuthorityChange,
            change_set::ChangeSet,
            merge::{Relation, relate},
            operation::Operation,
            protocol::Protocol,
            signers::{Signers, are_here},
        },
        publisher::Publisher,
    },
};

/// A proposal under review, before it is signed.
pub struct Review<'a> {
    publisher: &'a Publisher,
    base: Option<Publication>,
    proposal: Proposal,
    remade_from: Option<Digest>,
    signers: Signers,
    asked: Vec<KeyId>,
    /// What the signer is shown.
    pub report: Report<report::Review>,
}

impl<'p> Proposals<'p> {
    /// Finds a proposal, and shows what it would change. If the current metadata has changed since the proposal was
    /// made, but not where the proposal changes it, the proposal is made again on top of it.
    ///
    /// # Errors
    /// There is no such proposal, it is for another repository, or somebody else changed the same statements or the
    /// authority.
    pub async fn review(&self, source: &ProposalSource) -> Result<Review<'p>, WriteError> {
        let signers = Signers::new(Arc::clone(&self.publisher.keys));
        let FoundProposal { verified, proposal, others, warnings } = self.find_proposal(source, false).await?;
        let base = match &verified {
            Some(verified) => Some(self.with_roles_of(&proposal, &verified.publication).await?),
            None => None,
        };
        let (mut proposal, mut remade_from) = (proposal, None);
        if let Some(base) = &base
            && status(&proposal, base.trusted())? == Status::Outdated
        {
            remade_from = Some(proposal.id());
            proposal = self.remake(&proposal, base)?;
        }
        let session = ProposalSession { publisher: self.publisher, base: base.as_ref(), proposal };
        let asked = session.asked_here(&signers).await?;
        let described = session.describe().await?;
        let cautions = session.cautions(&others, &asked, verified.as_ref()).await?;
        let naming = Naming::of(&session.proposal, base.as_ref().map(Publication::trusted));
        let signs = asked.iter().map(|id| naming.signer(id)).collect();
        let body = report::Review {
            repository: report::Text::new(&self.publisher.repository.location),
            proposal: described,
            remade_from,
            signs,
        };
        let warnings = warnings.into_iter().chain(cautions).collect();
        let report = Report { head: self.publisher.repository.checked(), body, warnings };
        let proposal = session.proposal;
        Ok(Review { publisher: self.publisher, base, proposal, remade_from, signers, asked, report })
    }

    /// Publishes a proposal that has all signatures. An incomplete one does not change.
    ///
    /// # Errors
    /// There is no such proposal, it is outdated, or this machine has no publisher's keys.
    pub async fn publish(&self, source: &ProposalSource) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        let FoundProposal { verified, proposal, warnings, .. } = self.find_proposal(source, true).await?;
        let Some(verified) = verified else {
            return publish_first_documents(self.publisher, proposal).await;
        };
        let base = self.with_roles_of(&proposal, &verified.publication).await?;
        let session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
        match session.status()? {
            Status::Complete => {
                let mut signers = self.publisher.signers()?;
                session.load_publishers(&mut signers).await?;
                session.publish(signers, &[]).await.map(Outcome::Done)
            }
            Status::InForce => session.report(warnings).await.map(Outcome::Done),
            Status::Open => session.report(warnings).await.map(Outcome::proposed),
            Status::Outdated => Err(WriteError::Moved { location: self.publisher.repository.location.clone() }),
        }
    }
}

impl Review<'_> {
    /// Signs the proposal with the keys on this machine, and keeps it for the other signers. If it is complete, and
    /// this machine is a publisher's, it is published instead.
    ///
    /// # Errors
    /// The proposal needs no key on this machine, or it cannot be published.
    pub async fn sign(self) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        let Self { publisher, base, proposal, remade_from, mut signers, asked, report } = self;
        let mut session = ProposalSession { publisher, base: base.as_ref(), proposal };
        match session.status()? {
            Status::InForce => return session.report(report.warnings).await.map(Outcome::Done),
            Status::Open if asked.is_empty() => return Err(not_asked(&report)),
            Status::Open | Status::Complete | Status::Outdated => {}
        }
        publisher.check_clock()?;
        session.sign(&mut signers, &asked).await?;
        session.publish_or_keep(signers, &asked, remade_from).await
    }

    /// Signs the proposal with the keys on this machine, and returns the file to pass on.
    ///
    /// # Errors
    /// The proposal needs no key on this machine.
    pub async fn sign_to_file(self) -> Result<(Bytes, Report<report::Proposed>), WriteError> {
        let Self { publisher, base, proposal, mut signers, asked, report, .. } = self;
        let mut session = ProposalSession { publisher, base: base.as_ref(), proposal };
        if asked.is_empty() && session.status()? == Status::Open {
            return Err(not_asked(&report));
        }
        publisher.check_clock()?;
        session.sign(&mut signers, &asked).await?;
        let bytes = publisher.proposals().export_proposal(&session.proposal, base.as_ref()).await?;
        let mut signed = session.report(report.warnings).await?;
        if base.is_none() && signed.proposal.state == report::ProposalState::Complete {
            signed.first_root = Some(session.pin_first_root().await?);
        }
        Ok((bytes, signed))
    }
}

fn not_asked(report: &report::Review) -> WriteError {
    let missing = report.proposal.signatures.iter().flat_map(|signatures| &signatures.missing);
    let may_sign = missing.map(|signer| signer.name.raw().to_owned()).collect();
    let role = report.proposal.signatures.iter().map(|signatures| signatures.role.raw()).collect::<Vec<_>>().join(", ");
    WriteError::NotAsked { role, may_sign }
}

/// A proposal, and the current metadata; `None` if the repository has none yet.
struct FoundProposal {
    verified: Option<VerifiedRepository>,
    proposal: Proposal,
    /// The other waiting proposals.
    others: Vec<Proposal>,
    warnings: Vec<report::Warning>,
}

impl Proposals<'_> {
    /// Finds a proposal, and opens the repository. To publish, the current metadata may be older than what this machine
    /// remembers, see [`open_to_write`](crate::write::publisher::Publisher::open_to_write). To sign, it may not.
    async fn find_proposal(&self, source: &ProposalSource, to_publish: bool) -> Result<FoundProposal, WriteError> {
        let nothing = || async {
            let there = self.publisher.repository.content.resolve(&Reference::Tag(Tag::manifesto())).await?;
            Ok::<_, WriteError>(there.is_none() && self.publisher.repository.state.pin()?.is_none())
        };
        if let ProposalSource::File(bytes) = source
            && nothing().await?
        {
            return Ok(FoundProposal {
                verified: None,
                proposal: self.read_first_documents(bytes)?,
                others: Vec::new(),
                warnings: Vec::new(),
            });
        }
        let scope = Scope::Roles(Vec::new());
        let verified = match to_publish {
            true => Box::pin(self.publisher.open_to_write(&scope)).await?,
            false => Box::pin(self.publisher.repository.publication(&scope)).await?,
        };
        let Collected { proposals, mut warnings } = self.collect_proposals(&verified.publication).await?;
        let proposal = match source {
            ProposalSource::File(bytes) => {
                let mut in_file = self.read_proposal(bytes, &verified.publication)?;
                let same = |proposal: &&Proposal| proposal.id() == in_file.id();
                // Others may have signed the copy in the registry while the file was with an offline signer.
                if let Some(kept) = proposals.iter().find(same) {
                    in_file.join(kept);
                }
                in_file
            }
            ProposalSource::Id(id) => self.one_of(&proposals, id)?,
        };
        warnings.extend(self.publisher.repository.warnings(&verified.publication));
        Ok(FoundProposal { verified: Some(verified), proposal, others: proposals, warnings })
    }

    /// Reads the first documents of a repository from a file.
    ///
    /// [⚔] Other documents are refused if there is nothing to compare them with. A file without a copy of the current
    /// metadata could otherwise have somebody sign the next root of a repository as the first of a new one.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#false-beginning
    fn read_first_documents(&self, bytes: &[u8]) -> Result<Proposal, WriteError> {
        let gun = self
            .publisher
            .repository
            .expected_gun()
            .ok_or_else(|| WriteError::NoIdentity { location: self.publisher.repository.location.clone() })?;
        let file = ProposalFile::parse(bytes, &self.publisher.repository.limits)?;
        let mut proposal = Proposal::inspect(file.documents, &gun, &self.publisher.repository.limits)?;
        if !proposal.begins() {
            return Err(WriteError::NothingToCompare { location: self.publisher.repository.location.clone() });
        }
        proposal.sift(None)?;
        Ok(proposal)
    }

    /// Makes the same change on top of the current metadata. All signers have to sign again, because a signature covers
    /// a whole document.
    ///
    /// # Errors
    /// [`WriteError::Conflict`], [`WriteError::ProposalOutdated`]: somebody else changed the same statements, or the
    /// authority.
    fn remake(&self, proposal: &Proposal, base: &Publication) -> Result<Proposal, WriteError> {
        let trusted = base.trusted();
        if proposal.changes_authority() {
            return Err(WriteError::ProposalOutdated {
                location: self.publisher.repository.location.clone(),
                id: proposal.id(),
            });
        }
        let issue = self.publisher.issue(trusted.root().document());
        let mut changes = ChangeSet::default();
        for (name, wanted) in proposal.roles() {
            let gone = || WriteError::ProposalOutdated {
                location: self.publisher.repository.location.clone(),
                id: proposal.id(),
            };
            let role = trusted.first_level(name).ok_or_else(gone)?;
            let merged = match relate(role.document(), wanted) {
                Relation::Same | Relation::Contained => role.document().clone(),
                Relation::Contains => wanted.clone(),
                Relation::Forked { merged, whole: true } => *merged,
                Relation::Forked { whole: false, .. } => return Err(conflict(trusted, role, wanted)?),
            };
            changes.roles.insert(Delegation::first_level(name), merged);
        }
        changes.proposal(&issue, trusted, &self.publisher.repository.limits)
    }

    /// Writes a proposal to a file, with a copy of the current metadata if there is any.
    pub(super) async fn export_proposal(
        &self,
        proposal: &Proposal,
        base: Option<&Publication>,
    ) -> Result<Bytes, WriteError> {
        match base {
            Some(base) => self.export_offline(proposal, base).await,
            None => Ok(crate::write::proposal::collect::to_file(proposal).to_bytes()?),
        }
    }
}

impl ProposalSession<'_> {
    /// Pins the first root of a repository when it is signed here. Its signer vouches for it, and no other machine
    /// could tell later which root it was.
    async fn pin_first_root(&self) -> Result<Digest, WriteError> {
        let root = self.proposal.published(&TopLevelRole::Root.into(), None)?;
        let fingerprint = Digest::of(&root);
        self.publisher.repository.pin(PinBy::Root(root)).await?;
        Ok(fingerprint)
    }

    /// Publishes the proposal if it is complete and this machine has a publisher's keys; otherwise keeps it for the
    /// others.
    pub(in crate::write) async fn publish_or_keep(
        self,
        mut signers: Signers,
        signed_here: &[KeyId],
        instead_of: Option<Digest>,
    ) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        if self.status()? == Status::Complete && are_here(self.load_publishers(&mut signers).await)? {
            let (publisher, base, proposal) = (self.publisher, self.base, self.proposal.clone());
            let published = self.publish(signers, signed_here).await;
            // Publishing failed, and that error is returned. The signatures are kept, so that they are not lost with
            // it.
            if let (Err(_), Some(base), Some(keeper)) = (&published, base, signed_here.first()) {
                let _kept = publisher.proposals().keep_proposal(keeper, base, &proposal, instead_of).await;
            }
            return published.map(Outcome::Done);
        }
        self.keep(&signers, signed_here, instead_of).await?;
        let warnings = self.base.map(|base| self.publisher.repository.warnings(base)).unwrap_or_default();
        Ok(Outcome::proposed(self.report(warnings).await?))
    }

    /// Loads the keys that publish, under the current root and under the proposed one.
    pub(super) async fn load_publishers(&self, signers: &mut Signers) -> Result<(), WriteError> {
        let current = self.base.map(|base| base.trusted().root().document());
        for root in current.into_iter().chain(self.proposal.root()) {
            signers.load_publishing_keys(root).await?;
        }
        Ok(())
    }

    /// Publishes a complete proposal, and drops it from the tags of these keys.
    pub(in crate::write) async fn publish(
        self,
        signers: Signers,
        kept_by: &[KeyId],
    ) -> Result<Report<report::Proposed>, WriteError> {
        let Self { publisher, base, .. } = self;
        let base = base.ok_or_else(|| {
            WriteError::Read(Error::NotInitialised { location: publisher.repository.location.clone() })
        })?;
        let mut report = self.report(Vec::new()).await?;
        let operation =
            Operation::AuthorityChange(Box::new(AuthorityChange::signed_together(&self.proposal, base.trusted())?));
        let protocol = Protocol::new(publisher, operation, signers, None);
        let publication = Box::pin(protocol.publish(base.clone())).await?;
        report.proposal.state = report::ProposalState::InForce;
        report.warnings = publisher.repository.warnings(&publication);
        for key in kept_by {
            if let Err(error) = publisher.proposals().forget_proposal(key, &publication, self.proposal.id()).await {
                // The proposal is in force. Its copy will be dropped when the next proposal is kept.
                let message =
                    report::Text::from(format!("a copy of the published proposal could not be removed: {error}"));
                report.warnings.push(report::Warning { kind: "proposal_kept", message });
            }
        }
        Ok(report)
    }
}

/// Returns the conflict about the first statement that a proposed document and the current one disagree on.
fn conflict(trusted: &Trusted, role: &Verified<Targets>, wanted: &Targets) -> Result<WriteError, WriteError> {
    let root = trusted.root().document();
    let value = |document: &Targets, path: &TargetPath| {
        document.targets.get(&path.to_string()).map(|target| target.hashes.sha256)
    };
    let current = wanted.statements().collect::<Result<Vec<_>, _>>()?.into_iter();
    let current = current.map(|statement| (statement.image, statement.statement_type));
    let deleted = wanted.manifesto.deleted.iter().filter_map(|deletion| match &deletion.path {
        TargetPath::Statement { image, statement_type } => Some((*image, statement_type.clone())),
        TargetPath::Index(_) | TargetPath::Tag(_) => None,
    });
    for (image, statement_type) in current.chain(deleted) {
        let path = TargetPath::statement(image, statement_type.clone());
        let (ours, theirs) = (value(wanted, &path), value(role.document(), &path));
        if ours != theirs {
            let by = role.signers().iter().map(|key| root.name_of(key)).collect();
            return Ok(WriteError::Conflict { image, statement_type, ours, theirs, by });
        }
    }
    // The caller found that the documents differ. If no statement does, they are a fork.
    Err(TrustError::Fork { role: role.role().clone(), version: wanted.version }.into())
}
