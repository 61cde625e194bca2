//! The timer and the cron line of the README, as far as they can be run without systemd and cron.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Output},
};

use super::{
    super::{
        Sandbox,
        main_job::{done, machine},
    },
    Place,
};

const README: &str = include_str!("../../../README.md");
const INSTALLED: &str = "/usr/local/bin/manifesto";
const PROGRAM: &str = env!("CARGO_BIN_EXE_manifesto");

/// The fenced blocks of the README in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("\n```{language}\n");
    README.split(fence.as_str()).skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect()
}

/// A unit of the README by the path in its first line.
fn unit(name: &str) -> &'static str {
    let path = format!("# /etc/systemd/system/{name}\n");
    blocks("ini").into_iter().find_map(|block| block.strip_prefix(path.as_str())).unwrap()
}

type Unit = BTreeMap<&'static str, Vec<(&'static str, &'static str)>>;

/// Sections with their settings, in order. Anything else is refused.
fn parse(text: &'static str) -> Unit {
    let mut unit = Unit::new();
    let mut section = None;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            assert!(unit.insert(name, Vec::new()).is_none(), "[{name}] twice");
            section = Some(name);
        } else {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("no setting: {line}"));
            assert!(key.chars().all(|c| c.is_ascii_alphabetic()) && value.trim() == value, "{line}");
            unit.get_mut(section.unwrap()).unwrap().push((key, value));
        }
    }
    unit
}

fn values(unit: &Unit, section: &str, key: &str) -> Vec<&'static str> {
    unit[section].iter().filter(|(name, _)| *name == key).map(|(_, value)| *value).collect()
}

/// Settings that may stand more than once. systemd takes the last of any other, without a word.
const LISTS: [&str; 2] = ["Environment", "LoadCredential"];

#[test]
fn the_units_are_what_systemd_reads() {
    let service = parse(unit("manifesto-refresh.service"));
    let timer = parse(unit("manifesto-refresh.timer"));
    assert_eq!(service.keys().copied().collect::<Vec<_>>(), ["Service", "Unit"]);
    assert_eq!(timer.keys().copied().collect::<Vec<_>>(), ["Install", "Timer", "Unit"]);
    for (section, settings) in service.iter().chain(&timer) {
        let mut seen = BTreeSet::new();
        for (key, _) in settings.iter().filter(|(key, _)| !LISTS.contains(key)) {
            assert!(seen.insert(key), "[{section}] {key}= twice");
        }
    }
    // It writes nothing but its state, keeps no privilege, and reads its keys from where systemd puts them.
    for (key, value) in [
        ("Type", "oneshot"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "manifesto"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
    ] {
        assert_eq!(values(&service, "Service", key), [value], "{key}");
    }
    let credentials = values(&service, "Service", "LoadCredential");
    for name in environment(&service).values().filter_map(|value| value.strip_prefix("%d/")) {
        assert!(credentials.iter().any(|credential| credential.starts_with(&format!("{name}:/"))), "{name}");
    }
    assert_eq!(values(&timer, "Timer", "OnCalendar"), ["daily"]);
    verified_by_systemd();
}

/// Asks systemd itself, where it is installed.
fn verified_by_systemd() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["manifesto-refresh.service", "manifesto-refresh.timer"] {
        std::fs::write(folder.path().join(name), unit(name).replace(INSTALLED, PROGRAM)).unwrap();
    }
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["verify", "--recursive-errors=no", "--man=no"]).env("SYSTEMD_LOG_LEVEL", "info");
    analyze.args(["manifesto-refresh.service", "manifesto-refresh.timer"].map(|name| folder.path().join(name)));
    let output = match analyze.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        output => output.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("manifesto-refresh"), "{said}");
}

fn environment(service: &Unit) -> BTreeMap<&'static str, &'static str> {
    values(service, "Service", "Environment").into_iter().map(|value| value.split_once('=').unwrap()).collect()
}

/// A machine that renews: its own key, which it got as the README says, is a publisher's.
fn scheduled(place: &Place) -> Sandbox {
    let cron = machine();
    let app = place.repository("app");
    place.owner.write("cron.pub", done(cron.run("key generate cron")).stdout());
    done(cron.run("key export cron -o cron.key"));
    done(place.owner.run(&format!("publisher add {app} --key cron.pub")));
    cron.write("app.root.json", done(place.owner.run(&format!("trust export {app}"))).stdout());
    cron.write("cron.passphrase", "correct horse\n");
    cron
}

fn renewed(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("renewed until ") && out.contains("published "), "{out}{err}");
}

fn nothing_but(command: &mut Command, variables: impl IntoIterator<Item = (String, String)>) {
    let faked = "FAKETIME_DONT_FAKE_MONOTONIC";
    command.env_clear().env(faked, "1").env("PATH", "/usr/bin:/bin").envs(variables);
}

#[test]
fn the_service_renews_with_nothing_but_what_its_unit_gives_it() {
    let place = Place::new(&["app"]);
    let cron = scheduled(&place);
    let service = parse(unit("manifesto-refresh.service"));
    let (state, credentials) = (cron.path("var"), cron.path("credentials"));
    for folder in [&state, &credentials] {
        std::fs::create_dir(folder).unwrap();
    }
    let here = |text: &str| {
        let text = text.replace("/etc/manifesto", &cron.path("").display().to_string());
        let text = text.replace("%S", &state.display().to_string()).replace("%d", &credentials.display().to_string());
        text.replace("ghcr.io/acme/app", &place.repository("app")).replace(INSTALLED, PROGRAM)
    };
    for credential in values(&service, "Service", "LoadCredential") {
        let (name, path) = credential.split_once(':').unwrap();
        std::fs::copy(here(path), credentials.join(name)).unwrap();
    }
    let run = |days: u32, setting: &str| {
        let line = values(&service, "Service", setting).into_iter().map(here).next().unwrap();
        let mut command = cron.command_after(days);
        nothing_but(
            &mut command,
            environment(&service).into_iter().map(|(name, value)| (name.to_owned(), here(value))),
        );
        command.args(line.split(' ')).output().unwrap()
    };
    for days in [8, 16] {
        let pinned = run(days, "ExecStartPre");
        assert!(pinned.status.success(), "{}", String::from_utf8_lossy(&pinned.stderr));
        renewed(&run(days, "ExecStart"));
    }
    // What the owner signs comes due in its own time, and then the log of the unit names them.
    let late = run(70, "ExecStart");
    assert_eq!(late.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&late.stderr).contains("that takes the keys of alice"));
    assert_eq!(run(100, "ExecStart").status.code(), Some(5));
    let state_holds: Vec<_> = std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(state_holds, ["manifesto"]);
    assert!(!cron.path(".local").join("state").exists());
}

#[test]
fn the_cron_line_renews_with_nothing_but_what_cron_gives_it() {
    let place = Place::new(&["app"]);
    let cron = scheduled(&place);
    let line = blocks("cron")[0];
    let mut fields = line.split_whitespace();
    let [minute, hour, rest @ ..] = [(); 5].map(|()| fields.next().unwrap());
    let within = |field: &str, end: u32| field.parse::<u32>().is_ok_and(|number| number < end);
    assert!(within(minute, 60) && within(hour, 24) && rest == ["*"; 3], "{line}");
    let command = line.splitn(6, ' ').last().unwrap().trim_start();
    // cron ends a command at a percent sign and feeds it the rest.
    assert!(!command.contains('%') && command.contains(INSTALLED), "{command}");
    cron.write("passphrase", "correct horse\n");
    let home = cron.path("").display().to_string();
    let command = command.replace("/var/lib/manifesto", home.trim_end_matches('/'));
    let command = command.replace("ghcr.io/acme/app", &place.repository("app")).replace(INSTALLED, PROGRAM);
    assert!(Path::new(&home).join("keys").exists());
    let run = |days: u32| {
        let mut shell = cron.command_after(days);
        nothing_but(&mut shell, [("HOME".to_owned(), home.clone()), ("SHELL".to_owned(), "/bin/sh".to_owned())]);
        shell.args(["/bin/sh", "-c", &command]).output().unwrap()
    };
    let unpinned = run(8);
    assert_eq!((unpinned.status.code(), unpinned.stdout.is_empty()), (Some(6), false));
    done(cron.run(&format!("trust pin {} --root app.root.json", place.repository("app"))));
    renewed(&run(8));
    renewed(&run(16));
}
