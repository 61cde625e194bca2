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

#[test]
fn a_damaged_document_is_an_error_that_names_it() {
    for document in all() {
        for damage in ["", "{", "null garbage", "\0\0\0\0", "{\"signed\":{\"version\":"] {
            let home = Home::pinned();
            home.store(&publication(1)).unwrap();
            let path = home.state().path(&document);
            fs::write(&path, damage).unwrap();

            let error = home.state().read(&document).unwrap_err();
            assert!(matches!(error, StateError::Corrupt { .. }), "{document:?} {damage:?}");
            assert_eq!(path_in(&error), Some(&*path));
            let stored = home.store(&publication(2)).map(|_| fs::read(&path).unwrap());
            match document {
                Document::Manifest => assert_ne!(stored.unwrap(), damage.as_bytes(), "it is removed, not read"),
                _ => {
                    assert_eq!(path_in(&stored.unwrap_err()), Some(&*path), "storing starts no empty state");
                    assert_eq!(fs::read(&path).unwrap(), damage.as_bytes());
                    assert_eq!(path_in(&home.state().documents().unwrap_err()), Some(&*path));
                }
            }
        }
    }
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
        let path = home.state().path(&document);
        fs::create_dir_all(&path).unwrap();
        let error = home.state().read(&document).unwrap_err();
        assert!(matches!(error, StateError::Io { operation: "read", .. }), "{document:?}");
        assert_eq!(path_in(&error), Some(&*path));
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
        assert!(matches!(error, StateError::Io { operation: "create", .. }));
        assert_eq!(path_in(&error), Some(&*path));
    }
}

#[cfg(unix)]
#[test]
fn an_endless_file_is_read_to_its_bound() {
    let home = Home::pinned();
    for document in [metadata("timestamp"), metadata("root"), Document::Manifest] {
        std::os::unix::fs::symlink("/dev/zero", home.state().path(&document)).unwrap();
        assert!(matches!(home.state().read(&document), Err(StateError::TooLarge { .. })), "{document:?}");
    }
    let error = home.store(&publication(1)).unwrap_err();
    assert!(matches!(error, StateError::TooLarge { limit, .. } if limit == Limits::DEFAULT.root_bytes));
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
    // Root writes to folders without write permission, but nobody makes files in this one.
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
    for folder in [home.dir.path(), &home.file(""), &home.file("roles"), &home.dir.path().join("locks")] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    for file in ["pin.json", "pinned.root.json", "timestamp.json", "roles/qa.json"] {
        assert_eq!(mode(&home.file(file)), 0o600, "{file}");
    }
}
