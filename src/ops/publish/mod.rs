//! Publishing: from a verified base and something that is wanted to a confirmed publication.
//!
//! With one writer, a lock orders this user's publications: look at the tag, `PUT`, look again. With several, no
//! registry offers compare-and-swap on a tag, so each writer announces its publication at a tag of its own first, and
//! believes in it only when two reads far enough apart show it. The rules are numbered in `tests/publish_model`, where
//! an exhaustive search shows what goes wrong without each of them. Those for changes of who may say what are in `rivals`.

mod carry;
mod ceremony;
mod draft;
mod engine;
mod goal;
mod intent;
mod rivals;
mod settle;
mod signers;
mod tags;
mod watch;

pub(super) use ceremony::{Anew, Ceremony};
pub(super) use draft::{Burnt, contents, meta_of, quorum, sign_index};
pub(super) use engine::Publisher;
pub(super) use goal::{Goal, Restoration};
pub(super) use intent::{Change, Intent};
pub(super) use settle::{Relation, relate};
pub(super) use signers::{Quorum, Signers, are_here};
