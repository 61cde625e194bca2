//! Flags that several verbs share. Each group is a type that checks its flags together.

mod evidence;
mod global;
mod image;
mod keys;
mod look;
mod propose;
mod registry;
mod repository;
mod secret;
mod trust;
mod values;

pub(crate) use evidence::EvidenceFlag;
pub(crate) use global::{Format, Global, format_of};
pub(crate) use image::{ImageArg, PlatformFlag, SignedTagFlag};
pub(crate) use keys::{KeyStoreFlag, KeyType, OneStoreFlag};
pub(crate) use look::LookFlags;
pub(crate) use propose::{ChangeFlags, ProposalFileFlag};
pub(crate) use registry::RegistryFlags;
pub(crate) use repository::{RepositoriesArg, RepositoryArg};
pub(crate) use secret::SecretArg;
pub(crate) use trust::TrustFlags;
pub(crate) use values::{Annotation, AskedImage, MediaType, PersonName, TagPattern};
