//! Proposals: changes that need the signatures of several machines.
//!
//! A [`Proposal`](crate::trust::Proposal) is a set of documents. Each signer keeps it, with the signatures that it has,
//! at a tag of its own key; `pending` combines what all of them have. The signature that completes a proposal also
//! publishes it, if its signer is a publisher. Otherwise a publisher does.
//!
//! What a signer is shown is computed on the signer's machine, from the documents and from the verified current
//! metadata. Nothing else that comes with a proposal is shown. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-change

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

/// The proposals of a repository. They can be reviewed, signed, rejected and published.
#[derive(Clone, Copy)]
pub struct Proposals<'p> {
    pub(in crate::write) publisher: &'p Publisher,
}
