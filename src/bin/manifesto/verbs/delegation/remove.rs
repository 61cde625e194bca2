use manifesto::{
    name::{RoleName, StatementType},
    write::DelegationRemoval,
};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, RepositoryArg},
    session::Session,
};

/// Remove keys or types from a role, or the whole role
///
/// The owner signs these types again. Statements of the role stay valid if its remaining keys have signed them.
/// Otherwise nothing is changed, and the command names the signers who have to sign first.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The role, such as qa; without --key and --type the whole role is removed
    #[arg(value_name = "ROLE")]
    role: RoleName,

    /// A key that may no longer sign for it: its name, the first digits of its id, or a file with its public half
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,

    /// A type to remove from the role; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<StatementType>,

    #[command(flatten)]
    change: ChangeFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let taken = if self.keys.is_empty() && self.types.is_empty() {
            DelegationRemoval::Role
        } else {
            let keys = self.keys.iter().map(|key| public_key::meant(key)).collect::<Result<_, _>>()?;
            DelegationRemoval::Part { keys, types: self.types }
        };
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        session.hand_over(&publisher, &publisher.remove_delegation(&self.role, &taken).await?, out.as_deref()).await
    }
}
