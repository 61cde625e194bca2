//! Authoring: the next version of each document, made from verified ones. The mirror of verification, and as pure.
//!
//! A document is made as its typed view, turned into an [`Unsigned`] one whose message the key store signs, and put
//! together with the signatures. Before anything is published its maker verifies it like any reader.

mod issue;
mod statement;
mod unsigned;

pub use issue::{Issue, NamedKey};
pub use statement::{NewStatement, delete_statement, put_statement, set_index};
pub use unsigned::Unsigned;
