//! What changes of who may say what have in common: looked at is what they replace, and root and targets are signed by
//! the owner's keys before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use manifesto_keys::{Algorithm, Secret};

use crate::{
    name::{Digest, RoleName, StatementType, TargetPath, TopLevelRole},
    progress::Step,
    read::{Error, authority::find, open::VerifiedRepository},
    report,
    store::publication::Scope,
    trust::{
        Delegation, KeyId, Proposal, Root, Targets,
        author::{NamedKey, add_opening_keys, name_keys},
        role_keys,
    },
    write::{
        error::WriteError,
        publish::{
            authority_change::Resign,
            base::{OpenedBase, went_on},
            draft::quorum,
            signers::{Quorum, Signers},
        },
        publisher::Publisher,
    },
};

/// A change of who may say what, while it is prepared.
pub(in crate::write) struct AuthorityChangeBuilder<'a> {
    pub(in crate::write) publisher: &'a Publisher,
    pub(in crate::write) verified: VerifiedRepository,
    pub(in crate::write) signers: Signers,
    pub(in crate::write) resign: BTreeMap<RoleName, Resign>,
    pub(in crate::write) compromised: Option<CompromisedBase>,
    pub(in crate::write) joined: Option<Proposal>,
}

/// What stood at the tag when keys had to be taken for stolen.
pub(in crate::write) struct CompromisedBase {
    pub(in crate::write) tag: Option<Digest>,
    unbelieved: Option<Error>,
}

impl<'a> AuthorityChangeBuilder<'a> {
    /// Opens the repository with the owner's role, and `role` if it is delegated to. Other roles are not looked at: one
    /// that is damaged must not keep the owner from ending it.
    pub(in crate::write) async fn open(publisher: &'a Publisher, role: Option<&RoleName>) -> Result<Self, WriteError> {
        let owners = Delegation::first_level(&RoleName::repository());
        let mut verified = Box::pin(publisher.open_to_write(&Scope::Roles(vec![owners.clone()]))).await?;
        let asked = role.map(Delegation::first_level).filter(|asked| *asked != owners);
        if let Some(asked) = asked.filter(|asked| verified.publication.trusted().delegated(asked).is_some()) {
            verified.publication = Box::pin(publisher.reopen(&verified.publication, vec![owners, asked])).await?;
        }
        let joined = publisher.proposals().joined(&verified.publication).await?;
        publisher.repository.progress.step(Step::WaitingForKeys);
        Ok(Self {
            publisher,
            verified,
            signers: publisher.signers(),
            resign: BTreeMap::new(),
            compromised: None,
            joined,
        })
    }

    /// As [`open`](Self::open), for a change by which keys go that somebody else may have: what these say while they go
    /// does not count.
    ///
    /// Where what stands at the tag is not to be believed, it is made on top of what this machine saw last, if `from_memory`
    /// consents: others may have said something since, and who only controls the registry could hide that, and have the
    /// older state signed as the newer. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-state
    pub(in crate::write) async fn open_compromised(
        publisher: &'a Publisher,
        from_memory: bool,
    ) -> Result<Self, WriteError> {
        let owners = Delegation::first_level(&RoleName::repository());
        let found = Box::pin(publisher.open_or_remember(&Scope::Roles(vec![owners]))).await?;
        let OpenedBase { verified, tag, unbelieved } = match found {
            OpenedBase { unbelieved: Some(error), .. } if !from_memory => return Err(error.into()),
            found => found,
        };
        publisher.repository.progress.step(Step::WaitingForKeys);
        let compromised = Some(CompromisedBase { tag, unbelieved });
        Ok(Self {
            publisher,
            verified,
            signers: publisher.signers(),
            resign: BTreeMap::new(),
            compromised,
            joined: None,
        })
    }

    /// That the change is not made on top of what stands at the tag, if it is not.
    pub(in crate::write) fn warnings(&self) -> Vec<report::Warning> {
        let unbelieved = self.compromised.iter().filter_map(|compromised| compromised.unbelieved.as_ref());
        unbelieved.map(|error| went_on(self.publisher.repository.now, &self.verified.publication, error)).collect()
    }

    /// Looks at these roles too.
    ///
    /// # Errors
    /// One of them is not in order.
    pub(in crate::write) async fn look_at(&mut self, names: &[RoleName]) -> Result<(), WriteError> {
        let base = &self.verified.publication;
        let owners = RoleName::repository();
        let listed = std::iter::once(&owners).chain(names).map(Delegation::first_level);
        let wanted: BTreeSet<Delegation> = listed.filter(|role| base.trusted().delegated(role).is_some()).collect();
        if wanted.iter().all(|role| base.trusted().role(role).is_some()) {
            return Ok(());
        }
        let wanted = Vec::from_iter(wanted);
        self.verified.publication =
            match self.compromised.as_ref().and_then(|compromised| compromised.unbelieved.as_ref()) {
                Some(_) => Box::pin(self.publisher.reopen_from_memory(base, wanted)).await?,
                None => Box::pin(self.publisher.reopen(base, wanted)).await?,
            };
        Ok(())
    }

    /// On top of what was opened, with every role that is to be renewed.
    pub(in crate::write) fn of(publisher: &'a Publisher, verified: VerifiedRepository) -> Self {
        publisher.repository.progress.step(Step::WaitingForKeys);
        Self {
            publisher,
            verified,
            signers: publisher.signers(),
            resign: BTreeMap::new(),
            compromised: None,
            joined: None,
        }
    }

    /// What is current, where nothing is to be changed.
    pub(in crate::write) fn into_base(self) -> VerifiedRepository {
        self.verified
    }

    /// What is current.
    pub(in crate::write) fn base(&self) -> &VerifiedRepository {
        &self.verified
    }

    /// The root that would follow.
    pub(in crate::write) fn next_root(&self) -> Root {
        let root = self.verified.publication.trusted().root().document();
        let issue = self.publisher.issue(root);
        let version = issue.next_root(root).version;
        let proposed = self.joined.as_ref().and_then(Proposal::root);
        Root { version, ..issue.next_root(proposed.unwrap_or(root)) }
    }

    /// The targets that would follow, before their change.
    pub(in crate::write) fn next_targets(&self) -> Targets {
        let trusted = self.verified.publication.trusted();
        let issue = self.publisher.issue(trusted.root().document());
        let proposed = self.joined.as_ref().and_then(Proposal::targets);
        issue.next_role(proposed.unwrap_or(trusted.targets().document()), trusted.targets().version())
    }

    /// A root with the names of new keys, if there are any and this machine can sign one. A name is for people: where
    /// the root key is elsewhere, it is waited for only if the change itself is.
    pub(in crate::write) async fn root_naming(&mut self, keys: &[NamedKey]) -> Result<Option<Root>, WriteError> {
        let mut root = self.next_root();
        if !name_keys(&mut root, keys) {
            return Ok(None);
        }
        let [own, targets] = [TopLevelRole::Root, TopLevelRole::Targets].map(|role| role_keys(&root, role).clone());
        let waits = !self.can_sign(&quorum("targets", &targets)).await?;
        Ok((self.can_sign(&quorum("root", &own)).await? || waits).then_some(root))
    }

    /// Sees to it that the document of a role has the signatures that `targets` asks for from now on, without its
    /// statements of the types in `withdrawn`. Where nobody here can sign, and the role has said nothing yet, it begins
    /// with opening keys, see [`crate::trust::author`]. None are made where the keys that delegate are elsewhere: whoever
    /// signs there could not tell whether the machine that made them has let go of them. [⚔]
    ///
    /// # Errors
    /// A key that cannot be made, or a statement that cannot be read.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#offline-bootstrap-key
    pub(in crate::write) async fn resign_or_begin(
        &mut self,
        targets: &mut Targets,
        name: &RoleName,
        withdrawn: BTreeSet<StatementType>,
    ) -> Result<ResignOutcome, WriteError> {
        let Some(terms) = find(targets, name).cloned() else { return Ok(ResignOutcome::Kept) };
        let threshold = terms.keys.threshold.get() as usize;
        let people = Quorum { role: name.as_str(), keyids: &targets.authorised_keys(&terms), threshold };
        let role = self.verified.publication.trusted().role(&Delegation::first_level(name)).cloned();
        if let Some(role) = role {
            let statements = role.document().statements().collect::<Result<Vec<_>, _>>()?;
            let keeps_all = !statements.iter().any(|statement| withdrawn.contains(&statement.statement_type));
            if keeps_all && role.signers().iter().filter(|id| people.keyids.contains(id)).count() >= threshold {
                self.resign.insert(name.clone(), Resign::Stands);
                return Ok(ResignOutcome::Kept);
            }
            if self.can_sign(&people).await? {
                let seen = || Resign::AsSeen(Box::new(role.document().clone()));
                self.resign
                    .insert(name.clone(), if self.compromised.is_some() { seen() } else { Resign::Without(withdrawn) });
                return Ok(ResignOutcome::Signed);
            }
            if !says_nothing(role.document()) {
                return Ok(ResignOutcome::Orphaned { statements: statements.len() });
            }
        }
        self.begin(targets, name).await?;
        Ok(ResignOutcome::Begun)
    }

    /// Has a role begin, whatever it has said: with its people's keys, or with opening keys where too few of them are
    /// here.
    pub(in crate::write) async fn begin(&mut self, targets: &mut Targets, name: &RoleName) -> Result<(), WriteError> {
        let Some(terms) = find(targets, name).cloned() else { return Ok(()) };
        let threshold = terms.keys.threshold.get() as usize;
        let people = Quorum { role: name.as_str(), keyids: &targets.authorised_keys(&terms), threshold };
        self.resign.insert(name.clone(), Resign::Empty);
        let root = self.verified.publication.trusted().root().document().clone();
        let delegates = self.can_sign(&quorum("targets", role_keys(&root, TopLevelRole::Targets))).await?;
        if delegates && !self.can_sign(&people).await? {
            let keys = (0..threshold).map(|_| self.opening_key()).collect::<Result<Vec<_>, _>>()?;
            add_opening_keys(targets, name, &keys)?;
        }
        Ok(())
    }

    /// Has what a role says signed on its new terms, by whomever, without its statements of the types in `withdrawn`.
    pub(in crate::write) fn have_signed(&mut self, name: &RoleName, withdrawn: BTreeSet<StatementType>) {
        let seen = self.verified.publication.trusted().first_level(name).filter(|_| self.compromised.is_some());
        let resign = match seen {
            Some(role) => Resign::AsSeen(Box::new(role.document().clone())),
            None => Resign::Without(withdrawn),
        };
        self.resign.insert(name.clone(), resign);
    }

    /// Whether a role's document is signed anew with what it says.
    pub(in crate::write) fn is_resigned(&self, name: &RoleName) -> bool {
        matches!(self.resign.get(name), Some(Resign::AsSeen(_) | Resign::Without(_)))
    }

    /// A key for the first document of a role: in nobody's store, and gone when this operation ends.
    fn opening_key(&mut self) -> Result<NamedKey, WriteError> {
        let secret = Secret::generate(Algorithm::Ed25519)?;
        let id = secret.public_key().key_id().clone();
        let key = serde_json::to_value(secret.public_key())?;
        self.signers.lend(id.clone(), secret.signer()?);
        Ok(NamedKey { id, key: key.into(), name: "opening".to_owned() })
    }

    /// Loads the keys of a role, if enough of them are here.
    pub(in crate::write) async fn can_sign(&mut self, quorum: &Quorum<'_>) -> Result<bool, WriteError> {
        let root = self.verified.publication.trusted().root().document();
        self.signers.try_load(quorum, root).await
    }
}

/// What becomes of a role's document on new terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::write) enum ResignOutcome {
    /// It has the signatures that are asked for.
    Kept,
    /// It is signed anew here.
    Signed,
    /// It begins, and says nothing.
    Begun,
    /// It would lose its signatures, and those who could sign again are not here.
    Orphaned {
        /// How many statements are in it.
        statements: usize,
    },
}

/// A change that was not confirmed.
pub(in crate::write) struct Unpublished {
    pub(in crate::write) error: WriteError,
    /// Whether somebody may have seen it all the same.
    pub(in crate::write) sent: bool,
}

impl From<WriteError> for Unpublished {
    fn from(error: WriteError) -> Self {
        Self { error, sent: false }
    }
}

impl From<Unpublished> for WriteError {
    fn from(unpublished: Unpublished) -> Self {
        unpublished.error
    }
}

/// Whether a role says nothing, and has taken nothing back.
fn says_nothing(document: &Targets) -> bool {
    let is_index = |path: &String| matches!(path.parse(), Ok(TargetPath::Index(_)));
    document.targets.keys().all(is_index) && document.manifesto.deleted.is_empty()
}

/// The keys among `ids` that a person means by a name or the first digits of an id.
pub(in crate::write) fn named<'k>(
    root: &Root,
    ids: impl IntoIterator<Item = &'k KeyId>,
    asked: &str,
) -> BTreeSet<KeyId> {
    let meant = |id: &&KeyId| root.name_of(id) == asked || (asked.len() >= 8 && id.as_str().starts_with(asked));
    ids.into_iter().filter(meant).cloned().collect()
}
