//! A team with an offline root: one story, told by the real binary at real terminals, with keys in real keyrings, against
//! Debian's registry. The README says how many commands and answers it took each of them; so does this.

mod person;
mod readme;

use std::{fs, sync::Arc};

use manifesto::oci::{
    Content,
    registry::{Registry, RegistryOptions},
};
use manifesto::time::Timestamp;
use notary_dev::fixtures;

use self::person::{Person, give};
use super::{
    actor::{Actor, PASSPHRASE},
    place::{PATH, Place, text, wait},
    second_opinion::Files,
    team::keys,
};
use crate::world::{
    Machine,
    thief::{Forgery, Thief},
};

/// Everybody in it.
struct Team {
    place: Place,
    owner: Person,
    vault: Person,
    alice: Person,
    bob: Person,
    carol: Person,
    ci: Person,
    cron: Person,
    reader: Person,
    /// Reads along the way, on a machine of its own.
    gate: Actor,
    fingerprint: String,
}

impl Team {
    /// A repository whose root key is in a vault, pinned on every machine by the fingerprint of its first root.
    fn begun() -> Self {
        let (place, owner, vault) = (Place::new(), Person::at_desk("owner"), Person::at_desk("vault"));
        vault.types("manifesto key generate vault > vault.pub");
        give("vault.pub", &vault, &owner);
        let asked = owner.types_for(
            12,
            &place.line("manifesto init REPO --name owner --root-key vault.pub --out begin --backup owner.backup"),
            &[PASSPHRASE, PASSPHRASE],
        );
        assert!(asked.contains("missing: vault"), "{asked}");
        unplugged(&place, &owner, &vault, "begin");
        let begun = owner.types(&place.line("manifesto publish REPO begin.signed"));
        let fingerprint = begun.lines().find_map(|line| line.split_once("trust pin ")?.1.split_once(' ')).unwrap().1;
        let fingerprint = fingerprint.trim().to_owned();
        let person = |name| Person::at_desk(name);
        let unattended = |name| Person::unattended(name);
        let gate = Actor::new();
        gate.does(&["trust", "pin", &place.repository(), &fingerprint]);
        let team = Self {
            alice: person("alice"),
            bob: person("bob"),
            carol: person("carol"),
            ci: unattended("ci"),
            cron: unattended("cron"),
            reader: person("reader"),
            place,
            owner,
            vault,
            gate,
            fingerprint,
        };
        for reads in [&team.alice, &team.bob, &team.ci, &team.cron, &team.reader] {
            reads.types(&team.line(&format!("manifesto trust pin REPO {}", team.fingerprint)));
        }
        team
    }

    fn line(&self, line: &str) -> String {
        self.place.line(line)
    }

    /// `qa` and `scan` get their types, and two machines may publish: one change, signed by everybody once.
    fn delegates(&self) {
        for person in [&self.alice, &self.bob, &self.carol, &self.ci, &self.cron] {
            let name = person.name;
            person.types(&format!("manifesto key generate {name} > {name}.pub"));
            give(&format!("{name}.pub"), person, &self.owner);
        }
        let owner = &self.owner;
        let qa = "manifesto delegation add REPO qa --type approvals --key alice.pub --key bob.pub --key carol.pub \
                  --threshold 2";
        let id = proposed(&owner.types_for(12, &self.line(qa), &[]));
        let scan = format!("manifesto delegation add REPO scan --type trivy --key ci.pub --with {id}");
        let id = proposed(&owner.types_for(12, &self.line(&scan), &[]));
        let publishers = format!("manifesto publisher add REPO --key ci.pub --key cron.pub --with {id} --out team");
        let id = proposed(&owner.types_for(12, &self.line(&publishers), &[]));
        for delegate in [&self.alice, &self.bob] {
            delegate.types_for(12, &self.line(&format!("manifesto sign REPO {id}")), &["y"]);
        }
        let whole = self.gate.does(&["--format", "json", "pending", &self.place.repository(), &id]);
        let whole: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        let whole = whole["proposals"][0]["id"].as_str().unwrap().to_owned();
        self.ci.types("manifesto key export ci -o ci.key");
        self.ci.types_for(12, &self.line(&format!("manifesto sign REPO {whole} --yes")), &[]);
        unplugged(&self.place, &self.owner, &self.vault, "team");
        self.owner.types(&self.line("manifesto publish REPO team.signed"));
    }

    /// Approvals pass with two, and reports with the key of the machine that scans.
    fn says(&self) {
        let approval = self.alice.brings("approval.json");
        let first = self.alice.types_for(12, &self.line(&format!("manifesto put IMAGE approvals {approval}")), &[]);
        assert!(first.contains("signed by alice; one more of bob, carol"), "{first}");
        self.gate.fails(3, &["get", "--verify", &self.place.image(), "approvals"]);
        let second = self.bob.types_for(12, &self.line(&format!("manifesto sign REPO {}", proposed(&first))), &["y"]);
        assert!(second.contains("Complete. Waiting for a publisher: "), "{second}");
        self.gate.fails(3, &["get", "--verify", &self.place.image(), "approvals"]);
        self.cron.runs_by_timer(&self.line("manifesto refresh REPO"));
        let evidence = self.gate.run(&["get", "--verify", &self.place.image(), "approvals"]);
        assert!(evidence.stderr().contains("by alice, bob (2 of 2 for qa)"), "{}", evidence.stderr());
        assert_eq!(evidence.done(), fs::read(fixtures::statement("approval.json")).unwrap());

        self.place.proxy.clear_log();
        let refused = self.owner.tries(&self.line("manifesto put IMAGE approvals --text yes"), 11);
        assert!(refused.contains("only role qa may sign type 'approvals'"), "{refused}");
        assert!(self.place.proxy.log().iter().all(|exchange| ["GET", "HEAD"].contains(&exchange.method.as_str())));

        let report = self.ci.brings("trivy.json");
        self.ci.types_in_a_job(&self.line(&format!("manifesto put IMAGE trivy {report}")));
        let seccomp = self.owner.brings("seccomp.json");
        self.owner.types(&self.line(&format!("manifesto put IMAGE seccomp {seccomp}")));
    }

    /// [⚔] Somebody was at the owner's unlocked desk for a minute, and left with the timestamp key.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
    fn is_robbed(&self) -> Thief {
        let listed = self.owner.tries("manifesto key list --format json", 0);
        let listed: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
        let key = listed["keys"].as_array().unwrap().iter().find(|key| key["role"] == "timestamp").unwrap();
        let id = key["keyid"].as_str().unwrap();
        self.owner.tries(&format!("manifesto key export {id} --plaintext -o stolen"), 0);
        let thief = Actor::new();
        let stolen = thief.write("stolen", fs::read(self.owner.actor.path("stolen")).unwrap());
        thief.does(&["key", "import", text(&stolen), "--name", "stolen"]);
        let repository = format!("{}/{PATH}", self.place.registry.address()).parse().unwrap();
        let registry = Registry::new(&repository, RegistryOptions::default()).unwrap();
        let content: Arc<dyn Content> = Arc::new(registry);
        let machine = Machine {
            keys: keys(&thief),
            now: Timestamp::try_from(std::time::SystemTime::now()).unwrap(),
            ..Machine::new(content)
        };
        Thief::with(&machine, |_| true)
    }

    /// The owner replaces the key; whoever holds the root key signs that.
    fn revokes_what_was_stolen(&self, thief: &Thief) {
        wait(thief.publish(|forged| {
            forged.timestamp.version = i32::MAX as u64;
            forged.timestamp.expires = "2099-01-01T00:00:00Z".parse().unwrap();
        }));
        self.place.holds(&self.gate, "seccomp", "seccomp.json");
        self.owner.types_for(12, &self.line("manifesto key rotate REPO timestamp --out stolen-key"), &[""]);
        unplugged(&self.place, &self.owner, &self.vault, "stolen-key");
        self.owner.types(&self.line("manifesto publish REPO stolen-key.signed"));
        let before = wait(Forgery::read(thief.content()));
        assert!(before.timestamp.version < 1000, "{}", before.timestamp.version);
        wait(thief.publish(|forged| forged.timestamp.version += 1000));
        let refused = self.gate.fails(4, &["get", "--verify", &self.place.image(), "approvals"]);
        assert!(refused.contains("timestamp"), "{refused}");
        let newcomer = Actor::new();
        newcomer.fails(4, &["trust", "pin", &self.place.repository(), &self.fingerprint]);
        self.owner.types_for(0, &self.line("manifesto recover REPO"), &["y"]);
        self.place.holds(&self.gate, "approvals", "approval.json");
    }

    /// The root key is replaced by another one in the vault.
    fn rotates_root(&self) {
        self.vault.types("manifesto key generate vault-2 > vault-2.pub");
        give("vault-2.pub", &self.vault, &self.owner);
        // What a file of that name already holds is not written over, and nothing is proposed.
        self.place.proxy.clear_log();
        let refused = self.owner.tries(&self.line("manifesto root edit REPO --add-key vault-2.pub --out team"), 2);
        assert!(refused.contains("cannot write team"), "{refused}");
        assert!(self.place.proxy.log().is_empty());
        let edit = "manifesto root edit REPO --add-key vault-2.pub --remove-key vault --out root";
        self.owner.types_for(12, &self.line(edit), &[]);
        unplugged(&self.place, &self.owner, &self.vault, "root");
        self.owner.types(&self.line("manifesto publish REPO root.signed"));
    }
}

/// The vault signs what it is brought. It has no network.
fn unplugged(place: &Place, owner: &Person, vault: &Person, file: &str) {
    give(file, owner, vault);
    place.proxy.clear_log();
    place.proxy.kill();
    vault.types_for(12, &place.line(&format!("manifesto sign REPO {file} --out {file}.signed")), &["y"]);
    place.proxy.revive();
    assert!(place.proxy.log().is_empty(), "the vault asks nobody");
    give(&format!("{file}.signed"), vault, owner);
}

/// The short id of what was proposed.
fn proposed(said: &str) -> String {
    let id = said.lines().find_map(|line| Some(line.split_once("  Proposal ")?.1.trim()));
    id.unwrap_or_else(|| panic!("{said}")).to_owned()
}

impl Place {
    /// A command line with the names of this place.
    fn line(&self, line: &str) -> String {
        line.replace("REPO", &self.repository()).replace("IMAGE", &self.image())
    }
}

#[test]
fn a_team_with_an_offline_root() {
    let team = Team::begun();
    team.delegates();
    team.says();
    let thief = team.is_robbed();
    team.revokes_what_was_stolen(&thief);
    team.rotates_root();
    // Since it pinned the first root, it has seen nothing.
    team.reader.types(&team.line("manifesto get --verify IMAGE approvals trivy seccomp --to got"));
    let statements = [("approvals", "approval.json"), ("trivy", "trivy.json"), ("seccomp", "seccomp.json")];
    for (kind, fixture) in statements {
        let got = fs::read(team.reader.actor.path(&format!("got/{kind}"))).unwrap();
        assert!(got == fs::read(fixtures::statement(fixture)).unwrap(), "{kind}");
    }
    // So do two clients that are not ours, from the same root.
    let files = Files::of(&team.place, &statements);
    files.load_in_tough();
    files.load_in_python_tuf();
    let Team { owner, vault, alice, bob, carol, ci, cron, reader, .. } = &team;
    let people = [owner, vault, alice, bob, carol, ci, cron, reader];
    let counted: Vec<_> = people.iter().map(|person| (person.name, person.commands(), person.answers())).collect();
    assert_eq!(counted, readme::table());
    readme::holds_for(&people, &team.place.repository());
}
