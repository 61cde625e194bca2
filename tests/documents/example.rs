//! The example in the manual's page on the format: its documents are what the page says that they are.
//!
//! Nothing of manifesto is used here, so that the page is tested, and not the program against itself.

use std::collections::BTreeMap;

use ring::{
    digest::{SHA256, digest},
    signature::{ED25519, UnparsedPublicKey},
};
use serde_json::{Value, json};

/// The documents of the page by their names, byte for byte as they are stored.
fn documents() -> BTreeMap<String, String> {
    let page = super::document("src/manual/format.md");
    let example = page.split_once("\n## An example\n").unwrap().1;
    let sections = example.split("\n#### `").skip(1);
    sections
        .map(|section| {
            let (name, rest) = section.split_once("`\n").unwrap();
            let shown = rest.split_once("\n```json\n").unwrap().1.split_once("\n```").unwrap().0;
            (name.to_owned(), without_white_space(shown))
        })
        .collect()
}

/// JSON without the line breaks and spaces that are for people.
fn without_white_space(shown: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = shown.chars().filter(|one| {
        let keep = quoted || !one.is_ascii_whitespace();
        quoted ^= *one == '"' && !escaped;
        escaped = quoted && *one == '\\' && !escaped;
        keep
    });
    kept.collect()
}

fn sha256(bytes: &str) -> String {
    hex::encode(digest(&SHA256, bytes.as_bytes()))
}

/// What is signed: its bytes, which are canonical as they are written, and its value.
fn signed(document: &str) -> (&str, Value) {
    let (_, signed) = document.split_once(r#","signed":"#).unwrap();
    let signed = signed.strip_suffix('}').unwrap();
    (signed, serde_json::from_str(signed).unwrap())
}

/// Checks that every one of `keyids` has signed, each of which is listed in `keys` under its own hash.
fn check_signatures(document: &str, keyids: &Value, keys: &Value) {
    let envelope: Value = serde_json::from_str(document).unwrap();
    for id in keyids.as_array().unwrap().iter().map(|id| id.as_str().unwrap()) {
        let key = &keys[id];
        // A key object in its canonical form.
        let public = key["keyval"]["public"].as_str().unwrap();
        let canonical = format!(r#"{{"keytype":"ed25519","keyval":{{"public":"{public}"}},"scheme":"ed25519"}}"#);
        assert_eq!(
            (serde_json::from_str::<Value>(&canonical).unwrap(), sha256(&canonical)),
            (key.clone(), id.to_owned())
        );
        let signatures = envelope["signatures"].as_array().unwrap();
        let signature = signatures.iter().find(|signature| signature["keyid"] == id).unwrap();
        let signature = hex::decode(signature["sig"].as_str().unwrap()).unwrap();
        let key = UnparsedPublicKey::new(&ED25519, hex::decode(public).unwrap());
        key.verify(signed(document).0.as_bytes(), &signature).unwrap();
    }
}

/// Checks that `meta` has the version, length and hash of a document.
fn check_meta(meta: &Value, document: &str) {
    let version = &signed(document).1["version"];
    let expected = json!({ "hashes": { "sha256": sha256(document) }, "length": document.len(), "version": version });
    assert_eq!(*meta, expected);
}

#[test]
fn the_manifest_lists_the_documents() {
    let documents = documents();
    let manifest: Value = serde_json::from_str(&documents["manifest"]).unwrap();
    let mut listed = vec![("_manifesto", &manifest["config"])];
    for layer in manifest["layers"].as_array().unwrap() {
        let name = &layer["annotations"]["tuf.io/filename"];
        assert_eq!(name.is_null(), layer["mediaType"] == "application/vnd.manifesto.statement");
        listed.extend(name.as_str().map(|name| (name, layer)));
    }
    assert_eq!(listed.len() + 1, documents.len());
    for (name, descriptor) in listed {
        let document = &documents[name];
        assert_eq!(descriptor["digest"], format!("sha256:{}", sha256(document)), "{name}");
        assert_eq!(descriptor["size"], document.len(), "{name}");
    }
    let page = super::document("src/manual/format.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&format!("the manifest has {} bytes", documents["manifest"].len())));
}

#[test]
fn the_documents_verify() {
    let documents = documents();
    let (_, first) = signed(&documents["1.root.json"]);
    let (_, root) = signed(&documents["2.root.json"]);
    check_signatures(&documents["1.root.json"], &first["roles"]["root"]["keyids"], &first["keys"]);
    for signers in [&first, &root] {
        check_signatures(&documents["2.root.json"], &signers["roles"]["root"]["keyids"], &signers["keys"]);
    }
    for (role, name) in
        [("timestamp", "timestamp.json"), ("snapshot", "7.snapshot.json"), ("targets", "2.targets.json")]
    {
        check_signatures(&documents[name], &root["roles"][role]["keyids"], &root["keys"]);
    }
    let (_, timestamp) = signed(&documents["timestamp.json"]);
    check_meta(&timestamp["meta"]["snapshot.json"], &documents["7.snapshot.json"]);
    let (_, snapshot) = signed(&documents["7.snapshot.json"]);
    check_meta(&snapshot["meta"]["targets.json"], &documents["2.targets.json"]);
    let (_, targets) = signed(&documents["2.targets.json"]);
    for (role, name, index) in [("qa", "2.qa.json", "_manifesto/qa"), ("repository", "5.repository.json", "_manifesto")]
    {
        let roles = targets["delegations"]["roles"].as_array().unwrap();
        let delegated = roles.iter().find(|delegated| delegated["name"] == role).unwrap();
        check_signatures(&documents[name], &delegated["keyids"], &targets["delegations"]["keys"]);
        check_meta(&snapshot["meta"][format!("{role}.json")], &documents[name]);
        let (_, document) = signed(&documents[name]);
        assert_eq!(document["x-manifesto"]["role"], role);
        assert_eq!(document["targets"][index]["hashes"]["sha256"], sha256(&documents[index]));
        assert_eq!(document["targets"][index]["length"], documents[index].len());
    }
    let (_, qa) = signed(&documents["2.qa.json"]);
    let image = "sha256/c5c3090c78a69c23565353b874b43eda3ad7c4cfcb855e839f3908ac5a11a9e6/approvals";
    assert_eq!(qa["targets"][image]["hashes"]["sha256"], sha256(r#"{"decision":"approved"}"#));
}
