//! The first publication of a repository: adds snapshot and timestamp to first documents that are already signed.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    name::{Digest, Role, RoleName, Tag, TopLevelRole},
    oci::{Attempts, Pushed, Reference},
    progress::Step,
    store::{
        artifact::{self, Artifact, Blob, RoleFile, Versioned},
        publication::{Publication, RepositoryMemory, Scope},
    },
    trust::{Root, Targets, TrustedRoot, author::Issue},
    write::{
        error::WriteError,
        publish::{
            draft::{Online, meta_of, sign_index},
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// Version 1 of root, of top-level targets and of the role `repository`, each with its signed bytes.
pub(in crate::write) struct FirstDocuments {
    pub(in crate::write) root: (Root, Bytes),
    pub(in crate::write) targets: (Targets, Bytes),
    pub(in crate::write) role: (Targets, Bytes),
}

/// Whether a publication that failed may have been seen.
pub(in crate::write) enum Delivery {
    NeverSent,
    Sent,
}

impl FirstDocuments {
    /// Publishes the documents. `signers` must have the snapshot and timestamp keys loaded.
    pub(in crate::write) async fn publish(
        self,
        publisher: &Publisher,
        signers: &Signers,
    ) -> Result<Publication, (WriteError, Delivery)> {
        let before = |error| (error, Delivery::NeverSent);
        let (publication, uploads) = self.assemble(publisher, signers).await.map_err(before)?;
        publisher.repository.progress.step(Step::Publishing);
        publisher.upload(&uploads).await.map_err(|error| before(error.into()))?;
        let content = &publisher.repository.content;
        let reference = Reference::Tag(Tag::manifesto());
        if content.resolve(&reference).await.map_err(|error| before(error.into()))?.is_some() {
            return Err(before(WriteError::AlreadyInitialised { location: publisher.repository.location.clone() }));
        }
        let sent = |error: WriteError| (error, Delivery::Sent);
        let manifest = publication.manifest().clone();
        let pushed = content.push_manifest(&Tag::manifesto(), artifact::MANIFEST, manifest, Attempts::Several).await;
        if pushed.map_err(|error| sent(error.into()))? == Pushed::Uncertain {
            publisher.repository.progress.step(Step::Confirming);
            tokio::time::sleep(publisher.timing.confirm_interval).await;
        }
        let current = content.resolve(&reference).await.map_err(|error| sent(error.into()))?;
        if current.map(|descriptor| descriptor.digest) != Some(publication.digest()) {
            let location = publisher.repository.location.clone();
            return Err(sent(WriteError::NotConfirmed { location, rounds: 1, may_have_been_seen: true }));
        }
        Ok(publication)
    }

    /// Signs snapshot and timestamp, and verifies the publication as any reader would.
    async fn assemble(self, publisher: &Publisher, signers: &Signers) -> Result<(Publication, Vec<Bytes>), WriteError> {
        let Self { root: (root, root_bytes), targets: (targets, targets_bytes), role: (mut role, role_bytes) } = self;
        let gun = root.manifesto.common.gun.clone();
        let issue = Issue::new(gun.clone(), publisher.repository.now, root.manifesto.periods);
        let name = RoleName::repository();
        let index = sign_index(&mut role, &name)?;
        let metas = vec![
            (Role::TopLevel(TopLevelRole::Targets), meta_of(targets.version, &targets_bytes)),
            (Role::Delegated(name.clone()), meta_of(role.version, &role_bytes)),
        ];
        let writer = signers.first(&root.roles.timestamp.keyids);
        let accounted = writer.map(|id| BTreeMap::from([(id, 1)])).unwrap_or_default();
        let online = Online { snapshot: 1, timestamp: 1, changed: metas, accounted };
        let (snapshot, timestamp) = online.sign(&issue, &root, None, signers)?;

        let listed = |version, bytes: &Bytes| Versioned { version, blob: Blob::of(bytes) };
        let types = targets.delegations.iter().flat_map(|delegations| &delegations.roles).flat_map(|role| &role.paths);
        let types = types.map(|pattern| pattern.as_str().to_owned()).collect();
        let file = listed(role.version, &role_bytes);
        let artifact = Artifact {
            gun: Some(gun.clone()),
            created: Some(issue.now()),
            index: Blob::of(&index),
            roots: BTreeMap::from([(root.version, Blob::of(&root_bytes))]),
            timestamp: timestamp.file.blob,
            snapshot: snapshot.file,
            targets: listed(targets.version, &targets_bytes),
            roles: BTreeMap::from([(name, RoleFile { file, types: Some(types) })]),
            indexes: BTreeMap::new(),
            statements: BTreeMap::new(),
        };
        let uploads = vec![root_bytes.clone(), targets_bytes, role_bytes, index, snapshot.bytes, timestamp.bytes];
        let documents = uploads.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect();
        let anchor = TrustedRoot::anchor(root_bytes, &gun, &publisher.repository.limits)?;
        let remembered = RepositoryMemory { documents, ..RepositoryMemory::default() };
        let publication = publisher.verify_draft(artifact, anchor, remembered, &Scope::Everything).await?;
        Ok((publication, uploads))
    }
}
