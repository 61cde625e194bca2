//! Changes of statements: put and delete.

mod delete;
pub(in crate::write) mod put;

pub use put::{PutOptions, StatementContent};
