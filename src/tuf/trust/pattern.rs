use std::{fmt, str::FromStr};

use crate::name::StatementType;

/// A pattern of target paths: literals and `*`, segment by segment.
///
/// `*` stands for any run of characters inside one segment and never crosses a `/` (TUF specification, section 4.5,
/// "PATHPATTERN"). The other characters that shells treat as wildcards are refused, because readers of the
/// specification disagree about them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// All statements of one type. In its encoded form no character of a type stands for others.
    pub fn of_type(statement_type: &StatementType) -> Self {
        Self(format!("sha256/*/{}", statement_type.encoded()))
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `path` is one of the paths meant.
    pub fn matches(&self, path: &str) -> bool {
        let (mut patterns, mut segments) = (self.0.split('/'), path.split('/'));
        loop {
            match (patterns.next(), segments.next()) {
                (None, None) => return true,
                (Some(pattern), Some(segment)) if segment_matches(pattern, segment) => {}
                _ => return false,
            }
        }
    }

    /// Whether some path is meant by both patterns. May say yes where the answer is no, never the other way round.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.0.split('/'), other.0.split('/'));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if segments_overlap(a, b) => {}
                _ => return false,
            }
        }
    }
}

fn segment_matches(pattern: &str, segment: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = segment.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn segments_overlap(a: &str, b: &str) -> bool {
    match (a.contains('*'), b.contains('*')) {
        (false, false) => a == b,
        (true, false) => segment_matches(a, b),
        (false, true) => segment_matches(b, a),
        (true, true) => {
            let (head_a, tail_a) = literal_ends(a);
            let (head_b, tail_b) = literal_ends(b);
            (head_a.starts_with(head_b) || head_b.starts_with(head_a))
                && (tail_a.ends_with(tail_b) || tail_b.ends_with(tail_a))
        }
    }
}

/// What stands before the first and behind the last `*`.
fn literal_ends(pattern: &str) -> (&str, &str) {
    let head = pattern.split('*').next().unwrap_or_default();
    let tail = pattern.rsplit('*').next().unwrap_or_default();
    (head, tail)
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let odd = text.chars().any(|c| matches!(c, '?' | '[' | ']' | '{' | '}' | '\\') || c.is_control());
        if text.is_empty() || text.len() > 4096 || odd || text.split('/').any(str::is_empty) || text.contains("**") {
            return Err(PatternError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

crate::name::serde_as_text!(Pattern);

/// A text that is no pattern of target paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a path pattern: literals and '*', segment by segment")]
pub struct PatternError(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_star_stays_inside_its_segment() {
        for (text, path, expected) in [
            ("sha256/*/approvals", "sha256/ab/approvals", true),
            ("sha256/*/approvals", "sha256/ab/trivy", false),
            ("sha256/*/approvals", "sha256/a/b/approvals", false),
            ("sha256/*/*", "sha256/ab/approvals", true),
            ("sha256/*/*", "sha256/ab", false),
            ("sha256/3f*/*", "sha256/3fab/x", true),
            ("sha256/3f*/*", "sha256/4fab/x", false),
            ("tags/v*-rc*", "tags/v1-rc2", true),
            ("tags/v*-rc*", "tags/v1", false),
            ("tags/*a*a", "tags/a", false),
            ("tags/*a*a", "tags/aa", true),
            ("_manifesto", "_manifesto", true),
            ("_manifesto", "_manifesto/qa", false),
            ("*", "a/b", false),
        ] {
            assert_eq!(pattern(text).matches(path), expected, "{text} {path}");
        }
    }

    #[test]
    fn overlap_is_never_missed() {
        for (a, b, expected) in [
            ("sha256/*/approvals", "sha256/*/trivy", false),
            ("sha256/*/approvals", "sha256/*/*", true),
            ("sha256/*/appro*", "sha256/*/*vals", true),
            ("sha256/*/a*", "sha256/*/b*", false),
            ("tags/*", "sha256/*/*", false),
        ] {
            assert_eq!(pattern(a).overlaps(&pattern(b)), expected, "{a} {b}");
            assert_eq!(pattern(b).overlaps(&pattern(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn refuses_what_readers_disagree_about() {
        for bad in ["", "a?b", "a[b]", "{a,b}", "a\\b", "a//b", "/a", "a/", "**", "a\nb"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad:?}");
        }
    }
}
