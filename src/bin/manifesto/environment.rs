//! The environment variables that `manifesto` reads: one table for the code and for `manifesto help environment`.

use std::{collections::BTreeMap, ffi::OsString};

use crate::error::CliError;

/// A variable of the table below, which is the only place with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variable {
    Config,
    StateDir,
    KeyStore,
    Token,
    CaFile,
    NoInput,
    Verify,
    Key,
    KeyFile,
    Passphrase,
    PassphraseFile,
    NewPassphrase,
    Pin,
    PinFile,
    RegistryUsername,
    RegistryPassword,
    RegistryAuthFile,
    DockerConfig,
    NoColor,
    Ci,
    User,
    LcAll,
    LcCtype,
    Lang,
}

/// Every variable with its name and purpose.
pub(crate) const VARIABLES: [(Variable, &str, &str); 24] = [
    (Variable::Config, "MANIFESTO_CONFIG", "configuration file, instead of the user's own"),
    (Variable::StateDir, "MANIFESTO_STATE_DIR", "folder for pins and the last verified metadata"),
    (Variable::KeyStore, "MANIFESTO_KEY_STORE", "where keys are kept: keyring, file:DIR or a PKCS#11 URI"),
    (Variable::Token, "MANIFESTO_TOKEN", "PKCS#11 URI of a token with further keys"),
    (Variable::CaFile, "MANIFESTO_CA_FILE", "certificates to trust for registries, as PEM, besides the system's"),
    (Variable::NoInput, "MANIFESTO_NO_INPUT", "set: never ask; a question becomes an error"),
    (Variable::Verify, "MANIFESTO_VERIFY", "set: every get and list as with --verify"),
    (Variable::Key, "MANIFESTO_KEY", "one encrypted signing key as PEM, for CI"),
    (Variable::KeyFile, "MANIFESTO_KEY_FILE", "file with that key"),
    (Variable::Passphrase, "MANIFESTO_PASSPHRASE", "passphrase of an encrypted key, key store or backup"),
    (Variable::PassphraseFile, "MANIFESTO_PASSPHRASE_FILE", "file whose first line is that passphrase"),
    (Variable::NewPassphrase, "MANIFESTO_NEW_PASSPHRASE", "passphrase for new encryption, if it differs"),
    (Variable::Pin, "MANIFESTO_PIN", "PIN of a token; if it is the key store, MANIFESTO_PASSPHRASE works too"),
    (Variable::PinFile, "MANIFESTO_PIN_FILE", "file whose first line is that PIN"),
    (Variable::RegistryUsername, "REGISTRY_USERNAME", "user name for the registry that the command names"),
    (Variable::RegistryPassword, "REGISTRY_PASSWORD", "password or token to go with it"),
    (Variable::RegistryAuthFile, "REGISTRY_AUTH_FILE", "credentials file, read before the docker config"),
    (Variable::DockerConfig, "DOCKER_CONFIG", "folder of the docker config, with its credentials"),
    (Variable::NoColor, "NO_COLOR", "set: no colour"),
    (Variable::Ci, "CI", "set: as MANIFESTO_NO_INPUT"),
    (Variable::User, "USER", "the name of the keys that init makes, unless --name gives another"),
    (Variable::LcAll, "LC_ALL", "the locale; UTF-8 or not decides how trees are drawn"),
    (Variable::LcCtype, "LC_CTYPE", "the same, if LC_ALL is not set"),
    (Variable::Lang, "LANG", "the same, if neither is set"),
];

impl Variable {
    /// The variable's name.
    pub(crate) fn name(self) -> &'static str {
        VARIABLES[self as usize].1
    }
}

/// The variables that are set and not empty.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<Variable, OsString>);

impl Environment {
    /// Reads the environment of this process.
    pub(crate) fn of_process() -> Self {
        Self::read(|name| std::env::var_os(name))
    }

    /// Reads the variables of the table with `lookup`.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = VARIABLES.iter().filter_map(|(variable, name, _)| Some((*variable, lookup(name)?)));
        Self(set.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a variable that may be a path.
    pub(crate) fn os(&self, variable: Variable) -> Option<&OsString> {
        self.0.get(&variable)
    }

    /// The value of a variable that is text.
    pub(crate) fn text(&self, variable: Variable) -> Result<Option<&str>, CliError> {
        let Some(value) = self.os(variable) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| {
            CliError::usage(format!("the value of {} is not UTF-8", variable.name())).about(variable.name())
        })?;
        Ok(Some(text))
    }

    /// Whether the output is UTF-8, according to the first of the locale's variables that is set.
    pub(crate) fn is_utf8(&self) -> bool {
        let set = [Variable::LcAll, Variable::LcCtype, Variable::Lang].into_iter().find_map(|name| self.os(name));
        let charset = set.and_then(|locale| locale.to_str()).and_then(|locale| locale.split_once('.'));
        charset.is_some_and(|(_, charset)| {
            let charset = charset.split('@').next().unwrap_or_default();
            ["UTF-8", "UTF8"].iter().any(|name| charset.eq_ignore_ascii_case(name))
        })
    }

    /// Whether a switch is on, which means that its value is not `0` or `false`.
    pub(crate) fn is_on(&self, variable: Variable) -> bool {
        self.os(variable).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_table_stands_in_the_order_of_the_variables() {
        for (index, (variable, name, meaning)) in VARIABLES.iter().enumerate() {
            assert_eq!(*variable as usize, index, "{name}");
            assert!(!meaning.is_empty());
        }
    }

    #[test]
    fn set_to_nothing_is_not_set() {
        let environment = environment(&[("MANIFESTO_CONFIG", ""), ("REGISTRY_USERNAME", "me")]);
        assert_eq!(environment.os(Variable::Config), None);
        assert_eq!(environment.text(Variable::RegistryUsername).unwrap(), Some("me"));
    }

    #[test]
    fn switches() {
        for (value, on) in [("1", true), ("true", true), ("yes", true), ("0", false), ("False", false), ("", false)] {
            assert_eq!(environment(&[("CI", value)]).is_on(Variable::Ci), on, "{value}");
        }
    }

    #[test]
    fn the_first_locale_that_is_set_decides() {
        for (pairs, utf8) in [
            (&[][..], false),
            (&[("LANG", "C.UTF-8")], true),
            (&[("LANG", "de_DE.utf8@euro")], true),
            (&[("LANG", "de_DE.ISO-8859-1")], false),
            (&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "en_GB.UTF-8")], true),
        ] {
            assert_eq!(environment(pairs).is_utf8(), utf8, "{pairs:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_refused_unseen() {
        use std::os::unix::ffi::OsStringExt;
        let environment =
            Environment::read(|name| (name == "REGISTRY_PASSWORD").then(|| OsString::from_vec(b"geheim\xff".to_vec())));
        let error = environment.text(Variable::RegistryPassword).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Usage);
        assert!(!error.to_report().message.raw().contains("geheim"));
    }
}
