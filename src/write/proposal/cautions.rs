//! Warnings for somebody who is about to sign a proposal, beside the difference that it makes.

use crate::{
    name::{Role, RoleName, TopLevelRole},
    read::{anchor::TrustSource, open::VerifiedRepository},
    report::{Text, Warning},
    store::{publication::Publication, state::AnchorOrigin},
    time::{is_future, to_tuf},
    trust::{Delegation, KeyId, Proposal},
    write::{
        error::WriteError,
        proposal::{
            make::ProposalSession,
            naming::Naming,
            status::{changed_entries, orphans},
        },
    },
};

impl ProposalSession<'_> {
    pub(super) async fn cautions(
        &self,
        others: &[Proposal],
        asked: &[KeyId],
        verified: Option<&VerifiedRepository>,
    ) -> Result<Vec<Warning>, WriteError> {
        let mut cautions = Vec::new();
        let mut caution = |kind, message: String| cautions.push(Warning { kind, message: Text::from(message) });
        let location = &self.publisher.repository.location;
        match verified.map(|verified| &verified.basis.how) {
            None => caution(
                "nothing_to_compare",
                format!(
                    "these are the first documents of {location}: there is nothing to compare them with. Compare the \
                     ids of the keys with their holders"
                ),
            ),
            Some(TrustSource::Pinned(AnchorOrigin::FirstUse)) => caution(
                "first_use",
                format!("the root of {location} was accepted on first use: nothing else vouches for it"),
            ),
            Some(TrustSource::Pinned(_) | TrustSource::OneCall) => {}
        }
        if is_future(self.proposal.created(), self.publisher.repository.now) {
            let created = to_tuf(self.proposal.created());
            caution("clock_ahead", format!("it is dated {created}, which is in the future by this machine's clock"));
        }
        for other in others.iter().filter(|other| self.excludes(other)) {
            let naming = Naming::of(other, self.base.map(Publication::trusted));
            let tallies = other.tallies(self.base.map(Publication::trusted)).unwrap_or_default();
            let signed = asked.iter().find(|id| tallies.iter().any(|tally| tally.signed.contains(id)));
            if let Some(signed) = signed {
                let (name, id) = (naming.name(signed), other.id());
                caution(
                    "signed_another",
                    format!(
                        "{name} has also signed {}, which replaces the same document: if others sign both, too, \
                         readers may be shown either",
                        id.short()
                    ),
                );
            }
        }
        for role in self.orphans().await? {
            caution(
                "orphaned",
                format!("{role} gets other keys, and too few of them have signed its current statements"),
            );
        }
        Ok(cautions)
    }

    /// Returns whether only one of the two can come into force: both have a root, or both have targets.
    fn excludes(&self, other: &Proposal) -> bool {
        let has = |proposal: &Proposal, role: TopLevelRole| proposal.signed_part(&Role::TopLevel(role)).is_some();
        let both = |role| has(&self.proposal, role) && has(other, role);
        other.id() != self.proposal.id() && (both(TopLevelRole::Root) || both(TopLevelRole::Targets))
    }

    async fn orphans(&self) -> Result<Vec<RoleName>, WriteError> {
        let Some(base) = self.base else { return Ok(Vec::new()) };
        let changed: Vec<Delegation> =
            changed_entries(&self.proposal, base.trusted()).map(|entry| Delegation::first_level(&entry.name)).collect();
        match self.publisher.reopen(base, changed).await {
            Ok(base) => Ok(orphans(&self.proposal, base.trusted())),
            // A damaged role has no valid signatures that it could lose.
            Err(error) if error.does_not_verify() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
