use std::{
    fs::OpenOptions,
    thread,
    time::{Duration, Instant},
};

use super::*;

#[test]
fn a_lock_that_is_not_let_go_is_an_error_that_names_it() {
    let home = Home::pinned();
    let held = home.locked();
    let path = home.lock_file();
    let started = Instant::now();
    let error = home.state().lock(SHORT).unwrap_err();
    assert!(matches!(&error, StateError::Busy { path: named, waited } if *named == path && *waited >= SHORT));
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(error.to_string().contains(path.to_str().unwrap()));
    assert!(matches!(home.dir.forget(&location(REPOSITORY), SHORT), Err(StateError::Busy { .. })));
    assert!(home.state().pinned().unwrap().is_some(), "reading needs no lock");

    let other = home.dir.repository(&location("ghcr.io/acme/web")).unwrap();
    other.lock(Duration::ZERO).unwrap();
    drop(held);
    home.state().lock(Duration::ZERO).unwrap();
}

#[test]
fn the_lock_is_the_operating_systems() {
    let home = Home::pinned();
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(home.lock_file()).unwrap();
    file.lock().unwrap();
    assert!(matches!(home.state().lock(SHORT), Err(StateError::Busy { .. })));
    file.unlock().unwrap();
    home.state().lock(SHORT).unwrap();
}

#[test]
fn a_lock_that_is_let_go_is_taken() {
    let home = Home::pinned();
    let held = home.locked();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| home.state().lock(Duration::from_secs(60)).map(drop));
        thread::sleep(SHORT);
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn readers_and_writers_at_once_see_whole_files_that_only_grow() {
    let home = Home::pinned();
    home.store(&publication(1)).unwrap();
    let home = &home;
    thread::scope(|scope| {
        for writer in 0..2 {
            scope.spawn(move || {
                for version in (2 + writer..40).step_by(2) {
                    let locked = home.state().lock(Duration::from_secs(60)).unwrap();
                    locked.store(Digest::of(&document("root", 1)), &publication(version)).unwrap();
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(move || {
                let mut seen = 0;
                while seen < 39 {
                    for document in all() {
                        let bytes = home.state().read(&document).unwrap();
                        assert!(bytes.is_some() || document == StateDocument::Manifest, "{document:?}");
                    }
                    let timestamp = home.state().read(&metadata("timestamp")).unwrap().unwrap();
                    let version = super::super::document::version(&timestamp).unwrap();
                    assert!(version >= seen);
                    seen = version;
                }
            });
        }
    });
}
