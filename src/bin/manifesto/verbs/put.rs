use clap::ArgGroup;
use manifesto::{
    name::{Image, Platform, StatementType},
    report,
    time::Age,
};

use super::Unbuilt;
use crate::{
    error::CliError,
    exit::Exit,
    flags::{Annotation, KeyStoreFlag, RegistryFlags, TrustFlags},
    session::Session,
};

/// Store and sign a statement about an image
///
/// The statement is about the image's digest: if the tag moves on, the statement stays with the image it was made
/// for. An image has one current statement of each type; the ten before it are kept.
#[derive(clap::Args)]
#[command(
    group = ArgGroup::new("content").required(true),
    override_usage = "manifesto put [OPTIONS] <IMAGE> <TYPE> <FILE|-|--text TEXT|--from IMAGE>"
)]
pub(crate) struct Args {
    /// The image: name[:tag][@digest], or oci:DIR[:TAG|@DIGEST] for a layout on disk
    #[arg(value_name = "IMAGE")]
    image: Image,

    /// The kind of statement, such as approvals or seccomp
    #[arg(value_name = "TYPE")]
    kind: StatementType,

    /// The file to store; - reads stdin
    #[arg(value_name = "FILE|-", group = "content")]
    file: Option<String>,

    /// Store this text instead of a file
    #[arg(long, value_name = "TEXT", group = "content", allow_hyphen_values = true)]
    text: Option<String>,

    /// Carry the statement of this type over from another image of the repository
    #[arg(long, value_name = "IMAGE", group = "content")]
    from: Option<Image>,

    /// How long the statement is good for, such as 30d
    #[arg(long, value_name = "DURATION")]
    ttl: Option<Age>,

    /// What the statement is, such as application/json
    #[arg(long, value_name = "MEDIA-TYPE")]
    media_type: Option<String>,

    /// A signed note beside the statement; may be given several times
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    annotations: Vec<Annotation>,

    /// Choose this platform's image from a multi-platform image
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,

    /// Make the repository's keys and trust data first, if there are none
    #[arg(long)]
    init: bool,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if self.file.as_deref() == Some("-") && self.registry.reads_stdin() {
            return Err(CliError::usage("stdin cannot hold both the statement and the password"));
        }
        let report = report::Put::unbuilt()?;
        session.show(&report)
    }
}
