use super::{Classified, Facts, refused, unexpected, unreachable, usage, verification};
use crate::oci::ContentError;

impl Classified for ContentError {
    fn facts(&self) -> Facts {
        match self {
            Self::Digest { .. } => verification("wrong_digest"),
            Self::Contradiction { .. } => verification("ambiguous_manifest"),
            Self::Length { .. } => verification("wrong_length"),
            Self::TooLarge { .. } => verification("too_large"),
            Self::Refused { .. } => refused("registry_refused"),
            Self::InsecureRealm { .. } => refused("insecure_token_server"),
            Self::Challenge { .. } => refused("unknown_authentication"),
            Self::Credentials { .. } => refused("credentials_unusable"),
            Self::Rejected { .. } => refused("registry_rejected"),
            Self::MissingBlobs { .. } => unreachable("blobs_missing"),
            Self::Failed { .. } => unreachable("registry_failed"),
            Self::NotARegistry { .. } | Self::Header { .. } => unreachable("not_a_registry"),
            Self::Redirects { .. } | Self::InsecureRedirect { .. } => unreachable("bad_redirect"),
            Self::Transport { .. } | Self::TimedOut { .. } | Self::BrokenOff { .. } => unreachable("unreachable"),
            Self::Address { .. } => usage("bad_address"),
            Self::Tls { .. } => usage("tls_unusable"),
            Self::File { .. } | Self::SourceChanged { .. } => usage("file_unusable"),
            Self::Sink { .. } => unexpected("output_failed"),
            Self::Layout { .. } => usage("layout_unusable"),
        }
    }
}
