//! Recovery of a registry that was restored from an old backup or has lost blobs, from what this machine remembers.
//!
//! Several machines add up. Each uploads what it has. What it restores is signed as before, also what it lacks itself:
//! such content is only missing, and the next machine that has it completes it.

mod content;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use bytes::Bytes;
pub(in crate::write) use content::signed_contents;

use crate::{
    name::RoleName,
    progress::Step,
    read::{anchor::Anchor, open::VerifiedRepository, reports},
    report::{self, Report},
    store::{
        artifact::Blob,
        publication::{Publication, Scope},
    },
    trust::{Delegation, TrustError},
    write::{
        error::WriteError,
        keep::PartlyLoaded,
        publish::{
            base::{OpenedBase, PublishBase, is_about_registry_state},
            operation::{Operation, Restoration},
            protocol::Protocol,
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// A plan of what to restore. Nothing is changed before [`publish`](Self::publish).
pub struct Recovery<'a> {
    publisher: &'a Publisher,
    found: OpenedBase,
    /// The roles whose documents neither this machine nor the registry has.
    missing_roles: BTreeSet<Delegation>,
    missing: content::Missing,
    /// Roots to list again.
    roots: BTreeMap<u64, Bytes>,
}

impl<'a> Recovery<'a> {
    /// Finds the newest state that this machine or the registry has, and what the registry has lost of it. Lost content
    /// may be in the files and folders that are `given`.
    ///
    /// # Errors
    /// This machine remembers no state. A given file cannot be read.
    pub async fn plan(publisher: &'a Publisher, given: &[PathBuf]) -> Result<Self, WriteError> {
        let (found, missing_roles) = match Box::pin(publisher.repository.publication(&Scope::Everything)).await {
            Ok(verified) => {
                let tag = Some(verified.publication.digest());
                (OpenedBase { tag, verified, rejected: None }, BTreeSet::new())
            }
            Err(error) if is_about_registry_state(&error) => {
                let tag = publisher.repository.current_digest().await?;
                match Box::pin(publisher.open_remembered_partly()).await? {
                    Some((verified, missing)) => (OpenedBase { verified, tag, rejected: Some(error) }, missing),
                    None => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        publisher.repository.progress.step(Step::Reading);
        let publication = &found.verified.publication;
        let roots = publisher.unlisted_roots(publication)?;
        let mut missing = publisher.find_missing(publication, &roots, given).await?;
        for name in missing_roles.iter().map(|delegation| &delegation.to) {
            let artifact = publication.artifact();
            let document = artifact.roles.get(name).map(|role| role.file.blob);
            for blob in document.into_iter().chain(artifact.index_of(name)) {
                missing.lost.remove(&blob.digest);
            }
        }
        Ok(Self { publisher, found, missing_roles, missing, roots })
    }

    /// Returns whether there is nothing to restore. Content may be lost all the same.
    pub fn is_needless(&self) -> bool {
        let publication = &self.found.verified.publication;
        let nothing_new = self.found.rejected.is_none() && self.missing.here.is_empty();
        nothing_new && self.restoration(publication, Vec::new()).is_listed_in(publication) && !self.lists_lost()
    }

    /// Returns whether something is lost that the manifest still lists.
    fn lists_lost(&self) -> bool {
        self.found.verified.publication.artifact().blobs().any(|blob| self.missing.lost.contains(&blob.digest))
    }

    fn restoration(&self, publication: &Publication, roles: Vec<Delegation>) -> Restoration {
        Restoration {
            timestamp: publication.trusted().timestamp().version(),
            lost: self.missing.lost.clone(),
            roots: self.roots.iter().map(|(version, bytes)| (*version, Blob::of(bytes))).collect(),
            roles,
        }
    }

    /// Reports what would be restored.
    ///
    /// # Errors
    /// A statement cannot be read.
    pub fn report(&self) -> Result<Report<report::Recover>, WriteError> {
        let publication = &self.found.verified.publication;
        let lost = &self.missing.lost;
        let roots = publication.artifact().roots.iter().filter(|(_, blob)| lost.contains(&blob.digest));
        let body = report::Recover {
            found: self.found.rejected.as_ref().map(report::Text::new),
            state: reports::dates(publication.trusted().timestamp()),
            restored: self.missing.here.len() as u64,
            missing_roles: self.missing_roles.iter().map(|role| missing_role(publication, role)).collect(),
            lost: self.lost_statements()?,
            lost_roots: roots.map(|(version, _)| *version).collect(),
            given_up: false,
            left: Vec::new(),
            published: None,
        };
        let head = self.publisher.repository.about_repository(&self.found.verified);
        Ok(Report { head, body, warnings: self.missing.unused.iter().map(|path| unused_warning(path)).collect() })
    }

    fn lost_statements(&self) -> Result<Vec<report::LostStatement>, TrustError> {
        let mut lost = Vec::new();
        let trusted = self.found.verified.publication.trusted();
        let root = trusted.root().document();
        for (delegation, role) in trusted.loaded() {
            for statement in role.document().statements() {
                let statement = statement?;
                let values = std::iter::once((statement.digest, true))
                    .chain(statement.info.history.iter().map(|former| (former.sha256, false)));
                let gone = values.filter(|(digest, _)| self.missing.lost.contains(digest));
                lost.extend(gone.map(|(digest, current)| report::LostStatement {
                    role: report::Text::new(&delegation.to),
                    image: report::Text::from(reports::reference(&self.publisher.repository.location, statement.image)),
                    statement_type: report::Text::new(&statement.statement_type),
                    digest,
                    current,
                    signed_by: role.signers().iter().map(|id| reports::signer(root, id)).collect(),
                }));
            }
        }
        Ok(lost)
    }

    /// Restores everything that is not lost, under versions above all that were seen. What is lost stays signed, so
    /// that another machine can complete it. With `without_lost`, statements that are lost are deleted in the signed
    /// metadata, as far as their roles' keys are on this machine.
    ///
    /// If a role's document is missing, nothing can be published. Then this uploads what this machine has, and the
    /// report tells whose machines may have the rest.
    ///
    /// # Errors
    /// The publisher's keys are not on this machine, or the publication was not confirmed.
    pub async fn publish(
        self,
        publisher: &Publisher,
        without_lost: bool,
    ) -> Result<Report<report::Recover>, WriteError> {
        let mut report = self.report()?;
        if !self.missing_roles.is_empty() {
            publisher.repository.progress.step(Step::Uploading);
            publisher.upload_missing(&self.missing.here).await?;
            return Ok(report);
        }
        let base = &self.found.verified.publication;
        publisher.repository.progress.step(Step::WaitingForKeys);
        let mut signers = publisher.signers()?;
        signers.load_publishing_keys(base.trusted().root().document()).await?;
        let mut roles = Vec::new();
        report.given_up = without_lost && !(report.lost.is_empty() && report.lost_roots.is_empty());
        for name in affected(&report).into_iter().filter(|_| without_lost) {
            let delegation = base.trusted().loaded().map(|(delegation, _)| delegation).find(|found| found.to == name);
            let Some(delegation) = delegation.cloned() else { continue };
            if can_sign(&mut signers, base, &delegation).await? {
                roles.push(delegation);
            } else {
                report.left.push(report::Text::new(name));
            }
        }
        publisher.repository.progress.step(Step::Uploading);
        publisher.upload_missing(&self.missing.here).await?;
        let operation = Operation::Recover(Box::new(self.restoration(base, roles)));
        let protocol = Protocol::new(publisher, operation, signers, None).compromised();
        let OpenedBase { verified: VerifiedRepository { publication, basis }, tag, .. } = self.found;
        let publication = Box::pin(protocol.publish_from(PublishBase { publication, tag })).await?;
        report.head.trust = reports::trust(&basis, &publication);
        report.published = Some(publication.digest());
        Ok(report)
    }
}

/// Returns the roles that have lost statements.
fn affected(report: &report::Recover) -> BTreeSet<RoleName> {
    report.lost.iter().filter_map(|lost| lost.role.raw().parse().ok()).collect()
}

/// Returns a role whose document is missing, and the keys that may have signed it.
fn missing_role(publication: &Publication, delegation: &Delegation) -> report::MissingRole {
    let trusted = publication.trusted();
    let root = trusted.root().document();
    let keys = trusted.delegated(delegation).map(|entry| entry.keys.keyids.clone()).unwrap_or_default();
    report::MissingRole {
        role: report::Text::new(&delegation.to),
        may_sign: keys.iter().map(|id| reports::signer(root, id)).collect(),
    }
}

fn unused_warning(path: &Path) -> report::Warning {
    let message = format!("{} is nothing of what the registry has lost", path.display());
    report::Warning { kind: "not_lost", message: report::Text::from(message) }
}

async fn can_sign(signers: &mut Signers, base: &Publication, delegation: &Delegation) -> Result<bool, WriteError> {
    let trusted = base.trusted();
    let Some(entry) = trusted.delegated(delegation) else { return Ok(false) };
    let quorum = trusted.targets().document().authorised_quorum(entry);
    signers.try_load(&quorum, trusted.root().document()).await
}

impl Publisher {
    /// Verifies the publication that this machine remembers, as far as this machine and the registry have it. Returns
    /// it with the roles whose documents are missing. `None`: this machine remembers none.
    ///
    /// # Errors
    /// The memory or the registry fails, or a top-level document is missing.
    async fn open_remembered_partly(&self) -> Result<Option<(VerifiedRepository, BTreeSet<Delegation>)>, WriteError> {
        let Some((fetched, Anchor { root, basis, .. }, remembered)) = self.remembered_publication()? else {
            return Ok(None);
        };
        let PartlyLoaded { publication, missing } = self.load_partly(fetched, root, remembered).await?;
        Ok(Some((VerifiedRepository { publication, basis }, missing)))
    }
}
