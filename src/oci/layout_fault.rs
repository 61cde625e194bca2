/// What is wrong with a layout, or with content to be stored in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutFault {
    /// The folder has files but no `oci-layout`.
    #[error("is not an OCI image layout: it has files, but no file 'oci-layout'")]
    NotALayout,
    /// `oci-layout` does not state version 1.0.0.
    #[error("is not an OCI image layout of version 1.0.0")]
    Version,
    /// `index.json` is malformed.
    #[error("is not the index of an OCI image layout: {0}")]
    Index(String),
    /// Two entries of `index.json` have the same ref name.
    #[error("names '{0}' more than once")]
    Ambiguous(String),
    /// A path of the layout is a link or a device, or a folder instead of a file.
    #[error("is not a regular file or folder of the layout")]
    Odd,
    /// The tag cannot be written as a ref name.
    #[error("cannot store the tag '{0}', which is not a valid ref name of a layout")]
    RefName(String),
    /// The bytes are not a manifest of one of the four types.
    #[error("stores only image manifests and indexes as manifests")]
    NotAManifest,
    /// Another process holds the lock.
    #[error("is locked by another process")]
    Locked,
}
