use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    ARTIFACT_TYPE, Artifact, ArtifactError, Blob, INDEX, MANIFEST, STATEMENT, TUF_METADATA, Versioned,
    file_name::FileName,
    wire::{Descriptor, LayerAnnotations, Manifest, ManifestAnnotations},
};
use crate::{
    limits::Limits,
    name::{Gun, TargetPath, TopLevelRole},
    time,
};

impl Artifact {
    /// The bytes of the manifest, which is stored as [`MANIFEST`]. The same artifact always has the same bytes.
    ///
    /// # Errors
    /// [`Artifact::parse`] would refuse the artifact, so it must not be written. [`ArtifactError::TooLarge`] if
    /// registries would refuse it.
    pub fn build(&self, limits: &Limits) -> Result<Bytes, ArtifactError> {
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: ARTIFACT_TYPE.to_owned(),
            config: descriptor(INDEX, self.index, LayerAnnotations::default()),
            layers: self.layers()?,
            annotations: ManifestAnnotations {
                gun: self.gun.as_ref().map(Gun::to_string),
                created: self.created.map(time::to_tuf),
            },
        };
        let bytes = serde_json::to_vec(&manifest).map_err(ArtifactError::Malformed)?;
        Self::parse(&bytes, MANIFEST, limits)?;
        Ok(bytes.into())
    }

    fn layers(&self) -> Result<Vec<Descriptor>, ArtifactError> {
        let mut metadata = BTreeMap::new();
        let named = |name: &FileName, types| LayerAnnotations { types, file_name: Some(name.to_string()) };
        let mut add = |name: FileName, blob: Blob, types: Option<String>| {
            metadata.insert(name.to_string(), descriptor(TUF_METADATA, blob, named(&name, types)));
        };
        for (version, blob) in &self.roots {
            add(FileName::Versioned(*version, TopLevelRole::Root.into()), *blob, None);
        }
        add(FileName::Timestamp, self.timestamp, None);
        for (role, Versioned { version, blob }) in
            [(TopLevelRole::Snapshot, self.snapshot), (TopLevelRole::Targets, self.targets)]
        {
            add(FileName::Versioned(version, role.into()), blob, None);
        }
        for (name, role) in &self.roles {
            let types = role.types.as_ref().map(serde_json::to_string).transpose().map_err(ArtifactError::Malformed)?;
            add(FileName::Versioned(role.file.version, name.clone().into()), role.file.blob, types);
        }
        let indexes = self.indexes.iter().map(|(role, blob)| {
            let file_name = Some(TargetPath::Index(role.clone()).to_string());
            descriptor(INDEX, *blob, LayerAnnotations { types: None, file_name })
        });
        let statements = self.statements.iter().map(|(digest, size)| {
            descriptor(STATEMENT, Blob { digest: *digest, size: *size }, LayerAnnotations::default())
        });
        Ok(metadata.into_values().chain(indexes).chain(statements).collect())
    }
}

fn descriptor(media_type: &str, blob: Blob, annotations: LayerAnnotations) -> Descriptor {
    Descriptor { annotations, ..Descriptor::new(media_type, blob.digest, blob.size) }
}
