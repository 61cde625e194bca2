use std::{io::BufRead, sync::Arc};

use async_trait::async_trait;
use manifesto::{
    name::Location,
    oci::registry::{AskCredentials, Credential, Credentials, DockerConfig, RegistrySecret},
    report::Text,
};

use crate::{error::CliError, flags::RegistryFlags, session::Session, terminal::Asker};

/// Who this command is to the registries of the `named` locations. A password on `stdin` is read here, so this is called
/// once.
///
/// # Errors
/// Credentials that were given for more than one registry, or a password on `stdin` that is none.
pub(crate) fn credentials(
    session: &Session,
    flags: &RegistryFlags,
    named: &[Location],
    stdin: impl BufRead,
) -> Result<Credentials, CliError> {
    let asker = session.asker.clone();
    let mut credentials = Credentials::anonymous().docker_config(DockerConfig::locate(|name| std::env::var_os(name)));
    if let Some(given) = flags.given(named, &session.environment, stdin)? {
        let password = match given.password {
            Some(password) => password.expose().to_owned(),
            None => ask_password(&asker, &given.host, &given.username)?,
        };
        let credential = Credential::Password { user: given.username, password: RegistrySecret::new(password) };
        credentials = credentials.given(&given.host, credential);
    }
    Ok(credentials.ask(Arc::new(AtTerminal(asker))))
}

fn ask_password(asker: &Asker, host: &str, username: &str) -> Result<String, CliError> {
    let prompt = format!("Password of {} for {}: ", Text::from(username), Text::from(host));
    let mut password = asker
        .hidden(&prompt)
        .map_err(|why| CliError::from(why).hint("Give the password with --password-stdin, or in REGISTRY_PASSWORD."))?;
    Ok(std::mem::take(&mut *password))
}

/// The person at the terminal, asked for a user name and a password.
struct AtTerminal(Asker);

#[async_trait]
impl AskCredentials for AtTerminal {
    async fn ask(&self, host: &str) -> Option<(String, RegistrySecret)> {
        let (asker, host) = (self.0.clone(), Text::from(host));
        let asked = tokio::task::spawn_blocking(move || {
            let user = asker.line(&format!("User name for {host}: ")).ok().filter(|user| !user.is_empty())?;
            let mut password = asker.hidden(&format!("Password for {host}: ")).ok()?;
            Some((user, RegistrySecret::new(std::mem::take(&mut *password))))
        });
        asked.await.ok().flatten()
    }
}
