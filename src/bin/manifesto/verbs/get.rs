use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use manifesto::{
    name::{Image, Platform, StatementType},
    ops::{self, Body, GetOptions, Got},
    report::{Text, Written},
    time::Age,
};
use tempfile::NamedTempFile;

use crate::{
    connect::repository,
    environment::Variable,
    error::CliError,
    exit::Exit,
    flags::{Format, RegistryFlags, TrustFlags},
    render::{Detail, View},
    session::Session,
};

/// Verify a statement about an image, and write its exact bytes to stdout
///
/// It always verifies: nothing is written unless the statement is signed by whoever may say it, current, and about
/// exactly this image.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The image: name[:tag][@digest], or oci:DIR[:TAG|@DIGEST] for a layout on disk
    #[arg(value_name = "IMAGE")]
    image: Image,

    /// The kinds of statement; more than one needs --to or --digest
    #[arg(value_name = "TYPE", required = true)]
    kinds: Vec<StatementType>,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE", conflicts_with = "to")]
    output: Option<PathBuf>,

    /// Write each statement to a file in this folder, named after its type
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// Print the statement's digest instead of its bytes
    #[arg(long, conflicts_with_all = ["output", "to"])]
    digest: bool,

    /// Show why it may be believed; never ask, and never trust on first use
    #[arg(long, conflicts_with = "trust_first_use")]
    verify: bool,

    /// Refuse a statement that was signed longer ago than this
    #[arg(long, value_name = "DURATION")]
    max_age: Option<Age>,

    /// Refuse an answer that was last confirmed as current longer ago than this
    #[arg(long, value_name = "DURATION")]
    fresh: Option<Age>,

    /// Refuse a tag that nobody signed
    #[arg(long)]
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
        let to_stdout = self.output.is_none() && self.to.is_none() && !self.digest;
        if to_stdout && session.format() == Format::Json {
            return Err(CliError::usage("a report and a statement cannot both go to stdout")
                .hint("Send the statement elsewhere with -o FILE or --to DIR."));
        }
        if self.kinds.len() > 1 && self.to.is_none() && !self.digest {
            return Err(CliError::usage("several statements need --to DIR"));
        }
        let evidence = self.verify || session.environment.is_on(Variable::Verify);
        if evidence && self.trust.trust_first_use {
            return Err(CliError::usage("MANIFESTO_VERIFY is set, and --verify never trusts on first use"));
        }
        let location = self.image.location();
        let opened = repository::open(
            session,
            location,
            std::slice::from_ref(location),
            &self.trust,
            &self.registry,
            !evidence,
        )?;
        let options = GetOptions {
            platform: self.platform.clone(),
            max_age: self.max_age,
            fresh: self.fresh,
            require_signed_tag: self.require_signed_tag,
            digest_only: self.digest,
        };
        let Got { mut report, bodies } = ops::get(&opened, &self.image, &self.kinds, &options).await?;
        for (kind, body) in bodies {
            let to_folder = self.to.as_ref().map(|folder| folder.join(kind.encoded()));
            match self.output.clone().or(to_folder) {
                Some(file) => {
                    write_file(&file, body)?;
                    report.written.push(Written { kind: Text::new(&kind), file });
                }
                None => copy(body, &mut io::stdout().lock()).map_err(CliError::stdout)?,
            }
        }
        session.show(&View { report, detail: Detail { long: false, evidence, digest: self.digest } })
    }
}

/// Writes a file as a whole or not at all.
fn write_file(path: &Path, body: Body) -> Result<(), CliError> {
    let failed = |source| CliError::file("file_unwritable", "cannot write", path, source);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = new_file_in(folder).map_err(failed)?;
    copy(body, &mut file).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A temporary file that anyone may read whom the user's umask lets: a statement is no secret.
fn new_file_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn copy(body: Body, sink: &mut dyn Write) -> io::Result<()> {
    match body {
        Body::Memory(bytes) => sink.write_all(&bytes)?,
        Body::File(mut file) => drop(io::copy(&mut file, sink)?),
    }
    sink.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_its_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/seccomp");
        write_file(&path, Body::Memory("first, longer".into())).unwrap();
        let mut large = tempfile::tempfile().unwrap();
        large.write_all(b"second").unwrap();
        io::Seek::rewind(&mut large).unwrap();
        write_file(&path, Body::File(large)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = folder.path().join("plain");
            fs::write(&plain, "").unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&path), mode(&plain));
        }
    }
}
