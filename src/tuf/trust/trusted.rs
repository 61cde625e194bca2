use std::collections::BTreeMap;

use crate::time::Timestamp;
use bytes::Bytes;

use super::{
    TrustError,
    budget::Spent,
    envelope::Unverified,
    manifesto_profile::ManifestoProfile,
    profile::{Delegate, Document, Listed, Profile, SnapshotDocument, TargetsDocument},
    root::{CurrentRoot, TrustedRoot},
    schema::DelegatedRole,
    threshold,
    verified::{Verified, exact_version},
};
use crate::name::{Role, RoleName, TargetPath, TopLevelRole};

/// The four top-level documents, verified, and the delegated roles that were asked for so far.
///
/// Delegated roles are loaded lazily: one that nobody asks about may be expired, damaged or missing without standing in
/// anyone's way.
#[derive(Debug, Clone)]
pub struct Trusted<P: Profile = ManifestoProfile> {
    root: CurrentRoot<P>,
    timestamp: Verified<P::Timestamp>,
    snapshot: Verified<P::Snapshot>,
    targets: Verified<P::Targets>,
    roles: BTreeMap<Delegation, Verified<P::Targets>>,
    spent: Spent,
}

/// One arrow of the delegation graph. A role is verified against who delegates to it, so a delegate that re-uses a
/// sibling's name speaks for nobody but itself [⚔].
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#sibling-name
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delegation {
    /// Who delegates.
    pub from: Role,
    /// To whom.
    pub to: RoleName,
}

/// What the signed metadata says about a path.
#[derive(Debug)]
pub enum Lookup<'a, P: Profile = ManifestoProfile> {
    /// This role signs for it.
    Found {
        /// How the role came to its authority.
        delegation: Delegation,
        /// The role's document.
        role: &'a Verified<P::Targets>,
        /// What it signs about the path.
        target: &'a P::Target,
    },
    /// Nobody who may sign for it does.
    Absent,
    /// That cannot be said before this role is loaded, with [`Trusted::load`].
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

    /// Root.
    pub fn root(&self) -> &Verified<P::Root> {
        self.root.root()
    }

    /// Root as the beginning of another chain.
    pub fn trusted_root(&self) -> &TrustedRoot<P> {
        self.root.trusted()
    }

    /// Timestamp.
    pub fn timestamp(&self) -> &Verified<P::Timestamp> {
        &self.timestamp
    }

    /// Snapshot.
    pub fn snapshot(&self) -> &Verified<P::Snapshot> {
        &self.snapshot
    }

    /// Top-level targets.
    pub fn targets(&self) -> &Verified<P::Targets> {
        &self.targets
    }

    /// A delegated role that was loaded.
    pub fn role(&self, delegation: &Delegation) -> Option<&Verified<P::Targets>> {
        self.roles.get(delegation)
    }

    /// A role that top-level targets delegates to, if it was loaded.
    pub fn first_level(&self, name: &RoleName) -> Option<&Verified<P::Targets>> {
        self.role(&Delegation::first_level(name))
    }

    /// All roles that were loaded.
    pub fn loaded(&self) -> impl Iterator<Item = (&Delegation, &Verified<P::Targets>)> {
        self.roles.iter()
    }

    /// What snapshot signs about a delegated role.
    ///
    /// # Errors
    /// Snapshot does not list it: a role that is delegated to but not there is a fault, not an absence.
    pub fn role_meta(&self, name: &RoleName) -> Result<&P::Meta, TrustError> {
        let meta = self.snapshot.document().meta().get(&format!("{name}.json"));
        meta.ok_or_else(|| TrustError::NotListed { role: name.clone().into() })
    }

    fn delegator(&self, from: &Role) -> Option<&Verified<P::Targets>> {
        match from {
            Role::TopLevel(TopLevelRole::Targets) => Some(&self.targets),
            Role::TopLevel(_) => None,
            // Whichever arrow led to it, a role has one file, so what it delegates is the same.
            Role::Delegated(name) => {
                self.roles.iter().find(|(delegation, _)| delegation.to == *name).map(|(_, role)| role)
            }
        }
    }

    /// Verifies a delegated role against the role that delegates to it (TUF specification, section 5.6.7).
    ///
    /// # Errors
    /// Not the bytes or version that snapshot signed, too few signatures of the delegation's keys, or a document that
    /// breaks the policy's rules.
    pub fn load(&mut self, delegation: &Delegation, bytes: Bytes) -> Result<(), TrustError> {
        // What was verified here stays so.
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

    /// Counts what is kept beside the document of a role, such as its index, with the documents: together they may have
    /// no more bytes than [`Limits`](crate::limits::Limits) allows. To be asked before it is fetched.
    ///
    /// # Errors
    /// With it there are more bytes than may be.
    pub fn make_room(&mut self, name: &RoleName, bytes: u64) -> Result<(), TrustError> {
        let mut spent = self.spent;
        spent.add_bytes(&Role::Delegated(name.clone()), bytes, &self.root.trusted().limits)?;
        self.spent = spent;
        Ok(())
    }

    /// Asks whether all of this stands at `now`. Only what this returns can be asked for answers.
    ///
    /// # Errors
    /// Root, timestamp, snapshot or targets has expired, checked in this order.
    pub fn fresh(&self, now: Timestamp) -> Result<Fresh<'_, P>, TrustError> {
        self.root().check_expiry(now)?;
        self.timestamp.check_expiry(now)?;
        self.snapshot.check_expiry(now)?;
        self.targets.check_expiry(now)?;
        Ok(Fresh { trusted: self, now })
    }

    /// Searches the delegations in order, depth first; a terminating one that matches ends the search (TUF
    /// specification, section 5.6.7). `visit` sees every role on the way.
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
    /// The entry by which `delegation.from` authorises `delegation.to`, if the former is loaded and does.
    pub fn delegated(&self, delegation: &Delegation) -> Option<&DelegatedRole> {
        let delegator = self.delegator(&delegation.from)?;
        let delegations = delegator.document().delegations.as_ref()?;
        delegations.roles.iter().find(|role| role.name == delegation.to)
    }

    /// The roles that top-level targets delegates to, in the order in which they are asked.
    pub fn first_level_roles(&self) -> impl Iterator<Item = &DelegatedRole> {
        self.targets.document().delegations.iter().flat_map(|delegations| &delegations.roles)
    }

    /// The role that is to sign for `path`: the first that may, and below it the first that it delegates the path to.
    ///
    /// # Errors
    /// Nobody may, or a role on the way was not loaded.
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
        let nobody = || TrustError::NotDelegated { what: path.to_string() };
        let delegation = found.ok_or_else(nobody)?;
        let terms = self.delegated(&delegation).ok_or_else(nobody)?;
        Ok((delegation, terms))
    }

    /// Finds who signs for `path`, whatever has expired: for those who are about to sign anew. Top-level targets itself is
    /// not asked, here and in [`Fresh::lookup`], as in this layout it signs for nothing.
    ///
    /// # Errors
    /// More roles than [`Limits`](crate::limits::Limits) allows to visit.
    pub fn lookup(&self, path: &TargetPath) -> Result<Lookup<'_>, TrustError> {
        self.walk(&path.to_string(), |_| Ok(()))
    }
}

impl Delegation {
    /// From top-level targets to `name`.
    pub fn first_level(name: &RoleName) -> Self {
        Self { from: TopLevelRole::Targets.into(), to: name.clone() }
    }
}

/// The delegations of one role that match a path, last first, up to the first that is terminating.
fn candidates<T: TargetsDocument>(from: &Role, role: &Verified<T>, path: &str) -> Vec<(Delegation, bool)> {
    let mut delegates = role.document().delegates(path);
    if let Some(last) = delegates.iter().position(|delegate| delegate.terminating) {
        delegates.truncate(last + 1);
    }
    let found = delegates.into_iter().rev();
    found.map(|Delegate { name, terminating }| (Delegation { from: from.clone(), to: name }, terminating)).collect()
}

/// Verified metadata that stands at a given time: what answers may be taken from.
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
    /// The metadata itself.
    pub fn trusted(&self) -> &'a Trusted<P> {
        self.trusted
    }

    /// The time at which it stands.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl<'a> Fresh<'a> {
    /// Finds who signs for `path`. Every role on the way stands at the time of asking.
    ///
    /// # Errors
    /// A role on the way has expired, or there are too many of them.
    pub fn lookup(&self, path: &TargetPath) -> Result<Lookup<'a>, TrustError> {
        self.trusted.walk(&path.to_string(), |role| role.check_expiry(self.now))
    }
}
