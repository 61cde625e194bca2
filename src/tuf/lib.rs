//! The core of manifesto without IO: bytes and a time go in, a verified value or an error comes out.
//!
//! | module | subject |
//! |---|---|
//! | [`name`] | what a user types or a document names, parsed once |
//! | [`facts`] | what a program decides by when something fails |
//! | [`limits`] | every bound on foreign input |
//! | [`time`], [`text`] | dates and spans; foreign text made fit to print |
//! | [`trust`] | TUF: documents, signatures, the client workflow, the delegation walk |
//!
//! Nothing here can reach a network, a file, the environment or a clock: no dependency of this crate could, and the two
//! modules of the standard library that can are not used, which a test checks.

pub mod facts;
pub mod limits;
pub mod name;
pub mod text;
pub mod time;
pub mod trust;
