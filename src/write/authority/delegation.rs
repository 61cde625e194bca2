use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::{RoleName, StatementType, TargetPath},
    read::{
        authority::{described, find},
        reports,
    },
    report,
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
    /// Makes or extends a role: from the next publication on its types are its people's alone. With `adopt` they sign over, in
    /// the same publication, what the owner has said under these types.
    ///
    /// # Errors
    /// A type is another role's, nobody could meet the threshold, the owner's keys, or those of who is to sign over, are not
    /// here, or someone else changed who may say what in the meantime.
    pub async fn delegate(&self, wanted: &Grant, adopt: bool) -> Result<Outcome<report::DelegationAdd>, WriteError> {
        let mut preparation = AuthorityChangeBuilder::open(self, Some(&wanted.role)).await?;
        let mut targets = preparation.next_targets();
        grant(&mut targets, wanted)?;
        let begun = match preparation.resign_or_begin(&mut targets, &wanted.role, BTreeSet::new()).await? {
            ResignOutcome::Kept | ResignOutcome::Signed => false,
            ResignOutcome::Begun => true,
            ResignOutcome::Orphaned { .. } => {
                preparation.have_signed(&wanted.role, BTreeSet::new());
                false
            }
        };
        let mut displaced = owners_word(&preparation.base().publication, &wanted.types)?;
        let adopted = match adopt {
            true => preparation.adopt(&targets, &wanted.role, &wanted.types, &wanted.keys).await?,
            false => Vec::new(),
        };
        let said = preparation.base().publication.trusted().first_level(&wanted.role);
        let said = said.filter(|_| !begun).map(|role| role.document().targets.clone()).unwrap_or_default();
        displaced.retain(|statement| {
            let path = TargetPath::statement(statement.image, statement.statement_type.clone()).to_string();
            !adopted.contains(statement) && !said.contains_key(&path)
        });
        let displaced = by_image(self, &displaced);
        let root = preparation.root_naming(&wanted.keys).await?;
        let verified = match preparation.publish(root, Some(targets)).await? {
            Outcome::Done(verified) => verified,
            Outcome::Proposed(proposed) => return Ok(Outcome::Proposed(proposed)),
        };
        Ok(Outcome::Done(report::DelegationAdd {
            checked_at: self.repository.now,
            repository: report::Text::new(&self.repository.location),
            trust: reports::trust(&verified.basis, &verified.publication),
            role: described(&verified, &wanted.role).ok_or_else(|| no_such_role(&wanted.role))?,
            begun,
            warnings: reports::and_warnings(
                displaced_warning(&wanted.role, &displaced),
                &self.repository,
                &verified.publication,
            ),
            displaced,
            adopted: by_image(self, &adopted),
        }))
    }

    /// Narrows or ends a role. The types that it loses are the owner's again.
    ///
    /// # Errors
    /// There is no such role, key or type; what the role has said would lose its signatures; and as [`Publisher::delegate`].
    pub async fn remove_delegation(
        &self,
        role: &RoleName,
        taken: &DelegationRemoval,
    ) -> Result<Outcome<report::DelegationRemove>, WriteError> {
        // What a role that ends has said is of no further interest, even if it is damaged.
        let looked_at = (*taken != DelegationRemoval::Role).then_some(role);
        let mut preparation = AuthorityChangeBuilder::open(self, looked_at).await?;
        let mut targets = preparation.next_targets();
        let (withdrawal, types) = match taken {
            DelegationRemoval::Role => (Withdrawal::Role, BTreeSet::new()),
            DelegationRemoval::Part { keys, types } => {
                let keys = meant(&preparation.base().publication, role, keys)?;
                (Withdrawal::Part { keys, types: types.clone() }, types.iter().cloned().collect())
            }
        };
        let freed = match (find(&targets, role), taken) {
            (Some(role), DelegationRemoval::Role) => role.own_types(),
            _ => Vec::from_iter(types.clone()),
        };
        withdraw(&mut targets, role, &withdrawal)?;
        let terms = preparation.resign_or_begin(&mut targets, role, types.clone()).await?;
        if matches!(terms, ResignOutcome::Orphaned { .. }) {
            preparation.have_signed(role, types);
        }
        let verified = match preparation.publish(None, Some(targets)).await? {
            Outcome::Done(verified) => verified,
            Outcome::Proposed(proposed) => return Ok(Outcome::Proposed(proposed)),
        };
        let left = find(verified.publication.trusted().targets().document(), role).is_some();
        Ok(Outcome::Done(report::DelegationRemove {
            checked_at: self.repository.now,
            repository: report::Text::new(&self.repository.location),
            trust: reports::trust(&verified.basis, &verified.publication),
            name: report::Text::new(role),
            role: if left { Some(described(&verified, role).ok_or_else(|| no_such_role(role))?) } else { None },
            freed: freed.iter().map(report::Text::new).collect(),
            warnings: reports::warnings(&self.repository, &verified.publication),
        }))
    }
}

/// What is to be taken from a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationRemoval {
    /// All of it.
    Role,
    /// Some keys, by the names that people call them or the first digits of their ids, and some types.
    Part {
        /// The keys.
        keys: Vec<String>,
        /// The types.
        types: Vec<StatementType>,
    },
}

/// The keys of a role that are meant by these names, one each.
fn meant(base: &Publication, role: &RoleName, names: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let trusted = base.trusted();
    let none = Vec::new();
    let ids = trusted.delegated(&Delegation::first_level(role)).map_or(&none, |terms| &terms.keys.keyids);
    let one = |name: &String| {
        let found = named(trusted.root().document(), ids, name);
        let ambiguous = WriteError::NoSuchKeyName { role: role.to_string(), name: name.clone(), found: found.len() };
        if found.len() == 1 { found.into_iter().next().ok_or(ambiguous) } else { Err(ambiguous) }
    };
    names.iter().map(one).collect()
}

/// The owner's statements of types that become another role's: they no longer count.
fn owners_word(base: &Publication, types: &[StatementType]) -> Result<Vec<Statement>, WriteError> {
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
    let said = |image: &report::ImageTypes| {
        let types: Vec<&str> = image.types.iter().map(report::Text::raw).collect();
        format!("{} of {}", types.join(", "), image.reference.raw())
    };
    let list: Vec<String> = displaced.iter().map(said).collect();
    (!list.is_empty()).then(|| report::Warning {
        kind: "displaced",
        message: report::Text::from(format!(
            "what was said before does not count any more until {role} says it again: {}",
            list.join("; ")
        )),
    })
}

fn no_such_role(role: &RoleName) -> AuthorityError {
    AuthorityError::NoSuchRole { role: role.clone() }
}
