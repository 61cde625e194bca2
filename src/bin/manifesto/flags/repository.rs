use std::ops::Deref;

use clap::Args;
use manifesto::name::Location;

/// The repository that a command is about.
#[derive(Args)]
pub(crate) struct RepositoryArg {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,
}

impl Deref for RepositoryArg {
    type Target = Location;

    fn deref(&self) -> &Location {
        &self.repository
    }
}

/// The repositories that a command is about.
#[derive(Args)]
pub(crate) struct RepositoriesArg {
    /// The repositories, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO", required = true)]
    repositories: Vec<Location>,
}

impl Deref for RepositoriesArg {
    type Target = [Location];

    fn deref(&self) -> &[Location] {
        &self.repositories
    }
}
