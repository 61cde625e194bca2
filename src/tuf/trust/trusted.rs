use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    TrustError,
    budget::Spent,
    delegated::Delegation,
    envelope::Unverified,
    manifesto_profile::ManifestoProfile,
    profile::{Delegate, Document, Listed, Profile, SnapshotDocument, TargetsDocument},
    root::{CurrentRoot, TrustedRoot},
    schema::DelegatedRole,
    threshold,
    verified::{Verified, exact_version},
};
use crate::{
    name::{Role, RoleName, TargetPath, TopLevelRole},
    time::Timestamp,
};

/// The verified top-level documents, and the delegated roles that were loaded so far.
///
/// Delegated roles are loaded when they are needed. A role that no question needs may be expired, damaged or missing.
#[derive(Debug, Clone)]
pub struct Trusted<P: Profile = ManifestoProfile> {
    root: CurrentRoot<P>,
    timestamp: Verified<P::Timestamp>,
    snapshot: Verified<P::Snapshot>,
    targets: Verified<P::Targets>,
    roles: BTreeMap<Delegation, Verified<P::Targets>>,
    spent: Spent,
}

/// What the signed metadata contains for a path.
#[derive(Debug)]
pub enum Lookup<'a, P: Profile = ManifestoProfile> {
    /// A role signs for the path.
    Found {
        /// The delegation that authorises the role.
        delegation: Delegation,
        /// The role's document.
        role: &'a Verified<P::Targets>,
        /// The target at the path.
        target: &'a P::Target,
    },
    /// No role that may sign for the path does.
    Absent,
    /// This role has to be loaded first, with [`Trusted::load`].
    Needs(Delegation),
}

impl<P: Profile> Trusted<P> {
    pub(super) fn new(
        root: CurrentRoot<P>,
        timestamp: Verified<P::Timestamp>,
        snapshot: Verified<P::Snapshot>,
        targets: Verified<P::Targets>,
        spent: Spent,
    ) -> Self {
        Self { root, timestamp, snapshot, targets, roles: BTreeMap::new(), spent }
    }

    /// The verified root.
    pub fn root(&self) -> &Verified<P::Root> {
        self.root.root()
    }

    /// The root, as the start of another chain.
    pub fn trusted_root(&self) -> &TrustedRoot<P> {
        self.root.trusted()
    }

    /// The verified timestamp.
    pub fn timestamp(&self) -> &Verified<P::Timestamp> {
        &self.timestamp
    }

    /// The verified snapshot.
    pub fn snapshot(&self) -> &Verified<P::Snapshot> {
        &self.snapshot
    }

    /// The verified top-level targets.
    pub fn targets(&self) -> &Verified<P::Targets> {
        &self.targets
    }

    /// The role that `delegation` leads to, if it was loaded.
    pub fn role(&self, delegation: &Delegation) -> Option<&Verified<P::Targets>> {
        self.roles.get(delegation)
    }

    /// The role `name` that top-level targets delegates to, if it was loaded.
    pub fn first_level(&self, name: &RoleName) -> Option<&Verified<P::Targets>> {
        self.role(&Delegation::first_level(name))
    }

    /// All delegated roles that were loaded.
    pub fn loaded(&self) -> impl Iterator<Item = (&Delegation, &Verified<P::Targets>)> {
        self.roles.iter()
    }

    /// The version, length and hashes that snapshot signs for a delegated role.
    ///
    /// # Errors
    /// Snapshot does not list the role. If a role is delegated to, this is a fault and not an absence.
    pub fn role_meta(&self, name: &RoleName) -> Result<&P::Meta, TrustError> {
        let meta = self.snapshot.document().meta().get(&format!("{name}.json"));
        meta.ok_or_else(|| TrustError::NotListed { role: name.clone().into() })
    }

    fn delegator(&self, from: &Role) -> Option<&Verified<P::Targets>> {
        match from {
            Role::TopLevel(TopLevelRole::Targets) => Some(&self.targets),
            Role::TopLevel(_) => None,
            // A role has one file, whichever role delegates to it. So its own delegations are the same.
            Role::Delegated(name) => {
                self.roles.iter().find(|(delegation, _)| delegation.to == *name).map(|(_, role)| role)
            }
        }
    }

    /// Verifies a delegated role against the role that delegates to it (TUF specification, section 5.6.7).
    ///
    /// # Errors
    /// The bytes or version are not those that snapshot signed, too few keys of the delegation signed, or the document
    /// breaks a rule of the profile.
    pub fn load(&mut self, delegation: &Delegation, bytes: Bytes) -> Result<(), TrustError> {
        // This document was verified before.
        if self.roles.get(delegation).is_some_and(|loaded| *loaded.bytes() == bytes) {
            return Ok(());
        }
        let meta = self.role_meta(&delegation.to)?;
        meta.check(&format!("{} metadata", delegation.to), &bytes)?;
        let not_loaded = || TrustError::NotLoaded { role: delegation.from.clone() };
        let delegator = self.delegator(&delegation.from).ok_or_else(not_loaded)?;
        let not_delegated = || TrustError::NotDelegated { what: delegation.to.to_string() };
        let authority = delegator.document().authority(&delegation.to).ok_or_else(not_delegated)?;
        let TrustedRoot { policy, limits, .. } = self.root.trusted();
        let role = Role::Delegated(delegation.to.clone());
        let mut spent = self.spent;
        let received = Unverified::inspect(role.clone(), policy, bytes, limits, &mut spent)?;
        let signers = threshold::verify(&received, &authority)?;
        let targets: P::Targets = received.view()?;
        policy.check_targets(&role, &targets, limits)?;
        exact_version(&role, meta.version(), targets.version())?;
        self.roles.insert(delegation.clone(), Verified::new(&received, signers, targets));
        self.spent = spent;
        Ok(())
    }

    /// Adds the size of something that is kept with a role's document, such as its index, to the size of all documents.
    /// Callers ask before they fetch it.
    ///
    /// # Errors
    /// The sum exceeds [`Limits`](crate::limits::Limits).
    pub fn make_room(&mut self, name: &RoleName, bytes: u64) -> Result<(), TrustError> {
        let mut spent = self.spent;
        spent.add_bytes(&Role::Delegated(name.clone()), bytes, &self.root.trusted().limits)?;
        self.spent = spent;
        Ok(())
    }

    /// Checks that no top-level document has expired at `now`. Only the result gives answers.
    ///
    /// # Errors
    /// Root, timestamp, snapshot or targets has expired. They are checked in this order.
    pub fn fresh(&self, now: Timestamp) -> Result<Fresh<'_, P>, TrustError> {
        self.root().check_expiry(now)?;
        self.timestamp.check_expiry(now)?;
        self.snapshot.check_expiry(now)?;
        self.targets.check_expiry(now)?;
        Ok(Fresh { trusted: self, now })
    }

    /// Searches the delegations in order and depth first; a terminating one that matches ends the search (TUF
    /// specification, section 5.6.7). `visit` is called with every role on the way.
    pub(super) fn walk(
        &self,
        path: &str,
        visit: impl Fn(&Verified<P::Targets>) -> Result<(), TrustError>,
    ) -> Result<Lookup<'_, P>, TrustError> {
        let limit = self.root.trusted().limits.delegations_visited;
        let mut visited: Vec<Delegation> = Vec::new();
        let mut pending = candidates(&TopLevelRole::Targets.into(), &self.targets, path);
        while let Some((delegation, terminating)) = pending.pop() {
            let is_visited = P::is_visited(&visited, &delegation);
            if !is_visited && visited.len() == limit {
                return Err(TrustError::TooDeep { path: path.to_owned(), limit });
            }
            if terminating {
                pending.clear();
            }
            if is_visited {
                continue;
            }
            let Some(role) = self.roles.get(&delegation) else { return Ok(Lookup::Needs(delegation)) };
            visit(role)?;
            if let Some(target) = role.document().target(path) {
                return Ok(Lookup::Found { delegation, role, target });
            }
            pending.extend(candidates(&delegation.to.clone().into(), role, path));
            visited.push(delegation);
        }
        Ok(Lookup::Absent)
    }
}

impl Trusted {
    /// The entry with which `delegation.from` authorises `delegation.to`, if there is one and `delegation.from` is
    /// loaded.
    pub fn delegated(&self, delegation: &Delegation) -> Option<&DelegatedRole> {
        let delegator = self.delegator(&delegation.from)?;
        let delegations = delegator.document().delegations.as_ref()?;
        delegations.roles.iter().find(|role| role.name == delegation.to)
    }

    /// The roles that top-level targets delegates to, in the order in which a client searches them.
    pub fn first_level_roles(&self) -> impl Iterator<Item = &DelegatedRole> {
        self.targets.document().delegations.iter().flat_map(|delegations| &delegations.roles)
    }

    /// The role that should sign for `path`: the first role that may, or the first one below it to which it delegates
    /// the path.
    ///
    /// # Errors
    /// No role may sign for it, or a role on the way was not loaded.
    pub fn authority(&self, path: &TargetPath) -> Result<(Delegation, &DelegatedRole), TrustError> {
        let text = path.to_string();
        let limit = self.root.trusted().limits.delegations_visited;
        let mut found: Option<Delegation> = None;
        let mut next = candidates(&TopLevelRole::Targets.into(), &self.targets, &text).pop();
        for _ in 0..limit {
            let Some((delegation, _)) = next else { break };
            let role = self.roles.get(&delegation);
            let role = role.ok_or_else(|| TrustError::NotLoaded { role: delegation.to.clone().into() })?;
            next = candidates(&delegation.to.clone().into(), role, &text).pop();
            found = Some(delegation);
        }
        if next.is_some() {
            return Err(TrustError::TooDeep { path: text, limit });
        }
        let not_delegated = || TrustError::NotDelegated { what: path.to_string() };
        let delegation = found.ok_or_else(not_delegated)?;
        let entry = self.delegated(&delegation).ok_or_else(not_delegated)?;
        Ok((delegation, entry))
    }

    /// Finds the role that signs for `path`, even if documents have expired: for writers that will renew them. Neither
    /// this function nor [`Fresh::lookup`] searches top-level targets, which signs no targets in this layout.
    ///
    /// # Errors
    /// The search would visit more roles than [`Limits`](crate::limits::Limits) allows.
    pub fn lookup(&self, path: &TargetPath) -> Result<Lookup<'_>, TrustError> {
        self.walk(&path.to_string(), |_| Ok(()))
    }
}

/// The delegations of one role that match a path, in reverse order, up to the first terminating one.
fn candidates<T: TargetsDocument>(from: &Role, role: &Verified<T>, path: &str) -> Vec<(Delegation, bool)> {
    let mut delegates = role.document().delegates(path);
    if let Some(last) = delegates.iter().position(|delegate| delegate.terminating) {
        delegates.truncate(last + 1);
    }
    let found = delegates.into_iter().rev();
    found.map(|Delegate { name, terminating }| (Delegation { from: from.clone(), to: name }, terminating)).collect()
}

/// Verified metadata that has not expired at a given time. Answers come from this type.
#[derive(Debug)]
pub struct Fresh<'a, P: Profile = ManifestoProfile> {
    trusted: &'a Trusted<P>,
    now: Timestamp,
}

impl<P: Profile> Clone for Fresh<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Profile> Copy for Fresh<'_, P> {}

impl<'a, P: Profile> Fresh<'a, P> {
    /// The verified metadata.
    pub fn trusted(&self) -> &'a Trusted<P> {
        self.trusted
    }

    /// The time for which expiry was checked.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl<'a> Fresh<'a> {
    /// Finds the role that signs for `path`. Every role that the search visits must not have expired.
    ///
    /// # Errors
    /// A visited role has expired, or there are too many of them.
    pub fn lookup(&self, path: &TargetPath) -> Result<Lookup<'a>, TrustError> {
        self.trusted.walk(&path.to_string(), |role| role.check_expiry(self.now))
    }
}
