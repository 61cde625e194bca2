use crate::name::{Digest, RoleName};

/// Why a manifest cannot be read or written as the artifact `_manifesto`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The manifest is valid but from another program, such as the image that the original tool keeps at this tag. It
    /// must not be overwritten.
    #[error("this is not signed metadata of manifesto but another {} ({media_type})", shown(artifact_type.as_ref()))]
    NotOurs {
        /// The manifest's media type.
        media_type: String,
        /// The type of the artifact, or `None` for an image.
        artifact_type: Option<String>,
        /// The media type of its config, if it has one.
        config_media_type: Option<String>,
    },
    /// The artifact has a version of the format that this build does not support.
    #[error("the format of the signed metadata is not supported: {artifact_type}")]
    UnknownVersion {
        /// The type of the artifact.
        artifact_type: String,
    },
    /// The manifest is larger than any valid one.
    #[error("the manifest has {size} bytes, more than {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The manifest was served with a media type that is not one of a manifest or not its own.
    #[error("the manifest was served as '{served}' but states '{stated}'")]
    MediaType {
        /// The media type in the response.
        served: String,
        /// The media type in the manifest, or empty if it has none.
        stated: String,
    },
    /// The manifest is not JSON, or fields are missing or malformed.
    #[error("the manifest is malformed")]
    Malformed(#[source] serde_json::Error),
    /// The manifest is the artifact, but its list is invalid.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// What is wrong with the list of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The schema version of the manifest is not 2.
    #[error("the manifest has schema version {0}, not 2")]
    SchemaVersion(u32),
    /// The config is not an index.
    #[error("the manifest's config is '{media_type}', not an index")]
    Config {
        /// Its media type.
        media_type: String,
    },
    /// The manifest has too many layers.
    #[error("the manifest lists {count} layers, more than {limit}")]
    Layers {
        /// The number of layers.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A layer has a type that this format does not have.
    #[error("the manifest lists a layer of unknown type '{media_type}'")]
    LayerType {
        /// Its media type.
        media_type: String,
    },
    /// A layer that needs a file name has none.
    #[error("the manifest lists {digest} without a file name")]
    Unnamed {
        /// The layer.
        digest: Digest,
    },
    /// A file has a name that this format does not have.
    #[error("the manifest lists a file of unknown name '{name}'")]
    FileName {
        /// The name.
        name: String,
    },
    /// Two layers have the same file name.
    #[error("the manifest lists '{name}' more than once")]
    Repeated {
        /// The name.
        name: String,
    },
    /// The manifest lists two versions of one role, but only the current one is allowed.
    #[error("the manifest lists versions {first} and {second} of '{role}'")]
    TwoVersions {
        /// The role.
        role: String,
        /// The first version.
        first: u64,
        /// The second version.
        second: u64,
    },
    /// The manifest lists an index of `repository` as a layer, although that index is the config.
    #[error("the manifest lists an index of '{role}' beside its config")]
    SecondIndex {
        /// The role.
        role: RoleName,
    },
    /// A file is listed with a size that is larger than any valid one.
    #[error("the manifest lists '{name}' with {size} bytes, more than {limit}")]
    FileSize {
        /// The file's name, or the statement's digest.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// One blob is listed with two sizes.
    #[error("the manifest lists {digest} with {first} bytes and with {second}")]
    TwoSizes {
        /// The blob.
        digest: Digest,
        /// The first size in bytes.
        first: u64,
        /// The second size in bytes.
        second: u64,
    },
    /// A required file is not listed.
    #[error("the manifest lists no {name}")]
    Missing {
        /// The missing document: `root`, `timestamp`, `snapshot` or `targets`.
        name: &'static str,
    },
}

fn shown(artifact_type: Option<&String>) -> String {
    artifact_type.map_or_else(|| "image".to_owned(), |kind| format!("artifact of type '{kind}'"))
}
