use std::path::{Path, PathBuf};

use manifesto::write::{self, ProposalSource, Publisher};

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoryArg, TrustFlags},
    input::read_proposal,
    output::write_new_file,
    session::Session,
};

/// Sign a proposal
///
/// Shows what the proposal would change before it asks. If the signature completes the proposal and this machine may
/// publish, the proposal is published; otherwise it waits for a publisher. With --out no network is used: the current
/// state is read from the file of the proposal, and the signed proposal is written to another file.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The proposal: its id, the first digits of it, or a file
    #[arg(value_name = "ID|FILE")]
    proposal: String,

    /// Write the signed proposal to this file, and use no network
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Do not ask; only with the whole id
    #[arg(long)]
    yes: bool,

    /// With --yes and a file: the whole id of the expected proposal
    #[arg(long, value_name = "ID", requires = "yes")]
    id: Option<String>,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let mut opened = repository::open(session, &self.repository, &self.trust, &self.registry, true)?;
        let source = source(&self.proposal)?;
        match (&source, &self.out) {
            (ProposalSource::File(bytes), Some(_)) => opened = write::offline(opened, bytes).await?,
            (ProposalSource::Id(_), Some(_)) => {
                return Err(CliError::usage("--out takes a proposal from a file")
                    .hint("Write one with: manifesto pending REPO ID --out FILE"));
            }
            (_, None) => {}
        }
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        let review = publisher.proposals().review(&source).await?;
        session.tell(&review.report)?;
        if !review.report.signs.is_empty() {
            self.confirm(session, &review.report)?;
        }
        match &self.out {
            None => session.show_outcome(&review.sign().await?),
            Some(out) => {
                let (bytes, report) = review.sign_to_file().await?;
                write_new_file(out, &bytes)?;
                session.say(&format!("Written to {}.", out.display()));
                session.show(&report)
            }
        }
    }

    /// Asks the user to confirm exactly this proposal.
    fn confirm(&self, session: &Session, review: &manifesto::report::Review) -> Result<(), CliError> {
        let id = review.proposal.id;
        if self.yes {
            let given = self.id.as_deref().unwrap_or(&self.proposal);
            return if given == id.to_string() || given == id.hex() {
                Ok(())
            } else {
                let message = format!("--yes needs the whole id of the proposal, which is {id}");
                Err(CliError::usage(message).hint("Review it first: the proposal may have changed."))
            };
        }
        let names: Vec<String> = review.signs.iter().map(|signer| signer.name.to_string()).collect();
        let otherwise = format!("Answer with --yes and the whole id: {id}");
        if session.asker.confirm(&format!("Sign as {}?", names.join(", ")), &otherwise)? {
            return Ok(());
        }
        Err(CliError::new(Exit::Unexpected, "declined", "nothing was signed"))
    }
}

/// Parses the argument: an id if it has the form of one, otherwise a file. [⚔] A file whose name looks like an id is
/// not signed instead of that proposal; a user names it as `./7be3a1`.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-file-name
pub(super) fn source(named: &str) -> Result<ProposalSource, CliError> {
    let digits = named.strip_prefix("sha256:").unwrap_or(named);
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(ProposalSource::Id(named.to_owned()))
    } else {
        read_proposal(Path::new(named)).map(ProposalSource::File)
    }
}
