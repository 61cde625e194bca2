//! Signing together with the real binary: an owner who publishes, and a role of three, two of whom have to sign.

use std::fs;

use notary_dev::{embedded::EmbeddedRegistry, fixtures, push::Target};
use serde_json::Value;

use super::{
    Run, Sandbox,
    main_job::{done, machine, refused},
};

struct Team {
    owner: Sandbox,
    anna: Sandbox,
    bob: Sandbox,
    repository: String,
    _registry: EmbeddedRegistry,
}

fn registry() -> (EmbeddedRegistry, String) {
    let registry = EmbeddedRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "acme/app");
    tokio::runtime::Runtime::new().unwrap().block_on(target.layout(&fixtures::image(), "1.4", "1.4")).unwrap();
    let repository = format!("{}/acme/app", registry.address());
    (registry, repository)
}

impl Team {
    fn new() -> Self {
        let (registry, repository) = registry();
        let team = Self { owner: machine(), anna: machine(), bob: machine(), repository, _registry: registry };
        done(team.owner.run(&format!("init {} --name alice --backup app.backup", team.repository)));
        let root = done(team.owner.run(&format!("trust export {}", team.repository)));
        for (person, name) in [(&team.anna, "anna"), (&team.bob, "bob")] {
            person.write("root.json", root.stdout());
            done(person.run(&format!("trust pin {} --root root.json", team.repository)));
            team.owner.write(&format!("{name}.pub"), done(person.run(&format!("key generate {name}"))).stdout());
        }
        done(team.owner.run("key generate carol"));
        let role = format!("delegation add {} qa --type approvals --threshold 2", team.repository);
        done(team.owner.run(&format!("{role} --key anna.pub --key bob.pub --key carol")));
        done(team.owner.run("key remove carol --yes"));
        team
    }

    fn put(&self, text: &str) -> Run {
        self.anna.run(&format!("put {}:1.4 approvals --text {text} --format json", self.repository))
    }

    fn pending(&self) -> Value {
        json(&done(self.bob.run(&format!("pending {} --format json", self.repository))))
    }

    fn id(&self) -> String {
        self.pending()["proposals"][0]["id"].as_str().unwrap().to_owned()
    }
}

fn json(run: &Run) -> Value {
    serde_json::from_str(run.stdout()).unwrap()
}

#[test]
fn two_of_three() {
    let team = Team::new();
    let repository = &team.repository;
    let put = team.put("approved");
    assert_eq!(put.code(), 12, "{}", put.transcript());
    let proposed = json(&put);
    assert_eq!((&proposed["schema"], &proposed["exit_code"]), (&"dev.manifesto.proposal/v1".into(), &12.into()));
    let id = proposed["proposal"]["id"].as_str().unwrap();
    assert_eq!(id.len(), "sha256:".len() + 64);

    let pending = team.pending();
    assert_eq!((&pending["schema"], &pending["exit_code"]), (&"dev.manifesto.pending/v1".into(), &0.into()));
    assert_eq!((&pending["proposals"][0]["id"], &pending["proposals"][0]["state"]), (&id.into(), &"open".into()));
    let short = &id["sha256:".len()..][..6];
    let shown = done(team.bob.run(&format!("pending {repository} {short}")));
    for said in [
        short,
        "waits for signatures",
        "approvals of",
        "+ \"approved\"",
        "qa: signed by anna (1 of 2); not by bob, carol",
    ] {
        assert!(shown.stdout().contains(said), "{}", shown.transcript());
    }

    // A question needs a terminal, or the whole id.
    refused(&team.bob.run(&format!("sign {repository} {short}")), 2, "Sign as bob?");
    refused(&team.bob.run(&format!("sign {repository} {short} --yes")), 2, "--yes needs the whole id");
    refused(
        &team.bob.run(&format!("sign {repository} {} --yes", id.replace("sha256:", "")[..63].to_owned())),
        2,
        "whole id",
    );
    assert_eq!(team.pending()["proposals"][0]["state"], "open");
    let signed = team.bob.run(&format!("sign {repository} {id} --yes"));
    assert_eq!((signed.code(), signed.stdout()), (12, ""), "{}", signed.transcript());
    for said in ["+ \"approved\"", "Complete. Waiting for a publisher: alice"] {
        assert!(signed.stderr().contains(said), "{}", signed.transcript());
    }
    refused(&team.bob.run(&format!("publish {repository} {short}")), 11, "no key");
    let published = done(team.owner.run(&format!("publish {repository} {short}")));
    assert!(published.stderr().contains("Complete. Published."), "{}", published.transcript());
    assert_eq!(done(team.bob.run(&format!("get {repository}:1.4 approvals"))).stdout(), "approved");
    let nothing = done(team.bob.run(&format!("pending {repository}")));
    assert_eq!((nothing.stdout(), nothing.stderr().contains("Nothing waits")), ("", true), "{}", nothing.transcript());
}

#[test]
fn what_is_named_wrongly_is_told() {
    let team = Team::new();
    let repository = &team.repository;
    for verb in ["pending", "sign", "reject", "publish"] {
        let run = team.bob.run(&format!("{verb} {repository} 7be3a1"));
        refused(&run, 2, "'7be3a1'");
        assert!(run.stderr().contains(&format!("manifesto pending {repository}")), "{}", run.transcript());
    }
    refused(&team.bob.run(&format!("sign {repository} no.json")), 2, "no.json");
    refused(&team.bob.run(&format!("sign {repository} 7be3a1 --out x.json")), 2, "--out takes a proposal from a file");
    refused(&team.bob.run(&format!("sign {repository} 7be3a1 --id 7be3a1")), 2, "--yes");
    refused(&team.bob.run(&format!("pending {repository} --out x.json")), 2, "<ID>");
    for (name, content) in [
        ("empty.json", ""),
        ("list.json", "[]"),
        ("other.json", r#"{"schema":"dev.manifesto.verify/v1","documents":{}}"#),
        ("none.json", r#"{"schema":"dev.manifesto.proposal/v1","documents":{}}"#),
    ] {
        team.bob.write(name, content);
        refused(&team.bob.run(&format!("sign {repository} {name} --out signed.json")), 2, "proposal");
        refused(&team.bob.run(&format!("publish {repository} {name}")), 2, "proposal");
    }
    // Larger than anything that is read; a file with a hole takes no room.
    fs::File::create(team.bob.path("huge.json")).unwrap().set_len((64 << 20) + 1).unwrap();
    refused(&team.bob.run(&format!("sign {repository} huge.json --out signed.json")), 2, "huge.json");
    assert!(!team.bob.path("signed.json").exists());
    for line in [
        "root edit REPO",
        "root edit REPO --period root=1",
        "root edit REPO --threshold 0",
        "root edit REPO --rename x",
    ] {
        assert_eq!(team.owner.run(&line.replace("REPO", repository)).code(), 2);
    }
    refused(&team.owner.run(&format!("root edit {repository} --threshold 9")), 2, "cannot require 9 signatures");
    refused(&team.owner.run(&format!("root edit {repository} --remove-key mallory")), 2, "'mallory'");
}

/// A file that is called like an id is named by its path, or not at all.
#[test]
fn an_id_is_no_file() {
    let team = Team::new();
    let repository = &team.repository;
    team.put("approved");
    let id = team.id();
    let short = &id["sha256:".len()..][..6];
    team.bob.write(short, "somebody else's");
    let signed = team.bob.run(&format!("sign {repository} {short} --yes --id {id}"));
    assert_eq!(signed.code(), 12, "{}", signed.transcript());
    refused(&team.bob.run(&format!("sign {repository} ./{short}")), 2, "proposal");
}

#[test]
fn a_signer_without_a_network() {
    let team = Team::new();
    let (repository, Team { owner, bob, .. }) = (&team.repository, &team);
    team.put("approved");
    let id = team.id();
    let written = done(owner.run(&format!("pending {repository} {id} --out p.json")));
    assert!(written.stderr().contains("Written to p.json."), "{}", written.transcript());
    refused(&owner.run(&format!("pending {repository} {id} --out p.json")), 2, "p.json");
    let file = fs::read(owner.path("p.json")).unwrap();
    bob.write("p.json", &file);
    for (name, cut) in [("cut.json", &file[..file.len() / 2]), ("damaged.json", &file[1..])] {
        bob.write(name, cut);
        refused(&bob.run(&format!("sign {repository} {name} --out signed.json")), 2, "proposal");
    }
    let line = format!("sign {repository} p.json --out signed.json --yes");
    refused(&bob.run(&line), 2, "--yes needs the whole id");
    refused(&bob.run(&format!("{line} --id {}", id.replace("sha256:", "")[..8].to_owned())), 2, "whole id");
    assert!(!bob.path("signed.json").exists());
    let signed = bob.run(&format!("{line} --id {id}"));
    assert_eq!(signed.code(), 12, "{}", signed.transcript());
    for said in ["+ \"approved\"", "Written to signed.json."] {
        assert!(signed.stderr().contains(said), "{}", signed.transcript());
    }
    refused(&bob.run(&format!("{line} --id {id}")), 2, "signed.json");
    owner.write("signed.json", fs::read(bob.path("signed.json")).unwrap());
    done(owner.run(&format!("publish {repository} signed.json")));
    assert_eq!(done(bob.run(&format!("get {repository}:1.4 approvals"))).stdout(), "approved");

    // Somebody who trusts nothing yet is told so.
    let stranger = machine();
    stranger.write("p.json", &file);
    let refusal = stranger.run(&format!("sign {repository} p.json --out signed.json"));
    refused(&refusal, 6, repository);
    assert!(refusal.stderr().contains("manifesto trust pin"), "{}", refusal.transcript());
}

#[test]
fn nothing_is_asked_of_a_registry_that_is_not_there() {
    let Team { owner, bob, repository, anna, _registry: registry } = Team::new();
    anna.run(&format!("put {repository}:1.4 approvals --text approved"));
    let pending = json(&done(owner.run(&format!("pending {repository} --format json"))));
    let id = pending["proposals"][0]["id"].as_str().unwrap();
    done(owner.run(&format!("pending {repository} {id} --out p.json")));
    bob.write("p.json", fs::read(owner.path("p.json")).unwrap());
    drop(registry);
    refused(&bob.run(&format!("sign {repository} p.json --yes --id {id}")), 10, "could not be reached");
    let signed = bob.run(&format!("sign {repository} p.json --out signed.json --yes --id {id} --format json"));
    assert_eq!(signed.code(), 12, "{}", signed.transcript());
    let report = json(&signed);
    assert_eq!(report["proposal"]["state"], "complete");
    assert_eq!(report["proposal"]["signatures"][0]["signed"][1]["name"], "bob");
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn a_root_that_lives_elsewhere() {
    let (registry, repository) = registry();
    let (online, vault, reader) = (machine(), machine(), machine());
    online.write("vault.pub", done(vault.run("key generate vault")).stdout());
    let line = format!("init {repository} --name online --backup app.backup --root-key vault.pub");
    refused(&online.run(&line), 2, "--out");
    let made = online.run(&format!("{line} --out first.json"));
    assert_eq!((made.code(), made.stdout()), (12, ""), "{}", made.transcript());
    for said in ["Written to first.json.", "missing: vault"] {
        assert!(made.stderr().contains(said), "{}", made.transcript());
    }
    refused(&reader.run(&format!("get {repository}:1.4 approvals")), 6, "");
    refused(&online.run(&format!("publish {repository} first.json")), 12, "missing: vault");
    vault.write("first.json", fs::read(online.path("first.json")).unwrap());
    let (code, shown) = vault.run_at_terminal(&format!("sign {repository} first.json --out signed.json"), "n\n");
    assert_eq!(code, 1, "{shown}");
    assert!(!vault.path("signed.json").exists());
    let (code, shown) = vault.run_at_terminal(&format!("sign {repository} first.json --out signed.json"), "y\n");
    assert_eq!(code, 12, "{shown}");
    for said in ["nothing to compare them with", "root.threshold: nothing -> 1", "Sign as vault?"] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    online.write("signed.json", fs::read(vault.path("signed.json")).unwrap());
    // Nobody else publishes it.
    reader.write("signed.json", fs::read(vault.path("signed.json")).unwrap());
    refused(&reader.run(&format!("publish {repository} signed.json")), 4, "not those that this machine made");
    done(online.run(&format!("publish {repository} signed.json")));
    done(online.run(&format!("put {repository}:1.4 seccomp --text open")));
    let edited = online.run(&format!("root edit {repository} --period timestamp=10/5"));
    assert_eq!(edited.code(), 12, "{}", edited.transcript());
    for said in ["signed by nobody", "missing: vault"] {
        assert!(edited.stderr().contains(said), "{}", edited.transcript());
    }
    drop(registry);
}
