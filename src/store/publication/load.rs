//! The second half of reading: the delegated roles, each when it is needed, and the index of each.

use bytes::Bytes;

use super::{Publication, Scope, blobs::Blobs, fetch::second_round};
use crate::{
    index::Index,
    limits::Limits,
    name::{Digest, Role, TargetPath, TopLevelRole},
    store::StoreError,
    trust::{Delegation, Lookup, Targets, TrustError, Trusted, Verified},
};

/// A publication whose top level is verified. Its roles are loaded as they are asked for.
pub struct Loading {
    publication: Publication,
    blobs: Blobs,
    limits: Limits,
}

impl Loading {
    pub(super) fn new(publication: Publication, blobs: Blobs, limits: Limits) -> Self {
        Self { publication, blobs, limits }
    }

    /// Loads and verifies what `scope` asks for. What was verified before an error stays.
    ///
    /// # Errors
    /// Something that the scope needs cannot be had or is not to be believed.
    pub async fn load(&mut self, scope: &Scope) -> Result<(), StoreError> {
        let Self { publication, blobs, limits } = self;
        blobs.prefetch(second_round(&publication.artifact, scope, u64::MAX, limits));
        publication.load(blobs, scope, limits).await
    }

    /// What has been verified so far.
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The publication, as far as it was loaded.
    pub fn finish(self) -> Publication {
        self.publication
    }
}

impl Publication {
    /// Loads the roles that `scope` needs, and the index of each.
    async fn load(&mut self, blobs: &mut Blobs, scope: &Scope, limits: &Limits) -> Result<(), StoreError> {
        match scope {
            Scope::Paths(paths) => {
                for path in paths {
                    self.load_for(blobs, path, limits).await?;
                }
            }
            Scope::Roles(roles) => {
                // Each behind the role that delegates to it, in whatever order they are named. What nobody delegates to
                // is loaded last, and says so.
                let mut pending: Vec<&Delegation> = roles.iter().collect();
                while !pending.is_empty() {
                    let ready = pending.iter().position(|delegation| self.trusted.delegated(delegation).is_some());
                    let delegation = pending.remove(ready.unwrap_or(0));
                    self.load_role(blobs, delegation, limits).await?;
                }
            }
            Scope::Everything => {
                let targets = Role::TopLevel(TopLevelRole::Targets);
                let mut pending = delegations(&targets, self.trusted.targets());
                while let Some(delegation) = pending.pop() {
                    if self.trusted.role(&delegation).is_some() {
                        continue;
                    }
                    if self.trusted.loaded().count() == limits.roles_loaded {
                        let (what, limit) = ("roles in all", limits.roles_loaded);
                        return Err(TrustError::TooMany { role: targets, what, count: limit + 1, limit }.into());
                    }
                    self.load_role(blobs, &delegation, limits).await?;
                    let role = self.trusted.role(&delegation);
                    let from = Role::Delegated(delegation.to.clone());
                    pending.extend(role.into_iter().flat_map(|role| delegations(&from, role)));
                }
            }
        }
        Ok(())
    }

    async fn load_for(&mut self, blobs: &mut Blobs, path: &TargetPath, limits: &Limits) -> Result<(), StoreError> {
        loop {
            let Lookup::Needs(delegation) = self.trusted.lookup(path)? else { return Ok(()) };
            self.load_role(blobs, &delegation, limits).await?;
        }
    }

    async fn load_role(
        &mut self,
        blobs: &mut Blobs,
        delegation: &Delegation,
        limits: &Limits,
    ) -> Result<(), StoreError> {
        let name = &delegation.to;
        let digest = self.trusted.role_meta(name)?.hashes.sha256;
        let what = format!("{name} metadata");
        let listed = self.artifact.roles.get(name).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
        as_listed(&what, listed.file.blob.digest, digest)?;
        let bytes = blobs.get(digest, limits.targets_bytes, &what).await?;
        self.trusted.load(delegation, bytes)?;
        let (digest, length) = signed_index(&self.trusted, delegation)?;
        let what = format!("the index of {name}");
        let listed = self.artifact.index_of(name).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
        as_listed(&what, listed.digest, digest)?;
        self.trusted.make_room(name, length)?;
        let bytes = blobs.get(digest, limits.index_bytes, &what).await?;
        if bytes.len() as u64 != length {
            return Err(TrustError::Length { what, expected: length, found: bytes.len() as u64 }.into());
        }
        let index = agreeing_index(&self.trusted, delegation, &bytes)?;
        self.indexes.insert(name.clone(), (index, bytes));
        Ok(())
    }
}

/// The arrows that lead on from a role.
fn delegations(from: &Role, role: &Verified<Targets>) -> Vec<Delegation> {
    let delegated = role.document().delegations.iter().flat_map(|delegations| &delegations.roles);
    delegated.map(|to| Delegation { from: from.clone(), to: to.name.clone() }).collect()
}

/// Checks that the manifest lists what is signed. Content is fetched by its signed hash, so a list that says something
/// else would deceive other readers of the manifest only; a publication that contradicts itself is refused all the same.
pub(super) fn as_listed(what: &str, listed: Digest, signed: Digest) -> Result<(), TrustError> {
    if listed == signed {
        return Ok(());
    }
    Err(TrustError::Mismatch { what: what.to_owned(), expected: signed, found: listed })
}

/// What a role signs about its own index, taken from its own document only.
fn signed_index(trusted: &Trusted, delegation: &Delegation) -> Result<(Digest, u64), TrustError> {
    let path = TargetPath::Index(delegation.to.clone()).to_string();
    let role = trusted.role(delegation);
    let role = role.ok_or_else(|| TrustError::NotLoaded { role: delegation.to.clone().into() })?;
    let unsigned = || TrustError::Missing { what: format!("the index of {}", delegation.to) };
    let target = role.document().targets.get(&path).ok_or_else(unsigned)?;
    Ok((target.hashes.sha256, target.length))
}

/// The index of a role, if it says exactly what the role signs.
fn agreeing_index(trusted: &Trusted, delegation: &Delegation, bytes: &Bytes) -> Result<Index, StoreError> {
    let name = &delegation.to;
    let index = Index::parse(bytes).map_err(|source| StoreError::Index { role: name.clone(), source })?;
    let mut signed = Vec::new();
    for statement in trusted.role(delegation).into_iter().flat_map(|role| role.document().statements()) {
        let statement = statement?;
        signed.push((statement.image, statement.statement_type, statement.digest));
    }
    match index.difference(&signed.into_iter().collect()) {
        None => Ok(index),
        Some((image, statement_type)) => {
            let path = TargetPath::statement(image, statement_type).to_string();
            Err(TrustError::Index { role: Role::Delegated(name.clone()), path }.into())
        }
    }
}
