//! From root to targets: the client workflow of TUF (specification, section 5), one struct per state.
//!
//! A transition consumes its state and returns the next, so steps out of order do not compile. Documents may be
//! received in any order; they are verified in this one. Expiry is not part of a transition but of the question that
//! is asked at the end ([`Trusted::fresh`](super::Trusted::fresh)): who renews an expired document has to load it
//! first, and an error of signature or version is graver than a date.

use bytes::Bytes;

use super::{
    TrustError, Trusted,
    envelope::Unverified,
    house,
    root::{CurrentRoot, authority},
    schema::{Meta, Snapshot, Targets, TimestampRole},
    threshold,
    verified::{Verified, check_content, exact_version},
};
use crate::name::{Role, TopLevelRole};

const TIMESTAMP: Role = Role::TopLevel(TopLevelRole::Timestamp);
const SNAPSHOT: Role = Role::TopLevel(TopLevelRole::Snapshot);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);

/// What this machine verified before and still believes: the floor under every version.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    timestamp: Option<Verified<TimestampRole>>,
    snapshot: Option<Verified<Snapshot>>,
}

impl Memory {
    /// The timestamp that was seen last, if the current root still vouches for it.
    pub fn timestamp(&self) -> Option<&Verified<TimestampRole>> {
        self.timestamp.as_ref()
    }

    /// The snapshot that was seen last, if the current root still vouches for it.
    pub fn snapshot(&self) -> Option<&Verified<Snapshot>> {
        self.snapshot.as_ref()
    }
}

/// Root and timestamp are verified.
#[derive(Debug, Clone)]
pub struct WithTimestamp {
    root: CurrentRoot,
    memory: Memory,
    timestamp: Verified<TimestampRole>,
}

/// Root, timestamp and snapshot are verified.
#[derive(Debug, Clone)]
pub struct WithSnapshot {
    root: CurrentRoot,
    timestamp: Verified<TimestampRole>,
    snapshot: Verified<Snapshot>,
}

impl CurrentRoot {
    /// Takes up what was verified on this machine before.
    ///
    /// A remembered document is let go only if it no longer verifies under this root ⚔ (TUF specification, section
    /// 5.3.11, recovery from a fast-forward attack): letting go whenever keys changed would make every added publisher
    /// an opportunity for a rollback.
    ///
    /// # Errors
    /// A remembered document that cannot be read or was damaged, which is no reason to forget it.
    pub fn recall(&self, timestamp: Option<Bytes>, snapshot: Option<Bytes>) -> Result<Memory, TrustError> {
        Ok(Memory {
            timestamp: self.remembered(TopLevelRole::Timestamp, timestamp, Self::verify_timestamp)?,
            snapshot: self.remembered(TopLevelRole::Snapshot, snapshot, Self::verify_snapshot)?,
        })
    }

    fn remembered<T>(
        &self,
        role: TopLevelRole,
        bytes: Option<Bytes>,
        verify: impl Fn(&Self, Bytes) -> Result<Verified<T>, TrustError>,
    ) -> Result<Option<Verified<T>>, TrustError> {
        let Some(bytes) = bytes else { return Ok(None) };
        match verify(self, bytes.clone()) {
            Ok(document) => Ok(Some(document)),
            Err(TrustError::Threshold { good, .. }) if good > 0 || self.is_outdated(role, bytes)? => Ok(None),
            Err(source) => Err(TrustError::Memory { role: role.into(), source: Box::new(source) }),
        }
    }

    /// Whether a remembered document names a signer whom root no longer authorises for its role. It verified once, so
    /// if root still authorises them all and none of their signatures is good, it was damaged since.
    fn is_outdated(&self, role: TopLevelRole, bytes: Bytes) -> Result<bool, TrustError> {
        let received = Unverified::inspect(role.into(), &self.0.gun, bytes, &self.0.limits)?;
        let keyids = authority(self.document(), role).keyids;
        Ok(received.signatures.iter().any(|signature| !keyids.contains(&signature.keyid)))
    }

    /// Verifies timestamp (TUF specification, section 5.4).
    ///
    /// # Errors
    /// Wrong signatures, or an older version, of itself or of the snapshot, than remembered.
    pub fn timestamp(self, bytes: Bytes, memory: Memory) -> Result<WithTimestamp, TrustError> {
        let timestamp = self.verify_timestamp(bytes)?;
        if let Some(seen) = &memory.timestamp {
            not_older(&TIMESTAMP, seen.version(), timestamp.version())?;
            let (seen_meta, meta) = (&seen.document().meta.snapshot, &timestamp.document().meta.snapshot);
            not_older(&SNAPSHOT, seen_meta.version, meta.version)?;
            // What is signed is compared, not the file: anyone can add a signature that counts for nothing.
            if seen.version() == timestamp.version() && seen.document() != timestamp.document() {
                return Err(forked(&TIMESTAMP, timestamp.version()));
            }
            if seen_meta.version == meta.version && seen_meta.hashes.sha256 != meta.hashes.sha256 {
                return Err(forked(&SNAPSHOT, meta.version));
            }
        }
        Ok(WithTimestamp { root: self, memory, timestamp })
    }

    fn verify_timestamp(&self, bytes: Bytes) -> Result<Verified<TimestampRole>, TrustError> {
        let mut received = Unverified::inspect(TIMESTAMP, &self.0.gun, bytes, &self.0.limits)?;
        let signers = threshold::verify(&received, &authority(self.document(), TopLevelRole::Timestamp))?;
        let timestamp: TimestampRole = received.view()?;
        house::check_timestamp(&timestamp, &self.0.limits)?;
        Ok(Verified::new(&received, signers, timestamp))
    }

    fn verify_snapshot(&self, bytes: Bytes) -> Result<Verified<Snapshot>, TrustError> {
        let mut received = Unverified::inspect(SNAPSHOT, &self.0.gun, bytes, &self.0.limits)?;
        let signers = threshold::verify(&received, &authority(self.document(), TopLevelRole::Snapshot))?;
        let snapshot: Snapshot = received.view()?;
        house::check_snapshot(&snapshot, &self.0.limits)?;
        Ok(Verified::new(&received, signers, snapshot))
    }
}

/// Two documents of one version are a fork: no writer gives one version to two documents, so one of them comes from
/// keys that are used where they should not be.
fn forked(role: &Role, version: u64) -> TrustError {
    TrustError::Fork { role: role.clone(), version }
}

impl WithTimestamp {
    /// What timestamp signs about the snapshot to be fetched.
    pub fn snapshot_meta(&self) -> &Meta {
        &self.timestamp.document().meta.snapshot
    }

    /// Verifies snapshot (TUF specification, section 5.5).
    ///
    /// # Errors
    /// Not the bytes, signatures or version that timestamp signed, or a role that went back or is gone.
    pub fn snapshot(self, bytes: Bytes) -> Result<WithSnapshot, TrustError> {
        let meta = self.snapshot_meta();
        check_content("list-of-versions metadata", &bytes, meta.length, meta.hashes.sha256)?;
        let snapshot = self.root.verify_snapshot(bytes)?;
        exact_version(&SNAPSHOT, meta.version, snapshot.version())?;
        if let Some(seen) = &self.memory.snapshot {
            not_older(&SNAPSHOT, seen.version(), snapshot.version())?;
            self.check_listed(seen.document(), snapshot.document())?;
            if seen.version() == snapshot.version() && seen.document() != snapshot.document() {
                return Err(forked(&SNAPSHOT, snapshot.version()));
            }
        }
        Ok(WithSnapshot { root: self.root, timestamp: self.timestamp, snapshot })
    }

    /// Every role that was listed before is listed, in no older version (TUF specification, section 5.5.5).
    fn check_listed(&self, seen: &Snapshot, found: &Snapshot) -> Result<(), TrustError> {
        for (file, seen_meta) in &seen.meta {
            let Some(Ok(role)) = file.strip_suffix(".json").map(str::parse::<Role>) else { continue };
            let Some(meta) = found.meta.get(file) else { return Err(TrustError::Unlisted { role }) };
            not_older(&role, seen_meta.version, meta.version)?;
            if seen_meta.version == meta.version && seen_meta.hashes.sha256 != meta.hashes.sha256 {
                return Err(forked(&role, meta.version));
            }
        }
        Ok(())
    }
}

impl WithSnapshot {
    /// What snapshot signs about top-level targets.
    ///
    /// # Errors
    /// Snapshot does not list it.
    pub fn targets_meta(&self) -> Result<&Meta, TrustError> {
        let meta = self.snapshot.document().meta.get("targets.json");
        meta.ok_or_else(|| TrustError::Missing { what: "list-of-roles metadata".to_owned() })
    }

    /// Verifies top-level targets (TUF specification, section 5.6).
    ///
    /// # Errors
    /// Not the bytes, signatures or version that snapshot signed, or a target of its own.
    pub fn targets(self, bytes: Bytes) -> Result<Trusted, TrustError> {
        let meta = self.targets_meta()?;
        check_content("list-of-roles metadata", &bytes, meta.length, meta.hashes.sha256)?;
        let (gun, limits) = (&self.root.0.gun, &self.root.0.limits);
        let mut received = Unverified::inspect(TARGETS, gun, bytes, limits)?;
        let signers = threshold::verify(&received, &authority(self.root.document(), TopLevelRole::Targets))?;
        let targets: Targets = received.view()?;
        house::check_top_level_targets(&targets, limits)?;
        exact_version(&TARGETS, meta.version, targets.version)?;
        let targets = Verified::new(&received, signers, targets);
        Ok(Trusted::new(self.root, self.timestamp, self.snapshot, targets))
    }
}

fn not_older(role: &Role, seen: u64, found: u64) -> Result<(), TrustError> {
    if found < seen { Err(TrustError::Rollback { role: role.clone(), seen, found }) } else { Ok(()) }
}
