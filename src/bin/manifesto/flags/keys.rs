use clap::{Args, ValueEnum};

use crate::{
    config::Config,
    environment::{Environment, Variable},
    error::CliError,
};

/// Where keys are kept.
#[derive(Args, Default)]
#[command(next_help_heading = "Keys")]
pub(crate) struct KeyStoreFlag {
    /// Where keys are kept: the OS keyring, or encrypted files in a folder
    ///
    /// Else MANIFESTO_KEY_STORE, else key_store in the configuration file, else the OS keyring.
    #[arg(long, value_name = "keyring|file:DIR")]
    key_store: Option<String>,
}

impl KeyStoreFlag {
    /// The store that was chosen, by the flag, the environment or the configuration, in this order.
    ///
    /// # Errors
    /// A variable that is not UTF-8.
    pub(crate) fn chosen<'a>(
        &'a self,
        environment: &'a Environment,
        config: &'a Config,
    ) -> Result<Option<&'a str>, CliError> {
        if self.key_store.is_some() {
            return Ok(self.key_store.as_deref());
        }
        Ok(environment.text(Variable::KeyStore)?.or(config.key_store.as_deref()))
    }
}

/// The kinds of keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum KeyType {
    #[default]
    Ed25519,
    Ecdsa,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_file() {
        let flag = KeyStoreFlag { key_store: Some("file:/flag".into()) };
        let set = Environment::read(|name| (name == "MANIFESTO_KEY_STORE").then(|| "file:/env".into()));
        let config = Config { key_store: Some("file:/config".into()), ..Config::default() };
        let (no_flag, unset, empty) = (KeyStoreFlag::default(), Environment::default(), Config::default());
        assert_eq!(flag.chosen(&set, &config).unwrap(), Some("file:/flag"));
        assert_eq!(no_flag.chosen(&set, &config).unwrap(), Some("file:/env"));
        assert_eq!(no_flag.chosen(&unset, &config).unwrap(), Some("file:/config"));
        assert_eq!(no_flag.chosen(&unset, &empty).unwrap(), None);
    }
}
