//! Signed metadata about container images, kept in the image's own registry repository.
//!
//! A *statement* is what somebody signs about one image under one type: an approval, a scan report, a seccomp profile. It
//! is stored beside the image. TUF metadata in the same repository tells who signed it, that it is current, and that
//! nothing was taken back. A reader gets the most recent statement of a type about exactly that image, signed by somebody
//! with the authority to sign it, or an error.
//!
//! # Read in an admission check
//!
//! [`Repository::open`] says by whose word a repository is trusted and what is remembered of it. Every answer is verified
//! before the first byte of it is returned, and [`Error`] has a [`Class`] to decide by.
//!
//! ```
//! # #[cfg(feature = "publish")]
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use manifesto::{Class, Classified, Repository, keys, limits, name, oci::{Attempts, Content, OCI_INDEX, Source, memory::Memory}, store::state::StateDir, time};
//! # use manifesto::{keys::*, write::{InitOptions, Publisher, PutOptions, StatementContent}};
//! # use std::{sync::Arc, time::SystemTime};
//! # struct Fixed;
//! # impl AskPassphrase for Fixed {
//! #     fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
//! #         Passphrase::new("correct horse".to_owned()).map_err(|error| AskError::Refused(error.to_string()))
//! #     }
//! # }
//! # let (registry, folder) = (Arc::new(Memory::new()), tempfile::tempdir()?);
//! # let bytes = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
//! # registry.push_manifest(&"1.4".parse()?, OCI_INDEX, bytes.into(), Attempts::Several).await?;
//! # let name: name::Location = "registry.example.com/acme/app".parse()?;
//! # let now: time::Timestamp = SystemTime::now().try_into()?;
//! # let state = StateDir::open(folder.path(), limits::Limits::DEFAULT)?;
//! # let repository = Repository::open(name.clone(), now).state(state.clone()).content(registry.clone()).build()?;
//! # let publisher = Publisher::new(repository, Arc::new(keys::store::FileStore::new(&folder.path().join("keys"), Arc::new(Fixed))));
//! # publisher.init(InitOptions { algorithm: Algorithm::Ed25519, person: "alice".into(), backup: None }).await?;
//! # let approval = StatementContent::measure(Source::Bytes("approved".into())).await?;
//! # publisher.put(&"registry.example.com/acme/app:1.4".parse()?, &"approvals".parse()?, approval, PutOptions::default()).await?;
//! use manifesto::read::{Body, GetOptions};
//!
//! /// Whether the security team has approved the image. Whatever is neither yes nor no is an error.
//! async fn is_approved(repository: &Repository, image: &str) -> Result<bool, Box<dyn std::error::Error>> {
//!     let (image, types) = (image.parse()?, ["approvals".parse()?]);
//!     match repository.get(&image, &types, &GetOptions::default()).await {
//!         Ok(answer) => Ok(matches!(&answer.bodies[0].1, Body::Memory(bytes) if bytes == "approved")),
//!         Err(error) if error.class() == Class::Absent => Ok(false),
//!         Err(error) => Err(error.into()),
//!     }
//! }
//!
//! # let content = registry.clone();
//! let repository = Repository::open("registry.example.com/acme/app".parse()?, SystemTime::now().try_into()?)
//!     .state(state)
//! #   .content(content)
//!     .build()?;
//! assert!(is_approved(&repository, "registry.example.com/acme/app:1.4").await?);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "publish"))]
//! # fn main() {}
//! ```
//!
//! Sign in a pipeline, and delegate a type: see [`write`](mod@write).
//!
//! # Architecture
//!
//! | module | subject | feature |
//! |---|---|---|
//! | [`name`], [`limits`], [`time`], [`text`], [`trust`] | the core, without IO: names, bounds, TUF documents and their verification | crate `manifesto-tuf` |
//! | [`oci`] | manifests and blobs by digest: registry, layout on disk, memory | |
//! | [`index`] | the document that lists what a role has signed | |
//! | [`store`] | where TUF metadata is kept: the artifact on the registry, and this machine's state | |
//! | [`mod@read`] | a repository and the questions that it answers | |
//! | [`report`], [`progress`] | what an operation found, and what takes long | |
//! | [`write`](mod@write) | changes: statements, authority, proposals, the publish protocol | `publish` |
//! | the binary | everything that touches a terminal: flags, rendering, hints | `cli` |
//! | `keys` | private keys and where they are kept | `publish`, crate `manifesto-keys` |
//!
//! The modules that read know nothing of `write`, and neither knows the binary: without the feature `publish`, nothing that
//! writes is compiled. The [`manual`] has the
//! design, the format on the registry, the publish protocol, the threats, the decisions and the glossary.
//!
//! # How a question is answered
//!
//! [`Repository::get`] asks for the manifest at `_manifesto` and, at the same time, for the image's tag. Then it fetches, all
//! at once, the TUF documents and indexes that the answer needs and this machine does not remember; then the statement. It
//! verifies in TUF's order whatever order they arrive in: [`trust::TrustedRoot`] → [`trust::CurrentRoot`] →
//! [`trust::WithTimestamp`] → [`trust::WithSnapshot`] → [`trust::Trusted`] → [`trust::Fresh`]. Delegated roles are loaded for the
//! path that is asked for, so another team's expired or damaged role does not matter.
//!
//! # Invariants
//!
//! * Verified data is another type, [`trust::Verified`], born in one module from a verified parent.
//! * One function counts signatures, over the role's distinct authorised public keys.
//! * The core reads no clock, network, file or environment: its dependencies cannot. The rest of the library takes the time
//!   as an argument.
//! * Only "not found" means absent. Everything else that goes wrong is an error.
//! * Every size, count and depth of foreign input is bounded in [`limits::Limits`].
//! * Nothing that was fetched selects a pin or a folder of this machine's state.
//! * The library installs no process-wide TLS provider. It uses the one that the program installed, else ring's.
//!
//! # Deliberately absent
//!
//! Trust on first use without being asked; configuration that lowers trust; a fallback from the keyring to another key
//! store; a cache that is believed without its signatures.

#[cfg(feature = "publish")]
pub use manifesto_keys as keys;
pub use manifesto_tuf::{limits, name, text, time, trust};

mod facts;
pub mod index;
pub mod manual;
pub mod oci;
pub mod progress;
pub mod read;
pub mod report;
pub mod store;
#[cfg(feature = "publish")]
pub mod write;

pub use manifesto_tuf::facts::{Class, Classified, Facts};
pub use read::{Error, Repository};
