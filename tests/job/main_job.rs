//! The main job, from the first key to the renewal, on Debian's registry with its locks on and with keys in a real
//! Secret Service.

use std::{
    fs,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use notary_dev::{
    debian::{Auth, DebianRegistry, Options},
    fixtures,
    keyring::KeyringSession,
    push::sha256,
    token::TokenServer,
};

use super::{
    actor::{Actor, Run},
    place::text,
    skopeo::Skopeo,
};

const PASSWORD: &str = "open sesame";

/// A way of running the binary, with the flags and the input that every command on this registry needs.
type Runs<'a> = &'a dyn Fn(&[&str]) -> Run;

fn done(runs: Runs<'_>, args: &[&str]) -> Run {
    let run = runs(args);
    assert_eq!(run.code(), Some(0), "{}", run.shown());
    run
}

fn listed(runs: Runs<'_>, image: &str) -> Vec<String> {
    let run = done(runs, &["list", image]);
    let (some, none) =
        (format!("Metadata types stored for image '{image}':"), format!("No metadata stored for image '{image}'"));
    let headline = if run.stdout().is_empty() { none } else { some };
    assert!(run.stderr().lines().any(|line| line == headline), "{}", run.shown());
    run.stdout().lines().map(|line| line.strip_prefix("    ").expect("types are indented").to_owned()).collect()
}

/// Says a fixture of the image, and compares what is told about it with what the original tool tells.
fn put(runs: Runs<'_>, image: &str, kind: &str, fixture: &str, third: &str, fourth: &str) {
    let file = fixtures::statement(fixture);
    let run = done(runs, &["put", image, kind, text(&file)]);
    let digest = sha256(&fs::read(&file).unwrap());
    let repository = image.rsplit_once(':').unwrap().0;
    let told = [
        format!("Storing metadata '{kind}' for '{image}'"),
        format!("Metadata '{kind}' for '{image}' stored at {digest}"),
        format!("{third} manifesto for {repository}"),
        fourth.replace("TYPE", kind).replace("IMAGE", image),
    ];
    let stderr = run.stderr();
    let lines: Vec<&str> = stderr.lines().filter(|line| told.iter().any(|wanted| wanted == line)).collect();
    assert_eq!(lines, told, "{}", run.shown());
    assert_eq!(run.stdout(), "", "what put tells is for a person");
}

/// Everything that one person does with one repository. Returns the fingerprint that others trust it by.
fn job(runs: Runs<'_>, image: &str) -> String {
    let repository = image.rsplit_once(':').unwrap().0;
    let begun = done(runs, &["init", repository, "--backup", "app.backup"]);
    let told = begun.stderr();
    let pin = format!("manifesto trust pin {repository} ");
    let fingerprint = told.split(&pin).nth(1).unwrap_or_else(|| panic!("{}", begun.shown()));
    let fingerprint = fingerprint.split_whitespace().next().unwrap().to_owned();

    assert_eq!(listed(runs, image), Vec::<String>::new());
    const ADDING: &str = "Adding 'TYPE' metadata to manifesto for 'IMAGE'";
    const REPLACING: &str = "Replacing 'TYPE' metadata in manifesto for 'IMAGE'";
    put(runs, image, "seccomp", "seccomp.json", "Creating new", ADDING);
    put(runs, image, "trivy", "trivy.json", "Updating", ADDING);
    put(runs, image, "sarif report/1", "bandit.sarif.json", "Updating", ADDING);
    put(runs, image, "approvals", "approval.json", "Updating", ADDING);
    assert_eq!(listed(runs, image), ["approvals", "sarif report/1", "seccomp", "trivy"]);
    for (kind, fixture) in
        [("seccomp", "seccomp.json"), ("trivy", "trivy.json"), ("sarif report/1", "bandit.sarif.json")]
    {
        let wanted = fs::read(fixtures::statement(fixture)).unwrap();
        assert!(done(runs, &["get", image, kind]).output.stdout == wanted, "{kind}");
        assert!(done(runs, &["get", "--verify", image, kind]).output.stdout == wanted, "{kind}");
    }

    put(runs, image, "trivy", "contacts.json", "Updating", REPLACING);
    let wanted = fs::read(fixtures::statement("contacts.json")).unwrap();
    assert!(done(runs, &["get", "--verify", image, "trivy"]).output.stdout == wanted);
    done(runs, &["delete", image, "approvals", "--yes"]);
    runs(&["get", image, "approvals"]).failed(3);
    assert_eq!(listed(runs, image), ["sarif report/1", "seccomp", "trivy"]);

    let status: serde_json::Value =
        serde_json::from_slice(&done(runs, &["status", repository, "--format", "json"]).output.stdout).unwrap();
    assert_eq!(status["exit_code"], 0, "{status}");
    done(runs, &["refresh", repository]);
    assert_eq!(listed(runs, image), ["sarif report/1", "seccomp", "trivy"]);
    fingerprint
}

/// What another machine can do with a fingerprint, and cannot do without.
fn others(reader: &Actor, stranger: &Actor, image: &str, fingerprint: &str) {
    let repository = image.rsplit_once(':').unwrap().0;
    let wanted = fs::read(fixtures::statement("seccomp.json")).unwrap();
    reader.does(&["trust", "pin", repository, fingerprint]);
    assert!(reader.does(&["get", "--verify", image, "seccomp"]) == wanted);
    reader.fails(11, &["put", image, "approvals", "--text", "approved"]);

    for verify in [&["get"][..], &["get", "--verify"]] {
        let line = stranger.fails(6, &[verify, &[image, "seccomp"]].concat());
        assert!(line.contains("not trusted on this machine"), "{line}");
    }
    let other = format!("sha256:{}", "0".repeat(64));
    stranger.fails(6, &["trust", "pin", repository, &other]);
    stranger.fails(6, &["get", image, "seccomp"]);
}

/// The three keys, as another program of the same user sees them.
fn the_secret_service_has_the_keys(session: &KeyringSession, repository: &str) {
    let mut command = Command::new("secret-tool");
    command.args(["search", "--all", "service", "io.manifesto.tuf"]).stdin(Stdio::null());
    let output =
        session.enter(&mut command).output().expect("secret-tool is installed (apt-get install libsecret-tools)");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut labels: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("label = ")).collect();
    labels.sort_unstable();
    assert_eq!(labels.len(), 3, "{labels:?}");
    for (label, role) in labels.iter().zip(["repository", "root", "timestamp"]) {
        let id = label
            .strip_prefix(&format!("manifesto {role} key "))
            .and_then(|rest| rest.strip_suffix(&format!(" ({repository})")))
            .unwrap_or_else(|| panic!("{label} is no label of the {role} key"));
        assert!(id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{label}");
    }
}

/// A docker config in which `registry` has this entry.
fn docker_config(actor: &Actor, registry: &str, entry: serde_json::Value) {
    actor.write(".docker/config.json", serde_json::json!({ "auths": { registry: entry } }).to_string());
}

fn login(user: &str, password: &str) -> serde_json::Value {
    serde_json::json!({ "auth": STANDARD.encode(format!("{user}:{password}")) })
}

#[test]
fn with_a_password_over_tls() {
    let auth = Auth::Basic { user: "alice".into(), password: PASSWORD.into() };
    let registry = DebianRegistry::start_with(Options { auth, tls: true, ..Options::default() }).unwrap();
    let authority = registry.ca_file().unwrap();
    let repository = format!("{}/acme/app", registry.address());
    let image = format!("{repository}:1.4");
    let skopeo = Skopeo::new().trusting(&authority).logged_in("alice", PASSWORD);
    skopeo.copy(&format!("oci:{}:1.4", fixtures::image().display()), &format!("docker://{image}"));

    let session = KeyringSession::start().unwrap();
    let owner = Actor::in_session(&session);
    let password = format!("{PASSWORD}\n");
    let flags = ["--ca-file", text(&authority), "--username", "alice", "--password-stdin"];
    let fingerprint = job(&|args| owner.feed(&[args, &flags].concat(), password.as_bytes()), &image);
    the_secret_service_has_the_keys(&session, &repository);

    let logged_in = || {
        let actor = Actor::new().with("MANIFESTO_CA_FILE", authority.as_os_str());
        docker_config(&actor, &registry.address(), login("alice", PASSWORD));
        actor
    };
    others(&logged_in(), &logged_in(), &image, &fingerprint);

    let nobody = Actor::new().with("MANIFESTO_CA_FILE", authority.as_os_str());
    nobody.fails(9, &["get", &image, "seccomp"]);
    let forgetful = Actor::new().with("MANIFESTO_CA_FILE", authority.as_os_str());
    docker_config(&forgetful, &registry.address(), login("alice", "wrong"));
    let run = forgetful.run(&["get", "-vv", &image, "seccomp"]);
    assert!(
        !run.stderr().contains("wrong") && !run.stderr().contains(&STANDARD.encode("alice:wrong")),
        "{}",
        run.shown()
    );
    run.failed(9);
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let misled = Actor::new();
    let authority = misled.write("other.pem", other.cert.pem());
    docker_config(&misled, &registry.address(), login("alice", PASSWORD));
    let run = misled.run(&["get", "--ca-file", text(&authority), &image, "seccomp"]);
    assert!(run.stderr().contains("certificate"), "{}", run.shown());
    run.failed(10);
}

#[test]
fn with_tokens() {
    let tokens = TokenServer::start().unwrap();
    let registry =
        DebianRegistry::start_with(Options { auth: Auth::Bearer(tokens.trust()), ..Options::default() }).unwrap();
    let repository = format!("{}/acme/app", registry.address());
    let image = format!("{repository}:1.4");
    let skopeo = Skopeo::new().plain().logged_in("alice", "secret");
    skopeo.copy(&format!("oci:{}:1.4", fixtures::image().display()), &format!("docker://{image}"));

    let session = KeyringSession::start().unwrap();
    let owner = Actor::in_session(&session);
    docker_config(&owner, &registry.address(), login("alice", "secret"));
    let fingerprint = job(&|args| owner.run(args), &image);
    the_secret_service_has_the_keys(&session, &repository);

    let with_identity = || {
        let actor = Actor::new();
        let entry = serde_json::json!({ "auth": STANDARD.encode("<token>:"), "identitytoken": "refresh-alice" });
        docker_config(&actor, &registry.address(), entry);
        actor
    };
    let before = tokens.requests().len();
    others(&with_identity(), &with_identity(), &image, &fingerprint);
    let asked = &tokens.requests()[before..];
    assert!(!asked.is_empty() && asked.iter().all(|request| request.method == "POST"), "{asked:?}");
    assert!(asked.iter().all(|request| request.parameters.contains(&("refresh_token".into(), "refresh-alice".into()))));

    let revoked = Actor::new();
    let entry = serde_json::json!({ "auth": STANDARD.encode("<token>:"), "identitytoken": "withdrawn" });
    docker_config(&revoked, &registry.address(), entry);
    revoked.fails(9, &["get", &image, "seccomp"]);
}
