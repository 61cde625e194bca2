//! The one error type of the command line: how it ends the process, what it says, and what to do about it.
//!
//! Library errors become a [`CliError`] in this folder and nowhere else: the library tells their facts, this folder what
//! to type next.

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
    /// A stable word in `snake_case`, for scripts.
    kind: &'static str,
    cause: Box<dyn Error + Send + Sync>,
    subject: Option<String>,
    hint: Option<String>,
}

/// What to do about an error, where a command line can say it.
pub(crate) trait Hint: Classified {
    /// One or two sentences, or none where nothing is sure to help.
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
    /// A failure with its causes behind it.
    pub(crate) fn new(exit: Exit, kind: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, kind, cause: cause.into(), subject: None, hint: None }
    }

    /// Wrong usage that the grammar of the command line cannot express.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "wrong_usage", message.into())
    }

    /// The result could not be written to standard output.
    pub(crate) fn stdout(source: io::Error) -> Self {
        let kind = if source.kind() == io::ErrorKind::BrokenPipe { CLOSED_PIPE } else { "output_failed" };
        Self::new(Exit::Unexpected, kind, Caused { message: "cannot write to standard output".to_owned(), source })
    }

    /// A file or folder that could not be used: `action` reads like "cannot write".
    pub(crate) fn file(kind: &'static str, action: &str, path: &std::path::Path, source: io::Error) -> Self {
        let message = format!("{action} {}", path.display());
        Self::new(Exit::Usage, kind, Caused { message, source }).about(path.display())
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted", "interrupted")
    }

    /// Names what the failure is about.
    pub(crate) fn about(mut self, subject: impl fmt::Display) -> Self {
        self.subject = Some(cut(&subject.to_string()));
        self
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(cut(&hint.into()));
        self
    }

    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the reader of our output went away, which is nobody's mistake and needs no words.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.kind == CLOSED_PIPE
    }

    /// The message and those of its causes that say something new. Each is cut: what a registry or a document says may
    /// be as long as it likes.
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

/// As much of a message as is shown. Escaping it is the printer's part.
fn cut(text: &str) -> String {
    text::cut(text, MOST_IN_AN_ERROR)
}

const CLOSED_PIPE: &str = "closed_pipe";

/// A message of the command line's own with the error behind it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Caused<E: Error + 'static> {
    pub(crate) message: String,
    pub(crate) source: E,
}
