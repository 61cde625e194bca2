//! The manual: what the code is built on, for people who change it or write another implementation.
//!
//! Each page is a Markdown file in `src/manual`, so that it reads the same there and here.
//!
//! | page | question |
//! |---|---|
//! | [`design`] | what is promised, by which keys, and how the code is divided |
//! | [`format`](mod@format) | which bytes are on the registry, with a complete example |
//! | [`protocol`] | how several writers publish without losing anything |
//! | [`threats`] | which attacks there are, what answers each, and which test carries it out |
//! | [`decisions`] | why it is so and not otherwise |
//! | [`glossary`] | what a word means here |
//!
//! A page that is wrong is a fault like any other. Tests hold the pages to the code where they can: every path that a page
//! names is there, the example verifies, and every attack has a test (`tests/documents`).

#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("format.md")]
pub mod format {}

#[doc = include_str!("protocol.md")]
pub mod protocol {}

#[doc = include_str!("../../SECURITY.md")]
pub mod threats {}

#[doc = include_str!("decisions.md")]
pub mod decisions {}

#[doc = include_str!("glossary.md")]
pub mod glossary {}
