//! Statements that change hands: from the owner's role to the one that their type is given to.

use std::collections::BTreeMap;

use crate::{
    name::{RoleName, StatementType, TargetPath},
    read::authority::find,
    trust::{
        Delegation, Statement, Targets, TrustError,
        author::{NamedKey, name_keys},
    },
    write::{
        authority::builder::AuthorityChangeBuilder,
        error::WriteError,
        publish::{authority_change::Resign, signers::Quorum},
    },
};

impl AuthorityChangeBuilder<'_> {
    /// Has the people of a role sign over the owner's statements of `types`, where the role has none of its own. `keys` are
    /// its new ones, which root does not name yet. Returns what changes hands.
    ///
    /// # Errors
    /// Too few of the role's keys are here, or none of the owner's.
    pub(in crate::write) async fn adopt(
        &mut self,
        targets: &Targets,
        name: &RoleName,
        types: &[StatementType],
        keys: &[NamedKey],
    ) -> Result<Vec<Statement>, WriteError> {
        let trusted = self.verified.publication.trusted();
        let owners = Delegation::first_level(&RoleName::repository());
        let role = trusted.first_level(name).filter(|_| !matches!(self.resign.get(name), Some(Resign::Empty)));
        let (mut statements, mut entries) = (Vec::new(), BTreeMap::new());
        for (path, target) in trusted.role(&owners).iter().flat_map(|role| &role.document().targets) {
            let Ok(parsed) = path.parse::<TargetPath>() else { continue };
            let wanted =
                matches!(&parsed, TargetPath::Statement { statement_type, .. } if types.contains(statement_type));
            if wanted && role.is_none_or(|role| !role.document().targets.contains_key(path)) {
                let malformed = |source| TrustError::malformed(owners.to.clone().into(), source);
                statements.push(Statement::read(&parsed, target).map_err(malformed)?);
                entries.insert(path.clone(), target.clone());
            }
        }
        let begins = role.is_none();
        let (Some(terms), Some(owners_terms)) = (find(targets, name), find(targets, &owners.to)) else {
            return Ok(Vec::new());
        };
        if entries.is_empty() {
            return Ok(statements);
        }
        let mut naming = trusted.root().document().clone();
        name_keys(&mut naming, keys);
        let (people, threshold) = (targets.authorised_keys(terms), terms.keys.threshold.get() as usize);
        self.signers.load(&Quorum { role: name.as_str(), keyids: &people, threshold }, &naming).await?;
        self.signers.load(&Quorum::of(owners_terms), &naming).await?;
        self.resign.insert(owners.to, Resign::Gives(entries.clone()));
        self.resign.insert(name.clone(), Resign::Receives { begins, entries });
        Ok(statements)
    }
}
