//! Example reports, for the tests of their rendering.

mod authority;
pub(crate) mod proposal;

use manifesto::{
    name::Digest,
    report::{
        AboutImage, AboutRepository, BegunRole, Change, Checked, Delegated, DelegationAdd, DelegationList,
        DelegationRemove, Delete, ErrorReport, Get, Image, ImageStatements, ImageTypes, Init, Inspect, Key, KeyOf,
        KeyRevoke, KeyRotate, LastWritten, List, ListAll, LostStatement, Metadata, PeriodOf, Periods, Pin, PinOrigin,
        Pinned, PublisherKey, Publishers, Put, Recover, Refresh, Renewal, ReplacedKey, Report, RevokedKey, RoleDates,
        RoleReport, RoleState, RootVersion, Schema, Signer, Source, State, Statement, Status, Trust, TrustExport,
        TrustList, Upkeep, UpkeepOf, Waiting,
    },
    time::Timestamp,
};

use super::{Detail, OutputOptions, Render, write};
use crate::flags::Format;

pub(crate) use authority::{
    delegation_add, delegation_remove, delegations, key_revoke, key_rotate, publishers, recover,
};

pub(crate) fn now() -> Timestamp {
    time("2026-11-20T17:00:00Z")
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn output_options(format: Format) -> OutputOptions {
    OutputOptions { format, now: now(), utf8: true, detail: Detail::default() }
}

/// The text output, with the lines of standard error marked.
pub(crate) fn text<B: Schema>(report: &Report<B>) -> String
where
    Report<B>: Render,
{
    text_with(report, output_options(Format::Text))
}

/// The same, for an output that is not UTF-8.
pub(crate) fn text_in_ascii<B: Schema>(report: &Report<B>) -> String
where
    Report<B>: Render,
{
    text_with(report, OutputOptions { utf8: false, ..output_options(Format::Text) })
}

/// The same, with the detail that a user asked for.
pub(crate) fn text_in_detail<B: Schema>(report: &Report<B>, detail: Detail) -> String
where
    Report<B>: Render,
{
    text_with(report, OutputOptions { detail, ..output_options(Format::Text) })
}

fn text_with<B: Schema>(report: &Report<B>, output_options: OutputOptions) -> String
where
    Report<B>: Render,
{
    let (mut out, mut person) = (Vec::new(), Vec::new());
    write(report, output_options, &mut out, &mut person).unwrap();
    let marked = |mark: &str, bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| format!("{mark}{line}").trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    marked("2> ", person) + &marked("1> ", out)
}

/// The JSON output, indented. It always has every detail.
pub(crate) fn json<B: Schema>(report: &Report<B>) -> String
where
    Report<B>: Render,
{
    let (mut out, mut person) = (Vec::new(), Vec::new());
    let detail = Detail { long: true, evidence: true, digest: true };
    write(report, OutputOptions { detail, ..output_options(Format::Json) }, &mut out, &mut person).unwrap();
    assert_eq!((person.len(), out.iter().filter(|byte| **byte == b'\n').count()), (0, 1));
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

pub(super) fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

pub(crate) fn signer(name: &str) -> Signer {
    Signer { name: name.into(), keyid: digest(name).hex().into() }
}

pub(crate) fn checked() -> Checked {
    Checked { checked_at: now() }
}

pub(super) fn about_repository() -> AboutRepository {
    AboutRepository { checked_at: now(), repository: "ghcr.io/acme/app".into(), trust: trust() }
}

fn about_image() -> AboutImage {
    let image = Image {
        asked: "ghcr.io/acme/app:1.4".into(),
        reference: format!("ghcr.io/acme/app@{}", digest("image")).into(),
        platform: None,
        tag_signed_by: Vec::new(),
    };
    AboutImage { checked_at: now(), image, trust: trust(), metadata: metadata() }
}

pub(super) fn trust() -> Trust {
    Trust { repository: "ghcr.io/acme/app".into(), pinned: digest("root"), how: Pinned::Pin, root_version: 3 }
}

fn dates(version: u64, expires: &str) -> RoleDates {
    RoleDates { version, expires: time(expires), created: Some(time("2026-11-20T16:00:00Z")) }
}

fn metadata() -> Metadata {
    Metadata {
        timestamp: dates(41, "2026-12-04T17:00:00Z"),
        snapshot: dates(41, "2027-02-18T17:00:00Z"),
        source: Source::Registry,
    }
}

fn statement(statement_type: &str) -> Statement {
    Statement {
        statement_type: statement_type.into(),
        digest: digest(statement_type),
        size: 56,
        media_type: "application/json".into(),
        created: time("2026-11-20T14:00:00Z"),
        expires: None,
        expired: false,
        role: "repository".into(),
        threshold: 1,
        signers: vec![signer("alice")],
        previous: None,
        title: None,
        annotations: [].into(),
    }
}

fn approvals() -> Statement {
    Statement {
        role: "qa".into(),
        threshold: 2,
        signers: vec![signer("alice"), signer("bob")],
        expires: Some(time("2026-12-20T14:00:00Z")),
        previous: Some(digest("rejected")),
        title: Some("ok.json".into()),
        annotations: [("ticket".to_owned(), "QA-1".into())].into(),
        ..statement("approvals")
    }
}

pub(crate) fn put(change: Change) -> Report<Put> {
    let body = Put { change, statements: vec![statement("something")] };
    Report::new(about_image(), body)
}

pub(crate) fn get() -> Report<Get> {
    let body = Get { statements: vec![approvals()], written: Vec::new() };
    Report::new(about_image(), body)
}

pub(crate) fn list() -> Report<List> {
    let body = List { statements: vec![approvals(), statement("seccomp")] };
    Report::new(about_image(), body)
}

pub(crate) fn list_all() -> Report<ListAll> {
    let about = |of: &str, statements| ImageStatements {
        reference: format!("ghcr.io/acme/app@{}", digest(of)).into(),
        statements,
    };
    let body = ListAll {
        metadata: metadata(),
        images: vec![about("one", vec![statement("seccomp")]), about("two", vec![approvals(), statement("trivy")])],
    };
    Report::new(about_repository(), body)
}

pub(crate) fn delete() -> Report<Delete> {
    Report::new(about_image(), Delete { statements: vec![statement("something")] })
}

pub(crate) fn key(role: Option<&str>) -> Key {
    Key {
        name: "alice".into(),
        keyid: digest(role.unwrap_or("alice")).hex().into(),
        key_type: "ed25519".into(),
        role: role.map(Into::into),
        repository: role.map(|_| "ghcr.io/acme/app".into()),
        store: "the OS keyring".into(),
    }
}

pub(crate) fn init() -> Report<Init> {
    let body = Init {
        location: "ghcr.io/acme/app".into(),
        repository: "ghcr.io/acme/app".into(),
        fingerprint: digest("root"),
        keys: vec![key(Some("root")), key(Some("repository")), key(Some("timestamp"))],
        backup: Some("app.backup".into()),
        renew_by: time("2026-12-04T17:00:00Z"),
    };
    Report::new(checked(), body)
}

pub(crate) fn trust_list() -> Report<TrustList> {
    let pin = Pin {
        repository: "ghcr.io/acme/app".into(),
        identity: Some("ghcr.io/acme/app".into()),
        pinned: Some(digest("root")),
        root_keys: Vec::new(),
        how: Pinned::Pin,
        origin: PinOrigin::State,
        root_version: Some(3),
        since: Some(time("2026-11-01T00:00:00Z")),
    };
    let mirror = Pin {
        repository: "mirror.lan/app".into(),
        how: Pinned::FirstUse,
        since: Some(time("2025-11-01T00:00:00Z")),
        ..pin.clone()
    };
    let pattern = Pin {
        repository: "quay.io/acme/*".into(),
        identity: None,
        pinned: None,
        root_keys: vec![digest("key").hex().into()],
        how: Pinned::RootKey,
        origin: PinOrigin::Config,
        root_version: None,
        since: None,
    };
    Report::from(TrustList { pins: vec![pin, mirror, pattern] })
}

pub(crate) fn trust_export() -> Report<TrustExport> {
    Report::from(TrustExport {
        repository: "ghcr.io/acme/app".into(),
        fingerprint: digest("root"),
        root_version: 3,
        file: Some("app.json".into()),
    })
}

fn role(name: &str, delegated_by: Option<&str>, expires: &str, types: &[&str]) -> RoleReport {
    RoleReport {
        role: name.into(),
        delegated_by: delegated_by.map(Into::into),
        dates: dates(3, expires),
        renew_from: time("2026-11-25T17:00:00Z"),
        threshold: 1,
        keys: vec![signer("alice")],
        opening: Vec::new(),
        signed_by: vec![signer("alice")],
        types: types.iter().map(|statement_type| (*statement_type).into()).collect(),
        tags: Vec::new(),
        patterns: types.iter().map(|statement_type| format!("sha256/*/{statement_type}").into()).collect(),
        terminating: !types.is_empty(),
        statements: 0,
        digest: digest(name),
        size: 700,
    }
}

fn unreachable() -> ErrorReport {
    ErrorReport {
        exit_code: 10,
        kind: "unreachable",
        message: "no answer from quay.io".into(),
        subject: Some("quay.io/acme/web".into()),
        hint: Some("Try again later.".into()),
    }
}

pub(crate) fn status() -> Report<Status> {
    let state = |due, renew_by: &str, expired_statements| State {
        trust: trust(),
        due,
        renew_by: time(renew_by),
        roles: vec![
            RoleState { report: role("timestamp", Some("root"), renew_by, &[]), here: Some(1), due },
            RoleState {
                report: RoleReport {
                    threshold: 2,
                    keys: vec![signer("alice"), signer("bob"), signer("carol")],
                    ..role("qa", Some("targets"), "2027-02-18T17:00:00Z", &["approvals"])
                },
                here: None,
                due: false,
            },
        ],
        statements: 12,
        expired_statements,
    };
    let entry = |repository: &str, outcome| UpkeepOf { repository: repository.into(), outcome };
    let body = Status {
        repositories: vec![
            entry("ghcr.io/acme/app", Upkeep::Done(state(false, "2026-12-04T17:00:00Z", 0))),
            entry("ghcr.io/acme/soon", Upkeep::Done(state(true, "2026-11-22T17:00:00Z", 1))),
            entry("ghcr.io/acme/late", Upkeep::Done(state(true, "2026-11-19T17:00:00Z", 0))),
            entry("quay.io/acme/web", Upkeep::Failed { error: unreachable() }),
        ],
    };
    Report::new(checked(), body)
}

pub(crate) fn refresh() -> Report<Refresh> {
    let renewal = |published| Renewal {
        renewed: vec!["timestamp".into()],
        waiting: Vec::new(),
        completed: Vec::new(),
        proposed: Vec::new(),
        damaged: Vec::new(),
        expired: false,
        due: time("2026-12-20T17:00:00Z"),
        renew_by: time("2026-12-29T17:00:00Z"),
        published,
    };
    let waiting = Waiting {
        role: "root".into(),
        renew_by: time("2026-11-19T17:00:00Z"),
        threshold: 2,
        here: 1,
        people: vec![signer("alice"), signer("bob")],
    };
    let entry = |repository: &str, outcome| UpkeepOf { repository: repository.into(), outcome };
    let body = Refresh {
        repositories: vec![
            entry("ghcr.io/acme/app", Upkeep::Done(renewal(Some(digest("manifest"))))),
            entry("ghcr.io/acme/web", Upkeep::Done(renewal(None))),
            entry(
                "ghcr.io/acme/late",
                Upkeep::Done(Renewal {
                    renew_by: waiting.renew_by,
                    waiting: vec![waiting],
                    expired: true,
                    ..renewal(Some(digest("manifest")))
                }),
            ),
            entry("quay.io/acme/web", Upkeep::Failed { error: unreachable() }),
        ],
    };
    Report::new(checked(), body)
}

pub(crate) fn inspect() -> Report<Inspect> {
    let period = |expiry_days, renewal_days| PeriodOf { expiry_days, renewal_days };
    let qa = RoleReport {
        threshold: 2,
        keys: vec![signer("alice"), signer("bob"), signer("carol")],
        statements: 7,
        ..role("qa", Some("targets"), "2027-02-18T17:00:00Z", &["approvals", "waiver"])
    };
    let scan = RoleReport {
        keys: vec![signer("ci")],
        opening: vec![digest("opening").hex().into()],
        signed_by: Vec::new(),
        tags: vec!["v*".into()],
        ..role("scan", Some("targets"), "2027-02-18T17:00:00Z", &["trivy"])
    };
    let quarter = "2027-02-18T17:00:00Z";
    let repository = RoleReport { statements: 1, ..role("repository", Some("targets"), quarter, &[]) };
    let body = Inspect {
        location: "ghcr.io/acme/app".into(),
        trust: trust(),
        metadata: metadata(),
        manifest: digest("manifest"),
        manifest_size: 4321,
        writers: "several".into(),
        publishers: publishers().body.publishers,
        roots: [1, 2, 3].map(|version| RootVersion { version, digest: digest("root"), size: 900 }).into(),
        periods: Periods {
            root: period(365, 60),
            targets: period(365, 60),
            delegated: period(90, 30),
            snapshot: period(90, 30),
            timestamp: period(14, 7),
        },
        keys: vec![KeyOf { key: signer("alice"), key_type: "ed25519".into(), roles: vec!["root".into()] }],
        roles: vec![
            role("root", None, "2027-11-20T17:00:00Z", &[]),
            role("targets", Some("root"), "2027-11-20T17:00:00Z", &[]),
            role("snapshot", Some("root"), quarter, &[]),
            role("timestamp", Some("root"), "2026-12-04T17:00:00Z", &[]),
            qa,
            role("lab", Some("qa"), "2027-02-18T17:00:00Z", &["waiver"]),
            scan,
            repository,
        ],
        images: 2,
        statements: 8,
        stored_bytes: 12_345,
        metadata_bytes: 6_789,
    };
    Report::new(checked(), body)
}
