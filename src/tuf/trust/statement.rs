use super::{
    error::TrustError,
    extension::{HISTORY, StatementCustom, StatementInfo},
    schema::{Target, Targets},
};
use crate::{
    limits::Limits,
    name::{Digest, StatementType, TargetPath},
};

/// A statement: what a role signs about one image under one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The digest of the image's manifest.
    pub image: Digest,
    /// The type of the statement.
    pub statement_type: StatementType,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The length of its bytes.
    pub size: u64,
    /// The other signed fields.
    pub info: StatementInfo,
}

impl Statement {
    /// Reads a statement from the target that a verified role signs for `path`.
    ///
    /// # Errors
    /// The path is not that of a statement, or the target lacks a required field.
    pub fn read(path: &TargetPath, target: &Target) -> Result<Self, serde_json::Error> {
        use serde::de::Error;

        let TargetPath::Statement { image, statement_type } = path else {
            return Err(Error::custom(format_args!("{path} is not the path of a statement")));
        };
        let custom = target.custom.as_ref().ok_or_else(|| Error::missing_field("custom"))?;
        let custom: StatementCustom = custom.read()?;
        let former = custom.manifesto.history.len();
        if former > HISTORY {
            return Err(Error::custom(format_args!("it lists {former} former values, at most {HISTORY} are allowed")));
        }
        Ok(Self {
            image: *image,
            statement_type: statement_type.clone(),
            digest: target.hashes.sha256,
            size: target.length,
            info: custom.manifesto,
        })
    }
}

impl Targets {
    /// All statements that this role signs, in the order of their paths.
    ///
    /// # Errors
    /// A target lacks a field that every statement has.
    pub fn statements(&self) -> impl Iterator<Item = Result<Statement, TrustError>> {
        self.targets.iter().filter_map(|(path, target)| {
            let path: TargetPath = path.parse().ok()?;
            matches!(path, TargetPath::Statement { .. }).then(|| {
                Statement::read(&path, target)
                    .map_err(|source| TrustError::malformed(self.manifesto.common.role.clone(), source))
            })
        })
    }

    /// Whether the role may hold one more statement.
    pub fn has_room(&self, limits: &Limits) -> bool {
        // The role's own index is one of its targets.
        self.targets.len() <= limits.statements_per_role
    }
}
