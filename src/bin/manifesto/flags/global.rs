use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum};
use manifesto::time::Age;

/// Flags of every verb.
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Write results and errors as text for people, or as one JSON object for programs
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Never ask: a question becomes an error
    ///
    /// Implied by CI in the environment. It also limits the wait for the key store's own dialog.
    #[arg(long, global = true)]
    pub(crate) no_input: bool,

    /// Give up after this long, such as 30s or 5m
    ///
    /// If not given, verbs that only read have two minutes, and verbs that write or need keys have no limit. Time that
    /// the user takes to answer questions does not count.
    #[arg(long, global = true, value_name = "DURATION")]
    pub(crate) timeout: Option<Age>,

    /// Log to stderr; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Configuration file, instead of the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The format of results and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

/// The format on a command line that may not parse, so that the error about it has that format.
pub(crate) fn format_of(args: &[OsString]) -> Format {
    let mut args = args.iter().skip(1).take_while(|arg| *arg != "--").peekable();
    while let Some(arg) = args.next() {
        if arg == "--format=json" || (arg == "--format" && args.peek().is_some_and(|value| *value == "json")) {
            return Format::Json;
        }
    }
    Format::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_format_of_a_broken_command_line() {
        for (line, format) in [
            ("manifesto put", Format::Text),
            ("manifesto put --format json", Format::Json),
            ("manifesto --format=json nonsense", Format::Json),
            ("manifesto --format text put", Format::Text),
            ("manifesto put -- --format json", Format::Text),
            ("manifesto put --format", Format::Text),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(format_of(&args), format, "{line}");
        }
    }
}
