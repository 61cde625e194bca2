use super::{Class, Classified, Facts, expired, facts, not_trusted, unexpected, usage, verification};
use crate::read::Error;

impl Classified for Error {
    fn facts(&self) -> Facts {
        match self {
            Self::Content(error) => error.facts(),
            Self::Trust(error) => error.facts(),
            Self::Store(error) => error.facts(),
            Self::State(error) => error.facts(),
            Self::TagUnknown { image, source, .. } => source.facts().about(image),
            Self::OtherRepository { image, .. } => usage("other_repository").about(image),
            Self::NotPinned { location, .. } => not_trusted("not_pinned").about(location),
            Self::PinMismatch { location, .. } => not_trusted("pin_mismatch").about(location),
            Self::NoImage { image, .. } => facts(Class::NoImage, "no_image").about(image),
            Self::NoPlatform { image, .. } => facts(Class::NoImage, "no_platform").about(image),
            Self::NoStatement { image, .. } => facts(Class::Absent, "no_statement").about(image),
            Self::StatementExpired { image, .. } => expired("statement_expired").about(image),
            Self::StatementTooOld { image, .. } => expired("statement_too_old").about(image),
            Self::NotFresh { location, .. } => expired("not_fresh").about(location),
            Self::DatedInFuture { location, .. } => expired("dated_in_the_future").about(location),
            Self::BehindRegistry { location, .. } => expired("clock_behind").about(location),
            Self::NoTag { image, .. } => usage("no_tag").about(image),
            Self::UnsignedTag { location, .. } => verification("unsigned_tag").about(location),
            Self::WrongTag { tag, .. } => verification("wrong_tag").about(tag),
            Self::NotInitialised { location, .. } => not_trusted("not_initialised").about(location),
            Self::File { path, .. } => usage("file_unusable").about(path.display()),
            Self::Document { .. } => unexpected("unexpected"),
            Self::Task { .. } => unexpected("task_failed"),
        }
    }
}
