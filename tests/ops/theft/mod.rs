//! Keys in the wrong hands: each theft carried out, and then answered as SECURITY.md says.

mod publisher;
mod race;
mod repository;
mod role;
mod root;
pub(crate) mod thief;
mod timestamp;
