use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::limits::Limits;

const LIMITS: Limits = Limits::DEFAULT;

fn blob(seed: &str) -> Blob {
    Blob::of(seed.as_bytes())
}

fn versioned(version: u64, seed: &str) -> Versioned {
    Versioned { version, blob: blob(seed) }
}

fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

fn sample() -> Artifact {
    let qa = Some(vec!["sha256/*/approvals".to_owned()]);
    Artifact {
        gun: Some("ghcr.io/acme/app".parse().unwrap()),
        created: Some("2026-11-20T17:00:00Z".parse().unwrap()),
        index: blob("index"),
        roots: [(1, blob("r1")), (2, blob("r2")), (10, blob("r10"))].into(),
        timestamp: blob("timestamp"),
        snapshot: versioned(41, "snapshot"),
        targets: versioned(3, "targets"),
        roles: [
            (role("repository"), RoleFile { file: versioned(40, "repository"), types: None }),
            (role("qa"), RoleFile { file: versioned(7, "qa"), types: qa }),
        ]
        .into(),
        indexes: [(role("qa"), blob("qa index"))].into(),
        statements: [blob("approved"), blob("{}")].map(|blob| (blob.digest, blob.size)).into(),
    }
}

/// The sample as JSON, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Artifact, ArtifactError> {
    let mut value: Value = serde_json::from_slice(&sample().build(&LIMITS).unwrap()).unwrap();
    change(&mut value);
    Artifact::parse(value.to_string().as_bytes(), MANIFEST, &LIMITS)
}

fn damage(change: impl FnOnce(&mut Value)) -> Damage {
    match changed(change).unwrap_err() {
        ArtifactError::Damaged(damage) => damage,
        other => panic!("{other:?}"),
    }
}

fn layer(media_type: &str, name: &str) -> Value {
    let blob = blob("another");
    let annotations = json!({"tuf.io/filename": name});
    json!({"mediaType": media_type, "digest": blob.digest, "size": blob.size, "annotations": annotations})
}

fn with(layer: Value) -> Damage {
    damage(|value| value["layers"].as_array_mut().unwrap().push(layer))
}

fn without(name: &str) -> Damage {
    damage(|value| {
        let layers = value["layers"].as_array_mut().unwrap();
        layers.retain(|layer| !layer["annotations"]["tuf.io/filename"].as_str().is_some_and(|n| n.ends_with(name)));
    })
}

#[test]
fn the_bytes_are_these() {
    insta::assert_snapshot!(String::from_utf8_lossy(&sample().build(&LIMITS).unwrap()));
}

#[test]
fn the_order_is_by_name_and_then_by_digest() {
    let value: Value = serde_json::from_slice(&sample().build(&LIMITS).unwrap()).unwrap();
    let layers = value["layers"].as_array().unwrap();
    let names: Vec<&str> = layers.iter().filter_map(|l| l["annotations"]["tuf.io/filename"].as_str()).collect();
    let expected = [
        "1.root.json",
        "10.root.json",
        "2.root.json",
        "3.targets.json",
        "40.repository.json",
        "41.snapshot.json",
        "7.qa.json",
        "timestamp.json",
        "_manifesto/qa",
    ];
    assert_eq!(names, expected);
    let statements: Vec<&str> = layers[names.len()..].iter().filter_map(|l| l["digest"].as_str()).collect();
    assert!(statements.len() == 2 && statements.is_sorted());
}

#[test]
fn every_role_and_blob_is_found() {
    let artifact = sample();
    for (name, seed) in [
        ("root", "r10"),
        ("timestamp", "timestamp"),
        ("snapshot", "snapshot"),
        ("targets", "targets"),
        ("repository", "repository"),
        ("qa", "qa"),
    ] {
        assert_eq!(artifact.metadata(&name.parse().unwrap()), Some(blob(seed)), "{name}");
    }
    assert_eq!(artifact.metadata(&role("trivy").into()), None);
    assert_eq!(artifact.index_of(&RoleName::repository()), Some(blob("index")));
    assert_eq!(artifact.index_of(&role("qa")), Some(blob("qa index")));
    assert_eq!(artifact.index_of(&role("trivy")), None);

    let value: Value = serde_json::from_slice(&artifact.build(&LIMITS).unwrap()).unwrap();
    let mut written: Vec<String> =
        value["layers"].as_array().unwrap().iter().map(|l| l["digest"].to_string()).collect();
    written.push(value["config"]["digest"].to_string());
    let mut listed: Vec<String> = artifact.blobs().map(|blob| json!(blob.digest).to_string()).collect();
    written.sort();
    listed.sort();
    assert_eq!(listed, written);
}

#[test]
fn another_image_is_not_ours() {
    let image = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blob("").digest, "size": 2},
    });
    match Artifact::parse(image.to_string().as_bytes(), MANIFEST, &LIMITS).unwrap_err() {
        ArtifactError::NotOurs { artifact_type: None, config_media_type: Some(config), .. } => {
            assert_eq!(config, "application/vnd.oci.image.config.v1+json");
        }
        other => panic!("{other:?}"),
    }
    for media_type in [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ] {
        let error = Artifact::parse(b"{}", media_type, &LIMITS).unwrap_err();
        assert!(matches!(error, ArtifactError::NotOurs { media_type: named, .. } if named == media_type));
    }
    let signature = changed(|value| value["artifactType"] = json!("application/vnd.dev.cosign.artifact.sig.v1+json"));
    assert!(matches!(signature, Err(ArtifactError::NotOurs { artifact_type: Some(_), .. })));
    let none = changed(|value| drop(value.as_object_mut().unwrap().remove("artifactType")));
    assert!(matches!(none, Err(ArtifactError::NotOurs { artifact_type: None, .. })));
}

#[test]
fn a_later_format_is_named() {
    let later = "application/vnd.manifesto.repository.v2+json";
    let error = changed(|value| *value = json!({"mediaType": MANIFEST, "artifactType": later})).unwrap_err();
    assert!(matches!(error, ArtifactError::UnknownVersion { artifact_type } if artifact_type == later));
}

#[test]
fn the_media_type_is_one() {
    let bytes = sample().build(&LIMITS).unwrap();
    for served in ["text/html", "application/json", "", "application/vnd.oci.image.manifest.v2+json"] {
        assert!(matches!(Artifact::parse(&bytes, served, &LIMITS), Err(ArtifactError::MediaType { .. })), "{served}");
    }
    let other = changed(|value| value["mediaType"] = json!("application/vnd.oci.image.index.v1+json"));
    assert!(matches!(other, Err(ArtifactError::MediaType { stated, .. }) if stated.contains("index")));
    let none = changed(|value| drop(value.as_object_mut().unwrap().remove("mediaType")));
    assert!(matches!(none, Err(ArtifactError::MediaType { stated, .. }) if stated.is_empty()));
}

#[test]
fn what_is_no_manifest_is_malformed() {
    let bytes = sample().build(&LIMITS).unwrap();
    let malformed =
        |bytes: &[u8]| matches!(Artifact::parse(bytes, MANIFEST, &LIMITS), Err(ArtifactError::Malformed(_)));
    for length in 0..bytes.len() {
        assert!(malformed(&bytes[..length]), "{length}");
    }
    assert!(malformed(b"<html></html>") && malformed(b"[]") && malformed(&[&*bytes, b"x"].concat()));
    assert!(malformed("[".repeat(1 << 20).as_bytes()));
    let repeated = String::from_utf8(bytes.to_vec()).unwrap().replacen('{', "{\"layers\":[],", 1);
    assert!(malformed(repeated.as_bytes()));
    for (field, bad) in [
        ("size", json!(-1)),
        ("size", json!(1.5)),
        ("digest", json!(format!("sha512:{}", "ab".repeat(64)))),
        ("digest", json!(blob("x").digest.to_string().to_uppercase())),
        ("digest", json!("../../etc/passwd")),
        ("annotations", json!({"tuf.io/filename": 1})),
    ] {
        let error = changed(|value| value["layers"][0][field] = bad.clone()).unwrap_err();
        assert!(matches!(error, ArtifactError::Malformed(_)), "{field} {bad}");
    }
    let twice = r#"{"tuf.io/filename":"a","tuf.io/filename":"#;
    let repeated = String::from_utf8(bytes.to_vec()).unwrap().replacen(r#"{"tuf.io/filename":"#, twice, 1);
    assert!(repeated.len() > bytes.len() && malformed(repeated.as_bytes()));
}

#[test]
fn a_name_stands_there_once() {
    assert_eq!(with(layer(TUF_METADATA, "2.root.json")), Damage::Repeated { name: "2.root.json".to_owned() });
    assert_eq!(with(layer(TUF_METADATA, "timestamp.json")), Damage::Repeated { name: "timestamp.json".to_owned() });
    assert_eq!(with(layer(INDEX, "_manifesto/qa")), Damage::Repeated { name: "_manifesto/qa".to_owned() });
    for (name, role, first) in
        [("4.targets.json", "targets", 3), ("1.snapshot.json", "snapshot", 41), ("8.qa.json", "qa", 7)]
    {
        let second = name.split('.').next().unwrap().parse().unwrap();
        assert_eq!(with(layer(TUF_METADATA, name)), Damage::TwoVersions { role: role.to_owned(), first, second });
    }
    assert_eq!(with(layer(INDEX, "_manifesto")), Damage::SecondIndex { role: RoleName::repository() });
}

#[test]
fn names_are_of_the_format() {
    for name in [
        "",
        "root.json",
        "targets.json",
        "3.timestamp.json",
        "0.root.json",
        "01.root.json",
        "+1.root.json",
        "-1.root.json",
        "1.root",
        "1.root.json.json",
        "1..json",
        "1.Qa.json",
        "1.../x.json",
        "../1.root.json",
        "18446744073709551616.root.json",
        "_manifesto/trivy",
    ] {
        assert_eq!(with(layer(TUF_METADATA, name)), Damage::FileName { name: name.to_owned() });
    }
    for name in
        ["", "qa", "_manifesto/", "_manifesto/repository", "_manifesto/root", "_manifesto/../x", "tags/1", "9.qa.json"]
    {
        assert_eq!(with(layer(INDEX, name)), Damage::FileName { name: name.to_owned() });
    }
    let digest = blob("another").digest;
    for media_type in [TUF_METADATA, INDEX] {
        let unnamed = json!({"mediaType": media_type, "digest": digest, "size": 7});
        assert_eq!(with(unnamed), Damage::Unnamed { digest });
    }
}

#[test]
fn types_are_of_the_format() {
    let other = "application/vnd.oci.image.layer.v1.tar+gzip";
    assert_eq!(with(layer(other, "1.x.json")), Damage::LayerType { media_type: other.to_owned() });
    let config = damage(|value| value["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json"));
    assert_eq!(config, Damage::Config { media_type: "application/vnd.oci.empty.v1+json".to_owned() });
    assert_eq!(damage(|value| value["schemaVersion"] = json!(1)), Damage::SchemaVersion(1));
}

#[test]
fn nothing_needed_is_missing() {
    for name in ["root", "timestamp", "snapshot", "targets"] {
        assert_eq!(without(&format!("{name}.json")), Damage::Missing { name });
    }
}

#[test]
fn sizes_are_bounded() {
    for (name, limit) in [("3.root.json", LIMITS.root_bytes), ("9.trivy.json", LIMITS.targets_bytes)] {
        let mut large = layer(TUF_METADATA, name);
        large["size"] = json!(limit + 1);
        assert_eq!(with(large), Damage::FileSize { name: name.to_owned(), size: limit + 1, limit });
    }
    for (number, limit) in
        [(3, LIMITS.targets_bytes), (5, LIMITS.snapshot_bytes), (7, LIMITS.timestamp_bytes), (8, LIMITS.index_bytes)]
    {
        assert!(changed(|value| value["layers"][number]["size"] = json!(limit)).is_ok(), "{number}");
        let found = damage(|value| value["layers"][number]["size"] = json!(limit + 1));
        assert!(matches!(found, Damage::FileSize { limit: bound, .. } if bound == limit), "{number}");
    }
    let config = damage(|value| value["config"]["size"] = json!(LIMITS.index_bytes + 1));
    assert!(matches!(config, Damage::FileSize { name, .. } if name == "_manifesto"));
    let statement = damage(|value| value["layers"][9]["size"] = json!(u64::MAX));
    assert!(matches!(statement, Damage::FileSize { size: u64::MAX, .. }));
}

#[test]
fn a_statement_has_one_size() {
    let (digest, size) = sample().statements.into_iter().next().unwrap();
    let again = |size: u64| json!({"mediaType": STATEMENT, "digest": digest, "size": size});
    assert_eq!(with(again(size + 1)), Damage::TwoSizes { digest, first: size, second: size + 1 });
    let same = changed(|value| value["layers"].as_array_mut().unwrap().push(again(size)));
    assert_eq!(same.unwrap(), sample());
}

#[test]
fn layers_are_bounded() {
    let count = sample().blobs().count() - 1;
    for (layers, fits) in [(count, true), (count - 1, false)] {
        let limits = Limits { layers, ..LIMITS };
        assert_eq!(sample().build(&limits).is_ok(), fits);
        let bytes = sample().build(&LIMITS).unwrap();
        let parsed = Artifact::parse(&bytes, MANIFEST, &limits);
        assert_eq!(matches!(parsed, Err(ArtifactError::Damaged(Damage::Layers { .. }))), !fits);
    }
}

#[test]
fn the_manifest_is_bounded_both_ways() {
    let mut artifact = sample();
    artifact.statements = (0..LIMITS.layers as u64).map(|n| (Digest::of(&n.to_be_bytes()), n)).collect();
    let bytes = artifact.build(&Limits { layers: 20_000, ..LIMITS }).unwrap();
    assert!(bytes.len() as u64 <= LIMITS.manifest_bytes, "the bound on layers keeps within that on bytes");

    let size = bytes.len() as u64;
    let limits = Limits { manifest_bytes: size - 1, layers: 20_000, ..LIMITS };
    assert!(
        matches!(artifact.build(&limits), Err(ArtifactError::TooLarge { size: s, limit }) if s == size && limit == size - 1)
    );
    assert!(matches!(Artifact::parse(&bytes, MANIFEST, &limits), Err(ArtifactError::TooLarge { .. })));
}

#[test]
fn what_readers_would_refuse_is_not_written() {
    let no_root = Artifact { roots: BTreeMap::new(), ..sample() };
    let zero = Artifact { targets: versioned(0, "targets"), ..sample() };
    let second_index = Artifact { indexes: [(RoleName::repository(), blob("x"))].into(), ..sample() };
    for artifact in [no_root, zero, second_index] {
        assert!(matches!(artifact.build(&LIMITS), Err(ArtifactError::Damaged(_))));
    }
}

#[test]
fn what_is_for_people_never_fails() {
    let artifact = changed(|value| {
        value["annotations"] = json!({"dev.manifesto.gun": "not / a name", "org.opencontainers.image.created": "soon"});
        value["layers"][6]["annotations"]["dev.manifesto.types"] = json!("[1");
    })
    .unwrap();
    assert_eq!((artifact.gun.as_ref(), artifact.created), (None, None));
    assert_eq!(artifact.roles[&role("qa")].types, None);
    let none = changed(|value| drop(value.as_object_mut().unwrap().remove("annotations"))).unwrap();
    assert_eq!(none.gun, None);
}

#[test]
fn unknown_fields_are_left_alone() {
    let artifact = changed(|value| {
        value["subject"] = json!({"digest": "x"});
        value["annotations"]["com.example"] = json!("x");
        value["layers"][0]["urls"] = json!(["https://example.com"]);
        value["layers"][0]["annotations"]["com.example"] = json!("x");
    });
    assert_eq!(artifact.unwrap(), sample());
}

fn any_blob() -> impl Strategy<Value = Blob> {
    (any::<u64>(), 0..LIMITS.root_bytes).prop_map(|(seed, size)| Blob { digest: Digest::of(&seed.to_be_bytes()), size })
}

fn any_role() -> impl Strategy<Value = RoleName> {
    "[a-z][a-z0-9_-]{0,62}".prop_filter_map("top-level", |name| name.parse().ok())
}

fn any_versioned() -> impl Strategy<Value = Versioned> {
    (1..=u64::MAX, any_blob()).prop_map(|(version, blob)| Versioned { version, blob })
}

prop_compose! {
    fn any_artifact()(
        named in any::<bool>(),
        created in proptest::option::of(0..4_000_000_000i64),
        index in any_blob(),
        roots in proptest::collection::btree_map(1..u64::MAX, any_blob(), 1..12),
        timestamp in any_blob(),
        snapshot in any_versioned(),
        targets in any_versioned(),
        roles in proptest::collection::btree_map(
            any_role(),
            (any_versioned(), proptest::option::of(proptest::collection::vec("\\PC*", 0..3))),
            0..6,
        ),
        indexes in proptest::collection::btree_map(any_role(), any_blob(), 0..6),
        statements in proptest::collection::vec((any_blob(), 0..i64::MAX as u64), 0..12),
    ) -> Artifact {
        Artifact {
            gun: named.then(|| "ghcr.io/acme/app".parse().unwrap()),
            created: created.map(|seconds| Timestamp::from_second(seconds).unwrap()),
            index, roots, timestamp, snapshot, targets,
            roles: roles.into_iter().map(|(name, (file, types))| (name, RoleFile { file, types })).collect(),
            indexes: indexes.into_iter().filter(|(name, _)| !name.is_repository()).collect(),
            statements: statements.into_iter().map(|(blob, size)| (blob.digest, size)).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(artifact in any_artifact()) {
        let bytes = artifact.build(&LIMITS).unwrap();
        let read = Artifact::parse(&bytes, MANIFEST, &LIMITS).unwrap();
        prop_assert_eq!(&read, &artifact);
        prop_assert_eq!(read.build(&LIMITS).unwrap(), bytes);
    }

    #[test]
    fn no_bytes_make_it_fail_otherwise(position in 0..2000usize, byte in any::<u8>()) {
        let mut bytes = sample().build(&LIMITS).unwrap().to_vec();
        let position = position % bytes.len();
        bytes[position] = byte;
        if let Ok(artifact) = Artifact::parse(&bytes, MANIFEST, &LIMITS) {
            let again = artifact.build(&LIMITS).unwrap();
            prop_assert_eq!(Artifact::parse(&again, MANIFEST, &LIMITS).unwrap(), artifact);
        }
    }
}
