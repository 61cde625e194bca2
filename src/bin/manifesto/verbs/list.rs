use manifesto::{Repository, name::Location, read::ListOptions};

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{AskedImage, EvidenceFlag, PlatformFlag, RegistryFlags, SignedTagFlag, TrustFlags},
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
    #[arg(long, conflicts_with_all = ["platform", "require_signed_tag"])]
    all_images: bool,

    #[command(flatten)]
    evidence: EvidenceFlag,

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
        let evidence = self.evidence.is_on(&session.environment, &self.trust)?;
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
            require_signed_tag: self.tag.require_signed_tag,
            verify: evidence,
        };
        let report = opened.list(self.image.image(), &options).await?;
        session.show_in_detail(&report, detail)
    }

    fn open(&self, session: &Session, location: &Location, may_ask: bool) -> Result<Repository, CliError> {
        repository::open(session, location, &self.trust, &self.registry, may_ask)
    }
}
