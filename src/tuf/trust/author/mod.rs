//! Authoring: the next version of each document, made from verified ones. The mirror of verification, and as pure.
//!
//! A document is made as its typed view, turned into an [`Unsigned`] one whose message the key store signs, and put
//! together with the signatures. Before anything is published its maker verifies it like any reader.

mod delegate;
mod error;
mod issue;
mod publisher;
mod root_edit;
mod rotate;
mod statement;
mod unsigned;

pub use delegate::{Grant, Withdrawal, grant, open_role, withdraw};
pub use error::AuthorityError;
pub use issue::{FARTHEST, Issue, NamedKey};
pub use publisher::{Publishing, add_publishers, name_keys, remove_publishers};
pub use root_edit::{PeriodOf, RootEdit, edit_root};
pub use rotate::{Exchange, exchange_in_root, exchange_in_targets, roles_of};
pub use statement::{NewStatement, delete_statement, drop_lost, expected_history, put_statement, set_index};
pub use unsigned::Unsigned;
pub(super) use unsigned::envelope;
