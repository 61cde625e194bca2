use clap::Args;

use super::{RegistryFlags, RepositoryArg, TrustFlags};

/// Flags for reading one repository.
#[derive(Args)]
pub(crate) struct LookFlags {
    #[command(flatten)]
    pub(crate) repository: RepositoryArg,

    #[command(flatten)]
    pub(crate) trust: TrustFlags,

    #[command(flatten)]
    pub(crate) registry: RegistryFlags,
}
