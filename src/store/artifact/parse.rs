use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{
    ARTIFACT_TYPE, Artifact, ArtifactError, Blob, Damage, INDEX, MANIFEST, RoleFile, STATEMENT, TUF_METADATA,
    Versioned,
    file_name::FileName,
    wire::{Descriptor, Header, Manifest},
};
use crate::{
    limits::Limits,
    name::{Digest, Role, RoleName, TargetPath, TopLevelRole},
    oci::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX},
    time::Timestamp,
};

/// The prefix of the artifact types of all versions of this format.
const FAMILY: &str = "application/vnd.manifesto.repository.";

/// The media types of valid manifests that this artifact never has.
const OTHERS: [&str; 4] =
    [OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, "application/vnd.docker.distribution.manifest.v1+prettyjws"];

/// The largest size in an OCI descriptor, in bytes. It is a signed integer (OCI image specification).
const LARGEST: u64 = i64::MAX as u64;

impl Artifact {
    /// Parses a manifest that was served as `media_type`. This checks limits and names, but verifies nothing.
    ///
    /// # Errors
    /// [`ArtifactError`].
    pub fn parse(bytes: &[u8], media_type: &str, limits: &Limits) -> Result<Self, ArtifactError> {
        let size = bytes.len() as u64;
        if size > limits.manifest_bytes {
            return Err(ArtifactError::TooLarge { size, limit: limits.manifest_bytes });
        }
        if OTHERS.contains(&media_type) {
            let media_type = media_type.to_owned();
            return Err(ArtifactError::NotOurs { media_type, artifact_type: None, config_media_type: None });
        }
        if media_type != MANIFEST {
            return Err(ArtifactError::MediaType { served: media_type.to_owned(), stated: String::new() });
        }
        let header: Header = serde_json::from_slice(bytes).map_err(ArtifactError::Malformed)?;
        match header.artifact_type {
            Some(kind) if kind == ARTIFACT_TYPE => {}
            Some(artifact_type) if artifact_type.starts_with(FAMILY) => {
                return Err(ArtifactError::UnknownVersion { artifact_type });
            }
            artifact_type => {
                let config_media_type = header.config.and_then(|config| config.media_type);
                return Err(ArtifactError::NotOurs { media_type: media_type.into(), artifact_type, config_media_type });
            }
        }
        let stated = header.media_type.unwrap_or_default();
        if stated != media_type {
            return Err(ArtifactError::MediaType { served: media_type.to_owned(), stated });
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(ArtifactError::Malformed)?;
        Ok(collect(manifest, limits)?)
    }
}

fn collect(manifest: Manifest, limits: &Limits) -> Result<Artifact, Damage> {
    if manifest.schema_version != 2 {
        return Err(Damage::SchemaVersion(manifest.schema_version));
    }
    if manifest.config.media_type != INDEX {
        return Err(Damage::Config { media_type: manifest.config.media_type });
    }
    let count = manifest.layers.len();
    if count > limits.layers {
        return Err(Damage::Layers { count, limit: limits.layers });
    }
    let index = bounded(&manifest.config, &TargetPath::Index(RoleName::repository()).to_string(), limits.index_bytes)?;
    let mut layers = Layers::default();
    for layer in manifest.layers {
        match layer.media_type.as_str() {
            TUF_METADATA => layers.take_metadata(layer, limits)?,
            INDEX => layers.take_index(&layer, limits)?,
            STATEMENT => layers.take_statement(&layer)?,
            _ => return Err(Damage::LayerType { media_type: layer.media_type }),
        }
    }
    if layers.roots.is_empty() {
        return Err(Damage::Missing { name: "root" });
    }
    let created = manifest.annotations.created.and_then(|text| text.parse().ok());
    Ok(Artifact {
        gun: manifest.annotations.gun.and_then(|text| text.parse().ok()),
        created: created.map(Timestamp::whole_seconds),
        index,
        roots: layers.roots,
        timestamp: layers.timestamp.ok_or(Damage::Missing { name: "timestamp" })?,
        snapshot: layers.snapshot.ok_or(Damage::Missing { name: "snapshot" })?,
        targets: layers.targets.ok_or(Damage::Missing { name: "targets" })?,
        roles: layers.roles,
        indexes: layers.indexes,
        statements: layers.statements,
    })
}

/// The layers that were parsed so far.
#[derive(Default)]
struct Layers {
    names: BTreeSet<String>,
    roots: BTreeMap<u64, Blob>,
    timestamp: Option<Blob>,
    snapshot: Option<Versioned>,
    targets: Option<Versioned>,
    roles: BTreeMap<RoleName, RoleFile>,
    indexes: BTreeMap<RoleName, Blob>,
    statements: BTreeMap<Digest, u64>,
}

impl Layers {
    fn take_metadata(&mut self, layer: Descriptor, limits: &Limits) -> Result<(), Damage> {
        let name = self.new_name(&layer)?;
        let file: FileName = name.parse()?;
        let blob = bounded(&layer, &name, file.limit(limits))?;
        let (version, role) = match file {
            FileName::Timestamp => {
                self.timestamp = Some(blob);
                return Ok(());
            }
            FileName::Versioned(version, role) => (version, role),
        };
        let file = Versioned { version, blob };
        let before = match &role {
            Role::TopLevel(TopLevelRole::Root) => {
                self.roots.insert(version, blob);
                None
            }
            Role::TopLevel(TopLevelRole::Snapshot) => self.snapshot.replace(file),
            Role::TopLevel(TopLevelRole::Targets) => self.targets.replace(file),
            Role::TopLevel(TopLevelRole::Timestamp) => return Err(Damage::FileName { name }),
            Role::Delegated(delegated) => {
                let types = layer.annotations.types.and_then(|text| serde_json::from_str(&text).ok());
                self.roles.insert(delegated.clone(), RoleFile { file, types }).map(|role| role.file)
            }
        };
        match before {
            Some(first) => Err(Damage::TwoVersions { role: role.to_string(), first: first.version, second: version }),
            None => Ok(()),
        }
    }

    fn take_index(&mut self, layer: &Descriptor, limits: &Limits) -> Result<(), Damage> {
        let name = self.new_name(layer)?;
        match name.parse() {
            Ok(TargetPath::Index(role)) if role.is_repository() => Err(Damage::SecondIndex { role }),
            Ok(TargetPath::Index(role)) => {
                self.indexes.insert(role, bounded(layer, &name, limits.index_bytes)?);
                Ok(())
            }
            Ok(_) | Err(_) => Err(Damage::FileName { name }),
        }
    }

    fn take_statement(&mut self, layer: &Descriptor) -> Result<(), Damage> {
        let Blob { digest, size } = bounded(layer, &layer.digest.to_string(), LARGEST)?;
        match self.statements.entry(digest) {
            Entry::Occupied(entry) if *entry.get() != size => {
                Err(Damage::TwoSizes { digest, first: *entry.get(), second: size })
            }
            entry => {
                entry.or_insert(size);
                Ok(())
            }
        }
    }

    /// Returns the file name of a layer, and checks that no previous layer had it.
    fn new_name(&mut self, layer: &Descriptor) -> Result<String, Damage> {
        let name = layer.annotations.file_name.clone().ok_or(Damage::Unnamed { digest: layer.digest })?;
        if self.names.insert(name.clone()) { Ok(name) } else { Err(Damage::Repeated { name }) }
    }
}

fn bounded(descriptor: &Descriptor, name: &str, limit: u64) -> Result<Blob, Damage> {
    let (digest, size) = (descriptor.digest, descriptor.size);
    if size > limit { Err(Damage::FileSize { name: name.to_owned(), size, limit }) } else { Ok(Blob { digest, size }) }
}
