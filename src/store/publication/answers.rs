use std::collections::BTreeMap;

use crate::time::Timestamp;

use super::Publication;
use crate::{
    name::{Digest, Role, RoleName, StatementType, Tag, TargetPath},
    trust::{Delegation, KeyId, Lookup, Statement, Targets, TrustError, Verified},
};

/// A statement, and on whose word it rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What is said.
    pub statement: Statement,
    /// The role that says so.
    pub role: RoleName,
    /// How many of its keys have to sign.
    pub threshold: u32,
    /// Whose keys signed.
    pub signers: Vec<KeyId>,
}

impl Publication {
    /// The statement of `kind` about `image` at `now`. `None`: verified, there is none.
    ///
    /// # Errors
    /// Something on the way has expired, or the role that this needs was not within the scope of opening.
    pub fn statement(
        &self,
        image: Digest,
        statement_type: &StatementType,
        now: Timestamp,
    ) -> Result<Option<Answer>, TrustError> {
        let path = TargetPath::statement(image, statement_type.clone());
        self.read(&path, self.trusted.fresh(now)?.lookup(&path)?)
    }

    /// The statement of `kind` about `image`, whether or not anything has expired: for those who are about to sign anew.
    ///
    /// # Errors
    /// The role that this needs was not within the scope of opening.
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

    /// Who signs that `tag` stands for an image, and for which. `None`: nobody does. Without `now`, whatever has expired.
    ///
    /// # Errors
    /// As [`statement`](Self::statement).
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

    /// Every statement that is in force at `now`, by image and type: of each path what a lookup of that path would
    /// answer. The publication has to have been opened for everything.
    ///
    /// # Errors
    /// As [`statement`](Self::statement).
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
                    // A role may hold what a delegation has since taken from it; then its word does not count.
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
