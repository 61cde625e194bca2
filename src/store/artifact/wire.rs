//! The manifest as JSON. Fields are written in the order of their declaration, so the same value always has the same
//! bytes.

use serde::{Deserialize, Serialize};

use crate::oci;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) schema_version: u32,
    pub(super) media_type: String,
    pub(super) artifact_type: String,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    #[serde(default)]
    pub(super) annotations: ManifestAnnotations,
}

pub(super) type Descriptor = oci::Descriptor<LayerAnnotations>;

/// The annotations that this format defines for a blob.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LayerAnnotations {
    #[serde(rename = "dev.manifesto.types", default, skip_serializing_if = "Option::is_none")]
    pub(super) types: Option<String>,
    #[serde(rename = "tuf.io/filename", default, skip_serializing_if = "Option::is_none")]
    pub(super) file_name: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ManifestAnnotations {
    #[serde(rename = "dev.manifesto.gun", default, skip_serializing_if = "Option::is_none")]
    pub(super) gun: Option<String>,
    #[serde(rename = "org.opencontainers.image.created", default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<String>,
}

/// The fields of any manifest that show which program it belongs to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) media_type: Option<String>,
    pub(super) artifact_type: Option<String>,
    pub(super) config: Option<HeaderConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeaderConfig {
    pub(super) media_type: Option<String>,
}
