use std::io;

use manifesto::report::{Inspect, PublisherKey, Report, RoleReport};

use super::{
    Render, Streams, evidence,
    line::{columns, count, day, signed_by},
};

impl Render for Report<Inspect> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let now = streams.now;
        let (images, statements) =
            (count(self.images, "image", "images"), count(self.statements, "statement", "statements"));
        let roots = count(self.roots.len() as u64, "version", "versions");
        writeln!(streams.out, "{}", self.location)?;
        let until = self.roles.iter().map(|role| role.dates.expires).min();
        let until = until.unwrap_or(self.metadata.timestamp.expires);
        let rows = [
            ["name".to_owned(), self.trust.repository.to_string()],
            ["trust".to_owned(), format!("{} sha256:{}…", evidence::how(self.trust.how), self.trust.pinned.short())],
            ["manifest".to_owned(), format!("{}, {} B", self.manifest, self.manifest_size)],
            ["holds".to_owned(), format!("{statements} about {images}, {} B with earlier values", self.stored_bytes)],
            ["metadata".to_owned(), format!("{} B, {roots} of root", self.metadata_bytes)],
            ["publishers".to_owned(), format!("{} ({})", publishers(&self.publishers), self.writers)],
            ["good until".to_owned(), day(until, now)],
        ];
        columns(streams.out, "  ", &rows)?;
        writeln!(streams.out)?;
        let mut rows = Vec::new();
        let branches = if streams.utf8 { &UNICODE } else { &ASCII };
        Tree { roles: &self.roles, branches, shown: vec![false; self.roles.len()] }.walk(
            None,
            "",
            &mut |lead, role| {
                rows.push([
                    format!("{lead}{}", role.role),
                    format!("version {}", role.dates.version),
                    format!("until {}", day(role.dates.expires, now)),
                    signed_by(role),
                    authority_of(role),
                    statements_of(role),
                ]);
            },
        );
        columns(streams.out, "  ", &rows)
    }
}

/// The characters of a tree: before one of several children, before the last, and below each of these.
struct Branches([&'static str; 4]);

const UNICODE: Branches = Branches(["├─ ", "└─ ", "│  ", "   "]);
const ASCII: Branches = Branches(["|- ", "`- ", "|  ", "   "]);

/// The roles by the role that delegates to them.
struct Tree<'a> {
    roles: &'a [RoleReport],
    branches: &'a Branches,
    /// The roles already shown, because delegations may form a cycle.
    shown: Vec<bool>,
}

impl Tree<'_> {
    /// Shows the roles below `parent`, each after `lead` and a branch.
    fn walk(&mut self, parent: Option<&str>, lead: &str, show: &mut impl FnMut(String, &RoleReport)) {
        let Branches([one, last, below_one, below_last]) = *self.branches;
        let roles = self.roles;
        let is_child = |role: &RoleReport| role.delegated_by.as_ref().map(|by| by.raw()) == parent;
        let children: Vec<usize> =
            (0..roles.len()).filter(|index| is_child(&roles[*index]) && !self.shown[*index]).collect();
        children.iter().for_each(|index| self.shown[*index] = true);
        for (position, index) in children.iter().enumerate() {
            let is_last = position + 1 == children.len();
            let (branch, below) = match (parent, is_last) {
                (None, _) => ("", ""),
                (Some(_), true) => (last, below_last),
                (Some(_), false) => (one, below_one),
            };
            let role = &roles[*index];
            show(format!("{lead}{branch}"), role);
            self.walk(Some(role.role.raw()), &format!("{lead}{below}"), show);
        }
    }
}

/// Describes the authority of a role.
fn authority_of(role: &RoleReport) -> String {
    match (role.role.raw(), role.delegated_by.as_ref().map(|by| by.raw())) {
        ("root", None) => "keys of the top-level roles".to_owned(),
        ("targets", Some("root")) => "which role signs which types".to_owned(),
        ("snapshot", Some("root")) => "which versions belong together".to_owned(),
        ("timestamp", Some("root")) => "that this is current".to_owned(),
        ("repository", _) => "all other types and tags".to_owned(),
        _ => {
            let tags = role.tags.iter().map(|tag| format!("tags {tag}"));
            let all: Vec<String> = role.types.iter().map(ToString::to_string).chain(tags).collect();
            all.join(", ")
        }
    }
}

fn statements_of(role: &RoleReport) -> String {
    let begun = role.signed_by.is_empty() && !role.opening.is_empty();
    match role.statements {
        0 if begun => "none of its keys has signed yet".to_owned(),
        0 => String::new(),
        statements => count(statements, "statement", "statements"),
    }
}

fn publishers(keys: &[PublisherKey]) -> String {
    let mut names: Vec<String> = Vec::new();
    for key in keys {
        let name = key.key.name.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::render::examples::{self, text, text_in_ascii};

    #[test]
    fn the_roles_are_a_tree() {
        assert_snapshot!(text(&examples::inspect()), @r"
        1> ghcr.io/acme/app
        1>   name        ghcr.io/acme/app
        1>   trust       pinned sha256:4813494d137e…
        1>   manifest    sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f, 4321 B
        1>   holds       8 statements about 2 images, 12345 B with earlier values
        1>   metadata    6789 B, 3 versions of root
        1>   publishers  alice, ci (several)
        1>   good until  4 Dec
        1>
        1>   root              version 3  until 20 Nov 2027  alice                   keys of the top-level roles
        1>   ├─ targets        version 3  until 20 Nov 2027  alice                   which role signs which types
        1>   │  ├─ qa          version 3  until 18 Feb       2 of alice, bob, carol  approvals, waiver               7 statements
        1>   │  │  └─ lab      version 3  until 18 Feb       alice                   waiver
        1>   │  ├─ scan        version 3  until 18 Feb       ci                      trivy, tags v*                  none of its keys has signed yet
        1>   │  └─ repository  version 3  until 18 Feb       alice                   all other types and tags        1 statement
        1>   ├─ snapshot       version 3  until 18 Feb       alice                   which versions belong together
        1>   └─ timestamp      version 3  until 4 Dec        alice                   that this is current
        ");
    }

    #[test]
    fn the_tree_is_drawn_with_what_the_output_can_show() {
        let plain = text_in_ascii(&examples::inspect());
        let tree: Vec<&str> = plain.lines().skip_while(|line| !line.contains("root  ")).collect();
        assert_snapshot!(tree.join("\n"), @r"
        1>   root              version 3  until 20 Nov 2027  alice                   keys of the top-level roles
        1>   |- targets        version 3  until 20 Nov 2027  alice                   which role signs which types
        1>   |  |- qa          version 3  until 18 Feb       2 of alice, bob, carol  approvals, waiver               7 statements
        1>   |  |  `- lab      version 3  until 18 Feb       alice                   waiver
        1>   |  |- scan        version 3  until 18 Feb       ci                      trivy, tags v*                  none of its keys has signed yet
        1>   |  `- repository  version 3  until 18 Feb       alice                   all other types and tags        1 statement
        1>   |- snapshot       version 3  until 18 Feb       alice                   which versions belong together
        1>   `- timestamp      version 3  until 4 Dec        alice                   that this is current
        ");
        assert!(tree.concat().is_ascii());
    }

    #[test]
    fn roles_that_delegate_in_a_circle_are_each_shown_once() {
        let mut report = examples::inspect();
        let names: Vec<String> = report.roles.iter().map(|role| role.role.raw().to_owned()).collect();
        let mut back = report.roles.iter().find(|role| role.role.raw() == "qa").unwrap().clone();
        back.delegated_by = Some("lab".into());
        report.roles.push(back);
        let shown = text(&report);
        for name in names {
            assert!(shown.lines().any(|line| line.contains(&name)), "{name}\n{shown}");
        }
        assert_eq!(shown.matches(" qa ").count(), 2, "{shown}");
    }
}
