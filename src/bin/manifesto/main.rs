//! The command line of manifesto: everything that uses a terminal.
//!
//! `verbs/` has one file per verb, with its flags and implementation. `flags/` has groups of flags that verbs share.
//! `render/` writes the library's reports as text or JSON, `error/` gives each failure its exit code, and `terminal/`
//! asks and draws. Only the result is written to standard output.

mod bounded;
mod config;
mod connect;
mod environment;
mod error;
mod escape;
mod exit;
mod fields;
mod flags;
mod groups;
mod input;
mod output;
mod render;
mod session;
mod terminal;
mod timeout;
mod verbs;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{FromArgMatches, error::ErrorKind};
use manifesto::text::{MOST_IN_AN_ERROR, presentable};

use error::CliError;
use exit::Exit;
use flags::Format;

fn main() -> ExitCode {
    install_tls_provider();
    let args: Vec<OsString> = std::env::args_os().collect();
    let format = flags::format_of(&args);
    let outcome = match parse(&args) {
        Ok((cli, verb)) => cli.verb.run(&cli.global, &verb),
        Err(refusal) => refuse(refusal, format),
    };
    terminal::restore();
    let exit = outcome.unwrap_or_else(|error| {
        error::print(&error, format);
        error.exit()
    });
    exit.into()
}

/// Selects the cryptographic provider for TLS in this process: ring.
///
/// The alternative is aws-lc, whose hybrid key exchange (X25519MLKEM768) also withstands a quantum computer. With
/// release builds and a registry on the same machine, medians of 180 pairs, a `get` over TLS takes 14 ms and 8 ms of
/// CPU with ring. With aws-lc it takes 36 ms and 30 ms of CPU, and the binary has 19.3 MB instead of 16.6. The key
/// exchange itself has no visible cost: aws-lc takes as long without it. The cost is its start in every process, and
/// this process makes few connections.
///
/// Metadata is equally authentic with both, because it is signed. A recording of the connection could in some decades
/// reveal the content of a private registry, and passwords that are still in use then. A program for which that matters
/// can link the library, which uses the provider that the program installs.
fn install_tls_provider() {
    // This fails only if a provider is already installed, but `main` calls this first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Parses a command line, and returns the words of its verb.
fn parse(args: &[OsString]) -> Result<(verbs::Cli, String), clap::Error> {
    let mut matches = groups::command().try_get_matches_from(args)?;
    let verb = timeout::verb(&matches);
    Ok((verbs::Cli::from_arg_matches_mut(&mut matches)?, verb))
}

/// Handles a command line that runs nothing: wrong usage, or a request for help or the version.
fn refuse(refusal: clap::Error, format: Format) -> Result<Exit, CliError> {
    match (refusal.kind(), format) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => {
            refusal.print().map_err(CliError::stdout)?;
            Ok(Exit::Done)
        }
        (_, Format::Text) => {
            // clap repeats arguments unescaped, and a script may pass arguments from anyone.
            let plain = refusal.render().to_string();
            let escaped: String =
                plain.lines().map(|line| format!("{}\n", presentable(line, MOST_IN_AN_ERROR))).collect();
            // If standard error is closed, the failure cannot be reported.
            let _ = if plain == escaped { refusal.print() } else { io::stderr().write_all(escaped.as_bytes()) };
            Ok(Exit::Usage)
        }
        (_, Format::Json) => {
            let text = refusal.render().to_string();
            let (message, _) = text.split_once("\n\n").unwrap_or((&text, ""));
            let words: Vec<&str> = message.trim_start_matches("error: ").split_whitespace().collect();
            Err(CliError::usage(words.join(" ")).hint("For more information, try '--help'."))
        }
    }
}
