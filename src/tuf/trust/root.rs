use bytes::Bytes;

use super::{
    budget::Spent,
    envelope::Unverified,
    error::TrustError,
    extension::Writers,
    key::KeyId,
    manifesto_profile::{self, ManifestoProfile},
    profile::{Document, Profile, RootDocument},
    schema::Root,
    threshold,
    verified::{Verified, exact_version},
};
use crate::{
    limits::Limits,
    name::{Gun, Role, TopLevelRole},
};

const ROLE: Role = Role::TopLevel(TopLevelRole::Root);

/// A trusted root, which may not be the newest. Every chain begins with one.
#[derive(Debug, Clone)]
pub struct TrustedRoot<P: Profile = ManifestoProfile> {
    pub(super) root: Verified<P::Root>,
    pub(super) policy: P,
    pub(super) limits: Limits,
    /// What this root and its predecessors have cost.
    pub(super) spent: Spent,
}

impl TrustedRoot {
    /// Takes a root of this project's layout that this machine already trusts. It must name the expected repository.
    /// The caller has to check that it is the pinned one.
    ///
    /// # Errors
    /// The same as those of [`begin`](Self::begin).
    pub fn anchor(bytes: Bytes, gun: &Gun, limits: &Limits) -> Result<Self, TrustError> {
        Self::begin(bytes, ManifestoProfile::of(gun.clone()), limits)
    }

    /// Takes a root of any repository. This is for a root that a user supplies, from which the name of the repository
    /// is read.
    ///
    /// # Errors
    /// The same as those of [`anchor`](Self::anchor).
    pub fn of_any_repository(bytes: Bytes, limits: &Limits) -> Result<Self, TrustError> {
        let gun = manifesto_profile::named_repository(&bytes, limits)?;
        Self::anchor(bytes, &gun, limits)
    }

    /// Whether this root lists the key `id` as a root key, and that key signed it.
    pub fn is_signed_by(&self, id: &KeyId) -> bool {
        self.root.signers().contains(id)
    }

    /// The repository of this root.
    pub fn gun(&self) -> &Gun {
        self.policy.gun()
    }

    /// How many machines publish in this repository.
    pub fn writers(&self) -> Writers {
        self.root.document().manifesto.writers
    }
}

impl<P: Profile> TrustedRoot<P> {
    /// Takes a root that is already trusted (TUF specification, section 5.2). Its own keys must have signed it.
    ///
    /// # Errors
    /// The document does not verify by itself. Expiry is checked later, when an answer is needed.
    pub fn begin(bytes: Bytes, policy: P, limits: &Limits) -> Result<Self, TrustError> {
        let mut spent = Spent::default();
        let received = Unverified::inspect(ROLE, &policy, bytes, limits, &mut spent)?;
        let root: P::Root = received.view()?;
        policy.check_root(&root, limits)?;
        let signers = threshold::verify(&received, &root.authority(TopLevelRole::Root))?;
        Ok(Self { root: Verified::new(&received, signers, root), policy, limits: limits.clone(), spent })
    }

    /// Verifies the next root of the chain. The keys of this root and its own keys must have signed it, and its version
    /// must be the next one (TUF specification, sections 5.3.4 and 5.3.5).
    ///
    /// # Errors
    /// `next` is not a valid successor of this root.
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

    /// States that no newer root exists. The next steps need a [`CurrentRoot`], so they cannot be taken from an older
    /// root.
    pub fn newest(self) -> CurrentRoot<P> {
        CurrentRoot(self)
    }

    /// The root document.
    pub fn root(&self) -> &Verified<P::Root> {
        &self.root
    }
}

/// The newest root.
#[derive(Debug, Clone)]
pub struct CurrentRoot<P: Profile = ManifestoProfile>(pub(super) TrustedRoot<P>);

impl<P: Profile> CurrentRoot<P> {
    /// The root document.
    pub fn root(&self) -> &Verified<P::Root> {
        &self.0.root
    }

    /// The same root, without the claim that it is the newest.
    pub fn trusted(&self) -> &TrustedRoot<P> {
        &self.0
    }

    pub(super) fn document(&self) -> &P::Root {
        self.0.root.document()
    }
}

impl Root {
    /// The name of a key for people, or the first characters of its id.
    pub fn name_of(&self, key: &KeyId) -> String {
        self.manifesto.names.get(key).cloned().unwrap_or_else(|| key.short().to_owned())
    }
}
