use manifesto::oci::ContentError;

use super::Hint;

impl Hint for ContentError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused { credentials_sent: false, .. } => {
                "No credentials were sent: `docker login` to the registry, or give --username."
            }
            Self::Refused { status: 401, .. } => "The credentials that were sent are not accepted.",
            Self::Refused { status: 403, .. } => "The user that was named has no right to do this.",
            Self::Failed { .. } | Self::TimedOut { .. } | Self::BrokenOff { .. } => "Try again later.",
            Self::MissingBlobs { .. } => {
                "The registry has lost content of this repository; what is left of it still verifies."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CliError;

    #[test]
    fn a_refusal_says_whether_credentials_were_sent() {
        let refused = |credentials_sent| ContentError::Refused {
            at: "ghcr.io/acme/app".into(),
            status: 401,
            detail: None,
            credentials_sent,
        };
        let report = CliError::from(refused(false)).to_report();
        assert_eq!((report.exit_code, report.kind), (9, "registry_refused"));
        assert!(report.hint.unwrap().raw().contains("docker login"));
        assert!(CliError::from(refused(true)).to_report().hint.unwrap().raw().contains("not accepted"));
    }
}
