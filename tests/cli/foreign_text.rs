//! Text that somebody else chose, from the registry to the terminal.

use std::{fs, path::Path};

use manifesto::{name::Digest, text::deceives};
use serde_json::{Value, json};

use super::{
    Run, Sandbox,
    job::Job,
    main_job::{done, machine},
};

/// A type that looks like `approvals` to whoever reads it on a terminal, and is another.
const LOOKS_LIKE: &str = "approv\u{2800}\u{e0100}als\u{3164}\u{202e}";

/// Checks that nothing in what a person sees would deceive them.
#[track_caller]
fn assert_seen(run: &Run) {
    for stream in [run.stdout(), run.stderr()] {
        let left: Vec<char> = stream.chars().filter(|letter| *letter != '\n' && deceives(*letter)).collect();
        assert!(left.is_empty(), "{left:?} in {}", run.transcript());
    }
}

/// [⚔]
/// Whoever may sign statements of any type signs one whose name looks like another's: in every place where it is shown
/// it is shown as what it is.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-injection
#[test]
fn a_type_that_looks_like_another_is_told_apart() {
    let job = Job::layout().begun();
    let image = job.image("1.4");
    let (owner, repository) = (&job.owner, &job.repository);
    let annotation = format!("note{LOOKS_LIKE}=x{LOOKS_LIKE}");
    let run = |args: &[&str]| {
        let run = owner.run_args(args);
        assert_seen(&run);
        assert!(!run.stderr().contains("panicked"), "{}", run.transcript());
        run
    };
    done(run(&["put", &image, LOOKS_LIKE, "--text", "rejected", "--annotation", &annotation]));
    let escaped = r"approv\u{2800}\u{e0100}als\u{3164}\u{202e}";
    for line in [&["list", &image][..], &["list", &image, "--long"], &["list", repository, "--all-images"]] {
        assert!(done(run(line)).stdout().contains(escaped), "{line:?}");
    }
    assert!(done(run(&["list", &image, "--verify"])).stderr().contains(escaped));
    assert!(done(run(&["get", &image, LOOKS_LIKE, "--verify"])).stderr().contains(escaped));
    for line in [&["inspect", repository][..], &["status", repository], &["doctor", repository]] {
        assert_eq!(run(line).code(), 0, "{line:?}");
    }
    let listed = done(run(&["list", &image, "--format", "json"]));
    let listed: Value = serde_json::from_str(listed.stdout()).unwrap();
    assert_eq!(listed["statements"][1]["type"], LOOKS_LIKE, "a program reads what was signed");
    // Errors of every kind that names a type, an image, a key or a file.
    for (code, args) in [
        (3, &["get", &image, "trivy\u{2800}"][..]),
        (3, &["get", &image, "trivy\u{2800}", "--format", "json", "-o", "x"]),
        (2, &["get", "acme/\u{2800}app", "trivy"]),
        (2, &["get", &image, "\u{2800}", "--nonsense\u{202e}"]),
        (2, &["put", &image, "x", "file\u{202e}\u{2800}"]),
        (11, &["key", "show", "key\u{2800}\u{fe0f}"]),
        (2, &["help", "\u{2800}"]),
        (2, &["sign", repository, "file\u{2800}"]),
        (2, &["list", &image, "--config", "no\u{2800}where"]),
    ] {
        let run = run(args);
        assert_eq!(run.code(), code, "{}", run.transcript());
        assert!(run.stderr().contains(r"\u"), "{}", run.transcript());
    }
    done(run(&["delete", &image, LOOKS_LIKE, "--yes"]));
}

/// [⚔] A root is as large as it may be, a mebibyte, and one field is all of it: the error shows its beginning.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-flood
#[test]
fn a_megabyte_in_a_field_does_not_flood_a_terminal() {
    let job = Job::layout().begun();
    let folder = job.owner.path("layout");
    let large = format!("\u{202e}{}", "A".repeat((1 << 20) - 1024));
    list_root(&folder, &json!({ "signed": { "_type": large, "spec_version": "1.0" }, "signatures": [] }));
    for format in ["text", "json"] {
        let run = job.owner.run(&format!("get {} approvals --format {format} -o out", job.image("1.4")));
        assert_eq!((run.code(), run.stdout()), (4, ""), "{}", &run.stderr()[..2000]);
        assert_seen(&run);
        assert!(run.stderr().contains("root metadata has the wrong type '") && run.stderr().contains("AAAA"));
        assert!(run.stderr().chars().count() < 1000, "{}", run.stderr().len());
    }
    let status = job.owner.run(&format!("status {}", job.repository));
    assert!(status.stdout().contains("FAILED: ") && status.stdout().chars().count() < 1000);
    assert_seen(&status);
}

/// Lists a second root in the publication of a layout.
fn list_root(layout: &Path, document: &Value) {
    let put = |bytes: &[u8]| {
        let digest = Digest::of(bytes);
        fs::write(layout.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
        digest.to_string()
    };
    let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let mut index = read(&layout.join("index.json"));
    let entries = index["manifests"].as_array_mut().unwrap();
    let name = "org.opencontainers.image.ref.name";
    let entry = entries.iter_mut().find(|entry| entry["annotations"][name] == "manifesto").unwrap();
    let digest = entry["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    let mut manifest = read(&layout.join("blobs/sha256").join(digest));
    let root = serde_json::to_vec(document).unwrap();
    let layer = json!({
        "mediaType": "application/vnd.tuf.metadata+json",
        "digest": put(&root),
        "size": root.len(),
        "annotations": { "tuf.io/filename": "2.root.json" },
    });
    let layers = manifest["layers"].as_array_mut().unwrap();
    let behind =
        |layer: &Value| layer["annotations"]["tuf.io/filename"].as_str().is_none_or(|name| name > "2.root.json");
    let at = layers.iter().position(behind).unwrap();
    layers.insert(at, layer);
    let manifest = serde_json::to_vec(&manifest).unwrap();
    entry["digest"] = put(&manifest).into();
    entry["size"] = manifest.len().into();
    fs::write(layout.join("index.json"), serde_json::to_vec(&index).unwrap()).unwrap();
}

/// What is traced is text from outside too.
#[test]
fn what_is_traced_is_escaped() {
    let sandbox: Sandbox = machine();
    let run = sandbox.run_args(&["get", "127.0.0.1:1/app", "x\u{202e}", "-vv"]);
    assert_eq!(run.code(), 10, "{}", run.transcript());
    assert!(run.stderr().lines().count() > 1, "{}", run.transcript());
    assert_seen(&run);
}
