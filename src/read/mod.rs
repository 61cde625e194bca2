//! Reading: opening a repository, and the questions that are answered from what was verified. It knows nothing of writing.

pub(crate) mod anchor;
pub(crate) mod authority;
mod error;
pub(crate) mod freshness;
pub(crate) mod get;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod notices;
pub(crate) mod open;
pub(crate) mod pin;
pub(crate) mod reports;
pub(crate) mod resolve;
pub(crate) mod roles;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod wanted;

pub use authority::{delegations, list_publishers};
pub use error::Error;
pub use get::{Body, GetOptions, Got, get};
pub use inspect::inspect;
pub use list::{ListOptions, list, list_all_images};
pub use notices::Notices;
pub use open::{Basis, BasisKind, Opening};
pub use pin::{PinBy, describe, export, pin};
pub use session::{AskFirstUse, FirstSeen, FirstUse, Pace, Session, TrustChoice};
pub use status::status;
