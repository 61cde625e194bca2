//! Documents that were verified before a read failed.

use super::*;

fn seen(home: &Home, root: Option<u64>, timestamp: Option<u64>, snapshot: Option<u64>) {
    let [root, timestamp, snapshot] = [("root", root), ("timestamp", timestamp), ("snapshot", snapshot)]
        .map(|(kind, version)| version.map(|version| document(kind, version)));
    let pinned = Digest::of(&document("root", 1));
    home.locked().store_seen(pinned, root.as_ref(), timestamp.as_ref(), snapshot.as_ref()).unwrap();
}

fn version_of(home: &Home, kind: &str) -> Option<u64> {
    let bytes = home.state().read(&metadata(kind)).unwrap()?;
    Some(super::super::document::version(&bytes).unwrap())
}

#[test]
fn it_raises_what_is_accepted_and_lowers_nothing() {
    let home = Home::pinned();
    home.store(&publication(5)).unwrap();
    seen(&home, Some(6), Some(7), None);
    assert_eq!(["root", "timestamp", "snapshot"].map(|kind| version_of(&home, kind)), [Some(6), Some(7), Some(5)]);
    seen(&home, Some(5), Some(6), Some(4));
    assert_eq!(["root", "timestamp", "snapshot"].map(|kind| version_of(&home, kind)), [Some(6), Some(7), Some(5)]);
    assert_eq!(home.store(&publication(6)).unwrap(), Stored::Superseded);
}

/// [⚔] Documents that a stolen key signed do not replace the ones that the repository can be recovered from.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#restore-point
#[test]
fn the_last_whole_publication_stays() {
    let home = Home::pinned();
    home.store(&publication(5)).unwrap();
    for timestamp in [7, 8, 9] {
        seen(&home, None, Some(timestamp), None);
    }
    let known = home.state().documents().unwrap();
    for kind in ["timestamp", "snapshot", "targets"] {
        assert!(known.contains_key(&Digest::of(&document(kind, 5))), "{kind}");
    }
    assert_eq!(home.state().read(&StateDocument::Manifest).unwrap(), publication(5).manifest);

    // The next successful read replaces it.
    assert_eq!(home.store(&publication(9)).unwrap(), Stored::Current);
    assert!(!home.path(&StateDocument::Superseded(TopLevelRole::Timestamp)).exists());
    assert_eq!(home.state().read(&StateDocument::Manifest).unwrap(), publication(9).manifest);
}

#[test]
fn a_pin_that_changed_meanwhile_takes_nothing() {
    let home = Home::pinned();
    let other = Digest::of(b"another root");
    let stored = home.locked().store_seen(other, None, Some(&document("timestamp", 9)), None);
    assert!(matches!(stored, Err(StateError::PinChanged { .. })));
    assert_eq!(version_of(&home, "timestamp"), None);
}

#[test]
fn a_new_root_forgets_both() {
    let home = Home::pinned();
    home.store(&publication(5)).unwrap();
    seen(&home, None, Some(7), Some(7));
    home.locked().drop_timestamp_and_snapshot().unwrap();
    assert_eq!((version_of(&home, "timestamp"), version_of(&home, "snapshot")), (None, None));
    assert!(!home.path(&StateDocument::Superseded(TopLevelRole::Snapshot)).exists());
}
