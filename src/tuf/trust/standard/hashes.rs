use std::collections::BTreeMap;

use ring::digest::{Algorithm, Context, SHA256, SHA384, SHA512};
use serde::Deserialize;

use super::super::TrustError;

/// The supported algorithms. The first one that a document has names its file.
const ALGORITHMS: [(&str, &Algorithm); 3] = [("sha256", &SHA256), ("sha512", &SHA512), ("sha384", &SHA384)];

/// Hashes by algorithm, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hashes(BTreeMap<String, String>);

impl Hashes {
    /// The hash in the name of a file, for repositories whose names carry hashes (TUF specification, section 5.7.3).
    /// Returns `None` if no algorithm is supported.
    pub fn for_name(&self) -> Option<&str> {
        ALGORITHMS.iter().find_map(|(name, _)| self.0.get(*name)).map(String::as_str)
    }

    fn contexts(&self) -> impl Iterator<Item = (&'static str, &str, Context)> {
        ALGORITHMS.iter().filter_map(|(name, algorithm)| {
            self.0.get(*name).map(|expected| (*name, expected.as_str(), Context::new(algorithm)))
        })
    }
}

/// Checks content that arrives in pieces against its signed length and all supported hashes.
pub struct Verifier<'h> {
    what: String,
    length: Option<u64>,
    seen: u64,
    contexts: Vec<(&'static str, &'h str, Context)>,
}

impl<'h> Verifier<'h> {
    /// Begins the check. `what` names the content in errors.
    pub(super) fn new(what: &str, length: Option<u64>, hashes: Option<&'h Hashes>) -> Result<Self, TrustError> {
        let contexts: Vec<_> = hashes.into_iter().flat_map(Hashes::contexts).collect();
        if hashes.is_some() && contexts.is_empty() {
            return Err(TrustError::NoHash { what: what.to_owned() });
        }
        Ok(Self { what: what.to_owned(), length, seen: 0, contexts })
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        self.contexts.iter_mut().for_each(|(_, _, context)| context.update(bytes));
    }

    /// Compares the pieces with what is signed.
    ///
    /// # Errors
    /// The length or a hash differs.
    pub fn finish(self) -> Result<(), TrustError> {
        if let Some(expected) = self.length
            && expected != self.seen
        {
            return Err(TrustError::Length { what: self.what, expected, found: self.seen });
        }
        for (algorithm, expected, context) in self.contexts {
            if hex::decode(expected).ok().as_deref() != Some(context.finish().as_ref()) {
                return Err(TrustError::Hash { what: self.what, algorithm });
            }
        }
        Ok(())
    }
}
