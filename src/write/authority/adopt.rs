//! Adoption: statements move from the owner's role to the role that their type is delegated to.

use std::collections::BTreeMap;

use crate::{
    name::{RoleName, StatementType, TargetPath},
    read::authority::find,
    trust::{
        Delegation, Statement, Targets, TrustError,
        author::{NamedKey, name_keys},
    },
    write::{authority::builder::AuthorityChangeBuilder, error::WriteError, publish::authority_change::Resign},
};

impl AuthorityChangeBuilder<'_> {
    /// Moves the owner's statements of `types` to a role, except where the role has its own. The role's keys sign them.
    /// `keys` are the role's new keys, which root does not name yet. Returns the statements that move.
    ///
    /// # Errors
    /// [`WriteError::NoKey`], [`WriteError::TooFewKeys`]: the role's keys or the owner's are not on this machine.
    pub(in crate::write) async fn adopt(
        &mut self,
        targets: &Targets,
        name: &RoleName,
        types: &[StatementType],
        keys: &[NamedKey],
    ) -> Result<Vec<Statement>, WriteError> {
        let trusted = self.verified.publication.trusted();
        let owners = Delegation::first_level(&RoleName::repository());
        let role = trusted.first_level(name).filter(|_| !matches!(self.resign.get(name), Some(Resign::Create)));
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
        let creates = role.is_none();
        let (Some(entry), Some(owners_entry)) = (find(targets, name), find(targets, &owners.to)) else {
            return Ok(Vec::new());
        };
        if entries.is_empty() {
            return Ok(statements);
        }
        let mut naming = trusted.root().document().clone();
        name_keys(&mut naming, keys);
        self.signers.load(&targets.authorised_quorum(entry), &naming).await?;
        self.signers.load(&owners_entry.quorum(), &naming).await?;
        self.resign.insert(owners.to, Resign::MoveOut(entries.clone()));
        self.resign.insert(name.clone(), Resign::MoveIn { creates, entries });
        Ok(statements)
    }
}
