use crate::name::{Digest, RoleName};

/// Why a manifest is not read, or not written, as the artifact `_manifesto`.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// A proper manifest that something else made, such as the image that the original tool keeps under this tag. It
    /// is not to be overwritten.
    #[error("this is not a repository of signed metadata but another {} ({media_type})", shown(artifact_type.as_ref()))]
    NotOurs {
        /// The manifest's media type.
        media_type: String,
        /// The type of artifact that it says it is; none where it is an image.
        artifact_type: Option<String>,
        /// The media type of its config, if it has one.
        config_media_type: Option<String>,
    },
    /// The artifact in a version of its format that this tool does not know.
    #[error("the signed metadata is in a format that is not known here: {artifact_type}")]
    UnknownVersion {
        /// The type of artifact that it says it is.
        artifact_type: String,
    },
    /// Larger than any valid one.
    #[error("the manifest has {size} bytes, more than {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// Served as something that no manifest is, or as another type than it says itself.
    #[error("the manifest was served as '{served}' and says it is '{stated}'")]
    MediaType {
        /// The media type that it was served with.
        served: String,
        /// The media type in it, empty if there is none.
        stated: String,
    },
    /// No JSON, or fields are missing or of another kind.
    #[error("the manifest is malformed")]
    Malformed(#[source] serde_json::Error),
    /// It is the artifact, but what it lists is not as it must be.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// What is wrong with what an artifact lists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Another version of the manifest's schema than 2.
    #[error("the manifest has schema version {0}, not 2")]
    SchemaVersion(u32),
    /// The config is no index.
    #[error("the manifest's config is '{media_type}', not an index")]
    Config {
        /// Its media type.
        media_type: String,
    },
    /// More layers than the bound.
    #[error("the manifest lists {count} layers, more than {limit}")]
    Layers {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A layer of a type that this format does not have.
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
    /// A file name that this format does not have.
    #[error("the manifest lists a file of unknown name '{name}'")]
    FileName {
        /// The name.
        name: String,
    },
    /// A file name that stands there twice.
    #[error("the manifest lists '{name}' more than once")]
    Repeated {
        /// The name.
        name: String,
    },
    /// Two versions of one role, of which only the current one belongs here.
    #[error("the manifest lists versions {first} and {second} of '{role}'")]
    TwoVersions {
        /// The role.
        role: String,
        /// The one.
        first: u64,
        /// The other.
        second: u64,
    },
    /// An index in the place of the config's: that of `repository` is the config.
    #[error("the manifest lists an index of '{role}' beside its config")]
    SecondIndex {
        /// The role.
        role: RoleName,
    },
    /// A file that is said to be larger than any valid one.
    #[error("the manifest lists '{name}' with {size} bytes, more than {limit}")]
    FileSize {
        /// The file's name, or the statement's digest.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// One blob with two sizes.
    #[error("the manifest lists {digest} with {first} bytes and with {second}")]
    TwoSizes {
        /// The blob.
        digest: Digest,
        /// The one size in bytes.
        first: u64,
        /// The other size in bytes.
        second: u64,
    },
    /// A file without which there is no signed metadata.
    #[error("the manifest lists no {name}")]
    Missing {
        /// What is missing: `root`, `timestamp`, `snapshot` or `targets`.
        name: &'static str,
    },
}

fn shown(artifact_type: Option<&String>) -> String {
    artifact_type.map_or_else(|| "image".to_owned(), |kind| format!("artifact of type '{kind}'"))
}
