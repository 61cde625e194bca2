use std::collections::BTreeSet;

use crate::time::Timestamp;

use crate::{
    name::Digest,
    store::publication::{Publication, Scope},
    trust::{Delegation, Root, Targets, TrustError, Trusted, author::drop_lost},
    write::{
        error::WriteError,
        publish::{
            authority_change::AuthorityChange,
            edit::{Standing, StatementEdit},
        },
    },
};

/// What a publication is made for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Operation {
    /// A statement is put or deleted.
    Change(Box<StatementEdit>),
    /// Who may say what is changed.
    AuthorityChange(Box<AuthorityChange>),
    /// What the registry lost is there again.
    Recover(Box<Restoration>),
    /// Documents are signed anew before they expire: these roles, and snapshot and timestamp with them.
    Renew {
        /// The delegated roles.
        roles: Vec<Delegation>,
        /// Documents of this date or a later one are new.
        since: Timestamp,
    },
}

impl Operation {
    /// The part of a publication that this is about.
    pub(in crate::write) fn scope(&self) -> Scope {
        match self {
            Self::Change(edit) => Scope::Paths(vec![edit.path()]),
            Self::AuthorityChange(change) => Scope::Roles(change.needs()),
            Self::Recover(_) => Scope::Everything,
            Self::Renew { roles, .. } => Scope::Roles(roles.clone()),
        }
    }

    /// The change of who may say what that it makes.
    pub(super) fn change(&self) -> Option<&AuthorityChange> {
        match self {
            Self::AuthorityChange(change) => Some(change),
            Self::Change(_) | Self::Recover(_) | Self::Renew { .. } => None,
        }
    }

    /// Content that is nowhere any more.
    pub(super) fn lost(&self) -> Option<&BTreeSet<Digest>> {
        match self {
            Self::Recover(restoration) => Some(&restoration.lost),
            Self::Change(_) | Self::AuthorityChange(_) | Self::Renew { .. } => None,
        }
    }

    /// The root that follows that of `base`, if it makes one.
    pub(super) fn next_root(&self, base: &Publication) -> Option<&Root> {
        let (root, _) = self.change()?.root()?;
        (root.version > base.trusted().root().version()).then_some(root.as_ref())
    }

    /// The roles whose documents it changes, on the terms on which they are delegated to.
    pub(super) fn roles(&self) -> Vec<Delegation> {
        match self {
            Self::Change(edit) => vec![edit.delegation().clone()],
            Self::AuthorityChange(_) => Vec::new(),
            Self::Recover(restoration) => restoration.roles.clone(),
            Self::Renew { roles, .. } => roles.clone(),
        }
    }

    /// Checks that whoever is to sign on top of `base` still may.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: what was wanted is another role's to say now.
    pub(super) fn check_authority(&self, base: &Trusted) -> Result<(), WriteError> {
        match self {
            Self::Change(edit) => edit.check_authority(base),
            Self::AuthorityChange(_) | Self::Recover(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Whether anything is left to be done on top of `base`, where a role's document is `document`.
    ///
    /// # Errors
    /// What was wanted may not be done any more.
    pub(super) fn standing(&self, base: &Trusted, document: &Targets) -> Result<Standing, WriteError> {
        match self {
            Self::Change(edit) => edit.standing(base, document),
            Self::AuthorityChange(_) => Ok(Standing::Made),
            Self::Recover(restoration) => Ok(restoration.standing(document)?),
            Self::Renew { since, .. } => {
                let renewed = document.manifesto.common.created >= *since;
                Ok(if renewed { Standing::Made } else { Standing::Wanted })
            }
        }
    }

    /// Makes the change, at `now`, in the next version of a role's document.
    ///
    /// # Errors
    /// A field that cannot be written as JSON.
    pub(super) fn apply(&self, document: &mut Targets, now: Timestamp) -> Result<(), serde_json::Error> {
        match self {
            Self::Change(edit) => edit.apply(document, now),
            Self::Recover(restoration) => drop_lost(document, &restoration.lost, now).map(drop),
            Self::AuthorityChange(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Whether snapshot and timestamp have to be signed anew although no role changed.
    pub(super) fn wants_date(&self, base: &Trusted) -> bool {
        match self {
            Self::Change(_) | Self::AuthorityChange(_) => false,
            Self::Recover(restoration) => {
                !restoration.lost.is_empty() && base.timestamp().version() <= restoration.timestamp
            }
            Self::Renew { since, .. } => base.timestamp().created() < *since,
        }
    }

    /// Whether what was wanted is in `publication`, be it replaced by someone who knew it.
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
                let renewed = |role: &Delegation| trusted.role(role).is_some_and(|role| role.created() >= *since);
                Ok(trusted.timestamp().created() >= *since && roles.iter().all(renewed))
            }
        }
    }
}

/// A state that is to be current again, as far as there is anything left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct Restoration {
    /// The version of its timestamp: whatever follows it has a higher one.
    pub(in crate::write) timestamp: u64,
    /// Content that is nowhere any more.
    pub(in crate::write) lost: BTreeSet<Digest>,
    /// The roles out of whose documents it is taken.
    pub(in crate::write) roles: Vec<Delegation>,
}

impl Restoration {
    fn standing(&self, document: &Targets) -> Result<Standing, serde_json::Error> {
        let wanted = drop_lost(&mut document.clone(), &self.lost, Timestamp::UNIX_EPOCH)?;
        Ok(if wanted { Standing::Wanted } else { Standing::Made })
    }

    fn is_in(&self, publication: &Publication) -> bool {
        let trusted = publication.trusted();
        let dropped = |delegation: &Delegation| {
            let document = trusted.role(delegation).map(|role| role.document());
            document.is_some_and(|document| matches!(self.standing(document), Ok(Standing::Made)))
        };
        trusted.timestamp().version() > self.timestamp && self.roles.iter().all(dropped)
    }
}
