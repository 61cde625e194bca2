use clap::Args;

use super::TrustFlags;
use crate::{
    environment::{Environment, Variable},
    error::CliError,
};

/// The flag that demands evidence.
#[derive(Args)]
pub(crate) struct EvidenceFlag {
    /// Show the evidence for the answer; never ask, never trust on first use, and refuse dates in the future
    #[arg(long, conflicts_with = "trust_first_use")]
    verify: bool,
}

impl EvidenceFlag {
    /// Returns whether the flag or its variable demands evidence.
    pub(crate) fn is_on(&self, environment: &Environment, trust: &TrustFlags) -> Result<bool, CliError> {
        let evidence = self.verify || environment.is_on(Variable::Verify);
        if evidence && trust.trust_first_use {
            return Err(CliError::usage("MANIFESTO_VERIFY is set, and --verify never trusts on first use"));
        }
        Ok(evidence)
    }
}
