use std::io;

use manifesto::report::{Change, Delete, Get, List, ListAll, Put, Report, Statement, Warning};
use serde::Serialize;

use super::{
    Render, Streams, evidence,
    line::{ago, columns, day, names},
};

/// A report, and how much of it a person asked to see.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct View<R> {
    pub(crate) report: R,
    #[serde(skip)]
    pub(crate) detail: Detail,
}

/// How much a person asked to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Detail {
    /// `--long`: a line about each statement.
    pub(crate) long: bool,
    /// `--verify`: why it may be believed.
    pub(crate) evidence: bool,
    /// `--digest`: the digests as the result.
    pub(crate) digest: bool,
}

impl<R: Report> Report for View<R> {
    const SCHEMA: &'static str = R::SCHEMA;

    fn warnings(&self) -> &[Warning] {
        self.report.warnings()
    }
}

impl Render for Put {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let (image, repository) = (&self.image.asked, &self.trust.repository);
        let person = &mut streams.person;
        if !image.raw().contains('@') {
            writeln!(person, "{image} is {}", self.image.digest())?;
        }
        for statement in &self.statements {
            let kind = &statement.kind;
            writeln!(person, "Storing metadata '{kind}' for '{image}'")?;
            writeln!(person, "Metadata '{kind}' for '{image}' stored at {}", statement.digest)?;
            match self.change {
                Change::Created => writeln!(person, "Creating new manifesto for {repository}")?,
                Change::Added | Change::Replaced => writeln!(person, "Updating manifesto for {repository}")?,
            }
            match self.change {
                Change::Created | Change::Added => {
                    writeln!(person, "Adding '{kind}' metadata to manifesto for '{image}'")?;
                }
                Change::Replaced => writeln!(person, "Replacing '{kind}' metadata in manifesto for '{image}'")?,
            }
        }
        Ok(())
    }
}

impl Render for View<Get> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Get { image, trust, metadata, statements, .. } = &self.report;
        if self.detail.digest {
            statements.iter().try_for_each(|statement| writeln!(streams.out, "{}", statement.digest))?;
        }
        if self.detail.evidence {
            evidence::write(streams, image, trust, metadata, statements)?;
        }
        Ok(())
    }
}

impl Render for View<List> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let List { image, trust, metadata, statements, .. } = &self.report;
        if statements.is_empty() {
            writeln!(streams.person, "No metadata stored for image '{}'", image.asked)?;
        } else {
            writeln!(streams.person, "Metadata types stored for image '{}':", image.asked)?;
            types(streams, statements, self.detail)?;
        }
        if self.detail.evidence {
            evidence::write(streams, image, trust, metadata, statements)?;
        }
        Ok(())
    }
}

impl Render for View<ListAll> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let ListAll { repository, images, .. } = &self.report;
        if images.is_empty() {
            return writeln!(streams.person, "No metadata stored for any image of '{repository}'");
        }
        writeln!(streams.person, "Metadata types stored for the images of '{repository}':")?;
        for image in images {
            writeln!(streams.out, "{}", image.reference)?;
            types(streams, &image.statements, self.detail)?;
        }
        Ok(())
    }
}

impl Render for Delete {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let image = &self.image.asked;
        for statement in &self.statements {
            writeln!(streams.person, "Updating manifesto for {}", self.trust.repository)?;
            writeln!(streams.person, "Deleted '{}' metadata from manifesto for '{image}'", statement.kind)?;
        }
        Ok(())
    }
}

fn types(streams: &mut Streams<'_>, statements: &[Statement], detail: Detail) -> io::Result<()> {
    if !detail.long {
        return statements.iter().try_for_each(|statement| writeln!(streams.out, "    {}", statement.kind));
    }
    let now = streams.now;
    let rows: Vec<[String; 5]> = statements
        .iter()
        .map(|statement| {
            let expires =
                statement.expires.map_or("never expires".to_owned(), |time| format!("until {}", day(time, now)));
            [
                statement.kind.to_string(),
                format!("{} B", statement.size),
                ago(statement.created, now),
                expires,
                names(&statement.signers),
            ]
        })
        .collect();
    columns(streams.out, "    ", &rows)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn put_says_what_the_original_tool_said() {
        assert_snapshot!(text(&examples::put(Change::Created)), @"");
        assert_snapshot!(text(&examples::put(Change::Added)), @"");
        assert_snapshot!(text(&examples::put(Change::Replaced)), @"");
    }

    #[test]
    fn delete_names_what_is_gone() {
        assert_snapshot!(text(&examples::delete()), @"");
    }

    #[test]
    fn get_keeps_stdout_for_bytes_and_shows_evidence_when_asked() {
        let view = |detail| View { report: examples::get(), detail };
        assert_eq!(text(&view(Detail::default())), "");
        assert_snapshot!(text(&view(Detail { evidence: true, ..Detail::default() })), @"");
        assert_snapshot!(text(&view(Detail { digest: true, ..Detail::default() })), @"");
    }

    #[test]
    fn evidence_says_who_chose_the_digest() {
        let mut report = examples::get();
        report.image.tag_signed_by = report.statements[0].signers.clone();
        let detail = Detail { evidence: true, ..Detail::default() };
        assert!(text(&View { report: report.clone(), detail }).contains("by a tag that alice, bob signed"));
        report.image.asked = report.image.reference.clone();
        assert!(text(&View { report, detail }).contains("named by its digest"));
    }

    #[test]
    fn list_has_its_headline_on_stderr_and_its_types_on_stdout() {
        let view = |detail| View { report: examples::list(), detail };
        assert_snapshot!(text(&view(Detail::default())), @"");
        assert_snapshot!(text(&view(Detail { long: true, ..Detail::default() })), @"");
        let mut empty = examples::list();
        empty.statements.clear();
        assert_snapshot!(text(&View { report: empty, detail: Detail::default() }), @"");
    }

    #[test]
    fn list_shows_every_image() {
        assert_snapshot!(text(&View { report: examples::list_all(), detail: Detail::default() }), @"");
    }

    #[test]
    fn a_type_cannot_paint_on_the_terminal() {
        let mut report = examples::list();
        report.statements[0].kind = "a\u{202e}b\u{1b}[2J".into();
        let shown = text(&View { report, detail: Detail { long: true, evidence: true, digest: false } });
        assert!(!shown.contains(['\u{202e}', '\u{1b}']), "{shown}");
    }

    #[test]
    fn json_is_the_contract_s() {
        let detail = Detail { long: true, evidence: true, digest: true };
        assert_snapshot!(examples::json(&View { report: examples::get(), detail }), @"");
    }
}
