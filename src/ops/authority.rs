//! What changes of who may say what have in common: looked at is what they replace, and root and targets are signed by
//! the owner's keys before anything is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use manifesto_keys::{Algorithm, KeyStore, Secret};

use super::{
    OpsError, Session,
    open::Opening,
    publish::{Anew, Ceremony, Goal, Publisher, Quorum, Signers, quorum, sign_index},
    together::Outcome,
};
use crate::{
    name::{Role, RoleName, StatementType, TargetPath, TopLevelRole},
    progress::Step,
    store::publication::Scope,
    time::whole_seconds,
    trust::{
        DelegatedRole, Delegation, KeyId, Proposal, RoleKeys, Root, Statement, Targets, TrustError,
        author::{Issue, NamedKey, Unsigned, name_keys, open_role, people},
        role_keys,
    },
};

/// A change of who may say what, while it is prepared.
pub(super) struct Preparation<'a> {
    session: &'a Session,
    opening: Opening,
    signers: Signers,
    anew: BTreeMap<RoleName, Anew>,
}

impl<'a> Preparation<'a> {
    /// Opens the repository with the owner's role, and `role` if it is delegated to. Other roles are not looked at: one
    /// that is damaged must not keep the owner from ending it.
    pub(super) async fn open(
        session: &'a Session,
        store: Arc<dyn KeyStore>,
        role: Option<&RoleName>,
    ) -> Result<Self, OpsError> {
        let owners = Delegation::first_level(&RoleName::repository());
        let mut opening = Box::pin(session.open_to_write(&Scope::Roles(vec![owners.clone()]))).await?;
        let asked = role.map(Delegation::first_level).filter(|asked| *asked != owners);
        if let Some(asked) = asked.filter(|asked| opening.publication.trusted().delegated(asked).is_some()) {
            opening.publication = Box::pin(session.reopen(&opening.publication, vec![owners, asked])).await?;
        }
        session.progress.step(Step::WaitingForKeys);
        Ok(Self { session, opening, signers: Signers::new(store), anew: BTreeMap::new() })
    }

    /// On top of what was opened, with every role that is to be renewed.
    pub(super) fn of(session: &'a Session, store: Arc<dyn KeyStore>, opening: Opening) -> Self {
        session.progress.step(Step::WaitingForKeys);
        Self { session, opening, signers: Signers::new(store), anew: BTreeMap::new() }
    }

    /// What is current, where nothing is to be changed.
    pub(super) fn into_base(self) -> Opening {
        self.opening
    }

    /// What is current.
    pub(super) fn base(&self) -> &Opening {
        &self.opening
    }

    /// The root that would follow.
    pub(super) fn next_root(&self) -> Root {
        let root = self.opening.publication.trusted().root().document();
        Issue::new(root.manifesto.common.gun.clone(), self.session.now, root.manifesto.periods).next_root(root)
    }

    /// The targets that would follow, before their change.
    pub(super) fn next_targets(&self) -> Targets {
        let trusted = self.opening.publication.trusted();
        let root = trusted.root().document();
        let issue = Issue::new(root.manifesto.common.gun.clone(), self.session.now, root.manifesto.periods);
        issue.next_role(trusted.targets().document(), trusted.targets().version())
    }

    /// A root with the names of new keys, if there are any and this machine can sign one. A name is for people: where
    /// the root key is elsewhere, it is waited for only if the change itself is.
    pub(super) async fn root_naming(&mut self, keys: &[NamedKey]) -> Result<Option<Root>, OpsError> {
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
    /// with opening keys, see [`crate::trust::author`]; where it has, its people are to sign again, together. They are
    /// as well where the keys that delegate are elsewhere ⚔: whoever signs there could not tell whether the machine that
    /// made opening keys has let go of them. Returns whether it begins.
    ///
    /// # Errors
    /// A key that cannot be made, or a statement that cannot be read.
    pub(super) async fn sign_on_new_terms(
        &mut self,
        targets: &mut Targets,
        name: &RoleName,
        withdrawn: BTreeSet<StatementType>,
    ) -> Result<bool, OpsError> {
        let Some(terms) = find(targets, name).cloned() else { return Ok(false) };
        let threshold = terms.keys.threshold.get() as usize;
        let people = Quorum { role: name.as_str(), keyids: &people(targets, &terms), threshold };
        let role = self.opening.publication.trusted().role(&Delegation::first_level(name)).cloned();
        if let Some(role) = role {
            let statements = role.document().statements().collect::<Result<Vec<_>, _>>()?;
            let keeps_all = !statements.iter().any(|statement| withdrawn.contains(&statement.kind));
            if keeps_all && role.signers().iter().filter(|id| people.keyids.contains(id)).count() >= threshold {
                return Ok(false);
            }
            let is_silent = statements.is_empty() && role.document().manifesto.deleted.is_empty();
            if self.can_sign(&people).await? || !is_silent {
                self.anew.insert(name.clone(), Anew::Without(withdrawn));
                return Ok(false);
            }
        }
        self.anew.insert(name.clone(), Anew::Empty);
        let root = self.opening.publication.trusted().root().document().clone();
        let delegates = self.can_sign(&quorum("targets", role_keys(&root, TopLevelRole::Targets))).await?;
        if delegates && !self.can_sign(&people).await? {
            let keys = (0..threshold).map(|_| self.opening_key()).collect::<Result<Vec<_>, _>>()?;
            open_role(targets, name, &keys)?;
        }
        Ok(true)
    }

    /// Has the people of a role sign over the owner's statements of `types`, where the role has none of its own. `keys` are
    /// its new ones, which root does not name yet. Returns what changes hands.
    ///
    /// # Errors
    /// Too few of the role's keys are here, or none of the owner's.
    pub(super) async fn adopt(
        &mut self,
        targets: &Targets,
        name: &RoleName,
        types: &[StatementType],
        keys: &[NamedKey],
    ) -> Result<Vec<Statement>, OpsError> {
        let trusted = self.opening.publication.trusted();
        let owners = Delegation::first_level(&RoleName::repository());
        let role = trusted.first_level(name).filter(|_| !matches!(self.anew.get(name), Some(Anew::Empty)));
        let (mut statements, mut entries) = (Vec::new(), BTreeMap::new());
        for (path, target) in trusted.role(&owners).iter().flat_map(|role| &role.document().targets) {
            let Ok(parsed) = path.parse::<TargetPath>() else { continue };
            let wanted = matches!(&parsed, TargetPath::Statement { kind, .. } if types.contains(kind));
            if wanted && role.is_none_or(|role| !role.document().targets.contains_key(path)) {
                let malformed = |source| TrustError::Malformed { role: owners.to.clone().into(), source };
                statements.push(Statement::read(&parsed, target).map_err(malformed)?);
                entries.insert(path.clone(), target.clone());
            }
        }
        let begins = role.is_none();
        let (Some(terms), Some(owners_terms)) = (find(targets, name), find(targets, &owners.to)) else {
            return Ok(Vec::new());
        };
        if entries.is_empty() {
            return Ok(statements);
        }
        let mut naming = trusted.root().document().clone();
        name_keys(&mut naming, keys);
        let (people, threshold) = (people(targets, terms), terms.keys.threshold.get() as usize);
        self.signers.load(&Quorum { role: name.as_str(), keyids: &people, threshold }, &naming).await?;
        self.signers.load(&Quorum::of(owners_terms), &naming).await?;
        self.anew.insert(owners.to, Anew::Gives(entries.clone()));
        self.anew.insert(name.clone(), Anew::Receives { begins, entries });
        Ok(statements)
    }

    /// A key for the first document of a role: in nobody's store, and gone when this operation ends.
    fn opening_key(&mut self) -> Result<NamedKey, OpsError> {
        let secret = Secret::generate(Algorithm::Ed25519)?;
        let id = KeyId::from(secret.public_key().key_id());
        let key = serde_json::to_value(secret.public_key())?;
        self.signers.lend(id.clone(), secret.signer()?);
        Ok(NamedKey { id, key, name: "opening".to_owned() })
    }

    /// Loads the keys of a role, if enough of them are here.
    pub(super) async fn can_sign(&mut self, quorum: &Quorum<'_>) -> Result<bool, OpsError> {
        let root = self.opening.publication.trusted().root().document();
        match self.signers.load(quorum, root).await {
            Ok(()) => Ok(true),
            Err(OpsError::NoKey { .. } | OpsError::TooFewKeys { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Signs anew and publishes what is said already: by `roles`, whose keys were loaded, and by root and targets where
    /// there are next ones.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub(super) async fn renew(
        mut self,
        root: Option<Root>,
        targets: Option<Targets>,
        roles: Vec<RoleName>,
    ) -> Result<Outcome<Opening>, OpsError> {
        if root.is_some() || targets.is_some() {
            self.anew.extend(roles.into_iter().map(|name| (name, Anew::Without(BTreeSet::new()))));
            return self.publish(root, targets).await;
        }
        let Opening { publication: base, basis } = self.opening;
        self.signers.load_publishing_keys(base.trusted().root().document()).await?;
        let roles = roles.iter().map(Delegation::first_level).collect();
        let goal = Goal::Renew { roles, since: whole_seconds(self.session.now) };
        let publisher = Publisher { session: self.session, goal, signers: self.signers, content: None };
        Ok(Outcome::Done(Opening { publication: Box::pin(publisher.publish(base)).await?, basis }))
    }

    /// Signs and publishes the change; a proposal of it, where the keys on this machine are too few for that.
    ///
    /// # Errors
    /// No key of this machine could keep a proposal; someone else changed who may say what.
    pub(super) async fn publish(
        mut self,
        root: Option<Root>,
        targets: Option<Targets>,
    ) -> Result<Outcome<Opening>, OpsError> {
        if !self.can_do_alone(root.as_ref(), targets.as_ref()).await? {
            let proposal = self.proposal(root.as_ref(), targets.as_ref())?;
            let proposed = self.session.propose(&self.opening, proposal, &mut self.signers).await?;
            return Ok(Outcome::proposed(proposed));
        }
        let Opening { publication: base, basis } = self.opening;
        let ceremony = Ceremony::record(base.trusted(), root, targets, self.anew, &self.signers)?;
        let goal = Goal::Ceremony(Box::new(ceremony));
        let publisher = Publisher { session: self.session, goal, signers: self.signers, content: None };
        Ok(Outcome::Done(Opening { publication: Box::pin(publisher.publish(base)).await?, basis }))
    }

    /// Loads what the change takes, and says whether it is all here.
    async fn can_do_alone(&mut self, root: Option<&Root>, targets: Option<&Targets>) -> Result<bool, OpsError> {
        let current = self.opening.publication.trusted().root().document().clone();
        let newest = root.unwrap_or(&current);
        let mut quorums: Vec<(&str, &RoleKeys)> = Vec::new();
        for root in std::iter::once(&current).chain(root) {
            for role in [TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
                quorums.push((role.as_str(), role_keys(root, role)));
            }
        }
        if let Some(root) = root {
            quorums.extend([&current, root].map(|root| ("root", role_keys(root, TopLevelRole::Root))));
        }
        if targets.is_some() {
            quorums.push(("targets", role_keys(newest, TopLevelRole::Targets)));
        }
        let mut alone = true;
        for (role, keys) in quorums {
            alone &= self.can_sign(&quorum(role, keys)).await?;
        }
        let names: Vec<RoleName> = self.anew.keys().cloned().collect();
        for name in names {
            let current = self.opening.publication.trusted().targets().document().clone();
            if let Some(terms) = find(targets.unwrap_or(&current), &name) {
                alone &= self.signers.can(&Quorum::of(terms)) || self.can_sign(&Quorum::of(terms)).await?;
            }
        }
        Ok(alone)
    }

    /// The same as documents that several people sign.
    fn proposal(&self, root: Option<&Root>, targets: Option<&Targets>) -> Result<Proposal, OpsError> {
        let trusted = self.opening.publication.trusted();
        let current = trusted.root().document();
        let issue = Issue::new(current.manifesto.common.gun.clone(), self.session.now, current.manifesto.periods);
        let mut documents: Vec<(Role, Bytes)> = Vec::new();
        if let Some(root) = root {
            documents.push((TopLevelRole::Root.into(), Unsigned::root(root)?.with_signatures([])));
        }
        if let Some(targets) = targets {
            let former = (trusted.targets().version(), trusted.targets().digest());
            let next = issue.signed_together(targets, Some(former))?;
            documents.push((TopLevelRole::Targets.into(), Unsigned::targets(&next)?.with_signatures([])));
        }
        for (name, anew) in &self.anew {
            let former = trusted.first_level(name);
            let mut document = match former.filter(|_| !anew.begins()) {
                Some(former) => former.document().clone(),
                None => issue.first_role(name.clone().into()),
            };
            anew.apply(&mut document, trusted, &Delegation::first_level(name))?;
            sign_index(&mut document, name)?;
            let mut next =
                issue.signed_together(&document, former.map(|former| (former.version(), former.digest())))?;
            // A role that ended counts on from where it was when it begins again.
            if let (None, Ok(ended)) = (former, trusted.role_meta(name)) {
                next.version = next.version.saturating_add(ended.version);
            }
            documents.push((name.clone().into(), Unsigned::targets(&next)?.with_signatures([])));
        }
        Ok(Proposal::inspect(documents, trusted.trusted_root().gun(), &self.session.limits)?)
    }
}

/// The entry of a delegated role.
pub(super) fn find<'t>(targets: &'t Targets, name: &RoleName) -> Option<&'t DelegatedRole> {
    targets.delegations.iter().flat_map(|delegations| &delegations.roles).find(|role| role.name == *name)
}

/// The keys among `ids` that a person means by a name or the first digits of an id.
pub(super) fn named<'k>(root: &Root, ids: impl IntoIterator<Item = &'k KeyId>, asked: &str) -> BTreeSet<KeyId> {
    let meant = |id: &&KeyId| root.name_of(id) == asked || (asked.len() >= 8 && id.as_str().starts_with(asked));
    ids.into_iter().filter(meant).cloned().collect()
}
