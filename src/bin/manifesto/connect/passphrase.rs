use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use manifesto::report::Text;
use manifesto_keys::{AskError, AskPassphrase, Passphrase, Purpose};
use zeroize::Zeroizing;

use crate::{
    environment::{Environment, Variable},
    terminal::{Asker, Unanswered},
};

/// The longest passphrase in a file, in bytes.
const MAX_BYTES: u64 = 4096;

/// How often the user is asked for the same passphrase.
const TRIES: usize = 3;

/// Passphrases from the environment, or else from the user at the terminal.
pub(crate) struct Passphrases {
    environment: Environment,
    asker: Asker,
    is_beside: bool,
}

impl Passphrases {
    /// Reads `environment` first, then asks.
    pub(crate) fn new(environment: Environment, asker: Asker) -> Self {
        Self { environment, asker, is_beside: false }
    }

    /// The same for a token besides a key store. The key store's passphrase is not tried as its PIN, because a few
    /// wrong PINs lock a token.
    pub(crate) fn beside(self) -> Self {
        Self { is_beside: true, ..self }
    }

    fn given(&self, purpose: Purpose) -> Result<Option<Zeroizing<String>>, AskError> {
        if purpose == Purpose::New
            && let Some(passphrase) = self.variable(Variable::NewPassphrase)?
        {
            return Ok(Some(passphrase));
        }
        if purpose == Purpose::Pin {
            if let Some(pin) = self.variable(Variable::Pin)? {
                return Ok(Some(pin));
            }
            if let Some(path) = self.environment.os(Variable::PinFile) {
                return Ok(Some(first_line(Path::new(path))?));
            }
            if self.is_beside {
                return Ok(None);
            }
        }
        if let Some(passphrase) = self.variable(Variable::Passphrase)? {
            return Ok(Some(passphrase));
        }
        match self.environment.os(Variable::PassphraseFile) {
            Some(path) => Ok(Some(first_line(Path::new(path))?)),
            None => Ok(None),
        }
    }

    fn variable(&self, variable: Variable) -> Result<Option<Zeroizing<String>>, AskError> {
        let Some(value) = self.environment.os(variable) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| AskError::Refused(format!("{} is not UTF-8", variable.name())))?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }
}

impl AskPassphrase for Passphrases {
    fn ask(&self, what: &str, purpose: Purpose) -> Result<Passphrase, AskError> {
        let passphrase = match (self.given(purpose)?, purpose) {
            (Some(given), _) => Ok(given),
            (None, Purpose::Open) => self.asker.hidden(&format!("Passphrase for {}: ", Text::from(what))),
            (None, Purpose::Pin) => self.asker.hidden(&format!("PIN of {}: ", Text::from(what))),
            (None, Purpose::New) => self.asker.new_passphrase(what),
        };
        let mut passphrase = passphrase.map_err(|why| match why {
            Unanswered::Nobody => AskError::NobodyThere,
            Unanswered::Refused(reason) => AskError::Refused(reason.to_owned()),
            Unanswered::Terminal(source) => AskError::Io(source),
        })?;
        Passphrase::new(std::mem::take(&mut *passphrase)).map_err(|empty| AskError::Refused(empty.to_string()))
    }

    /// Asks again after a mistyped passphrase, but not after one from the environment.
    fn again(&self, _: &str, purpose: Purpose, tries: usize) -> bool {
        let is_given = !matches!(self.given(purpose), Ok(None));
        let again = tries < TRIES && !is_given && self.asker.can_ask();
        if again {
            let what = if purpose == Purpose::Pin { "PIN" } else { "passphrase" };
            self.asker.tell(&format!("Wrong {what}. Please try again."));
        }
        again
    }
}

/// The passphrase in the first line of a file.
pub(crate) fn first_line(path: &Path) -> Result<Zeroizing<String>, AskError> {
    let named = |source: io::Error| io::Error::new(source.kind(), format!("{}: {source}", path.display()));
    let mut line = Zeroizing::new(String::new());
    let file = File::open(path).map_err(named)?;
    BufReader::new(file).take(MAX_BYTES + 1).read_line(&mut line).map_err(named)?;
    if line.len() as u64 > MAX_BYTES {
        return Err(AskError::Refused(format!("the first line of {} is too long", path.display())));
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressBar;

    use super::*;
    use crate::terminal::Answering;

    fn passphrases(pairs: &[(&str, &str)]) -> Passphrases {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let environment = Environment::read(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v.into()));
        Passphrases::new(environment, Asker::new(false, ProgressBar::hidden(), Answering::default()))
    }

    fn given(pairs: &[(&str, &str)], purpose: Purpose) -> Option<String> {
        passphrases(pairs).given(purpose).unwrap().map(|text| text.to_string())
    }

    #[test]
    fn what_is_new_may_have_a_passphrase_of_its_own() {
        let both = [("MANIFESTO_PASSPHRASE", "old"), ("MANIFESTO_NEW_PASSPHRASE", "new")];
        assert_eq!(given(&both, Purpose::Open).as_deref(), Some("old"));
        assert_eq!(given(&both, Purpose::New).as_deref(), Some("new"));
        assert_eq!(given(&both[..1], Purpose::New).as_deref(), Some("old"));
        assert_eq!(given(&both[1..], Purpose::Open), None);
    }

    #[test]
    fn a_pin_is_not_guessed_from_other_passphrases() {
        let both = [("MANIFESTO_PASSPHRASE", "words"), ("MANIFESTO_PIN", "1234")];
        assert_eq!(given(&both, Purpose::Pin).as_deref(), Some("1234"));
        assert_eq!(given(&both, Purpose::Open).as_deref(), Some("words"));
        assert_eq!(given(&both[..1], Purpose::Pin).as_deref(), Some("words"), "the token is the key store");
        assert_eq!(passphrases(&both[..1]).beside().given(Purpose::Pin).unwrap(), None);
    }

    #[test]
    fn a_file_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        std::fs::write(&path, "pass phrase \r\nrest").unwrap();
        let variable = [("MANIFESTO_PASSPHRASE_FILE", path.to_str().unwrap())];
        assert_eq!(given(&variable, Purpose::Open).as_deref(), Some("pass phrase "));
        std::fs::write(&path, "x".repeat(1 << 16)).unwrap();
        assert!(matches!(passphrases(&variable).ask("k", Purpose::Open), Err(AskError::Refused(_))));
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(passphrases(&variable).ask("k", Purpose::Open), Err(AskError::Refused(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(passphrases(&variable).ask("k", Purpose::Open), Err(AskError::Io(_))));
    }

    #[test]
    fn nobody_is_there() {
        assert!(matches!(passphrases(&[]).ask("k", Purpose::New), Err(AskError::NobodyThere)));
    }
}
