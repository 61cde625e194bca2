//! Keys of other tools, brought in from files that these tools wrote (`fixtures/keys`).

use super::{Sandbox, assert_run};

fn sandbox(fixtures: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.path("keys").display().to_string();
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{folder}"));
    sandbox.set("MANIFESTO_PASSPHRASE", "passphrase");
    for name in fixtures {
        sandbox.write(name, fixture(name));
    }
    sandbox
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn each_form_comes_in_under_its_name() {
    let files = [
        ("ed25519.INSECURE", "ed25519.pub"),
        ("p256-scrypt.INSECURE", "p256.pub"),
        ("p256-sec1-aes256.INSECURE", "p256-sec1.pub"),
        ("ssh-bcrypt.INSECURE", "ssh-as-pem.pub"),
    ];
    let sandbox = sandbox(&files.map(|(name, _)| name));
    for (name, public) in files {
        let run = sandbox.run(&format!("key import {name}"));
        assert_eq!((run.code(), run.stdout()), (0, fixture(public).as_str()), "{name}: {}", run.stderr());
        let stem = name.strip_suffix(".INSECURE").unwrap();
        assert_eq!(sandbox.run(&format!("key show {stem}")).stdout(), fixture(public), "{name}");
    }
    assert_run!(sandbox.run("key import ed25519.INSECURE --format json"), @"");
}

#[test]
fn a_key_s_role_is_what_the_flags_say_and_else_what_was_known() {
    let mut sandbox = sandbox(&["notary-targets.INSECURE"]);
    sandbox.write("targets.pass", "targpass01\n");
    assert_run!(sandbox.run("key import notary-targets.INSECURE --name app --passphrase-file targets.pass"), @"");
    let roles = |sandbox: &Sandbox| {
        let list: serde_json::Value = serde_json::from_str(sandbox.run("key list --format json").stdout()).unwrap();
        let key = &list["keys"][0];
        format!("{} {} {}", key["name"], key["role"], key["repository"])
    };
    assert_eq!(roles(&sandbox), r#""app" null null"#);
    let believed = sandbox.run("key import notary-targets.INSECURE --yes --passphrase-file targets.pass");
    assert_eq!((believed.code(), believed.stderr().contains("warning")), (0, false), "{}", believed.stderr());
    assert_eq!(roles(&sandbox), r#""app" "targets" "localhost:5000/vectors/app""#);
    let told = "--role repository --repository ghcr.io/acme/app --passphrase-file targets.pass";
    assert_eq!(sandbox.run(&format!("key import notary-targets.INSECURE --yes {told}")).code(), 0);
    assert_eq!(roles(&sandbox), r#""app" "repository" "ghcr.io/acme/app""#);
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    assert_eq!(sandbox.run("key import notary-targets.INSECURE --role root").code(), 2);
}

#[test]
fn a_wrong_passphrase_brings_nothing_in() {
    let mut sandbox = sandbox(&["p256-scrypt.INSECURE"]);
    sandbox.set("MANIFESTO_PASSPHRASE", "another");
    assert_run!(sandbox.run("key import p256-scrypt.INSECURE"), @"");
    assert!(!sandbox.path("keys").exists());
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    assert_run!(sandbox.run("key import p256-scrypt.INSECURE"), @"");
}

#[test]
fn what_is_no_key_that_signs_here_says_what_it_is() {
    let sandbox = sandbox(&["rsa-1024.INSECURE", "p384.INSECURE", "p256.pub", "p256.INSECURE", "ssh.INSECURE"]);
    assert_run!(sandbox.run("key import rsa-1024.INSECURE"), @"");
    assert_run!(sandbox.run("key import p384.INSECURE"), @"");
    assert_run!(sandbox.run("key import p256.pub"), @"");
    let whole = fixture("p256.INSECURE");
    sandbox.write("cut.pem", &whole[..100]);
    assert_run!(sandbox.run("key import cut.pem"), @"");
    sandbox.write("two.pem", whole + &fixture("ssh.INSECURE"));
    assert_run!(sandbox.run("key import two.pem"), @"");
    assert_run!(sandbox.run("key import nowhere"), @"");
    assert!(!sandbox.path("keys").exists());
}

#[test]
fn two_keys_do_not_share_a_name() {
    let sandbox = sandbox(&["p256.INSECURE", "ssh.INSECURE"]);
    assert_eq!(sandbox.run("key import p256.INSECURE --name ci").code(), 0);
    assert_run!(sandbox.run("key import ssh.INSECURE --name ci"), @"");
    sandbox.write("Ünnamed.pem", fixture("ssh.INSECURE"));
    assert_run!(sandbox.run("key import Ünnamed.pem"), @"");
}
