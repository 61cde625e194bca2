use std::collections::BTreeMap;

use super::Publication;
use crate::{
    name::{Digest, Role, RoleName, StatementType, Tag, TargetPath},
    time::Timestamp,
    trust::{Delegation, KeyId, Lookup, Statement, Targets, TrustError, Verified},
};

/// A statement, with the role and the keys that signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The statement.
    pub statement: Statement,
    /// The role that signed it.
    pub role: RoleName,
    /// The threshold of the role.
    pub threshold: u32,
    /// The keys that signed.
    pub signers: Vec<KeyId>,
}

impl Publication {
    /// The statement of this type about `image` at `now`. `None` means that the signed metadata has none.
    ///
    /// # Errors
    /// A document that the answer needs has expired, or the role was not within the scope of opening.
    pub fn statement(
        &self,
        image: Digest,
        statement_type: &StatementType,
        now: Timestamp,
    ) -> Result<Option<Answer>, TrustError> {
        let path = TargetPath::statement(image, statement_type.clone());
        self.read(&path, self.trusted.fresh(now)?.lookup(&path)?)
    }

    /// The statement of this type about `image`, even if documents have expired: for writers that will renew them.
    ///
    /// # Errors
    /// The role was not within the scope of opening.
    pub fn signed_statement(
        &self,
        image: Digest,
        statement_type: &StatementType,
    ) -> Result<Option<Answer>, TrustError> {
        let path = TargetPath::statement(image, statement_type.clone());
        self.read(&path, self.trusted.lookup(&path)?)
    }

    fn read(&self, path: &TargetPath, lookup: Lookup<'_>) -> Result<Option<Answer>, TrustError> {
        match lookup {
            Lookup::Absent => Ok(None),
            Lookup::Needs(delegation) => Err(not_loaded(&delegation)),
            Lookup::Found { delegation, role, target } => {
                let statement = Statement::read(path, target)
                    .map_err(|source| TrustError::malformed(Role::Delegated(delegation.to.clone()), source))?;
                Ok(Some(self.answer(statement, &delegation, role)))
            }
        }
    }

    /// The image that `tag` is signed for, and the keys that signed it. `None` means that no role signs the tag.
    /// Without `now`, expiry is not checked.
    ///
    /// # Errors
    /// The same as those of [`statement`](Self::statement).
    pub fn signed_tag(&self, tag: &Tag, now: Option<Timestamp>) -> Result<Option<(Digest, Vec<KeyId>)>, TrustError> {
        let path = TargetPath::Tag(tag.clone());
        let found = match now {
            Some(now) => self.trusted.fresh(now)?.lookup(&path)?,
            None => self.trusted.lookup(&path)?,
        };
        match found {
            Lookup::Absent => Ok(None),
            Lookup::Needs(delegation) => Err(not_loaded(&delegation)),
            Lookup::Found { role, target, .. } => Ok(Some((target.hashes.sha256, role.signers().to_vec()))),
        }
    }

    /// Every valid statement at `now`, by image and type. For each path this is what a lookup of that path answers. The
    /// publication must have been opened for everything.
    ///
    /// # Errors
    /// The same as those of [`statement`](Self::statement).
    pub fn statements(&self, now: Timestamp) -> Result<BTreeMap<(Digest, StatementType), Answer>, TrustError> {
        let fresh = self.trusted.fresh(now)?;
        let mut answers = BTreeMap::new();
        for (_, role) in self.trusted.loaded() {
            role.check_expiry(now)?;
            for listed in role.document().statements() {
                let listed = listed?;
                let path = TargetPath::statement(listed.image, listed.statement_type.clone());
                match fresh.lookup(&path)? {
                    Lookup::Found { delegation, role: authority, .. } if authority.role() == role.role() => {
                        let key = (listed.image, listed.statement_type.clone());
                        answers.insert(key, self.answer(listed, &delegation, authority));
                    }
                    // A role may still hold statements of a type that was since delegated to another role. They do not
                    // count.
                    Lookup::Found { .. } | Lookup::Absent => {}
                    Lookup::Needs(delegation) => return Err(not_loaded(&delegation)),
                }
            }
        }
        Ok(answers)
    }

    fn answer(&self, statement: Statement, delegation: &Delegation, role: &Verified<Targets>) -> Answer {
        let threshold = self.trusted.delegated(delegation).map_or(1, |delegated| delegated.keys.threshold.get());
        Answer { statement, role: delegation.to.clone(), threshold, signers: role.signers().to_vec() }
    }
}

fn not_loaded(delegation: &Delegation) -> TrustError {
    TrustError::NotLoaded { role: delegation.to.clone().into() }
}
