use std::fs;

use super::{
    super::{document::version, locked::Step},
    *,
};

fn version_of(home: &Home, name: &str) -> Option<u64> {
    home.state().read(&metadata(name)).unwrap().map(|bytes| version(&bytes).unwrap())
}

/// Stores `before`, then the first `steps` steps of `after`. Returns whether these were all steps.
fn crash(before: Option<u64>, after: u64, steps: usize) -> (Home, bool) {
    let home = Home::pinned();
    if let Some(before) = before {
        home.store(&publication(before)).unwrap();
    }
    let (all, _) = home.locked().steps(&publication(after)).unwrap();
    let complete = steps >= all.len();
    all.into_iter().take(steps).for_each(|step| step.take().unwrap());
    (home, complete)
}

#[test]
fn a_crash_between_two_files_lowers_nothing_and_heals() {
    for (before, after) in [(None, 1), (Some(1), 2)] {
        for steps in 0.. {
            let (home, complete) = crash(before, after, steps);
            for document in all() {
                let bytes = home.state().read(&document).unwrap();
                let old = before.map(publication);
                let old = old.as_ref().and_then(|old| content(old, &document));
                let is_old = bytes.as_ref() == old;
                let is_new = bytes.as_ref() == content(&publication(after), &document);
                let is_gone = bytes.is_none() && document == StateDocument::Manifest;
                assert!(is_old || is_new || is_gone, "{document:?} after {steps} steps");
            }
            let versions = ["root", "timestamp", "snapshot", "targets", "qa"].map(|name| version_of(&home, name));
            assert!(versions.iter().all(|version| *version >= before), "{versions:?} after {steps} steps");
            assert!(versions.is_sorted_by(|a, b| a >= b), "nothing stands without what vouches for it: {versions:?}");
            if home.state().read(&StateDocument::Manifest).unwrap().is_some() {
                assert!(versions.iter().all(|version| *version == versions[0]), "{versions:?} after {steps} steps");
            }
            home.store(&publication(after)).unwrap();
            assert!(home.locked().steps(&publication(after)).unwrap().0.is_empty(), "after {steps} steps");
            if complete {
                assert!(steps > 7, "every file was a step of its own");
                break;
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_replaced_stops_the_rest() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let (steps, _) = home.locked().steps(&publication(2)).unwrap();
    let snapshot = home.file("snapshot.json");
    fs::remove_file(&snapshot).unwrap();
    fs::create_dir(&snapshot).unwrap();

    let error = steps.into_iter().try_for_each(Step::take).unwrap_err();
    assert!(matches!(error, StateError::Io { operation: "write", path, .. } if path == snapshot));
    assert_eq!(version_of(&home, "timestamp"), Some(2));
    assert_eq!(version_of(&home, "targets"), Some(1));
    assert_eq!(home.state().read(&StateDocument::Manifest).unwrap(), None);
    let left = fs::read_dir(home.file("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.starts_with('.')).count(), 0);
}

#[test]
fn what_a_killed_writer_left_is_swept() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let left = [home.file(".unfinished-x"), home.file("roles/.unfinished-x"), home.file("indexes/.unfinished-x")];
    for path in &left {
        fs::write(path, "{").unwrap();
    }
    assert_eq!(home.state().documents().unwrap().len(), 7);
    drop(home.locked());
    assert!(left.iter().all(|path| !path.exists()));
    assert_eq!(home.state().documents().unwrap().len(), 7);
}

#[test]
fn a_crash_while_pinning_leaves_no_pin() {
    let home = Home::new();
    let pin_file = home.file("pin.json");
    fs::create_dir_all(pin_file.join("in the way")).unwrap();
    let state = RepositoryState { ..home.dir.repository(&location("ghcr.io/acme/other")).unwrap() };
    let place = Place { folder: pin_file.parent().unwrap().to_owned(), ..state.place.clone().unwrap() };
    let here = RepositoryState { place: Some(place), name: REPOSITORY.to_owned(), ..state };
    let root = document("root", 1);
    assert!(here.lock(SHORT).unwrap().pin(&pin(REPOSITORY, &root), &root).is_err());
    fs::remove_dir_all(&pin_file).unwrap();
    fs::write(home.file("pinned.root.json"), document("root", 7)).unwrap();
    assert_eq!(home.state().pinned().unwrap(), None);
    home.locked().pin(&pin(REPOSITORY, &root), &root).unwrap();
    assert_eq!(home.state().pinned().unwrap().unwrap().root, root);
}
