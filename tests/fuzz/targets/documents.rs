//! Timestamp, snapshot, top-level targets and delegated roles, through the states of the workflow.

use manifesto::{
    limits::Limits,
    name::{Role, RoleName, TargetPath},
    trust::{Dated, Delegation, Fresh, Lookup, Memory, Targets, TrustError, Trusted, Verified},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    repository::{Place, Repository, assert_says, document, paths, read},
    standard,
};
use crate::trust::simulator::{Published, now};

thread_local!(static REPOSITORY: Repository = Repository::new());

/// What is verified says what was signed, whole, the specification allows it, and answers keep to what its role may say.
pub(crate) fn run(data: &[u8]) -> bool {
    REPOSITORY.with(|repository| {
        let (signed, bytes) = document(repository, data);
        let place = Place::of(&signed);
        if matches!(place, Place::Root) {
            return false;
        }
        let published = repository.with(&place, bytes);
        let accepted = verify(repository, &published, &place, &signed).is_ok();
        assert!(!accepted || standard::accepts(repository, &place, &published), "the specification refuses it");
        if matches!(place, Place::Timestamp | Place::Snapshot) {
            // Who has read before believes less, never more; and what is read may be what was remembered.
            assert!(accepted || read(&repository.root, repository.memory.clone(), &published).is_err());
            let _ = repository.root.recall(Some(published.timestamp), Some(published.snapshot));
        }
        accepted
    })
}

fn verify(repository: &Repository, published: &Published, place: &Place, signed: &Value) -> Result<(), TrustError> {
    let mut trusted = read(&repository.root, Memory::default(), published)?;
    match place {
        Place::Root => {}
        Place::Timestamp => check(trusted.timestamp(), signed),
        Place::Snapshot => check(trusted.snapshot(), signed),
        Place::Targets => {
            check(trusted.targets(), signed);
            assert!(trusted.targets().document().targets.is_empty());
        }
        Place::Role(name) => {
            let name: RoleName = name.parse().unwrap();
            trusted.load(&Delegation::first_level(&name), published.roles[name.as_str()].clone())?;
            check_role(trusted.first_level(&name).unwrap(), &name, signed);
        }
    }
    if matches!(place, Place::Targets | Place::Role(_)) {
        for (name, bytes) in &published.roles {
            let _ = trusted.load(&Delegation::first_level(&name.parse().unwrap()), bytes.clone());
        }
        ask(&trusted);
    }
    Ok(())
}

fn check_role(role: &Verified<Targets>, name: &RoleName, signed: &Value) {
    check(role, signed);
    for path in role.document().targets.keys() {
        assert!(!matches!(path.parse().unwrap(), TargetPath::Index(owner) if owner != *name));
    }
    assert!(role.document().statements().count() <= Limits::DEFAULT.statements_per_role + 1);
}

fn check<T: Dated + Serialize>(verified: &Verified<T>, signed: &Value) {
    assert_says(verified.document(), signed);
    assert!(verified.version() > 0 && !verified.signers().is_empty());
    assert_eq!(verified.meta().length, verified.bytes().len() as u64);
}

/// Nobody answers for a path that is delegated to somebody else.
fn ask(trusted: &Trusted) {
    for path in paths() {
        let _ = trusted.authority(&path);
        let Ok(fresh) = trusted.fresh(now()) else { return };
        answer(&fresh, &path);
        let _ = trusted.lookup(&path);
    }
}

fn answer(fresh: &Fresh<'_>, path: &TargetPath) {
    let Ok(Lookup::Found { delegation, role, .. }) = fresh.lookup(path) else { return };
    let terms = fresh.trusted().delegated(&delegation).unwrap();
    assert!(terms.paths.iter().any(|pattern| pattern.matches(&path.to_string())));
    assert_eq!(role.role(), &Role::Delegated(delegation.to));
    assert!(role.expires() > now());
}
