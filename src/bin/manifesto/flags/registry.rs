use std::{collections::BTreeSet, io::BufRead, path::PathBuf};

use clap::Args;
use manifesto::name::Location;

use super::SecretArg;
use crate::{
    config::Config,
    environment::{Environment, Variable},
    error::{Caused, CliError},
    exit::Exit,
};

/// The longest password on standard input, in bytes. Tokens have a few thousand.
const MAX_PASSWORD: u64 = 64 << 10;

/// Flags for the connection to a registry, with credentials.
#[derive(Args, Default)]
#[command(next_help_heading = "Registry")]
pub(crate) struct RegistryFlags {
    /// User name for the registry that the command names
    ///
    /// If not given, REGISTRY_USERNAME with REGISTRY_PASSWORD is used, or else the docker config.
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,

    /// Password or token; other users of this machine can see it, --password-stdin is safer
    #[arg(short, long, value_name = "PASSWORD", requires = "username", conflicts_with = "password_stdin")]
    password: Option<SecretArg>,

    /// Read the password from stdin
    #[arg(long, requires = "username")]
    password_stdin: bool,

    /// Certificates to trust for the registry, as PEM, besides the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// Use HTTP without TLS for a registry that is not on this machine
    #[arg(long)]
    plain_http: bool,
}

/// A user and a password for one registry.
pub(crate) struct Given {
    /// The registry's host, as in the name of a repository.
    pub(crate) host: String,
    /// The user.
    pub(crate) username: String,
    /// The password, or `None` if the user is asked for it.
    pub(crate) password: Option<SecretArg>,
}

impl RegistryFlags {
    /// Whether a flag needs standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.password_stdin
    }

    /// Whether plain HTTP is allowed for registries that are not on this machine.
    pub(crate) fn plain_http(&self) -> bool {
        self.plain_http
    }

    /// The user and password from flags or variables, for the one registry of `locations`.
    pub(crate) fn given(
        &self,
        locations: &[Location],
        environment: &Environment,
        stdin: impl BufRead,
    ) -> Result<Option<Given>, CliError> {
        let hosts: BTreeSet<&str> = locations.iter().filter_map(host).collect();
        let mut hosts = hosts.into_iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(only), None) => only.to_owned(),
            (None, _) => return Ok(None),
            (Some(_), Some(_)) if self.username.is_none() => return Ok(None),
            (Some(one), Some(other)) => {
                return Err(CliError::usage(format!(
                    "--username is for one registry, and both {one} and {other} are named"
                ))
                .hint("Use `docker login` for each, and leave --username out."));
            }
        };
        if let Some(username) = self.username.clone() {
            let password = if self.password_stdin { Some(read_password(stdin)?) } else { self.password.clone() };
            return Ok(Some(Given { host, username, password }));
        }
        let Some(username) = environment.text(Variable::RegistryUsername)? else { return Ok(None) };
        let password = environment.text(Variable::RegistryPassword)?.map(|text| SecretArg::new(text.to_owned()));
        Ok(Some(Given { host, username: username.to_owned(), password }))
    }

    /// The flag or variable with a user for the registry, if there is one.
    pub(crate) fn named_source(&self, environment: &Environment) -> Result<Option<&'static str>, CliError> {
        if self.username.is_some() {
            return Ok(Some("--username"));
        }
        let variable = Variable::RegistryUsername;
        Ok(environment.text(variable)?.map(|_| variable.name()))
    }

    /// The file with certificates for the registry `host`, from the flag, the environment or the configuration.
    pub(crate) fn ca_file(&self, host: &str, environment: &Environment, config: &Config) -> Option<PathBuf> {
        let variable = || environment.os(Variable::CaFile).map(PathBuf::from);
        let configured = || config.registry.get(host).and_then(|registry| registry.ca_file.clone());
        self.ca_file.clone().or_else(variable).or_else(configured)
    }
}

fn host(location: &Location) -> Option<&str> {
    match location {
        Location::Registry(repository) => Some(repository.host()),
        Location::Layout(_) => None,
    }
}

fn read_password(stdin: impl BufRead) -> Result<SecretArg, CliError> {
    let mut line = zeroize::Zeroizing::new(String::new());
    stdin.take(MAX_PASSWORD + 1).read_line(&mut line).map_err(|source| {
        let message = "cannot read the password from standard input".to_owned();
        CliError::new(Exit::Usage, "password_unreadable", Caused { message, source })
    })?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() || line.len() as u64 > MAX_PASSWORD {
        return Err(CliError::usage("no password on standard input: its first line is empty or too long"));
    }
    Ok(SecretArg::new(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        registry: RegistryFlags,
    }

    fn parse(line: &str) -> Result<RegistryFlags, clap::Error> {
        Line::try_parse_from(line.split(' ')).map(|line| line.registry)
    }

    fn locations(names: &[&str]) -> Vec<Location> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn environment() -> Environment {
        Environment::read(|name| match name {
            "REGISTRY_USERNAME" => Some("env".into()),
            "REGISTRY_PASSWORD" => Some("env-secret".into()),
            "MANIFESTO_CA_FILE" => Some("/env.pem".into()),
            _ => None,
        })
    }

    fn shown(given: Option<Given>) -> Option<(String, String, Option<String>)> {
        given.map(|given| (given.host, given.username, given.password.map(|secret| secret.expose().to_owned())))
    }

    #[test]
    fn flags_win_over_the_environment() {
        let one = locations(&["ghcr.io/acme/app", "ghcr.io/acme/web"]);
        let flags = parse("x -u me -p secret").unwrap();
        let expected = Some(("ghcr.io".into(), "me".into(), Some("secret".into())));
        assert_eq!(shown(flags.given(&one, &environment(), &b""[..]).unwrap()), expected);
        let expected = Some(("ghcr.io".into(), "env".into(), Some("env-secret".into())));
        assert_eq!(shown(parse("x").unwrap().given(&one, &environment(), &b""[..]).unwrap()), expected);
        assert_eq!(shown(parse("x").unwrap().given(&one, &Environment::default(), &b""[..]).unwrap()), None);
    }

    #[test]
    fn credentials_go_to_one_registry_only() {
        let two = locations(&["ghcr.io/acme/app", "quay.io/acme/app"]);
        let error = parse("x -u me -p secret").unwrap().given(&two, &environment(), &b""[..]).err().unwrap();
        assert_eq!(error.exit(), Exit::Usage);
        assert_eq!(shown(parse("x").unwrap().given(&two, &environment(), &b""[..]).unwrap()), None);
        let layout = locations(&["oci:dir"]);
        assert_eq!(shown(parse("x").unwrap().given(&layout, &environment(), &b""[..]).unwrap()), None);
    }

    #[test]
    fn the_password_on_stdin_is_its_first_line() {
        let one = locations(&["ghcr.io/acme/app"]);
        let flags = parse("x -u me --password-stdin").unwrap();
        let expected = Some(("ghcr.io".into(), "me".into(), Some("pass word".into())));
        assert_eq!(shown(flags.given(&one, &environment(), &b"pass word\r\nrest"[..]).unwrap()), expected);
        let endless = vec![b'x'; 1 << 20];
        for bad in [&b""[..], b"\n", b"\xff\n", &endless] {
            assert_eq!(flags.given(&one, &environment(), bad).err().unwrap().exit(), Exit::Usage);
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for bad in ["x -p secret", "x --password-stdin", "x -u me -p secret --password-stdin"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_configured_certificates_are_for_one_host() {
        let config: Config = toml::from_str("[registry.\"r.lan:5000\"]\nca_file = \"/lan.pem\"").unwrap();
        let (flags, unset) = (RegistryFlags::default(), Environment::default());
        assert_eq!(flags.ca_file("r.lan:5000", &unset, &config), Some("/lan.pem".into()));
        assert_eq!(flags.ca_file("r.lan", &unset, &config), None);
        assert_eq!(flags.ca_file("r.lan:5000", &environment(), &config), Some("/env.pem".into()));
        let flags = parse("x --ca-file f.pem").unwrap();
        assert_eq!(flags.ca_file("r.lan:5000", &environment(), &config), Some("f.pem".into()));
    }
}
