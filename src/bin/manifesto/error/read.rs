use manifesto::{Error, time::is_future};

use super::Hint;

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Content(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::State(error) => error.hint(),
            Self::TagUnknown { reference, .. } => Some(format!("Use its digest instead of its tag: {reference}")),
            Self::NotPinned { location, shown: Some(shown) } => {
                Some(format!("If its owner confirms the fingerprint it shows: manifesto trust pin {location} {shown}"))
            }
            Self::NotPinned { location, shown: None } | Self::NotInitialised { location } => {
                Some(format!("It has no signed metadata. Its owner creates it with: manifesto init {location}"))
            }
            Self::PinMismatch { location, .. } => {
                Some(format!("If its owner confirms this: `manifesto trust forget {location}`, then pin it again."))
            }
            Self::NoImage { credentials_sent: false, .. } => {
                Some("No credentials were sent: a private image needs a `docker login` first.".to_owned())
            }
            Self::NoStatement { image, .. } => Some(format!("`manifesto list {image}` lists its statements.")),
            Self::BehindRegistry { .. } => Some("Set this machine's clock.".to_owned()),
            Self::DatedInFuture { now, registry: Some(registry), .. } if !is_future(*registry, *now) => Some(
                "Its signer has to set the clock and sign it again. It can be read without --verify, \
                 --max-age and --fresh."
                    .to_owned(),
            ),
            Self::DatedInFuture { .. } => Some(
                "Set this machine's clock. If it is right, the signer has to set theirs and sign it again.".to_owned(),
            ),
            Self::NoTag { .. } => Some("Name the image by its tag, or by both: name:tag@digest.".to_owned()),
            Self::NotFresh { location, .. } => {
                Some(format!("A publisher confirms it with: manifesto refresh {location}"))
            }
            Self::File { operation: "write", source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => Some(
                "It is never replaced: it may be the only copy of other keys. Name another file. If an interrupted \
                 command has written it, give the passphrase of then."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use manifesto::name::Location;

    use super::*;
    use crate::{error::CliError, exit::Exit};

    #[test]
    fn what_is_not_trusted_yet_says_how_it_can_be() {
        let location: Location = "ghcr.io/acme/app".parse().unwrap();
        let shown = Some(manifesto::name::Digest::of(b"root"));
        let report = CliError::from(Error::NotPinned { location, shown }).to_report();
        assert_eq!((report.exit_code, report.kind), (6, "not_pinned"));
        assert_eq!(report.subject.unwrap().raw(), "ghcr.io/acme/app");
        assert!(report.hint.unwrap().raw().contains("manifesto trust pin ghcr.io/acme/app sha256:"));
    }

    #[test]
    fn a_missing_image_is_not_a_missing_statement() {
        let image = "ghcr.io/acme/app:1".to_owned();
        let no_image = CliError::from(Error::NoImage { image: image.clone(), credentials_sent: false });
        assert_eq!(no_image.exit(), Exit::NoImage);
        assert!(no_image.to_report().hint.unwrap().raw().contains("docker login"));
        let kind = "approvals".parse().unwrap();
        assert_eq!(CliError::from(Error::NoStatement { image, statement_type: kind }).exit(), Exit::NoStatement);
    }
}
