//! One file per use case: the async shell around the pure core. An operation takes a [`Session`] and returns a report.

mod error;
mod get;
mod list;
mod open;
mod publish;
mod render;
mod resolve;
mod session;

pub use error::OpsError;
pub use get::{Body, GetOptions, Got, get};
pub use list::{list, list_all_images};
pub use open::{Basis, BasisKind, Opening};
pub use session::{AskFirstUse, FirstSeen, FirstUse, Pace, Session, TrustChoice};
