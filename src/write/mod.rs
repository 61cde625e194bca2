//! Writing: every change of a repository, from its verified base to the confirmed publication.
//!
//! | folder | subject |
//! |---|---|
//! | `statement` | statements: put, delete |
//! | `authority` | authority changes: delegations, publishers, root, rotation, revocation |
//! | `bootstrap` | the first publication of a repository |
//! | `proposal` | changes that need the signatures of several machines |
//! | `publish` | the publish protocol, which ends every change |
//! | `refresh`, `recover` | renewing what expires; restoring what a registry has lost |
//! | `lost` | content that the registry has lost, noticed by a change |
//! | `keep` | what a publisher keeps, so that it can restore a registry |
//!
//! # Sign in a pipeline
//!
//! ```
//! use manifesto::write::{Outcome, Publisher, PutOptions, StatementContent};
//!
//! # use manifesto::{Repository, limits, name, oci::{Attempts, Content, OCI_INDEX, Source, memory::Memory}, store::state::StateDir};
//! # use manifesto::{keys::*, write::InitOptions};
//! # use std::{sync::Arc, time::SystemTime};
//! # struct Fixed;
//! # impl AskPassphrase for Fixed {
//! #     fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
//! #         Passphrase::new("correct horse".to_owned()).map_err(|error| AskError::Refused(error.to_string()))
//! #     }
//! # }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (registry, folder) = (Arc::new(Memory::new()), tempfile::tempdir()?);
//! # let bytes = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
//! # registry.push_manifest(&"1.4".parse()?, OCI_INDEX, bytes.into(), Attempts::Several).await?;
//! # let name: name::Location = "registry.example.com/acme/app".parse()?;
//! # let state = StateDir::open(folder.path(), limits::Limits::DEFAULT)?;
//! # let repository = Repository::open(name, SystemTime::now().try_into()?).state(state).content(registry.clone()).build()?;
//! # let keys: Arc<dyn KeyStore> = Arc::new(manifesto::keys::store::FileStore::new(&folder.path().join("keys"), Arc::new(Fixed)));
//! # Publisher::new(repository, Arc::clone(&keys))
//! #     .init(InitOptions { algorithm: Algorithm::Ed25519, person: "alice".into(), backup: None }).await?;
//! # let name: name::Location = "registry.example.com/acme/app".parse()?;
//! # let state = StateDir::open(folder.path(), limits::Limits::DEFAULT)?;
//! # let repository = Repository::open(name, SystemTime::now().try_into()?).state(state).content(registry).build()?;
//! let publisher = Publisher::new(repository, keys);
//! let report = StatementContent::measure(Source::Bytes(r#"{"vulnerabilities":[]}"#.into())).await?;
//! let options = PutOptions { media_type: "application/json".into(), ..PutOptions::default() };
//! let image = "registry.example.com/acme/app:1.4".parse()?;
//! match publisher.put(&image, &"trivy".parse()?, report, options).await? {
//!     Outcome::Done(put) => println!("stored at {}", put.statements[0].digest),
//!     Outcome::Proposed(proposed) => println!("proposal {} waits for signatures", proposed.proposal.id),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Delegate a type
//!
//! From then on only the role's keys can sign the type, for every TUF client.
//!
//! ```
//! use manifesto::{trust::{Json, author::{Grant, NamedKey}}, write::{Outcome, Publisher}};
//!
//! # use manifesto::{Repository, limits, name, oci::{Attempts, Content, OCI_INDEX, Source, memory::Memory}, store::state::StateDir};
//! # use manifesto::{keys::*, write::InitOptions};
//! # use std::{sync::Arc, time::SystemTime};
//! # struct Fixed;
//! # impl AskPassphrase for Fixed {
//! #     fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
//! #         Passphrase::new("correct horse".to_owned()).map_err(|error| AskError::Refused(error.to_string()))
//! #     }
//! # }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (registry, folder) = (Arc::new(Memory::new()), tempfile::tempdir()?);
//! # let bytes = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
//! # registry.push_manifest(&"1.4".parse()?, OCI_INDEX, bytes.into(), Attempts::Several).await?;
//! # let name: name::Location = "registry.example.com/acme/app".parse()?;
//! # let state = StateDir::open(folder.path(), limits::Limits::DEFAULT)?;
//! # let repository = Repository::open(name, SystemTime::now().try_into()?).state(state).content(registry.clone()).build()?;
//! # let keys: Arc<dyn KeyStore> = Arc::new(manifesto::keys::store::FileStore::new(&folder.path().join("keys"), Arc::new(Fixed)));
//! # Publisher::new(repository, Arc::clone(&keys))
//! #     .init(InitOptions { algorithm: Algorithm::Ed25519, person: "alice".into(), backup: None }).await?;
//! # let name: name::Location = "registry.example.com/acme/app".parse()?;
//! # let state = StateDir::open(folder.path(), limits::Limits::DEFAULT)?;
//! # let repository = Repository::open(name, SystemTime::now().try_into()?).state(state).content(registry).build()?;
//! # let pem = Secret::generate(Algorithm::Ed25519)?.public_key().to_pem();
//! let key = PublicKey::from_pem(&pem)?;
//! let anna = NamedKey { id: key.key_id().clone(), key: Json::of(&key)?, name: "anna".into() };
//! let grant = Grant {
//!     role: "qa".parse()?,
//!     types: vec!["approvals".parse()?],
//!     tags: Vec::new(),
//!     keys: vec![anna],
//!     threshold: None,
//! };
//! let outcome = Publisher::new(repository, keys).delegate(&grant, false).await?;
//! assert!(matches!(outcome, Outcome::Done(_)), "the root key is here");
//! # Ok(())
//! # }
//! ```

mod authority;
mod backup;
mod bootstrap;
mod error;
mod keep;
mod keys;
mod lost;
mod no_keys;
mod proposal;
mod publish;
mod publisher;
mod recover;
mod refresh;
mod statement;

pub use authority::{DelegationRemoval, Orphans, RevokeOptions, RootChange, RotateOptions, RotationTarget};
pub use backup::Backup;
pub use bootstrap::{InitOptions, InitOutcome, RootKeys};
pub use error::{AffectedRole, WriteError};
pub use proposal::{Outcome, ProposalSource, Proposals, Review, offline};
pub use publisher::{PublishTiming, Publisher};
pub use recover::Recovery;
pub use statement::{PutOptions, StatementContent};
