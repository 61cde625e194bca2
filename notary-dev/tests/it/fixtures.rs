//! The fixture images, as registries and other people's tools take them.

use std::process::Command;

use hyper::{Method, StatusCode};
use notary_dev::{
    debian::DebianRegistry,
    fixtures,
    push::{PushError, Target},
};

fn skopeo(arguments: &[&str]) -> String {
    let output = Command::new("skopeo").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_registry_takes_each_image_and_skopeo_finds_the_same() {
    let registry = DebianRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "acme/app");
    for name in ["1.4", "1.5", "multi"] {
        let digest = target.layout(&fixtures::image(), name, name).await.unwrap();
        let head = target.ask(Method::HEAD, &format!("manifests/{name}")).await.unwrap();
        assert_eq!((head.status, head.header("docker-content-digest")), (StatusCode::OK, digest.as_str()));
        let there = skopeo(&[
            "inspect",
            "--tls-verify=false",
            "--raw",
            &format!("docker://{}/acme/app:{name}", registry.address()),
        ]);
        let here = skopeo(&["inspect", "--raw", &format!("oci:{}:{name}", fixtures::image().display())]);
        assert_eq!(there, here);
    }
    let config = skopeo(&[
        "inspect",
        "--tls-verify=false",
        "--config",
        &format!("docker://{}/acme/app:multi", registry.address()),
    ]);
    assert!(config.contains("diff_ids"), "{config}");
}

#[tokio::test]
async fn the_original_tools_image_holds_its_index() {
    let registry = DebianRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "acme/app");
    target.layout(&fixtures::original(), "manifesto", "_manifesto").await.unwrap();
    let copied = tempfile::tempdir().unwrap();
    let source = format!("docker://{}/acme/app:_manifesto", registry.address());
    let manifest = skopeo(&["inspect", "--tls-verify=false", "--raw", &source]);
    assert!(manifest.contains("application/vnd.docker.image.rootfs.diff.tar.gzip"));
    skopeo(&["copy", "--quiet", "--src-tls-verify=false", &source, &format!("dir:{}", copied.path().display())]);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().replace("sha256:", "");
    let data = Command::new("tar").arg("-xzOf").arg(copied.path().join(layer)).arg("data").output().unwrap();
    assert_eq!(data.stdout, std::fs::read(fixtures::original().join("data.json")).unwrap());
}

#[tokio::test]
async fn a_name_that_the_layout_lacks_is_an_error() {
    let error = Target::anonymous("127.0.0.1:1", "app").layout(&fixtures::image(), "none", "none").await.unwrap_err();
    assert!(matches!(error, PushError::NoSuchImage { name, .. } if name == "none"));
}
