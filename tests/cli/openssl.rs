//! Exported keys, as OpenSSL reads them.

use std::process::Command;

use super::{Sandbox, assert_run, key_export::sandbox};

fn openssl_public(sandbox: &Sandbox, file: &str, passphrase: &str) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["pkey", "-pubout", "-passin", &format!("pass:{passphrase}"), "-in"]).arg(sandbox.path(file));
    String::from_utf8(openssl.output().unwrap().stdout).unwrap()
}

#[test]
fn what_is_exported_opens_with_openssl_and_comes_back() {
    let mut sandbox = sandbox();
    let public = sandbox.run("key show ci").stdout().to_owned();
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "battery staple");
    assert_run!(sandbox.run("key export ci -o ci.key"), @r#"
    $ manifesto key export ci -o ci.key
    exit code 0
    --- stderr
    Wrote key "ci", encrypted, to ci.key. Anyone with its passphrase can sign as ci.
    "#);
    assert_eq!(openssl_public(&sandbox, "ci.key", "battery staple"), public);
    assert_eq!(openssl_public(&sandbox, "ci.key", "correct horse"), "");
    assert_run!(sandbox.run("key export ci -o ci.key"), @r"
    $ manifesto key export ci -o ci.key
    exit code 2
    --- stderr
    error: cannot write the key ci.key
      caused by: entity already exists
    ");

    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("other").display()));
    sandbox.set("MANIFESTO_PASSPHRASE", "battery staple");
    let back = sandbox.run("key import ci.key");
    assert_eq!((back.code(), back.stdout()), (0, public.as_str()), "{}", back.stderr());
    assert_eq!(sandbox.run("key show ci").stdout(), public);
}

#[test]
fn plain_text_is_written_only_by_name_and_never_to_a_stream() {
    let sandbox = sandbox();
    assert_run!(sandbox.run("key export ci -o ci.key --plaintext"), @r#"
    $ manifesto key export ci -o ci.key --plaintext
    exit code 0
    --- stderr
    Wrote key "ci" in PLAIN TEXT to ci.key. Anyone who reads it can sign as ci.
    "#);
    let text = std::fs::read_to_string(sandbox.path("ci.key")).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{text}");
    assert_eq!(openssl_public(&sandbox, "ci.key", ""), sandbox.run("key show ci").stdout());
    assert_run!(sandbox.run("key export ci -o - --plaintext"), @r"
    $ manifesto key export ci -o - --plaintext
    exit code 2
    --- stderr
    error: a private key in plain text is written to a file only
    ");
    let piped = sandbox.run("key export ci -o -");
    assert_eq!(piped.code(), 0, "{}", piped.stderr());
    assert!(piped.stdout().contains("BEGIN ENCRYPTED PRIVATE KEY") && !piped.stderr().contains("PRIVATE"), "{piped:?}");
}
