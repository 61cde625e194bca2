//! The paths that a delegation covers (TUF specification, section 4.5, and TAP 15).

use std::fmt::Write;

use crate::name::{Digest, RoleName};

/// The paths of one delegated role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DelegatedPaths {
    /// Paths that match one of the patterns.
    Patterns(Vec<String>),
    /// Paths whose sha256 begins with one of these hexadecimal prefixes.
    HashPrefixes(Vec<String>),
}

impl DelegatedPaths {
    /// Makes the paths of a delegation with these fields.
    pub(super) fn new(paths: Option<Vec<String>>, prefixes: Option<Vec<String>>) -> Result<Self, &'static str> {
        match (paths, prefixes) {
            (Some(patterns), None) => Ok(Self::Patterns(patterns)),
            (None, Some(prefixes)) => Ok(Self::HashPrefixes(prefixes)),
            _ => Err("a delegation has either 'paths' or 'path_hash_prefixes'"),
        }
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        match self {
            Self::Patterns(patterns) => patterns.iter().any(|pattern| matches(pattern, path)),
            Self::HashPrefixes(prefixes) => {
                let hash = Digest::of(path.as_bytes()).hex();
                prefixes.iter().any(|prefix| hash.starts_with(prefix))
            }
        }
    }
}

/// Whether `pattern` matches `path` segment by segment: `*` any run of characters, `?` any one character.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some(pattern), Some(segment)) if segment_matches(pattern, segment) => {}
            _ => return false,
        }
    }
}

/// Backtracks to the last `*` only, so that the time is at most the product of both lengths.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let (pattern, segment): (Vec<char>, Vec<char>) = (pattern.chars().collect(), segment.chars().collect());
    let (mut at, mut star) = (0, None);
    let mut next = 0;
    while next < segment.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, next));
                at += 1;
            }
            (Some('?'), _) => {
                at += 1;
                next += 1;
            }
            (Some(literal), _) if *literal == segment[next] => {
                at += 1;
                next += 1;
            }
            (_, Some((position, taken))) => {
                star = Some((position, taken + 1));
                at = position + 1;
                next = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// Roles that divide all paths evenly, by the first bits of a path's sha256 (TAP 15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bins {
    prefix: String,
    bits: u32,
}

impl Bins {
    /// Makes 2^`bits` bins, whose names have the same prefix.
    pub(super) fn new(bits: u32, prefix: String) -> Result<Self, String> {
        if !(1..=32).contains(&bits) {
            return Err(format!("bit_length is {bits}, not from 1 to 32"));
        }
        Ok(Self { prefix, bits })
    }

    /// The bin of `path`.
    pub(super) fn of(&self, path: &str) -> Option<RoleName> {
        let hash = Digest::of(path.as_bytes()).hex();
        let first = u32::from_str_radix(hash.get(..8)?, 16).ok()?;
        self.name(first >> (32 - self.bits))
    }

    /// Whether `name` is one of the bins.
    pub(super) fn contains(&self, name: &RoleName) -> bool {
        let number = name.as_str().strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        let number = number.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.is_some_and(|number| u64::from(number) < 1 << self.bits && self.name(number).as_ref() == Some(name))
    }

    /// All numbers have as many digits as the last one.
    fn name(&self, number: u32) -> Option<RoleName> {
        let (mut name, digits) = (format!("{}-", self.prefix), self.bits.div_ceil(4) as usize);
        write!(name, "{number:0digits$x}").ok()?;
        RoleName::of_any_tuf_repository(&name).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_inside_their_segment() {
        for (pattern, path, expected) in [
            ("*", "a", true),
            ("*", "", true),
            ("*", "a/b", false),
            ("*.tgz", "foo.tgz", true),
            ("*.tgz", "targets/foo.tgz", false),
            ("targets/*.tgz", "targets/foo.tgz", true),
            ("foo-version-?.tgz", "foo-version-2.tgz", true),
            ("foo-version-?.tgz", "foo-version-10.tgz", false),
            ("?", "/", false),
            ("?", "ü", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("*a*a", "aba", true),
            ("*a*a", "a", false),
            ("**", "anything", true),
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
            ("/a", "a", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    /// A matcher that takes exponential time would not finish this pattern.
    #[test]
    fn a_pattern_of_stars_takes_no_time() {
        assert!(!matches(&"*a".repeat(2_000), &"a".repeat(1_999)));
        assert!(!matches(&format!("{}b", "a*".repeat(500)), &"a".repeat(5_000)));
    }

    fn bins(bits: u32) -> Bins {
        Bins::new(bits, "bin".to_owned()).unwrap()
    }

    #[test]
    fn a_path_has_the_bin_of_its_first_bits() {
        let hash = Digest::of(b"a/path").hex();
        assert_eq!(bins(8).of("a/path").unwrap().as_str(), format!("bin-{}", &hash[..2]));
        assert_eq!(bins(32).of("a/path").unwrap().as_str(), format!("bin-{}", &hash[..8]));
        for bits in [1, 3, 10, 31, 32] {
            assert!(bins(bits).contains(&bins(bits).of("a/path").unwrap()), "{bits}");
        }
    }

    #[test]
    fn other_names_are_no_bins() {
        for bad in ["bin", "bin-", "bin-4", "bin-00", "bin-x", "bin-+3", "Bin-3", "other-3"] {
            assert!(!bins(2).contains(&RoleName::of_any_tuf_repository(bad).unwrap()), "{bad}");
        }
        assert!(bins(2).contains(&RoleName::of_any_tuf_repository("bin-3").unwrap()));
        for bad in [0, 33] {
            assert!(Bins::new(bad, "bin".to_owned()).is_err(), "{bad}");
        }
    }
}
