use std::{cmp::Ordering, fmt, str::FromStr};

use super::RepositoryName;

/// A pattern of repository names, such as `ghcr.io/acme/*`.
///
/// The registry must be complete. In the path, `*` matches any number of characters within one segment, so
/// `ghcr.io/acme/*` matches `ghcr.io/acme/app` but not `ghcr.io/acme/app/base`. The pattern is compared with a name's
/// normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamePattern(String);

impl NamePattern {
    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the repository's name matches.
    pub fn matches(&self, repository: &RepositoryName) -> bool {
        let name = repository.to_string();
        let (mut patterns, mut names) = (self.0.split('/'), name.split('/'));
        loop {
            match (patterns.next(), names.next()) {
                (None, None) => return true,
                (Some(pattern), Some(segment)) if segment_matches(pattern, segment) => {}
                _ => return false,
            }
        }
    }

    /// The number of literal characters.
    fn literals(&self) -> usize {
        self.0.bytes().filter(|byte| *byte != b'*').count()
    }
}

/// Orders patterns from least to most specific. Of those that match a name, the greatest is the longest match.
impl Ord for NamePattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.literals().cmp(&other.literals()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for NamePattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn segment_matches(pattern: &str, segment: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == segment };
    let Some(mut left) = segment.strip_prefix(start) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let end = pieces.pop().unwrap_or("");
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

impl FromStr for NamePattern {
    type Err = NamePatternError;

    fn from_str(text: &str) -> Result<Self, NamePatternError> {
        let malformed = || NamePatternError(text.to_owned());
        let (host, _) = text.split_once('/').ok_or_else(malformed)?;
        // A `*` matches at least a letter, so a pattern is valid if it becomes a name with a letter in its place.
        let example: RepositoryName = text.replace('*', "x").parse().map_err(|_| malformed())?;
        let normal = example.to_string() == text.replace('*', "x");
        if host.contains('*') || text.contains("**") || !normal { Err(malformed()) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(NamePattern);

/// The text is not a pattern of repository names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a pattern of repository names: a registry, then a path in which '*' stands for part of a segment"
)]
pub struct NamePatternError(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        pattern.parse::<NamePattern>().unwrap().matches(&name.parse().unwrap())
    }

    #[test]
    fn a_star_stays_in_its_segment() {
        for (pattern, name) in [
            ("ghcr.io/acme/*", "ghcr.io/acme/app"),
            ("ghcr.io/*/app", "ghcr.io/acme/app"),
            ("ghcr.io/acme/app-*", "ghcr.io/acme/app-web"),
            ("ghcr.io/acme/a*b*c", "ghcr.io/acme/aXbbYc".to_lowercase().as_str()),
            ("ghcr.io/acme/app", "ghcr.io/acme/app"),
            ("docker.io/library/*", "alpine"),
            ("localhost:5000/*", "localhost:5000/app"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("ghcr.io/acme/*", "ghcr.io/acme/app/base"),
            ("ghcr.io/acme/*", "ghcr.io/acme"),
            ("ghcr.io/acme/*", "ghcr.io/acmeevil/app"),
            ("ghcr.io/acme/*", "evil.io/ghcr.io/acme/app"),
            ("ghcr.io/acme/a*a", "ghcr.io/acme/a"),
            ("ghcr.io/acme/app-*", "ghcr.io/acme/app"),
            ("localhost:5000/*", "localhost:5001/app"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_names_its_registry() {
        for bad in
            ["", "*", "*/app", "ghcr.io", "ghcr.*/acme/app", "acme/*", "ghcr.io/**", "ghcr.io/ACME/*", "GHCR.io/a/*"]
        {
            assert!(bad.parse::<NamePattern>().is_err(), "{bad}");
        }
        for bad in ["ghcr.io/a/*:tag", "ghcr.io//*", "ghcr.io/../*", "oci:/dir/*", "ghcr.io/a b/*", "ghcr.io/*/"] {
            assert!(bad.parse::<NamePattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_spelled_out_counts() {
        let order = ["ghcr.io/*/*", "ghcr.io/acme/*", "ghcr.io/acme/ap*", "ghcr.io/acme/app"];
        let patterns: Vec<NamePattern> = order.iter().map(|text| text.parse().unwrap()).collect();
        assert!(patterns.is_sorted());
    }
}
