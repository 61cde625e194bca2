use manifesto::{Error, time::is_future};

use super::Hint;

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Content(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::State(error) => error.hint(),
            Self::TagUnknown { reference, .. } => {
                Some(format!("By its digest the image can be asked about without its tag: {reference}"))
            }
            Self::NotPinned { location, shown: Some(shown) } => {
                Some(format!("If its owner confirms the fingerprint it shows: manifesto trust pin {location} {shown}"))
            }
            Self::NotPinned { location, shown: None } | Self::NotInitialised { location } => {
                Some(format!("It has no signed metadata. Its owner makes some with: manifesto init {location}"))
            }
            Self::PinMismatch { location, .. } => Some(format!(
                "If its owner says that this is right: `manifesto trust forget {location}`, then pin it anew."
            )),
            Self::NoImage { credentials_sent: false, .. } => {
                Some("No credentials were sent: a private image needs a `docker login` first.".to_owned())
            }
            Self::NoStatement { image, .. } => Some(format!("`manifesto list {image}` shows what there is.")),
            Self::BehindRegistry { .. } => Some("Set this machine's clock.".to_owned()),
            Self::DatedInFuture { now, registry: Some(registry), .. } if !is_future(*registry, *now) => Some(
                "Whoever signed it has to set their clock and sign it again. It can be read without --verify, \
                 --max-age and --fresh."
                    .to_owned(),
            ),
            Self::DatedInFuture { .. } => Some(
                "Set this machine's clock. If it is right, whoever signed that has to set theirs and sign it again."
                    .to_owned(),
            ),
            Self::NoTag { .. } => Some("Name the image by its tag, or by both: name:tag@digest.".to_owned()),
            Self::NotFresh { location, .. } => {
                Some(format!("Whoever publishes there confirms it with: manifesto refresh {location}"))
            }
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
