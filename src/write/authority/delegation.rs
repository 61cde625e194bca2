//! Delegating types to roles, and narrowing or ending such roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::{RoleName, StatementType, TargetPath},
    read::{
        authority::{described, find},
        reports,
    },
    report::{self, Report},
    store::publication::Publication,
    trust::{
        Delegation, KeyId, Statement,
        author::{AuthorityError, Grant, Withdrawal, grant, withdraw},
    },
    write::{
        authority::builder::{AuthorityChangeBuilder, ResignOutcome, named},
        error::WriteError,
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

impl Publisher {
    /// Creates or extends a delegated role: from the next publication on, only its keys may sign its types. With
    /// `adopt`, its keys also sign the owner's current statements of these types, in the same publication.
    ///
    /// # Errors
    /// Another role has a type already, the threshold cannot be met, the keys of the owner or of the adopting role are
    /// not on this machine, or somebody else changed the authority meanwhile.
    pub async fn delegate(
        &self,
        wanted: &Grant,
        adopt: bool,
    ) -> Result<Outcome<Report<report::DelegationAdd>>, WriteError> {
        let mut preparation = AuthorityChangeBuilder::open(self, Some(&wanted.role)).await?;
        let mut targets = preparation.next_targets();
        grant(&mut targets, wanted)?;
        let begun = match preparation.resign_or_start(&mut targets, &wanted.role, BTreeSet::new()).await? {
            ResignOutcome::Kept | ResignOutcome::Signed => false,
            ResignOutcome::Started => true,
            ResignOutcome::Orphaned { .. } => {
                preparation.require_signatures(&wanted.role, BTreeSet::new());
                false
            }
        };
        let mut displaced = owners_statements(&preparation.base().publication, &wanted.types)?;
        let adopted = match adopt {
            true => preparation.adopt(&targets, &wanted.role, &wanted.types, &wanted.keys).await?,
            false => Vec::new(),
        };
        let current = preparation.base().publication.trusted().first_level(&wanted.role);
        let current = current.filter(|_| !begun).map(|role| role.document().targets.clone()).unwrap_or_default();
        displaced.retain(|statement| {
            let path = TargetPath::statement(statement.image, statement.statement_type.clone()).to_string();
            !adopted.contains(statement) && !current.contains_key(&path)
        });
        let displaced = by_image(self, &displaced);
        let root = preparation.root_naming(&wanted.keys).await?;
        let verified = match preparation.publish(root, Some(targets)).await? {
            Outcome::Done(verified) => verified,
            Outcome::Proposed(proposed) => return Ok(Outcome::Proposed(proposed)),
        };
        let told = displaced_warning(&wanted.role, &displaced);
        let body = report::DelegationAdd {
            role: described(&verified, &wanted.role).ok_or_else(|| no_such_role(&wanted.role))?,
            begun,
            displaced,
            adopted: by_image(self, &adopted),
        };
        Ok(Outcome::Done(self.repository.report(&verified, body, told)))
    }

    /// Narrows or ends a delegated role. Its types go back to the owner.
    ///
    /// # Errors
    /// The role, a key or a type does not exist, the role's statements would lose their signatures, or one of
    /// [`delegate`](Self::delegate)'s errors.
    pub async fn remove_delegation(
        &self,
        role: &RoleName,
        taken: &DelegationRemoval,
    ) -> Result<Outcome<Report<report::DelegationRemove>>, WriteError> {
        // The statements of a role that ends do not matter, even if they are damaged.
        let loaded = (*taken != DelegationRemoval::Role).then_some(role);
        let mut preparation = AuthorityChangeBuilder::open(self, loaded).await?;
        let mut targets = preparation.next_targets();
        let (withdrawal, types) = match taken {
            DelegationRemoval::Role => (Withdrawal::Role, BTreeSet::new()),
            DelegationRemoval::Part { keys, types } => {
                let keys = find_keys(&preparation.base().publication, role, keys)?;
                (Withdrawal::Part { keys, types: types.clone() }, types.iter().cloned().collect())
            }
        };
        let freed = match (find(&targets, role), taken) {
            (Some(role), DelegationRemoval::Role) => role.own_types(),
            _ => Vec::from_iter(types.clone()),
        };
        withdraw(&mut targets, role, &withdrawal)?;
        let outcome = preparation.resign_or_start(&mut targets, role, types.clone()).await?;
        if matches!(outcome, ResignOutcome::Orphaned { .. }) {
            preparation.require_signatures(role, types);
        }
        let verified = match preparation.publish(None, Some(targets)).await? {
            Outcome::Done(verified) => verified,
            Outcome::Proposed(proposed) => return Ok(Outcome::Proposed(proposed)),
        };
        let left = find(verified.publication.trusted().targets().document(), role).is_some();
        let body = report::DelegationRemove {
            name: report::Text::new(role),
            role: if left { Some(described(&verified, role).ok_or_else(|| no_such_role(role))?) } else { None },
            freed: freed.iter().map(report::Text::new).collect(),
        };
        Ok(Outcome::Done(self.repository.report(&verified, body, [])))
    }
}

/// What to take from a delegated role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationRemoval {
    /// Everything: the role ends.
    Role,
    /// Some of its keys and types.
    Part {
        /// The keys, by name or by the first digits of their ids.
        keys: Vec<String>,
        /// The types.
        types: Vec<StatementType>,
    },
}

/// Returns the keys of a role that these names refer to; each must match exactly one.
fn find_keys(base: &Publication, role: &RoleName, names: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let trusted = base.trusted();
    let none = Vec::new();
    let ids = trusted.delegated(&Delegation::first_level(role)).map_or(&none, |entry| &entry.keys.keyids);
    let one = |name: &String| {
        let found = named(trusted.root().document(), ids, name);
        let ambiguous = WriteError::NoSuchKeyName { role: role.to_string(), name: name.clone(), found: found.len() };
        if found.len() == 1 { found.into_iter().next().ok_or(ambiguous) } else { Err(ambiguous) }
    };
    names.iter().map(one).collect()
}

/// Returns the owner's statements of types that move to another role. They no longer count.
fn owners_statements(base: &Publication, types: &[StatementType]) -> Result<Vec<Statement>, WriteError> {
    let owners = base.trusted().first_level(&RoleName::repository());
    let statements = owners.into_iter().flat_map(|role| role.document().statements());
    let statements: Vec<Statement> = statements.collect::<Result<_, _>>()?;
    Ok(statements.into_iter().filter(|statement| types.contains(&statement.statement_type)).collect())
}

fn by_image(publisher: &Publisher, statements: &[Statement]) -> Vec<report::ImageTypes> {
    let mut images: BTreeMap<_, Vec<report::Text>> = BTreeMap::new();
    for statement in statements {
        images.entry(statement.image).or_default().push(report::Text::new(&statement.statement_type));
    }
    let report = |(image, types)| report::ImageTypes {
        reference: report::Text::from(reports::reference(&publisher.repository.location, image)),
        types,
    };
    images.into_iter().map(report).collect()
}

fn displaced_warning(role: &RoleName, displaced: &[report::ImageTypes]) -> Option<report::Warning> {
    let listed = |image: &report::ImageTypes| {
        let types: Vec<&str> = image.types.iter().map(report::Text::raw).collect();
        format!("{} of {}", types.join(", "), image.reference.raw())
    };
    let list: Vec<String> = displaced.iter().map(listed).collect();
    (!list.is_empty()).then(|| report::Warning {
        kind: "displaced",
        message: report::Text::from(format!(
            "these statements no longer count until {role} signs them: {}",
            list.join("; ")
        )),
    })
}

fn no_such_role(role: &RoleName) -> AuthorityError {
    AuthorityError::NoSuchRole { role: role.clone() }
}
