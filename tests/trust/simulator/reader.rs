use bytes::Bytes;
use manifesto::time::Timestamp;
use manifesto::{
    limits::Limits,
    name::{Digest, Gun, TargetPath},
    trust::{
        CurrentRoot, Lookup, TrustError, Trusted, TrustedRoot,
        standard::{self, StandardProfile, Target},
    },
};

use super::{Published, gun, now};

/// What a lookup came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Who signs, and the hash signed.
    Found(String, Digest),
    Absent,
}

impl Answer {
    pub(crate) fn found(role: &str, content: &str) -> Self {
        Self::Found(role.to_owned(), Digest::of(content.as_bytes()))
    }
}

/// A client: what it trusts, what it remembers and when it is asked.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) gun: Gun,
    pub(crate) limits: Limits,
    pub(crate) now: Timestamp,
    pub(crate) timestamp: Option<Bytes>,
    pub(crate) snapshot: Option<Bytes>,
}

impl Reader {
    /// One that has never read.
    pub(crate) fn new() -> Self {
        Self { gun: gun(), limits: Limits::DEFAULT, now: now(), timestamp: None, snapshot: None }
    }

    /// One that has read `published` before.
    pub(crate) fn who_saw(published: &Published) -> Self {
        let seen = Self::new().read(published).unwrap();
        Self {
            timestamp: Some(seen.timestamp().bytes().clone()),
            snapshot: Some(seen.snapshot().bytes().clone()),
            ..Self::new()
        }
    }

    /// Follows the roots.
    pub(crate) fn root(&self, published: &Published) -> Result<CurrentRoot, TrustError> {
        let (first, newer) = published.roots.split_first().unwrap();
        let mut root = TrustedRoot::anchor(first.clone(), &self.gun, &self.limits)?;
        for next in newer {
            root = root.rotate(next.clone())?;
        }
        Ok(root.newest())
    }

    /// Walks from root to targets.
    pub(crate) fn read(&self, published: &Published) -> Result<Trusted, TrustError> {
        let root = self.root(published)?;
        let memory = root.recall(self.timestamp.clone(), self.snapshot.clone())?;
        root.timestamp(published.timestamp.clone(), memory)?
            .snapshot(published.snapshot.clone())?
            .targets(published.targets.clone())
    }

    /// Reads, and asks for a path, loading roles as they are needed.
    pub(crate) fn get(&self, published: &Published, path: &TargetPath) -> Result<Answer, TrustError> {
        let mut trusted = self.read(published)?;
        loop {
            let needed = match trusted.fresh(self.now)?.lookup(path)? {
                Lookup::Found { role, target, .. } => {
                    return Ok(Answer::Found(role.role().to_string(), target.hashes.sha256));
                }
                Lookup::Absent => return Ok(Answer::Absent),
                Lookup::Needs(delegation) => delegation,
            };
            let missing = || TrustError::Missing { what: format!("{} metadata", needed.to) };
            let bytes = published.roles.get(needed.to.as_str()).cloned().ok_or_else(missing)?;
            trusted.load(&needed, bytes)?;
        }
    }
}

/// A TUF client of general use: the same core under no rules of this project.
#[derive(Clone, Default)]
pub(crate) struct PlainReader {
    pub(crate) timestamp: Option<Bytes>,
    pub(crate) snapshot: Option<Bytes>,
}

impl PlainReader {
    /// One that has read `published` before.
    pub(crate) fn who_saw(published: &Published) -> Self {
        Self { timestamp: Some(published.timestamp.clone()), snapshot: Some(published.snapshot.clone()) }
    }

    /// Walks from root to targets.
    pub(crate) fn read(&self, published: &Published) -> Result<Trusted<StandardProfile>, TrustError> {
        let (first, newer) = published.roots.split_first().unwrap();
        let mut root = TrustedRoot::begin(first.clone(), StandardProfile, &Limits::DEFAULT)?;
        for next in newer {
            root = root.rotate(next.clone())?;
        }
        let root = root.newest();
        let memory = root.recall(self.timestamp.clone(), self.snapshot.clone())?;
        root.timestamp(published.timestamp.clone(), memory)?
            .snapshot(published.snapshot.clone())?
            .targets(published.targets.clone())
    }

    /// Reads, and asks for a path, loading roles as they are needed.
    pub(crate) fn get(&self, published: &Published, path: &str) -> Result<Option<Target>, TrustError> {
        let mut trusted = self.read(published)?;
        loop {
            let needed = match trusted.fresh(now())?.find(path)? {
                standard::Answer::Signed(target) => return Ok(Some(target.clone())),
                standard::Answer::Absent => return Ok(None),
                standard::Answer::Needs(delegation) => delegation,
            };
            let missing = || TrustError::Missing { what: format!("{} metadata", needed.to) };
            let bytes = published.roles.get(needed.to.as_str()).cloned().ok_or_else(missing)?;
            trusted.load(&needed, bytes)?;
        }
    }
}
