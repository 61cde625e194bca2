use std::io;

use manifesto::report::Recover;

use super::{Render, Streams, line::count};

impl Render for Recover {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        let Some(published) = &self.published else {
            return writeln!(person, "{} has everything that this machine has seen.", self.repository);
        };
        writeln!(person, "{} is what it was on {}. Published {published}.", self.repository, created(self))?;
        for role in &self.left {
            writeln!(person, "{role} still lists something that is lost: its people have to `recover` too.")?;
        }
        Ok(())
    }
}

/// What is about to be done, line by line.
pub(crate) fn plan(report: &Recover) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(found) = &report.found {
        lines.push(format!("What {} shows is not to be believed: {found}.", report.repository));
    }
    lines.push(format!("This machine saw it last as it was on {}.", created(report)));
    if report.restored > 0 {
        lines.push(format!("The registry has lost {} that are here.", count(report.restored, "document", "documents")));
    }
    for lost in &report.lost {
        let which = if lost.current { "" } else { ", as it was before" };
        lines.push(format!("  lost: {} of {}{which} ({})", lost.statement_type, lost.image, lost.digest));
    }
    for version in &report.lost_roots {
        lines.push(format!(
            "  lost: root {version}; who pinned an earlier one and has not looked since needs a new pin"
        ));
    }
    lines
}

fn created(report: &Recover) -> String {
    report.state.created.unwrap_or(report.checked_at).to_string()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn what_is_put_back() {
        assert_snapshot!(plan(&examples::recover()).join("\n"), @r"
        What ghcr.io/acme/app shows is not to be believed: timestamp went back from version 41 to 38.
        This machine saw it last as it was on 2026-11-20T16:00:00Z.
        The registry has lost 3 documents that are here.
          lost: approvals of ghcr.io/acme/app@sha256:41d0 (sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2)
          lost: trivy of ghcr.io/acme/app@sha256:41d0, as it was before (sha256:1ff023b5ac2e3d6a5550e2534eb6750e045e53df1bfa1f543b210a5749a132f6)
          lost: root 2; who pinned an earlier one and has not looked since needs a new pin
        ");
        assert_snapshot!(text(&examples::recover()), @r"
        2> ghcr.io/acme/app is what it was on 2026-11-20T16:00:00Z. Published sha256:f6e09cc89f85dcd21d987a4c4af142fe5bbb741de93d375af548f1d4f1d2063b.
        2> qa still lists something that is lost: its people have to `recover` too.
        ");
        let needless = Recover { published: None, ..examples::recover() };
        assert_snapshot!(text(&needless), @"2> ghcr.io/acme/app has everything that this machine has seen.");
    }
}
