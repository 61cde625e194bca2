//! Publishing: from a verified base and something that is wanted to a confirmed publication.
//!
//! With one writer, a lock orders this user's publications: look at the tag, `PUT`, look again. With several, no
//! registry offers compare-and-swap on a tag, so each writer announces its publication at a tag of its own first, and
//! believes in it only when two reads far enough apart show it. The rules are numbered in `tests/publish_model`, where
//! an exhaustive search shows what goes wrong without each of them. Those for changes of who may say what are in `rivals`.

pub(in crate::write) mod announcements;
pub(in crate::write) mod authority_change;
pub(in crate::write) mod base;
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
pub(in crate::write) mod signers;
