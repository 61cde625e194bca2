//! The second half of reading: loads delegated roles and their indexes when they are needed.

use bytes::Bytes;

use super::{Publication, Scope, blobs::Blobs, fetch::second_round};
use crate::{
    index::Index,
    limits::Limits,
    name::{Digest, Role, TargetPath, TopLevelRole},
    store::StoreError,
    trust::{Delegation, Lookup, Targets, TrustError, Trusted, Verified},
};

/// A publication whose top-level documents are verified. Its roles are loaded when they are needed.
pub struct Loading {
    publication: Publication,
    blobs: Blobs,
    limits: Limits,
}

impl Loading {
    pub(super) fn new(publication: Publication, blobs: Blobs, limits: Limits) -> Self {
        Self { publication, blobs, limits }
    }

    /// Loads and verifies what `scope` needs. If it fails, the documents that were verified before stay loaded.
    ///
    /// # Errors
    /// A document that the scope needs cannot be fetched or does not verify.
    pub async fn load(&mut self, scope: &Scope) -> Result<(), StoreError> {
        let Self { publication, blobs, limits } = self;
        blobs.prefetch(second_round(&publication.artifact, scope, u64::MAX, limits));
        publication.load(blobs, scope, limits).await
    }

    /// The publication as verified so far.
    pub fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The publication as far as it was loaded.
    pub fn finish(self) -> Publication {
        self.publication
    }
}

impl Publication {
    /// Loads the roles that `scope` needs, and their indexes.
    async fn load(&mut self, blobs: &mut Blobs, scope: &Scope, limits: &Limits) -> Result<(), StoreError> {
        match scope {
            Scope::Paths(paths) => {
                for path in paths {
                    self.load_for(blobs, path, limits).await?;
                }
            }
            Scope::Roles(roles) => {
                // Load each role after the one that delegates to it, whatever their order in the scope. A role that no
                // role delegates to comes last and is an error.
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

/// The delegations of a role.
pub(super) fn delegations(from: &Role, role: &Verified<Targets>) -> Vec<Delegation> {
    let delegated = role.document().delegations.iter().flat_map(|delegations| &delegations.roles);
    delegated.map(|to| Delegation { from: from.clone(), to: to.name.clone() }).collect()
}

/// Checks that the manifest lists the signed digest. Blobs are fetched by their signed digest, so a wrong list would
/// only mislead other readers of the manifest. A publication that contradicts itself is refused nevertheless.
pub(super) fn as_listed(what: &str, listed: Digest, signed: Digest) -> Result<(), TrustError> {
    if listed == signed {
        return Ok(());
    }
    Err(TrustError::Mismatch { what: what.to_owned(), expected: signed, found: listed })
}

/// The digest and length that a role signs for its own index. Only its own document counts.
fn signed_index(trusted: &Trusted, delegation: &Delegation) -> Result<(Digest, u64), TrustError> {
    let path = TargetPath::Index(delegation.to.clone()).to_string();
    let role = trusted.role(delegation);
    let role = role.ok_or_else(|| TrustError::NotLoaded { role: delegation.to.clone().into() })?;
    let unsigned = || TrustError::Missing { what: format!("the index of {}", delegation.to) };
    let target = role.document().targets.get(&path).ok_or_else(unsigned)?;
    Ok((target.hashes.sha256, target.length))
}

/// Parses the index of a role, and checks that it lists exactly what the role signs.
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
