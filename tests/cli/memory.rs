//! What a hostile repository costs: the real binary's peak memory while it reads what a delegate or a publisher may
//! sign, and what an honest one at the limits costs. `cargo test --test integration memory -- --nocapture` prints the
//! table that SECURITY.md shows.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    num::NonZeroU32,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use manifesto::time::Timestamp;
use manifesto::{
    limits::Limits,
    name::{Digest, RoleName, Tag, TargetPath},
    oci::{Attempts, OCI_MANIFEST, Source, layout::Layout},
    store::{
        artifact::Blob,
        proposals::{EMPTY, ProposalFile, ProposalsManifest},
    },
    trust::{
        DelegatedKeys, DelegatedRole, Delegations, HISTORY, Json, KeyId,
        author::{NewStatement, Unsigned, put_statement},
    },
};
use manifesto_keys::{
    AskError, AskPassphrase, KeyStoreSpec, Passphrase, Purpose,
    store::{self, DEADLINE},
};
use serde_json::json;

use super::{
    Sandbox,
    main_job::{done, machine},
};
use crate::world::{
    Machine, QUICK, REPOSITORY,
    authority::{granted, make_key},
    push_image,
    thief::{Forgery, Thief, image_digest, put, shown},
};

/// What one command may hold, in KiB.
const MOST: u64 = 256 << 10;

struct Fixed;

impl AskPassphrase for Fixed {
    fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
        Passphrase::new("correct horse".to_owned()).map_err(|empty| AskError::Refused(empty.to_string()))
    }
}

/// An owner, a delegate who signs `trivy`, and a machine with the real binary that has pinned the root and read
/// nothing. The keys of both are on it, so that it may write as well.
struct Scene {
    owner: Machine,
    thief: Thief,
    image: Digest,
    reader: Sandbox,
    good: Bytes,
}

impl Scene {
    async fn new() -> Self {
        let reader = machine();
        let layout = reader.path("layout");
        let mut owner = Machine::new(Arc::new(Layout::new(&layout, Limits::DEFAULT)));
        let keys = KeyStoreSpec::File(reader.path("keys"));
        owner.keys = store::open(&keys, &reader.path("index"), Arc::new(Fixed), DEADLINE).into();
        owner.now = Timestamp::try_from(std::time::SystemTime::now()).unwrap();
        owner.timing = QUICK;
        push_image(owner.content.as_ref(), "1.4").await;
        owner.init().await.unwrap();
        let (_, root) = owner.repository().export_root().unwrap();
        reader.write("root.json", root);
        let key = make_key(&owner, "scanner");
        owner.delegate(&granted("scan", &["trivy"], &[&key], None)).await.unwrap();
        owner.put("approvals", "approved").await.unwrap();
        owner.put("trivy", "clean").await.unwrap();
        let (good, image) = (shown(owner.content.as_ref()).await, image_digest(owner.content.as_ref()).await);
        let thief = Thief::with(&owner, |_| true);
        Self { owner, thief, image, reader, good }
    }

    /// Publishes, on top of what is good, what `bend` makes of it.
    async fn publish(&self, bend: impl FnOnce(&Self, &mut Forgery)) {
        put(self.owner.content.as_ref(), self.good.clone()).await;
        self.thief
            .publish(|forged| {
                forged.snapshot.version += 1;
                bend(self, forged);
            })
            .await;
    }

    /// Runs a command as somebody who has never read here.
    #[allow(clippy::print_stdout, reason = "the table is what the test is run for by hand")]
    fn measure(&self, case: &str, verb: &str, expected: i32) -> Measured {
        let layout = format!("oci:{}", self.reader.path("layout").display());
        self.reader.run(&format!("trust forget {layout} --yes"));
        done(self.reader.run(&format!("trust pin {layout} --as {REPOSITORY} --root root.json")));
        let verb = verb.replace("IMAGE", &format!("{layout}:1.4")).replace("REPO", &layout);
        let mut command = self.reader.command();
        command.args(verb.split_whitespace());
        if !verb.starts_with("refresh") {
            command.args(["--as", REPOSITORY]);
        }
        let (code, peak, said) = watch(command, &self.reader);
        println!("| {case} | {} | {} MiB | {code} |", verb.split(' ').next().unwrap(), peak >> 10);
        assert_eq!(code, expected, "{case}: {}", said.chars().take(2000).collect::<String>());
        assert!(peak < MOST, "{case}: {} MiB", peak >> 10);
        Measured { said }
    }
}

struct Measured {
    said: String,
}

/// The exit code of a command, the most memory that it ever had in KiB, and what it said.
fn watch(mut command: Command, sandbox: &Sandbox) -> (i32, u64, String) {
    let (out, err) = (sandbox.path("out"), sandbox.path("err"));
    let file = |path| Stdio::from(fs::File::create(path).unwrap());
    command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // The kernel keeps the highest value, so that looking now and then is enough.
        let lines = fs::read_to_string(&status).unwrap_or_default();
        let line = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default();
        peak = peak.max(now);
        if let Some(status) = child.try_wait().unwrap() {
            let said = [&err, &out].map(|path| fs::read_to_string(path).unwrap()).concat();
            return (status.code().unwrap(), peak, said);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// One field with any text as its value, of any size.
fn json_of(text: String) -> Json {
    serde_json::from_str(&text).unwrap()
}

/// As many of `item` as fill so many bytes, in an array.
fn array(item: &str, bytes: usize) -> Json {
    let mut text = "[".to_owned();
    while text.len() + item.len() + 2 < bytes {
        write!(text, "{item},").unwrap();
    }
    text.pop();
    json_of(text + "]")
}

/// The longest strings that are read, to so many bytes.
fn strings(bytes: usize) -> Json {
    let longest = format!("\"{}\"", "a".repeat(MIB - 20));
    if bytes < MIB { json_of(format!("\"{}\"", "a".repeat(bytes))) } else { array(&longest, bytes) }
}

fn objects_in_objects() -> String {
    format!("{}0{}", "{\"a\":".repeat(100), "}".repeat(100))
}

/// An object with so many members.
fn object(members: usize) -> Json {
    let mut text = "{".to_owned();
    (0..members).for_each(|n| write!(text, "\"{n}\":0,").unwrap());
    text.pop();
    json_of(text + "}")
}

/// A statement that somebody makes.
fn said(content: &[u8]) -> NewStatement {
    NewStatement {
        digest: Digest::of(content),
        size: content.len() as u64,
        media_type: "text/plain".to_owned(),
        created: Timestamp::try_from(std::time::SystemTime::now()).unwrap(),
        expires: None,
        title: None,
        annotations: BTreeMap::new(),
    }
}

/// So many more roles, each as large as this.
fn many_roles(count: usize, bytes: usize) -> impl Fn(&Scene, &mut Forgery) {
    move |_, forged| {
        forged.targets.version += 1;
        let delegations = forged.targets.delegations.as_mut().unwrap();
        let template = delegations.roles.iter().find(|role| role.name.as_str() == "scan").unwrap().clone();
        let document = forged.roles[&template.name].clone();
        for n in 0..count {
            let name: RoleName = format!("role-{n}").parse().unwrap();
            let mut role = template.clone();
            role.name = name.clone();
            role.paths = vec![format!("sha256/*/type-{n}").parse().unwrap()];
            delegations.roles.insert(0, role);
            let mut document = document.clone();
            document.targets.clear();
            document.manifesto.common.role = name.clone().into();
            document.other.insert("x", strings(bytes - 2000));
            let mut file = forged.artifact.roles[&template.name].clone();
            file.types = None;
            forged.artifact.roles.insert(name.clone(), file);
            forged.roles.insert(name, document);
        }
    }
}

const MIB: usize = 1 << 20;
/// As many values as one document may have beside those of an empty role.
const VALUES: usize = Limits::DEFAULT.documents_values as usize - 2000;

#[tokio::test(flavor = "multi_thread")]
async fn a_delegates_document_costs_no_more_than_a_command_may() {
    let scene = Scene::new().await;
    let get = "get IMAGE trivy";
    let field = |value: Json| {
        move |_: &Scene, forged: &mut Forgery| {
            forged.role("scan").version += 1;
            forged.role("scan").other.insert("x", value);
        }
    };
    for (case, value, expected) in [
        ("one field of 31 MiB", strings(31 * MIB), 0),
        ("24 MiB of empty arrays", array("[]", 24 * MIB), 4),
        ("24 MiB of objects in objects", array(&objects_in_objects(), 24 * MIB), 4),
        ("24 MiB of empty strings", array("\"\"", 24 * MIB), 4),
        ("24 MiB of numbers", array("0", 24 * MIB), 4),
        ("an object of 2,500,000 members", object(2_500_000), 4),
        ("as many empty arrays as are read", array("[]", VALUES * 3), 0),
        ("as many arrays of one as are read", array("[0]", VALUES * 2), 0),
        ("as many objects in objects as are read", array(&objects_in_objects(), VALUES / 101 * 602), 0),
        ("as many members of an object as are read", object(VALUES), 0),
    ] {
        scene.publish(field(value)).await;
        let measured = scene.measure(case, get, expected);
        assert_eq!(expected == 4, measured.said.contains("JSON values"), "{case}: {}", measured.said);
    }
}

/// The same where this version knows the field.
#[tokio::test(flavor = "multi_thread")]
async fn lists_and_tables_cost_no_more_than_a_command_may() {
    let scene = Scene::new().await;
    let number = |n: usize| format!("{n:04x}");
    let delegating = |keys: Vec<(KeyId, Json)>, roles: Vec<DelegatedRole>| {
        move |_: &Scene, forged: &mut Forgery| {
            forged.role("scan").version += 1;
            let delegations = Delegations { keys: keys.into_iter().collect(), roles, other: Default::default() };
            forged.role("scan").delegations = Some(delegations);
        }
    };
    let role = |keyids: Vec<KeyId>, paths: usize| DelegatedRole {
        name: "more".parse().unwrap(),
        keys: DelegatedKeys { keyids, threshold: NonZeroU32::MIN },
        paths: (0..paths).map(|_| "x".parse().unwrap()).collect(),
        terminating: false,
        other: Default::default(),
    };
    scene.publish(delegating(Vec::new(), vec![role(vec!["".into(); VALUES], 1)])).await;
    scene.measure("one id of a key, as often as is read", "get IMAGE trivy", 0);
    scene.publish(delegating(Vec::new(), vec![role(Vec::new(), VALUES)])).await;
    scene.measure("one pattern of paths, as often as is read", "get IMAGE trivy", 0);
    let keys = (0..VALUES).map(|n| (number(n).into(), json!(0).into())).collect();
    scene.publish(delegating(keys, Vec::new())).await;
    scene.measure("as many keys as are read", "get IMAGE trivy", 4);
    let deep = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00"}, "x": {"x": {"x": {}}}});
    let keys = (0..20_000).map(|n| (number(n).into(), deep.clone().into())).collect();
    scene.publish(delegating(keys, Vec::new())).await;
    scene.measure("20,000 keys", "get IMAGE trivy", 4);

    scene
        .publish(|scene, forged| {
            let annotations = (0..VALUES / 2).map(|n| (number(n), String::new())).collect();
            let path = TargetPath::statement(scene.image, "trivy".parse().unwrap());
            let role = forged.role("scan");
            role.version += 1;
            put_statement(role, &path, &NewStatement { annotations, ..said(b"clean") }).unwrap();
        })
        .await;
    scene.measure("one statement with as many notes as are read", "get IMAGE trivy", 0);
}

/// What a publisher may sign.
#[tokio::test(flavor = "multi_thread")]
async fn top_level_documents_cost_no_more_than_a_command_may() {
    let scene = Scene::new().await;
    scene
        .publish(|_, forged| {
            let meta = forged.snapshot.meta["targets.json"].clone();
            let names = (0..30_000).map(|n| (format!("role-{n}.json"), meta.clone()));
            forged.snapshot.meta.extend(names);
        })
        .await;
    scene.measure("a snapshot of 30,000 roles", "get IMAGE trivy", 4);
    scene
        .publish(|_, forged| {
            forged.targets.version += 1;
            let delegations = forged.targets.delegations.as_mut().unwrap();
            let template = delegations.roles[0].clone();
            for n in 0..19_990 {
                let key = json!({"keytype": "future", "scheme": "future", "keyval": {"public": "a".repeat(1000)}});
                let id: KeyId = format!("{n:064x}").into();
                delegations.keys.insert(id.clone(), key.into());
                let mut role = template.clone();
                role.name = format!("role-{n}").parse().unwrap();
                role.keys.keyids = vec![id];
                delegations.roles.push(role);
            }
        })
        .await;
    scene.measure("targets of 30 MiB with 20,000 roles and keys", "get IMAGE trivy", 0);
    scene.publish(|_, forged| forged.timestamp.other.insert("x", array("[]", MIB - 2000))).await;
    scene.measure("a timestamp of 1 MiB of empty arrays", "get IMAGE trivy", 0);
    scene
        .publish(|_, forged| {
            forged.root.version += 1;
            forged.root.other.insert("x", array(&objects_in_objects(), MIB - 4000));
        })
        .await;
    scene.measure("a root of 1 MiB of objects in objects", "get IMAGE trivy", 0);
}

/// Each of them is small; what is bounded is all of them together, and reading ends where it is too much.
#[tokio::test(flavor = "multi_thread")]
async fn many_roles_cost_no_more_than_a_command_may() {
    let scene = Scene::new().await;
    scene.publish(many_roles(100, MIB)).await;
    for verb in ["list --all-images REPO", "inspect REPO", "get IMAGE trivy"] {
        let expected = if verb.starts_with("get") { 0 } else { 4 };
        let measured = scene.measure("100 roles of 1 MiB", verb, expected);
        assert_eq!(expected == 4, measured.said.contains("that one command reads"), "{}", measured.said);
    }
    scene.publish(many_roles(2, 23 * MIB)).await;
    scene.measure("2 roles of 23 MiB", "inspect REPO", 0);
    scene.measure("2 roles of 23 MiB", "put IMAGE approvals --text again", 0);
    scene.measure("2 roles of 23 MiB", "refresh REPO", 0);
    scene
        .publish(|scene, forged| {
            many_roles(1, 20 * MIB)(scene, forged);
            forged.role("scan").version += 1;
            forged.role("scan").other.insert("x", array(&format!("[\"{}\"]", "a".repeat(60)), 24 * MIB));
        })
        .await;
    scene.measure("44 MiB, half of it in little strings", "inspect REPO", 0);
}

/// Honest people reach the limits, too: a role with as many statements as it may have, each with as many former values,
/// in a manifest that lists as much as it may.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_limits_allow_is_read() {
    let scene = Scene::new().await;
    let Limits { statements_per_role, layers, .. } = Limits::DEFAULT;
    let mut more = Vec::new();
    let blobs = scene.reader.path("layout/blobs/sha256");
    for n in 0..layers - 50 {
        let text = format!("former {n}");
        let digest = Digest::of(text.as_bytes());
        fs::write(blobs.join(digest.hex()), &text).unwrap();
        more.push((digest, text.len() as u64));
    }
    scene
        .publish(|scene, forged| {
            let path = |image| TargetPath::statement(image, "trivy".parse().unwrap());
            let role = forged.role("scan");
            role.version += 1;
            for n in 0..=HISTORY {
                let content = if n == HISTORY { "clean".to_owned() } else { format!("former {n}") };
                put_statement(role, &path(scene.image), &said(content.as_bytes())).unwrap();
            }
            let full = role.targets[&path(scene.image).to_string()].clone();
            assert!(full.custom.as_ref().unwrap().as_str().matches("sha256").count() == HISTORY);
            for n in 2..statements_per_role {
                let image = Digest::of(&n.to_be_bytes());
                role.targets.insert(path(image).to_string(), full.clone());
            }
            forged.artifact.statements.extend(more);
        })
        .await;
    scene.measure("10,000 statements with 10 former values each", "get IMAGE trivy", 0);
    scene.measure("10,000 statements with 10 former values each", "list --all-images REPO", 0);
    scene.measure("10,000 statements with 10 former values each", "inspect REPO", 0);
    scene.measure("10,000 statements with 10 former values each", "put IMAGE trivy --text again", 0);
}

/// What anybody may put where signers keep their proposals, before anyone has looked at a signature.
#[tokio::test(flavor = "multi_thread")]
async fn proposals_cost_no_more_than_a_command_may() {
    let scene = Scene::new().await;
    let good = Forgery::read(scene.owner.content.as_ref()).await;
    let delegated = &good.targets.delegations.as_ref().unwrap().keys;
    let signers: Vec<&KeyId> = good.root.keys.keys().chain(delegated.keys()).collect();
    // The name of a field has in it the names of all that it stands in.
    let key = "k".repeat(200_000);
    let names = format!("{}{}{}", format!("{{\"{key}\":").repeat(10), array("0", 800).as_str(), "}".repeat(10));
    for (case, value, unreadable) in [
        ("24 MiB of empty arrays", array("[]", 24 * MIB), "bytes, at most"),
        ("22 MiB of empty arrays", array("[]", 22 * MIB), "JSON values"),
        ("as many objects in objects as are read", array(&objects_in_objects(), VALUES / 101 * 602), ""),
        ("long names above many leaves", json_of(names), "more than can be shown"),
        ("one field of 22 MiB, at the tag of each signer", strings(22 * MIB), "more proposals than are read at once"),
    ] {
        let mut role = good.roles[&"scan".parse().unwrap()].clone();
        role.version += 1;
        role.other.insert("x", value);
        let document = Unsigned::targets(&role).unwrap().without_signatures();
        let file = ProposalFile { documents: vec![document], current: None }.to_bytes().unwrap();
        let manifest = ProposalsManifest { proposals: vec![Blob::of(&file)], ..ProposalsManifest::default() };
        for bytes in [file, Bytes::from_static(EMPTY)] {
            let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
            scene.owner.content.push_blob(digest, size, Source::Bytes(bytes)).await.unwrap();
        }
        let limits = Limits { proposals_bytes: 64 << 20, ..Limits::DEFAULT };
        for signer in &signers {
            let (tag, bytes) = (Tag::of_proposals(signer.as_str()), manifest.build(&limits).unwrap());
            scene.owner.content.push_manifest(&tag, OCI_MANIFEST, bytes, Attempts::Several).await.unwrap();
        }
        let measured = scene.measure(case, "pending REPO --format json", 0);
        assert!(measured.said.contains(unreadable), "{case}: {}", measured.said);
    }
}
