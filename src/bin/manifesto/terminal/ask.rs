use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
};

use indicatif::ProgressBar;
use manifesto::report::Text;
use zeroize::Zeroizing;

use super::echo;
use crate::{
    error::{Caused, CliError},
    exit::Exit,
};

/// Bytes of an answer that are read.
const MAX_ANSWER: u64 = 4096;

#[cfg(unix)]
const DEVICES: [&str; 2] = ["/dev/tty", "/dev/tty"];
#[cfg(not(unix))]
const DEVICES: [&str; 2] = ["CONIN$", "CONOUT$"];

/// Asks the person at the terminal: the device itself, whatever stdin and stdout are connected to.
pub(crate) struct Asker {
    allowed: bool,
    bar: ProgressBar,
}

impl Asker {
    /// Asks if that is `allowed`, with `bar` out of the way while it does.
    pub(crate) fn new(allowed: bool, bar: ProgressBar) -> Self {
        Self { allowed, bar }
    }

    /// Whether there is somebody to ask.
    pub(crate) fn can_ask(&self) -> bool {
        self.allowed && open().is_ok()
    }

    /// Asks for a yes or no; anything but yes is no.
    ///
    /// # Errors
    /// Nobody can be asked: `otherwise` says which flag answers in advance.
    pub(crate) fn confirm(&self, question: &str, otherwise: &str) -> Result<bool, CliError> {
        let unanswered = || nobody(Exit::Usage, question).hint(otherwise);
        let answer = self.line(&format!("{} [y/N] ", Text::from(question)), unanswered)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a line of text.
    ///
    /// # Errors
    /// Nobody can be asked, which `unanswered` puts into words.
    pub(crate) fn line(&self, prompt: &str, unanswered: impl FnOnce() -> CliError) -> Result<String, CliError> {
        let Some((input, mut output)) = self.allowed.then(open).and_then(Result::ok) else { return Err(unanswered()) };
        self.bar.suspend(|| {
            output.write_all(prompt.as_bytes()).map_err(lost)?;
            let mut line = String::new();
            BufReader::new(input).take(MAX_ANSWER).read_line(&mut line).map_err(lost)?;
            Ok(line.trim_end_matches(['\r', '\n']).to_owned())
        })
    }

    /// Asks for a passphrase or password without showing it.
    ///
    /// # Errors
    /// Nobody can be asked, which `unanswered` puts into words.
    pub(crate) fn hidden(
        &self,
        prompt: &str,
        unanswered: impl FnOnce() -> CliError,
    ) -> Result<Zeroizing<String>, CliError> {
        if !self.can_ask() {
            return Err(unanswered());
        }
        self.bar.suspend(|| {
            echo::remember();
            let answer = rpassword::prompt_password(prompt);
            echo::restore();
            answer.map(Zeroizing::new).map_err(lost)
        })
    }

    /// Asks for a new passphrase, twice.
    ///
    /// # Errors
    /// Nobody can be asked, the answers differ, or they are empty.
    pub(crate) fn new_passphrase(
        &self,
        what: &str,
        unanswered: impl FnOnce() -> CliError,
    ) -> Result<Zeroizing<String>, CliError> {
        let first = self.hidden(&format!("Passphrase for {}: ", Text::from(what)), unanswered)?;
        let refused = |message: &str| CliError::new(Exit::CannotSign, "passphrase_refused", message);
        if first.is_empty() {
            return Err(refused("the passphrase is empty"));
        }
        let second = self.hidden("Once more: ", || refused("the passphrase was not repeated"))?;
        if first == second { Ok(first) } else { Err(refused("the two passphrases differ")) }
    }
}

fn open() -> io::Result<(File, File)> {
    let [input, output] = DEVICES;
    Ok((File::open(input)?, OpenOptions::new().write(true).open(output)?))
}

/// There is a question and nobody to answer it.
pub(crate) fn nobody(exit: Exit, question: &str) -> CliError {
    CliError::new(exit, "nobody_to_ask", format!("there is nobody to ask: {question}"))
}

fn lost(source: io::Error) -> CliError {
    if source.kind() == io::ErrorKind::Interrupted {
        return CliError::interrupted();
    }
    CliError::new(
        Exit::Unexpected,
        "terminal_lost",
        Caused { message: "cannot talk to the terminal".to_owned(), source },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_may_not_be_asked_is_an_error() {
        let asker = Asker::new(false, ProgressBar::hidden());
        assert!(!asker.can_ask());
        let report = asker.confirm("Delete 'x'?", "Answer with --yes.").unwrap_err().to_report();
        assert_eq!((report.exit_code, report.kind), (2, "nobody_to_ask"));
        assert_eq!(report.hint.unwrap().raw(), "Answer with --yes.");
        let unanswered = || nobody(Exit::CannotSign, "passphrase for app.backup");
        assert_eq!(asker.new_passphrase("app.backup", unanswered).err().unwrap().exit(), Exit::CannotSign);
    }
}
