use super::{
    error::TrustError,
    extension::{HISTORY, StatementCustom, StatementInfo},
    schema::{Target, Targets},
};
use crate::{
    limits::Limits,
    name::{Digest, StatementType, TargetPath},
};

/// What is signed about one image under one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The digest of the image's manifest.
    pub image: Digest,
    /// The kind of the statement.
    pub statement_type: StatementType,
    /// The hash of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// What else is signed about it.
    pub info: StatementInfo,
}

impl Statement {
    /// Reads a statement out of the entry that a verified role signs for `path`.
    ///
    /// # Errors
    /// The path is not that of a statement, or the entry lacks what every statement carries.
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
    /// An entry that lacks what every statement carries.
    pub fn statements(&self) -> impl Iterator<Item = Result<Statement, TrustError>> {
        self.targets.iter().filter_map(|(path, target)| {
            let path: TargetPath = path.parse().ok()?;
            matches!(path, TargetPath::Statement { .. }).then(|| {
                Statement::read(&path, target)
                    .map_err(|source| TrustError::malformed(self.manifesto.common.role.clone(), source))
            })
        })
    }

    /// Whether one more statement fits into what one role may hold.
    pub fn has_room(&self, limits: &Limits) -> bool {
        // The role's own index is one of its targets.
        self.targets.len() <= limits.statements_per_role
    }
}
