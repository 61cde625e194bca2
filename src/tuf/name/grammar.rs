//! Docker's grammar of repository names.
//!
//! It is written by hand. The published parsers compile one regular expression for the whole grammar, and that alone
//! takes longer than a verified answer may.

/// The longest path of a repository, in bytes.
const MAX_PATH: usize = 255;

/// Parses a repository's name by Docker's grammar, and returns host and path. The text before the first slash is a host
/// if it has a dot, a port or a capital, or is `localhost`. Otherwise the name is one on Docker Hub.
pub(super) fn parse_name(name: &str) -> Result<(String, String), NameFault> {
    let (host, path) = match name.split_once('/') {
        Some((host, path)) if is_host(host) => (host, path),
        _ => (DOCKER_HUB, name),
    };
    if !host_is_valid(host) {
        return Err(NameFault::Host);
    }
    let host = match host.to_ascii_lowercase() {
        // A displayed name must parse as the same name. In lower case, this host would be a path on Docker Hub or a
        // layout.
        host if !is_host(&host) || host.starts_with("oci:") => return Err(NameFault::Host),
        host if host == "index.docker.io" => DOCKER_HUB.to_owned(),
        host => host,
    };
    if !path.split('/').all(component_is_valid) {
        return Err(NameFault::Path);
    }
    let path = if host == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
    if path.len() > MAX_PATH {
        return Err(NameFault::TooLong);
    }
    Ok((host, path))
}

/// The registry of a name without a host.
const DOCKER_HUB: &str = "docker.io";

fn is_host(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':', '[']) || text.bytes().any(|b| b.is_ascii_uppercase())
}

/// Whether `host` is a name or address with an optional port, in the form that a URL has. With another form, such as
/// `127.1` or `[0::1]`, the client would contact another host, or one host would have two names.
fn host_is_valid(host: &str) -> bool {
    let end = if host.starts_with('[') { host.find(']').map(|end| end + 1) } else { host.find(':') };
    let (name, port) = host.split_at(end.unwrap_or(host.len()));
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inner)
    };
    (name.starts_with('[') || name.split('.').all(label))
        && url::Host::parse(name).is_ok_and(|parsed| parsed.to_string() == name.to_ascii_lowercase())
        && (port.is_empty() || port.strip_prefix(':').is_some_and(port_is_valid))
}

fn port_is_valid(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
}

/// Whether a component is lower-case words, joined by `.`, `_`, `__` or any number of `-`.
fn component_is_valid(component: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = component.bytes().next().is_some_and(word) && component.bytes().next_back().is_some_and(word);
    let separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).filter(|s| !s.is_empty());
    ends && separators.into_iter().all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

/// How a name violates Docker's grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// The text before the first slash is not a host, or has an invalid port.
    #[error("the registry is not a host name with an optional port in the form of a URL")]
    Host,
    /// A component of the path is empty or has other characters than the grammar allows.
    #[error("the path does not consist of lower-case words joined by '.', '_', '__' or '-'")]
    Path,
    /// The path is too long.
    #[error("the path has more than {MAX_PATH} characters")]
    TooLong,
}
