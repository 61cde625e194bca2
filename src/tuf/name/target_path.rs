use std::{fmt, str::FromStr};

use super::{Digest, RoleName, StatementType, Tag};

/// A target path of this project's layout: what a TUF targets entry is about.
///
/// | path | content |
/// |---|---|
/// | `sha256/<64 hex of the image>/<type>` | a statement |
/// | `_manifesto`, `_manifesto/ROLE` | the index of what `repository`, or ROLE, signs |
/// | `tags/<tag>` | a signed tag: the image manifest it stands for |
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetPath {
    /// A statement about one image.
    Statement {
        /// The digest of the image's manifest.
        image: Digest,
        /// The kind of the statement.
        statement_type: StatementType,
    },
    /// The index of what a role signs.
    Index(RoleName),
    /// A signed tag.
    Tag(Tag),
}

impl TargetPath {
    /// The path of a statement.
    pub fn statement(image: Digest, statement_type: StatementType) -> Self {
        Self::Statement { image, statement_type }
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement { image, statement_type } => {
                write!(f, "sha256/{}/{}", image.hex(), statement_type.encoded())
            }
            Self::Index(role) if role.is_repository() => f.write_str("_manifesto"),
            Self::Index(role) => write!(f, "_manifesto/{role}"),
            Self::Tag(tag) => write!(f, "tags/{tag}"),
        }
    }
}

impl FromStr for TargetPath {
    type Err = TargetPathError;

    fn from_str(text: &str) -> Result<Self, TargetPathError> {
        let malformed = || TargetPathError(text.to_owned());
        let segments: Vec<&str> = text.split('/').collect();
        match segments[..] {
            ["sha256", image, statement_type] => Ok(Self::Statement {
                image: Digest::from_hex(image).map_err(|_| malformed())?,
                statement_type: StatementType::decode(statement_type).map_err(|_| malformed())?,
            }),
            ["_manifesto"] => Ok(Self::Index(RoleName::repository())),
            ["_manifesto", role] => {
                let role: RoleName = role.parse().map_err(|_| malformed())?;
                if role.is_repository() { Err(malformed()) } else { Ok(Self::Index(role)) }
            }
            ["tags", tag] => Ok(Self::Tag(tag.parse().map_err(|_| malformed())?)),
            _ => Err(malformed()),
        }
    }
}

super::serde_as_text!(TargetPath);

/// A target path outside this project's layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a path this tool signs")]
pub struct TargetPathError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let image = Digest::of(b"image");
        for path in [
            TargetPath::statement(image, "scan report".parse().unwrap()),
            TargetPath::Index(RoleName::repository()),
            TargetPath::Index("qa".parse().unwrap()),
            TargetPath::Tag("1.4".parse().unwrap()),
        ] {
            assert_eq!(path.to_string().parse::<TargetPath>().unwrap(), path);
        }
    }

    #[test]
    fn has_one_spelling_for_each_meaning() {
        let hex = Digest::of(b"image").hex();
        for bad in [
            "_manifesto/repository".to_owned(),
            "_manifesto/root".to_owned(),
            format!("sha256/{hex}"),
            format!("sha256/{hex}/.."),
            format!("sha256/{hex}/a/b"),
            format!("sha256/{}/a", hex.to_uppercase()),
            "tags/".to_owned(),
            "/tags/x".to_owned(),
            String::new(),
        ] {
            assert!(bad.parse::<TargetPath>().is_err(), "{bad}");
        }
    }
}
