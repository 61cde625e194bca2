//! Proposals: documents that several signers sign one after the other, before they are published.
//!
//! Nothing in a proposal is trusted before its signatures are counted. It consists of the documents alone, without a
//! description or an author. What it changes follows from a comparison with the current documents. A document of
//! top-level targets or of a delegated role names the document that it replaces, in the signed field
//! `x-manifesto.follows`. So an old proposal cannot revert a later change. Root needs no such field: only the next
//! version can follow. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-replay

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use bytes::Bytes;
use serde::Deserialize;

use super::{
    Json,
    author::envelope,
    authority::Authority,
    budget::Spent,
    envelope::Unverified,
    error::TrustError,
    key::KeyId,
    manifesto_profile::ManifestoProfile,
    profile::{Profile, RootDocument, TargetsDocument},
    schema::{Root, Targets},
    threshold,
    trusted::Trusted,
    verified::Verified,
};
use crate::{
    limits::Limits,
    name::{Digest, Gun, Hasher, Role, RoleName, TopLevelRole},
    time::Timestamp,
};

/// The documents of one repository that are proposed together, with their signatures so far.
#[derive(Debug, Clone)]
pub struct Proposal {
    profile: ManifestoProfile,
    limits: Limits,
    documents: BTreeMap<Role, ProposedDocument>,
}

#[derive(Debug, Clone)]
struct ProposedDocument {
    signed: Json,
    signatures: BTreeMap<KeyId, String>,
    content: Content,
}

/// The signed part of a verified document, in normal form.
pub fn signed_part<T>(document: &Verified<T>) -> Option<Json> {
    #[derive(Deserialize)]
    struct Envelope {
        signed: Json,
    }
    let envelope = serde_json::from_slice::<Envelope>(document.bytes()).ok()?;
    Json::normal(envelope.signed.as_str().as_bytes()).ok()
}

#[derive(Debug, Clone)]
enum Content {
    Root(Box<Root>),
    Targets(Box<Targets>),
}

/// The signatures that one document has and needs, from one set of authorised keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The role whose keys have to sign.
    pub role: Role,
    /// Its keys.
    pub keyids: Vec<KeyId>,
    /// How many of them must sign.
    pub threshold: usize,
    /// The keys that made a good signature, each public key once.
    pub signed: Vec<KeyId>,
}

impl Tally {
    /// Whether the threshold is met.
    pub fn is_met(&self) -> bool {
        self.signed.len() >= self.threshold
    }
}

impl Proposal {
    /// Checks proposed documents, whether made locally or received: their form, the repository and role that they name,
    /// and the rules of this layout. [`tallies`](Self::tallies) counts their signatures.
    ///
    /// # Errors
    /// A document breaks a rule, or its role is snapshot or timestamp, which are never proposed.
    pub fn inspect(
        documents: impl IntoIterator<Item = (Role, Bytes)>,
        gun: &Gun,
        limits: &Limits,
    ) -> Result<Self, TrustError> {
        let profile = ManifestoProfile::of(gun.clone());
        // Each document is in memory as text and as a typed view, besides the current ones.
        let limits = &Limits { documents_bytes: limits.documents_bytes.min(limits.proposals_bytes), ..limits.clone() };
        let mut spent = Spent::default();
        let read = |(role, bytes): (Role, Bytes)| {
            Ok((role.clone(), ProposedDocument::inspect(role, &profile, bytes, limits, &mut spent)?))
        };
        let documents = documents.into_iter().map(read).collect::<Result<_, TrustError>>()?;
        Ok(Self { profile, limits: limits.clone(), documents })
    }

    /// The id of the proposal: the sha256 of all its documents without their signatures.
    pub fn id(&self) -> Digest {
        let mut hasher = Hasher::new();
        for (role, document) in &self.documents {
            let message = document.signed.canonical();
            hasher.update(format!("{} {}\n", role.as_str(), message.len()).as_bytes());
            hasher.update(&message);
        }
        hasher.finish()
    }

    /// The repository that every document names.
    pub fn gun(&self) -> &Gun {
        self.profile.gun()
    }

    /// The proposed root, if any.
    pub fn root(&self) -> Option<&Root> {
        match &self.documents.get(&TopLevelRole::Root.into())?.content {
            Content::Root(root) => Some(root),
            Content::Targets(_) => None,
        }
    }

    /// The proposed top-level targets, if any.
    pub fn targets(&self) -> Option<&Targets> {
        self.targets_of(&TopLevelRole::Targets.into())
    }

    /// Whether the proposal changes authority (root or the delegations), and not only statements.
    pub fn changes_authority(&self) -> bool {
        self.root().is_some() || self.targets().is_some()
    }

    /// The proposed documents of delegated roles.
    pub fn roles(&self) -> impl Iterator<Item = (&RoleName, &Targets)> {
        self.documents.keys().filter_map(|role| match role {
            Role::Delegated(name) => Some((name, self.targets_of(role)?)),
            Role::TopLevel(_) => None,
        })
    }

    fn targets_of(&self, role: &Role) -> Option<&Targets> {
        match &self.documents.get(role)?.content {
            Content::Targets(targets) => Some(targets),
            Content::Root(_) => None,
        }
    }

    /// The latest date of the documents, by the clocks of their authors.
    pub fn created(&self) -> Timestamp {
        let root = self.root().map(|root| root.manifesto.common.created);
        let targets = self.targets().into_iter().chain(self.roles().map(|(_, role)| role));
        let dates = root.into_iter().chain(targets.map(|targets| targets.manifesto.common.created));
        dates.max().unwrap_or(Timestamp::MIN)
    }

    /// Whether these are the first documents of a repository: version 1 of root, of top-level targets and of the role
    /// `repository`, and nothing else. A client that knows the repository refuses them as a rollback.
    pub fn begins(&self) -> bool {
        let first = |document: &Targets| document.version == 1 && document.manifesto.follows.is_none();
        self.root().is_some_and(|root| root.version == 1)
            && self.targets().is_some_and(first)
            && self.roles().all(|(name, document)| name.is_repository() && first(document))
            && self.documents.len() == 3
    }

    /// The signed part of the document of `role`.
    pub fn signed_part(&self, role: &Role) -> Option<&Json> {
        self.documents.get(role).map(|document| &document.signed)
    }

    /// The bytes to be signed, by role.
    pub fn messages(&self) -> impl Iterator<Item = (&Role, Cow<'_, [u8]>)> {
        self.documents.iter().map(|(role, document)| (role, document.signed.canonical()))
    }

    /// The documents with all the signatures that came with them, whether good or not.
    pub fn documents(&self) -> impl Iterator<Item = (&Role, Bytes)> {
        self.documents.iter().map(|(role, document)| (role, document.bytes(|_| true)))
    }

    /// Adds a signature.
    pub fn sign(&mut self, role: &Role, key: KeyId, signature: &[u8]) {
        if let Some(document) = self.documents.get_mut(role) {
            document.signatures.insert(key, hex::encode(signature));
        }
    }

    /// Adds the signatures that `other` has for the same documents. The caller has to [sift](Self::sift) both.
    pub fn join(&mut self, other: &Self) {
        if other.id() != self.id() {
            return;
        }
        for (role, theirs) in &other.documents {
            if let Some(document) = self.documents.get_mut(role) {
                document.signatures.extend(theirs.signatures.iter().map(|(key, one)| (key.clone(), one.clone())));
            }
        }
    }

    /// Drops signatures that do not count. [⚔] Anybody can add signatures, and must not be able to fill the proposal
    /// with them.
    ///
    /// # Errors
    /// The same as those of [`tallies`](Self::tallies).
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-flood
    pub fn sift(&mut self, current: Option<&Trusted>) -> Result<(), TrustError> {
        let good = self.signed(current)?;
        for (role, document) in &mut self.documents {
            document.signatures.retain(|key, _| good.contains(&(role.clone(), key.clone())));
        }
        Ok(())
    }

    fn signed(&self, current: Option<&Trusted>) -> Result<BTreeSet<(Role, KeyId)>, TrustError> {
        let mut signed = BTreeSet::new();
        for (document, tally) in self.counted(current)? {
            signed.extend(tally.signed.into_iter().map(|key| (document.clone(), key)));
        }
        Ok(signed)
    }

    /// Counts the signatures that every document has and needs, as a change of `current`, or as the first documents of
    /// their repository. A root has two tallies if its predecessor has other keys.
    ///
    /// # Errors
    /// No role delegates to the role of a document.
    pub fn tallies(&self, current: Option<&Trusted>) -> Result<Vec<Tally>, TrustError> {
        Ok(self.counted(current)?.into_iter().map(|(_, tally)| tally).collect())
    }

    fn counted(&self, current: Option<&Trusted>) -> Result<Vec<(Role, Tally)>, TrustError> {
        let mut tallies: Vec<(Role, Tally)> = Vec::new();
        for (role, document) in &self.documents {
            let (bytes, mut spent) = (document.bytes(|_| true), Spent::default());
            let received = Unverified::inspect(role.clone(), &self.profile, bytes, &self.limits, &mut spent)?;
            for authority in self.authorities(role, current)? {
                let tally = Tally {
                    role: authority.role.clone(),
                    keyids: authority.keyids.to_vec(),
                    threshold: authority.threshold,
                    signed: threshold::count(&received, &authority),
                };
                if !tallies.iter().any(|(of, other)| of == role && *other == tally) {
                    tallies.push((role.clone(), tally));
                }
            }
        }
        Ok(tallies)
    }

    /// The keys that have to sign a document of `role`.
    fn authorities<'a>(&'a self, role: &Role, current: Option<&'a Trusted>) -> Result<Vec<Authority<'a>>, TrustError> {
        let missing = || TrustError::NotDelegated { what: role.as_str().to_owned() };
        let former = current.map(|current| current.root().document());
        let newest = self.root().or(former).ok_or_else(missing)?;
        Ok(match role {
            Role::TopLevel(TopLevelRole::Root) => {
                former.into_iter().chain([newest]).map(|root| root.authority(TopLevelRole::Root)).collect()
            }
            Role::TopLevel(role) => vec![newest.authority(*role)],
            Role::Delegated(name) => {
                let targets = self.targets().or(current.map(|current| current.targets().document()));
                vec![targets.and_then(|targets| targets.authority(name)).ok_or_else(missing)?]
            }
        })
    }

    /// A document as it is published, with exactly as many good signatures as it needs. The choice among the signatures
    /// is deterministic, so two machines that publish it at the same time publish the same bytes.
    ///
    /// # Errors
    /// The document is not part of the proposal, or has too few signatures.
    pub fn published(&self, role: &Role, current: Option<&Trusted>) -> Result<Bytes, TrustError> {
        let document = self.documents.get(role);
        let document = document.ok_or_else(|| TrustError::NotLoaded { role: role.clone() })?;
        let mut needed = BTreeSet::new();
        for (_, tally) in self.counted(current)?.into_iter().filter(|(of, _)| of == role) {
            if !tally.is_met() {
                let (good, threshold) = (tally.signed.len(), tally.threshold);
                return Err(TrustError::Threshold { role: role.clone(), good, threshold });
            }
            needed.extend(tally.signed.into_iter().take(tally.threshold));
        }
        Ok(document.bytes(|key| needed.contains(key)))
    }
}

impl ProposedDocument {
    fn inspect(
        role: Role,
        profile: &ManifestoProfile,
        bytes: Bytes,
        limits: &Limits,
        spent: &mut Spent,
    ) -> Result<Self, TrustError> {
        let received = Unverified::inspect(role.clone(), profile, bytes, limits, spent)?;
        let signatures = received.signatures.iter().map(|one| (one.keyid.clone(), hex::encode(one.bytes()))).collect();
        let signed = received.view()?;
        let content = match &role {
            Role::TopLevel(TopLevelRole::Root) => {
                let root: Root = received.view()?;
                profile.check_root(&root, limits)?;
                Content::Root(Box::new(root))
            }
            Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_) => {
                let targets: Targets = received.view()?;
                profile.check_targets(&role, &targets, limits)?;
                Content::Targets(Box::new(targets))
            }
            Role::TopLevel(TopLevelRole::Snapshot | TopLevelRole::Timestamp) => {
                let rule = "it is made when a change is published, and cannot be part of a proposal".to_owned();
                return Err(TrustError::Profile { role, rule });
            }
        };
        Ok(Self { signed, signatures, content })
    }

    /// The document with those of its signatures for which `wanted` is true.
    fn bytes(&self, wanted: impl Fn(&KeyId) -> bool) -> Bytes {
        let signatures = self.signatures.iter().filter(|(key, _)| wanted(key));
        envelope(&self.signed, signatures.map(|(key, signature)| (key, signature.clone())))
    }
}
