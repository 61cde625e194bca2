use std::path::PathBuf;

use clap::Args;
use manifesto::name::{Location, RepositoryName};

use crate::error::CliError;

/// Flags for a repository without a pin.
#[derive(Args, Default)]
#[command(next_help_heading = "Trust")]
pub(crate) struct TrustFlags {
    /// Accept and pin the first root that the registry returns
    ///
    /// Anyone who controls the registry or the network at this moment chooses whom you trust from then on.
    #[arg(long, conflicts_with = "root")]
    pub(crate) trust_first_use: bool,

    /// Trust this root for this command only; nothing is pinned
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,

    /// The repository's name in its signed metadata, for a mirror or a layout
    #[arg(long = "as", value_name = "REPO")]
    pub(crate) identity: Option<RepositoryName>,
}

impl TrustFlags {
    /// Checks that flags about the trust in one repository are not given for several.
    pub(crate) fn for_one_of(&self, repositories: &[Location]) -> Result<(), CliError> {
        if repositories.len() > 1 && (self.root.is_some() || self.identity.is_some()) {
            return Err(CliError::usage("--root and --as apply to one repository, but several are named"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        trust: TrustFlags,
    }

    #[test]
    fn a_given_root_and_the_first_seen_one_exclude_each_other() {
        let parse = |line: &str| Line::try_parse_from(line.split(' ')).map(|line| line.trust);
        assert!(parse("x --trust-first-use --root r.json").is_err());
        let flags = parse("x --root r.json --as ghcr.io/acme/app").unwrap();
        assert_eq!(flags.root, Some("r.json".into()));
        assert_eq!(flags.identity.unwrap().to_string(), "ghcr.io/acme/app");
        assert!(parse("x --as ghcr.io/acme/app:1").is_err());
        assert!(!parse("x").unwrap().trust_first_use);
    }

    #[test]
    fn what_is_about_one_repository_does_not_go_with_several() {
        let repositories: Vec<Location> = ["acme/app", "acme/web"].map(|name| name.parse().unwrap()).into();
        let flags = TrustFlags { identity: Some("acme/app".parse().unwrap()), ..TrustFlags::default() };
        assert!(flags.for_one_of(&repositories).is_err());
        assert!(flags.for_one_of(&repositories[..1]).is_ok());
        assert!(TrustFlags::default().for_one_of(&repositories).is_ok());
    }
}
