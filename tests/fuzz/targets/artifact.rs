//! The manifest at the tag `_manifesto`.

use manifesto::{
    limits::Limits,
    name::{Role, TopLevelRole},
    store::artifact::{Artifact, MANIFEST},
};

/// Few layers, so that a small input can be too large.
const LAYERS: usize = 6;

/// What is accepted keeps to the bounds, and is read back as it was written.
pub(crate) fn run(data: &[u8]) -> bool {
    let limits = Limits::DEFAULT;
    let Ok(artifact) = Artifact::parse(data, MANIFEST, &limits) else { return false };
    check_bounds(&artifact, &limits);
    let tight = Limits { layers: LAYERS, root_bytes: 1000, ..limits.clone() };
    if let Ok(small) = Artifact::parse(data, MANIFEST, &tight) {
        assert_eq!(small, artifact);
        check_bounds(&small, &tight);
    }
    let bytes = artifact.build(&limits).unwrap();
    let back = Artifact::parse(&bytes, MANIFEST, &limits).unwrap();
    assert_eq!(back, artifact);
    assert_eq!(back.build(&limits).unwrap(), bytes);
    true
}

fn check_bounds(artifact: &Artifact, limits: &Limits) {
    // The index of `repository` is no layer.
    assert!(artifact.blobs().count() <= limits.layers + 1);
    assert!(artifact.index.size <= limits.index_bytes);
    assert!(artifact.indexes.values().all(|blob| blob.size <= limits.index_bytes));
    assert!(artifact.roots.iter().all(|(version, blob)| *version > 0 && blob.size <= limits.root_bytes));
    assert!(artifact.timestamp.size <= limits.timestamp_bytes);
    assert!(artifact.snapshot.version > 0 && artifact.snapshot.blob.size <= limits.snapshot_bytes);
    assert!(artifact.targets.version > 0 && artifact.targets.blob.size <= limits.targets_bytes);
    assert!(artifact.roles.values().all(|role| role.file.version > 0 && role.file.blob.size <= limits.targets_bytes));
    let newest = artifact.roots.last_key_value().map(|(_, blob)| *blob);
    assert!(newest.is_some() && artifact.metadata(&Role::TopLevel(TopLevelRole::Root)) == newest);
}
