use manifesto::{
    name::{Location, RoleName, StatementType},
    write::Taken,
};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::ChangeFlags,
    session::Session,
};

/// Take keys or types from a role, or end it
///
/// The types are the owner's again. What the role has said stays in force as far as its remaining people have signed it;
/// where that is not so, nothing is changed, and it is said who has to sign first.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// The role, such as qa; with neither --key nor --type it ends
    #[arg(value_name = "ROLE")]
    role: RoleName,

    /// A key that may no longer sign for it: its name, the first digits of its id, or a file with its public half
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,

    /// A type that is no longer its own; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<StatementType>,

    #[command(flatten)]
    change: ChangeFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let taken = if self.keys.is_empty() && self.types.is_empty() {
            Taken::Role
        } else {
            let keys = self.keys.iter().map(|key| public_key::meant(key)).collect::<Result<_, _>>()?;
            Taken::Part { keys, types: self.types }
        };
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        session.hand_over(&publisher, &publisher.undelegate(&self.role, &taken).await?, out.as_deref()).await
    }
}
