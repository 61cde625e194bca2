use std::io;

use manifesto::{
    report::{ErrorReport, Refresh, Renewal, Report, RoleReport, RoleState, State, Status, Upkeep},
    time::Timestamp,
};

use super::{
    Render, Streams,
    line::{columns, count, day, short, signed_by},
};
use crate::exit::Exit;

impl Render for Report<Status> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        for entry in &self.repositories {
            let state = match &entry.outcome {
                Upkeep::Done(state) => in_words(state, now),
                Upkeep::Failed { error } => failed(error),
            };
            writeln!(streams.out, "{}  {state}", entry.repository)?;
            if let Upkeep::Done(state) = &entry.outcome {
                let rows: Vec<_> = state.roles.iter().map(|role| row(role, now)).collect();
                columns(streams.out, "  ", &rows)?;
            }
        }
        Ok(())
    }

    fn exit(&self) -> Exit {
        let exit = |outcome: &Upkeep<State>| match outcome {
            Upkeep::Done(state) if state.due => Exit::Expired,
            Upkeep::Done(_) => Exit::Done,
            Upkeep::Failed { error } => of(error),
        };
        Exit::gravest(self.repositories.iter().map(|entry| exit(&entry.outcome)))
    }
}

impl Render for Report<Refresh> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let mut rows = Vec::new();
        for entry in &self.repositories {
            let done = match &entry.outcome {
                Upkeep::Done(renewal) => came_to(renewal, now),
                Upkeep::Failed { error } => failed(error),
            };
            rows.push([entry.repository.to_string(), done]);
        }
        columns(streams.out, "", &rows)
    }

    fn exit(&self) -> Exit {
        Exit::gravest(self.repositories.iter().map(|entry| match &entry.outcome {
            Upkeep::Done(renewal) if !renewal.damaged.is_empty() => Exit::Verification,
            Upkeep::Done(renewal) if renewal.expired => Exit::Expired,
            Upkeep::Done(_) => Exit::Done,
            Upkeep::Failed { error } => of(error),
        }))
    }
}

fn row(role: &RoleState, now: Timestamp) -> [String; 5] {
    let RoleReport { role: name, dates, threshold, .. } = &role.report;
    let by = if dates.expires <= now { "EXPIRED" } else { "renew by" };
    let here = match role.here {
        Some(here) => format!("here {} of {threshold}", here.min(*threshold)),
        None => "here unknown".to_owned(),
    };
    let version = format!("version {}", dates.version);
    [name.to_string(), version, format!("{by} {}", day(dates.expires, now)), signed_by(&role.report), here]
}

/// The result of a renewal.
fn came_to(renewal: &Renewal, now: Timestamp) -> String {
    let until = day(renewal.renew_by, now);
    let mut words = match (&renewal.published, renewal.expired) {
        (Some(digest), false) => format!("renewed until {until}; published {}", short(digest)),
        (Some(digest), true) => format!("EXPIRED {until}; the rest is renewed, published {}", short(digest)),
        (None, true) => format!("EXPIRED {until}; no key on this machine can renew it"),
        (None, false) => format!("nothing due until {}", day(renewal.due, now)),
    };
    let mut add = |what: &str, all: Vec<String>| {
        if !all.is_empty() {
            words.push_str(&format!("; {what}: {}", all.join(", ")));
        }
    };
    add("published what was signed", renewal.completed.iter().map(short).collect());
    add("waiting for others", renewal.waiting.iter().map(|waiting| waiting.role.to_string()).collect());
    add("proposed", renewal.proposed.iter().map(short).collect());
    add("DAMAGED", renewal.damaged.iter().map(|damaged| damaged.role.to_string()).collect());
    words
}

fn in_words(state: &State, now: Timestamp) -> String {
    let first = state.roles.first().map(|role| format!(" ({})", role.report.role)).unwrap_or_default();
    let mut words = if state.renew_by <= now {
        format!("EXPIRED {}{first}", day(state.renew_by, now))
    } else if state.due {
        format!("renew by {}{first}: due", day(state.renew_by, now))
    } else {
        format!("good; renew by {}{first}", day(state.renew_by, now))
    };
    words.push_str(&format!("; {}", count(state.statements, "statement", "statements")));
    if state.expired_statements > 0 {
        words.push_str(&format!(", {} expired", state.expired_statements));
    }
    words
}

fn failed(error: &ErrorReport) -> String {
    match &error.hint {
        Some(hint) => format!("FAILED: {} ({hint})", error.message),
        None => format!("FAILED: {}", error.message),
    }
}

fn of(error: &ErrorReport) -> Exit {
    Exit::from_code(error.exit_code).unwrap_or(Exit::Unexpected)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn status_has_a_line_for_each_repository_and_ends_with_the_gravest() {
        let report = examples::status();
        assert_snapshot!(text(&report), @r"
        1> ghcr.io/acme/app  good; renew by 4 Dec (timestamp); 12 statements
        1>   timestamp  version 3  renew by 4 Dec   alice                   here 1 of 1
        1>   qa         version 3  renew by 18 Feb  2 of alice, bob, carol  here unknown
        1> ghcr.io/acme/soon  renew by 22 Nov (timestamp): due; 12 statements, 1 expired
        1>   timestamp  version 3  renew by 22 Nov  alice                   here 1 of 1
        1>   qa         version 3  renew by 18 Feb  2 of alice, bob, carol  here unknown
        1> ghcr.io/acme/late  EXPIRED 19 Nov (timestamp); 12 statements
        1>   timestamp  version 3  EXPIRED 19 Nov   alice                   here 1 of 1
        1>   qa         version 3  renew by 18 Feb  2 of alice, bob, carol  here unknown
        1> quay.io/acme/web  FAILED: no answer from quay.io (Try again later.)
        ");
        assert_eq!(report.exit(), Exit::Expired);
        let json: serde_json::Value = serde_json::from_str(&examples::json(&report)).unwrap();
        let role = &json["repositories"][0]["roles"][1];
        assert_eq!((&role["role"], &role["threshold"], &role["here"]), (&"qa".into(), &2.into(), &().into()));
        assert_eq!(json["repositories"][0]["roles"][0]["here"], 1);
        assert_eq!(json["repositories"][3]["error"]["kind"], "unreachable");
    }

    #[test]
    fn refresh_says_what_was_renewed() {
        let report = examples::refresh();
        assert_snapshot!(text(&report), @r"
        1> ghcr.io/acme/app   renewed until 29 Dec; published 05b3ab
        1> ghcr.io/acme/web   nothing due until 20 Dec
        1> ghcr.io/acme/late  EXPIRED 19 Nov; the rest is renewed, published 05b3ab; waiting for others: root
        1> quay.io/acme/web   FAILED: no answer from quay.io (Try again later.)
        ");
        assert_eq!(report.exit(), Exit::Expired);
    }
}
