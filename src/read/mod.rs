//! Reading: opens a repository, and answers questions from its verified metadata. It does not depend on writing.

pub(crate) mod anchor;
pub(crate) mod authority;
mod builder;
mod error;
mod first_use;
pub(crate) mod freshness;
pub(crate) mod get;
pub(crate) mod head;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod notices;
pub(crate) mod open;
pub(crate) mod pin;
pub(crate) mod reports;
pub(crate) mod repository;
pub(crate) mod resolve;
pub(crate) mod roles;
pub(crate) mod status;
pub(crate) mod wanted;

pub use anchor::{TrustAnchor, TrustSource};
pub use builder::RepositoryBuilder;
pub use error::Error;
pub use first_use::{AskFirstUse, FirstSeen, FirstUse};
pub use get::{Body, GetAnswer, GetOptions};
pub use list::ListOptions;
pub use notices::Notices;
pub use open::VerifiedRepository;
pub use pin::{PinBy, describe};
pub use repository::Repository;
