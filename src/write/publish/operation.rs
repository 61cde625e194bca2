use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    name::Digest,
    store::publication::{Publication, Scope},
    trust::{Delegation, Root, Targets, TrustError, Trusted, author::drop_lost},
    write::{
        error::WriteError,
        publish::{
            authority_change::Ceremony,
            edit::{Intent, Standing},
        },
    },
};

/// What a publication is made for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Goal {
    /// A statement is put or deleted.
    Change(Box<Intent>),
    /// Who may say what is changed.
    Ceremony(Box<Ceremony>),
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

impl Goal {
    /// The part of a publication that this is about.
    pub(in crate::write) fn scope(&self) -> Scope {
        match self {
            Self::Change(intent) => Scope::Paths(vec![intent.path()]),
            Self::Ceremony(ceremony) => Scope::Roles(ceremony.needs()),
            Self::Recover(_) => Scope::Everything,
            Self::Renew { roles, .. } => Scope::Roles(roles.clone()),
        }
    }

    /// The change of who may say what that it makes.
    pub(super) fn ceremony(&self) -> Option<&Ceremony> {
        match self {
            Self::Ceremony(ceremony) => Some(ceremony),
            Self::Change(_) | Self::Recover(_) | Self::Renew { .. } => None,
        }
    }

    /// Content that is nowhere any more.
    pub(super) fn lost(&self) -> Option<&BTreeSet<Digest>> {
        match self {
            Self::Recover(restoration) => Some(&restoration.lost),
            Self::Change(_) | Self::Ceremony(_) | Self::Renew { .. } => None,
        }
    }

    /// The root that follows that of `base`, if it makes one.
    pub(super) fn next_root(&self, base: &Publication) -> Option<&Root> {
        let (root, _) = self.ceremony()?.root()?;
        (root.version > base.trusted().root().version()).then_some(root.as_ref())
    }

    /// The roles whose documents it changes, on the terms on which they are delegated to.
    pub(super) fn roles(&self) -> Vec<Delegation> {
        match self {
            Self::Change(intent) => vec![intent.delegation().clone()],
            Self::Ceremony(_) => Vec::new(),
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
            Self::Change(intent) => intent.check_authority(base),
            Self::Ceremony(_) | Self::Recover(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Whether anything is left to be done on top of `base`, where a role's document is `document`.
    ///
    /// # Errors
    /// What was wanted may not be done any more.
    pub(super) fn standing(&self, base: &Trusted, document: &Targets) -> Result<Standing, WriteError> {
        match self {
            Self::Change(intent) => intent.standing(base, document),
            Self::Ceremony(_) => Ok(Standing::Made),
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
            Self::Change(intent) => intent.apply(document, now),
            Self::Recover(restoration) => drop_lost(document, &restoration.lost, now).map(drop),
            Self::Ceremony(_) | Self::Renew { .. } => Ok(()),
        }
    }

    /// Whether snapshot and timestamp have to be signed anew although no role changed.
    pub(super) fn wants_date(&self, base: &Trusted) -> bool {
        match self {
            Self::Change(_) | Self::Ceremony(_) => false,
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
            Self::Change(intent) => match trusted.role(intent.delegation()) {
                Some(role) => intent.is_known(role.document()),
                None => Ok(false),
            },
            Self::Ceremony(ceremony) => Ok(ceremony.is_in(publication)),
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
