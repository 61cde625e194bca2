use std::io;

use manifesto::report::{ErrorReport, Inspect, Refresh, RoleReport, State, Status, Upkeep};

use super::{
    Render, Streams, evidence,
    line::{columns, count, day, names, short},
};
use crate::exit::Exit;

impl Render for Status {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let mut rows = Vec::new();
        for entry in &self.repositories {
            let state = match &entry.outcome {
                Upkeep::Done(state) => in_words(state, now),
                Upkeep::Failed { error } => failed(error),
            };
            rows.push([entry.repository.to_string(), state]);
        }
        columns(streams.out, "", &rows)
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

impl Render for Refresh {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let mut rows = Vec::new();
        for entry in &self.repositories {
            let done = match &entry.outcome {
                Upkeep::Done(renewal) => match &renewal.published {
                    Some(digest) => {
                        format!("renewed until {}; published {}", day(renewal.renew_by, now), short(digest))
                    }
                    None => format!("nothing due until {}", day(renewal.due, now)),
                },
                Upkeep::Failed { error } => failed(error),
            };
            rows.push([entry.repository.to_string(), done]);
        }
        columns(streams.out, "", &rows)
    }

    fn exit(&self) -> Exit {
        Exit::gravest(self.repositories.iter().map(|entry| match &entry.outcome {
            Upkeep::Done(_) => Exit::Done,
            Upkeep::Failed { error } => of(error),
        }))
    }
}

impl Render for Inspect {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let (images, statements) =
            (count(self.images, "image", "images"), count(self.statements, "statement", "statements"));
        writeln!(streams.out, "{}", self.location)?;
        let timestamp = &self.metadata.timestamp;
        let rows = [
            ["name".to_owned(), self.trust.repository.to_string()],
            ["trust".to_owned(), format!("{} sha256:{}…", evidence::how(self.trust.how), self.trust.pinned.short())],
            ["manifest".to_owned(), format!("{}, {} B", self.manifest, self.manifest_size)],
            ["holds".to_owned(), format!("{statements} about {images}, {} B with earlier values", self.stored_bytes)],
            ["writers".to_owned(), self.writers.to_string()],
            ["good until".to_owned(), day(timestamp.expires, now)],
        ];
        columns(streams.out, "  ", &rows)?;
        writeln!(streams.out)?;
        let role = |role: &RoleReport| {
            [
                role.role.to_string(),
                format!("version {}", role.dates.version),
                format!("until {}", day(role.dates.expires, now)),
                signed_by(role),
                holds(role),
            ]
        };
        columns(streams.out, "  ", &self.roles.iter().map(role).collect::<Vec<_>>())
    }
}

fn in_words(state: &State, now: jiff::Timestamp) -> String {
    let first = state.roles.first().map(|role| format!(" ({})", role.role)).unwrap_or_default();
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

fn signed_by(role: &RoleReport) -> String {
    let keys = names(&role.keys);
    if role.keys.len() as u64 == role.threshold { keys } else { format!("{} of {keys}", role.threshold) }
}

fn holds(role: &RoleReport) -> String {
    let types: Vec<String> = role.types.iter().map(ToString::to_string).collect();
    match (role.statements, types.is_empty()) {
        (0, true) => String::new(),
        (number, true) => count(number, "statement", "statements"),
        (number, false) => format!("{} ({})", count(number, "statement", "statements"), types.join(", ")),
    }
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
        1> ghcr.io/acme/app   good; renew by 4 Dec (timestamp); 12 statements
        1> ghcr.io/acme/soon  renew by 22 Nov (timestamp): due; 12 statements, 1 expired
        1> ghcr.io/acme/late  EXPIRED 19 Nov (timestamp); 12 statements
        1> quay.io/acme/web   FAILED: no answer from quay.io (Try again later.)
        ");
        assert_eq!(report.exit(), Exit::Expired);
        assert_snapshot!(examples::json(&report), @r#"
        {
          "checked_at": "2026-11-20T17:00:00Z",
          "exit_code": 5,
          "repositories": [
            {
              "due": false,
              "expired_statements": 0,
              "renew_by": "2026-12-04T17:00:00Z",
              "repository": "ghcr.io/acme/app",
              "roles": [
                {
                  "created": "2026-11-20T16:00:00Z",
                  "expires": "2026-12-04T17:00:00Z",
                  "keys": [
                    {
                      "keyid": "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90",
                      "name": "alice"
                    }
                  ],
                  "role": "timestamp",
                  "statements": 0,
                  "threshold": 1,
                  "types": [],
                  "version": 3
                }
              ],
              "statements": 12,
              "trust": {
                "how": "pin",
                "pinned": "sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
                "repository": "ghcr.io/acme/app",
                "root_version": 3
              }
            },
            {
              "due": true,
              "expired_statements": 1,
              "renew_by": "2026-11-22T17:00:00Z",
              "repository": "ghcr.io/acme/soon",
              "roles": [
                {
                  "created": "2026-11-20T16:00:00Z",
                  "expires": "2026-11-22T17:00:00Z",
                  "keys": [
                    {
                      "keyid": "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90",
                      "name": "alice"
                    }
                  ],
                  "role": "timestamp",
                  "statements": 0,
                  "threshold": 1,
                  "types": [],
                  "version": 3
                }
              ],
              "statements": 12,
              "trust": {
                "how": "pin",
                "pinned": "sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
                "repository": "ghcr.io/acme/app",
                "root_version": 3
              }
            },
            {
              "due": true,
              "expired_statements": 0,
              "renew_by": "2026-11-19T17:00:00Z",
              "repository": "ghcr.io/acme/late",
              "roles": [
                {
                  "created": "2026-11-20T16:00:00Z",
                  "expires": "2026-11-19T17:00:00Z",
                  "keys": [
                    {
                      "keyid": "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90",
                      "name": "alice"
                    }
                  ],
                  "role": "timestamp",
                  "statements": 0,
                  "threshold": 1,
                  "types": [],
                  "version": 3
                }
              ],
              "statements": 12,
              "trust": {
                "how": "pin",
                "pinned": "sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
                "repository": "ghcr.io/acme/app",
                "root_version": 3
              }
            },
            {
              "error": {
                "exit_code": 10,
                "hint": "Try again later.",
                "kind": "unreachable",
                "message": "no answer from quay.io",
                "subject": "quay.io/acme/web"
              },
              "repository": "quay.io/acme/web"
            }
          ],
          "schema": "dev.manifesto.status/v1",
          "warnings": []
        }
        "#);
    }

    #[test]
    fn refresh_says_what_was_renewed() {
        let report = examples::refresh();
        assert_snapshot!(text(&report), @r"
        1> ghcr.io/acme/app  renewed until 29 Dec; published 05b3ab
        1> ghcr.io/acme/web  nothing due until 20 Dec
        1> quay.io/acme/web  FAILED: no answer from quay.io (Try again later.)
        ");
        assert_eq!(report.exit(), Exit::Unreachable);
    }

    #[test]
    fn inspect_shows_who_may_say_what() {
        assert_snapshot!(text(&examples::inspect()), @r"
        1> ghcr.io/acme/app
        1>   name        ghcr.io/acme/app
        1>   trust       pinned sha256:4813494d137e…
        1>   manifest    sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f, 4321 B
        1>   holds       8 statements about 2 images, 12345 B with earlier values
        1>   writers     single
        1>   good until  4 Dec
        1>
        1>   root        version 3  until 20 Nov 2027  alice
        1>   timestamp   version 3  until 4 Dec        alice
        1>   qa          version 3  until 18 Feb       alice  7 statements (approvals)
        1>   repository  version 3  until 18 Feb       alice  1 statement
        ");
    }
}
