use manifesto::{
    name::Location,
    ops::{Gate, OpsError},
    time::is_future,
};

use super::{Caused, Chained, CliError};
use crate::exit::Exit;

impl From<OpsError> for CliError {
    fn from(error: OpsError) -> Self {
        let error = match error {
            OpsError::Content(error) => return error.into(),
            OpsError::Trust(error) => return error.into(),
            OpsError::Store(error) => return error.into(),
            OpsError::State(error) => return error.into(),
            OpsError::Keys(error) => return error.into(),
            OpsError::Sign(error) => return error.into(),
            OpsError::Backup(error) => return error.into(),
            OpsError::TagUnknown { image, reference, source } => return tag_unknown(image, &reference, *source),
            other => other,
        };
        let (exit, kind) = classify(&error);
        let (subject, hint) = (subject(&error), hint(&error));
        let mut error = Self::new(exit, kind, error);
        error = match subject {
            Some(subject) => error.about(subject),
            None => error,
        };
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The class of what is wrong, and the way round it: by its digest the image needs no tag.
fn tag_unknown(image: String, reference: &str, source: OpsError) -> CliError {
    let source = CliError::from(source);
    let (exit, kind) = (source.exit, source.kind);
    let message = format!("cannot tell whether the tag of {image} is signed, and for which image");
    let mut error = CliError::new(exit, kind, Caused { message, source: Chained(source.cause) });
    error = error.about(image);
    error.hint(format!("By its digest the image can be asked about without its tag: {reference}"))
}

fn classify(error: &OpsError) -> (Exit, &'static str) {
    match error {
        // These carry an error with a class of its own, which was taken before.
        OpsError::Content(_)
        | OpsError::Trust(_)
        | OpsError::Store(_)
        | OpsError::State(_)
        | OpsError::Keys(_)
        | OpsError::Sign(_)
        | OpsError::Backup(_)
        | OpsError::TagUnknown { .. } => (Exit::Unexpected, "unexpected"),
        OpsError::OtherRepository { .. } => (Exit::Usage, "other_repository"),
        OpsError::NotPinned { .. } => (Exit::NotTrusted, "not_pinned"),
        OpsError::PinMismatch { .. } => (Exit::NotTrusted, "pin_mismatch"),
        OpsError::NoIdentity { .. } => (Exit::Usage, "no_identity"),
        OpsError::NoImage { .. } => (Exit::NoImage, "no_image"),
        OpsError::NoPlatform { .. } => (Exit::NoImage, "no_platform"),
        OpsError::NoStatement { .. } => (Exit::NoStatement, "no_statement"),
        OpsError::StatementExpired { .. } => (Exit::Expired, "statement_expired"),
        OpsError::StatementTooOld { .. } => (Exit::Expired, "statement_too_old"),
        OpsError::NotFresh { .. } => (Exit::Expired, "not_fresh"),
        OpsError::DatedInFuture { .. } => (Exit::Expired, "dated_in_the_future"),
        OpsError::BehindRegistry { .. } => (Exit::Expired, "clock_behind"),
        OpsError::NoTag { .. } => (Exit::Usage, "no_tag"),
        OpsError::UnsignedTag { .. } => (Exit::Verification, "unsigned_tag"),
        OpsError::WrongTag { .. } => (Exit::Verification, "wrong_tag"),
        OpsError::AlreadyInitialised { .. } => (Exit::Usage, "already_initialised"),
        OpsError::NotInitialised { .. } => (Exit::NotTrusted, "not_initialised"),
        OpsError::NoKey { .. } => (Exit::CannotSign, "no_key"),
        OpsError::TooFewKeys { .. } => (Exit::CannotSign, "too_few_keys"),
        OpsError::OtherRolesType { .. } => (Exit::CannotSign, "other_roles_type"),
        OpsError::Conflict { .. } => (Exit::Conflict, "conflict"),
        OpsError::Overtaken { .. } => (Exit::Conflict, "overtaken"),
        OpsError::Moved { .. } => (Exit::Conflict, "moved"),
        OpsError::Outdated { .. } => (Exit::Conflict, "outdated"),
        OpsError::Proposal(_) => (Exit::Usage, "no_proposal"),
        OpsError::ProposalNamed { .. } => (Exit::Usage, "no_such_proposal"),
        OpsError::FoundedElsewhere { .. } => (Exit::Verification, "founded_elsewhere"),
        OpsError::NotKept { source, .. } => super::content::classify(source),
        OpsError::NothingToCompare { .. } => (Exit::NotTrusted, "nothing_to_compare"),
        OpsError::NotAsked { .. } => (Exit::CannotSign, "not_asked"),
        OpsError::Stranger { .. } => (Exit::CannotSign, "no_key"),
        OpsError::Authority(_) => (Exit::Usage, "authority"),
        OpsError::KeyNamed { .. } => (Exit::Usage, "no_such_key"),
        OpsError::AmbiguousKey { .. } => (Exit::Usage, "ambiguous_key"),
        OpsError::Lost { .. } => (Exit::Usage, "content_lost"),
        OpsError::Rests { .. } => (Exit::CannotSign, "statements_rest_on_it"),
        OpsError::NotConfirmed { .. } => (Exit::Conflict, "not_confirmed"),
        OpsError::ClockBehind { .. } => (Exit::Usage, "clock_behind"),
        OpsError::VersionsUsedUp { .. } => (Exit::Verification, "versions_used_up"),
        OpsError::Full { .. } => (Exit::Unexpected, "full"),
        OpsError::File { .. } => (Exit::Usage, "file_unusable"),
        OpsError::Document(_) => (Exit::Unexpected, "unexpected"),
        OpsError::Secret(_) | OpsError::Record(_) => (Exit::CannotSign, "key_not_made"),
        OpsError::Task(_) => (Exit::Unexpected, "task_failed"),
    }
}

fn subject(error: &OpsError) -> Option<String> {
    match error {
        OpsError::NotPinned { location, .. }
        | OpsError::PinMismatch { location, .. }
        | OpsError::NoIdentity { location }
        | OpsError::NotFresh { location, .. }
        | OpsError::DatedInFuture { location, .. }
        | OpsError::BehindRegistry { location, .. }
        | OpsError::UnsignedTag { location, .. }
        | OpsError::AlreadyInitialised { location }
        | OpsError::NotInitialised { location }
        | OpsError::ClockBehind { location, .. }
        | OpsError::VersionsUsedUp { location }
        | OpsError::Overtaken { location }
        | OpsError::Moved { location }
        | OpsError::Outdated { location, .. }
        | OpsError::ProposalNamed { location, .. }
        | OpsError::FoundedElsewhere { location, .. }
        | OpsError::NothingToCompare { location }
        | OpsError::NotKept { location, .. }
        | OpsError::Stranger { location, .. }
        | OpsError::Lost { location, .. }
        | OpsError::NotConfirmed { location, .. } => Some(location.to_string()),
        OpsError::NoImage { image, .. }
        | OpsError::NoTag { image }
        | OpsError::NoPlatform { image, .. }
        | OpsError::NoStatement { image, .. }
        | OpsError::StatementExpired { image, .. }
        | OpsError::StatementTooOld { image, .. } => Some(image.clone()),
        OpsError::Conflict { image, .. } => Some(image.to_string()),
        OpsError::TagUnknown { image, .. } | OpsError::OtherRepository { image, .. } => Some(image.clone()),
        OpsError::WrongTag { tag, .. } => Some(tag.to_string()),
        OpsError::NoKey { gun, .. } => Some(gun.to_string()),
        OpsError::TooFewKeys { role, .. } | OpsError::NotAsked { role, .. } => Some(role.clone()),
        OpsError::OtherRolesType { kind, .. } => Some(kind.to_string()),
        OpsError::Full { role } => Some(role.to_string()),
        OpsError::KeyNamed { name, .. } | OpsError::AmbiguousKey { name, .. } => Some(name.clone()),
        OpsError::Rests { keys, .. } => Some(keys.join(", ")),
        OpsError::File { path, .. } => Some(path.display().to_string()),
        OpsError::Content(_)
        | OpsError::Trust(_)
        | OpsError::Store(_)
        | OpsError::State(_)
        | OpsError::Keys(_)
        | OpsError::Sign(_)
        | OpsError::Backup(_)
        | OpsError::Authority(_)
        | OpsError::Secret(_)
        | OpsError::Record(_)
        | OpsError::Proposal(_)
        | OpsError::Document(_)
        | OpsError::Task(_) => None,
    }
}

fn hint(error: &OpsError) -> Option<String> {
    let may = |names: &[String]| (!names.is_empty()).then(|| format!("Those who may: {}.", names.join(", ")));
    match error {
        OpsError::NotPinned { location, shown: Some(shown) } => {
            Some(format!("If its owner confirms the fingerprint it shows: manifesto trust pin {location} {shown}"))
        }
        OpsError::NotPinned { location, shown: None } | OpsError::NotInitialised { location } => {
            Some(format!("It has no signed metadata. Its owner makes some with: manifesto init {location}"))
        }
        OpsError::PinMismatch { location, .. } => Some(format!(
            "If its owner says that this is right: `manifesto trust forget {location}`, then pin it anew."
        )),
        OpsError::NoIdentity { .. } => Some("Say whose images are in it: --as ghcr.io/acme/app.".to_owned()),
        OpsError::NoImage { credentials_sent: false, .. } => {
            Some("No credentials were sent: a private image needs a `docker login` first.".to_owned())
        }
        OpsError::NoStatement { image, .. } => Some(format!("`manifesto list {image}` shows what there is.")),
        OpsError::VersionsUsedUp { .. } => {
            Some("A stolen key may have done that. Its owner has to take it out of root.".to_owned())
        }
        OpsError::ClockBehind { .. } => {
            Some("Set this machine's clock. If it is right, whoever published last had one that was ahead.".to_owned())
        }
        OpsError::BehindRegistry { .. } => Some("Set this machine's clock.".to_owned()),
        OpsError::DatedInFuture { now, registry: Some(registry), .. } if !is_future(*registry, *now) => Some(
            "Whoever signed it has to set their clock and sign it again. It can be read without --verify, --max-age and \
             --fresh."
                .to_owned(),
        ),
        OpsError::DatedInFuture { .. } => Some(
            "Set this machine's clock. If it is right, whoever signed that has to set theirs and sign it again."
                .to_owned(),
        ),
        OpsError::NoTag { .. } => Some("Name the image by its tag, or by both: name:tag@digest.".to_owned()),
        OpsError::NotFresh { location, .. } => {
            Some(format!("Whoever publishes there confirms it with: manifesto refresh {location}"))
        }
        OpsError::AlreadyInitialised { location: Location::Registry(_) | Location::Layout(_) } => {
            Some("To trust it, pin it: manifesto trust pin.".to_owned())
        }
        OpsError::Outdated { location, .. } => {
            Some(format!("Look at what changed, then propose it again. `manifesto reject {location}` ends this one."))
        }
        OpsError::FoundedElsewhere { .. } => Some(
            "They were changed on their way, or made by another machine's `manifesto init`: that machine publishes them."
                .to_owned(),
        ),
        OpsError::NotKept { location, tag, .. } => Some(format!(
            "Nothing was published. Whoever signs needs the right to push {tag}; without it, have the proposal written \
             by somebody who has it, with `manifesto pending {location} ID --out FILE`, and sign that with --out."
        )),
        OpsError::NothingToCompare { location } => Some(format!(
            "Get it with all that it takes to judge it: manifesto pending {location} ID --out FILE. Without a network, \
             sign it with --out."
        )),
        OpsError::ProposalNamed { location, found: 0, .. } => {
            Some(format!("`manifesto pending {location}` lists what there is."))
        }
        OpsError::ProposalNamed { .. } => Some("Give more digits of it.".to_owned()),
        OpsError::NotAsked { may_sign, .. } | OpsError::Stranger { may_sign, .. } => may(may_sign),
        OpsError::NoKey { may_sign, .. } | OpsError::OtherRolesType { may_sign, .. } => may(may_sign),
        OpsError::TooFewKeys { missing, .. } => may(missing),
        OpsError::Moved { location } => Some(format!(
            "`manifesto pending {location}` lists it; signing it makes it anew on top of what is current."
        )),
        OpsError::Rests { gates, .. } => Some(format!(
            "Until they are signed again, {}. --prepare, if the key is lost: it goes once they are. --now, if it is \
             stolen: it goes at once, and they have to be said again.",
            gates.iter().map(failing).collect::<Vec<_>>().join("; ")
        )),
        OpsError::Lost { .. } => {
            Some("Another machine may still have it: recover there. To go on without it: --without-lost.".to_owned())
        }
        OpsError::AmbiguousKey { .. } => Some("Name one by its id.".to_owned()),
        OpsError::Overtaken { .. } => {
            Some("Yours may have been seen by readers. Look at what changed, then do yours again.".to_owned())
        }
        OpsError::Conflict { ours, theirs, by, .. } => {
            let shown = |digest: Option<manifesto::name::Digest>| {
                digest.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string())
            };
            let (ours, theirs, by) = (shown(*ours), shown(*theirs), by.join(", "));
            Some(format!("Yours: {ours}. Theirs: {theirs}, by {by}. Look at it, then put yours again."))
        }
        OpsError::NotConfirmed { may_have_been_seen: true, .. } => {
            Some("What was tried may have been seen by readers. Try again.".to_owned())
        }
        OpsError::NotConfirmed { may_have_been_seen: false, .. } => Some("Try again.".to_owned()),
        OpsError::Content(_)
        | OpsError::Trust(_)
        | OpsError::Store(_)
        | OpsError::State(_)
        | OpsError::Keys(_)
        | OpsError::Sign(_)
        | OpsError::Backup(_)
        | OpsError::Authority(_)
        | OpsError::Proposal(_)
        | OpsError::KeyNamed { .. }
        | OpsError::Secret(_)
        | OpsError::Record(_)
        | OpsError::NoImage { .. }
        | OpsError::NoPlatform { .. }
        | OpsError::StatementExpired { .. }
        | OpsError::StatementTooOld { .. }
        | OpsError::UnsignedTag { .. }
        | OpsError::WrongTag { .. }
        | OpsError::TagUnknown { .. }
        | OpsError::OtherRepository { .. }
        | OpsError::Full { .. }
        | OpsError::File { .. }
        | OpsError::Document(_)
        | OpsError::Task(_) => None,
    }
}

/// What would fail, and who has to sign.
fn failing(gate: &Gate) -> String {
    let types: Vec<String> = gate.types.iter().map(|kind| format!("'{kind}'")).collect();
    let types = if types.is_empty() { "whatever is no other role's".to_owned() } else { types.join(", ") };
    let signed = match gate.signed.as_slice() {
        [] => String::new(),
        signed => format!(" besides {}", signed.join(", ")),
    };
    let more = gate.threshold.saturating_sub(gate.signed.len());
    format!("questions about {types} fail: {} needs {more} of {}{signed}", gate.role, gate.may_sign.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_trusted_yet_says_how_it_can_be() {
        let location: Location = "ghcr.io/acme/app".parse().unwrap();
        let shown = Some(manifesto::name::Digest::of(b"root"));
        let report = CliError::from(OpsError::NotPinned { location, shown }).to_report();
        assert_eq!((report.exit_code, report.kind), (6, "not_pinned"));
        assert_eq!(report.subject.unwrap().raw(), "ghcr.io/acme/app");
        assert!(report.hint.unwrap().raw().contains("manifesto trust pin ghcr.io/acme/app sha256:"));
    }

    #[test]
    fn what_rests_on_a_key_is_told_with_both_ways_out() {
        let gate = |signed: &[&str]| Gate {
            role: "qa".parse().unwrap(),
            types: vec!["approvals".parse().unwrap()],
            statements: 41,
            threshold: 2,
            signed: signed.iter().map(|name| (*name).to_owned()).collect(),
            may_sign: vec!["bob".to_owned()],
        };
        let report = CliError::from(OpsError::Rests { keys: vec!["carol".to_owned()], gates: vec![gate(&["alice"])] });
        let report = report.to_report();
        assert_eq!((report.exit_code, report.kind), (11, "statements_rest_on_it"));
        assert!(report.message.raw().starts_with("41 statements of qa rest on carol: "), "{}", report.message);
        let hint = report.hint.unwrap();
        let expected = "questions about 'approvals' fail: qa needs 1 of bob besides alice. --prepare, ";
        assert!(hint.raw().contains(expected), "{hint}");
    }

    #[test]
    fn a_missing_image_is_not_a_missing_statement() {
        let image = "ghcr.io/acme/app:1".to_owned();
        let no_image = CliError::from(OpsError::NoImage { image: image.clone(), credentials_sent: false });
        assert_eq!(no_image.exit(), Exit::NoImage);
        assert!(no_image.to_report().hint.unwrap().raw().contains("docker login"));
        let kind = "approvals".parse().unwrap();
        assert_eq!(CliError::from(OpsError::NoStatement { image, kind }).exit(), Exit::NoStatement);
    }
}
