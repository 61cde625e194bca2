//! Signed metadata about container images, kept in the image's own registry repository.
//!
//! A *statement* is what someone says about one image under one type: an approval, a scan report, a seccomp profile. It
//! is stored beside the image, and TUF metadata in the same place says whose word it is, that it is the current one, and
//! that nothing was taken back. A reader gets the most recent statement of a type about exactly that image, put there by
//! someone with the authority to say it, or nothing and an error.
//!
//! # The house
//!
//! | module | subject | knows nothing of |
//! |---|---|---|
//! | [`name`] | what a user types or a document names, parsed once | IO |
//! | [`limits`], [`time`], [`text`] | every bound on foreign input; dates and spans; foreign text made fit to print | clocks |
//! | [`trust`] | TUF: documents, signatures, the chain of states, the delegation walk; [`trust::author`] is its mirror | IO, clocks, keys |
//! | [`oci`] | manifests and blobs by digest: registry, layout on disk, memory | what is signed |
//! | [`index`] | the index document | who signs it |
//! | [`store`] | where TUF metadata lives: the artifact, a verified publication, what this machine remembers | use cases |
//! | [`ops`] | one file per use case: the async shell around the pure core | terminals |
//! | [`report`], [`progress`] | what operations tell, apart from how it is shown | terminals |
//!
//! The binary `manifesto` is everything that touches a terminal: flags, rendering, hints, exit codes. Private keys are
//! touched by the crate `manifesto-keys` alone.
//!
//! # How a question is answered
//!
//! [`ops::get`] opens the repository: one request for the manifest at `_manifesto` and, at the same time, one for the
//! image's tag; then, all at once, whatever TUF documents and indexes the answer needs and this machine does not
//! remember; then the statement. What came back is verified in TUF's order whatever order it arrived in:
//! [`trust::TrustedRoot`] → [`trust::CurrentRoot`] → [`trust::WithTimestamp`] → [`trust::WithSnapshot`] →
//! [`trust::Trusted`] → [`trust::Fresh`]. Delegated roles are loaded for the path that is asked for, so another team's
//! expired or damaged role stands in nobody's way.
//!
//! # How a change is made
//!
//! [`ops::put`] records an *intent* (what is wanted, the value it replaces, who is to sign), drafts the next
//! publication, verifies the draft like any reader, uploads it and moves the tag. With one writer a lock orders this
//! user's publications. With several, each announces its publication at a tag of its own first, and believes in it only
//! when two reads far enough apart show it; an exhaustive search of that protocol is a test (`tests/publish_model`).
//!
//! Who may say what changes in a *ceremony* ([`ops::delegate`], [`ops::add_publisher`]): a new root, new top-level
//! targets, or both, published like any change, together with the roles that have to be signed anew. It records what it
//! replaces and is never made again on top of another word about who may say what. How a role begins whose people's keys
//! are elsewhere is told in `trust::author::delegate`.
//!
//! What needs more signatures than one machine can give is a *proposal* ([`trust::Proposal`]): the documents themselves,
//! kept by each signer at a tag of their own, until enough have signed ([`ops::review`]). A statement of two people, a
//! delegation whose root key is elsewhere and a change of root are one mechanism; [`ops::Outcome`] tells an operation that
//! is done from one that is proposed.
//!
//! A ceremony by which keys go ([`ops::rotate`], [`ops::revoke`]) is made as if a thief had them: with consent on top of
//! what this machine saw last, where what stands at the tag is not to be believed; under versions and dates that the keys
//! vouch for which stay; and without what the others sign meanwhile. [`ops::Recovery`] is the same without a thief, for a
//! registry that has lost what it had.
//!
//! # Invariants
//!
//! * Imports point one way: `name`, `limits`, `text`, `time` ← `trust`, `oci`, `index` ← `store` ← `ops` ← the binary. A test
//!   reads the sources and says so.
//! * [`trust`] imports no tokio, HTTP, file system, environment, clock or key store. The same test.
//! * Verified data is another type, [`trust::Verified`], born in one module from a verified parent.
//! * One function counts signatures, over the role's distinct authorised public keys.
//! * The states of [`trust`] are TUF's workflow for any repository. What this layout demands beyond it stands in one
//!   policy, [`trust::House`]; under the other, [`trust::plain::Plain`], the conformance client reads whatever TUF allows.
//! * Only "not found" means absent. Everything else that goes wrong is an error.
//! * Every size, count and depth of foreign input is bounded in [`limits::Limits`].
//! * Nothing that was fetched selects a pin or a folder of this machine's state.
//!
//! # Deliberately absent
//!
//! Trust on first use without being asked; configuration that lowers trust; a fallback from the keyring to anything
//! else; a cache that is believed without its signatures.

pub use manifesto_tuf::{limits, name, text, time, trust};

mod facts;
pub mod index;
pub mod oci;
pub mod progress;
pub mod read;
pub mod report;
pub mod store;
#[cfg(feature = "publish")]
pub mod write;

pub use facts::{Class, Classified, Facts};
pub use read::{Error, Repository};
