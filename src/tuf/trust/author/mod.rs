//! Authoring: makes the next version of each document from verified ones, without IO, as verification does.
//!
//! A document begins as its typed view and becomes an [`Unsigned`] one, whose message the key store signs. Then it is
//! put together with its signatures. Its author verifies it as a reader would before it is published.

mod delegate;
mod error;
mod issue;
mod publisher;
mod root_edit;
mod rotate;
mod statement;
mod unsigned;

pub use delegate::{Grant, Withdrawal, add_bootstrap_keys, grant, withdraw};
pub use error::AuthorityError;
pub use issue::{FARTHEST, Issue, NamedKey};
pub use publisher::{Publishing, add_publishers, name_keys, remove_publishers};
pub use root_edit::{PeriodOf, RootEdit, edit_root};
pub use rotate::{Exchange, exchange_in_root, exchange_in_targets, roles_of};
pub use statement::{
    NewStatement, delete_statement, drop_former, drop_lost, expected_history, put_statement, set_index,
};
pub use unsigned::Unsigned;
pub(super) use unsigned::envelope;
