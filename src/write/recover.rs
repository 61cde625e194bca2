//! Recovery of a registry that was restored from an old backup or has lost blobs, from what this machine verified last.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    name::{Digest, RoleName},
    progress::Step,
    read::{open::VerifiedRepository, reports},
    report,
    store::{
        artifact::Blob,
        publication::{Publication, Scope},
    },
    trust::{Delegation, TrustError},
    write::{
        error::WriteError,
        publish::{
            base::{OpenedBase, PublishBase, is_about_registry_state},
            draft::contents,
            operation::{Operation, Restoration},
            protocol::Protocol,
            signers::{Quorum, Signers},
        },
        publisher::Publisher,
    },
};

/// How many blobs are checked at the same time.
const PARALLEL: usize = 8;

/// A plan of what to restore. Nothing is changed before [`publish`](Self::publish).
pub struct Recovery<'a> {
    publisher: &'a Publisher,
    found: OpenedBase,
    missing: BTreeSet<Digest>,
    lost: BTreeSet<Digest>,
}

impl<'a> Recovery<'a> {
    /// Finds the newest state that this machine or the registry has, and what the registry has lost of it.
    ///
    /// # Errors
    /// This machine remembers no complete state. Another machine may have one.
    pub async fn plan(publisher: &'a Publisher) -> Result<Self, WriteError> {
        let found = match Box::pin(publisher.repository.publication(&Scope::Everything)).await {
            Ok(verified) => OpenedBase { tag: Some(verified.publication.digest()), verified, rejected: None },
            Err(error) if is_about_registry_state(&error) => {
                let tag = publisher.repository.current_digest().await?;
                match Box::pin(publisher.open_remembered(&Scope::Everything)).await? {
                    Some(verified) => OpenedBase { verified, tag, rejected: Some(error) },
                    None => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        publisher.repository.progress.step(Step::Reading);
        let publication = &found.verified.publication;
        // A role's statements are checked even if the manifest does not list them: another recovery may have removed
        // them from it.
        let signed = publication.trusted().loaded().flat_map(|(_, role)| contents(role.document()));
        let signed = signed.map(|(digest, size)| Blob { digest, size });
        let missing = publisher.missing(publication.artifact().blobs().chain(signed)).await?;
        let here = publisher.known_of(&found.verified.publication)?;
        let here: BTreeSet<Digest> = here.iter().map(|bytes| Digest::of(bytes)).collect();
        let (missing, lost) = missing.into_iter().partition(|digest| here.contains(digest));
        Ok(Self { publisher, found, missing, lost })
    }

    /// Returns whether nothing is lost.
    pub fn is_needless(&self) -> bool {
        self.found.rejected.is_none() && self.missing.is_empty() && self.lost.is_empty()
    }

    /// Reports what would be restored.
    ///
    /// # Errors
    /// A statement cannot be read.
    pub fn report(&self) -> Result<report::Recover, WriteError> {
        let VerifiedRepository { publication, basis } = &self.found.verified;
        let roots = publication.artifact().roots.iter().filter(|(_, blob)| self.lost.contains(&blob.digest));
        Ok(report::Recover {
            checked_at: self.publisher.repository.now,
            repository: report::Text::new(&self.publisher.repository.location),
            trust: reports::trust(basis, publication),
            found: self.found.rejected.as_ref().map(report::Text::new),
            state: reports::dates(publication.trusted().timestamp()),
            restored: self.missing.len() as u64,
            lost: self.lost_statements()?,
            lost_roots: roots.map(|(version, _)| *version).collect(),
            left: Vec::new(),
            published: None,
            warnings: Vec::new(),
        })
    }

    fn lost_statements(&self) -> Result<Vec<report::LostStatement>, TrustError> {
        let mut lost = Vec::new();
        for (delegation, role) in self.found.verified.publication.trusted().loaded() {
            for statement in role.document().statements() {
                let statement = statement?;
                let values = std::iter::once((statement.digest, true))
                    .chain(statement.info.history.iter().map(|former| (former.sha256, false)));
                let gone = values.filter(|(digest, _)| self.lost.contains(digest));
                lost.extend(gone.map(|(digest, current)| report::LostStatement {
                    role: report::Text::new(&delegation.to),
                    image: report::Text::from(reports::reference(&self.publisher.repository.location, statement.image)),
                    statement_type: report::Text::new(&statement.statement_type),
                    digest,
                    current,
                }));
            }
        }
        Ok(lost)
    }

    /// Restores everything, under versions above all that were seen. With `without_lost`, statements that no known
    /// store still has are deleted in the signed metadata, as far as their roles' keys are on this machine.
    ///
    /// # Errors
    /// [`WriteError::Lost`]: something is lost, and `without_lost` is not set. The publisher's keys are not on this
    /// machine, or the publication was not confirmed.
    pub async fn publish(self, publisher: &Publisher, without_lost: bool) -> Result<report::Recover, WriteError> {
        let mut report = self.report()?;
        if !(self.lost.is_empty() || without_lost) {
            let (statements, roots) = (report.lost.len(), report.lost_roots.len());
            return Err(WriteError::Lost { location: self.publisher.repository.location.clone(), statements, roots });
        }
        let Self { found: OpenedBase { verified, tag, .. }, lost, .. } = self;
        let VerifiedRepository { publication: base, basis } = verified;
        publisher.repository.progress.step(Step::WaitingForKeys);
        let mut signers = publisher.signers()?;
        signers.load_publishing_keys(base.trusted().root().document()).await?;
        let mut roles = Vec::new();
        for name in affected(&report) {
            let delegation = base.trusted().loaded().map(|(delegation, _)| delegation).find(|found| found.to == name);
            let Some(delegation) = delegation.cloned() else { continue };
            if can_sign(&mut signers, &base, &delegation).await? {
                roles.push(delegation);
            } else {
                report.left.push(report::Text::new(name));
            }
        }
        publisher.repository.progress.step(Step::Uploading);
        publisher.upload(&publisher.known_of(&base)?).await?;
        let timestamp = base.trusted().timestamp().version();
        let operation = Operation::Recover(Box::new(Restoration { timestamp, lost, roles }));
        let protocol = Protocol::new(publisher, operation, signers, None).compromised();
        let publication = Box::pin(protocol.publish_from(PublishBase { publication: base, tag })).await?;
        report.trust = reports::trust(&basis, &publication);
        report.published = Some(publication.digest());
        Ok(report)
    }
}

/// Returns the roles that have lost statements.
fn affected(report: &report::Recover) -> BTreeSet<RoleName> {
    report.lost.iter().filter_map(|lost| lost.role.raw().parse().ok()).collect()
}

async fn can_sign(signers: &mut Signers, base: &Publication, delegation: &Delegation) -> Result<bool, WriteError> {
    let trusted = base.trusted();
    let Some(entry) = trusted.delegated(delegation) else { return Ok(false) };
    let authorised = trusted.targets().document().authorised_keys(entry);
    let threshold = entry.keys.threshold.get() as usize;
    let quorum = Quorum { role: entry.name.as_str(), keyids: &authorised, threshold };
    signers.try_load(&quorum, trusted.root().document()).await
}

impl Publisher {
    /// Returns the blobs that the registry does not have. Each is read completely, because the registry may wrongly
    /// claim to have it.
    async fn missing(&self, blobs: impl Iterator<Item = Blob>) -> Result<Vec<Digest>, WriteError> {
        let all: BTreeSet<Blob> = blobs.collect();
        let found: Vec<Option<Digest>> = stream::iter(all)
            .map(|blob| async move {
                let there = self.repository.content.blob_to(blob.digest, blob.size, &mut tokio::io::sink()).await?;
                Ok::<_, WriteError>((!there).then_some(blob.digest))
            })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }
}
