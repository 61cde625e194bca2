use std::{collections::BTreeSet, io};

use manifesto::report::{Recover, Report, Signer};

use super::{
    Render, Streams,
    line::{count, key_id},
};
use crate::exit::Exit;

impl Render for Report<Recover> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        match &self.published {
            Some(published) => writeln!(
                person,
                "{} has its state of {} again. Published {published}.",
                self.head.repository,
                created(self)
            )?,
            None if !self.missing_roles.is_empty() => writeln!(
                person,
                "Nothing was published: documents are missing. {} of this machine {} uploaded.",
                count(self.restored, "document or value", "documents and values"),
                if self.restored == 1 { "was" } else { "were" }
            )?,
            None if self.lacks_something() => {
                writeln!(person, "This machine has nothing of what {} has lost.", self.head.repository)?;
                lost(self).iter().try_for_each(|line| writeln!(person, "{line}"))?;
            }
            None => return writeln!(person, "{} has everything that this machine has verified.", self.head.repository),
        }
        for missing in &self.missing_roles {
            writeln!(person, "The document of {} is missing: {}", missing.role, recover_there(&missing.may_sign))?;
        }
        if self.lacks_something() && self.missing_roles.is_empty() {
            let signers: Vec<Signer> = self.lost.iter().flat_map(|lost| lost.signed_by.clone()).collect();
            writeln!(person, "Clients cannot get what is lost until it is back: {}", recover_there(&signers))?;
            writeln!(person, "A file that has it: --from FILE. If nobody has it: --without-lost.")?;
        }
        for role in &self.left {
            writeln!(person, "{role} still lists lost content: a holder of its keys has to `recover` too.")?;
        }
        Ok(())
    }

    fn exit(&self) -> Exit {
        if self.lacks_something() { Exit::Usage } else { Exit::Done }
    }
}

fn recover_there(keys: &[Signer]) -> String {
    match named(keys).as_str() {
        "" => "run `recover` on other machines that have published.".to_owned(),
        names => format!("run `recover` on the machine of {names}."),
    }
}

/// The names of keys and the first digits of their ids: two machines' keys may have the same name.
fn named(keys: &[Signer]) -> String {
    let name = |key: &Signer| format!("{} ({})", key.name, key_id(&key.keyid));
    let names: BTreeSet<String> = keys.iter().map(name).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The steps of a recovery, one per line.
pub(crate) fn plan(report: &Report<Recover>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(found) = &report.found {
        lines.push(format!("The current metadata of {} does not verify: {found}.", report.head.repository));
    }
    lines.push(format!("This machine last verified its state of {}.", created(report)));
    if report.restored > 0 {
        lines.push(format!(
            "The registry has lost {} that this machine has.",
            count(report.restored, "document or value", "documents and values")
        ));
    }
    for missing in &report.missing_roles {
        lines.push(format!("  missing: the document of {}", missing.role));
    }
    lines.extend(lost(report));
    lines
}

/// The lost content, one per line.
fn lost(report: &Recover) -> Vec<String> {
    let mut lines = Vec::new();
    for lost in &report.lost {
        let which = if lost.current { "" } else { ", a former value" };
        let (kind, image, by) = (&lost.statement_type, &lost.image, named(&lost.signed_by));
        lines.push(format!("  lost: {kind} of {image}{which}, signed by {by} ({})", lost.digest));
    }
    for version in &report.lost_roots {
        lines.push(format!("  lost: root {version}; clients with an earlier root need a new pin"));
    }
    lines
}

fn created(report: &Report<Recover>) -> String {
    report.state.created.unwrap_or(report.head.checked_at).to_string()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use manifesto::report::MissingRole;

    use super::*;
    use crate::render::examples::{self, signer, text};

    #[test]
    fn what_is_put_back() {
        assert_snapshot!(plan(&examples::recover()).join("\n"), @r"
        The current metadata of ghcr.io/acme/app does not verify: timestamp went back from version 41 to 38.
        This machine last verified its state of 2026-11-20T16:00:00Z.
        The registry has lost 3 documents and values that this machine has.
          lost: approvals of ghcr.io/acme/app@sha256:41d0, signed by alice (2bd806c97f0e) (sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2)
          lost: trivy of ghcr.io/acme/app@sha256:41d0, a former value, signed by alice (2bd806c97f0e) (sha256:1ff023b5ac2e3d6a5550e2534eb6750e045e53df1bfa1f543b210a5749a132f6)
          lost: root 2; clients with an earlier root need a new pin
        ");
        assert_snapshot!(text(&examples::recover()), @r"
        2> ghcr.io/acme/app has its state of 2026-11-20T16:00:00Z again. Published sha256:f6e09cc89f85dcd21d987a4c4af142fe5bbb741de93d375af548f1d4f1d2063b.
        2> qa still lists lost content: a holder of its keys has to `recover` too.
        ");
        let mut needless = examples::recover();
        needless.published = None;
        needless.lost.clear();
        needless.lost_roots.clear();
        assert_snapshot!(text(&needless), @"2> ghcr.io/acme/app has everything that this machine has verified.");
    }

    #[test]
    fn a_recovery_that_lacks_something_says_who_may_have_it() {
        let mut lacks = examples::recover();
        lacks.given_up = false;
        lacks.left.clear();
        assert_eq!(lacks.exit(), Exit::Usage);
        assert_snapshot!(text(&lacks), @r"
        2> ghcr.io/acme/app has its state of 2026-11-20T16:00:00Z again. Published sha256:f6e09cc89f85dcd21d987a4c4af142fe5bbb741de93d375af548f1d4f1d2063b.
        2> Clients cannot get what is lost until it is back: run `recover` on the machine of alice (2bd806c97f0e).
        2> A file that has it: --from FILE. If nobody has it: --without-lost.
        ");
        lacks.published = None;
        assert_snapshot!(text(&lacks), @r"
        2> This machine has nothing of what ghcr.io/acme/app has lost.
        2>   lost: approvals of ghcr.io/acme/app@sha256:41d0, signed by alice (2bd806c97f0e) (sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2)
        2>   lost: trivy of ghcr.io/acme/app@sha256:41d0, a former value, signed by alice (2bd806c97f0e) (sha256:1ff023b5ac2e3d6a5550e2534eb6750e045e53df1bfa1f543b210a5749a132f6)
        2>   lost: root 2; clients with an earlier root need a new pin
        2> Clients cannot get what is lost until it is back: run `recover` on the machine of alice (2bd806c97f0e).
        2> A file that has it: --from FILE. If nobody has it: --without-lost.
        ");
        let mut incomplete = lacks;
        incomplete.missing_roles =
            vec![MissingRole { role: "qa".into(), may_sign: vec![signer("carol"), signer("dave")] }];
        assert_eq!(incomplete.exit(), Exit::Usage);
        assert_snapshot!(text(&incomplete), @r"
        2> Nothing was published: documents are missing. 3 documents and values of this machine were uploaded.
        2> The document of qa is missing: run `recover` on the machine of carol (4c26d9074c27), dave (61ea0803f885).
        ");
        assert_snapshot!(plan(&incomplete).join("\n"), @r"
        The current metadata of ghcr.io/acme/app does not verify: timestamp went back from version 41 to 38.
        This machine last verified its state of 2026-11-20T16:00:00Z.
        The registry has lost 3 documents and values that this machine has.
          missing: the document of qa
          lost: approvals of ghcr.io/acme/app@sha256:41d0, signed by alice (2bd806c97f0e) (sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2)
          lost: trivy of ghcr.io/acme/app@sha256:41d0, a former value, signed by alice (2bd806c97f0e) (sha256:1ff023b5ac2e3d6a5550e2534eb6750e045e53df1bfa1f543b210a5749a132f6)
          lost: root 2; clients with an earlier root need a new pin
        ");
    }
}
