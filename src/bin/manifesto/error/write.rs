use manifesto::{
    name::Location,
    write::{AffectedRole, WriteError},
};

use super::Hint;

impl Hint for WriteError {
    fn hint(&self) -> Option<String> {
        let may = |names: &[String]| (!names.is_empty()).then(|| format!("Those who may: {}.", names.join(", ")));
        match self {
            Self::Read(error) => error.hint(),
            Self::Keys(error) => error.hint(),
            Self::Sign(error) => error.hint(),
        Self::NoIdentity { .. } => Some("Name the repository of its images: --as ghcr.io/acme/app.".to_owned()),
        Self::VersionsUsedUp { .. } => {
            Some("A stolen key may have done that. The repository's owner has to remove it from root.".to_owned())
        }
        Self::ClockDiffers { .. } => {
            Some("Set this machine's clock. If it is right, the registry's clock has to be set.".to_owned())
        }
        Self::Expired { location, may_sign, .. } => {
            Some(format!("Those who may renew it, with `manifesto refresh {location}`: {}.", may_sign.join(", ")))
        }
        Self::AlreadyInitialised { location: Location::Registry(_) | Location::Layout(_) } => {
            Some("To trust it, pin it: manifesto trust pin.".to_owned())
        }
        Self::ProposalOutdated { location, .. } => {
            Some(format!("Check what changed, then propose it again. `manifesto reject {location}` withdraws this one."))
        }
        Self::OtherFirstDocuments { .. } => Some(
            "They were changed on their way, or made by another machine's `manifesto init`: that machine publishes them."
                .to_owned(),
        ),
        Self::NotKept { location, tag, .. } => Some(format!(
            "Nothing was published. Whoever signs needs the right to push {tag}; without it, have the proposal written \
             by somebody who has it, with `manifesto pending {location} ID --out FILE`, and sign that with --out."
        )),
        Self::NothingToCompare { location } => Some(format!(
            "Get it with all that it takes to judge it: manifesto pending {location} ID --out FILE. Without a network, \
             sign it with --out."
        )),
        Self::ProposalNamed { location, found: 0, .. } => {
            Some(format!("`manifesto pending {location}` lists the proposals."))
        }
        Self::ProposalNamed { .. } => Some("Give more digits of it.".to_owned()),
        Self::NotAsked { may_sign, .. } | Self::NoRepositoryKey { may_sign, .. } => may(may_sign),
        Self::NoKey { may_sign, .. } | Self::OtherRolesType { may_sign, .. } => may(may_sign),
        Self::TooFewKeys { missing, .. } => may(missing),
        Self::Moved { location } => Some(format!(
            "`manifesto pending {location}` lists it; signing it makes it again on top of the current state."
        )),
        Self::StatementsDependOnKey { gates, .. } => Some(format!(
            "Until they are signed again, {}. --prepare, if the key is lost: it is removed once they are. --now, if \
             it is stolen: it is removed at once, and they have to be put again.",
            gates.iter().map(failing).collect::<Vec<_>>().join("; ")
        )),
        Self::Lost { location, .. } => Some(format!(
            "`manifesto recover {location}` names the keys that signed it, and continues without it."
        )),
        Self::AmbiguousKey { .. } => Some("Name one by its id.".to_owned()),
        Self::AuthorityChanged { .. } => {
            Some("Readers may have seen your change. Check what changed, then make yours again.".to_owned())
        }
        Self::Conflict { ours, theirs, by, .. } => {
            let shown = |digest: Option<manifesto::name::Digest>| {
                digest.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string())
            };
            let (ours, theirs, by) = (shown(*ours), shown(*theirs), by.join(", "));
            Some(format!("Yours: {ours}. Theirs: {theirs}, by {by}. Check it, then put yours again."))
        }
        Self::NotConfirmed { may_have_been_seen: true, .. } => {
            Some("Readers may have seen the attempt. Try again.".to_owned())
        }
        Self::NotConfirmed { may_have_been_seen: false, .. } => Some("Try again.".to_owned()),
            _ => None,
        }
    }
}

/// Describes what would fail, and which keys have to sign.
fn failing(gate: &AffectedRole) -> String {
    let types: Vec<String> = gate.types.iter().map(|kind| format!("'{kind}'")).collect();
    let types = if types.is_empty() { "all other types".to_owned() } else { types.join(", ") };
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
    use crate::error::CliError;

    #[test]
    fn what_rests_on_a_key_is_told_with_both_ways_out() {
        let gate = |signed: &[&str]| AffectedRole {
            role: "qa".parse().unwrap(),
            types: vec!["approvals".parse().unwrap()],
            statements: 41,
            threshold: 2,
            signed: signed.iter().map(|name| (*name).to_owned()).collect(),
            may_sign: vec!["bob".to_owned()],
        };
        let report = CliError::from(WriteError::StatementsDependOnKey {
            keys: vec!["carol".to_owned()],
            gates: vec![gate(&["alice"])],
        });
        let report = report.to_report();
        assert_eq!((report.exit_code, report.kind), (11, "statements_rest_on_it"));
        assert!(report.message.raw().starts_with("41 statements of qa depend on carol: "), "{}", report.message);
        let hint = report.hint.unwrap();
        let expected = "questions about 'approvals' fail: qa needs 1 of bob besides alice. --prepare, ";
        assert!(hint.raw().contains(expected), "{hint}");
    }
}
