use bytes::Bytes;

use crate::{
    name::{Digest, Role, Tag, TargetPath, TopLevelRole},
    oci::Reference,
    read::{Error, open::VerifiedRepository, pin::PinBy, reports},
    report,
    store::{
        proposals::ProposalFile,
        publication::{Publication, Scope},
    },
    trust::{KeyId, Proposal, Targets, TrustError, Trusted, Verified, author::Unsigned},
    write::{
        bootstrap::offline::publish_first_documents,
        error::WriteError,
        proposal::{
            Proposals,
            collect::Collected,
            file::ProposalSource,
            make::{Outcome, ProposalSession, next_of_role},
            naming::Naming,
            status::{Standing, standing},
        },
        publish::{
            authority_change::AuthorityChange,
            merge::{Relation, relate},
            operation::Operation,
            protocol::Protocol,
            signers::{Signers, are_here},
        },
        publisher::Publisher,
    },
};

/// A proposal that somebody looks at before signing it.
pub struct Review<'a> {
    publisher: &'a Publisher,
    base: Option<Publication>,
    proposal: Proposal,
    remade_from: Option<Digest>,
    signers: Signers,
    asked: Vec<KeyId>,
    /// What is shown.
    pub report: report::Review,
}

impl<'p> Proposals<'p> {
    /// Finds a proposal, and shows what it would change in what is current. Where that has moved on since it was made, and
    /// nobody has touched what it is about, it is made anew on top of it.
    ///
    /// # Errors
    /// There is no such proposal, it is for another repository, or someone else has changed what it is about.
    pub async fn review(&self, source: &ProposalSource) -> Result<Review<'p>, WriteError> {
        let signers = self.publisher.signers();
        let FoundProposal { verified, proposal, others, warnings } = self.find_proposal(source, false).await?;
        let base = match &verified {
            Some(verified) => Some(self.with_roles_of(&proposal, &verified.publication).await?),
            None => None,
        };
        let (mut proposal, mut remade_from) = (proposal, None);
        if let Some(base) = &base
            && standing(&proposal, base.trusted())? == Standing::Moved
        {
            remade_from = Some(proposal.id());
            proposal = self.remake(&proposal, base)?;
        }
        let maker = ProposalSession { publisher: self.publisher, base: base.as_ref(), proposal };
        let asked = maker.asked_here(&signers).await?;
        let described = maker.describe().await?;
        let cautions = maker.cautions(&others, &asked, verified.as_ref()).await?;
        let naming = Naming::of(&maker.proposal, base.as_ref().map(Publication::trusted));
        let signs = asked.iter().map(|id| naming.signer(id)).collect();
        let report = report::Review {
            checked_at: self.publisher.repository.now,
            repository: report::Text::new(&self.publisher.repository.location),
            proposal: described,
            remade_from,
            signs,
            warnings: warnings.into_iter().chain(cautions).collect(),
        };
        let proposal = maker.proposal;
        Ok(Review { publisher: self.publisher, base, proposal, remade_from, signers, asked, report })
    }

    /// Publishes a proposal that everybody who has to has signed. One that is not complete stays what it is.
    ///
    /// # Errors
    /// There is no such proposal, it is overtaken, or this machine does not publish.
    pub async fn publish(&self, source: &ProposalSource) -> Result<Outcome<report::Proposed>, WriteError> {
        let FoundProposal { verified, proposal, warnings, .. } = self.find_proposal(source, true).await?;
        let Some(verified) = verified else {
            return publish_first_documents(self.publisher, proposal).await;
        };
        let base = self.with_roles_of(&proposal, &verified.publication).await?;
        let maker = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
        match maker.standing()? {
            Standing::Complete => {
                let mut signers = self.publisher.signers();
                maker.load_publishers(&mut signers).await?;
                maker.publish(signers, &[]).await.map(Outcome::Done)
            }
            Standing::Merged => maker.report(warnings).await.map(Outcome::Done),
            Standing::Open => maker.report(warnings).await.map(Outcome::proposed),
            Standing::Moved => Err(WriteError::Moved { location: self.publisher.repository.location.clone() }),
        }
    }
}

impl Review<'_> {
    /// Signs it with the keys that are here, keeps it where others find it, and publishes it if that makes it complete
    /// and this machine may.
    ///
    /// # Errors
    /// No key here is asked for, or publishing fails.
    pub async fn sign(self) -> Result<Outcome<report::Proposed>, WriteError> {
        let Self { publisher, base, proposal, remade_from, mut signers, asked, report } = self;
        let mut maker = ProposalSession { publisher, base: base.as_ref(), proposal };
        match maker.standing()? {
            Standing::Merged => return maker.report(report.warnings).await.map(Outcome::Done),
            Standing::Open if asked.is_empty() => return Err(nobody_asked(&report)),
            Standing::Open | Standing::Complete | Standing::Moved => {}
        }
        maker.sign(&mut signers, &asked).await?;
        maker.publish_or_keep(signers, &asked, remade_from).await
    }

    /// Signs it with the keys that are here, and returns the file to be handed on.
    ///
    /// # Errors
    /// No key here is asked for.
    pub async fn sign_to_file(self) -> Result<(Bytes, report::Proposed), WriteError> {
        let Self { publisher, base, proposal, mut signers, asked, report, .. } = self;
        let mut maker = ProposalSession { publisher, base: base.as_ref(), proposal };
        if asked.is_empty() && maker.standing()? == Standing::Open {
            return Err(nobody_asked(&report));
        }
        maker.sign(&mut signers, &asked).await?;
        let bytes = publisher.proposals().export_proposal(&maker.proposal, base.as_ref()).await?;
        let mut signed = maker.report(report.warnings).await?;
        if base.is_none() && signed.proposal.state == report::ProposalState::Complete {
            signed.first_root = Some(maker.pin_first_root().await?);
        }
        Ok((bytes, signed))
    }
}

fn nobody_asked(report: &report::Review) -> WriteError {
    let missing = report.proposal.signatures.iter().flat_map(|signatures| &signatures.missing);
    let may_sign = missing.map(|signer| signer.name.raw().to_owned()).collect();
    let role = report.proposal.signatures.iter().map(|signatures| signatures.role.raw()).collect::<Vec<_>>().join(", ");
    WriteError::NotAsked { role, may_sign }
}

/// A proposal, and what is current; none where the repository is yet to begin.
struct FoundProposal {
    verified: Option<VerifiedRepository>,
    proposal: Proposal,
    /// What else waits for signatures.
    others: Vec<Proposal>,
    warnings: Vec<report::Warning>,
}

impl Proposals<'_> {
    /// Finds a proposal, and what is current. Whoever is to publish on top of that may find it older than what this
    /// machine remembers, see [`open_to_write`](Self::open_to_write); whoever is to sign may not.
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
                let mut carried = self.read_proposal(bytes, &verified.publication)?;
                let same = |proposal: &&Proposal| proposal.id() == carried.id();
                // Some signed where everybody looks, while the file was with somebody without a network.
                if let Some(kept) = proposals.iter().find(same) {
                    carried.join(kept);
                }
                carried
            }
            ProposalSource::Id(id) => self.one_of(&proposals, id)?,
        };
        warnings.extend(reports::warnings(&self.publisher.repository, &verified.publication));
        Ok(FoundProposal { verified: Some(verified), proposal, others: proposals, warnings })
    }

    /// The first documents of a repository, from a file.
    ///
    /// [⚔]
    /// Others are refused where there is nothing to compare them with. A file without a copy of what is current could
    /// else have somebody sign the next root of a repository as the first of a new one.
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

    /// The same change on top of what is current, for everybody to sign again: signatures are for a whole document.
    ///
    /// # Errors
    /// Someone else has changed what it is about.
    fn remake(&self, proposal: &Proposal, base: &Publication) -> Result<Proposal, WriteError> {
        let trusted = base.trusted();
        if proposal.changes_authority() {
            return Err(WriteError::ProposalOutdated {
                location: self.publisher.repository.location.clone(),
                id: proposal.id(),
            });
        }
        let issue = self.publisher.issue(trusted.root().document());
        let mut documents: Vec<(Role, Bytes)> = Vec::new();
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
            let next = next_of_role(&issue, name, merged, Some(role))?;
            documents.push(Unsigned::targets(&next)?.without_signatures());
        }
        Ok(Proposal::inspect(documents, trusted.trusted_root().gun(), &self.publisher.repository.limits)?)
    }

    /// A proposal as a file: with a copy of what is current, where there is anything.
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
    /// Pins the first root that was signed here: whoever signs it vouches for it, and what follows it will be signed here
    /// without anybody else to tell which it was.
    async fn pin_first_root(&self) -> Result<Digest, WriteError> {
        let root = self.proposal.published(&TopLevelRole::Root.into(), None)?;
        let fingerprint = Digest::of(&root);
        self.publisher.repository.pin(PinBy::Root(root)).await?;
        Ok(fingerprint)
    }

    /// Publishes it if it is complete and this machine may; else keeps it where others find it.
    pub(in crate::write) async fn publish_or_keep(
        self,
        mut signers: Signers,
        signed_here: &[KeyId],
        instead_of: Option<Digest>,
    ) -> Result<Outcome<report::Proposed>, WriteError> {
        if self.standing()? == Standing::Complete && are_here(self.load_publishers(&mut signers).await)? {
            let (publisher, base, proposal) = (self.publisher, self.base, self.proposal.clone());
            let published = self.publish(signers, signed_here).await;
            // The signatures that were made are not lost with the publication. It failed, and that is told.
            if let (Err(_), Some(base), Some(keeper)) = (&published, base, signed_here.first()) {
                let _told = publisher.proposals().keep_proposal(keeper, base, &proposal, instead_of).await;
            }
            return published.map(Outcome::Done);
        }
        self.keep(&signers, signed_here, instead_of).await?;
        let warnings = self.base.map(|base| reports::warnings(&self.publisher.repository, base)).unwrap_or_default();
        Ok(Outcome::proposed(self.report(warnings).await?))
    }

    /// Loads the keys that publish, before and after what is proposed.
    pub(super) async fn load_publishers(&self, signers: &mut Signers) -> Result<(), WriteError> {
        let current = self.base.map(|base| base.trusted().root().document());
        for root in current.into_iter().chain(self.proposal.root()) {
            signers.load_publishing_keys(root).await?;
        }
        Ok(())
    }

    /// Publishes what everybody has signed, and lets go of it where these keys kept it.
    pub(in crate::write) async fn publish(
        self,
        signers: Signers,
        kept_by: &[KeyId],
    ) -> Result<report::Proposed, WriteError> {
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
        report.warnings = reports::warnings(&publisher.repository, &publication);
        for key in kept_by {
            if let Err(error) = publisher.proposals().forget_proposal(key, &publication, self.proposal.id()).await {
                // It is in force, and what is kept of it is let go of with the next proposal.
                let message = report::Text::from(format!("a copy of the proposal stays where it was kept: {error}"));
                report.warnings.push(report::Warning { kind: "proposal_kept", message });
            }
        }
        Ok(report)
    }
}

/// The first thing on which a document and what is current cannot agree.
fn conflict(trusted: &Trusted, role: &Verified<Targets>, wanted: &Targets) -> Result<WriteError, WriteError> {
    let root = trusted.root().document();
    let value = |document: &Targets, path: &TargetPath| {
        document.targets.get(&path.to_string()).map(|target| target.hashes.sha256)
    };
    let said = wanted.statements().collect::<Result<Vec<_>, _>>()?.into_iter();
    let said = said.map(|statement| (statement.image, statement.statement_type));
    let taken_back = wanted.manifesto.deleted.iter().filter_map(|deletion| match &deletion.path {
        TargetPath::Statement { image, statement_type } => Some((*image, statement_type.clone())),
        TargetPath::Index(_) | TargetPath::Tag(_) => None,
    });
    for (image, statement_type) in said.chain(taken_back) {
        let path = TargetPath::statement(image, statement_type.clone());
        let (ours, theirs) = (value(wanted, &path), value(role.document(), &path));
        if ours != theirs {
            let by = role.signers().iter().map(|key| root.name_of(key)).collect();
            return Ok(WriteError::Conflict { image, statement_type, ours, theirs, by });
        }
    }
    // Whoever calls has found that they disagree, so what differs is no statement: the documents are a fork.
    Err(TrustError::Fork { role: role.role().clone(), version: wanted.version }.into())
}
