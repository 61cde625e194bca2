use std::{collections::BTreeMap, path::Path};

use clap::ArgGroup;
use std::sync::Arc;

use manifesto::{
    Error, Repository,
    name::{Image, Location, StatementType},
    oci::Reference,
    read::GetOptions,
    report::Statement,
    time::Age,
    write::{Publisher, PutOptions, StatementContent},
};
use unicode_normalization::UnicodeNormalization;

use super::init;
use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{Annotation, ImageArg, KeyStoreFlag, MediaType, PlatformFlag, RegistryFlags, TrustFlags},
    input::Input,
    session::Session,
};

/// Store and sign a statement about an image
///
/// The statement is about the image's digest: if the tag moves, the statement stays with its image. An image has one
/// current statement of each type. The ten before it are kept.
#[derive(clap::Args)]
#[command(
    group = ArgGroup::new("content").required(true),
    override_usage = "manifesto put [OPTIONS] <IMAGE> <TYPE> <FILE|-|--text TEXT|--from IMAGE>"
)]
pub(crate) struct Args {
    #[command(flatten)]
    image: ImageArg,

    /// The type of statement, such as approvals or seccomp
    #[arg(value_name = "TYPE")]
    statement_type: StatementType,

    /// The file to store; - reads stdin
    #[arg(value_name = "FILE|-", group = "content")]
    file: Option<String>,

    /// Store this text instead of a file
    #[arg(long, value_name = "TEXT", group = "content", allow_hyphen_values = true)]
    text: Option<String>,

    /// Copy the statement of this type from another image of the repository
    #[arg(long, value_name = "IMAGE", group = "content")]
    from: Option<Image>,

    /// How long the statement is valid, such as 30d
    #[arg(long, value_name = "DURATION")]
    ttl: Option<Age>,

    /// The media type of the statement, such as application/json
    #[arg(long, value_name = "MEDIA-TYPE")]
    media_type: Option<MediaType>,

    /// A signed annotation of the statement; may be given several times
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    annotations: Vec<Annotation>,

    #[command(flatten)]
    platform: PlatformFlag,

    /// Create the repository's keys and first root, if there are none
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
        self.check_reference(session)?;
        // Report a fault of the file before the registry is asked.
        let given = match (&self.file, &self.text) {
            (Some(file), _) if file == "-" => Some(Input::of_stdin().await?),
            (Some(file), _) => Some(Input::of_file(Path::new(file)).await?),
            (None, Some(text)) => Some(Input::of_bytes(text.clone())),
            (None, None) => None,
        };
        let mut options = self.options();
        let opened = Arc::new(repository::open(session, self.image.location(), &self.trust, &self.registry, true)?);
        if self.init {
            self.begin(session, &opened).await?;
        }
        let input = match (given, &self.from) {
            (Some(input), _) => input,
            (None, Some(from)) => self.carry_over(session, &opened, from, &mut options).await?,
            (None, None) => return Err(CliError::usage("there is nothing to store")),
        };
        let content = StatementContent::measure(input.source.clone()).await?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        let report = publisher.put(&self.image, &self.statement_type, content, options).await?;
        session.show_outcome(&report)
    }

    /// Checks what the names of the images alone show.
    fn check_reference(&self, session: &Session) -> Result<(), CliError> {
        if let Some(from) = &self.from
            && from.location() != self.image.location()
        {
            return Err(CliError::usage("--from takes another image of the same repository").about(from));
        }
        let repository = match (&self.trust.identity, self.image.location()) {
            (Some(repository), _) | (None, Location::Registry(repository)) => repository,
            (None, Location::Layout(_)) => return Ok(()),
        };
        let by_digest_only = session.config.about(repository).is_some_and(|(_, config)| config.put_by_digest_only);
        if by_digest_only && self.image.digest().is_none() {
            return Err(CliError::usage(format!("{} is named without a digest", *self.image))
                .about(&*self.image)
                .hint("The configuration sets put_by_digest_only for it: name the image as name@sha256:…."));
        }
        Ok(())
    }

    fn options(&self) -> PutOptions {
        let name = self.file.as_deref().filter(|file| *file != "-").and_then(|file| Path::new(file).file_name());
        let title = name.and_then(|name| title(name.to_str()?));
        let guessed = || match (&self.text, &title) {
            (Some(_), _) => "text/plain",
            (None, Some(title)) => media_type_of(title),
            (None, None) => OTHER,
        };
        let media_type = self.media_type.as_ref().map_or_else(guessed, MediaType::as_str).to_owned();
        let annotations = self.annotations.iter().map(|note| (note.key.clone(), note.value.clone())).collect();
        PutOptions { platform: self.platform.clone(), media_type, ttl: self.ttl, title, annotations }
    }

    /// Creates the repository's keys and first root, if it has none and this machine remembers none.
    async fn begin(&self, session: &Session, opened: &Arc<Repository>) -> Result<(), CliError> {
        if !init::is_new(opened).await? {
            return Ok(());
        }
        // A mistyped image must not leave unnecessary keys and a root.
        let reference = match (self.image.digest(), self.image.tag()) {
            (Some(digest), _) => Some(Reference::Digest(digest)),
            (None, tag) => tag.cloned().map(Reference::Tag),
        };
        if let Some(reference) = reference
            && opened.content().resolve(&reference).await?.is_none()
        {
            let credentials_sent = opened.content().credentials_sent();
            return Err(Error::NoImage { image: self.image.to_string(), credentials_sent }.into());
        }
        let report = init::begin(session, opened, &self.keys, init::Wanted::default()).await?;
        session.tell(&report)
    }

    /// The verified statement of another image, with its signed fields where no flag sets them.
    async fn carry_over(
        &self,
        session: &Session,
        opened: &Repository,
        from: &Image,
        options: &mut PutOptions,
    ) -> Result<Input, CliError> {
        let asked = GetOptions { platform: self.platform.clone(), ..GetOptions::default() };
        let got = opened.get(from, std::slice::from_ref(&self.statement_type), &asked).await?;
        let (Some(statement), Some((_, body))) = (got.report.statements.first(), got.bodies.into_iter().next()) else {
            return Err(
                Error::NoStatement { image: from.to_string(), statement_type: self.statement_type.clone() }.into()
            );
        };
        let Statement { media_type, title, annotations, expires, .. } = statement;
        if self.media_type.is_none() {
            options.media_type = media_type.raw().to_owned();
        }
        options.title = title.as_ref().map(|title| title.raw().to_owned());
        let mut notes: BTreeMap<String, String> =
            annotations.iter().map(|(key, value)| (key.clone(), value.raw().to_owned())).collect();
        notes.append(&mut options.annotations);
        options.annotations = notes;
        // A copy of a statement that expires must expire too.
        let remaining = expires.map(|expires| Age::between(session.now.whole_seconds(), expires));
        options.ttl = self.ttl.or(remaining);
        Input::of_body(body).await
    }
}

/// The media type if nothing else is known.
const OTHER: &str = "application/octet-stream";

/// The media type for the extension of a file's name.
fn media_type_of(name: &str) -> &'static str {
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
    match suffix.as_deref() {
        Some("json") => "application/json",
        Some("sarif") => "application/sarif+json",
        Some("txt") => "text/plain",
        _ => OTHER,
    }
}

/// A file's name as a signed title in NFC. `None` if it cannot be displayed.
fn title(name: &str) -> Option<String> {
    (!name.contains(char::is_control)).then(|| name.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suggest_media_types() {
        for (name, suggested) in [
            ("ok.json", "application/json"),
            ("REPORT.JSON", "application/json"),
            ("bandit.sarif", "application/sarif+json"),
            ("bandit.sarif.json", "application/json"),
            ("note.txt", "text/plain"),
            ("json", OTHER),
            ("x.bin", OTHER),
        ] {
            assert_eq!(media_type_of(name), suggested, "{name}");
        }
    }

    #[test]
    fn a_title_is_in_normal_form_and_on_one_line() {
        assert_eq!(title("pru\u{308}fung.json").as_deref(), Some("pr\u{fc}fung.json"));
        assert_eq!(title("two\nlines"), None);
    }
}
