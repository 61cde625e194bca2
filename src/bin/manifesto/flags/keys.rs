use clap::{Args, ValueEnum};
use manifesto_keys::{Algorithm, KeyStoreSpec, KeyStoreSpecError};

use crate::{
    config::Config,
    environment::{Environment, Variable},
    error::CliError,
    exit::Exit,
};

/// Where keys are kept.
#[derive(Args, Default)]
#[command(next_help_heading = "Keys")]
pub(crate) struct KeyStoreFlag {
    /// Where keys are kept: the OS keyring, or encrypted files in a folder
    ///
    /// Else MANIFESTO_KEY_STORE, else key_store in the configuration file, else the OS keyring.
    #[arg(long, value_name = "keyring|file:DIR")]
    key_store: Option<KeyStoreSpec>,
}

impl KeyStoreFlag {
    /// The store that was chosen by the flag, the environment or the configuration, in this order; else the OS keyring.
    ///
    /// # Errors
    /// A variable that names no key store.
    pub(crate) fn chosen(&self, environment: &Environment, config: &Config) -> Result<KeyStoreSpec, CliError> {
        if let Some(spec) = &self.key_store {
            return Ok(spec.clone());
        }
        match environment.text(Variable::KeyStore)? {
            Some(text) => text.parse().map_err(|error: KeyStoreSpecError| {
                CliError::new(Exit::Usage, "wrong_usage", error).about(Variable::KeyStore.name())
            }),
            None => Ok(config.key_store.clone().unwrap_or(KeyStoreSpec::Keyring)),
        }
    }
}

/// The kinds of keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum KeyType {
    #[default]
    Ed25519,
    Ecdsa,
}

impl From<KeyType> for Algorithm {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            KeyType::Ed25519 => Self::Ed25519,
            KeyType::Ecdsa => Self::EcdsaP256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_file() {
        let spec = |text: &str| text.parse::<KeyStoreSpec>().unwrap();
        let flag = KeyStoreFlag { key_store: Some(spec("file:/flag")) };
        let set =
            |value: &'static str| Environment::read(move |name| (name == "MANIFESTO_KEY_STORE").then(|| value.into()));
        let config = Config { key_store: Some(spec("file:/config")), ..Config::default() };
        let (no_flag, unset, empty) = (KeyStoreFlag::default(), Environment::default(), Config::default());
        assert_eq!(flag.chosen(&set("file:/env"), &config).unwrap(), spec("file:/flag"));
        assert_eq!(no_flag.chosen(&set("file:/env"), &config).unwrap(), spec("file:/env"));
        assert_eq!(no_flag.chosen(&unset, &config).unwrap(), spec("file:/config"));
        assert_eq!(no_flag.chosen(&unset, &empty).unwrap(), KeyStoreSpec::Keyring);
        assert_eq!(no_flag.chosen(&set("usb"), &config).unwrap_err().exit(), Exit::Usage);
    }
}
