use clap::ValueEnum;
use manifesto::trust::author::Publishing;

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, RepositoryArg},
    session::Session,
};

/// Add a publisher, who may renew and publish
///
/// Everyone who signs statements also has to publish them, and a machine that renews from cron does nothing else. A
/// publisher has one key for snapshot and timestamp, and needs no other. Adding one needs the owner's keys, and the
/// publisher's public key. With --only, snapshot and timestamp can have different keys, so that one key alone cannot
/// publish.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// A public key: a file as `key generate` prints it, or the name of a key on this machine
    #[arg(long = "key", value_name = "PUB", required = true)]
    keys: Vec<String>,

    /// Let the key sign only snapshot or only timestamp; publishing takes a key for each
    #[arg(long, value_name = "PART")]
    only: Option<Part>,

    #[command(flatten)]
    change: ChangeFlags,
}

/// A document of a publication.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Part {
    /// Snapshot: which versions belong together
    Versions,
    /// Timestamp: which snapshot is current, and until when
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
