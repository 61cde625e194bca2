use bytes::Bytes;

use super::{
    budget::Spent,
    envelope::Unverified,
    error::TrustError,
    extension::Writers,
    key::KeyId,
    manifesto_profile::{self, ManifestoProfile},
    profile::{Document, Profile, RootDocument},
    schema::{RoleKeys, Root},
    threshold,
    verified::{Verified, exact_version},
};
use crate::{
    limits::Limits,
    name::{Gun, Role, TopLevelRole},
};

const ROLE: Role = Role::TopLevel(TopLevelRole::Root);

/// A root that is trusted, though perhaps not the newest: the beginning of every chain.
#[derive(Debug, Clone)]
pub struct TrustedRoot<P: Profile = ManifestoProfile> {
    pub(super) root: Verified<P::Root>,
    pub(super) policy: P,
    pub(super) limits: Limits,
    /// What this root and those before it have cost.
    pub(super) spent: Spent,
}

impl TrustedRoot {
    /// Takes a root of this project's layout that this machine already trusts. It must name the expected repository;
    /// whether it is the pinned one is the caller's to have checked.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn anchor(bytes: Bytes, gun: &Gun, limits: &Limits) -> Result<Self, TrustError> {
        Self::begin(bytes, ManifestoProfile::of(gun.clone()), limits)
    }

    /// Takes a root of whatever repository it names: for a root that a person handed over or looked at, where the name
    /// is not known from elsewhere.
    ///
    /// # Errors
    /// As [`anchor`](Self::anchor).
    pub fn of_any_repository(bytes: Bytes, limits: &Limits) -> Result<Self, TrustError> {
        let gun = manifesto_profile::named_repository(&bytes, limits)?;
        Self::anchor(bytes, &gun, limits)
    }

    /// Whether the key `id` is among this root's own and has signed it.
    pub fn is_signed_by(&self, id: &KeyId) -> bool {
        self.root.signers().contains(id)
    }

    /// The repository whose root this is.
    pub fn gun(&self) -> &Gun {
        self.policy.gun()
    }

    /// How many publish in this repository.
    pub fn writers(&self) -> Writers {
        self.root.document().manifesto.writers
    }
}

impl<P: Profile> TrustedRoot<P> {
    /// Takes a root that is already trusted (TUF specification, section 5.2). It must be signed by its own keys.
    ///
    /// # Errors
    /// Anything wrong with the document itself. Expiry is looked at when an answer is asked for.
    pub fn begin(bytes: Bytes, policy: P, limits: &Limits) -> Result<Self, TrustError> {
        let mut spent = Spent::default();
        let received = Unverified::inspect(ROLE, &policy, bytes, limits, &mut spent)?;
        let root: P::Root = received.view()?;
        policy.check_root(&root, limits)?;
        let signers = threshold::verify(&received, &root.authority(TopLevelRole::Root))?;
        Ok(Self { root: Verified::new(&received, signers, root), policy, limits: limits.clone(), spent })
    }

    /// Follows the chain by one root, which must be signed by the keys of this root and by its own, and be the very
    /// next version (TUF specification, sections 5.3.4 and 5.3.5).
    ///
    /// # Errors
    /// Anything that keeps `next` from being this root's successor.
    pub fn rotate(mut self, next: Bytes) -> Result<Self, TrustError> {
        let received = Unverified::inspect(ROLE, &self.policy, next, &self.limits, &mut self.spent)?;
        let root: P::Root = received.view()?;
        self.policy.check_root(&root, &self.limits)?;
        threshold::verify(&received, &self.root.document().authority(TopLevelRole::Root))?;
        let signers = threshold::verify(&received, &root.authority(TopLevelRole::Root))?;
        let seen = self.root.version();
        let Some(expected) = seen.checked_add(1) else {
            return Err(TrustError::Rollback { role: ROLE, seen, found: root.version() });
        };
        exact_version(&ROLE, expected, root.version())?;
        Ok(Self { root: Verified::new(&received, signers, root), ..self })
    }

    /// Declares that no newer root exists. What comes next needs a [`CurrentRoot`], so it cannot be asked of an older
    /// one.
    pub fn newest(self) -> CurrentRoot<P> {
        CurrentRoot(self)
    }

    /// The root document.
    pub fn root(&self) -> &Verified<P::Root> {
        &self.root
    }
}

/// The newest root that there is.
#[derive(Debug, Clone)]
pub struct CurrentRoot<P: Profile = ManifestoProfile>(pub(super) TrustedRoot<P>);

impl<P: Profile> CurrentRoot<P> {
    /// The root document.
    pub fn root(&self) -> &Verified<P::Root> {
        &self.0.root
    }

    /// The state without its claim to be the newest.
    pub fn trusted(&self) -> &TrustedRoot<P> {
        &self.0
    }

    pub(super) fn document(&self) -> &P::Root {
        self.0.root.document()
    }
}

/// The keys of a top-level role according to `root`.
pub fn role_keys(root: &Root, role: TopLevelRole) -> &RoleKeys {
    root.roles.of(role)
}

impl Root {
    /// The name that people gave to a key, or the first characters of its id.
    pub fn name_of(&self, key: &KeyId) -> String {
        self.manifesto.names.get(key).cloned().unwrap_or_else(|| key.short().to_owned())
    }
}
