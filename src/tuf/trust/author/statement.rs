use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    Json, Unknown,
    extension::{DELETED, Deletion, Former, HISTORY, StatementCustom, StatementInfo},
    schema::{Target, Targets},
    statement::Statement,
};
use crate::{
    name::{Digest, RoleName, TargetPath},
    time::Timestamp,
};

/// A statement that is about to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// The digest of its bytes.
    pub digest: Digest,
    /// The length of its bytes.
    pub size: u64,
    /// The media type of its bytes.
    pub media_type: String,
    /// When it was made.
    pub created: Timestamp,
    /// When the statement stops being valid, even if no other one replaces it.
    pub expires: Option<Timestamp>,
    /// A title for people.
    pub title: Option<String>,
    /// Further text that the author wants to have signed.
    pub annotations: BTreeMap<String, String>,
}

/// Makes `new` the current statement at `path`, and keeps the former one in its history.
///
/// # Errors
/// A field cannot be written as JSON.
pub fn put_statement(role: &mut Targets, path: &TargetPath, new: &NewStatement) -> Result<(), serde_json::Error> {
    let former = role.targets.get(&path.to_string()).and_then(|target| Statement::read(path, target).ok());
    let history = expected_history(former.as_ref());
    let custom = StatementCustom {
        manifesto: StatementInfo {
            created: new.created,
            expires: new.expires,
            media_type: new.media_type.clone(),
            title: new.title.clone(),
            annotations: new.annotations.clone(),
            history,
            other: Unknown::default(),
        },
        other: Unknown::default(),
    };
    let target = Target {
        length: new.size,
        hashes: new.digest.into(),
        custom: Some(Json::of(&custom)?),
        other: Unknown::default(),
    };
    role.targets.insert(path.to_string(), target);
    Ok(())
}

/// The former values of a statement that replaces `former`.
pub fn expected_history(former: Option<&Statement>) -> Vec<Former> {
    let Some(former) = former else { return Vec::new() };
    let (sha256, length, created) = (former.digest, former.size, former.info.created);
    let value = Former { sha256, length, created, other: Unknown::default() };
    std::iter::once(value).chain(former.info.history.iter().cloned()).take(HISTORY).collect()
}

/// Deletes the statement at `path` and records the deletion, with the date of what is deleted: a merge compares it to
/// see whether the same statement was signed again later.
pub fn delete_statement(role: &mut Targets, path: &TargetPath, at: Timestamp) {
    if let Some(target) = role.targets.remove(&path.to_string()) {
        let info = Statement::read(path, &target).ok().map(|statement| statement.info);
        let deletion = Deletion {
            path: path.clone(),
            at,
            sha256: target.hashes.sha256,
            created: info.as_ref().map(|info| info.created),
            history: info.map(|info| info.history).unwrap_or_default(),
            other: Unknown::default(),
        };
        role.manifesto.deleted.insert(0, deletion);
        role.manifesto.deleted.truncate(DELETED);
    }
}

/// Removes content in `lost`, whose bytes no known store has, from a role. It deletes current statements and drops
/// former values. Returns whether the role had any of it.
///
/// # Errors
/// A field cannot be written as JSON.
pub fn drop_lost(role: &mut Targets, lost: &BTreeSet<Digest>, at: Timestamp) -> Result<bool, serde_json::Error> {
    let paths: Vec<TargetPath> = role.targets.keys().filter_map(|path| path.parse().ok()).collect();
    let mut found = false;
    for path in paths {
        let Some(target) = role.targets.get_mut(&path.to_string()) else { continue };
        let Ok(statement) = Statement::read(&path, target) else { continue };
        if lost.contains(&statement.digest) {
            found = true;
            delete_statement(role, &path, at);
            continue;
        }
        found |= forget_former(target, &statement, lost)?;
    }
    Ok(found)
}

/// Drops the lost former values of every statement from its history. Current values stay.
///
/// # Errors
/// A statement's signed information cannot be read.
pub fn drop_former(role: &mut Targets, lost: &BTreeSet<Digest>) -> Result<(), serde_json::Error> {
    for (path, target) in &mut role.targets {
        let Ok(path) = path.parse() else { continue };
        if let Ok(statement) = Statement::read(&path, target) {
            forget_former(target, &statement, lost)?;
        }
    }
    Ok(())
}

/// Drops the lost former values of one statement. Returns whether there were any.
fn forget_former(
    target: &mut Target,
    statement: &Statement,
    lost: &BTreeSet<Digest>,
) -> Result<bool, serde_json::Error> {
    let history = &statement.info.history;
    let kept: Vec<Former> = history.iter().filter(|former| !lost.contains(&former.sha256)).cloned().collect();
    let Some(custom) = target.custom.as_ref().filter(|_| kept.len() < history.len()) else { return Ok(false) };
    let mut custom: StatementCustom = custom.read()?;
    custom.manifesto.history = kept;
    target.custom = Some(Json::of(&custom)?);
    Ok(true)
}

/// Signs the role's own index.
pub fn set_index(role: &mut Targets, name: &RoleName, length: u64, sha256: Digest) {
    let target = Target { length, hashes: sha256.into(), custom: None, other: Unknown::default() };
    role.targets.insert(TargetPath::Index(name.clone()).to_string(), target);
}
