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
    assert_run!(sandbox.run("key import ed25519.INSECURE --format json"), @r#"
    $ manifesto key import ed25519.INSECURE --format json
    exit code 0
    --- stdout
    {"schema":"dev.manifesto.key-import/v1","exit_code":0,"key":{"name":"ed25519","keyid":"a957f756f5cb6f28bb61f2aa4bf42598add12a40587dadc9788fae06b1d558ae","key_type":"ed25519","role":null,"repository":null,"store":"file:$HOME/keys"},"form":"PKCS#8","present":true,"public_key":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAwF5f2ywOxwu9PU6kDMeSLKO6a39pOTshGkNvHY+mC38=\n-----END PUBLIC KEY-----\n","warnings":[]}
    "#);
}

#[test]
fn a_key_s_role_is_what_the_flags_say_and_else_what_was_known() {
    let mut sandbox = sandbox(&["notary-targets.INSECURE"]);
    sandbox.write("targets.pass", "targpass01\n");
    assert_run!(sandbox.run("key import notary-targets.INSECURE --name app --passphrase-file targets.pass"), @r#"
    $ manifesto key import notary-targets.INSECURE --name app --passphrase-file targets.pass
    exit code 0
    --- stdout
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8+/RhSDFRASMG6JYH5U5g8WPlZ6o
    uUBkellf7rb2Mn6sPfnnAfDQQjAijctr36ccoPrgMX70nxoNBqPBthbTcg==
    -----END PUBLIC KEY-----
    --- stderr
    The ecdsa key "app" (encrypted PKCS#8) is now in file:$HOME/keys; its public half is on stdout.
    warning: the file names it the targets key of localhost:5000/vectors/app, which was not recorded: use --role and --repository
    "#);
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
    assert_run!(sandbox.run("key import p256-scrypt.INSECURE"), @r"
    $ manifesto key import p256-scrypt.INSECURE
    exit code 11
    --- stderr
    error: cannot import p256-scrypt.INSECURE
      caused by: wrong passphrase
    hint: If it is not that of the key store, --passphrase-file names a file that holds it.
    ");
    assert!(!sandbox.path("keys").exists());
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    assert_run!(sandbox.run("key import p256-scrypt.INSECURE"), @r"
    $ manifesto key import p256-scrypt.INSECURE
    exit code 11
    --- stderr
    error: p256-scrypt.INSECURE needs a passphrase
      caused by: there is nobody to ask for the passphrase
    hint: Set MANIFESTO_PASSPHRASE, or MANIFESTO_PASSPHRASE_FILE to a file that holds it.
    ");
}

#[test]
fn what_is_no_key_that_signs_here_says_what_it_is() {
    let sandbox = sandbox(&["rsa-1024.INSECURE", "p384.INSECURE", "p256.pub", "p256.INSECURE", "ssh.INSECURE"]);
    assert_run!(sandbox.run("key import rsa-1024.INSECURE"), @r"
    $ manifesto key import rsa-1024.INSECURE
    exit code 2
    --- stderr
    error: cannot import rsa-1024.INSECURE
      caused by: keys of kind 'RSA' are not supported, only ed25519 and ecdsa (P-256)
    ");
    assert_run!(sandbox.run("key import p384.INSECURE"), @r"
    $ manifesto key import p384.INSECURE
    exit code 2
    --- stderr
    error: cannot import p384.INSECURE
      caused by: keys of kind 'elliptic curves other than P-256' are not supported, only ed25519 and ecdsa (P-256)
    ");
    assert_run!(sandbox.run("key import p256.pub"), @r"
    $ manifesto key import p256.pub
    exit code 2
    --- stderr
    error: cannot import p256.pub
      caused by: there is no private key in it, only a 'PUBLIC KEY'
    ");
    let whole = fixture("p256.INSECURE");
    sandbox.write("cut.pem", &whole[..100]);
    assert_run!(sandbox.run("key import cut.pem"), @r"
    $ manifesto key import cut.pem
    exit code 2
    --- stderr
    error: cannot import cut.pem
      caused by: cut off: a PEM block is incomplete
    ");
    sandbox.write("two.pem", whole + &fixture("ssh.INSECURE"));
    assert_run!(sandbox.run("key import two.pem"), @r"
    $ manifesto key import two.pem
    exit code 2
    --- stderr
    error: cannot import two.pem
      caused by: there are 2 private keys in it, but only one can be imported at a time
    ");
    sandbox.write("notes.txt", "no key at all\n");
    assert_run!(sandbox.run("key import notes.txt"), @r"
    $ manifesto key import notes.txt
    exit code 2
    --- stderr
    error: cannot import notes.txt
      caused by: there is no private key in it
    ");
    sandbox.write("noise.pem", "-----BEGIN PRIVATE KEY-----\nbm8ga2V5IGF0IGFsbA==\n-----END PRIVATE KEY-----\n");
    assert_run!(sandbox.run("key import noise.pem"), @r"
    $ manifesto key import noise.pem
    exit code 2
    --- stderr
    error: cannot import noise.pem
      caused by: malformed private key
    ");
    assert_run!(sandbox.run("key import nowhere"), @r"
    $ manifesto key import nowhere
    exit code 2
    --- stderr
    error: cannot read the key nowhere
      caused by: No such file or directory (os error 2)
    ");
    assert!(!sandbox.path("keys").exists());
}

#[test]
fn two_keys_do_not_share_a_name() {
    let sandbox = sandbox(&["p256.INSECURE", "ssh.INSECURE"]);
    assert_eq!(sandbox.run("key import p256.INSECURE --name ci").code(), 0);
    assert_run!(sandbox.run("key import ssh.INSECURE --name ci"), @r#"
    $ manifesto key import ssh.INSECURE --name ci
    exit code 2
    --- stderr
    error: there is another key "ci" already
    hint: Give it another name with --name.
    "#);
    sandbox.write("Ünnamed.pem", fixture("ssh.INSECURE"));
    assert_run!(sandbox.run("key import Ünnamed.pem"), @r"
    $ manifesto key import Ünnamed.pem
    exit code 2
    --- stderr
    error: Ünnamed.pem gives no name for the key
    hint: Give one with --name.
    ");
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn a_person_may_mistype_a_passphrase_twice() {
    let mut sandbox = sandbox(&["notary-targets.INSECURE"]);
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "new one");
    let line = "key import notary-targets.INSECURE --name app";
    let (code, shown) = sandbox.run_at_terminal(line, "a\nb\nc\ntargpass01\n");
    assert_eq!((code, shown.matches("Please try again").count()), (11, 2), "{shown}");
    assert!(!sandbox.path("keys").exists());

    let (code, shown) = sandbox.run_at_terminal(line, "a\nb\ntargpass01\ny\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("calls it the targets key of localhost:5000/vectors/app. Record that? [y/N]"), "{shown}");
    assert!(shown.contains(", for targets of localhost:5000/vectors/app;"), "{shown}");
    sandbox.set("MANIFESTO_PASSPHRASE", "new one");
    assert_eq!(sandbox.run("key export app -o app.key").code(), 0);
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn key_stores_and_backups_ask_three_times_as_well() {
    let mut sandbox = sandbox(&[]);
    assert_eq!(sandbox.run("key generate ci").code(), 0);
    assert_eq!(sandbox.run("key backup -o all.backup").code(), 0);
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "new one");
    for line in ["key restore all.backup --key-store file:other", "key export ci -o ci.key"] {
        let (code, shown) = sandbox.run_at_terminal(line, "a\nb\nc\npassphrase\n");
        assert_eq!((code, shown.matches("Please try again").count()), (11, 2), "{line}: {shown}");
        assert!(shown.contains("wrong passphrase for the "), "{line}: {shown}");
        let (code, shown) = sandbox.run_at_terminal(line, "a\nb\npassphrase\n");
        assert_eq!((code, shown.matches("Please try again").count()), (0, 2), "{line}: {shown}");
    }
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn what_the_file_says_of_its_key_is_not_recorded_against_a_person_s_will() {
    let sandbox = sandbox(&["notary-plain.INSECURE"]);
    let (code, shown) = sandbox.run_at_terminal("key import notary-plain.INSECURE --name app", "n\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("which was not recorded") && !shown.contains(", for targets"), "{shown}");
}
