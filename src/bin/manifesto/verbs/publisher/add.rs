use clap::ValueEnum;
use manifesto::{name::Location, trust::author::Publishing};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::ChangeFlags,
    session::Session,
};

/// Let someone renew and publish
///
/// Whoever says something also has to publish it, and whoever renews from cron does nothing else. A publisher has one key
/// for that, and needs nobody else's. It takes the owner's keys, and the public half of the publisher's. With --only the two
/// parts of a publication can be kept with different keys, so that nobody publishes with one of them alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Someone's public key: a file as `key generate` prints it, or the name of a key that is here
    #[arg(long = "key", value_name = "PUB", required = true)]
    keys: Vec<String>,

    /// Let the key sign one of the two parts of a publication; whoever has a key for each publishes
    #[arg(long, value_name = "PART")]
    only: Option<Part>,

    #[command(flatten)]
    change: ChangeFlags,
}

/// A part of what it takes to publish.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Part {
    /// The list of versions: which documents belong together
    Versions,
    /// That this list is current, and until when
    Current,
}

impl From<Part> for Publishing {
    fn from(part: Part) -> Self {
        match part {
            Part::Versions => Self::Versions,
            Part::Current => Self::Current,
        }
    }
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let added = public_key::all(session, &self.change.key_store, &self.keys).await?;
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        let publishing = self.only.map_or(Publishing::Both, Publishing::from);
        session.hand_over(&publisher, &publisher.add_publisher(&added, publishing).await?, out.as_deref()).await
    }
}
