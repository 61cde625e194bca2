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
    match opened.local_pin() {
        Ok(Some(pin)) => checks.push(right("pin", format!("{}, since {}", pin.fingerprint, to_day(pin.pinned_at)))),
        Ok(None) if opened.has_root_keys() => {
            checks.push(right("pin", "none yet; a root key is trusted for its name"));
        }
        Ok(None) => {
            checks.push(doubtful(
                "pin",
                "none",
                "Ask its owner for the fingerprint: manifesto trust pin REPO FINGERPRINT.",
            ));
            return Ok(());
        }
        Err(error) => {
            checks.push(wrong("pin", error.into()));
            return Ok(());
        }
    }
    match opened.status(None, None).await {
        Ok((state, near)) => {
            let now = session.now.checked_add(session.timeout.started().elapsed()).unwrap_or(session.now);
            checks.extend([metadata(&state), clock(now, &state, opened.content().date())]);
            warnings.extend(near);
        }
        Err(error) => checks.push(wrong("metadata", error.into())),
    }
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

/// Compares this machine's clock with the registry's, and with the newest signed date, because nothing can have been
/// signed in the future.
fn clock(now: Timestamp, state: &State, registry: Option<Timestamp>) -> Check {
    const ADVICE: &str = "One of the two clocks is wrong; while it is, expired metadata may look good.";
    let signed = state.roles.iter().filter_map(|role| role.report.dates.created).max();
    for (date, witness) in [(registry, "the registry's clock"), (signed, "the date of the newest signature")] {
        if let Some(date) = date.filter(|date| is_future(*date, now)) {
            return doubtful("clock", format!("{} behind {witness}", Age::between(now, date)), ADVICE);
        }
    }
    match (registry, signed) {
        (Some(date), _) if is_future(now, date) => {
            let detail = format!("{} ahead of the registry's clock", Age::between(now, date));
            doubtful(
                "clock",
                detail,
                "One of the two clocks is wrong; while it is, what is signed here may be refused.",
            )
        }
        (Some(_), _) => right("clock", "agrees with the registry's, and not before the newest signature"),
        (None, Some(_)) => right("clock", "not before the newest signature"),
        (None, None) => right("clock", "nothing to compare it with"),
    }
}

#[cfg(test)]
mod tests {
    use manifesto::report::{Finding, Upkeep};

    use super::*;
    use crate::render::examples;

    #[test]
    fn a_clock_is_held_against_the_registrys_and_against_signed_dates() {
        let Upkeep::Done(state) = examples::status().repositories.remove(0).outcome else { panic!("an answer") };
        let now = examples::now();
        let in_a_year = Some(Age::days(365).after(now));
        let check = clock(now, &state, None);
        assert_eq!(check.finding, Finding::Right);
        let check = clock(now, &state, in_a_year);
        assert_eq!((check.finding, check.detail.raw()), (Finding::Doubtful, "365 d behind the registry's clock"));
        let check = clock(Age::days(1).before(now), &state, Some(now));
        assert_eq!(check.detail.raw(), "24 h behind the registry's clock");
        let check = clock(now, &state, Some(Age::days(1).before(now)));
        assert_eq!((check.finding, check.detail.raw()), (Finding::Doubtful, "24 h ahead of the registry's clock"));
        let check = clock(now, &state, Some(Age::minutes(4).before(now)));
        assert_eq!(check.finding, Finding::Right);
        let check = clock(Age::days(1).before(now), &state, None);
        assert_eq!(check.detail.raw(), "23 h behind the date of the newest signature");
    }
}
