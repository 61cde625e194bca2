//! What of another writer's publication goes into ours: the pure half of the publish protocol.
//!
//! Two documents of one role are compared path by path. What a document *knows* of a path is its current value, the
//! earlier values that it replaced, and the deletions that it lists. The rules are those that `tests/publish_model`
//! found sound by exhaustive search; where this differs, it replays less.

use std::collections::BTreeSet;

use crate::{
    name::{Digest, TargetPath},
    trust::{DELETED, Deletion, Statement, Target, Targets},
};

/// How another writer's document of a role relates to the base's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Relation {
    /// It says nothing that the base does not.
    Contained,
    /// It has everything that the base has, and more.
    Contains,
    /// Both have something of their own. Here is the base's with what can be replayed of the other's, and whether
    /// that is all of it.
    Forked {
        /// The base's document with the other's statements that may stand in it.
        merged: Box<Targets>,
        /// Whether nothing of the other's was left out.
        whole: bool,
    },
}

/// Compares `theirs` with the base's `ours`.
pub(super) fn relate(ours: &Targets, theirs: &Targets) -> Relation {
    let paths: BTreeSet<TargetPath> = [ours, theirs].into_iter().flat_map(spoken_of).collect();
    let behind = |a: &Targets, b: &Targets| paths.iter().all(|path| contains(b, a, path));
    if behind(theirs, ours) {
        return Relation::Contained;
    }
    if behind(ours, theirs) {
        return Relation::Contains;
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

/// The statements' paths that a document says, or has said, something about.
fn spoken_of(role: &Targets) -> Vec<TargetPath> {
    let current = role.targets.keys().filter_map(|path| path.parse().ok());
    let deleted = role.manifesto.deleted.iter().map(|deletion| deletion.path.clone());
    current.chain(deleted).filter(|path| matches!(path, TargetPath::Statement { .. })).collect()
}

/// What a document knows of one path.
struct Known<'a> {
    current: Option<&'a Target>,
    replaced: BTreeSet<Digest>,
    deleted: BTreeSet<Digest>,
}

fn known<'a>(role: &'a Targets, path: &TargetPath) -> Known<'a> {
    let current = role.targets.get(&path.to_string());
    let statement = current.and_then(|target| Statement::read(path, target).ok());
    let replaced = statement.into_iter().flat_map(|statement| statement.info.history);
    let deletions = role.manifesto.deleted.iter().filter(|deletion| deletion.path == *path);
    Known {
        current,
        replaced: replaced.map(|former| former.sha256).collect(),
        deleted: deletions.map(|deletion| deletion.sha256).collect(),
    }
}

impl Known<'_> {
    fn digest(&self) -> Option<Digest> {
        self.current.map(|target| target.hashes.sha256)
    }

    /// Whether all that `other` knows of the path is known here.
    fn knows_of(&self, other: &Self) -> bool {
        let all = |digest: &Digest| {
            self.digest() == Some(*digest) || self.replaced.contains(digest) || self.deleted.contains(digest)
        };
        other.replaced.iter().all(all) && other.deleted.is_subset(&self.deleted)
    }
}

/// Whether `whole` has what `part` says about a path: the same value, or one that replaced or deleted it, and every
/// deletion.
fn contains(whole: &Targets, part: &Targets, path: &TargetPath) -> bool {
    let (whole, part) = (known(whole, path), known(part, path));
    let value = match part.current {
        None => true,
        Some(target) if whole.current == Some(target) => true,
        Some(target) => {
            let digest = target.hashes.sha256;
            whole.replaced.contains(&digest) || whole.deleted.contains(&digest)
        }
    };
    value && part.deleted.is_subset(&whole.deleted)
}

/// Makes what `theirs` says about a path the base's word too, if it was said in knowledge of all that the base says.
fn replay(merged: &mut Targets, ours: &Targets, theirs: &Targets, path: &TargetPath) -> bool {
    let (base, other) = (known(ours, path), known(theirs, path));
    // Where the list of deletions is full, absence does not prove that nothing was ever said.
    let unknown_past = base.current.is_none() && ours.manifesto.deleted.len() >= DELETED;
    let follows = match base.digest() {
        None => !unknown_past,
        Some(digest) => other.replaced.contains(&digest) || other.deleted.contains(&digest),
    };
    if !follows || !other.knows_of(&base) {
        return false;
    }
    let text = path.to_string();
    match other.current {
        Some(target) => merged.targets.insert(text, target.clone()),
        None => merged.targets.remove(&text),
    };
    let unlisted: Vec<Deletion> = theirs
        .manifesto
        .deleted
        .iter()
        .filter(|deletion| deletion.path == *path && !base.deleted.contains(&deletion.sha256))
        .cloned()
        .collect();
    merged.manifesto.deleted.splice(0..0, unlisted);
    merged.manifesto.deleted.truncate(DELETED);
    true
}
