use std::{
    io::{self, Write},
    path::PathBuf,
};

use manifesto::{
    name::StatementType,
    read::{Body, GetAnswer, GetOptions},
    report::{Text, Written},
    time::Age,
};

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{EvidenceFlag, Format, ImageArg, PlatformFlag, RegistryFlags, SignedTagFlag, TrustFlags},
    output::write_file,
    render::Detail,
    session::Session,
};

/// Verify a statement about an image, and write its exact bytes to stdout
///
/// It always verifies: nothing is written unless an authorised role signed the statement, it is current, and it is
/// about exactly this image.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    image: ImageArg,

    /// The types of statement; more than one needs --to or --digest
    #[arg(value_name = "TYPE", required = true)]
    statement_types: Vec<StatementType>,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE", conflicts_with = "to")]
    output: Option<PathBuf>,

    /// Write each statement to a file in this folder, named after its type
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// Print the statement's digest instead of its bytes
    #[arg(long, conflicts_with_all = ["output", "to"])]
    digest: bool,

    #[command(flatten)]
    evidence: EvidenceFlag,

    /// Refuse a statement whose signature is older than this
    #[arg(long, value_name = "DURATION")]
    max_age: Option<Age>,

    /// Refuse an answer whose timestamp is older than this
    #[arg(long, value_name = "DURATION")]
    fresh: Option<Age>,

    #[command(flatten)]
    tag: SignedTagFlag,

    #[command(flatten)]
    platform: PlatformFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let to_stdout = self.output.is_none() && self.to.is_none() && !self.digest;
        if to_stdout && session.format() == Format::Json {
            return Err(CliError::usage("a report and a statement cannot both go to stdout")
                .hint("Send the statement elsewhere with -o FILE or --to DIR."));
        }
        if self.statement_types.len() > 1 && self.to.is_none() && !self.digest {
            return Err(CliError::usage("several statements need --to DIR"));
        }
        let evidence = self.evidence.is_on(&session.environment, &self.trust)?;
        let opened = repository::open(session, self.image.location(), &self.trust, &self.registry, !evidence)?;
        let options = GetOptions {
            platform: self.platform.clone(),
            max_age: self.max_age,
            fresh: self.fresh,
            verify: evidence,
            require_signed_tag: self.tag.require_signed_tag,
            digest_only: self.digest,
        };
        let GetAnswer { mut report, bodies } = opened.get(&self.image, &self.statement_types, &options).await?;
        for (statement_type, body) in bodies {
            let to_folder = self.to.as_ref().map(|folder| folder.join(statement_type.encoded()));
            match self.output.clone().or(to_folder) {
                Some(file) => {
                    write_file(&file, |sink| copy(body, sink))?;
                    report.written.push(Written { statement_type: Text::new(&statement_type), file });
                }
                None => copy(body, &mut io::stdout().lock()).map_err(CliError::stdout)?,
            }
        }
        session.show_in_detail(&report, Detail { long: false, evidence, digest: self.digest })
    }
}

fn copy(body: Body, sink: &mut dyn Write) -> io::Result<()> {
    match body {
        Body::Memory(bytes) => sink.write_all(&bytes)?,
        Body::File(mut file) => drop(io::copy(&mut file, sink)?),
    }
    sink.flush()
}
