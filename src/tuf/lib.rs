//! The core of manifesto, without IO. The input is bytes and a time, the output a verified value or an error.
//!
//! | module | subject |
//! |---|---|
//! | [`name`] | names that a user enters or a document contains, each parsed once |
//! | [`facts`] | what a program acts on when something fails |
//! | [`limits`] | every limit on foreign input |
//! | [`time`], [`text`] | dates and durations; foreign text made safe to print |
//! | [`trust`] | TUF: documents, signatures, the client workflow, the delegation walk |
//!
//! This crate cannot reach a network, a file, the environment or a clock. None of its dependencies can, and a test
//! checks that it does not use the two modules of the standard library that could.

pub mod facts;
pub mod limits;
pub mod name;
pub mod text;
pub mod time;
pub mod trust;
