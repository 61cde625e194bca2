//! Whoever opens a repository that will expire soon is told.

use std::collections::BTreeSet;

use super::{
    super::{help, main_job::done},
    Place,
};

/// What reads and what writes, in this order: root is near its end, and nobody renews it in between.
const APP: [&str; 18] = [
    "get {app}:1.4 seccomp",
    "list {app}:1.4",
    "list {app} --all-images",
    "inspect {app}",
    "delegation list {app}",
    "publisher list {app}",
    "status {app}",
    "doctor {app}",
    "pending {app}",
    "put {app}:1.4 approvals --text yes",
    "delete {app}:1.4 approvals --yes",
    // Root is renewed by these; top-level targets, as old, is not.
    "publisher add {app} --key ci.pub",
    "publisher remove {app} --key ci",
    "root edit {app} --threshold 1",
    "key rotate {app} timestamp",
    "publisher add {app} --key late.pub",
    "key revoke {app} late",
    "trust pin {app} {fingerprint}",
];
/// Top-level targets is renewed by these, and root is not.
const WEB: [&str; 2] = ["delegation add {web} qa --type approvals --key ci.pub", "delegation remove {web} qa"];

/// Where a registry has lost nothing, there is nothing to say but that.
const NEEDLESS: &str = "recover";

/// What needs a proposal to work on warns in `ops::together::whoever_signs_is_warned`.
const SIGNED_TOGETHER: [&str; 3] = ["sign", "reject", "publish"];

/// Verbs that open no repository, or one that begins.
const OPEN_NOTHING: [&str; 20] = [
    "completions",
    "help",
    "init",
    "key",
    "key backup",
    "key export",
    "key generate",
    "key import",
    "key list",
    "key passwd",
    "key remove",
    "key restore",
    "key show",
    "man",
    "root",
    "trust",
    "trust export",
    "trust forget",
    "trust list",
    "",
];

#[test]
fn every_verb_that_opens_a_repository_warns_once_its_end_is_near() {
    let place = Place::new(&["app", "web"]);
    let owner = &place.owner;
    let (app, web) = (place.repository("app"), place.repository("web"));
    done(owner.run(&format!("put {app}:1.4 seccomp --text none")));
    owner.write("ci.pub", done(owner.run("key generate ci")).stdout());
    owner.write("late.pub", done(owner.run("key generate late")).stdout());
    // The name of the key stays in root, so that naming it again takes no new one.
    done(owner.run(&format!("delegation add {web} qa --type approvals --key ci.pub")));
    done(owner.run(&format!("delegation remove {web} qa")));
    let fingerprint = done(owner.run("trust list --format json"));
    let fingerprint: serde_json::Value = serde_json::from_str(fingerprint.stdout()).unwrap();
    let pins = fingerprint["pins"].as_array().unwrap();
    let pin = pins.iter().find(|pin| pin["repository"] == app.as_str()).unwrap()["pinned"].as_str().unwrap();
    let fill = |line: &str| line.replace("{app}", &app).replace("{web}", &web).replace("{fingerprint}", pin);

    for line in ["get {app}:1.4 seccomp", "status {app}", "refresh {app}", "inspect {app}"] {
        let run = done(owner.run(&fill(line)));
        assert!(!run.stderr().contains("warning:"), "{}", run.transcript());
    }
    // A year is root's time, and in the last half of its last 60 days everybody is told. Whoever renews has no key for it.
    const DAYS: u32 = 340;
    let cron = place.colleague("app", &["repository", "timestamp"]);
    let refreshed = cron.run_after(DAYS, &format!("refresh {app}"));
    let lines = APP.iter().chain(&WEB).map(|line| (*line, owner.run_after(DAYS, &fill(line))));
    for (line, run) in [("refresh {app}", refreshed)].into_iter().chain(lines) {
        assert_eq!(run.code(), 0, "{}", run.transcript());
        let warnings: Vec<&str> = run.stderr().lines().filter(|line| line.starts_with("warning: ")).collect();
        let told =
            |warning: &&str| warning.contains("renewed") && (warning.contains("root") || warning.contains("targets"));
        assert!(warnings.iter().any(told), "{line}\n{}", run.transcript());
    }
    let json = owner.run_after(DAYS, &format!("status {app} --format json"));
    assert!(json.stdout().contains(r#""warnings":[{"kind":"renewal_due""#), "{}", json.transcript());
}

#[test]
fn no_verb_is_forgotten() {
    let lines = APP.iter().chain(&WEB).chain(&["refresh {app}", "trust pin", "delegation", "publisher"]);
    let verbs = help::verbs(&super::Sandbox::new());
    let known = |verb: &str| {
        OPEN_NOTHING.contains(&verb)
            || SIGNED_TOGETHER.contains(&verb)
            || verb == NEEDLESS
            || lines.clone().any(|line| *line == verb || line.starts_with(&format!("{verb} ")))
    };
    let forgotten: BTreeSet<&String> = verbs.iter().filter(|verb| !known(verb.trim())).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

/// A role that was loaded for an answer is one that the answer rests on.
#[test]
fn a_delegated_role_that_is_near_its_end_is_named() {
    let place = Place::new(&["app"]);
    let app = place.repository("app");
    let cron = place.colleague("app", &["timestamp", "repository"]);
    done(place.owner.run(&format!("put {app}:1.4 seccomp --text none")));
    place.owner.write("dora.pub", done(place.colleague("app", &[]).run("key generate dora")).stdout());
    done(place.owner.run(&format!("delegation add {app} qa --type approvals --key dora.pub")));
    // Of a delegated role's 90 days the last 15.
    const DAYS: u32 = 78;
    let refreshed = cron.run_after(DAYS, &format!("refresh {app}"));
    assert!(refreshed.stdout().contains("waiting for others: qa"), "{}", refreshed.transcript());
    assert!(refreshed.stderr().contains("the keys of dora, and none of them is here"), "{}", refreshed.transcript());
    let reader = place.colleague("app", &[]);
    let about_qa = reader.run_after(DAYS, &format!("get {app}:1.4 approvals"));
    assert_eq!(about_qa.code(), 3, "{}", about_qa.transcript());
    let all = reader.run_after(DAYS, &format!("list {app}:1.4"));
    assert!(all.stderr().contains("have to be renewed: qa by "), "{}", all.transcript());
    let other = reader.run_after(DAYS, &format!("get {app}:1.4 seccomp"));
    assert_eq!((other.stdout(), other.stderr().contains("renewed")), ("none", false), "{}", other.transcript());
}
