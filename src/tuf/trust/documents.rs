//! How the client workflow reads the documents of this project's layout.

use std::{collections::BTreeMap, num::NonZeroU32};

use super::{
    Json, TrustError,
    authority::Authority,
    key::{Algorithm, KeyId, Scheme},
    profile::{Delegate, Document, Listed, RootDocument, SnapshotDocument, TargetsDocument, TimestampDocument},
    schema::{Meta, Root, Snapshot, Target, Targets, TimestampRole},
    verified::Dated,
};
use crate::{
    name::{Digest, Role, RoleName, TopLevelRole},
    time::Timestamp,
};

/// The signature schemes that count in this layout.
pub(super) const SCHEMES: &[Scheme] = &[Scheme::Signing(Algorithm::Ed25519), Scheme::Signing(Algorithm::EcdsaP256)];

macro_rules! document {
    ($document:ty) => {
        impl Document for $document {
            fn version(&self) -> u64 {
                self.version
            }

            fn expires(&self) -> Timestamp {
                self.expires
            }
        }

        impl Dated for $document {
            fn created(&self) -> Timestamp {
                self.manifesto.common.created
            }
        }
    };
}
document!(Root);
document!(TimestampRole);
document!(Snapshot);
document!(Targets);

fn authority<'d>(
    role: Role,
    keys: &'d BTreeMap<KeyId, Json>,
    keyids: &'d [KeyId],
    threshold: NonZeroU32,
) -> Authority<'d> {
    Authority { role, keys, keyids, threshold: threshold.get() as usize, schemes: SCHEMES }
}

impl RootDocument for Root {
    fn authority(&self, role: TopLevelRole) -> Authority<'_> {
        let keys = self.roles.of(role);
        authority(role.into(), &self.keys, &keys.keyids, keys.threshold)
    }
}

impl TimestampDocument for TimestampRole {
    type Meta = Meta;

    fn snapshot(&self) -> &Meta {
        &self.meta.snapshot
    }
}

impl SnapshotDocument for Snapshot {
    type Meta = Meta;

    fn meta(&self) -> &BTreeMap<String, Meta> {
        &self.meta
    }
}

impl TargetsDocument for Targets {
    type Target = Target;

    fn target(&self, path: &str) -> Option<&Target> {
        self.targets.get(path)
    }

    fn delegates(&self, path: &str) -> Vec<Delegate> {
        let roles = self.delegations.iter().flat_map(|delegations| &delegations.roles);
        let matching = roles.filter(|role| role.paths.iter().any(|pattern| pattern.matches(path)));
        matching.map(|role| Delegate { name: role.name.clone(), terminating: role.terminating }).collect()
    }

    fn authority(&self, name: &RoleName) -> Option<Authority<'_>> {
        let delegations = self.delegations.as_ref()?;
        let entry = &delegations.roles.iter().find(|role| role.name == *name)?.keys;
        Some(authority(Role::Delegated(name.clone()), &delegations.keys, &entry.keyids, entry.threshold))
    }
}

impl Listed for Meta {
    fn version(&self) -> u64 {
        self.version
    }

    fn check(&self, what: &str, bytes: &[u8]) -> Result<(), TrustError> {
        let (expected, found) = (self.length, bytes.len() as u64);
        if expected != found {
            return Err(TrustError::Length { what: what.to_owned(), expected, found });
        }
        let (expected, found) = (self.hashes.sha256, Digest::of(bytes));
        if expected != found {
            return Err(TrustError::Mismatch { what: what.to_owned(), expected, found });
        }
        Ok(())
    }

    fn agrees(&self, other: &Self) -> bool {
        self.hashes.sha256 == other.hashes.sha256
    }
}
