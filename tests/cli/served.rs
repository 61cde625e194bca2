//! A registry that serves an image's document as what it is not, or lies about its digest.

use bytes::Bytes;
use manifesto::oci::{OCI_INDEX, OCI_MANIFEST};
use notary_dev::{
    embedded::EmbeddedRegistry,
    fixtures,
    proxy::{Fault, Proxy, Rule},
    push::{Target, sha256},
};
use serde_json::Value;

use super::{Run, Sandbox, main_job::machine};

/// A repository with one approved image, behind a proxy that lies.
struct Place {
    owner: Sandbox,
    proxy: Proxy,
    repository: String,
    approved: String,
    _registry: EmbeddedRegistry,
}

impl Place {
    fn new() -> Self {
        let registry = EmbeddedRegistry::start().unwrap();
        let proxy = Proxy::start(&registry.address()).unwrap();
        let target = Target::anonymous(&registry.address(), "acme/app");
        let image = fixtures::image();
        let approved = tokio::runtime::Runtime::new().unwrap().block_on(target.layout(&image, "1.4", "1.4")).unwrap();
        let repository = format!("{}/acme/app", proxy.address());
        let place = Self { owner: machine(), proxy, repository, approved, _registry: registry };
        for line in ["init REPO --name alice --backup app.backup", "put REPO:1.4 approvals --text approved"] {
            let run = place.run(line);
            assert_eq!(run.code(), 0, "{}", run.transcript());
        }
        place
    }

    fn run(&self, line: &str) -> Run {
        self.owner.run(&line.replace("REPO", &self.repository))
    }

    /// Runs a command while the registry serves `document` under its own digest, as `kind`.
    fn run_while_served(&self, line: &str, document: &str, kind: &str) -> Run {
        let digest = sha256(document.as_bytes());
        let fault = Fault::Manifest { media_type: kind.to_owned(), bytes: Bytes::copy_from_slice(document.as_bytes()) };
        self.proxy.add_rule(Rule::new(fault).path(&format!("manifests/{digest}")));
        let run = self.run(&line.replace("DIGEST", &digest));
        self.proxy.clear_rules();
        run
    }
}

fn kind_of(run: &Run) -> String {
    let error: Value = serde_json::from_str(run.stderr()).unwrap();
    error["error"]["kind"].as_str().unwrap().to_owned()
}

/// [⚔]
/// What is run under a digest is an image; what is answered for is another, which the document names as if it were an
/// index.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion
#[test]
fn an_image_that_is_served_as_an_index_is_refused() {
    let place = Place::new();
    let evil = format!("sha256:{}", "e".repeat(64));
    let image = format!(r#""config":{{"digest":"{evil}","size":2}},"layers":[{{"digest":"{evil}","size":2}}]"#);
    let index = format!(
        r#""manifests":[{{"mediaType":"{OCI_MANIFEST}","digest":"{}","size":7,"platform":{{"os":"linux","architecture":"amd64"}}}}]"#,
        place.approved
    );
    let get = "get --verify --platform linux/amd64 REPO@DIGEST approvals --format json -o out";
    for document in [
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}",{image},{index}}}"#),
        format!(r#"{{"schemaVersion":2,{image},{index}}}"#),
        format!(r#"{{"schemaVersion":2,"mediaType":null,{image},{index}}}"#),
        format!(r#"{{"schemaVersion":2,"Config":{{}},"LAYERS":[],{index}}}"#),
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}",{index}}}"#),
        format!(r#"{{"schemaVersion":2,{index},{index}}}"#),
    ] {
        for kind in [OCI_INDEX, OCI_MANIFEST, "application/json"] {
            let run = place.run_while_served(get, &document, kind);
            assert_eq!((run.code(), run.stdout()), (4, ""), "{document} as {kind}: {}", run.transcript());
            assert_eq!(kind_of(&run), "ambiguous_manifest");
            assert!(!place.owner.path("out").exists());
        }
    }
    let run = place.run_while_served(get, &format!(r#"{{"schemaVersion":2,{image}}}"#), OCI_INDEX);
    assert_eq!((run.code(), kind_of(&run).as_str()), (4, "ambiguous_manifest"));
    // An index that is nothing else is answered, whatever useless type it is served with.
    for kind in [OCI_INDEX, "application/json", "text/plain; charset=utf-8", "application/octet-stream"] {
        let line = "get --verify --platform linux/amd64 REPO@DIGEST approvals";
        let run = place.run_while_served(line, &format!(r#"{{"schemaVersion":2,{index}}}"#), kind);
        assert_eq!((run.code(), run.stdout()), (0, "approved"), "{kind}: {}", run.transcript());
    }
}

/// [⚔] A statement is about bytes that were seen here.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#absent-image
#[test]
fn no_statement_is_stored_about_an_image_that_nobody_has() {
    let place = Place::new();
    let nobodys = format!("sha256:{}", "0".repeat(64));
    let lie = Fault::Header("docker-content-digest", nobodys.clone());
    place.proxy.add_rule(Rule::new(lie.clone()).method("HEAD"));
    let run = place.run("put REPO:1.4 seccomp --text {} --format json");
    assert_eq!(run.code(), 0, "{}", run.transcript());
    assert!(run.stdout().contains(&place.approved) && !run.stdout().contains(&nobodys), "{}", run.stdout());
    place.proxy.clear_rules();
    place.proxy.add_rule(Rule::new(lie).path("manifests/1.4"));
    let run = place.run("put REPO:1.4 seccomp --text no");
    assert_eq!(run.code(), 4, "{}", run.transcript());
    place.proxy.clear_rules();
    let run = place.run(&format!("put REPO@{nobodys} approvals --text approved"));
    assert_eq!((run.code(), run.stdout()), (13, ""), "{}", run.transcript());
    let listed = place.run(&format!("list REPO@{nobodys}"));
    assert_eq!((listed.code(), listed.stdout()), (0, ""), "{}", listed.transcript());
}
