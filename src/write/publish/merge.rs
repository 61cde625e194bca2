//! Merging another writer's document of a role into ours. This half of the publish protocol does no I/O.
//!
//! Two documents of one role are compared path by path. What a document *knows* about a path is its current value, the
//! earlier values that it replaced, and the deletions that it lists. The rules are those that `tests/publish_model`
//! found sound by exhaustive search. Where the two differ, this code replays less.

use std::collections::BTreeSet;

use crate::{
    name::{Digest, TargetPath},
    time::Timestamp,
    trust::{DELETED, Deletion, Statement, Target, Targets},
};

/// One revision of a statement, identified by digest *and* signing time: the same bytes may be signed, replaced and
/// signed again. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#repeated-value
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    pub(super) digest: Digest,
    pub(super) created: Timestamp,
}

impl Value {
    pub(super) fn of(statement: &Statement) -> Self {
        Self { digest: statement.digest, created: statement.info.created }
    }

    /// Returns whether a deletion took back this revision, and not a later one.
    pub(super) fn is_deleted_by(&self, deletion: &Deletion) -> bool {
        let mut replaced = deletion.history.iter();
        let is_it = deletion.created.map_or(self.created <= deletion.at, |created| self.created == created);
        (self.digest == deletion.sha256 && is_it)
            || replaced.any(|former| former.sha256 == self.digest && former.created == self.created)
    }
}

/// How another writer's document of a role relates to the base's.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Relation {
    /// Both have the same content.
    Same,
    /// The other has a part of what the base has.
    Contained,
    /// The other has everything that the base has, and more.
    Contains,
    /// Each has something that the other lacks.
    Forked {
        /// The base's document with those of the other's statements that could be replayed.
        merged: Box<Targets>,
        /// Whether all of the other's statements were replayed.
        whole: bool,
    },
}

/// Compares `theirs` with the base's `ours`.
pub(in crate::write) fn relate(ours: &Targets, theirs: &Targets) -> Relation {
    let paths: BTreeSet<TargetPath> = [ours, theirs].into_iter().flat_map(paths_of).collect();
    let behind = |a: &Targets, b: &Targets| paths.iter().all(|path| contains(b, a, path));
    match (behind(theirs, ours), behind(ours, theirs)) {
        (true, true) => return Relation::Same,
        (true, false) => return Relation::Contained,
        (false, true) => return Relation::Contains,
        (false, false) => {}
    }
    let mut merged = ours.clone();
    let mut whole = true;
    for path in &paths {
        if !contains(ours, theirs, path) {
            whole &= replay(&mut merged, ours, theirs, path);
        }
    }
    Relation::Forked { merged: Box::new(merged), whole }
}

/// Returns the paths of statements and tags that a document has or has deleted. Its index follows from these.
fn paths_of(role: &Targets) -> Vec<TargetPath> {
    let current = role.targets.keys().filter_map(|path| path.parse().ok());
    let deleted = role.manifesto.deleted.iter().map(|deletion| deletion.path.clone());
    current.chain(deleted).filter(|path| !matches!(path, TargetPath::Index(_))).collect()
}

/// What a document knows about one path.
struct Known<'a> {
    current: Option<(&'a Target, Value)>,
    replaced: BTreeSet<Value>,
    deletions: Vec<&'a Deletion>,
}

fn known<'a>(role: &'a Targets, path: &TargetPath) -> Known<'a> {
    let target = role.targets.get(&path.to_string());
    let statement = target.and_then(|target| Statement::read(path, target).ok());
    let value = |target: &Target| match &statement {
        Some(statement) => Value::of(statement),
        // A tag's entry has no signing time.
        None => Value { digest: target.hashes.sha256, created: Timestamp::MIN },
    };
    let current = target.map(|target| (target, value(target)));
    let history = statement.iter().flat_map(|statement| &statement.info.history);
    Known {
        current,
        replaced: history.map(|former| Value { digest: former.sha256, created: former.created }).collect(),
        deletions: role.manifesto.deleted.iter().filter(|deletion| deletion.path == *path).collect(),
    }
}

impl Known<'_> {
    fn value(&self) -> Option<Value> {
        self.current.map(|(_, value)| value)
    }

    /// Returns whether a value is current, or was replaced or deleted.
    fn has(&self, value: Value) -> bool {
        self.value() == Some(value)
            || self.replaced.contains(&value)
            || self.deletions.iter().any(|deletion| value.is_deleted_by(deletion))
    }

    fn has_deletions_of(&self, other: &Self) -> bool {
        other.deletions.iter().all(|deletion| self.deletions.contains(deletion))
    }

    /// Returns whether this document knows every value that the other has replaced, and every deletion.
    fn knows_of(&self, other: &Self) -> bool {
        other.replaced.iter().all(|value| self.has(*value)) && self.has_deletions_of(other)
    }
}

/// Returns whether `whole` has what `part` has at a path: the same value, or one that replaced or deleted it, and every
/// deletion.
fn contains(whole: &Targets, part: &Targets, path: &TargetPath) -> bool {
    let (whole, part) = (known(whole, path), known(part, path));
    part.value().is_none_or(|value| whole.has(value)) && whole.has_deletions_of(&part)
}

/// Takes `theirs` over at a path if its author knew every value and deletion that the base has there. Returns whether
/// it did.
fn replay(merged: &mut Targets, ours: &Targets, theirs: &Targets, path: &TargetPath) -> bool {
    let (base, other) = (known(ours, path), known(theirs, path));
    // If the list of deletions is full, an absent value may have been deleted and forgotten.
    let unknown_past = base.current.is_none() && ours.manifesto.deleted.len() >= DELETED;
    let follows = match base.value() {
        None => !unknown_past,
        Some(value) => other.has(value),
    };
    if !follows || !other.knows_of(&base) {
        return false;
    }
    let text = path.to_string();
    match other.current {
        Some((target, _)) => merged.targets.insert(text, target.clone()),
        None => merged.targets.remove(&text),
    };
    let unlisted: Vec<Deletion> =
        other.deletions.iter().filter(|deletion| !base.deletions.contains(deletion)).copied().cloned().collect();
    merged.manifesto.deleted.splice(0..0, unlisted);
    merged.manifesto.deleted.truncate(DELETED);
    true
}

#[cfg(test)]
mod tests;
