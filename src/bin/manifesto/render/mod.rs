//! Reports as text for people, and as JSON. Both show the same struct.

mod authority;
mod doctor;
mod evidence;
#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
mod examples_together;
mod inspect;
mod keys;
mod line;
mod recover;
mod rotation;
mod statements;
mod together;
mod trust;
mod upkeep;

use std::io::{self, Write};

use jiff::Timestamp;
use manifesto::report::{Envelope, Report};

pub(crate) use recover::plan;
pub(crate) use statements::{Detail, View};

use crate::{exit::Exit, flags::Format};

/// Where a report's text goes.
pub(crate) struct Streams<'a> {
    /// Standard output: the result.
    pub(crate) out: &'a mut dyn Write,
    /// Standard error: what is said to a person beside it.
    pub(crate) person: &'a mut dyn Write,
    /// The time that ages are counted from.
    pub(crate) now: Timestamp,
    /// Whether standard output is read as UTF-8.
    pub(crate) utf8: bool,
}

/// How reports are to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// The format that was asked for.
    pub(crate) format: Format,
    /// The time that ages are counted from.
    pub(crate) now: Timestamp,
    /// Whether standard output is read as UTF-8.
    pub(crate) utf8: bool,
}

/// A report that can be shown to a person.
pub(crate) trait Render: Report {
    /// Writes it as text.
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()>;

    /// How a command with this report ends.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// Writes `report` to `out`, and what is for a person to `person`.
pub(crate) fn write<R: Render>(
    report: &R,
    Manner { format, now, utf8 }: Manner,
    out: &mut dyn Write,
    person: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &Envelope::new(report, report.exit().code()))?;
            out.write_all(b"\n")
        }
        Format::Text => {
            report.text(&mut Streams { out, person, now, utf8 })?;
            report.warnings().iter().try_for_each(|warning| writeln!(person, "warning: {}", warning.message))
        }
    }
}
