use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use manifesto::report::{ErrorObject, ErrorReport, Text};

use super::CliError;
use crate::{escape, flags::Format, terminal::stderr_has_colour};

impl CliError {
    /// Converts the failure to a part of a report.
    pub(crate) fn to_report(&self) -> ErrorReport {
        ErrorReport {
            exit_code: self.exit.code(),
            kind: self.kind,
            message: self.messages().join(": ").into(),
            subject: self.subject.as_deref().map(Text::from),
            hint: self.hint.as_deref().map(Text::from),
        }
    }
}

/// Prints the failure to standard error.
pub(crate) fn print(error: &CliError, format: Format) {
    if error.is_closed_pipe() {
        return;
    }
    let mut text = Vec::new();
    let written = match format {
        Format::Text => write_text(error, stderr_has_colour(), &mut text),
        Format::Json => write_json(error, &mut text),
    };
    // If standard error is closed, the failure cannot be reported.
    let _ = written.and_then(|()| io::stderr().write_all(&text));
}

fn write_text(error: &CliError, colour: bool, out: &mut impl Write) -> io::Result<()> {
    let style = |colour_of: AnsiColor| if colour { colour_of.on_default().bold() } else { Style::new() };
    let (red, cyan) = (style(AnsiColor::Red), style(AnsiColor::Cyan));
    let messages = error.messages();
    for (index, message) in messages.iter().enumerate() {
        let message = Text::from(message.as_str());
        if index == 0 {
            writeln!(out, "{red}error:{red:#} {message}")?;
        } else {
            writeln!(out, "  caused by: {message}")?;
        }
    }
    if let Some(hint) = &error.hint {
        writeln!(out, "{cyan}hint:{cyan:#} {}", Text::from(hint.as_str()))?;
    }
    Ok(())
}

fn write_json(error: &CliError, out: &mut impl Write) -> io::Result<()> {
    escape::json(&ErrorObject { error: error.to_report() }, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::Caused,
        escape::tests::{HOSTILE, assert_harmless},
        exit::Exit,
    };

    fn example() -> CliError {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused\u{1b}[2J");
        let inner = Caused { message: "no answer from ghcr.io: connection refused\u{1b}[2J".into(), source: refused };
        let outer = Caused { message: "cannot read the signed metadata".into(), source: inner };
        CliError::new(Exit::Unreachable, "unreachable", outer).about("ghcr.io/acme/app").hint("Try again later.")
    }

    #[test]
    fn text_shows_every_cause_once_and_escaped() {
        let mut out = Vec::new();
        write_text(&example(), false, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        error: cannot read the signed metadata
          caused by: no answer from ghcr.io: connection refused\u{1b}[2J
        hint: Try again later.
        ");
    }

    /// [⚔] Text from a registry or document can have any length.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-flood
    #[test]
    fn foreign_text_does_not_flood_a_terminal() {
        let long = "x".repeat(1 << 20);
        let inner = Caused { message: long.clone(), source: io::Error::other(long.clone()) };
        let error = CliError::new(Exit::Verification, "x", Caused { message: long.clone(), source: inner });
        let error = error.about(&long).hint(long);
        let (mut text, mut json) = (Vec::new(), Vec::new());
        write_text(&error, false, &mut text).unwrap();
        write_json(&error, &mut json).unwrap();
        assert!(text.len() < 2500 && json.len() < 2500, "{} {}", text.len(), json.len());
        assert_eq!(error.to_report().message.raw().chars().filter(|letter| *letter == 'x').count(), 500);
    }

    /// [⚔] This holds for every error, wherever it contains foreign text.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-injection
    #[test]
    fn foreign_text_does_nothing_to_a_terminal() {
        let inner = Caused { message: HOSTILE.into(), source: io::Error::other(HOSTILE) };
        let error = CliError::new(Exit::Verification, "x", Caused { message: HOSTILE.into(), source: inner });
        let error = error.about(HOSTILE).hint(HOSTILE);
        let (mut text, mut json) = (Vec::new(), Vec::new());
        write_text(&error, false, &mut text).unwrap();
        write_json(&error, &mut json).unwrap();
        for written in [text, json] {
            assert_harmless(&String::from_utf8(written).unwrap());
        }
    }

    #[test]
    fn json_is_one_object_on_one_line() {
        let mut out = Vec::new();
        write_json(&example(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"{"error":{"exit_code":10,"kind":"unreachable","message":"cannot read the signed metadata: no answer from ghcr.io: connection refused\u001b[2J","subject":"ghcr.io/acme/app","hint":"Try again later."}}"#);
    }

    #[test]
    fn a_reader_that_went_away_is_told_apart() {
        assert!(CliError::stdout(io::ErrorKind::BrokenPipe.into()).is_closed_pipe());
        assert!(!CliError::stdout(io::ErrorKind::StorageFull.into()).is_closed_pipe());
    }
}
