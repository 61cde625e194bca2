//! Rotation: replaces keys by new ones.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use manifesto_keys::{KeyRecord, KeyStore, Made, NewKey, Secret};

use crate::{
    name::{RoleName, RoleNameError},
    read::{authority::find, open::VerifiedRepository},
    report::{self, Report},
    trust::{
        KeyId, Root, Targets,
        author::{AuthorityError, Exchange, NamedKey, exchange_in_root, exchange_in_targets, roles_of},
    },
    write::{
        authority::builder::{AuthorityChangeBuilder, ResignOutcome, Unpublished},
        backup::{self, Backup},
        error::WriteError,
        keys::{named_key, never_saved},
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// Whose keys to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotationTarget {
    /// The root keys.
    Root,
    /// The owner's keys for statements and for snapshot.
    Repository,
    /// The timestamp keys. A key that also signs snapshots is replaced there, too.
    Timestamp,
    /// The keys of a delegated role.
    Role(RoleName),
}

/// What to replace, and where to save the new keys.
pub struct RotateOptions {
    /// Whose keys to replace.
    pub rotated: Vec<RotationTarget>,
    /// Where to save the new keys, besides the key store.
    pub backup: Option<Backup>,
    /// Whether to continue from the state that this machine verified last, if the registry's current metadata does not
    /// verify.
    pub from_memory: bool,
}

/// An old key and its replacement.
struct Pair {
    old: KeyRecord,
    new: KeyRecord,
    /// `None` if the new key cannot leave its store.
    secret: Option<Secret>,
}

impl Publisher {
    /// Replaces the keys on this machine that belong to `rotated`, in every role that lists them, in one publication.
    /// The new keys keep the names. Readers can follow from any earlier root.
    ///
    /// # Errors
    /// None of these keys, or too few of the owner's, are on this machine, a document could not be signed again, or the
    /// change was not confirmed. The new keys are deleted again if nobody can have seen their signatures.
    pub async fn rotate(&self, options: RotateOptions) -> Result<Outcome<Report<report::KeyRotate>>, WriteError> {
        let RotateOptions { rotated, backup, from_memory } = options;
        let preparation = AuthorityChangeBuilder::open_compromised(self, from_memory).await?;
        let mut warnings = preparation.warnings();
        let old = replaceable(&self.keys, &preparation, &rotated).await?;
        let pairs = make(self, &preparation, old).await?;
        warnings.extend(pairs.iter().filter(|pair| pair.secret.is_none()).map(|pair| never_saved(&pair.new)));
        let records: Vec<KeyRecord> = pairs.iter().map(|pair| pair.new.clone()).collect();
        let old: Vec<KeyRecord> = pairs.iter().map(|pair| pair.old.clone()).collect();
        let exchanges = match exchanges(&pairs).and_then(|exchanges| save(pairs, backup.as_ref()).map(|()| exchanges)) {
            Ok(exchanges) => exchanges,
            Err(error) => {
                self.discard(&records, None).await?;
                return Err(error);
            }
        };
        let outcome = match publish(preparation, &exchanges).await {
            Ok(outcome) => outcome,
            Err(Unpublished { error, sent }) => {
                if !sent {
                    self.discard(&records, backup.as_ref()).await?;
                }
                return Err(error);
            }
        };
        Ok(outcome.map(|verified| {
            let replaced = replaced(&verified, &old, &records, &self.keys.describe());
            let body = report::KeyRotate { replaced, backup: backup.map(|backup| backup.path) };
            self.repository.report(&verified, body, warnings)
        }))
    }
}

/// Saves the new keys before anything depends on them: a lost key store must not be a lost repository.
fn save(pairs: Vec<Pair>, backup: Option<&Backup>) -> Result<(), WriteError> {
    let saved: Vec<(KeyRecord, Secret)> = pairs.into_iter().filter_map(|pair| Some((pair.new, pair.secret?))).collect();
    backup.map_or(Ok(()), |backup| backup::write(&saved, backup))
}

async fn publish(
    mut preparation: AuthorityChangeBuilder<'_>,
    exchanges: &[Exchange],
) -> Result<Outcome<VerifiedRepository>, Unpublished> {
    let (mut root, mut targets) = (preparation.next_root(), preparation.next_targets());
    let in_root = exchange_in_root(&mut root, exchanges).map_err(WriteError::from)?;
    let roles = exchange_in_targets(&mut targets, exchanges).map_err(WriteError::from)?;
    preparation.load_roles(&roles).await?;
    for role in &roles {
        let outcome = preparation.resign_or_start(&mut targets, role, BTreeSet::new()).await?;
        if matches!(outcome, ResignOutcome::Orphaned { .. }) {
            preparation.require_signatures(role, BTreeSet::new());
        }
    }
    let owners = exchanges.iter().any(|exchange| {
        let current = preparation.base().publication.trusted().root().document();
        current.roles.targets.keyids.contains(&exchange.old)
    });
    // If root lists other targets keys, targets must be signed again, although its content does not change.
    let targets = (owners || !roles.is_empty()).then_some(targets);
    let root = if in_root { Some(root) } else { preparation.root_naming(&new_keys(exchanges)).await? };
    preparation.publish(root, targets).await
}

/// Returns the keys to replace that are on this machine.
async fn replaceable(
    keys: &Arc<dyn KeyStore>,
    preparation: &AuthorityChangeBuilder<'_>,
    rotated: &[RotationTarget],
) -> Result<Vec<KeyRecord>, WriteError> {
    let store = Arc::clone(keys);
    let here = tokio::task::spawn_blocking(move || store.list()).await??;
    let (root, targets) = (preparation.next_root(), preparation.next_targets());
    let mut old: Vec<KeyRecord> = Vec::new();
    for rotated in rotated {
        let ids = find_keys(&root, &targets, rotated)?;
        let found: Vec<&KeyRecord> = here.iter().filter(|record| ids.contains(record.key_id())).collect();
        if found.is_empty() {
            return Err(WriteError::NoKey {
                role: rotated.to_string(),
                gun: root.manifesto.common.gun.clone(),
                may_sign: ids.iter().map(|id| root.name_of(id)).collect(),
            });
        }
        for record in found {
            if !old.iter().any(|known| known.key_id() == record.key_id()) {
                old.push(record.clone());
            }
        }
    }
    Ok(old)
}

/// Makes a new key with the same algorithm and name for each old one.
async fn make(
    publisher: &Publisher,
    preparation: &AuthorityChangeBuilder<'_>,
    old: Vec<KeyRecord>,
) -> Result<Vec<Pair>, WriteError> {
    let root = preparation.next_root();
    let mut pairs: Vec<Pair> = Vec::new();
    for old in old {
        // Reports show the name in root. The key store may know the key by another name.
        let name = root.manifesto.names.get(old.key_id()).map_or(old.name(), String::as_str);
        let mut new = NewKey::new(old.public_key().algorithm(), name, publisher.repository.now);
        if let (Some(role), Some(repository)) = (old.role(), old.repository()) {
            new = new.with_role(role.clone(), repository);
        }
        match publisher.generate(new).await {
            Ok(Made { record, secret }) => pairs.push(Pair { old, new: record, secret }),
            Err(error) => {
                let made: Vec<KeyRecord> = pairs.into_iter().map(|pair| pair.new).collect();
                publisher.discard(&made, None).await?;
                return Err(error);
            }
        }
    }
    Ok(pairs)
}

/// Returns the keys that `rotated` refers to.
fn find_keys(root: &Root, targets: &Targets, rotated: &RotationTarget) -> Result<Vec<KeyId>, WriteError> {
    let own = &root.roles;
    let of_role = |name: &RoleName| {
        let unknown = || AuthorityError::NoSuchRole { role: name.clone() };
        Ok::<_, WriteError>(targets.authorised_keys(find(targets, name).ok_or_else(unknown)?))
    };
    Ok(match rotated {
        RotationTarget::Root => own.root.keyids.clone(),
        RotationTarget::Timestamp => own.timestamp.keyids.clone(),
        RotationTarget::Role(name) if !name.is_repository() => of_role(name)?,
        RotationTarget::Repository | RotationTarget::Role(_) => {
            // A key that signs both snapshot and timestamp belongs to `timestamp`.
            let versions = own.snapshot.keyids.iter().filter(|id| !own.timestamp.keyids.contains(id));
            let mut keys = of_role(&RoleName::repository())?;
            keys.extend(versions.cloned());
            keys
        }
    })
}

fn exchanges(pairs: &[Pair]) -> Result<Vec<Exchange>, WriteError> {
    let exchange = |pair: &Pair| Ok(Exchange { old: pair.old.key_id().clone(), new: Some(named_key(&pair.new)?) });
    pairs.iter().map(exchange).collect()
}

fn new_keys(exchanges: &[Exchange]) -> Vec<NamedKey> {
    exchanges.iter().filter_map(|exchange| exchange.new.clone()).collect()
}

impl FromStr for RotationTarget {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        Ok(match text {
            "root" => Self::Root,
            "repository" => Self::Repository,
            "timestamp" => Self::Timestamp,
            role => Self::Role(role.parse()?),
        })
    }
}

impl fmt::Display for RotationTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Repository => f.write_str("repository"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Role(name) => write!(f, "{name}"),
        }
    }
}

fn replaced(
    verified: &VerifiedRepository,
    old: &[KeyRecord],
    new: &[KeyRecord],
    store: &str,
) -> Vec<report::ReplacedKey> {
    let trusted = verified.publication.trusted();
    let (root, targets) = (trusted.root().document(), trusted.targets().document());
    let replaced = |(old, new): (&KeyRecord, &KeyRecord)| report::ReplacedKey {
        roles: roles_of(root, targets, new.key_id()).iter().map(report::Text::new).collect(),
        old: report::Key::of(old, store),
        new: report::Key::of(new, store),
    };
    old.iter().zip(new).map(replaced).collect()
}
