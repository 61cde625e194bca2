//! Reading where nothing is to be had yet: no registry, no layout, no pin.

use super::{Sandbox, assert_run};

#[test]
fn a_registry_that_is_not_there() {
    let run = Sandbox::new().run("get 127.0.0.1:1/app approvals");
    assert_eq!((run.code(), run.stdout()), (10, ""), "{}", run.stderr());
    assert!(run.stderr().contains("127.0.0.1:1"), "{}", run.stderr());
    let run = Sandbox::new().run("list 127.0.0.1:1/app --format json");
    let error: serde_json::Value = serde_json::from_str(run.stderr()).unwrap();
    assert_eq!((&error["error"]["exit_code"], &error["error"]["kind"]), (&10.into(), &"unreachable".into()));
}

#[test]
fn nothing_is_trusted_yet() {
    assert_run!(Sandbox::new().run("trust list"), @r"
    $ manifesto trust list
    exit code 0
    --- stderr
    This machine trusts no repository yet. `manifesto trust pin` changes that.
    ");
}

#[test]
fn forgetting_is_asked_about() {
    assert_run!(Sandbox::new().run("trust forget ghcr.io/acme/app"), @r"
    $ manifesto trust forget ghcr.io/acme/app
    exit code 2
    --- stderr
    error: there is nobody to ask: Stop trusting ghcr.io/acme/app, and forget what was verified of it?
    hint: Answer with --yes.
    ");
    assert_run!(Sandbox::new().run("trust forget ghcr.io/acme/app --yes"), @r"
    $ manifesto trust forget ghcr.io/acme/app --yes
    exit code 0
    --- stderr
    There was no pin for ghcr.io/acme/app.
    ");
    assert_run!(Sandbox::new().run("trust forget ghcr.*/acme/* --yes"), @r"
    $ manifesto trust forget ghcr.*/acme/* --yes
    exit code 2
    --- stderr
    error: 'ghcr.*/acme/*' is not a pattern of repository names: a registry, then a path in which '*' stands for part of a segment
    ");
}

#[test]
fn keys_from_the_configuration_are_listed() {
    let sandbox = Sandbox::new();
    let text = format!("[repository.\"ghcr.io/acme/*\"]\nroot_keys = [\"sha256:{}\"]\n", "ab".repeat(32));
    sandbox.write(".config/manifesto/config.toml", text);
    assert_run!(sandbox.run("trust list"), @r"
    $ manifesto trust list
    exit code 0
    --- stdout
    ghcr.io/acme/*  root key abababababab
    ");
}

#[test]
fn a_root_that_is_none() {
    let sandbox = Sandbox::new();
    assert_run!(sandbox.run("get oci:app approvals --as ghcr.io/acme/app --root nowhere.json"), @r"
    $ manifesto get oci:app approvals --as ghcr.io/acme/app --root nowhere.json
    exit code 2
    --- stderr
    error: cannot read the root nowhere.json
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn a_state_directory_that_is_a_file() {
    let mut sandbox = Sandbox::new();
    let path = sandbox.write("file", "");
    sandbox.set("MANIFESTO_STATE_DIR", path.display().to_string());
    let run = sandbox.run("trust list");
    assert_eq!((run.code(), run.stdout()), (2, ""), "{}", run.stderr());
    assert!(run.stderr().contains(&path.display().to_string()), "{}", run.stderr());
}
