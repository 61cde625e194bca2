//! Checks of one repository.

use manifesto::{
    name::{Location, RepositoryName, Tag},
    oci::{Reference, registry::DockerConfig},
    report::{Check, Doctor, Report, State},
    time::{Age, Timestamp, is_future, to_day},
};

use super::{doubtful, right, wrong};
use crate::{
    connect::repository,
    error::CliError,
    flags::{RegistryFlags, TrustFlags},
    session::Session,
};

/// Checks credentials, registry, pin, metadata and clock, in this order, as far as each is available.
pub(super) async fn look(
    session: &Session,
    location: &Location,
    registry: &RegistryFlags,
    report: &mut Report<Doctor>,
) -> Result<(), CliError> {
    let Report { body: Doctor { checks }, warnings, .. } = report;
    if let Location::Registry(repository) = location {
        checks.push(credentials(session, repository, registry).await);
    }
    let opened = repository::open(session, location, &TrustFlags::default(), registry, false)?;
    let published = opened.content().resolve(&Reference::Tag(Tag::manifesto())).await;
    let published = match published {
        Ok(published) => published.is_some(),
        Err(error) => {
            checks.push(wrong("registry", error.into()));
            return Ok(());
        }
    };
    checks.push(if published {
        right("registry", "answers, and has signed metadata")
    } else {
        doubtful("registry", "answers, and has no signed metadata", "Its owner creates it with: manifesto init.")
    });
    let state = match opened.local_pin() {
        Ok(None) if !opened.has_root_keys() => {
            checks.push(doubtful(
                "pin",
                "none",
                "Ask its owner for the fingerprint: manifesto trust pin REPO FINGERPRINT.",
            ));
            None
        }
        Ok(pin) => {
            let none = || "none yet; a root key is trusted for its name".to_owned();
            let detail = pin.map(|pin| format!("{}, since {}", pin.fingerprint, to_day(pin.pinned_at)));
            checks.push(right("pin", detail.unwrap_or_else(none)));
            match opened.status(None, None).await {
                Ok((state, near)) => {
                    checks.push(metadata(&state));
                    warnings.extend(near);
                    Some(state)
                }
                Err(error) => {
                    checks.push(wrong("metadata", error.into()));
                    None
                }
            }
        }
        Err(error) => {
            checks.push(wrong("pin", error.into()));
            None
        }
    };
    let now = session.now.checked_add(session.timeout.started().elapsed()).unwrap_or(session.now);
    let signed = state.iter().flat_map(|state| &state.roles).filter_map(|role| role.report.dates.created).max();
    checks.push(clock(now, signed, opened.content().date()));
    Ok(())
}

/// Reports where credentials come from, but not what they are.
async fn credentials(session: &Session, repository: &RepositoryName, flags: &RegistryFlags) -> Check {
    const CHECK: &str = "credentials";
    let host = repository.host();
    match flags.named_source(&session.environment) {
        Ok(Some(source)) => return right(CHECK, format!("{source}, for {host}")),
        Ok(None) => {}
        Err(error) => return wrong(CHECK, error),
    }
    let docker = DockerConfig::locate(|name| std::env::var_os(name));
    match docker.lookup(host, repository.path()).await {
        Ok(Some(_)) => right(CHECK, format!("the docker config has some for {host}")),
        Ok(None) => right(CHECK, format!("none for {host}; requests are anonymous")),
        Err(error) => {
            let files: Vec<String> = docker.files().iter().map(|file| file.display().to_string()).collect();
            doubtful(CHECK, error.to_string(), format!("These files are read: {}.", files.join(", ")))
        }
    }
}

fn metadata(state: &State) -> Check {
    let until = to_day(state.renew_by);
    if state.due {
        let detail = format!("verified, but expired on {until}");
        return doubtful("metadata", detail, "A publisher renews it with: manifesto refresh REPO.");
    }
    right("metadata", format!("verified; good until {until}"))
}

/// Compares this machine's clock with the registry's, and with the newest `signed` date, because nothing can have been
/// signed in the future.
fn clock(now: Timestamp, signed: Option<Timestamp>, registry: Option<Timestamp>) -> Check {
    const ADVICE: &str = "One of the two clocks is wrong. While they differ, nothing can be signed from here, and \
                          expired metadata may look good, or good metadata expired.";
    let off = |date: Timestamp, whose: &str| {
        let direction = if date > now { "behind" } else { "ahead of" };
        format!("{} {direction} {whose}", Age::between(now, date))
    };
    match (registry, signed.filter(|date| is_future(*date, now))) {
        (Some(date), _) if is_future(date, now) || is_future(now, date) => {
            doubtful("clock", off(date, "the registry's clock"), ADVICE)
        }
        (Some(_), Some(date)) => doubtful(
            "clock",
            format!("agrees with the registry's, but is {}", off(date, "the date of the newest signature")),
            "The clock of that signer was ahead. Signing again corrects the date: manifesto refresh REPO.",
        ),
        (None, Some(date)) => doubtful(
            "clock",
            off(date, "the date of the newest signature"),
            "Either this clock is behind, or the signer's was ahead. Set this one; signing again corrects the date: \
             manifesto refresh REPO.",
        ),
        (Some(_), None) => right("clock", "agrees with the registry's, and not before the newest signature"),
        (None, None) if signed.is_some() => right("clock", "not before the newest signature"),
        (None, None) => right("clock", "nothing to compare it with"),
    }
}

#[cfg(test)]
mod tests {
    use manifesto::report::Finding;

    use super::*;
    use crate::render::examples;

    #[test]
    fn a_clock_is_held_against_the_registrys_and_against_signed_dates() {
        let now = examples::now();
        let hour = Some(Age::minutes(60).before(now));
        let told = |now, signed, registry| {
            let check = clock(now, signed, registry);
            (check.finding, check.detail.raw().to_owned())
        };
        let doubtful = |detail: &str| (Finding::Doubtful, detail.to_owned());
        assert_eq!(told(now, None, None).1, "nothing to compare it with");
        assert_eq!(told(now, hour, None), (Finding::Right, "not before the newest signature".to_owned()));
        assert_eq!(told(now, hour, Some(now)).0, Finding::Right);
        for (registry, detail) in [
            (Age::days(365).after(now), "365 d behind the registry's clock"),
            (Age::days(1).after(now), "24 h behind the registry's clock"),
            (Age::days(1).before(now), "24 h ahead of the registry's clock"),
        ] {
            for signed in [None, hour, Some(Age::days(9).after(now))] {
                assert_eq!(told(now, signed, Some(registry)), doubtful(detail));
            }
        }
        for minutes in [Age::minutes(4).before(now), Age::minutes(4).after(now)] {
            assert_eq!(told(now, hour, Some(minutes)).0, Finding::Right);
        }
        let in_nine_days = Some(Age::days(9).after(now));
        let detail = "9 d behind the date of the newest signature";
        assert_eq!(told(now, in_nine_days, None), doubtful(detail));
        assert_eq!(
            told(now, in_nine_days, Some(now)),
            doubtful(&format!("agrees with the registry's, but is {detail}"))
        );
    }
}
