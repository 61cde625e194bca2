//! The demo with a stand-in that knows what it published, and so refuses every attack: each is really carried out.

use std::{fs, path::PathBuf};

use notary_dev::{demo, fixtures, push::sha256};

/// What was told about the attack of this name.
fn told<'o>(out: &'o str, attack: &str) -> &'o str {
    let (_, rest) = out.split_once(&format!("== Attack: {attack}")).unwrap();
    rest.split("\n== ").next().unwrap()
}

#[tokio::test]
async fn every_attack_is_really_carried_out() {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/stand_in.py");
    let mut out = Vec::new();
    demo::run(&program, &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    let [approval, seccomp] =
        ["approval.json", "seccomp.json"].map(|name| sha256(&fs::read(fixtures::statement(name)).unwrap()));
    assert!(told(&out, "a swapped statement").contains(r#""decision": "rejected""#), "{out}");
    assert!(told(&out, "an index that disagrees").contains(&format!(r#""approvals": "{seccomp}""#)), "{out}");
    assert!(told(&out, "another repository's metadata").contains("acme/other\""), "{out}");
    for attack in ["a rolled-back _manifesto", "a frozen timestamp"] {
        assert!(told(&out, attack).contains(&format!(r#""approvals": "{approval}""#)), "{out}");
    }
    assert!(out.ends_with("Every attack was refused, and no refusal left a byte on stdout.\n"));
}
