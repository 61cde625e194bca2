use crate::{Class, Classified, Facts, oci::ContentError};

impl Classified for ContentError {
    fn facts(&self) -> Facts {
        match self {
            Self::Digest { .. } => Class::Verification.facts("wrong_digest"),
            Self::Contradiction { .. } => Class::Verification.facts("ambiguous_manifest"),
            Self::Length { .. } => Class::Verification.facts("wrong_length"),
            Self::TooLarge { .. } => Class::Verification.facts("too_large"),
            Self::Refused { .. } => Class::Refused.facts("registry_refused"),
            Self::InsecureRealm { .. } => Class::Refused.facts("insecure_token_server"),
            Self::Challenge { .. } => Class::Refused.facts("unknown_authentication"),
            Self::Credentials { .. } => Class::Refused.facts("credentials_unusable"),
            Self::Rejected { .. } => Class::Refused.facts("registry_rejected"),
            Self::MissingBlobs { .. } => Class::Unreachable.facts("blobs_missing"),
            Self::Failed { .. } => Class::Unreachable.facts("registry_failed"),
            Self::NotARegistry { .. } | Self::Header { .. } => Class::Unreachable.facts("not_a_registry"),
            Self::Redirects { .. } | Self::InsecureRedirect { .. } => Class::Unreachable.facts("bad_redirect"),
            Self::Transport { .. } | Self::TimedOut { .. } | Self::BrokenOff { .. } => {
                Class::Unreachable.facts("unreachable")
            }
            Self::Address { .. } => Class::Usage.facts("bad_address"),
            Self::Tls { .. } => Class::Usage.facts("tls_unusable"),
            Self::File { .. } | Self::SourceChanged { .. } => Class::Usage.facts("file_unusable"),
            Self::Sink { .. } => Class::Unexpected.facts("output_failed"),
            Self::Layout { .. } => Class::Usage.facts("layout_unusable"),
        }
    }
}
