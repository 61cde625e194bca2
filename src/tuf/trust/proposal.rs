//! Documents that several people sign, one after the other, before they are published.
//!
//! Nothing in a proposal is trusted before its signatures are. It carries no word about what it is for, who made it or
//! what it replaces beyond the documents themselves: that is worked out from them and from what is current. A delegated
//! role's or top-level targets' document names the one that it replaces, in the signed `x-manifesto.follows`, so that
//! one which was signed on top of something older cannot take back what was said since. Root needs no such field: its
//! version is the only one that may follow. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-replay

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::time::Timestamp;
use bytes::Bytes;
use serde::Deserialize;

use super::{
    Json,
    author::envelope,
    budget::Spent,
    envelope::Unverified,
    error::TrustError,
    key::KeyId,
    manifesto_profile::ManifestoProfile,
    profile::{Profile, RootDocument, TargetsDocument},
    schema::{Root, Targets},
    threshold::{self, Authority},
    trusted::Trusted,
    verified::Verified,
};
use crate::{
    limits::Limits,
    name::{Digest, Gun, Hasher, Role, RoleName, TopLevelRole},
};

/// Documents of one repository that are to be published together, with the signatures that they have so far.
#[derive(Debug, Clone)]
pub struct Proposal {
    house: ManifestoProfile,
    limits: Limits,
    documents: BTreeMap<Role, Document>,
}

#[derive(Debug, Clone)]
struct Document {
    signed: Json,
    signatures: BTreeMap<KeyId, String>,
    content: Content,
}

/// The signed part of a document that was verified, in normal form.
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

/// The signatures that one document has and needs, under one authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The role whose keys are asked for.
    pub role: Role,
    /// Its keys.
    pub keyids: Vec<KeyId>,
    /// How many of them have to sign.
    pub threshold: usize,
    /// Those whose signature is good, each public key once.
    pub signed: Vec<KeyId>,
}

impl Tally {
    /// Whether enough have signed.
    pub fn is_met(&self) -> bool {
        self.signed.len() >= self.threshold
    }
}

impl Proposal {
    /// Looks at documents that were made here or came from elsewhere: their form, the repository and role that they
    /// name, and the rules of this layout. Their signatures are counted by [`tallies`](Self::tallies).
    ///
    /// # Errors
    /// Whatever is wrong with a document by itself, or a role whose documents are not signed together.
    pub fn inspect(
        documents: impl IntoIterator<Item = (Role, Bytes)>,
        gun: &Gun,
        limits: &Limits,
    ) -> Result<Self, TrustError> {
        let house = ManifestoProfile::of(gun.clone());
        // Each is held as text and as what it says, beside what is current.
        let limits = &Limits { documents_bytes: limits.documents_bytes.min(limits.proposals_bytes), ..limits.clone() };
        let mut spent = Spent::default();
        let read = |(role, bytes): (Role, Bytes)| {
            Ok((role.clone(), Document::inspect(role, &house, bytes, limits, &mut spent)?))
        };
        let documents = documents.into_iter().map(read).collect::<Result<_, TrustError>>()?;
        Ok(Self { house, limits: limits.clone(), documents })
    }

    /// What the signatures are for: the sha256 of all documents without their signatures.
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
        self.house.gun()
    }

    /// The proposed root.
    pub fn root(&self) -> Option<&Root> {
        match &self.documents.get(&TopLevelRole::Root.into())?.content {
            Content::Root(root) => Some(root),
            Content::Targets(_) => None,
        }
    }

    /// The proposed top-level targets.
    pub fn targets(&self) -> Option<&Targets> {
        self.targets_of(&TopLevelRole::Targets.into())
    }

    /// Whether it changes who may say what, and not only what is said.
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

    /// The latest date of its documents, by their makers' clocks.
    pub fn created(&self) -> Timestamp {
        let root = self.root().map(|root| root.manifesto.common.created);
        let targets = self.targets().into_iter().chain(self.roles().map(|(_, role)| role));
        let dates = root.into_iter().chain(targets.map(|targets| targets.manifesto.common.created));
        dates.max().unwrap_or(Timestamp::MIN)
    }

    /// Whether it is the first documents of a repository: version 1 of root, of top-level targets and of the role
    /// `repository`, and nothing else. Nobody who knows the repository would take any of them for a later one.
    pub fn begins(&self) -> bool {
        let first = |document: &Targets| document.version == 1 && document.manifesto.follows.is_none();
        self.root().is_some_and(|root| root.version == 1)
            && self.targets().is_some_and(first)
            && self.roles().all(|(name, document)| name.is_repository() && first(document))
            && self.documents.len() == 3
    }

    /// The signed part of a document.
    pub fn signed_part(&self, role: &Role) -> Option<&Json> {
        self.documents.get(role).map(|document| &document.signed)
    }

    /// What is to be signed, by role.
    pub fn messages(&self) -> impl Iterator<Item = (&Role, Cow<'_, [u8]>)> {
        self.documents.iter().map(|(role, document)| (role, document.signed.canonical()))
    }

    /// The documents with all signatures that came with them, good or not.
    pub fn documents(&self) -> impl Iterator<Item = (&Role, Bytes)> {
        self.documents.iter().map(|(role, document)| (role, document.bytes(|_| true)))
    }

    /// Adds a signature.
    pub fn sign(&mut self, role: &Role, key: KeyId, signature: &[u8]) {
        if let Some(document) = self.documents.get_mut(role) {
            document.signatures.insert(key, hex::encode(signature));
        }
    }

    /// Adds the signatures that `other` has for the same documents. Both are to be [sifted](Self::sift).
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

    /// Lets go of signatures that count for nobody. [⚔] What everybody may add to must not be filled up by anybody.
    ///
    /// # Errors
    /// As [`tallies`](Self::tallies).
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

    /// The signatures that every document has and needs, on top of what is `current`; without it, as the first of their
    /// repository. A root has two tallies where the one that it follows has other keys.
    ///
    /// # Errors
    /// A document of a role that nobody delegates to.
    pub fn tallies(&self, current: Option<&Trusted>) -> Result<Vec<Tally>, TrustError> {
        Ok(self.counted(current)?.into_iter().map(|(_, tally)| tally).collect())
    }

    fn counted(&self, current: Option<&Trusted>) -> Result<Vec<(Role, Tally)>, TrustError> {
        let mut tallies: Vec<(Role, Tally)> = Vec::new();
        for (role, document) in &self.documents {
            let (bytes, mut spent) = (document.bytes(|_| true), Spent::default());
            let received = Unverified::inspect(role.clone(), &self.house, bytes, &self.limits, &mut spent)?;
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

    /// Who has to sign a document of `role`.
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

    /// A document as it is published: with as many good signatures as it needs, always the same ones of those that
    /// there are, so that two who publish it at the same time publish the same bytes.
    ///
    /// # Errors
    /// It is not proposed, or has too few signatures.
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

impl Document {
    fn inspect(
        role: Role,
        house: &ManifestoProfile,
        bytes: Bytes,
        limits: &Limits,
        spent: &mut Spent,
    ) -> Result<Self, TrustError> {
        let received = Unverified::inspect(role.clone(), house, bytes, limits, spent)?;
        let signatures = received.signatures.iter().map(|one| (one.keyid.clone(), hex::encode(one.bytes()))).collect();
        let signed = received.view()?;
        let content = match &role {
            Role::TopLevel(TopLevelRole::Root) => {
                let root: Root = received.view()?;
                house.check_root(&root, limits)?;
                Content::Root(Box::new(root))
            }
            Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_) => {
                let targets: Targets = received.view()?;
                house.check_targets(&role, &targets, limits)?;
                Content::Targets(Box::new(targets))
            }
            Role::TopLevel(TopLevelRole::Snapshot | TopLevelRole::Timestamp) => {
                let rule = "it is made by whoever publishes, and is no part of a proposal".to_owned();
                return Err(TrustError::Profile { role, rule });
            }
        };
        Ok(Self { signed, signatures, content })
    }

    /// The document with those of its signatures that are wanted.
    fn bytes(&self, wanted: impl Fn(&KeyId) -> bool) -> Bytes {
        let signatures = self.signatures.iter().filter(|(key, _)| wanted(key));
        envelope(&self.signed, signatures.map(|(key, signature)| (key, signature.clone())))
    }
}
