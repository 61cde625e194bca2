//! The demo's own honesty: it has to notice a `manifesto` that is wrong. The stand-ins are scripts that do the main job
//! as far as the demo can see it, without any of its work.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use notary_dev::{
    demo::{self, DemoError},
    fixtures,
};

/// Runs the demo with a script that answers `get` after the first three times, which are the main job, with `then`.
async fn demo_with(then: &str) -> (Result<(), DemoError>, String) {
    let directory = tempfile::tempdir().unwrap();
    let statements = fixtures::directory().join("statements");
    let script = format!(
        r#"#!/bin/sh
case $1 in
list) printf '    approvals\n    seccomp\n    trivy\n' ;;
get)
    count=$(cat count 2>/dev/null || echo 0)
    echo $((count + 1)) >count
    [ "$count" -lt 3 ] || {{ {then}; }}
    case $4 in approvals) file=approval ;; *) file=$4 ;; esac
    exec cat '{}'/$file.json ;;
*) echo "did $1" >&2 ;;
esac
"#,
        statements.display()
    );
    let program: PathBuf = directory.path().join("manifesto");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut out = Vec::new();
    let result = demo::run(&program, &mut out).await;
    (result, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_manifesto_that_believes_everything_is_noticed() {
    let (result, out) = demo_with(":").await;
    let error = result.unwrap_err();
    assert!(
        matches!(error, DemoError::Believed { attack: "a swapped statement", code: Some(0), stdout: 201 }),
        "{error}"
    );
    assert!(out.contains("did put") && out.contains("== Attack: a swapped statement"), "{out}");
}

#[tokio::test]
async fn a_refusal_that_writes_to_stdout_is_noticed() {
    let error = demo_with("echo x; exit 4").await.0.unwrap_err();
    assert!(matches!(error, DemoError::Believed { code: Some(4), stdout: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_noticed() {
    let error = demo_with("exit 10").await.0.unwrap_err();
    assert!(matches!(error, DemoError::Believed { code: Some(10), stdout: 0, .. }), "{error}");
}

#[tokio::test]
async fn a_right_refusal_is_told_and_a_missing_publication_ends_the_demo() {
    let (result, out) = demo_with("echo refused >&2; exit 4").await;
    assert!(out.contains("    refused\nRefused with exit code 4; stdout is empty.\n"), "{out}");
    assert!(matches!(result.unwrap_err(), DemoError::Unexpected("manifest")));
}
