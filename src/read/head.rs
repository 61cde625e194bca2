//! Whole reports about a repository: their heads, and their warnings.

use crate::{
    read::{
        freshness::SignedDate,
        open::VerifiedRepository,
        reports,
        repository::Repository,
        resolve::Resolved,
        roles::{self, Due},
    },
    report::{AboutImage, AboutRepository, Checked, Image, Report, Schema, Text, Warning},
    store::publication::Publication,
    time::to_day,
    trust::KeyId,
};

impl Repository {
    /// Reports `body` about a verified publication, with the warnings `told` and those about the publication.
    pub(crate) fn report<B: Schema<Head = AboutRepository>>(
        &self,
        verified: &VerifiedRepository,
        body: B,
        told: impl IntoIterator<Item = Warning>,
    ) -> Report<B> {
        let warnings = told.into_iter().chain(self.warnings(&verified.publication)).collect();
        Report { head: self.about_repository(verified), body, warnings }
    }

    /// Returns the head of a report that has only the time of the decision in common with others.
    pub(crate) fn checked(&self) -> Checked {
        Checked { checked_at: self.now }
    }

    /// Returns the head of a report about this repository.
    pub(crate) fn about_repository(&self, verified: &VerifiedRepository) -> AboutRepository {
        AboutRepository {
            checked_at: self.now,
            repository: Text::new(&self.location),
            trust: reports::trust(&verified.basis, &verified.publication),
        }
    }

    /// Returns the head of a report about an image, whose tag `signers` have signed.
    pub(crate) fn about_image(
        &self,
        resolved: &Resolved,
        signers: &[KeyId],
        verified: &VerifiedRepository,
    ) -> AboutImage {
        let root = verified.publication.trusted().root().document();
        let image = Image {
            asked: Text::new(&resolved.asked),
            reference: Text::from(reports::reference(&self.location, resolved.digest)),
            platform: resolved.platform.as_ref().map(Text::new),
            tag_signed_by: signers.iter().map(|key| reports::signer(root, key)).collect(),
        };
        AboutImage {
            checked_at: self.now,
            image,
            trust: reports::trust(&verified.basis, &verified.publication),
            metadata: reports::metadata(self, &verified.publication),
        }
    }

    /// Returns the warnings about a good answer: that it expires soon, or that a clock is wrong.
    pub(crate) fn warnings(&self, publication: &Publication) -> Vec<Warning> {
        self.warnings_about(publication, [])
    }

    /// Like [`warnings`](Self::warnings), for an answer with statements of these dates.
    pub(crate) fn warnings_about(
        &self,
        publication: &Publication,
        statements: impl IntoIterator<Item = SignedDate>,
    ) -> Vec<Warning> {
        let due = roles::due(publication);
        let near = due.iter().filter(|due| due.warned_from() <= self.now);
        let when = |due: &Due| match due.expires <= self.now {
            true => format!("{} expired on {}", due.role, to_day(due.expires)),
            false => format!("{} by {}", due.role, to_day(due.expires)),
        };
        let list: Vec<String> = near.map(when).collect();
        let warning = || Warning {
            kind: "renewal_due",
            message: Text::from(format!("the signatures of {} have to be renewed: {}", self.location, list.join(", "))),
        };
        let clocks = self.clock_warnings(publication, statements);
        self.notices.all().into_iter().chain(clocks).chain((!list.is_empty()).then(warning)).collect()
    }
}
