use std::io;

use manifesto::report::{Recover, Report};

use super::{Render, Streams, line::count};

impl Render for Report<Recover> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        let Some(published) = &self.published else {
            return writeln!(person, "{} has everything that this machine has verified.", self.head.repository);
        };
        writeln!(person, "{} has its state of {} again. Published {published}.", self.head.repository, created(self))?;
        for role in &self.left {
            writeln!(person, "{role} still lists lost content: a holder of its keys has to `recover` too.")?;
        }
        Ok(())
    }
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
            count(report.restored, "document", "documents")
        ));
    }
    for lost in &report.lost {
        let which = if lost.current { "" } else { ", a former value" };
        lines.push(format!("  lost: {} of {}{which} ({})", lost.statement_type, lost.image, lost.digest));
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

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn what_is_put_back() {
        assert_snapshot!(plan(&examples::recover()).join("\n"), @r"
        The current metadata of ghcr.io/acme/app does not verify: timestamp went back from version 41 to 38.
        This machine last verified its state of 2026-11-20T16:00:00Z.
        The registry has lost 3 documents that this machine has.
          lost: approvals of ghcr.io/acme/app@sha256:41d0 (sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2)
          lost: trivy of ghcr.io/acme/app@sha256:41d0, a former value (sha256:1ff023b5ac2e3d6a5550e2534eb6750e045e53df1bfa1f543b210a5749a132f6)
          lost: root 2; clients with an earlier root need a new pin
        ");
        assert_snapshot!(text(&examples::recover()), @r"
        2> ghcr.io/acme/app has its state of 2026-11-20T16:00:00Z again. Published sha256:f6e09cc89f85dcd21d987a4c4af142fe5bbb741de93d375af548f1d4f1d2063b.
        2> qa still lists lost content: a holder of its keys has to `recover` too.
        ");
        let mut needless = examples::recover();
        needless.published = None;
        assert_snapshot!(text(&needless), @"2> ghcr.io/acme/app has everything that this machine has verified.");
    }
}
