//! Help pages, manual pages and completions: all from one tree of verbs.

use std::collections::BTreeSet;

use super::{Sandbox, assert_run};

/// Every verb there is, as words: each has a manual page, so none can be forgotten here.
pub(super) fn verbs(sandbox: &Sandbox) -> BTreeSet<String> {
    let run = sandbox.run("man pages");
    assert_eq!((run.code(), run.stdout(), run.stderr()), (0, "", ""));
    let pages = std::fs::read_dir(sandbox.path("pages")).unwrap();
    let names = pages.map(|page| page.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".1").unwrap().replace('-', " ").replacen("manifesto", "", 1)).collect()
}

#[test]
fn reference() {
    let sandbox = Sandbox::new();
    let mut reference = String::new();
    for verb in verbs(&sandbox) {
        let run = sandbox.run(&format!("{verb} --help"));
        assert_eq!((run.code(), run.stderr()), (0, ""), "{verb}");
        reference += &run.transcript();
        reference += "\n";
    }
    insta::assert_snapshot!("reference", reference);
}

#[test]
fn help_about_a_verb_is_the_verb_s_help() {
    let sandbox = Sandbox::new();
    for verb in verbs(&sandbox) {
        let (flag, topic) = (sandbox.run(&format!("{verb} --help")), sandbox.run(&format!("help {verb}")));
        assert_eq!(flag.stdout(), topic.stdout(), "{verb}");
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let sandbox = Sandbox::new();
    let verbs = verbs(&sandbox);
    for verb in ["", " put", " trust pin", " key backup", " doctor"] {
        assert!(verbs.contains(verb), "{verb}: {verbs:?}");
    }
    let page = std::fs::read_to_string(sandbox.path("pages/manifesto-put.1")).unwrap();
    assert!(page.contains("Store and sign a statement about an image"), "{page}");
}

#[test]
fn exit_codes() {
    assert_run!(Sandbox::new().run("help exit-codes"), @r#"
    $ manifesto help exit-codes
    exit code 0
    --- stdout
    How manifesto ends:

        0  done; the answer is yes (an empty, verified list is 0)
        1  unexpected failure
        2  wrong usage
           for a script: fix the set-up
        3  verified: there is no statement of that type about this image
           for a script: the answer is no
        4  verification failed: signature, hash, threshold, version or binding; possibly an attack
           for a script: no
        5  metadata or statement expired, too old for --max-age or --fresh, or dated in the future
           for a script: no
        6  not trusted: no pin, or the pin does not match
           for a script: no
        7  a requirement is not met (missing, too old, too few signers, policy)
           for a script: no
        8  conflict: others changed the same, or kept publishing; readers may have seen the attempt
           for a script: look, then try again
        9  the registry refused us (401, 403, read-only)
           for a script: fix the set-up
       10  the registry could not be reached, or not within --timeout
           for a script: try again
       11  this machine cannot sign: no key, locked, wrong passphrase, or the type is delegated to another role
           for a script: fix the set-up
       12  recorded as a proposal, not in force: signatures are missing, or a publisher
       13  the registry has no such image (this is not signed: never treat it as "no statement")
           for a script: fix the set-up
      130  interrupted

    If several apply, the gravest decides: 4 6 5 7 3 9 13 10.
    "#);
}

/// What a script may rest on is written once, and shown twice.
#[test]
fn the_readme_has_the_same_exit_codes() {
    let readme = include_str!("../../README.md");
    let table =
        readme.split_once("\n## Exit codes\n").unwrap().1.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let mut written = String::new();
    for row in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, code, meaning, script, _] = cells[..] else { panic!("{row}") };
        written += &format!("{code:>5}  {}\n", meaning.replace('`', ""));
        if !script.is_empty() {
            written += &format!("       for a script: {script}\n");
        }
    }
    let help = Sandbox::new().run("help exit-codes");
    let (_, rest) = help.stdout().split_once("\n\n").unwrap();
    let (codes, gravity) = rest.split_once("\n\n").unwrap();
    assert_eq!(written.trim_end(), codes);
    let order = gravity.trim_end().rsplit(": ").next().unwrap();
    assert!(readme.contains(&format!("Where several apply, the gravest: {order}")), "{order}");
}

#[test]
fn environment() {
    assert_run!(Sandbox::new().run("help environment"), @r"
    $ manifesto help environment
    exit code 0
    --- stdout
    Environment variables that manifesto reads. An empty variable counts as not set.

      MANIFESTO_CONFIG           configuration file, instead of the user's own
      MANIFESTO_STATE_DIR        folder for pins and the last verified metadata
      MANIFESTO_KEY_STORE        where keys are kept: keyring, file:DIR or a PKCS#11 URI
      MANIFESTO_TOKEN            PKCS#11 URI of a token with further keys
      MANIFESTO_CA_FILE          certificates to trust for registries, as PEM, besides the system's
      MANIFESTO_NO_INPUT         set: never ask; a question becomes an error
      MANIFESTO_VERIFY           set: every get and list as with --verify
      MANIFESTO_KEY              one encrypted signing key as PEM, for CI
      MANIFESTO_KEY_FILE         file with that key
      MANIFESTO_PASSPHRASE       passphrase of an encrypted key, key store or backup
      MANIFESTO_PASSPHRASE_FILE  file whose first line is that passphrase
      MANIFESTO_NEW_PASSPHRASE   passphrase for new encryption, if it differs
      MANIFESTO_PIN              PIN of a token; if it is the key store, MANIFESTO_PASSPHRASE works too
      MANIFESTO_PIN_FILE         file whose first line is that PIN
      REGISTRY_USERNAME          user name for the registry that the command names
      REGISTRY_PASSWORD          password or token to go with it
      REGISTRY_AUTH_FILE         credentials file, read before the docker config
      DOCKER_CONFIG              folder of the docker config, with its credentials
      NO_COLOR                   set: no colour
      CI                         set: as MANIFESTO_NO_INPUT
      USER                       the name of the keys that init makes, unless --name gives another
      LC_ALL                     the locale; UTF-8 or not decides how trees are drawn
      LC_CTYPE                   the same, if LC_ALL is not set
      LANG                       the same, if neither is set

    A flag wins over a variable, and a variable over the configuration file. Flags that lower trust
    (--trust-first-use, --plain-http, --root, --yes) have no variable.
    ");
}

#[test]
fn help_about_nothing_known() {
    assert_run!(Sandbox::new().run("help trust nobody"), @r"
    $ manifesto help trust nobody
    exit code 2
    --- stderr
    error: there is no help about 'trust nobody'
    hint: `manifesto help` lists the verbs; other topics are exit-codes, environment and json.
    ");
}

#[test]
fn a_short_summary() {
    assert_run!(Sandbox::new().run("trust pin -h"), @r"
    $ manifesto trust pin -h
    exit code 0
    --- stdout
    Trust a repository

    Usage: manifesto trust pin [OPTIONS] <REPO> [FINGERPRINT]

    Arguments:
      <REPO>         The repository or oci:DIR; with --key also a pattern such as 'ghcr.io/acme/*'
      [FINGERPRINT]  The fingerprint of the root: sha256 and 64 digits

    Options:
          --root <FILE>  The root, as `manifesto trust export` wrote it
          --key <FILE>   The public half of a root key, as PEM
          --as <REPO>    The repository's name inside its signed metadata, for a mirror or a layout
      -h, --help         Print help (see more with '--help')

    Registry:
      -u, --username <NAME>      User name for the registry that the command names
      -p, --password <PASSWORD>  Password or token; other users of this machine can see it,
                                 --password-stdin is safer
          --password-stdin       Read the password from stdin
          --ca-file <FILE>       Certificates to trust for the registry, as PEM, besides the system's
          --plain-http           Use HTTP without TLS for a registry that is not on this machine

    Global options:
          --format <FORMAT>     Write results and errors as text for people, or as one JSON object for
                                programs [default: text] [possible values: text, json]
          --no-input            Never ask: a question becomes an error
          --timeout <DURATION>  Give up after this long, such as 30s or 5m
      -v, --verbose...          Log to stderr; twice for more
          --config <FILE>       Configuration file, instead of the user's own
    ");
}

#[test]
fn completions() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = sandbox.run(&format!("completions {shell}"));
        assert_eq!((run.code(), run.stderr()), (0, ""), "{shell}");
        assert!(run.stdout().contains("refresh"), "{shell}");
    }
}

#[test]
fn version() {
    let run = Sandbox::new().run("--version");
    assert_eq!((run.code(), run.stdout()), (0, concat!("manifesto ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn manual_pages_need_a_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    assert_run!(sandbox.run("man file"), @r"
    $ manifesto man file
    exit code 2
    --- stderr
    error: cannot write manual pages into file
      caused by: File exists (os error 17)
    ");
}
