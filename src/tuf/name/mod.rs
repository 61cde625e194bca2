//! Names that a user enters or a document contains, each parsed once.
//!
//! Everything that later becomes part of a path, a URL or a signed document has a type in this module. Its field is
//! private and only `FromStr`, which serde uses too, makes a value. So code that takes such a type need not check it
//! again.

mod digest;
mod grammar;
mod gun;
mod pattern;
mod reference;
mod role;
mod statement_type;
mod tag;
mod target_path;

pub use digest::{Digest, DigestError, Hasher};
pub use grammar::NameFault;
pub use gun::{Gun, GunError};
pub use pattern::{NamePattern, NamePatternError};
pub use reference::{Image, Location, Platform, PlatformError, ReferenceError, RepositoryName};
pub use role::{Role, RoleName, RoleNameError, TopLevelRole};
pub use statement_type::{StatementType, StatementTypeError};
pub use tag::{Tag, TagError};
pub use target_path::{TargetPath, TargetPathError};

/// Serialises a name as its text, and parses it with `FromStr`, so that serde cannot bypass the checks.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

/// Shows a name in debug output as its text. No quotation marks are needed where a name cannot contain blanks.
macro_rules! debug_as_text {
    ($name:ty) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use debug_as_text;
