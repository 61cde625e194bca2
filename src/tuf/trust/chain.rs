//! From root to targets: TUF's client workflow (specification, section 5), with one struct per state.
//!
//! A transition consumes its state and returns the next one, so steps in the wrong order do not compile. Documents may
//! arrive in any order, but they are verified in this one. No transition checks expiry:
//! [`Trusted::fresh`](super::Trusted::fresh) does, at the end. A writer that renews an expired document has to load it
//! first, and a wrong signature or version is a worse fault than an old date.

use bytes::Bytes;

use super::{
    TrustError, Trusted,
    budget::Spent,
    envelope::Unverified,
    key::KeyId,
    manifesto_profile::ManifestoProfile,
    profile::{Document, Listed, Profile, RootDocument, SnapshotDocument, TimestampDocument},
    root::{CurrentRoot, TrustedRoot},
    threshold,
    verified::{Verified, exact_version},
};
use crate::name::{Role, TopLevelRole};

const TIMESTAMP: Role = Role::TopLevel(TopLevelRole::Timestamp);
const SNAPSHOT: Role = Role::TopLevel(TopLevelRole::Snapshot);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);

/// What this machine verified before and still trusts. It sets the lowest version that each document may have.
#[derive(Debug, Clone)]
pub struct Memory<P: Profile = ManifestoProfile> {
    timestamp: Option<Verified<P::Timestamp>>,
    snapshot: Option<Verified<P::Snapshot>>,
    spent: Spent,
}

impl<P: Profile> Default for Memory<P> {
    fn default() -> Self {
        Self { timestamp: None, snapshot: None, spent: Spent::default() }
    }
}

impl<P: Profile> Memory<P> {
    /// The last timestamp that this machine verified, if the current root still authorises its signers.
    pub fn timestamp(&self) -> Option<&Verified<P::Timestamp>> {
        self.timestamp.as_ref()
    }

    /// The last snapshot that this machine verified, if the current root still authorises its signers.
    pub fn snapshot(&self) -> Option<&Verified<P::Snapshot>> {
        self.snapshot.as_ref()
    }
}

/// The state in which root and timestamp are verified.
#[derive(Debug, Clone)]
pub struct WithTimestamp<P: Profile = ManifestoProfile> {
    root: CurrentRoot<P>,
    memory: Memory<P>,
    timestamp: Verified<P::Timestamp>,
    spent: Spent,
}

/// The state in which root, timestamp and snapshot are verified.
#[derive(Debug, Clone)]
pub struct WithSnapshot<P: Profile = ManifestoProfile> {
    root: CurrentRoot<P>,
    timestamp: Verified<P::Timestamp>,
    snapshot: Verified<P::Snapshot>,
    spent: Spent,
}

impl<P: Profile> CurrentRoot<P> {
    /// Verifies the documents that this machine remembers and keeps the newest of each role.
    ///
    /// A remembered document is dropped only if it no longer verifies under this root [⚔]. This is how a repository
    /// recovers from a fast-forward attack (TUF specification, section 5.3.11). If every change of keys dropped it,
    /// each added publisher would be an opportunity for a rollback.
    ///
    /// # Errors
    /// A remembered document cannot be read or was damaged. It is not dropped then, because damage must not allow a
    /// rollback.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#key-addition
    pub fn recall(
        &self,
        timestamps: impl IntoIterator<Item = Bytes>,
        snapshots: impl IntoIterator<Item = Bytes>,
    ) -> Result<Memory<P>, TrustError> {
        let mut spent = Spent::default();
        Ok(Memory {
            timestamp: self.newest_of(TopLevelRole::Timestamp, timestamps, &mut spent, Self::verify_timestamp)?,
            snapshot: self.newest_of(TopLevelRole::Snapshot, snapshots, &mut spent, Self::verify_snapshot)?,
            spent,
        })
    }

    fn newest_of<T: Document>(
        &self,
        role: TopLevelRole,
        remembered: impl IntoIterator<Item = Bytes>,
        spent: &mut Spent,
        verify: impl Fn(&Self, Bytes, &mut Spent) -> Result<Verified<T>, TrustError>,
    ) -> Result<Option<Verified<T>>, TrustError> {
        let mut newest: Option<Verified<T>> = None;
        for bytes in remembered {
            let found = self.remembered(role, bytes, spent, &verify)?;
            newest = newest.into_iter().chain(found).max_by_key(Verified::version);
        }
        Ok(newest)
    }

    fn remembered<T>(
        &self,
        role: TopLevelRole,
        bytes: Bytes,
        spent: &mut Spent,
        verify: impl Fn(&Self, Bytes, &mut Spent) -> Result<Verified<T>, TrustError>,
    ) -> Result<Option<Verified<T>>, TrustError> {
        match verify(self, bytes.clone(), spent) {
            Ok(document) => Ok(Some(document)),
            Err(TrustError::Threshold { good, .. }) if good > 0 || self.is_outdated(role, bytes)? => Ok(None),
            Err(source) => Err(TrustError::Memory { role: role.into(), source: Box::new(source) }),
        }
    }

    /// Whether a remembered document has a signer that root no longer authorises for its role. The document verified
    /// once. If root still authorises all of its signers and no signature is good, the document was damaged since.
    fn is_outdated(&self, role: TopLevelRole, bytes: Bytes) -> Result<bool, TrustError> {
        let TrustedRoot { policy, limits, .. } = &self.0;
        let received = Unverified::inspect(role.into(), policy, bytes, limits, &mut Spent::default())?;
        let keyids = self.document().authority(role).keyids;
        let gone = |id: &KeyId| !P::IDS_ARE_HASHES || !keyids.contains(id);
        Ok(received.signatures.iter().any(|signature| gone(&signature.keyid)))
    }

    /// Verifies timestamp (TUF specification, section 5.4).
    ///
    /// # Errors
    /// Too few good signatures, or a version of the timestamp or of its snapshot that is older than the remembered one.
    pub fn timestamp(self, bytes: Bytes, memory: Memory<P>) -> Result<WithTimestamp<P>, TrustError> {
        let mut spent = self.0.spent.with(memory.spent);
        let mut timestamp = self.verify_timestamp(bytes, &mut spent)?;
        if let Some(seen) = &memory.timestamp {
            not_older(&TIMESTAMP, seen.version(), timestamp.version())?;
            if !P::REFUSES_FORKS && seen.version() == timestamp.version() {
                timestamp = seen.clone();
            }
            let (seen_meta, meta) = (seen.document().snapshot(), timestamp.document().snapshot());
            not_older(&SNAPSHOT, seen_meta.version(), meta.version())?;
            // Compare the signed parts, not the files: anyone can add a signature that does not count.
            not_forked::<P>(&TIMESTAMP, (seen.version(), timestamp.version()), || {
                seen.document() == timestamp.document()
            })?;
            not_forked::<P>(&SNAPSHOT, (seen_meta.version(), meta.version()), || seen_meta.agrees(meta))?;
        }
        Ok(WithTimestamp { root: self, memory, timestamp, spent })
    }

    fn verify_timestamp(&self, bytes: Bytes, spent: &mut Spent) -> Result<Verified<P::Timestamp>, TrustError> {
        let TrustedRoot { policy, limits, .. } = &self.0;
        let received = Unverified::inspect(TIMESTAMP, policy, bytes, limits, spent)?;
        let signers = threshold::verify(&received, &self.document().authority(TopLevelRole::Timestamp))?;
        let timestamp: P::Timestamp = received.view()?;
        policy.check_timestamp(&timestamp, limits)?;
        Ok(Verified::new(&received, signers, timestamp))
    }

    fn verify_snapshot(&self, bytes: Bytes, spent: &mut Spent) -> Result<Verified<P::Snapshot>, TrustError> {
        let TrustedRoot { policy, limits, .. } = &self.0;
        let received = Unverified::inspect(SNAPSHOT, policy, bytes, limits, spent)?;
        let signers = threshold::verify(&received, &self.document().authority(TopLevelRole::Snapshot))?;
        let snapshot: P::Snapshot = received.view()?;
        policy.check_snapshot(&snapshot, limits)?;
        Ok(Verified::new(&received, signers, snapshot))
    }
}

impl<P: Profile> WithTimestamp<P> {
    /// The verified root.
    pub fn root(&self) -> &Verified<P::Root> {
        self.root.root()
    }

    /// The verified timestamp.
    pub fn timestamp(&self) -> &Verified<P::Timestamp> {
        &self.timestamp
    }

    /// The last snapshot that this machine verified, if the current root still authorises its signers.
    pub fn remembered_snapshot(&self) -> Option<&Verified<P::Snapshot>> {
        self.memory.snapshot()
    }

    /// The version, length and hashes that timestamp signs for the snapshot.
    pub fn snapshot_meta(&self) -> &P::Meta {
        self.timestamp.document().snapshot()
    }

    /// Verifies snapshot (TUF specification, section 5.5).
    ///
    /// # Errors
    /// The bytes, version or signatures are not those that timestamp and root demand; or a role has an older version
    /// than before, or is no longer listed.
    pub fn snapshot(mut self, bytes: Bytes) -> Result<WithSnapshot<P>, TrustError> {
        let meta = self.snapshot_meta();
        meta.check("snapshot metadata", &bytes)?;
        let snapshot = self.root.verify_snapshot(bytes, &mut self.spent)?;
        exact_version(&SNAPSHOT, self.snapshot_meta().version(), snapshot.version())?;
        if let Some(seen) = &self.memory.snapshot {
            not_older(&SNAPSHOT, seen.version(), snapshot.version())?;
            check_listed::<P>(seen.document(), snapshot.document())?;
            not_forked::<P>(&SNAPSHOT, (seen.version(), snapshot.version()), || {
                seen.document() == snapshot.document()
            })?;
        }
        Ok(WithSnapshot { root: self.root, timestamp: self.timestamp, snapshot, spent: self.spent })
    }
}

/// Checks that every role that was listed before is still listed, in the same or a newer version (TUF specification,
/// section 5.5.5).
fn check_listed<P: Profile>(seen: &P::Snapshot, found: &P::Snapshot) -> Result<(), TrustError> {
    for (file, seen_meta) in seen.meta() {
        let Some(role) = file.strip_suffix(".json").and_then(P::role) else { continue };
        let Some(meta) = found.meta().get(file) else { return Err(TrustError::Unlisted { role }) };
        not_older(&role, seen_meta.version(), meta.version())?;
        not_forked::<P>(&role, (seen_meta.version(), meta.version()), || seen_meta.agrees(meta))?;
    }
    Ok(())
}

impl<P: Profile> WithSnapshot<P> {
    /// The verified root.
    pub fn root(&self) -> &Verified<P::Root> {
        self.root.root()
    }

    /// The verified snapshot.
    pub fn snapshot(&self) -> &Verified<P::Snapshot> {
        &self.snapshot
    }

    /// The version, length and hashes that snapshot signs for top-level targets.
    ///
    /// # Errors
    /// Snapshot does not list it.
    pub fn targets_meta(&self) -> Result<&P::Meta, TrustError> {
        let meta = self.snapshot.document().meta().get("targets.json");
        meta.ok_or(TrustError::NotListed { role: TARGETS })
    }

    /// Verifies top-level targets (TUF specification, section 5.6).
    ///
    /// # Errors
    /// The bytes, version or signatures are not those that snapshot and root demand, or the document breaks a rule of
    /// the profile.
    pub fn targets(self, bytes: Bytes) -> Result<Trusted<P>, TrustError> {
        let meta = self.targets_meta()?;
        meta.check("targets metadata", &bytes)?;
        let TrustedRoot { policy, limits, .. } = self.root.trusted();
        let mut spent = self.spent;
        let received = Unverified::inspect(TARGETS, policy, bytes, limits, &mut spent)?;
        let signers = threshold::verify(&received, &self.root.document().authority(TopLevelRole::Targets))?;
        let targets: P::Targets = received.view()?;
        policy.check_targets(&TARGETS, &targets, limits)?;
        exact_version(&TARGETS, meta.version(), targets.version())?;
        let targets = Verified::new(&received, signers, targets);
        Ok(Trusted::new(self.root, self.timestamp, self.snapshot, targets, spent))
    }
}

fn not_older(role: &Role, seen: u64, found: u64) -> Result<(), TrustError> {
    if found < seen { Err(TrustError::Rollback { role: role.clone(), seen, found }) } else { Ok(()) }
}

/// Refuses a second document with the version of one that was seen before but other content: a fork.
fn not_forked<P: Profile>(
    role: &Role,
    (seen, found): (u64, u64),
    agree: impl FnOnce() -> bool,
) -> Result<(), TrustError> {
    if P::REFUSES_FORKS && seen == found && !agree() {
        return Err(TrustError::Fork { role: role.clone(), version: found });
    }
    Ok(())
}
