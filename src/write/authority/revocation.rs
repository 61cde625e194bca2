//! Revocation: removes keys from every role that lists them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::{Digest, RoleName},
    read::{authority::find, open::VerifiedRepository, reports},
    report::{self, Report},
    trust::{
        KeyId, Quorum, Root, Targets, TrustError,
        author::{Exchange, NamedKey, exchange_in_root, exchange_in_targets, roles_of},
    },
    write::{
        authority::builder::{AuthorityChangeBuilder, ResignOutcome, named},
        error::{AffectedRole, WriteError},
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// What to do with statements that would lose their signatures, if this machine cannot sign them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// Change nothing, and report them.
    Refuse,
    /// The key is lost: prepare a proposal, and revoke the key once others have signed the statements.
    Prepare,
    /// The key is stolen: revoke it at once. Its roles start again without statements, until their signers sign some.
    BeginAnew,
}

/// Which keys to revoke, and how.
#[derive(Debug, Clone)]
pub struct RevokeOptions {
    /// The keys, by name or by the first digits of their ids.
    pub keys: Vec<String>,
    /// The key that replaces the revoked one, if only one is revoked.
    pub replacement: Option<NamedKey>,
    /// What to do with statements that depend on the keys.
    pub orphans: Orphans,
    /// Whether to continue from the state that this machine verified last, if the registry's current metadata does not
    /// verify.
    pub from_memory: bool,
}

impl Publisher {
    /// Removes keys from every role, in one publication. Documents that would lose their signatures are signed again by
    /// the keys on this machine. Whatever the revoked keys sign meanwhile does not count.
    ///
    /// # Errors
    /// A name matches no key or several, a role would be left without enough keys,
    /// [`WriteError::StatementsDependOnKey`], the owner's keys are not on this machine, or the change was not
    /// confirmed.
    pub async fn revoke(&self, options: RevokeOptions) -> Result<Outcome<Report<report::KeyRevoke>>, WriteError> {
        let mut preparation = AuthorityChangeBuilder::open_compromised(self, options.from_memory).await?;
        let mut warnings = preparation.warnings();
        let (mut root, mut targets) = (preparation.next_root(), preparation.next_targets());
        let (current, former) = (root.clone(), targets.clone());
        let gone = find_keys(&root, &targets, &options.keys)?;
        let exchange = |old: &KeyId| Exchange { old: old.clone(), new: options.replacement.clone() };
        let exchanges: Vec<Exchange> = gone.iter().map(exchange).collect();
        let in_root = exchange_in_root(&mut root, &exchanges)?;
        let roles = exchange_in_targets(&mut targets, &exchanges)?;
        preparation.load_roles(&roles).await?;
        let gates = orphaned(&mut preparation, &mut targets, &roles).await?;
        let mut begun = Vec::new();
        for gate in &gates {
            match options.orphans {
                Orphans::Refuse => {
                    let keys = gone.iter().map(|id| current.name_of(id)).collect();
                    return Err(WriteError::StatementsDependOnKey { keys, gates });
                }
                Orphans::Prepare => preparation.require_signatures(&gate.role, BTreeSet::new()),
                Orphans::BeginAnew => begun.push(start_again(self, &mut preparation, &mut targets, &root, gate).await?),
            }
        }
        let signed_anew: Vec<&RoleName> = roles.iter().filter(|role| preparation.is_resigned(role)).collect();
        let base = &preparation.base().publication;
        let signed_by_revoked = |role: &&&RoleName| {
            let signers = base.trusted().first_level(role).map(|role| role.signers()).unwrap_or_default();
            signers.iter().any(|id| gone.contains(id))
        };
        warnings.extend(signed_anew.iter().filter(signed_by_revoked).map(|role| revoked_signer_warning(role)));
        let signed_anew: Vec<report::Text> = signed_anew.into_iter().map(report::Text::new).collect();
        let owners = gone.iter().any(|id| current.roles.targets.keyids.contains(id));
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
        let body = report::KeyRevoke { revoked: revoked.collect(), signed_anew, begun };
        Ok(Outcome::Done(self.repository.report(&verified, body, warnings)))
    }
}

/// Returns the keys to revoke. A name must match exactly one key; several keys with one name have to be given by id.
fn find_keys(root: &Root, targets: &Targets, asked: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let delegated = targets.delegations.iter().flat_map(|delegations| &delegations.roles);
    let authorised = delegated.flat_map(|role| targets.authorised_keys(role));
    let all: BTreeSet<KeyId> = root.keys.keys().cloned().chain(authorised).collect();
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

/// Requires new signatures on the documents of these roles. Returns the roles for which too few keys are on this
/// machine.
async fn orphaned(
    preparation: &mut AuthorityChangeBuilder<'_>,
    targets: &mut Targets,
    roles: &[RoleName],
) -> Result<Vec<AffectedRole>, WriteError> {
    let mut gates = Vec::new();
    for name in roles {
        if let ResignOutcome::Orphaned { statements } =
            preparation.resign_or_start(targets, name, BTreeSet::new()).await?
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
    let entry = find(targets, name)?;
    let trusted = preparation.base().publication.trusted();
    let root = trusted.root().document();
    let signers = trusted.first_level(name)?.signers();
    let Quorum { keyids, threshold, .. } = targets.authorised_quorum(entry);
    let (signed, others): (Vec<KeyId>, Vec<KeyId>) = keyids.into_iter().partition(|id| signers.contains(id));
    let names = |ids: Vec<KeyId>| ids.iter().map(|id| root.name_of(id)).collect();
    Some(AffectedRole {
        role: name.clone(),
        types: entry.own_types(),
        statements,
        threshold,
        signed: names(signed),
        may_sign: names(others),
    })
}

/// Starts a role again with an empty document, and reports the statements it had.
async fn start_again(
    publisher: &Publisher,
    preparation: &mut AuthorityChangeBuilder<'_>,
    targets: &mut Targets,
    root: &Root,
    gate: &AffectedRole,
) -> Result<report::BegunRole, WriteError> {
    let to_say_again = statements_of(publisher, preparation, &gate.role)?;
    let authorised = find(targets, &gate.role).map(|entry| targets.authorised_keys(entry)).unwrap_or_default();
    preparation.start_empty(targets, &gate.role).await?;
    Ok(report::BegunRole {
        role: report::Text::new(&gate.role),
        threshold: gate.threshold as u64,
        may_sign: authorised.iter().map(|id| reports::signer(root, id)).collect(),
        to_say_again,
    })
}

fn statements_of(
    publisher: &Publisher,
    preparation: &AuthorityChangeBuilder<'_>,
    name: &RoleName,
) -> Result<Vec<report::ImageTypes>, TrustError> {
    let role = preparation.base().publication.trusted().first_level(name);
    let mut statements: BTreeMap<Digest, Vec<report::Text>> = BTreeMap::new();
    for statement in role.into_iter().flat_map(|role| role.document().statements()) {
        let statement = statement?;
        statements.entry(statement.image).or_default().push(report::Text::new(&statement.statement_type));
    }
    let of_image = |(image, types)| report::ImageTypes {
        reference: report::Text::from(reports::reference(&publisher.repository.location, image)),
        types,
    };
    Ok(statements.into_iter().map(of_image).collect())
}

fn revoked_signer_warning(role: &RoleName) -> report::Warning {
    report::Warning {
        kind: "said_with_revoked_key",
        message: report::Text::from(format!(
            "the current statements of {role} were last signed with a key that is revoked now, and were signed again \
             unchanged: review them, and replace or delete those that are not intended"
        )),
    }
}

fn replacement(verified: &VerifiedRepository, new: &NamedKey) -> report::Signer {
    reports::signer(verified.publication.trusted().root().document(), &new.id)
}
