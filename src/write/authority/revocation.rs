//! Keys that are taken out, wherever they stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::{Digest, RoleName, TopLevelRole},
    read::{authority::find, open::VerifiedRepository, reports},
    report,
    trust::{
        KeyId, Root, Targets, TrustError,
        author::{Exchange, NamedKey, exchange_in_root, exchange_in_targets, roles_of},
        role_keys,
    },
    write::{
        authority::builder::{AuthorityChangeBuilder, ResignOutcome, named},
        error::{AffectedRole, WriteError},
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// What becomes of statements that would lose their signatures, where this machine cannot sign them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// Nothing is changed, and it is said what they are.
    Refuse,
    /// The key is lost: it goes once others have signed them.
    Prepare,
    /// The key is stolen: it goes at once. Their roles begin anew, and say nothing until their people do.
    BeginAnew,
}

/// Which keys go, and how.
#[derive(Debug, Clone)]
pub struct RevokeOptions {
    /// The keys, by the names that people call them or the first digits of their ids.
    pub keys: Vec<String>,
    /// The key that takes the place of the only one that goes.
    pub replacement: Option<NamedKey>,
    /// What becomes of what rests on them.
    pub orphans: Orphans,
    /// Whether to go on from what this machine saw last where what stands there is not to be believed.
    pub from_memory: bool,
}

impl Publisher {
    /// Takes keys out wherever they stand, in one publication; what would lose its signatures is signed anew by the keys that
    /// are here. What the keys sign while they go does not count.
    ///
    /// # Errors
    /// There is no such key, or not only one; a role would be left that nobody could sign for; [`WriteError::StatementsDependOnKey`]; the
    /// owner's keys are not here; the change was not confirmed.
    pub async fn revoke(&self, options: RevokeOptions) -> Result<Outcome<report::KeyRevoke>, WriteError> {
        let mut preparation = AuthorityChangeBuilder::open_compromised(self, options.from_memory).await?;
        let mut warnings = preparation.warnings();
        let (mut root, mut targets) = (preparation.next_root(), preparation.next_targets());
        let (current, former) = (root.clone(), targets.clone());
        let gone = meant(&root, &targets, &options.keys)?;
        let exchange = |old: &KeyId| Exchange { old: old.clone(), new: options.replacement.clone() };
        let exchanges: Vec<Exchange> = gone.iter().map(exchange).collect();
        let in_root = exchange_in_root(&mut root, &exchanges)?;
        let roles = exchange_in_targets(&mut targets, &exchanges)?;
        preparation.look_at(&roles).await?;
        let gates = orphaned(&mut preparation, &mut targets, &roles).await?;
        let mut begun = Vec::new();
        for gate in &gates {
            match options.orphans {
                Orphans::Refuse => {
                    let keys = gone.iter().map(|id| current.name_of(id)).collect();
                    return Err(WriteError::StatementsDependOnKey { keys, gates });
                }
                Orphans::Prepare => preparation.have_signed(&gate.role, BTreeSet::new()),
                Orphans::BeginAnew => begun.push(begin(self, &mut preparation, &mut targets, &root, gate).await?),
            }
        }
        let signed_anew: Vec<&RoleName> = roles.iter().filter(|role| preparation.is_resigned(role)).collect();
        let base = &preparation.base().publication;
        let said_last = |role: &&&RoleName| {
            let signers = base.trusted().first_level(role).map(|role| role.signers()).unwrap_or_default();
            signers.iter().any(|id| gone.contains(id))
        };
        warnings.extend(signed_anew.iter().filter(said_last).map(|role| said_with_it(role)));
        let signed_anew: Vec<report::Text> = signed_anew.into_iter().map(report::Text::new).collect();
        let owners = gone.iter().any(|id| role_keys(&current, TopLevelRole::Targets).keyids.contains(id));
        let targets = (owners || !roles.is_empty()).then_some(targets);
        let root = match in_root {
            true => Some(root),
            false => preparation.root_naming(options.replacement.as_slice()).await?,
        };
        let verified = match preparation.publish(root, targets).await? {
            Outcome::Done(verified) => verified,
            Outcome::Proposed(proposed) => return Ok(Outcome::Proposed(proposed)),
        };
        let revoked = gone.iter().map(|id| report::RevokedKey {
            key: reports::signer(&current, id),
            roles: roles_of(&current, &former, id).iter().map(report::Text::new).collect(),
            replacement: options.replacement.as_ref().map(|new| replacement(&verified, new)),
        });
        Ok(Outcome::Done(report::KeyRevoke {
            checked_at: self.repository.now,
            repository: report::Text::new(&self.repository.location),
            trust: reports::trust(&verified.basis, &verified.publication),
            revoked: revoked.collect(),
            signed_anew,
            begun,
            warnings: reports::and_warnings(warnings, &self.repository, &verified.publication),
        }))
    }
}

/// The keys that go. Whoever takes out a key by its name means one, unless it is called by its id.
fn meant(root: &Root, targets: &Targets, asked: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let delegated = targets.delegations.iter().flat_map(|delegations| &delegations.roles);
    let people = delegated.flat_map(|role| targets.authorised_keys(role));
    let all: BTreeSet<KeyId> = root.keys.keys().cloned().chain(people).collect();
    let mut gone = Vec::new();
    for name in asked {
        let found = named(root, &all, name);
        let shown = |id: &KeyId| {
            let roles: Vec<String> = roles_of(root, targets, id).iter().map(ToString::to_string).collect();
            format!("{} ({})", id.short(), roles.join(", "))
        };
        match found.len() {
            0 => {
                let role = root.manifesto.common.gun.to_string();
                return Err(WriteError::NoSuchKeyName { role, name: name.clone(), found: 0 });
            }
            1 => gone.extend(found.into_iter().filter(|id| !gone.contains(id)).collect::<Vec<_>>()),
            _ => {
                let keys = found.iter().map(shown).collect();
                return Err(WriteError::AmbiguousKey { name: name.clone(), keys });
            }
        }
    }
    Ok(gone)
}

/// Has what is said in these roles signed on their new terms, and returns where nobody here can.
async fn orphaned(
    preparation: &mut AuthorityChangeBuilder<'_>,
    targets: &mut Targets,
    roles: &[RoleName],
) -> Result<Vec<AffectedRole>, WriteError> {
    let mut gates = Vec::new();
    for name in roles {
        if let ResignOutcome::Orphaned { statements } =
            preparation.resign_or_begin(targets, name, BTreeSet::new()).await?
        {
            gates.extend(gate(preparation, targets, name, statements));
        }
    }
    Ok(gates)
}

fn gate(
    preparation: &AuthorityChangeBuilder<'_>,
    targets: &Targets,
    name: &RoleName,
    statements: usize,
) -> Option<AffectedRole> {
    let terms = find(targets, name)?;
    let trusted = preparation.base().publication.trusted();
    let root = trusted.root().document();
    let signers = trusted.first_level(name)?.signers();
    let (signed, others): (Vec<KeyId>, Vec<KeyId>) =
        targets.authorised_keys(terms).into_iter().partition(|id| signers.contains(id));
    let names = |ids: Vec<KeyId>| ids.iter().map(|id| root.name_of(id)).collect();
    Some(AffectedRole {
        role: name.clone(),
        types: terms.own_types(),
        statements,
        threshold: terms.keys.threshold.get() as usize,
        signed: names(signed),
        may_sign: names(others),
    })
}

/// Has a role begin anew, and tells what it had said.
async fn begin(
    publisher: &Publisher,
    preparation: &mut AuthorityChangeBuilder<'_>,
    targets: &mut Targets,
    root: &Root,
    gate: &AffectedRole,
) -> Result<report::BegunRole, WriteError> {
    let to_say_again = said(publisher, preparation, &gate.role)?;
    let people = find(targets, &gate.role).map(|terms| targets.authorised_keys(terms)).unwrap_or_default();
    preparation.begin(targets, &gate.role).await?;
    Ok(report::BegunRole {
        role: report::Text::new(&gate.role),
        threshold: gate.threshold as u64,
        may_sign: people.iter().map(|id| reports::signer(root, id)).collect(),
        to_say_again,
    })
}

fn said(
    publisher: &Publisher,
    preparation: &AuthorityChangeBuilder<'_>,
    name: &RoleName,
) -> Result<Vec<report::ImageTypes>, TrustError> {
    let role = preparation.base().publication.trusted().first_level(name);
    let mut said: BTreeMap<Digest, Vec<report::Text>> = BTreeMap::new();
    for statement in role.into_iter().flat_map(|role| role.document().statements()) {
        let statement = statement?;
        said.entry(statement.image).or_default().push(report::Text::new(&statement.statement_type));
    }
    let of_image = |(image, types)| report::ImageTypes {
        reference: report::Text::from(reports::reference(&publisher.repository.location, image)),
        types,
    };
    Ok(said.into_iter().map(of_image).collect())
}

fn said_with_it(role: &RoleName) -> report::Warning {
    report::Warning {
        kind: "said_with_revoked_key",
        message: report::Text::from(format!(
            "what {role} says was last signed with a key that is revoked now. It was signed resign as it was: look at it, and \
             replace or delete what is not meant"
        )),
    }
}

fn replacement(verified: &VerifiedRepository, new: &NamedKey) -> report::Signer {
    reports::signer(verified.publication.trusted().root().document(), &new.id)
}
