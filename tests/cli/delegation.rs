//! An owner, a CI machine with one key of its own, and a reader who pinned the first root, over a registry.

use notary_dev::{embedded::EmbeddedRegistry, fixtures, push::Target};

use super::{
    Sandbox,
    main_job::{done, machine, refused},
};

struct Team {
    owner: Sandbox,
    ci: Sandbox,
    reader: Sandbox,
    repository: String,
    _registry: EmbeddedRegistry,
}

impl Team {
    fn new() -> Self {
        let registry = EmbeddedRegistry::start().unwrap();
        let target = Target::anonymous(&registry.address(), "acme/app");
        tokio::runtime::Runtime::new().unwrap().block_on(target.layout(&fixtures::image(), "1.4", "1.4")).unwrap();
        let repository = format!("{}/acme/app", registry.address());
        let team = Self { owner: machine(), ci: machine(), reader: machine(), repository, _registry: registry };
        done(team.owner.run(&format!("init {} --name alice --backup app.backup", team.repository)));
        let root = done(team.owner.run(&format!("trust export {}", team.repository)));
        for other in [&team.ci, &team.reader] {
            other.write("root.json", root.stdout());
            done(other.run(&format!("trust pin {} --root root.json", team.repository)));
        }
        team
    }

    /// The CI machine makes a key, and the owner is given its public half.
    fn hand_over(&self, name: &str) {
        let made = done(self.ci.run(&format!("key generate {name}")));
        self.owner.write(&format!("{name}.pub"), made.stdout());
    }

    fn image(&self) -> String {
        format!("{}:1.4", self.repository)
    }
}

#[test]
fn ci_puts_its_type_with_its_own_key_and_the_owner_does_not() {
    let team = Team::new();
    let (repository, image) = (&team.repository, team.image());
    team.hand_over("ci");
    done(team.owner.run(&format!("put {image} trivy --text old")));
    let added = done(team.owner.run(&format!("delegation add {repository} scan --type trivy --key ci.pub")));
    assert_eq!(added.stdout(), "");
    for said in ["The role scan of", "begins, and says nothing yet", "trivy: ci", "no longer count", "trivy of"] {
        assert!(added.stderr().contains(said), "{}", added.transcript());
    }
    let published = done(team.owner.run(&format!("publisher add {repository} --key ci.pub")));
    assert!(published.stderr().contains("It cannot forge statements"), "{}", published.transcript());

    refused(&team.reader.run(&format!("get {image} trivy")), 3, "there is no 'trivy'");
    let refusal = team.owner.run(&format!("put {image} trivy --text mine"));
    refused(&refusal, 11, "only role scan may sign type 'trivy'");
    assert!(refusal.stderr().contains("Those who may: ci."), "{}", refusal.transcript());
    done(team.ci.run(&format!("put {image} trivy --text clean")));
    refused(&team.ci.run(&format!("put {image} approvals --text yes")), 11, "no key");
    assert_eq!(done(team.reader.run(&format!("get {image} trivy"))).stdout(), "clean");
    done(team.ci.run(&format!("refresh {repository}")));

    let listed = done(team.reader.run(&format!("delegation list {repository}")));
    let rows: Vec<&str> = listed.stdout().lines().collect();
    assert!(rows[0].starts_with("scan ") && rows[0].contains("1 statement  last ci, "), "{}", listed.transcript());
    assert!(rows[1].starts_with("repository  all other types and tags  alice"), "{}", listed.transcript());
    let publishers = done(team.reader.run(&format!("publisher list {repository}")));
    assert!(publishers.stdout().lines().any(|row| row.starts_with("ci ") && row.ends_with("publishes")));

    let ended = done(team.owner.run(&format!("delegation remove {repository} scan")));
    assert!(ended.stderr().contains("has ended") && ended.stderr().contains("the owner's again: trivy"));
    assert_eq!(done(team.reader.run(&format!("get {image} trivy"))).stdout(), "old");
    done(team.owner.run(&format!("publisher remove {repository} --key ci")));
    refused(&team.ci.run(&format!("put {image} trivy --text back")), 11, "no key");
}

#[test]
fn what_the_owner_said_can_be_signed_over() {
    let team = Team::new();
    let (repository, image) = (&team.repository, team.image());
    done(team.owner.run(&format!("put {image} approvals --text yes")));
    team.hand_over("ci");
    let line = |key: &str| format!("delegation add {repository} qa --type approvals --key {key} --adopt");
    let refusal = team.owner.run(&line("ci.pub"));
    refused(&refusal, 11, "no key that may sign as qa");
    assert!(refusal.stderr().contains("Those who may: ci."), "{}", refusal.transcript());
    assert_eq!(done(team.reader.run(&format!("get {image} approvals"))).stdout(), "yes");
    done(team.owner.run("key generate dora"));
    let added = done(team.owner.run(&line("dora")));
    for said in ["begins with what the owner said", "signed over: approvals of"] {
        assert!(added.stderr().contains(said), "{}", added.transcript());
    }
    let got = done(team.reader.run(&format!("get --verify {image} approvals")));
    assert_eq!(got.stdout(), "yes");
    assert!(got.stderr().contains("by dora for qa"), "{}", got.transcript());
    refused(&team.owner.run(&format!("delegation add {repository} dev --adopt --key dora")), 2, "--type");
}

#[test]
fn keys_come_as_files_or_by_name() {
    let team = Team::new();
    let repository = &team.repository;
    let line = |key: &str| format!("delegation add {repository} qa --type approvals --key {key}");
    refused(&team.owner.run(&line("nobody")), 2, "neither a file nor a key");
    team.owner.write("no.pub", "no key");
    refused(&team.owner.run(&line("no.pub")), 2, "no public key in");
    refused(&team.owner.run(&format!("{} --threshold 2", line("no.pub"))), 2, "no public key in");
    // ⚔ SECURITY.md#low-order-key
    // The neutral point, under which anybody can sign.
    let neutral = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    team.owner.write("neutral.pub", format!("-----BEGIN PUBLIC KEY-----\n{neutral}\n-----END PUBLIC KEY-----\n"));
    refused(&team.owner.run(&line("neutral.pub")), 2, "anybody could sign with this public key");
    done(team.owner.run("key generate dora"));
    refused(&team.owner.run(&format!("{} --threshold 2", line("dora"))), 2, "would need 2 signatures");
    let added = done(team.owner.run(&format!("{} --format json", line("dora"))));
    assert!(added.stdout().contains(r#""begun":true"#), "{}", added.transcript());
    // The key is here, so the owner speaks as dora, too.
    done(team.owner.run(&format!("put {} approvals --text yes", team.image())));
    refused(
        &team.owner.run(&format!("delegation add {repository} dev --type approvals --key dora")),
        2,
        "belongs to qa",
    );
    refused(&team.owner.run(&format!("delegation remove {repository} qa --type sbom")), 2, "'sbom' is no type of qa");
    refused(&team.ci.run(&format!("delegation remove {repository} qa")), 11, "no key");
    done(team.owner.run(&format!("delegation remove {repository} qa")));
}
