//! What `inspect` tells programs, and how it looks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{Sandbox, main_job::done},
    Place,
};

/// The fields of a value, with `[]` for the entries of a list.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                fields(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, &format!("{path}[]"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}

/// A repository with something of everything in it.
fn place() -> Place {
    let place = Place::new(&["app"]);
    let app = place.repository("app");
    done(place.owner.run(&format!("put {app}:1.4 seccomp --text none")));
    place.owner.write("dora.pub", done(place.colleague("app", &[]).run("key generate dora")).stdout());
    done(place.owner.run(&format!("delegation add {app} qa --type approvals --tags v* --key dora.pub")));
    place
}

#[test]
fn every_field_is_explained_and_nothing_else_is() {
    let place = place();
    // At a time when there is something to warn of.
    let run = place.owner.run_after(80, &format!("inspect {} --format json", place.repository("app")));
    assert_eq!((run.code(), run.stderr()), (0, ""), "{}", run.transcript());
    let mut written = BTreeSet::new();
    fields(&serde_json::from_str(run.stdout()).unwrap(), "", &mut written);
    let page = done(Sandbox::new().run("help json"));
    let lines = page.stdout().lines().filter_map(|line| line.strip_prefix("  "));
    let explained: Vec<&str> = lines.map(|line| line.split(' ').next().unwrap()).collect();
    let set: BTreeSet<String> = explained.iter().map(|field| (*field).to_owned()).collect();
    assert_eq!(set.len(), explained.len(), "a field is explained twice");
    assert_eq!(written, set);
}

#[test]
fn the_tree_is_drawn_as_the_locale_can_show_it() {
    let mut place = place();
    let inspect = format!("inspect {}", place.repository("app"));
    let tree = |place: &Place| {
        let run = done(place.owner.run(&inspect));
        run.stdout().lines().skip_while(|line| !line.starts_with("  root")).map(str::to_owned).collect::<Vec<_>>()
    };
    let columns = |row: &str| -> (String, String) {
        let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        (cells[0].to_owned(), cells[cells.len() - 1].to_owned())
    };
    let plain = tree(&place);
    assert!(plain.concat().is_ascii(), "{plain:#?}");
    place.owner.set("LANG", "C.UTF-8");
    let drawn = tree(&place);
    let qa = drawn.iter().find(|row| row.contains(" qa ")).unwrap();
    assert!(qa.starts_with("  │  ├─ qa ") && qa.contains("  dora  "), "{qa}");
    assert_eq!(columns(qa).1, "none of its keys has signed yet");
    let last = drawn.last().unwrap();
    assert!(last.starts_with("  └─ timestamp ") && last.ends_with("that this is current"), "{last}");
    let ascii = |row: &String| row.replace("├─", "|-").replace("└─", "`-").replace('│', "|");
    assert_eq!(drawn.iter().map(ascii).collect::<Vec<_>>(), plain);
}

#[test]
fn status_shows_whose_keys_are_here_and_asks_nobody() {
    let place = place();
    let app = place.repository("app");
    let row = |run: &super::super::Run, role: &str| -> String {
        let found = run.stdout().lines().find(|line| line.trim_start().starts_with(&format!("{role} ")));
        found.unwrap_or_else(|| panic!("{}", run.transcript())).to_owned()
    };
    let own = done(place.owner.run(&format!("status {app}")));
    assert!(row(&own, "root").ends_with("alice  here 1 of 1") && row(&own, "qa").ends_with("dora   here 0 of 1"));
    // Neither a passphrase nor a key store is needed to be told.
    let mut reader = place.colleague("app", &[]);
    reader.set("MANIFESTO_PASSPHRASE", "");
    assert!(row(&done(reader.run(&format!("status {app}"))), "root").ends_with("here 0 of 1"));
    reader.write("no-folder", "");
    let unknown = done(reader.run(&format!("status {app} --key-store file:{}", reader.path("no-folder").display())));
    assert!(row(&unknown, "root").ends_with("here unknown"), "{}", unknown.transcript());
    let json = done(
        reader.run(&format!("status {app} --key-store file:{} --format json", reader.path("no-folder").display())),
    );
    let json: Value = serde_json::from_str(json.stdout()).unwrap();
    let roles = json["repositories"][0]["roles"].as_array().unwrap();
    assert!(roles.len() == 6 && roles.iter().all(|role| role["here"].is_null()), "{roles:?}");

    let soon = reader.run(&format!("status {app} --within 20d"));
    assert_eq!(soon.code(), 5, "{}", soon.transcript());
    let late = reader.run_after(15, &format!("status {app}"));
    assert_eq!(late.code(), 5);
    assert!(row(&late, "timestamp").contains("EXPIRED"), "{}", late.transcript());
}
