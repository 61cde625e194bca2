//! Keys in the wrong hands: each theft carried out, and then answered as SECURITY.md says.

mod offline;
mod publisher;
mod race;
mod repository;
mod role;
mod root;
mod timestamp;
