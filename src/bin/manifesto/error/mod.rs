//! The error type of the command line: the exit code, the message, and a hint.
//!
//! Only this folder converts library errors to a [`CliError`]. The library states the facts, and this folder names the
//! command to run next.

mod content;
mod keys;
mod print;
mod read;
mod state;
mod trust;
mod write;

use std::{error::Error, fmt, io};

use manifesto::{
    Classified,
    text::{self, MOST_IN_AN_ERROR},
};
pub(crate) use print::print;

use crate::exit::Exit;

/// A failure as the command line reports it.
#[derive(Debug)]
pub(crate) struct CliError {
    exit: Exit,
    /// A stable name in `snake_case`, for scripts.
    kind: &'static str,
    cause: Box<dyn Error + Send + Sync>,
    subject: Option<String>,
    hint: Option<String>,
}

/// Adds a hint to an error if a command can help.
pub(crate) trait Hint: Classified {
    /// One or two sentences, or `None` if no command is sure to help.
    fn hint(&self) -> Option<String>;
}

impl<E: Hint + Send + Sync + 'static> From<E> for CliError {
    fn from(error: E) -> Self {
        let (facts, hint) = (error.facts(), error.hint());
        Self {
            exit: facts.class.into(),
            kind: facts.kind,
            cause: error.into(),
            subject: facts.subject.as_deref().map(cut),
            hint: hint.as_deref().map(cut),
        }
    }
}

impl CliError {
    /// Makes a failure from its cause.
    pub(crate) fn new(exit: Exit, kind: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, kind, cause: cause.into(), subject: None, hint: None }
    }

    /// An error of usage that clap cannot detect.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "wrong_usage", message.into())
    }

    /// Standard output could not be written to.
    pub(crate) fn stdout(source: io::Error) -> Self {
        let kind = if source.kind() == io::ErrorKind::BrokenPipe { CLOSED_PIPE } else { "output_failed" };
        Self::new(Exit::Unexpected, kind, Caused { message: "cannot write to standard output".to_owned(), source })
    }

    /// A file or folder could not be used. `action` is like "cannot write".
    pub(crate) fn file(kind: &'static str, action: &str, path: &std::path::Path, source: io::Error) -> Self {
        let message = format!("{action} {}", path.display());
        Self::new(Exit::Usage, kind, Caused { message, source }).about(path.display())
    }

    /// The user pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted", "interrupted")
    }

    /// Sets the subject of the failure.
    pub(crate) fn about(mut self, subject: impl fmt::Display) -> Self {
        self.subject = Some(cut(&subject.to_string()));
        self
    }

    /// Sets the hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(cut(&hint.into()));
        self
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the reader of standard output closed it. That is not a fault, so nothing is printed.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.kind == CLOSED_PIPE
    }

    /// The message, and those of its causes that add something. Each is truncated, because text from a registry or a
    /// document can have any length.
    fn messages(&self) -> Vec<String> {
        let mut messages = vec![cut(&self.cause.to_string())];
        let mut next = self.cause.source();
        while let Some(source) = next {
            let message = cut(&source.to_string());
            if messages.last().is_none_or(|last| !last.ends_with(&message)) {
                messages.push(message);
            }
            next = source.source();
        }
        messages
    }
}

/// Truncates a message. The printer escapes it.
fn cut(text: &str) -> String {
    text::cut(text, MOST_IN_AN_ERROR)
}

const CLOSED_PIPE: &str = "closed_pipe";

/// A message of the command line and the error that caused it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Caused<E: Error + 'static> {
    pub(crate) message: String,
    pub(crate) source: E,
}
