//! Renders reports as text or as JSON, from the same struct.

mod authority;
mod doctor;
mod evidence;
#[cfg(test)]
pub(crate) mod examples;
mod inspect;
mod keys;
mod line;
mod proposal;
mod recover;
mod rotation;
mod statements;
mod trust;
mod upkeep;

use std::io::{self, Write};

use manifesto::{
    report::{Envelope, Report, Schema},
    time::Timestamp,
};

pub(crate) use recover::plan;
pub(crate) use statements::Detail;

use crate::{escape, exit::Exit, flags::Format};

/// Where the text of a report is written.
pub(crate) struct Streams<'a> {
    /// Standard output, for the result.
    pub(crate) out: &'a mut dyn Write,
    /// Standard error, for messages to the user.
    pub(crate) person: &'a mut dyn Write,
    /// The present time, for ages.
    pub(crate) now: Timestamp,
    /// Whether standard output is UTF-8.
    pub(crate) utf8: bool,
    /// The detail that the user asked for.
    pub(crate) detail: Detail,
}

/// How to render reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputOptions {
    /// The format.
    pub(crate) format: Format,
    /// The present time, for ages.
    pub(crate) now: Timestamp,
    /// Whether standard output is UTF-8.
    pub(crate) utf8: bool,
    /// The detail that the user asked for.
    pub(crate) detail: Detail,
}

/// A report with a text form.
pub(crate) trait Render {
    /// Writes it as text.
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()>;

    /// The exit code of a command with this report.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// Writes the result of `report` to `out`, and messages to `person`.
pub(crate) fn write<B: Schema>(
    report: &Report<B>,
    OutputOptions { format, now, utf8, detail }: OutputOptions,
    out: &mut dyn Write,
    person: &mut dyn Write,
) -> io::Result<()>
where
    Report<B>: Render,
{
    match format {
        Format::Json => escape::json(&Envelope::new(report, report.exit().code()), out),
        Format::Text => {
            let (mut result, mut said) = (Vec::new(), Vec::new());
            report.text(&mut Streams { out: &mut result, person: &mut said, now, utf8, detail })?;
            for warning in &report.warnings {
                writeln!(said, "warning: {}", warning.message)?;
            }
            out.write_all(escape::lines(&result).as_bytes())?;
            person.write_all(escape::lines(&said).as_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use manifesto::report::{Text, Warning};
    use serde::Serialize;

    use super::*;
    use crate::escape::tests::{HOSTILE, assert_harmless};

    /// A report that escapes nothing.
    #[derive(Serialize)]
    struct Careless {
        text: String,
    }

    impl Schema for Careless {
        const SCHEMA: &'static str = "dev.manifesto.careless/v1";

        type Head = ();
    }

    impl Render for Report<Careless> {
        fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
            writeln!(streams.out, "{}", self.text)?;
            writeln!(streams.person, "{}", self.text)
        }
    }

    /// [⚔] Every report is written here, so this holds for all reports, even if one forgets to escape foreign text.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-injection
    #[test]
    fn foreign_text_does_nothing_to_a_terminal() {
        let warnings = vec![Warning { kind: "x", message: Text::from(HOSTILE) }];
        let report = Report { head: (), body: Careless { text: HOSTILE.to_owned() }, warnings };
        let output_options =
            |format| OutputOptions { format, now: examples::now(), utf8: true, detail: Detail::default() };
        let (mut out, mut person) = (Vec::new(), Vec::new());
        write(&report, output_options(Format::Text), &mut out, &mut person).unwrap();
        for stream in [out, person] {
            assert_harmless(&String::from_utf8(stream).unwrap());
        }
        let mut out = Vec::new();
        write(&report, output_options(Format::Json), &mut out, &mut Vec::new()).unwrap();
        assert_harmless(&String::from_utf8(out).unwrap());
    }
}
