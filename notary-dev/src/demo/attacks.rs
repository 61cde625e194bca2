//! What a registry that lies can try, and what becomes of it.

use std::{fs, thread, time::Duration};

use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use super::{DemoError, OTHER, REPOSITORY, Stage};
use crate::{
    fixtures,
    machine::Machine,
    proxy::{Fault, Rule},
    push::{Target, sha256},
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const TAG: &str = "_manifesto";
/// Exit code: verification failed.
const FAILED: i32 = 4;
/// Exit code: expired, or older than was asked for.
const OLD: i32 = 5;
/// Exit code: the pin does not match.
const NOT_TRUSTED: i32 = 6;
/// How old an answer the careful reader accepts, and how long the frozen registry keeps silent; the second is longer.
const FRESH: &str = "2s";
const FROZEN: Duration = Duration::from_secs(4);

/// Tries every attack.
pub(super) async fn run(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    swapped_statement(stage)?;
    disagreeing_index(stage).await?;
    foreign_metadata(stage).await?;
    let earlier = published(&stage.direct(REPOSITORY)).await?;
    rolled_back(stage, &earlier)?;
    frozen(stage, earlier)
}

/// The registry answers with other bytes of the same length.
fn swapped_statement(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let approval = fs::read_to_string(fixtures::statement("approval.json"))?;
    let swapped = approval.replace("approved", "rejected");
    let path = format!("/blobs/{}", sha256(approval.as_bytes()));
    stage.proxy.add_rule(Rule::new(Fault::ReplaceBody(swapped.into())).method("GET").path(&path));
    let owner = stage.owner.clone();
    stage.refuse(
        "a swapped statement",
        "The registry hands out \"rejected\" where \"approved\" was signed, byte for byte as long.",
        &owner,
        &[],
        &[FAILED],
    )
}

/// The registry says in the index that the approval is the seccomp profile, and leaves everything signed alone.
async fn disagreeing_index(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let target = stage.direct(REPOSITORY);
    let mut manifest: Value = parsed(&published(&target).await?)?;
    let config = manifest["config"]["digest"].as_str().ok_or(DemoError::Unexpected("config"))?;
    let index = target.ask(Method::GET, &format!("blobs/{config}")).await?.text();
    let digest = |name| Ok::<_, DemoError>(sha256(&fs::read(fixtures::statement(name))?));
    let changed = index.replace(&digest("approval.json")?, &digest("seccomp.json")?);
    if changed == index {
        return Err(DemoError::Unexpected("approval in its index"));
    }
    manifest["config"]["size"] = changed.len().into();
    manifest["config"]["digest"] = target.blob(changed).await?.into();
    stage.serve(manifest.to_string().into());
    let owner = stage.owner.clone();
    stage.refuse(
        "an index that disagrees",
        "The registry serves an index that calls the seccomp profile an approval.",
        &owner,
        &[],
        &[FAILED],
    )
}

/// The registry serves what the same owner signed for another repository.
async fn foreign_metadata(stage: &mut Stage<'_>) -> Result<(), DemoError> {
    let repository = format!("{}/{OTHER}", stage.proxy.address());
    let backup = stage.owner.home().join("other.backup").into_os_string();
    let approval = fixtures::statement("approval.json").into_os_string();
    stage.heading("Preparing", "The same owner approves the same image in another repository.")?;
    stage.succeed(&["init".into(), repository.clone().into(), "--backup".into(), backup])?;
    stage.succeed(&["put".into(), format!("{repository}:1.4").into(), "approvals".into(), approval])?;
    let (from, to) = (stage.direct(OTHER), stage.direct(REPOSITORY));
    let bytes = published(&from).await?;
    let manifest = parsed(&bytes)?;
    let layers = manifest["layers"].as_array().ok_or(DemoError::Unexpected("layers"))?;
    for descriptor in layers.iter().chain([&manifest["config"]]) {
        let digest = descriptor["digest"].as_str().ok_or(DemoError::Unexpected("digest"))?;
        to.blob(from.ask(Method::GET, &format!("blobs/{digest}")).await?.body).await?;
    }
    stage.serve(bytes);
    let owner = stage.owner.clone();
    stage.refuse(
        "another repository's metadata",
        "The registry serves, under this repository's name, what was signed for the other one.",
        &owner,
        &[],
        &[FAILED, NOT_TRUSTED],
    )
}

/// The registry serves yesterday's publication to somebody who has seen today's.
fn rolled_back(stage: &mut Stage<'_>, earlier: &Bytes) -> Result<(), DemoError> {
    let changed = stage.owner.home().join("changed.json");
    fs::write(&changed, fs::read_to_string(fixtures::statement("approval.json"))?.replace("approved", "rejected"))?;
    let image = stage.image();
    stage.heading("Preparing", "The owner takes the approval back.")?;
    stage.succeed(&["put".into(), image.into(), "approvals".into(), changed.into_os_string()])?;
    stage.serve(earlier.clone());
    let owner = stage.owner.clone();
    stage.refuse(
        "a rolled-back _manifesto",
        "The registry serves the publication of before, in which the image was approved.",
        &owner,
        &[],
        &[FAILED],
    )
}

/// The registry goes on serving an old publication to somebody who cannot know that there is a newer one. Its
/// signatures are good, its timestamp is good for two weeks: only its signed date gives it away.
fn frozen(stage: &mut Stage<'_>, earlier: Bytes) -> Result<(), DemoError> {
    stage.heading("Preparing", "A second machine, which has seen nothing yet, is told whom to trust.")?;
    let repository = stage.repository();
    let root = stage.directory.path().join("root.json");
    let exported = stage.succeed(&["trust".into(), "export".into(), repository.clone().into()])?;
    fs::write(&root, exported.stdout)?;
    let reader = Machine::new(stage.owner.program(), stage.directory.path(), "reader")?;
    let pin = ["trust".into(), "pin".into(), repository.into(), "--root".into(), root.into_os_string()];
    reader.succeed(stage.out, &pin)?;
    thread::sleep(FROZEN);
    stage.serve(earlier);
    stage.refuse(
        "a frozen timestamp",
        "The registry has shown this machine nothing new for seconds; it asks for an answer no older than two.",
        &reader,
        &["--fresh", FRESH],
        &[OLD],
    )
}

impl Stage<'_> {
    /// Lets the registry serve `manifest` as `_manifesto` from now on.
    fn serve(&self, manifest: Bytes) {
        let fault = Fault::Manifest { media_type: MANIFEST.into(), bytes: manifest };
        self.proxy.add_rule(Rule::new(fault).tag(TAG));
    }

    /// Asks for the approval on `machine`, which has to be refused with one of `codes`; then the registry is honest
    /// again.
    fn refuse(
        &mut self,
        attack: &'static str,
        text: &str,
        machine: &Machine,
        flags: &[&str],
        codes: &[i32],
    ) -> Result<(), DemoError> {
        self.heading(&format!("Attack: {attack}"), text)?;
        let image = self.image();
        let mut arguments = vec!["get".into(), "--verify".into()];
        arguments.extend(flags.iter().map(Into::into));
        arguments.extend([image.into(), "approvals".into()]);
        let outcome = machine.run(self.out, &arguments)?;
        self.proxy.clear_rules();
        if !outcome.stdout.is_empty() || !outcome.code.is_some_and(|code| codes.contains(&code)) {
            return Err(DemoError::Believed { attack, code: outcome.code, stdout: outcome.stdout.len() });
        }
        let code = outcome.code.unwrap_or_default();
        writeln!(self.out, "Refused with exit code {code}; stdout is empty.")?;
        Ok(())
    }
}

/// The bytes of the present `_manifesto`.
async fn published(target: &Target) -> Result<Bytes, DemoError> {
    let answer = target.ask(Method::GET, &format!("manifests/{TAG}")).await?;
    if answer.status.is_success() { Ok(answer.body) } else { Err(DemoError::Unexpected("manifest")) }
}

fn parsed(bytes: &[u8]) -> Result<Value, DemoError> {
    serde_json::from_slice(bytes).map_err(|_| DemoError::Unexpected("JSON"))
}
