//! Operations: what a publication is made for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::Digest,
    store::{
        artifact::{Artifact, Blob},
        publication::{Publication, Scope},
    },
    time::{Timestamp, is_future},
    trust::{Delegation, Root, Targets, TrustError, Trusted, author::drop_lost},
    write::{
        error::WriteError,
        publish::{
            authority_change::AuthorityChange,
            edit::{Applied, StatementEdit},
        },
        recover::signed_contents,
    },
};

/// What a publication is made for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Operation {
    /// Put or delete a statement.
    Change(Box<StatementEdit>),
    /// Change root or the delegations.
    AuthorityChange(Box<AuthorityChange>),
    /// Restore what the registry has lost.
    Recover(Box<Restoration>),
    /// Sign documents again before they expire: these roles, snapshot and timestamp.
    Renew {
        /// The delegated roles.
        roles: Vec<Delegation>,
        /// When the renewal began. A document with this date or a later one is already renewed, unless it is dated in
        /// the future.
        since: Timestamp,
    },
}

impl Operation {
    /// Returns the part of a publication that has to be loaded.
    pub(in crate::write) fn scope(&self) -> Scope {
        match self {
            Self::Change(edit) => Scope::Paths(vec![edit.path()]),
            Self::AuthorityChange(change) => Scope::Roles(change.needs()),
            Self::Recover(_) => Scope::Everything,
            Self::Renew { roles, .. } => Scope::Roles(roles.clone()),
        }
    }

    /// Returns the authority change in this operation, if any.
    pub(super) fn change(&self) -> Option<&AuthorityChange> {
        match self {
            Self::AuthorityChange(change) => Some(change),
            Self::Change(_) | Self::Recover(_) | Self::Renew { .. } => None,
        }
    }

    /// Returns what is to be listed again, and what is lost.
    pub(super) fn restoration(&self) -> Option<&Restoration> {
        match self {
            Self::Recover(restoration) => Some(restoration),
            Self::Change(_) | Self::AuthorityChange(_) | Self::Renew { .. } => None,
        }
    }

    /// Returns the root that follows `base`'s, if the operation has one.
    pub(super) fn next_root(&self, base: &Publication) -> Option<&Root> {
        let (root, _) = self.change()?.root()?;
        (root.version > base.trusted().root().version()).then_some(root.as_ref())
    }

    /// Returns the roles whose documents the operation edits. (An authority change lists its own.)
    pub(super) fn roles(&self) -> Vec<Delegation> {
        match self {
            Self::Change(edit) => vec![edit.delegation().clone()],
            Self::AuthorityChange(_) => Vec::new(),
            Self::Recover(restoration) => restoration.roles.clone(),
            Self::Renew { roles, .. } => roles.clone(),
        }
    }

    /// Checks that the operation's role still signs the path on top of `base`.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another role signs it now.
    pub(super) fn check_authority(&self, base: &Trusted) -> Result<(), WriteError> {
        match self {
            Self::Change(edit) => edit.check_authority(base),
            Self::AuthorityChange(_) | Self::Recover(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Returns whether a role's `document` on top of `base` still needs the operation.
    ///
    /// # Errors
    /// The operation conflicts with a change that was made meanwhile.
    pub(super) fn applied(&self, base: &Trusted, document: &Targets) -> Result<Applied, WriteError> {
        match self {
            Self::Change(edit) => edit.applied(base, document),
            Self::AuthorityChange(_) => Ok(Applied::Yes),
            Self::Recover(restoration) => Ok(restoration.applied(document)?),
            Self::Renew { since, .. } => {
                let renewed = is_renewed(document.manifesto.common.created, *since);
                Ok(if renewed { Applied::Yes } else { Applied::No })
            }
        }
    }

    /// Applies the operation, at `now`, to the next version of a role's document.
    pub(super) fn apply(&self, document: &mut Targets, now: Timestamp) -> Result<(), serde_json::Error> {
        match self {
            Self::Change(edit) => edit.apply(document, now),
            Self::Recover(restoration) => drop_lost(document, &restoration.lost, now).map(drop),
            Self::AuthorityChange(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Returns whether snapshot and timestamp have to be signed again although no role changes.
    pub(super) fn needs_new_date(&self, base: &Publication) -> bool {
        match self {
            Self::Change(_) | Self::AuthorityChange(_) => false,
            Self::Recover(restoration) => !restoration.is_in(base),
            Self::Renew { since, .. } => !is_renewed(base.trusted().timestamp().created(), *since),
        }
    }

    /// Returns whether `publication` contains the operation, even if a later change has replaced it.
    pub(super) fn is_in(&self, publication: &Publication) -> Result<bool, TrustError> {
        let trusted = publication.trusted();
        match self {
            Self::Change(edit) => match trusted.role(edit.delegation()) {
                Some(role) => edit.is_known(role.document()),
                None => Ok(false),
            },
            Self::AuthorityChange(change) => Ok(change.is_in(publication)),
            Self::Recover(restoration) => Ok(restoration.is_in(publication)),
            Self::Renew { roles, since } => {
                let renewed =
                    |role: &Delegation| trusted.role(role).is_some_and(|role| is_renewed(role.created(), *since));
                Ok(is_renewed(trusted.timestamp().created(), *since) && roles.iter().all(renewed))
            }
        }
    }
}

/// Returns whether a document with this date is the result of a renewal that began at `since`. A date in the future
/// comes from a clock that was ahead, and is superseded.
fn is_renewed(created: Timestamp, since: Timestamp) -> bool {
    created >= since && !is_future(created, since)
}

/// A remembered state to make current again, as far as its blobs still exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct Restoration {
    /// The version of its timestamp. Everything that follows it has a higher one.
    pub(in crate::write) timestamp: u64,
    /// The blobs that neither the registry nor this machine has. The manifest cannot list them.
    pub(in crate::write) lost: BTreeSet<Digest>,
    /// Roots that another recovery left out of the manifest.
    pub(in crate::write) roots: BTreeMap<u64, Blob>,
    /// The roles whose documents give up lost blobs.
    pub(in crate::write) roles: Vec<Delegation>,
}

impl Restoration {
    fn applied(&self, document: &Targets) -> Result<Applied, serde_json::Error> {
        let wanted = drop_lost(&mut document.clone(), &self.lost, Timestamp::UNIX_EPOCH)?;
        Ok(if wanted { Applied::No } else { Applied::Yes })
    }

    fn is_in(&self, publication: &Publication) -> bool {
        let trusted = publication.trusted();
        let dropped = |delegation: &Delegation| {
            let document = trusted.role(delegation).map(|role| role.document());
            document.is_some_and(|document| matches!(self.applied(document), Ok(Applied::Yes)))
        };
        trusted.timestamp().version() > self.timestamp
            && self.roles.iter().all(dropped)
            && self.is_listed_in(publication)
    }

    /// Returns whether a manifest lists everything that is signed and not lost.
    pub(in crate::write) fn is_listed_in(&self, publication: &Publication) -> bool {
        let artifact = publication.artifact();
        let mut signed = signed_contents(publication).into_keys().filter(|digest| !self.lost.contains(digest));
        signed.all(|digest| artifact.statements.contains_key(&digest))
            && self.roots.keys().all(|version| artifact.roots.contains_key(version))
    }

    /// Lists everything that is signed and not lost.
    pub(super) fn list_in(&self, artifact: &mut Artifact, base: &Publication) {
        artifact.statements.extend(signed_contents(base));
        artifact.statements.retain(|digest, _| !self.lost.contains(digest));
        for (version, blob) in &self.roots {
            artifact.roots.entry(*version).or_insert(*blob);
        }
        artifact.roots.retain(|_, blob| !self.lost.contains(&blob.digest));
    }
}
