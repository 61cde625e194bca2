//! Reporting how long a repository's metadata stays valid.

use std::collections::BTreeSet;

use crate::{
    read::{
        Error, reports,
        repository::Repository,
        roles::{self, Due},
    },
    report::{self, Warning},
    store::publication::Scope,
    time::Age,
    trust::KeyId,
};

impl Repository {
    /// Reports how long the repository's metadata stays valid, and whether something in it expires within the next
    /// `within`. `here` is the keys on this machine, as far as they are known.
    ///
    /// # Errors
    /// The metadata does not verify. Expired metadata is no error.
    pub async fn status(
        &self,
        within: Option<Age>,
        here: Option<&BTreeSet<KeyId>>,
    ) -> Result<(report::State, Vec<Warning>), Error> {
        let verified = self.publication(&Scope::Everything).await?;
        let publication = &verified.publication;
        let due = roles::due(publication);
        let first = due.iter().map(|due| due.expires).min().unwrap_or(self.now);
        let horizon = within.map_or(self.now, |within| within.after(self.now));
        let signable = |role: &report::RoleReport| {
            let here = here?;
            Some(role.keys.iter().filter(|key| here.contains(&KeyId::from(key.keyid.raw()))).count() as u64)
        };
        let mut roles: Vec<_> = roles::reports(publication)
            .into_iter()
            .map(|role| report::RoleState { here: signable(&role), due: role.dates.expires <= horizon, report: role })
            .collect();
        roles.sort_by_key(|role| role.report.dates.expires);
        let (mut statements, mut expired) = (0, 0);
        for statement in publication.trusted().loaded().flat_map(|(_, role)| role.document().statements()) {
            match statement?.info.expires {
                Some(expires) if self.now >= expires => expired += 1,
                _ => statements += 1,
            }
        }
        let state = report::State {
            trust: reports::trust(&verified.basis, publication),
            due: due.iter().any(|due: &Due| due.expires <= horizon),
            renew_by: first,
            roles,
            statements,
            expired_statements: expired,
        };
        let warnings = self.warnings(publication).into_iter().chain(self.ahead_warning()).collect();
        Ok((state, warnings))
    }
}
