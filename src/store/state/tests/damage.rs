use std::fs;

use super::*;

fn path_in(error: &StateError) -> Option<&Path> {
    match error {
        StateError::Io { path, .. } | StateError::TooLarge { path, .. } | StateError::Corrupt { path, .. } => {
            Some(path)
        }
        _ => None,
    }
}

/// A document that protects against rollback never counts as absent.
#[test]
fn a_damaged_document_is_an_error_that_names_it() {
    for document in [metadata("root"), metadata("timestamp"), metadata("snapshot")] {
        for damage in DAMAGES {
            let home = Home::pinned();
            home.store(&publication(1)).unwrap();
            let path = home.path(&document);
            fs::write(&path, damage).unwrap();

            let error = home.state().read(&document).unwrap_err();
            assert!(matches!(error, StateError::Corrupt { .. }), "{document:?} {damage:?}");
            assert_eq!(path_in(&error), Some(&*path));
            let stored = home.store(&publication(2));
            assert_eq!(path_in(&stored.unwrap_err()), Some(&*path), "storing starts no empty state");
            assert_eq!(fs::read(&path).unwrap(), damage.as_bytes());
            assert_eq!(path_in(&home.state().documents().unwrap_err()), Some(&*path));
        }
    }
}

/// A document that only saves a request is fetched again.
#[test]
fn a_damaged_copy_counts_as_absent_and_is_replaced() {
    for document in
        [metadata("targets"), metadata("qa"), StateDocument::Index(role("repository")), StateDocument::Manifest]
    {
        for damage in DAMAGES {
            let home = Home::pinned();
            home.store(&publication(1)).unwrap();
            fs::write(home.path(&document), damage).unwrap();
            assert_eq!(home.state().read(&document).unwrap(), None, "{document:?} {damage:?}");
            let known = home.state().documents().unwrap();
            assert!(known.contains_key(&Digest::of(&document_of("timestamp"))), "the others are here all the same");
            home.store(&publication(2)).unwrap();
            let expected = super::content(&publication(2), &document).cloned();
            assert_eq!(home.state().read(&document).unwrap(), expected, "{document:?} {damage:?}");
        }
    }
}

const DAMAGES: [&str; 5] = ["", "{", "null garbage", "\0\0\0\0", "{\"signed\":{\"version\":"];

fn document_of(kind: &str) -> Bytes {
    document(kind, 1)
}

#[test]
fn every_truncation_of_a_timestamp_is_an_error() {
    let home = Home::pinned();
    home.store(&publication(5)).unwrap();
    let whole = document("timestamp", 5);
    for length in 0..whole.len() {
        fs::write(home.file("timestamp.json"), &whole[..length]).unwrap();
        assert!(matches!(home.state().read(&metadata("timestamp")), Err(StateError::Corrupt { .. })), "{length}");
        assert!(home.store(&publication(3)).is_err(), "{length}");
    }
}

#[test]
fn a_folder_where_a_file_should_be_is_an_error() {
    for document in all() {
        let home = Home::pinned();
        let path = home.path(&document);
        fs::create_dir_all(&path).unwrap();
        let error = home.state().read(&document).unwrap_err();
        assert!(matches!(&error, StateError::NotAFile { path: named } if *named == path), "{document:?}: {error:?}");
    }
}

#[test]
fn a_file_where_a_folder_should_be_is_an_error() {
    let home = Home::pinned();
    fs::write(home.file("roles"), "").unwrap();
    let error = home.state().read(&metadata("qa")).unwrap_err();
    assert_eq!(path_in(&error), Some(&*home.file("roles/qa.json")));
    assert_eq!(path_in(&home.state().documents().unwrap_err()), Some(&*home.file("roles")));
    assert_eq!(path_in(&home.state().lock(SHORT).unwrap_err()), Some(&*home.file("roles")));

    let file = home.folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("state")] {
        let error = StateDir::open(&path, Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, StateError::Io { operation: "list", .. }));
        assert_eq!(path_in(&error), Some(&*path));
    }
}

/// Reading a pipe would block, a device never ends, and a link leads to another file.
#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    for document in all() {
        for target in ["/dev/zero", "/dev/null", "/etc/hostname"] {
            let home = Home::pinned();
            let path = home.path(&document);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, &path).unwrap();
            refused(&home, &document);
        }
        let home = Home::pinned();
        let path = home.path(&document);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        refused(&home, &document);
    }
    for (name, broken) in [("pin.json", true), ("pinned.root.json", false)] {
        let home = Home::pinned();
        fs::remove_file(home.file(name)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(home.file(name)).status().unwrap().success());
        assert_eq!(home.dir.repository(&location(REPOSITORY)).is_err(), broken);
    }
    let home = Home::pinned();
    let lock = home.lock_file();
    fs::remove_file(&lock).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
    assert!(matches!(home.state().lock(SHORT), Err(StateError::NotAFile { .. })));
}

#[cfg(unix)]
fn refused(home: &Home, document: &StateDocument) {
    let error = home.state().read(document).unwrap_err();
    assert!(matches!(error, StateError::NotAFile { .. }), "{document:?}: {error:?}");
}

/// [⚔] A user who may write to the folder could pin any root.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#shared-state
#[cfg(unix)]
#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::pinned();
    let top = home.dir.path().unwrap().to_owned();
    let reopen = || StateDir::open(&top, Limits::DEFAULT).and_then(|dir| dir.repository(&location(REPOSITORY)));
    for folder in [top.clone(), top.join("repositories"), home.file("")] {
        for mode in [0o770, 0o707, 0o777, 0o1777] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(reopen(), Err(StateError::Exposed { .. })), "{} {mode:o}", folder.display());
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        reopen().unwrap();
    }
}

/// A machine without a home has no pins and remembers nothing. Only a request to store something is an error.
#[test]
fn nowhere_is_empty_and_takes_nothing() {
    let nowhere = StateDir::nowhere(Limits::DEFAULT);
    let state = nowhere.repository(&location(REPOSITORY)).unwrap();
    assert!(state.pinned().unwrap().is_none() && state.documents().unwrap().is_empty());
    assert!(nowhere.pins().unwrap().is_empty() && nowhere.trusted_keys().unwrap().iter().next().is_none());
    assert!(matches!(state.lock(SHORT), Err(StateError::NoFolder)));
    assert!(matches!(state.order_writers(SHORT), Err(StateError::NoFolder)));
    assert!(matches!(nowhere.forget(&location(REPOSITORY), SHORT), Err(StateError::NoFolder)));
}

#[test]
fn the_bound_itself_is_within() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let length = document("timestamp", 1).len() as u64;
    for (limit, fits) in [(length, true), (length - 1, false)] {
        let mut state = home.state();
        state.limits.timestamp_bytes = limit;
        assert_eq!(state.read(&metadata("timestamp")).is_ok(), fits, "{limit}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_an_error_that_names_the_file() {
    // Root can write to folders without write permission, but no user can create files in this one.
    let home = Home::pinned();
    fs::remove_dir_all(home.file("roles")).ok();
    std::os::unix::fs::symlink("/proc/self/fdinfo", home.file("roles")).unwrap();
    let before = fs::read(home.file("pin.json")).unwrap();
    let role_only = Documents { roles: [(role("qa"), document("qa", 1))].into(), ..Documents::default() };
    let error = home.store(&role_only).unwrap_err();
    assert!(matches!(&error, StateError::Io { operation: "write", .. }), "{error:?}");
    assert_eq!(path_in(&error), Some(&*home.file("roles/qa.json")));
    assert_eq!(fs::read(home.file("pin.json")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn all_of_it_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let top = home.dir.path().unwrap();
    for folder in [top, &home.file(""), &home.file("roles"), &top.join("locks")] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    for file in ["pin.json", "pinned.root.json", "timestamp.json", "roles/qa.json"] {
        assert_eq!(mode(&home.file(file)), 0o600, "{file}");
    }
}
