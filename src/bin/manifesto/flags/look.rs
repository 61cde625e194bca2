use clap::Args;
use manifesto::name::Location;

use super::{RegistryFlags, TrustFlags};

/// Flags for reading one repository.
#[derive(Args)]
pub(crate) struct LookFlags {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    pub(crate) repository: Location,

    #[command(flatten)]
    pub(crate) trust: TrustFlags,

    #[command(flatten)]
    pub(crate) registry: RegistryFlags,
}
