//! The main job with the real binary, once over a registry and once over a layout on disk.

use std::{fs, path::Path};

use manifesto::name::Digest;
use notary_dev::fixtures;
use serde_json::Value;

use super::{Run, Sandbox, job::Job};

fn both(test: impl Fn(Job)) {
    test(Job::layout());
    test(Job::registry());
}

/// A machine with keys in encrypted files.
pub(super) fn machine() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let keys = sandbox.path("keys").display().to_string();
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{keys}"));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    sandbox
}

/// Puts a layout with the images on the machine's disk, and returns its name as a repository.
pub(super) fn copy_image(machine: &Sandbox) -> String {
    let folder = machine.path("layout");
    copy(&fixtures::image(), &folder);
    format!("oci:{}", folder.display())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(super) fn done(run: Run) -> Run {
    assert_eq!(run.code(), 0, "{}", run.transcript());
    run
}

/// A run that failed with `code`, said `words`, and left stdout empty.
pub(super) fn refused(run: &Run, code: i32, words: &str) {
    assert_eq!((run.code(), run.stdout()), (code, ""), "{}", run.transcript());
    assert!(run.stderr().contains(words), "{}", run.transcript());
}

fn json(run: &Run) -> Value {
    serde_json::from_str(run.stdout()).unwrap()
}

#[test]
fn init_makes_keys_a_backup_and_a_pin() {
    both(|job| {
        let made = job.init();
        let said = made.stderr();
        assert_eq!(made.stdout(), "");
        for line in [
            "Made root, repository and timestamp keys \"alice\" in file:",
            "Keep app.backup elsewhere: without it, a lost laptop is a lost repository.\n",
            &format!("manifesto trust pin {} {}", job.repository, job.fingerprint()),
            "Renew by ",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
        assert!(job.owner.path("app.backup").is_file());
        assert_eq!(job.owner.run("key list").stdout().lines().count(), 3);
        let again = format!("init {} --as {}", job.repository, job.identity);
        refused(&job.owner.run(&again), 2, "has signed metadata already");
        assert_eq!(job.owner.run("key list").stdout().lines().count(), 3);
    });
}

#[test]
fn a_backup_never_takes_the_place_of_a_file() {
    let job = Job::layout();
    job.owner.write("app.backup", "the only copy of other keys");
    let line = format!("init {} --as {} --backup app.backup", job.repository, job.identity);
    refused(&job.owner.run(&line), 2, "app.backup");
    assert_eq!(fs::read(job.owner.path("app.backup")).unwrap(), b"the only copy of other keys");
    assert_eq!(job.owner.run("key list").stdout(), "");
    refused(&job.owner.run(&format!("list {}", job.image("1.4"))), 6, "not trusted");
}

#[test]
fn put_says_what_the_original_tool_said() {
    both(|job| {
        job.init();
        job.owner.write("ok.json", "{}");
        let image = job.image("1.4");
        let said = |run: Run| {
            assert_eq!(run.stdout(), "");
            let lines: Vec<String> = run.stderr().lines().map(str::to_owned).collect();
            lines.into_iter().filter(|line| !line.starts_with("Keys: ") && !line.contains(" is sha256:")).collect()
        };
        let put = |kind: &str, text: &str| -> Vec<String> {
            said(done(job.owner.run_args(&["put", &image, kind, "--text", text])))
        };
        let stored = |kind: &str, text: &str| {
            format!("Metadata '{kind}' for '{image}' stored at {}", Digest::of(text.as_bytes()))
        };
        let repository = &job.identity;
        assert_eq!(
            put("something", "a"),
            [
                format!("Storing metadata 'something' for '{image}'"),
                stored("something", "a"),
                format!("Creating new manifesto for {repository}"),
                format!("Adding 'something' metadata to manifesto for '{image}'"),
            ]
        );
        assert_eq!(
            put("other", "b")[2..],
            [
                format!("Updating manifesto for {repository}"),
                format!("Adding 'other' metadata to manifesto for '{image}'"),
            ]
        );
        assert_eq!(
            put("other", "c")[1..],
            [
                stored("other", "c"),
                format!("Updating manifesto for {repository}"),
                format!("Replacing 'other' metadata in manifesto for '{image}'"),
            ]
        );
        let list = done(job.owner.run(&format!("list {image}")));
        assert_eq!(list.stdout(), "    other\n    something\n");
        assert_eq!(list.stderr(), format!("Metadata types stored for image '{image}':\n"));
    });
}

#[test]
fn a_statement_comes_from_a_file_a_text_stdin_or_another_image() {
    both(|job| {
        job.init();
        let (owner, image) = (&job.owner, job.image("1.4"));
        let large: Vec<u8> = (0..3 << 20).map(|i: u32| (i % 251) as u8).collect();
        owner.write("scan.sarif", "{\"runs\":[]}");
        owner.write("large.bin", &large);
        owner.write("empty", "");
        let get = |image: &str, kind: &str| done(owner.run_args(&["get", image, kind])).output.stdout;
        for (kind, content, args) in [
            ("file", b"{\"runs\":[]}".as_slice(), vec!["scan.sarif"]),
            ("large", &large, vec!["large.bin"]),
            ("empty", b"", vec!["empty"]),
            ("text", b"--yes", vec!["--text", "--yes"]),
            ("one / two ..", b"x", vec!["--text", "x"]),
        ] {
            done(owner.run_args(&[vec!["put", &image, kind], args].concat()));
            assert!(get(&image, kind) == content, "{kind}");
        }
        for (kind, content) in [("stdin", b"from a pipe".as_slice()), ("large stdin", &large)] {
            done(owner.run_with_stdin(&["put", &image, kind, "-"], content));
            assert!(get(&image, kind) == content, "{kind}");
        }
        let noted = ["put", &image, "note", "scan.sarif", "--annotation", "a=1", "--annotation", "b=2", "--ttl", "30d"];
        done(owner.run_args(&noted));
        let next = job.image("1.5");
        done(owner.run_args(&["put", &next, "note", "--from", &image, "--annotation", "b=3"]));
        done(owner.run_args(&["put", &next, "large", "--from", &image]));
        assert!(get(&next, "large") == large);
        let statement = |image: &str| {
            json(&done(owner.run_args(&["get", image, "note", "--digest", "--format", "json"])))["statements"][0]
                .clone()
        };
        let (from, to) = (statement(&image), statement(&next));
        for field in ["digest", "media_type", "title", "expires"] {
            assert_eq!(from[field], to[field], "{field}");
        }
        assert_eq!(from["media_type"], "application/sarif+json");
        assert_eq!(from["title"], "scan.sarif");
        assert_eq!(to["annotations"], serde_json::json!({"a": "1", "b": "3"}));
        let missing = owner.run_args(&["put", &next, "none", "--from", &image]);
        refused(&missing, 3, "there is no 'none'");
    });
}

#[test]
fn nothing_is_asked_of_a_registry_before_the_statement_can_be_read() {
    let owner = machine();
    owner.write("folder/file", "");
    for file in ["missing.json", "folder"] {
        refused(&owner.run(&format!("put 127.0.0.1:1/app approvals {file}")), 2, file);
    }
    let put = |args: &[&str]| owner.run_args(&[&["put", "127.0.0.1:1/app", "t", "--text", "x"], args].concat());
    refused(&put(&["--annotation", "a=two\nlines"]), 2, "control characters");
    refused(&put(&["--annotation", "a=u\u{308}"]), 2, "normal form");
    refused(&put(&["--media-type", "json"]), 2, "TYPE/SUBTYPE");
    refused(&owner.run("put 127.0.0.1:1/app t --from 127.0.0.1:1/web"), 2, "same repository");
}

#[test]
fn the_configuration_may_ask_for_digests() {
    let owner = machine();
    owner.write(".config/manifesto/config.toml", "[repository.\"127.0.0.1:1/*\"]\nput_by_digest_only = true\n");
    refused(&owner.run("put 127.0.0.1:1/app t --text x"), 2, "named without a digest");
    let digest = Digest::of(b"");
    refused(&owner.run(&format!("put 127.0.0.1:1/app@{digest} t --text x")), 10, "127.0.0.1:1");
}

#[test]
fn put_makes_trust_data_only_if_told() {
    both(|job| {
        let image = job.image("1.4");
        let identity = format!("--as {}", job.identity);
        let put = format!("put {image} approvals --text yes {identity}");
        refused(&job.owner.run(&put), 6, "manifesto init");
        assert_eq!(job.owner.run("key list").stdout(), "");
        refused(
            &job.owner.run(&format!("put {} t --text yes --init {identity}", job.image("none"))),
            13,
            "no such image",
        );
        assert_eq!(job.owner.run("key list").stdout(), "");
        let begun = done(job.owner.run(&format!("{put} --init")));
        assert!(begun.stderr().contains("Made root, repository and timestamp keys \"owner\""), "{}", begun.stderr());
        assert!(begun.stderr().contains("There is no backup"), "{}", begun.stderr());
        done(job.owner.run(&format!("{put} --init")));
        assert_eq!(job.owner.run("key list").stdout().lines().count(), 3);
        // Where there is trust data of someone else's, --init makes none and trusts none.
        let stranger = machine();
        refused(&stranger.run(&format!("{put} --init")), 6, "not trusted on this machine");
        assert_eq!(stranger.run("key list").stdout(), "");
    });
}

#[test]
fn what_was_got_is_exact_and_explained() {
    both(|job| {
        let job = job.begun();
        let (owner, image) = (&job.owner, job.image("1.4"));
        done(owner.run(&format!("put {image} ..seccomp --text {{}}")));
        let got = done(owner.run(&format!("get {image} approvals")));
        assert_eq!((got.stdout(), got.stderr()), ("approved", ""));
        done(owner.run(&format!("get {image} approvals -o new/folder/file")));
        assert_eq!(fs::read(owner.path("new/folder/file")).unwrap(), b"approved");
        done(owner.run(&format!("get {image} approvals ..seccomp --to all")));
        assert_eq!(fs::read(owner.path("all/approvals")).unwrap(), b"approved");
        assert_eq!(fs::read(owner.path("all/=2E.seccomp")).unwrap(), b"{}");
        let digest = Digest::of(b"approved");
        assert_eq!(done(owner.run(&format!("get {image} approvals --digest"))).stdout(), format!("{digest}\n"));

        let verified = done(owner.run(&format!("get {image} approvals --verify")));
        assert_eq!(verified.stdout(), "approved");
        for words in ["Verified for ", "by alice for repository", "as the registry reports", "made here sha256:"] {
            assert!(verified.stderr().contains(words), "{words}\n{}", verified.stderr());
        }
        let mut command = owner.command();
        command.env("MANIFESTO_VERIFY", "1").args(["list", &image]);
        let listed = command.output().unwrap();
        assert!(String::from_utf8(listed.stderr).unwrap().contains("Verified for "));

        let report = json(&done(owner.run(&format!("get {image} approvals --to all --format json"))));
        assert_eq!(report["schema"], "dev.manifesto.get/v1");
        assert_eq!(report["trust"]["repository"], job.identity.as_str());
        assert_eq!(report["statements"][0]["digest"], digest.to_string());
        assert_eq!(report["statements"][0]["signers"][0]["name"], "alice");
        assert_eq!(report["image"]["asked"], image.as_str());
    });
}

#[test]
fn lists() {
    both(|job| {
        let job = job.begun();
        let owner = &job.owner;
        done(owner.run(&format!("put {} sbom --text x --ttl 30d", job.image("1.4"))));
        done(owner.run(&format!("put {} sbom --text y", job.image("1.5"))));
        let long = done(owner.run(&format!("list {} --long", job.image("1.4"))));
        let lines: Vec<&str> = long.stdout().lines().collect();
        assert!(
            lines[0].starts_with("    approvals  8 B  ") && lines[0].ends_with("never expires  alice"),
            "{lines:?}"
        );
        assert!(lines[1].starts_with("    sbom       1 B  ") && lines[1].contains("until "), "{lines:?}");
        let all = done(owner.run(&format!("list --all-images {}", job.repository)));
        assert_eq!(all.stdout().lines().filter(|line| line.starts_with(&job.repository)).count(), 2);
        assert_eq!(all.stdout().lines().filter(|line| *line == "    sbom").count(), 2);
        let all = json(&done(owner.run(&format!("list --all-images {} --format json", job.repository))));
        assert_eq!(all["images"].as_array().unwrap().len(), 2);
        let none = done(owner.run(&format!("list {}@{}", job.repository, job.digest("multi"))));
        assert_eq!(none.stdout(), "");
        assert!(none.stderr().starts_with("No metadata stored for image"), "{}", none.stderr());
        refused(&owner.run(&format!("list {}", job.image("none"))), 13, "no such image");
    });
}

#[test]
fn what_is_deleted_is_gone() {
    both(|job| {
        let job = job.begun();
        let image = job.image("1.4");
        refused(&job.owner.run(&format!("delete {image} approvals")), 2, "--yes");
        assert_eq!(done(job.owner.run(&format!("get {image} approvals"))).stdout(), "approved");
        let deleted = done(job.owner.run(&format!("delete {image} approvals --yes")));
        assert!(deleted.stderr().contains(&format!("Deleted 'approvals' metadata from manifesto for '{image}'")));
        refused(&job.owner.run(&format!("get {image} approvals")), 3, "there is no 'approvals'");
        refused(&job.owner.run(&format!("delete {image} approvals --yes")), 3, "there is no 'approvals'");
        let failure = job.owner.run(&format!("get {image} approvals --digest --format json"));
        let error: Value = serde_json::from_str(failure.stderr()).unwrap();
        assert_eq!((&error["error"]["exit_code"], &error["error"]["kind"]), (&3.into(), &"no_statement".into()));
    });
}

#[test]
fn upkeep_of_several_repositories_ends_with_the_gravest() {
    both(|job| {
        let job = job.begun();
        let (owner, repository) = (&job.owner, &job.repository);
        let status = done(owner.run(&format!("status {repository}")));
        assert!(status.stdout().contains("good; renew by ") && status.stdout().contains("1 statement"), "{status:?}");
        assert_eq!(owner.run(&format!("status {repository} --within 30d")).code(), 5);
        let refresh = done(owner.run(&format!("refresh {repository}")));
        assert!(refresh.stdout().contains("nothing due until "), "{refresh:?}");
        let two = owner.run(&format!("status 127.0.0.1:1/app {repository} --format json"));
        let report = json(&two);
        assert_eq!((two.code(), &report["exit_code"]), (10, &10.into()));
        assert_eq!(report["repositories"][0]["error"]["kind"], "unreachable");
        assert_eq!(report["repositories"][1]["due"], false);
        let two = owner.run(&format!("refresh 127.0.0.1:1/app {repository} --format json"));
        assert_eq!((two.code(), &json(&two)["repositories"][1]["renewed"]), (10, &Value::Array(Vec::new())));
    });
}

#[test]
fn inspect_and_doctor_look_at_all_of_it() {
    both(|job| {
        let job = job.begun();
        let inspected = done(job.owner.run(&format!("inspect {}", job.repository)));
        for words in [job.identity.as_str(), "1 statement about 1 image", "single", "snapshot", "timestamp"] {
            assert!(inspected.stdout().contains(words), "{words}\n{}", inspected.stdout());
        }
        let report = json(&done(job.owner.run(&format!("inspect {} --format json", job.repository))));
        assert_eq!((&report["statements"], &report["roles"][0]["version"]), (&1.into(), &1.into()));
        let doctor = done(job.owner.run(&format!("doctor {} --format json", job.repository)));
        for check in json(&doctor)["checks"].as_array().unwrap() {
            assert_eq!(check["finding"], "right", "{check}");
        }
        assert!(!doctor.stdout().contains("correct horse"));
        let doctor = machine().run(&format!("doctor {}", job.repository));
        assert!(doctor.stdout().contains("doubt  pin"), "{}", doctor.stdout());
    });
}

#[test]
fn another_machine_believes_nothing_until_it_is_told_whom() {
    both(|job| {
        let job = job.begun();
        let (repository, fingerprint) = (&job.repository, job.fingerprint());
        let get = format!("get {} approvals", job.image("1.4"));
        let stranger = machine();
        refused(&stranger.run(&get), 6, &format!("manifesto trust pin {repository} {fingerprint}"));
        refused(&stranger.run(&format!("list {}", job.image("1.4"))), 6, "not trusted on this machine");
        refused(&stranger.run(&format!("{get} --verify")), 6, "not trusted on this machine");

        let other = Digest::of(b"another root");
        refused(&stranger.run(&format!("trust pin {repository} {other}")), 6, "expected");
        refused(&stranger.run(&format!("trust pin {repository}")), 6, &fingerprint);
        refused(&stranger.run(&get), 6, "not trusted");
        let pinned = done(stranger.run(&format!("trust pin {repository} {fingerprint} --as {}", job.identity)));
        assert!(pinned.stderr().starts_with("Trusted from now on: "), "{}", pinned.stderr());
        assert_eq!(done(stranger.run(&get)).stdout(), "approved");
        let again = done(stranger.run(&format!("trust pin {repository} {fingerprint}")));
        assert!(again.stderr().starts_with("Already trusted: "), "{}", again.stderr());
        done(stranger.run(&format!("trust forget {repository} --yes")));
        refused(&stranger.run(&get), 6, "not trusted");
    });
}

#[test]
fn trust_is_handed_over_as_a_root_a_first_use_or_a_key() {
    both(|job| {
        let job = job.begun();
        let repository = &job.repository;
        let get = format!("get {} approvals", job.image("1.4"));
        done(job.owner.run(&format!("trust export {repository} -o root.json")));
        let root = job.owner.path("root.json").display().to_string();

        let by_root = machine();
        assert_eq!(done(by_root.run(&format!("{get} --root {root}"))).stdout(), "approved");
        refused(&by_root.run(&get), 6, "not trusted");
        done(by_root.run(&format!("trust pin {repository} --root {root}")));
        assert_eq!(done(by_root.run(&get)).stdout(), "approved");
        by_root.write("not-a-root", "{}");
        assert_eq!(machine().run(&format!("trust pin {repository} --root {root}x")).code(), 2);
        refused(&by_root.run(&format!("trust pin {repository} --root not-a-root")), 4, "root");

        let first = machine();
        assert_eq!(done(first.run(&format!("{get} --trust-first-use"))).stdout(), "approved");
        assert_eq!(done(first.run(&get)).stdout(), "approved");
        assert!(first.run("trust list").stdout().contains("trusted on first use"));

        let by_key = machine();
        let keys = json(&done(job.owner.run("key list --format json")));
        let id = |role: &str| {
            let keys = keys["keys"].as_array().unwrap();
            keys.iter().find(|key| key["role"] == role).unwrap()["keyid"].as_str().unwrap().to_owned()
        };
        let (host, _) = job.identity.split_once('/').unwrap();
        let pattern = format!("{host}/acme/*");
        for (role, believed) in [("timestamp", false), ("root", true)] {
            let pem = done(job.owner.run(&format!("key show {}", id(role)))).stdout().to_owned();
            by_key.write("key.pub", pem);
            done(by_key.run_args(&["trust", "pin", &pattern, "--key", "key.pub"]));
            let got = by_key.run(&format!("{get} --as {}", job.identity));
            assert_eq!((got.code(), got.stdout()), if believed { (0, "approved") } else { (6, "") }, "{got:?}");
        }
        assert!(by_key.run("trust list").stdout().contains(&pattern));
        refused(&by_key.run_args(&["trust", "pin", &pattern]), 2, "--key");
        by_key.write("key.pub", "no key");
        refused(&by_key.run_args(&["trust", "pin", &pattern, "--key", "key.pub"]), 2, "key.pub");
    });
}

#[test]
fn who_has_no_key_cannot_sign() {
    both(|job| {
        let job = job.begun();
        let reader = machine();
        done(reader.run(&format!("trust pin {} {}", job.repository, job.fingerprint())));
        refused(&reader.run(&format!("put {} approvals --text no", job.image("1.4"))), 11, "no key");
        let mut thief = machine();
        thief.set("MANIFESTO_KEY_STORE", format!("file:{}", job.owner.path("keys").display()));
        thief.set("MANIFESTO_PASSPHRASE", "wrong");
        done(thief.run(&format!("trust pin {} {}", job.repository, job.fingerprint())));
        refused(&thief.run(&format!("put {} approvals --text no", job.image("1.4"))), 11, "passphrase");
        assert_eq!(done(reader.run(&format!("get {} approvals", job.image("1.4")))).stdout(), "approved");
    });
}

#[test]
fn a_platform_s_own_image_is_spoken_about() {
    both(|job| {
        let job = job.begun();
        let image = job.image("multi");
        done(job.owner.run(&format!("put {image} approvals --text arm --platform linux/arm64")));
        refused(&job.owner.run(&format!("get {image} approvals")), 3, "there is no");
        let got = done(job.owner.run(&format!("get {image} approvals --platform linux/arm64")));
        assert_eq!(got.stdout(), "arm");
        refused(&job.owner.run(&format!("get {image} approvals --platform linux/s390x")), 13, "linux/s390x");
    });
}
