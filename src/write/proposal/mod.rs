//! Signing together: what needs more signatures than one machine can give.
//!
//! A [`Proposal`](crate::trust::Proposal) is a set of documents. Whoever makes or signs one keeps it, with the signatures
//! made so far, at a tag of their own key; `pending` puts together what all of them keep. The signature that completes it
//! publishes, if its signer may; else anyone who publishes does.
//!
//! What a signer is shown is worked out here, from the documents and from what is verified to be current. Nothing that
//! came with the proposal has a say in it ⚔.

mod cautions;
pub(in crate::write) mod collect;
pub(in crate::write) mod difference;
mod file;
pub(in crate::write) mod make;
mod naming;
mod pending;
mod reject;
mod shown;
mod sign;
mod status;
mod upkeep;

pub use file::{ProposalSource, offline};
pub use make::Outcome;
pub use sign::Review;

use super::publisher::Publisher;

/// What waits in a repository for more signatures than one machine can give: looked at, signed, rejected, published.
#[derive(Clone, Copy)]
pub struct Proposals<'p> {
    pub(in crate::write) publisher: &'p Publisher,
}
