use manifesto::{
    Repository,
    name::{Location, Platform},
    read::ListOptions,
};

use crate::{
    connect::repository,
    environment::Variable,
    error::CliError,
    exit::Exit,
    flags::{AskedImage, RegistryFlags, TrustFlags},
    render::Detail,
    session::Session,
};

/// List the types of the statements about an image
///
/// Valid types are printed to stdout, the headline and expired statements to stderr. An empty list that was verified is
/// an answer and not a failure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The image: name[:tag][@digest], or oci:DIR[:TAG|@DIGEST]; a repository with --all-images
    #[arg(value_name = "IMAGE")]
    image: AskedImage,

    /// Show size, age, expiry and signers of each statement
    #[arg(long)]
    long: bool,

    /// Show which images of the repository have which statements
    #[arg(long, conflicts_with = "platform")]
    all_images: bool,

    /// Show the evidence for the answer; never ask, never trust on first use, and refuse dates in the future
    #[arg(long, conflicts_with = "trust_first_use")]
    verify: bool,

    /// Refuse an unsigned tag, and one that is signed for another digest than the one in IMAGE
    #[arg(long, conflicts_with = "all_images")]
    require_signed_tag: bool,

    /// Choose this platform's image from a multi-platform image
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let evidence = self.verify || session.environment.is_on(Variable::Verify);
        if evidence && self.trust.trust_first_use {
            return Err(CliError::usage("MANIFESTO_VERIFY is set, and --verify never trusts on first use"));
        }
        let detail = Detail { long: self.long, evidence, digest: false };
        let may_ask = !evidence;
        if self.all_images {
            let location = self.image.repository()?;
            let opened = self.open(session, &location, may_ask)?;
            let report = opened.list_all_images(evidence).await?;
            return session.show_in_detail(&report, detail);
        }
        let opened = self.open(session, self.image.image().location(), may_ask)?;
        let options = ListOptions {
            platform: self.platform.clone(),
            require_signed_tag: self.require_signed_tag,
            verify: evidence,
        };
        let report = opened.list(self.image.image(), &options).await?;
        session.show_in_detail(&report, detail)
    }

    fn open(&self, session: &Session, location: &Location, may_ask: bool) -> Result<Repository, CliError> {
        repository::open(session, location, &self.trust, &self.registry, may_ask)
    }
}
