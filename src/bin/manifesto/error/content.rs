use manifesto::oci::ContentError;

use super::CliError;
use crate::exit::Exit;

impl From<ContentError> for CliError {
    fn from(error: ContentError) -> Self {
        let (exit, kind) = classify(&error);
        let hint = hint(&error);
        let error = Self::new(exit, kind, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

pub(super) fn classify(error: &ContentError) -> (Exit, &'static str) {
    match error {
        ContentError::Digest { .. } => (Exit::Verification, "wrong_digest"),
        ContentError::Contradiction { .. } => (Exit::Verification, "ambiguous_manifest"),
        ContentError::Length { .. } => (Exit::Verification, "wrong_length"),
        ContentError::TooLarge { .. } => (Exit::Verification, "too_large"),
        ContentError::Refused { .. } => (Exit::Refused, "registry_refused"),
        ContentError::InsecureRealm { .. } => (Exit::Refused, "insecure_token_server"),
        ContentError::Challenge { .. } => (Exit::Refused, "unknown_authentication"),
        ContentError::Credentials { .. } => (Exit::Refused, "credentials_unusable"),
        ContentError::Rejected { .. } => (Exit::Refused, "registry_rejected"),
        ContentError::MissingBlobs { .. } => (Exit::Unreachable, "blobs_missing"),
        ContentError::Failed { .. } => (Exit::Unreachable, "registry_failed"),
        ContentError::NotARegistry { .. } | ContentError::Header { .. } => (Exit::Unreachable, "not_a_registry"),
        ContentError::Redirects { .. } | ContentError::InsecureRedirect { .. } => (Exit::Unreachable, "bad_redirect"),
        ContentError::Transport { .. } | ContentError::TimedOut { .. } | ContentError::BrokenOff { .. } => {
            (Exit::Unreachable, "unreachable")
        }
        ContentError::Address { .. } => (Exit::Usage, "bad_address"),
        ContentError::Tls { .. } => (Exit::Usage, "tls_unusable"),
        ContentError::File { .. } | ContentError::SourceChanged { .. } => (Exit::Usage, "file_unusable"),
        ContentError::Sink { .. } => (Exit::Unexpected, "output_failed"),
        ContentError::Layout { .. } => (Exit::Usage, "layout_unusable"),
    }
}

fn hint(error: &ContentError) -> Option<&'static str> {
    match error {
        ContentError::Refused { credentials_sent: false, .. } => {
            Some("No credentials were sent: `docker login` to the registry, or give --username.")
        }
        ContentError::Refused { status: 401, .. } => Some("The credentials that were sent are not accepted."),
        ContentError::Refused { status: 403, .. } => Some("The user that was named has no right to do this."),
        ContentError::Failed { .. } | ContentError::TimedOut { .. } | ContentError::BrokenOff { .. } => {
            Some("Try again later.")
        }
        ContentError::MissingBlobs { .. } => {
            Some("The registry has lost content of this repository; what is left of it still verifies.")
        }
        ContentError::Digest { .. }
        | ContentError::Contradiction { .. }
        | ContentError::Length { .. }
        | ContentError::TooLarge { .. }
        | ContentError::Refused { .. }
        | ContentError::InsecureRealm { .. }
        | ContentError::Challenge { .. }
        | ContentError::Credentials { .. }
        | ContentError::Rejected { .. }
        | ContentError::NotARegistry { .. }
        | ContentError::Header { .. }
        | ContentError::Redirects { .. }
        | ContentError::InsecureRedirect { .. }
        | ContentError::Transport { .. }
        | ContentError::Address { .. }
        | ContentError::Tls { .. }
        | ContentError::File { .. }
        | ContentError::Sink { .. }
        | ContentError::SourceChanged { .. }
        | ContentError::Layout { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
