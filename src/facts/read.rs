use crate::{Class, Classified, Facts, read::Error};

impl Classified for Error {
    fn facts(&self) -> Facts {
        match self {
            Self::Content(error) => error.facts(),
            Self::Trust(error) => error.facts(),
            Self::Store(error) => error.facts(),
            Self::State(error) => error.facts(),
            Self::TagUnknown { image, source, .. } => source.facts().about(image),
            Self::OtherRepository { image, .. } => Class::Usage.facts("other_repository").about(image),
            Self::NotPinned { location, .. } => Class::NotTrusted.facts("not_pinned").about(location),
            Self::PinMismatch { location, .. } => Class::NotTrusted.facts("pin_mismatch").about(location),
            Self::NoImage { image, .. } => Class::NoImage.facts("no_image").about(image),
            Self::NoPlatform { image, .. } => Class::NoImage.facts("no_platform").about(image),
            Self::NoStatement { image, .. } => Class::Absent.facts("no_statement").about(image),
            Self::StatementExpired { image, .. } => Class::Expired.facts("statement_expired").about(image),
            Self::StatementTooOld { image, .. } => Class::Expired.facts("statement_too_old").about(image),
            Self::NotFresh { location, .. } => Class::Expired.facts("not_fresh").about(location),
            Self::DatedInFuture { location, .. } => Class::Expired.facts("dated_in_the_future").about(location),
            Self::BehindRegistry { location, .. } => Class::Expired.facts("clock_behind").about(location),
            Self::NoTag { image, .. } => Class::Usage.facts("no_tag").about(image),
            Self::UnsignedTag { location, .. } => Class::Verification.facts("unsigned_tag").about(location),
            Self::WrongTag { tag, .. } => Class::Verification.facts("wrong_tag").about(tag),
            Self::NotInitialised { location, .. } => Class::NotTrusted.facts("not_initialised").about(location),
            Self::File { path, .. } => Class::Usage.facts("file_unusable").about(path.display()),
            Self::Document { .. } => Class::Unexpected.facts("unexpected"),
            Self::Task { .. } => Class::Unexpected.facts("task_failed"),
        }
    }
}
