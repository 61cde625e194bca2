//! Reporting everything in a repository.

use std::collections::BTreeSet;

use crate::{
    read::{Error, authority, reports, repository::Repository, roles},
    report::{self, Report},
    store::publication::{Publication, Scope},
    trust::{Period, Root},
};

impl Repository {
    /// Reports everything in a repository. Expired metadata is shown, not refused.
    ///
    /// # Errors
    /// The metadata does not verify.
    pub async fn inspect(&self) -> Result<Report<report::Inspect>, Error> {
        let verified = self.publication(&Scope::Everything).await?;
        let publication = &verified.publication;
        let root = publication.trusted().root().document();
        let mut statements = BTreeSet::new();
        for statement in publication.trusted().loaded().flat_map(|(_, role)| role.document().statements()) {
            let statement = statement?;
            statements.insert((statement.image, statement.statement_type));
        }
        let images: BTreeSet<_> = statements.iter().map(|(image, _)| image).collect();
        let body = report::Inspect {
            location: report::Text::new(&self.location),
            trust: reports::trust(&verified.basis, publication),
            metadata: reports::metadata(self, publication),
            manifest: publication.digest(),
            manifest_size: publication.manifest().len() as u64,
            writers: reports::writers(root),
            publishers: authority::publisher_keys(root),
            roots: roots(publication),
            periods: periods(root),
            keys: roles::keys(publication),
            roles: roles::reports(publication),
            images: images.len() as u64,
            statements: statements.len() as u64,
            stored_bytes: stored_bytes(publication),
            metadata_bytes: metadata_bytes(publication),
        };
        Ok(Report { head: self.checked(), body, warnings: self.warnings(publication) })
    }
}

fn roots(publication: &Publication) -> Vec<report::RootVersion> {
    let listed = publication.artifact().roots.iter();
    listed
        .map(|(version, blob)| report::RootVersion { version: *version, digest: blob.digest, size: blob.size })
        .collect()
}

fn periods(root: &Root) -> report::Periods {
    let period = |period: Period| report::PeriodOf { expiry_days: period.expiry, renewal_days: period.signing };
    let periods = root.manifesto.periods;
    report::Periods {
        root: period(periods.root),
        targets: period(periods.targets),
        delegated: period(periods.delegated),
        snapshot: period(periods.snapshot),
        timestamp: period(periods.timestamp),
    }
}

fn metadata_bytes(publication: &Publication) -> u64 {
    let artifact = publication.artifact();
    // The sizes come from the manifest, which is not signed.
    let all = artifact.blobs().fold(0, |all: u64, blob| all.saturating_add(blob.size));
    all.saturating_sub(stored_bytes(publication))
}

fn stored_bytes(publication: &Publication) -> u64 {
    publication.artifact().statements.values().fold(0, |all: u64, size| all.saturating_add(*size))
}
