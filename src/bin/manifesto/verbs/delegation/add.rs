use std::num::NonZeroU32;

use manifesto::{
    name::{Location, RoleName, StatementType},
    trust::author::Grant,
};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, TagPattern},
    session::Session,
};

/// Make a role, or give it more
///
/// A type that is given to a role is its people's alone: nobody else's statements of it count, not even the owner's. It
/// takes the owner's keys, and the public halves of the people's. The role begins at once, and says nothing yet.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// The role, such as qa
    #[arg(value_name = "ROLE")]
    role: RoleName,

    /// A type of statements that becomes this role's alone; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<StatementType>,

    /// A pattern of tags that it may sign, such as 'v*'; may be given several times
    #[arg(long, value_name = "PATTERN")]
    tags: Vec<TagPattern>,

    /// Someone's public key: a file as `key generate` prints it, or the name of a key that is here
    #[arg(long = "key", value_name = "PUB")]
    keys: Vec<String>,

    /// How many of its keys must sign; 1 if not given
    #[arg(long, value_name = "N")]
    threshold: Option<NonZeroU32>,

    /// Have the role sign over what the owner has said under its types; takes enough of the role's keys on this machine
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
