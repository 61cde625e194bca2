//! The publish protocol: it starts from a verified base and an operation, and ends with a confirmed publication.
//!
//! A registry offers no compare-and-swap on a tag. With one writer, a lock orders the publications of this user:
//! upload, look at the tag, `PUT`, look again. With several writers, each one first announces its publication at its
//! own tag, and reports success only after two reads, far enough apart, have shown it as current.
//!
//! `src/manual/protocol.md` lists the rules; the rule numbers in these comments are its. The model in
//! `tests/publish_model` searches exhaustively for what goes wrong if a rule is left out.

pub(in crate::write) mod announcements;
pub(in crate::write) mod authority_change;
pub(in crate::write) mod base;
pub(in crate::write) mod change_set;
mod checks;
mod competitors;
mod confirm;
pub(in crate::write) mod draft;
pub(in crate::write) mod edit;
pub(in crate::write) mod merge;
pub(in crate::write) mod open;
pub(in crate::write) mod operation;
pub(in crate::write) mod protocol;
mod republish;
mod sending;
pub(in crate::write) mod signers;
pub(in crate::write) mod versions;
