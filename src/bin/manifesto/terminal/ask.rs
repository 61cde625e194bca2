use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
};

use indicatif::ProgressBar;
use manifesto::report::Text;
use zeroize::Zeroizing;

use super::{Answering, echo};
use crate::{error::CliError, exit::Exit};

/// The longest answer in bytes.
const MAX_ANSWER: u64 = 4096;

#[cfg(unix)]
const DEVICES: [&str; 2] = ["/dev/tty", "/dev/tty"];
#[cfg(not(unix))]
const DEVICES: [&str; 2] = ["CONIN$", "CONOUT$"];

/// Asks the user on the terminal device, even if stdin and stdout are redirected.
#[derive(Clone)]
pub(crate) struct Asker {
    allowed: bool,
    bar: ProgressBar,
    answering: Answering,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// Asking is not allowed, or there is no terminal.
    #[error("there is nobody to ask")]
    Nobody,
    /// The answer is not acceptable.
    #[error("{0}")]
    Refused(&'static str),
    /// The terminal failed, or the user pressed Ctrl-C.
    #[error("cannot talk to the terminal")]
    Terminal(#[source] io::Error),
}

impl Asker {
    /// Asks only if `allowed`, and hides `bar` during a question. `answering` measures the time.
    pub(crate) fn new(allowed: bool, bar: ProgressBar, answering: Answering) -> Self {
        Self { allowed, bar, answering }
    }

    /// A copy that never asks.
    pub(crate) fn silent(&self) -> Self {
        Self { allowed: false, ..self.clone() }
    }

    /// Whether questions can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.allowed && open().is_ok()
    }

    /// Asks a question and returns whether the answer is yes.
    pub(crate) fn confirm(&self, question: &str, otherwise: &str) -> Result<bool, CliError> {
        let answer = self.line(&format!("{question} [y/N] ")).map_err(|why| match why {
            Unanswered::Nobody => {
                CliError::new(Exit::Usage, "nobody_to_ask", format!("there is nobody to ask: {question}"))
                    .hint(otherwise)
            }
            other => CliError::from(other),
        })?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Prints a line between two questions.
    pub(crate) fn tell(&self, line: &str) {
        if let Some((_, mut output)) = self.allowed.then(open).and_then(Result::ok) {
            // If this fails, the next question reports it.
            let _ = self.bar.suspend(|| writeln!(output, "{}", Text::from(line)));
        }
    }

    /// Asks for a line of text.
    pub(crate) fn line(&self, prompt: &str) -> Result<String, Unanswered> {
        let Some((input, mut output)) = self.allowed.then(open).and_then(Result::ok) else {
            return Err(Unanswered::Nobody);
        };
        let _question = self.answering.begin();
        self.bar.suspend(|| {
            write!(output, "{}", Text::from(prompt)).map_err(Unanswered::Terminal)?;
            let mut line = String::new();
            BufReader::new(input).take(MAX_ANSWER).read_line(&mut line).map_err(Unanswered::Terminal)?;
            Ok(line.trim_end_matches(['\r', '\n']).to_owned())
        })
    }

    /// Asks for a passphrase or password without showing it.
    pub(crate) fn hidden(&self, prompt: &str) -> Result<Zeroizing<String>, Unanswered> {
        if !self.can_ask() {
            return Err(Unanswered::Nobody);
        }
        let _question = self.answering.begin();
        self.bar.suspend(|| {
            echo::remember();
            let answer = rpassword::prompt_password(Text::from(prompt).to_string());
            echo::restore();
            answer.map(Zeroizing::new).map_err(Unanswered::Terminal)
        })
    }

    /// Asks twice for a new passphrase.
    pub(crate) fn new_passphrase(&self, what: &str) -> Result<Zeroizing<String>, Unanswered> {
        let first = self.hidden(&format!("New passphrase for {what}: "))?;
        if first.is_empty() {
            return Err(Unanswered::Refused("the passphrase is empty"));
        }
        let second = self.hidden("Once more: ")?;
        if first == second { Ok(first) } else { Err(Unanswered::Refused("the two passphrases differ")) }
    }
}

fn open() -> io::Result<(File, File)> {
    let [input, output] = DEVICES;
    Ok((File::open(input)?, OpenOptions::new().write(true).open(output)?))
}

impl From<Unanswered> for CliError {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Nobody => Self::new(Exit::Usage, "nobody_to_ask", why),
            Unanswered::Refused(_) => Self::new(Exit::CannotSign, "passphrase_refused", why),
            Unanswered::Terminal(source) if source.kind() == io::ErrorKind::Interrupted => Self::interrupted(),
            Unanswered::Terminal(_) => Self::new(Exit::Unexpected, "terminal_lost", why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_may_not_be_asked_is_an_error() {
        let asker = Asker::new(false, ProgressBar::hidden(), Answering::default());
        assert!(!asker.can_ask());
        let report = asker.confirm("Delete 'x'?", "Answer with --yes.").unwrap_err().to_report();
        assert_eq!((report.exit_code, report.kind), (2, "nobody_to_ask"));
        assert_eq!(report.hint.unwrap().raw(), "Answer with --yes.");
        assert!(matches!(asker.new_passphrase("app.backup"), Err(Unanswered::Nobody)));
    }

    #[test]
    fn ctrl_c_at_a_question_is_an_interruption() {
        let pressed = Unanswered::Terminal(io::ErrorKind::Interrupted.into());
        assert_eq!(CliError::from(pressed).exit(), Exit::Interrupted);
        assert_eq!(CliError::from(Unanswered::Terminal(io::ErrorKind::NotFound.into())).exit(), Exit::Unexpected);
    }
}
