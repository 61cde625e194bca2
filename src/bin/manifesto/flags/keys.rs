use clap::{Args, ValueEnum};
use manifesto_keys::{
    Algorithm, KeyStoreSpec, KeyStoreSpecError,
    store::{TokenUri, TokenUriError},
};

use crate::{
    config::Config,
    environment::{Environment, Variable},
    error::CliError,
    exit::Exit,
};

/// The stores whose keys a command uses.
#[derive(Args, Default)]
#[command(next_help_heading = "Keys")]
pub(crate) struct KeyStoreFlag {
    #[command(flatten)]
    pub(crate) store: OneStoreFlag,

    /// A PKCS#11 token with further keys, such as the root key
    ///
    /// It has the form pkcs11:token=LABEL?module-path=FILE, where FILE is the shared library of the token. If not
    /// given, MANIFESTO_TOKEN is used, or else token in the configuration file.
    #[arg(long, value_name = "URI")]
    token: Option<TokenUri>,
}

impl KeyStoreFlag {
    /// The token from the flag, the environment or the configuration, in this order, unless it is the key store.
    pub(crate) fn token(&self, environment: &Environment, config: &Config) -> Result<Option<TokenUri>, CliError> {
        let named = match (&self.token, environment.text(Variable::Token)?) {
            (Some(uri), _) => Some(uri.clone()),
            (None, Some(text)) => Some(text.parse().map_err(|error: TokenUriError| {
                CliError::new(Exit::Usage, "wrong_usage", error).about(Variable::Token.name())
            })?),
            (None, None) => config.token.clone(),
        };
        let store = self.store.chosen(environment, config)?;
        Ok(named.filter(|uri| store != KeyStoreSpec::Token(uri.clone())))
    }
}

/// The key store, for verbs that work on one store.
#[derive(Args, Default)]
#[command(next_help_heading = "Keys")]
pub(crate) struct OneStoreFlag {
    /// Where keys are kept: the OS keyring, encrypted files in a folder, or a PKCS#11 token
    ///
    /// If not given, MANIFESTO_KEY_STORE is used, else key_store in the configuration file, else the OS keyring.
    #[arg(long, value_name = "keyring|file:DIR|pkcs11:...")]
    key_store: Option<KeyStoreSpec>,
}

impl OneStoreFlag {
    /// The key store from the flag, the environment or the configuration, in this order, or else the OS keyring.
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

/// The types of keys that can be generated.
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
        let flag = OneStoreFlag { key_store: Some(spec("file:/flag")) };
        let set =
            |value: &'static str| Environment::read(move |name| (name == "MANIFESTO_KEY_STORE").then(|| value.into()));
        let config = Config { key_store: Some(spec("file:/config")), ..Config::default() };
        let (no_flag, unset, empty) = (OneStoreFlag::default(), Environment::default(), Config::default());
        assert_eq!(flag.chosen(&set("file:/env"), &config).unwrap(), spec("file:/flag"));
        assert_eq!(no_flag.chosen(&set("file:/env"), &config).unwrap(), spec("file:/env"));
        assert_eq!(no_flag.chosen(&unset, &config).unwrap(), spec("file:/config"));
        assert_eq!(no_flag.chosen(&unset, &empty).unwrap(), KeyStoreSpec::Keyring);
        assert_eq!(no_flag.chosen(&set("usb"), &config).unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn a_token_stands_beside_the_key_store_or_is_it() {
        let uri = |name: &str| format!("pkcs11:token={name}?module-path=/m.so").parse::<TokenUri>().unwrap();
        let flag = |name: &str| KeyStoreFlag { token: Some(uri(name)), ..KeyStoreFlag::default() };
        let set =
            |value: &'static str| Environment::read(move |name| (name == "MANIFESTO_TOKEN").then(|| value.into()));
        let environment = set("pkcs11:token=env?module-path=/m.so");
        let config = Config { token: Some(uri("config")), ..Config::default() };
        let unset = Environment::default();
        assert_eq!(flag("flag").token(&environment, &config).unwrap(), Some(uri("flag")));
        assert_eq!(KeyStoreFlag::default().token(&environment, &config).unwrap(), Some(uri("env")));
        assert_eq!(KeyStoreFlag::default().token(&unset, &config).unwrap(), Some(uri("config")));
        assert_eq!(KeyStoreFlag::default().token(&unset, &Config::default()).unwrap(), None);
        assert_eq!(KeyStoreFlag::default().token(&set("usb"), &config).unwrap_err().exit(), Exit::Usage);
        let is_store = Config { key_store: Some(KeyStoreSpec::Token(uri("config"))), ..config };
        assert_eq!(KeyStoreFlag::default().token(&unset, &is_store).unwrap(), None);
    }
}
