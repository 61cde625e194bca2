use std::fs;

use super::*;

#[test]
fn a_pin_is_read_as_it_was_made() {
    let root = document("root", 1);
    for how in [
        AnchorOrigin::Init,
        AnchorOrigin::Fingerprint,
        AnchorOrigin::File,
        AnchorOrigin::Key("ghcr.io/acme/*".parse().unwrap()),
        AnchorOrigin::FirstUse,
        AnchorOrigin::Mirror,
    ] {
        let home = Home::new();
        assert_eq!(home.state().pinned().unwrap(), None);
        let pin = Pin { how, ..pin(REPOSITORY, &root) };
        home.locked().pin(&pin, &root).unwrap();
        assert_eq!(home.state().pinned().unwrap(), Some(Pinned { pin, root: root.clone() }));
    }
}

#[test]
fn the_file_says_what_is_trusted_and_why() {
    let home = Home::new();
    let root = document("root", 1);
    let pin = Pin { how: AnchorOrigin::Key("ghcr.io/acme/*".parse().unwrap()), ..pin(REPOSITORY, &root) };
    home.locked().pin(&pin, &root).unwrap();
    let expected = format!(
        r#"{{
  "repository": "ghcr.io/acme/app",
  "gun": "ghcr.io/acme/app",
  "how": {{
    "key": "ghcr.io/acme/*"
  }},
  "fingerprint": "{}",
  "version": 1,
  "pinned_at": "2026-11-20T17:00:00Z"
}}"#,
        pin.fingerprint
    );
    assert_eq!(fs::read_to_string(home.file("pin.json")).unwrap(), expected);
}

#[test]
fn another_root_does_not_replace_the_pinned_one() {
    let home = Home::pinned();
    let other = document("root", 2);
    let error = home.locked().pin(&pin(REPOSITORY, &other), &other).unwrap_err();
    assert!(matches!(error, StateError::AlreadyPinned { offered, .. } if offered == Digest::of(&other)));
    let root = document("root", 1);
    let again = Pin { how: AnchorOrigin::File, ..pin(REPOSITORY, &root) };
    home.locked().pin(&again, &root).unwrap();
    assert_eq!(home.state().pin().unwrap(), Some(again));
}

#[test]
fn a_pin_is_about_its_repository_and_its_root() {
    let home = Home::new();
    let root = document("root", 1);
    let error = home.locked().pin(&pin("ghcr.io/acme/web", &root), &root).unwrap_err();
    assert!(matches!(error, StateError::OtherRepository { .. }));
    let error = home.locked().pin(&pin(REPOSITORY, &root), b"{}").unwrap_err();
    assert!(matches!(error, StateError::PinnedRoot { found: Some(_), .. }));
    assert_eq!(home.state().pinned().unwrap(), None);
}

#[test]
fn a_folder_with_the_pin_of_another_repository_is_an_error() {
    let home = Home::pinned();
    let web = home.dir.repository(&location("ghcr.io/acme/web")).unwrap();
    fs::rename(home.file(""), &web.place.unwrap().folder).unwrap();
    let error = home.dir.repository(&location("ghcr.io/acme/web")).unwrap_err();
    assert!(matches!(error, StateError::OtherRepository { found, .. } if found == REPOSITORY));
}

#[test]
fn a_damaged_pin_is_an_error() {
    for (file, damage) in [
        ("pin.json", ""),
        ("pin.json", "{}"),
        ("pin.json", "{\"repository\":\"ghcr.io/acme/app\""),
        ("pinned.root.json", ""),
        ("pinned.root.json", "{\"signed\":{\"version\":1}}"),
    ] {
        let home = Home::pinned();
        let (state, path) = (home.state(), home.file(file));
        fs::write(&path, damage).unwrap();
        let error = state.pinned().unwrap_err();
        assert!(matches!(error, StateError::Corrupt { .. } | StateError::PinnedRoot { .. }), "{file} {damage}");
        assert!(error.to_string().contains(path.to_str().unwrap()));
    }
    let home = Home::pinned();
    fs::remove_file(home.file("pinned.root.json")).unwrap();
    assert!(matches!(home.state().pinned(), Err(StateError::PinnedRoot { found: None, .. })));
}

#[test]
fn pins_are_listed_and_a_damaged_one_hides_no_other() {
    let home = Home::new();
    assert!(home.dir.pins().unwrap().is_empty());
    let root = document("root", 1);
    let layout = format!("oci:{}", home.folder.path().canonicalize().unwrap().join("images").display());
    let names = ["docker.io/library/alpine", "ghcr.io/acme/app", &layout];
    for name in names {
        let locked = home.dir.repository(&location(name)).unwrap().lock(SHORT).unwrap();
        locked.pin(&pin(name, &root), &root).unwrap();
    }
    let listed = || home.dir.pins().unwrap();
    let mut found: Vec<String> = listed().into_iter().map(|pin| pin.unwrap().repository).collect();
    found.sort();
    assert_eq!(found, names);
    fs::write(home.file("pin.json"), "{").unwrap();
    assert_eq!(listed().iter().filter(|pin| pin.is_ok()).count(), 2);
    assert_eq!(listed().iter().filter(|pin| pin.is_err()).count(), 1);
}

#[test]
fn what_is_forgotten_is_gone_at_once_and_may_be_damaged() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    fs::write(home.file("pin.json"), "{").unwrap();
    assert!(home.dir.repository(&location(REPOSITORY)).is_err());
    assert!(home.dir.forget(&location(REPOSITORY), SHORT).unwrap());
    assert!(!home.dir.forget(&location(REPOSITORY), SHORT).unwrap());
    assert_eq!(home.state().pin().unwrap(), None);
    assert!(home.state().documents().unwrap().is_empty());
    assert!(home.dir.pins().unwrap().is_empty());
    assert_eq!(fs::read_dir(home.dir.path().unwrap().join("forgotten")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_forget_left_is_in_nobodys_way() {
    let home = Home::pinned();
    let grave = home.dir.path().unwrap().join("forgotten").join(home.file("").file_name().unwrap());
    fs::create_dir_all(grave.join("roles")).unwrap();
    fs::write(grave.join("pin.json"), "{").unwrap();
    assert_eq!(home.dir.pins().unwrap().len(), 1);
    assert!(home.dir.forget(&location(REPOSITORY), SHORT).unwrap());
    assert!(!grave.exists());
}
