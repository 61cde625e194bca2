//! Wrong usage: exit code 2, nothing on stdout, and words that say what would be right.

use super::{Sandbox, assert_run};

#[test]
fn no_verb_shows_the_verbs() {
    let run = Sandbox::new().run("");
    assert_eq!((run.code(), run.stdout()), (2, ""));
    assert!(run.stderr().contains("Statements about an image:"), "{}", run.stderr());
}

#[test]
fn unknown_verb() {
    assert_run!(Sandbox::new().run("putt app approvals ok.json"), @r"
    $ manifesto putt app approvals ok.json
    exit code 2
    --- stderr
    error: unrecognized subcommand 'putt'

      tip: a similar subcommand exists: 'put'

    Usage: manifesto [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn malformed_reference() {
    assert_run!(Sandbox::new().run("get acme/App approvals"), @r"
    $ manifesto get acme/App approvals
    exit code 2
    --- stderr
    error: invalid value 'acme/App' for '<IMAGE>': 'acme/App' is not an image reference (name[:tag][@digest]): the path does not consist of lower-case words joined by '.', '_', '__' or '-'

    For more information, try '--help'.
    ");
}

#[test]
fn malformed_type() {
    assert_run!(Sandbox::new().run_args(&["get", "acme/app", "a\u{7}b"]), @r"
    $ manifesto get acme/app a\u{7}b
    exit code 2
    --- stderr
    error: invalid value 'ab' for '<TYPE>...': a metadata type cannot contain the control character U+0007

    For more information, try '--help'.
    ");
}

#[test]
fn nothing_to_put() {
    assert_run!(Sandbox::new().run("put acme/app approvals"), @r"
    $ manifesto put acme/app approvals
    exit code 2
    --- stderr
    error: the following required arguments were not provided:
      <FILE|-|--text <TEXT>|--from <IMAGE>>

    Usage: manifesto put [OPTIONS] <IMAGE> <TYPE> <FILE|-|--text TEXT|--from IMAGE>

    For more information, try '--help'.
    ");
}

#[test]
fn two_things_to_put() {
    assert_run!(Sandbox::new().run("put acme/app approvals ok.json --text ok"), @r"
    $ manifesto put acme/app approvals ok.json --text ok
    exit code 2
    --- stderr
    error: the argument '[FILE|-]' cannot be used with '--text <TEXT>'

    Usage: manifesto put [OPTIONS] <IMAGE> <TYPE> <FILE|-|--text TEXT|--from IMAGE>

    For more information, try '--help'.
    ");
}

#[test]
fn one_stdin_for_two() {
    assert_run!(Sandbox::new().run("put acme/app approvals - -u me --password-stdin"), @r"
    $ manifesto put acme/app approvals - -u me --password-stdin
    exit code 2
    --- stderr
    error: stdin cannot hold both the statement and the password
    ");
}

#[test]
fn several_statements_on_one_stdout() {
    assert_run!(Sandbox::new().run("get acme/app approvals seccomp"), @r"
    $ manifesto get acme/app approvals seccomp
    exit code 2
    --- stderr
    error: several statements need --to DIR
    ");
}

#[test]
fn a_report_and_a_statement_on_one_stdout() {
    assert_run!(Sandbox::new().run("get acme/app approvals --format json"), @r#"
    $ manifesto get acme/app approvals --format json
    exit code 2
    --- stderr
    {"error":{"exit_code":2,"kind":"wrong_usage","message":"a report and a statement cannot both go to stdout","subject":null,"hint":"Send the statement elsewhere with -o FILE or --to DIR."}}
    "#);
}

#[test]
fn a_tag_where_all_images_are_meant() {
    assert_run!(Sandbox::new().run("list acme/app:1 --all-images"), @r"
    $ manifesto list acme/app:1 --all-images
    exit code 2
    --- stderr
    error: 'acme/app:1' names an image, but a repository is needed, without tag or digest
    ");
}

#[test]
fn a_layout_without_a_name() {
    assert_run!(Sandbox::new().run("init oci:app"), @r"
    $ manifesto init oci:app
    exit code 2
    --- stderr
    error: a layout on disk has no repository name
    hint: Name the repository of its images: --as ghcr.io/acme/app.
    ");
}

#[test]
fn verified_and_trusted_on_first_use() {
    assert_run!(Sandbox::new().run("get acme/app approvals --verify --trust-first-use"), @r"
    $ manifesto get acme/app approvals --verify --trust-first-use
    exit code 2
    --- stderr
    error: the argument '--verify' cannot be used with '--trust-first-use'

    Usage: manifesto get --verify <IMAGE> <TYPE>...

    For more information, try '--help'.
    ");
    let mut sandbox = Sandbox::new();
    sandbox.set("MANIFESTO_VERIFY", "1");
    assert_run!(sandbox.run("get acme/app approvals --trust-first-use"), @r"
    $ manifesto get acme/app approvals --trust-first-use
    exit code 2
    --- stderr
    error: MANIFESTO_VERIFY is set, and --verify never trusts on first use
    ");
}

#[test]
fn one_identity_for_two_repositories() {
    assert_run!(Sandbox::new().run("status acme/app acme/web --as acme/app"), @r"
    $ manifesto status acme/app acme/web --as acme/app
    exit code 2
    --- stderr
    error: --root and --as apply to one repository, but several are named
    ");
}

#[test]
fn durations() {
    assert_run!(Sandbox::new().run("get acme/app approvals --max-age 7"), @r"
    $ manifesto get acme/app approvals --max-age 7
    exit code 2
    --- stderr
    error: invalid value '7' for '--max-age <DURATION>': '7' is not a span of time: a positive number and a unit, such as 90m, 12h, 7d or 2w

    For more information, try '--help'.
    ");
}

#[test]
fn complaints_in_json() {
    assert_run!(Sandbox::new().run("put acme/app --format json"), @r#"
    $ manifesto put acme/app --format json
    exit code 2
    --- stderr
    {"error":{"exit_code":2,"kind":"wrong_usage","message":"the following required arguments were not provided: <FILE|-|--text <TEXT>|--from <IMAGE>> <TYPE>","subject":null,"hint":"For more information, try '--help'."}}
    "#);
    assert_run!(Sandbox::new().run("--format=json help nonsense"), @r#"
    $ manifesto --format=json help nonsense
    exit code 2
    --- stderr
    {"error":{"exit_code":2,"kind":"wrong_usage","message":"there is no help about 'nonsense'","subject":null,"hint":"`manifesto help` lists the verbs; other topics are exit-codes, environment and json."}}
    "#);
}

#[test]
fn every_command_line_that_is_wrong_ends_with_2_and_an_empty_stdout() {
    for line in [
        "put",
        "put acme/app",
        "get acme/app",
        "get acme/app@sha256:abc approvals",
        "get acme/app approvals -o a --to b",
        "get acme/app approvals --digest --to b",
        "get acme/app approvals --platform linux",
        "list acme/app --all-images --platform linux/amd64",
        "list --nonsense acme/app",
        "delete acme/app",
        "init acme/app:1",
        "init acme/app --key-type rsa",
        "init acme/app --name Alice",
        "status",
        "refresh",
        "inspect",
        "trust",
        "trust pin",
        "trust pin acme/app sha256:abc",
        "trust pin acme/app --root r.json --key k.pub",
        "trust export acme/app --format json",
        "key backup acme/app",
        "key generate",
        "completions tcsh",
        "man",
        "list acme/app --trust-first-use --root r.json",
        "list acme/app -p secret",
        "list acme/app --format yaml",
    ] {
        let run = Sandbox::new().run(line);
        assert_eq!((run.code(), run.stdout()), (2, ""), "{line}\n{}", run.stderr());
        assert!(!run.stderr().contains("secret"), "{line}");
    }
}
