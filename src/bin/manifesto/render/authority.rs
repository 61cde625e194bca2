use std::io::{self, Write};

use manifesto::report::{Delegated, DelegationAdd, DelegationList, DelegationRemove, Publishers, Report, Text};

use super::{
    Render, Streams,
    line::{ago, columns, count, names},
};

impl Render for Report<DelegationAdd> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let role = &self.role;
        let done = match (self.begun, self.adopted.is_empty()) {
            (true, true) => "was created, without statements",
            (true, false) => "was created, with the owner's statements",
            (false, _) => "was changed; its statements stay valid",
        };
        writeln!(streams.person, "The role {} of {} {done}.", role.role, self.head.repository)?;
        show(streams.person, role)?;
        for image in &self.adopted {
            writeln!(streams.person, "  signed over: {} of {}", list(&image.types), image.reference)?;
        }
        Ok(())
    }
}

impl Render for Report<DelegationRemove> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        match &self.role {
            Some(role) => {
                writeln!(streams.person, "The role {} of {} was changed.", self.name, self.head.repository)?;
                show(streams.person, role)?;
            }
            None => writeln!(streams.person, "The role {} of {} was removed.", self.name, self.head.repository)?,
        }
        if !self.freed.is_empty() {
            writeln!(streams.person, "  signed by the owner again: {}", list(&self.freed))?;
        }
        Ok(())
    }
}

impl Render for Report<DelegationList> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let row = |role: &Delegated| {
            let last = match &role.last {
                Some(last) => format!("last {}, {}", names(&last.signers), ago(last.at, now)),
                None => "nothing yet".to_owned(),
            };
            let statements = count(role.statements, "statement", "statements");
            [role.role.to_string(), types_and_tags(role), signers(role), statements, last]
        };
        columns(streams.out, "", &self.roles.iter().map(row).collect::<Vec<_>>())
    }
}

impl Render for Report<Publishers> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let mut rows = Vec::new();
        for publisher in &self.publishers {
            let does = match (publisher.snapshot, publisher.timestamp) {
                (true, true) => "publishes",
                (true, false) => "signs snapshot",
                (false, _) => "signs timestamp",
            };
            rows.push([publisher.key.name.to_string(), does.to_owned()]);
        }
        columns(streams.out, "", &rows)
    }
}

fn show(person: &mut dyn Write, role: &Delegated) -> io::Result<()> {
    writeln!(person, "  {}: {}", types_and_tags(role), signers(role))
}

/// The types and tags of a role.
fn types_and_tags(role: &Delegated) -> String {
    let tags = role.tags.iter().map(|tag| format!("tags {tag}"));
    let all: Vec<String> = role.types.iter().map(ToString::to_string).chain(tags).collect();
    if role.role.raw() == "repository" { "all other types and tags".to_owned() } else { all.join(", ") }
}

/// The keys of a role.
fn signers(role: &Delegated) -> String {
    match (role.threshold, role.keys.len()) {
        (1, 1) => names(&role.keys),
        (threshold, keys) => format!("{threshold} of {keys}: {}", names(&role.keys)),
    }
}

fn list(types: &[Text]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::render::examples::{self, text};

    #[test]
    fn who_may_say_what() {
        assert_snapshot!(text(&examples::delegations()), @r"
        1> qa          approvals, waiver         2 of 3: alice, bob, carol  0 statements  nothing yet
        1> scan        trivy, tags v*            ci                         1 statement   last ci, 60 min ago
        1> repository  all other types and tags  alice                      7 statements  last alice, 60 min ago
        ");
        assert_snapshot!(text(&examples::delegation_add()), @r"
        2> The role qa of ghcr.io/acme/app was created, without statements.
        2>   approvals, waiver: 2 of 3: alice, bob, carol
        ");
        assert_snapshot!(text(&examples::delegation_remove()), @r"
        2> The role scan of ghcr.io/acme/app was removed.
        2>   signed by the owner again: trivy
        ");
    }

    #[test]
    fn who_may_publish() {
        assert_snapshot!(text(&examples::publishers()), @r"
        1> alice  signs snapshot
        1> ci     publishes
        1> alice  signs timestamp
        ");
    }
}
