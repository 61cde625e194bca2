use std::num::NonZeroU32;

use manifesto::{
    name::{RoleName, StatementType},
    trust::author::Grant,
};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, RepositoryArg, TagPattern},
    session::Session,
};

/// Add a role, or extend one
///
/// Only the role may sign a type that is delegated to it. Statements of others with this type do not count, not even
/// the owner's. This needs the owner's keys, and the public keys of the delegates. A new role is valid at once, and has
/// no statements.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The role, such as qa
    #[arg(value_name = "ROLE")]
    role: RoleName,

    /// A type of statements that only this role may sign; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<StatementType>,

    /// A pattern of tags that it may sign, such as 'v*'; may be given several times
    #[arg(long, value_name = "PATTERN")]
    tags: Vec<TagPattern>,

    /// A public key: a file as `key generate` prints it, or the name of a key on this machine
    #[arg(long = "key", value_name = "PUB")]
    keys: Vec<String>,

    /// How many of its keys must sign; 1 if not given
    #[arg(long, value_name = "N")]
    threshold: Option<NonZeroU32>,

    /// Let the role sign the owner's statements of its types; needs enough of the role's keys on this machine
    #[arg(long, requires = "types")]
    adopt: bool,

    #[command(flatten)]
    change: ChangeFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let wanted = Grant {
            role: self.role,
            types: self.types,
            tags: self.tags.into_iter().map(TagPattern::into_pattern).collect(),
            keys: public_key::all(session, &self.change.key_store, &self.keys).await?,
            threshold: self.threshold,
        };
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        session.hand_over(&publisher, &publisher.delegate(&wanted, self.adopt).await?, out.as_deref()).await
    }
}
