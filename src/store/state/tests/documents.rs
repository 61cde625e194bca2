use std::collections::BTreeSet;

use super::*;

fn assert_is(home: &Home, expected: &Documents) {
    for document in all() {
        assert_eq!(home.state().read(&document).unwrap().as_ref(), content(expected, &document), "{document:?}");
    }
}

#[test]
fn nothing_is_remembered_of_a_repository_never_seen() {
    let home = Home::new();
    assert_is(&home, &Documents::default());
    assert!(home.state().documents().unwrap().is_empty());
}

#[test]
fn what_is_stored_is_read_byte_for_byte() {
    let home = Home::pinned();
    assert_eq!(home.store(&publication(1)).unwrap(), Stored::Current);
    assert_is(&home, &publication(1));
    assert_eq!(home.store(&publication(2)).unwrap(), Stored::Current);
    assert_is(&home, &publication(2));
    let by_digest = home.state().documents().unwrap();
    assert_eq!(by_digest.len(), 7);
    for (digest, bytes) in by_digest {
        assert_eq!(Digest::of(&bytes), digest);
    }
}

#[test]
fn what_is_not_given_stays() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let more = Documents { roles: [(role("trivy"), document("trivy", 4))].into(), ..Documents::default() };
    home.store(&more).unwrap();
    assert_is(&home, &publication(1));
    assert_eq!(home.state().read(&metadata("trivy")).unwrap(), Some(document("trivy", 4)));
}

#[test]
fn a_manifest_does_not_outlive_its_timestamp() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    home.store(&Documents { manifest: None, ..publication(2) }).unwrap();
    assert_is(&home, &Documents { manifest: None, ..publication(2) });
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let home = Home::pinned();
    home.store(&publication(3)).unwrap();
    let (steps, stored) = home.locked().steps(&publication(3)).unwrap();
    assert!(steps.is_empty(), "{steps:?}");
    assert_eq!(stored, Stored::Current);
}

#[test]
fn a_slower_process_lowers_nothing() {
    let home = Home::pinned();
    home.store(&publication(5)).unwrap();
    assert_eq!(home.store(&publication(4)).unwrap(), Stored::Superseded);
    assert_is(&home, &publication(5));

    let newer_snapshot_version = Documents { timestamp: Some(document("timestamp", 6)), ..publication(4) };
    assert_eq!(home.store(&newer_snapshot_version).unwrap(), Stored::Superseded);
    assert_is(&home, &publication(5));

    let other_of_same_version = Documents { timestamp: Some(document("timestamp ", 5)), ..publication(6) };
    assert_eq!(home.store(&other_of_same_version).unwrap(), Stored::Superseded);
    assert_eq!(home.state().read(&metadata("timestamp")).unwrap(), Some(document("timestamp", 5)));
    assert_eq!(home.state().read(&metadata("root")).unwrap(), Some(document("root", 6)), "a newer root is taken");
    assert_eq!(home.state().read(&StateDocument::Manifest).unwrap(), None, "it was not verified under this root");
}

#[test]
fn nothing_is_stored_under_a_pin_that_changed() {
    let home = Home::pinned();
    let other = Digest::of(b"other");
    let error = home.locked().store(other, &publication(1)).unwrap_err();
    assert!(matches!(error, StateError::PinChanged { expected, found: Some(_), .. } if expected == other));
    home.dir.forget(&location(REPOSITORY), SHORT).unwrap();
    let error = home.store(&publication(1)).unwrap_err();
    assert!(matches!(error, StateError::PinChanged { found: None, .. }));
    assert_is(&home, &Documents::default());
}

#[test]
fn after_a_new_root_older_versions_can_be_accepted() {
    let home = Home::pinned();
    home.store(&publication(9)).unwrap();
    home.locked().drop_timestamp_and_snapshot().unwrap();
    let kept = Documents { timestamp: None, snapshot: None, manifest: None, ..publication(9) };
    assert_is(&home, &kept);
    home.locked().drop_timestamp_and_snapshot().unwrap();

    let recovered = Documents { root: None, ..publication(2) };
    assert_eq!(home.store(&recovered).unwrap(), Stored::Current);
    assert_is(&home, &Documents { root: Some(document("root", 9)), ..publication(2) });
}

#[test]
fn roles_that_are_no_longer_delegated_to_go() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let ended = Documents {
        roles: [(role("qa"), document("qa", 1))].into(),
        indexes: [].into(),
        delegated: Some([role("qa")].into()),
        ..publication(2)
    };
    home.store(&ended).unwrap();
    assert_eq!(home.state().read(&metadata("repository")).unwrap(), None);
    assert_eq!(home.state().read(&StateDocument::Index(role("repository"))).unwrap(), None);
    assert_eq!(home.state().read(&metadata("qa")).unwrap(), Some(document("qa", 1)));
    assert_eq!(home.state().read(&metadata("targets")).unwrap(), Some(document("targets", 2)));
}

#[test]
fn a_document_without_a_version_is_not_stored() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    for bad in ["", "{}", "[]", r#"{"signed":{"version":-1}}"#, r#"{"signed":{"version":2}"#] {
        let documents = Documents { timestamp: Some(bad.into()), ..publication(2) };
        assert!(matches!(home.store(&documents), Err(StateError::NoVersion { .. })), "{bad}");
    }
    assert_is(&home, &publication(1));
}

/// A registry may lose the roots between the pinned one and the newest.
#[test]
fn roots_that_were_the_newest_are_kept() {
    let home = Home::pinned();
    for version in [1, 2, 2, 4] {
        home.store(&publication(version)).unwrap();
    }
    let former: Vec<Bytes> = home.state().former_roots().unwrap().into_values().collect();
    let expected: BTreeSet<Bytes> = [1, 2].map(|version| document("root", version)).into();
    assert_eq!(former.into_iter().collect::<BTreeSet<_>>(), expected);
}
