//! Preparing an authority change: verify what it replaces, and sign root and targets with the owner's keys before
//! anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use manifesto_keys::{Algorithm, Secret};

use crate::{
    name::{Digest, RoleName, StatementType, TargetPath, TopLevelRole},
    progress::Step,
    read::{Error, authority::find, open::VerifiedRepository},
    report,
    store::publication::Scope,
    trust::{
        Delegation, KeyId, Proposal, Quorum, Root, Targets,
        author::{NamedKey, add_bootstrap_keys, name_keys},
    },
    write::{
        error::WriteError,
        publish::{
            authority_change::Resign,
            base::{OpenedBase, from_memory_warning},
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// An authority change in preparation.
pub(in crate::write) struct AuthorityChangeBuilder<'a> {
    pub(in crate::write) publisher: &'a Publisher,
    pub(in crate::write) verified: VerifiedRepository,
    pub(in crate::write) signers: Signers,
    pub(in crate::write) resign: BTreeMap<RoleName, Resign>,
    pub(in crate::write) compromised: Option<CompromisedBase>,
    pub(in crate::write) joined: Option<Proposal>,
}

/// The base of a change that removes keys which may be compromised.
pub(in crate::write) struct CompromisedBase {
    pub(in crate::write) tag: Option<Digest>,
    rejected: Option<Error>,
}

impl<'a> AuthorityChangeBuilder<'a> {
    /// Opens the repository with the owner's role, and with `role` if it is delegated to. Other roles are not loaded: a
    /// damaged role must not keep the owner from ending it.
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
            signers: publisher.signers()?,
            resign: BTreeMap::new(),
            compromised: None,
            joined,
        })
    }

    /// Like [`open`](Self::open), for a change that removes keys which may be compromised. Statements that these keys
    /// sign meanwhile do not count.
    ///
    /// If the publication at the tag does not verify, and `from_memory` allows it, the change is made on top of the
    /// state that this machine verified last. This takes consent: an attacker who controls the registry could otherwise
    /// hide newer statements, and have the older state signed again as current. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-state
    pub(in crate::write) async fn open_compromised(
        publisher: &'a Publisher,
        from_memory: bool,
    ) -> Result<Self, WriteError> {
        let owners = Delegation::first_level(&RoleName::repository());
        let found = Box::pin(publisher.open_or_remember(&Scope::Roles(vec![owners]))).await?;
        let OpenedBase { verified, tag, rejected } = match found {
            OpenedBase { rejected: Some(error), .. } if !from_memory => return Err(error.into()),
            found => found,
        };
        publisher.repository.progress.step(Step::WaitingForKeys);
        let compromised = Some(CompromisedBase { tag, rejected });
        Ok(Self {
            publisher,
            verified,
            signers: publisher.signers()?,
            resign: BTreeMap::new(),
            compromised,
            joined: None,
        })
    }

    /// Warns if the base is not the publication at the tag.
    pub(in crate::write) fn warnings(&self) -> Vec<report::Warning> {
        let rejected = self.compromised.iter().filter_map(|compromised| compromised.rejected.as_ref());
        rejected
            .map(|error| from_memory_warning(self.publisher.repository.now, &self.verified.publication, error))
            .collect()
    }

    /// Loads these roles, too.
    pub(in crate::write) async fn load_roles(&mut self, names: &[RoleName]) -> Result<(), WriteError> {
        let base = &self.verified.publication;
        let owners = RoleName::repository();
        let listed = std::iter::once(&owners).chain(names).map(Delegation::first_level);
        let wanted: BTreeSet<Delegation> = listed.filter(|role| base.trusted().delegated(role).is_some()).collect();
        if wanted.iter().all(|role| base.trusted().role(role).is_some()) {
            return Ok(());
        }
        let wanted = Vec::from_iter(wanted);
        self.verified.publication =
            match self.compromised.as_ref().and_then(|compromised| compromised.rejected.as_ref()) {
                Some(_) => Box::pin(self.publisher.reopen_from_memory(base, wanted)).await?,
                None => Box::pin(self.publisher.reopen(base, wanted)).await?,
            };
        Ok(())
    }

    /// Prepares a change on top of `verified`, which must have every role loaded that is renewed.
    ///
    /// # Errors
    /// [`WriteError::ClockDiffers`].
    pub(in crate::write) fn of(publisher: &'a Publisher, verified: VerifiedRepository) -> Result<Self, WriteError> {
        publisher.repository.progress.step(Step::WaitingForKeys);
        Ok(Self {
            publisher,
            verified,
            signers: publisher.signers()?,
            resign: BTreeMap::new(),
            compromised: None,
            joined: None,
        })
    }

    /// Gives back the base, if nothing is to change.
    pub(in crate::write) fn into_base(self) -> VerifiedRepository {
        self.verified
    }

    /// Returns the base.
    pub(in crate::write) fn base(&self) -> &VerifiedRepository {
        &self.verified
    }

    /// Returns the next root, before any change.
    pub(in crate::write) fn next_root(&self) -> Root {
        let root = self.verified.publication.trusted().root().document();
        let issue = self.publisher.issue(root);
        let version = issue.next_root(root).version;
        let proposed = self.joined.as_ref().and_then(Proposal::root);
        Root { version, ..issue.next_root(proposed.unwrap_or(root)) }
    }

    /// Returns the next targets, before any change.
    pub(in crate::write) fn next_targets(&self) -> Targets {
        let trusted = self.verified.publication.trusted();
        let issue = self.publisher.issue(trusted.root().document());
        let proposed = self.joined.as_ref().and_then(Proposal::targets);
        issue.next_role(proposed.unwrap_or(trusted.targets().document()), trusted.targets().version())
    }

    /// Returns a root that lists the names of new keys, if there are any and this machine can sign a root. Otherwise
    /// `None`: a name is for display only, and not worth waiting for the holder of the root key.
    pub(in crate::write) async fn root_naming(&mut self, keys: &[NamedKey]) -> Result<Option<Root>, WriteError> {
        let mut root = self.next_root();
        if !name_keys(&mut root, keys) {
            return Ok(None);
        }
        let waits = !self.can_sign(&root.roles.quorum(TopLevelRole::Targets)).await?;
        Ok((self.can_sign(&root.roles.quorum(TopLevelRole::Root)).await? || waits).then_some(root))
    }

    /// Makes sure that a role's document has the signatures that `targets` requires from now on, without its statements
    /// of the `withdrawn` types.
    ///
    /// If this machine cannot sign for the role, and the role has no statements yet, bootstrap keys sign its first
    /// document, see [`crate::trust::author`]. If the targets key is on another machine, none are made: its holder
    /// could not tell whether this machine has deleted them. [⚔]
    ///
    /// # Errors
    /// A key cannot be made, or a statement cannot be read.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#offline-bootstrap-key
    pub(in crate::write) async fn resign_or_start(
        &mut self,
        targets: &mut Targets,
        name: &RoleName,
        withdrawn: BTreeSet<StatementType>,
    ) -> Result<ResignOutcome, WriteError> {
        let Some(entry) = find(targets, name).cloned() else { return Ok(ResignOutcome::Kept) };
        let authorised = targets.authorised_quorum(&entry);
        let role = self.verified.publication.trusted().role(&Delegation::first_level(name)).cloned();
        if let Some(role) = role {
            let statements = role.document().statements().collect::<Result<Vec<_>, _>>()?;
            let keeps_all = !statements.iter().any(|statement| withdrawn.contains(&statement.statement_type));
            if keeps_all && authorised.is_met_by(role.signers()) {
                self.resign.insert(name.clone(), Resign::Unchanged);
                return Ok(ResignOutcome::Kept);
            }
            if self.can_sign(&authorised).await? {
                let seen = || Resign::FromLastSeen(Box::new(role.document().clone()));
                self.resign.insert(
                    name.clone(),
                    if self.compromised.is_some() { seen() } else { Resign::Dropping(withdrawn) },
                );
                return Ok(ResignOutcome::Signed);
            }
            if !is_empty(role.document()) {
                return Ok(ResignOutcome::Orphaned { statements: statements.len() });
            }
        }
        self.start_empty(targets, name).await?;
        Ok(ResignOutcome::Started)
    }

    /// Starts a role again with an empty document, whatever it has signed. The role's keys sign it, or bootstrap keys
    /// if too few of them are on this machine.
    pub(in crate::write) async fn start_empty(
        &mut self,
        targets: &mut Targets,
        name: &RoleName,
    ) -> Result<(), WriteError> {
        let Some(entry) = find(targets, name).cloned() else { return Ok(()) };
        let authorised = targets.authorised_quorum(&entry);
        self.resign.insert(name.clone(), Resign::Create);
        let root = self.verified.publication.trusted().root().document().clone();
        let delegates = self.can_sign(&root.roles.quorum(TopLevelRole::Targets)).await?;
        if delegates && !self.can_sign(&authorised).await? {
            let keys = (0..authorised.threshold).map(|_| self.bootstrap_key()).collect::<Result<Vec<_>, _>>()?;
            add_bootstrap_keys(targets, name, &keys)?;
        }
        Ok(())
    }

    /// Requires the signatures of the role's keys on its current statements, without those of the `withdrawn` types.
    /// Another machine may have to sign.
    pub(in crate::write) fn require_signatures(&mut self, name: &RoleName, withdrawn: BTreeSet<StatementType>) {
        let seen = self.verified.publication.trusted().first_level(name).filter(|_| self.compromised.is_some());
        let resign = match seen {
            Some(role) => Resign::FromLastSeen(Box::new(role.document().clone())),
            None => Resign::Dropping(withdrawn),
        };
        self.resign.insert(name.clone(), resign);
    }

    /// Returns whether a role's document is signed again with its current statements.
    pub(in crate::write) fn is_resigned(&self, name: &RoleName) -> bool {
        matches!(self.resign.get(name), Some(Resign::FromLastSeen(_) | Resign::Dropping(_)))
    }

    /// Makes a bootstrap key for a role's first document. It is in no key store, and is gone when this operation ends.
    fn bootstrap_key(&mut self) -> Result<NamedKey, WriteError> {
        let secret = Secret::generate(Algorithm::Ed25519)?;
        let id = secret.public_key().key_id().clone();
        let key = serde_json::to_value(secret.public_key())?;
        self.signers.lend(id.clone(), secret.signer()?);
        Ok(NamedKey { id, key: key.into(), name: "opening".to_owned() })
    }

    /// Loads the keys of a role. Returns whether enough of them are on this machine.
    pub(in crate::write) async fn can_sign(&mut self, quorum: &Quorum) -> Result<bool, WriteError> {
        let root = self.verified.publication.trusted().root().document();
        self.signers.try_load(quorum, root).await
    }
}

/// What happens to a role's document when its delegation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::write) enum ResignOutcome {
    /// It already has the required signatures.
    Kept,
    /// This machine signs it again.
    Signed,
    /// The role starts with an empty document.
    Started,
    /// It would lose its signatures, and too few keys to sign it again are on this machine.
    Orphaned {
        /// The number of statements in the document.
        statements: usize,
    },
}

/// A change that was not confirmed.
pub(in crate::write) struct Unpublished {
    pub(in crate::write) error: WriteError,
    /// Whether another machine may have seen it nevertheless.
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

/// Returns whether a role has neither statements nor deletions.
fn is_empty(document: &Targets) -> bool {
    let is_index = |path: &String| matches!(path.parse(), Ok(TargetPath::Index(_)));
    document.targets.keys().all(is_index) && document.manifesto.deleted.is_empty()
}

/// Returns the keys among `ids` with this name, or with an id that begins with these digits.
pub(in crate::write) fn named<'k>(
    root: &Root,
    ids: impl IntoIterator<Item = &'k KeyId>,
    asked: &str,
) -> BTreeSet<KeyId> {
    let matches = |id: &&KeyId| root.name_of(id) == asked || (asked.len() >= 8 && id.as_str().starts_with(asked));
    ids.into_iter().filter(matches).cloned().collect()
}
