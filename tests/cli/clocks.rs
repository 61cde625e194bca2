//! Wrong clocks with the real binary: the reader's against a registry whose clock is right, and a signer's that was ahead.

use serde_json::Value;

use super::{Run, job::Job, main_job::refused};

const ASKING: [&str; 3] = ["--verify", "--max-age 99999d", "--fresh 99999d"];

fn kinds(report: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(report).unwrap();
    let warnings = report["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap().to_owned()).collect()
}

fn error(run: &Run) -> (i32, String, String) {
    let error: Value = serde_json::from_str(run.stderr()).unwrap();
    let text = |field: &str| error["error"][field].as_str().unwrap().to_owned();
    assert_eq!(run.stdout(), "", "{}", run.transcript());
    (run.code(), text("kind"), text("message"))
}

/// [⚔]
/// By a clock that is behind, everything is new. The registry's tells that it is behind, and how old an answer is stays
/// unsaid.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#reader-clock
#[test]
fn a_readers_clock_that_is_behind() {
    let mut job = Job::registry().begun();
    let image = job.image("1.4");
    for offset in ["-10m", "-365d", "-3650d"] {
        for flag in ASKING {
            let run = job.owner.run_with_clock(offset, &format!("get {image} approvals {flag} --format json -o out"));
            let (code, kind, message) = error(&run);
            assert_eq!((code, kind.as_str()), (5, "clock_behind"), "{offset} {flag}: {message}");
            assert!(message.contains("this machine's clock is behind: it says"), "{message}");
            assert!(message.contains("the registry's says") && message.contains("is dated"), "{message}");
            assert!(!job.owner.path("out").exists());
        }
        let list = job.owner.run_with_clock(offset, &format!("list --verify {image}"));
        refused(&list, 5, "this machine's clock is behind");
        let all = job.owner.run_with_clock(offset, &format!("list --verify --all-images {}", job.repository));
        refused(&all, 5, "this machine's clock is behind");
        let got = job.owner.run_with_clock(offset, &format!("get {image} approvals"));
        assert_eq!((got.code(), got.stdout()), (0, "approved"), "{}", got.transcript());
        assert!(got.stderr().contains("warning: this machine's clock is behind"), "{}", got.transcript());
        let listed = job.owner.run_with_clock(offset, &format!("list {image} --format json"));
        assert_eq!(kinds(listed.stdout()), ["clock_differs", "dated_in_the_future"], "{offset}");
        let long = job.owner.run_with_clock(offset, &format!("list --long {image}"));
        assert!(long.stdout().contains("dated in the future ("), "{}", long.transcript());
        let doctor = job.owner.run_with_clock(offset, &format!("doctor {}", job.repository));
        assert!(doctor.stdout().contains("behind the registry's clock"), "{}", doctor.transcript());
        // Who signs has to set the clock first: that is no answer about a statement.
        let put = job.owner.run_with_clock(offset, &format!("put {image} approvals --text no"));
        refused(&put, 2, "this machine's clock says");
    }
    job.owner.set("MANIFESTO_VERIFY", "1");
    for line in [format!("get {image} approvals"), format!("list {image}")] {
        refused(&job.owner.run_with_clock("-10m", &line), 5, "this machine's clock is behind");
        assert_eq!(job.owner.run(&line).code(), 0);
    }
}

/// A clock that is ahead refuses what a right one would accept, and accepts nothing more.
#[test]
fn a_readers_clock_that_is_ahead() {
    let job = Job::registry().begun();
    let image = job.image("1.4");
    for (offset, flags, words) in [
        ("+10m", " --fresh 5m", "the signed date of"),
        ("+10m", " --max-age 5m", "old, more than 5 min"),
        ("+365d", "", "expired on"),
        ("+3650d", " --verify", "expired on"),
    ] {
        refused(&job.owner.run_with_clock(offset, &format!("get {image} approvals{flags}")), 5, words);
    }
    let got = job.owner.run_with_clock("+10m", &format!("get {image} approvals"));
    assert_eq!((got.code(), got.stdout(), got.stderr()), (0, "approved", ""));
}

/// [⚔] Somebody whose clock was ahead has signed: `--max-age` and `--fresh` would say yes until that date has come.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#signer-clock
#[test]
fn a_signers_clock_that_was_ahead() {
    let job = Job::layout();
    job.init();
    let image = job.image("1.4");
    let put = job.owner.run_with_clock("+10d", &format!("put {image} approvals --text approved"));
    assert_eq!(put.code(), 0, "{}", put.transcript());
    for flag in ASKING {
        let run = job.owner.run(&format!("get {image} approvals {flag} --format json -o out"));
        let (code, kind, message) = error(&run);
        assert_eq!((code, kind.as_str()), (5, "dated_in_the_future"), "{flag}: {message}");
        assert!(message.contains("either this machine's clock is behind, or the signer's was ahead"), "{message}");
    }
    let long = job.owner.run(&format!("list --long {image}"));
    assert!(long.stdout().contains("dated in the future (") && !long.stdout().contains("0 s ago"), "{long:?}");
    let listed = job.owner.run(&format!("list {image} --format json"));
    assert_eq!(kinds(listed.stdout()), ["dated_in_the_future"]);
    // From that day on it has an age like any other.
    let later = job.owner.run_with_clock("+10d", &format!("get {image} approvals --max-age 1h --fresh 1h"));
    assert_eq!((later.code(), later.stdout()), (0, "approved"), "{}", later.transcript());
}

/// A statement that has ended is told as such, and is not among those that are in force.
#[test]
fn a_statement_that_has_ended() {
    let job = Job::layout().begun();
    let image = job.image("1.4");
    let put = job.owner.run(&format!("put {image} seccomp --text x --ttl 1d"));
    assert_eq!(put.code(), 0, "{}", put.transcript());
    let listed = job.owner.run_after(4, &format!("list {image}"));
    assert_eq!(listed.stdout(), "    approvals\n", "{}", listed.transcript());
    assert!(listed.stderr().contains("'seccomp' expired 3 d ago, and is not in force\n"), "{}", listed.transcript());
    let long = job.owner.run_after(4, &format!("list --long {image}"));
    assert!(long.stdout().contains("seccomp") && long.stdout().contains("expired 3 d ago"), "{}", long.transcript());
    let json = job.owner.run_after(4, &format!("list {image} --format json"));
    let json: Value = serde_json::from_str(json.stdout()).unwrap();
    let expired: Vec<_> = json["statements"].as_array().unwrap().iter().map(|said| said["expired"].clone()).collect();
    assert_eq!(expired, [Value::from(false), Value::from(true)]);
    refused(&job.owner.run_after(4, &format!("get {image} seccomp")), 5, "expired on");
}

/// `--require-signed-tag` with the real flags: wrong usage where there is no tag, and no where nobody signed it.
#[test]
fn a_signed_tag_is_asked_for() {
    let job = Job::layout().begun();
    let (image, digest) = (job.image("1.4"), job.digest("1.4"));
    for verb in ["get", "list"] {
        let types = if verb == "get" { " approvals" } else { "" };
        let ask = |image: &str| job.owner.run(&format!("{verb} --require-signed-tag {image}{types}"));
        refused(&ask(&format!("{}@{digest}", job.repository)), 2, "there is no tag that could be signed");
        refused(&ask(&image), 4, "the tag '1.4' of");
        refused(&ask(&format!("{image}@{digest}")), 4, "the tag '1.4' of");
        assert_eq!(job.owner.run(&format!("{verb} {image}@{digest}{types}")).code(), 0);
    }
}
