use std::{
    fs,
    time::{Duration, SystemTime},
};

use super::*;

fn value(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

fn keep(home: &Home, values: &[Bytes]) {
    home.locked().keep_values(values, SHORT).unwrap();
}

fn file_of(home: &Home, bytes: &[u8]) -> PathBuf {
    home.file("values").join(Digest::of(bytes).hex())
}

fn is_kept(home: &Home, bytes: &Bytes) -> bool {
    match home.state().kept_value(Digest::of(bytes)).unwrap() {
        Some(kept) => {
            assert_eq!(kept, *bytes);
            true
        }
        None => false,
    }
}

/// Dates a file so many seconds before now.
fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn a_value_is_kept_for_this_user_alone() {
    let home = Home::pinned();
    let (first, other) = (value("approved"), value("rejected"));
    keep(&home, &[first.clone(), Bytes::new()]);
    assert!(is_kept(&home, &first) && is_kept(&home, &Bytes::new()) && !is_kept(&home, &other));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&home.file("values")), mode(&file_of(&home, &first))), (0o700, 0o600));
    }
    assert!(home.dir.forget(&location(REPOSITORY), SHORT).unwrap());
    assert!(!is_kept(&home, &first));
}

#[test]
fn a_damaged_value_counts_as_absent_and_is_replaced() {
    let home = Home::pinned();
    let good = value("approved");
    let too_large = vec![b'x'; (1 << 20) + 1];
    for damage in [&b""[..], b"appr", b"approved ", b"rejected", b"\0\0\0\0\0\0\0\0", &too_large] {
        keep(&home, std::slice::from_ref(&good));
        fs::write(file_of(&home, &good), damage).unwrap();
        assert!(!is_kept(&home, &good), "{} bytes", damage.len());
    }
    keep(&home, std::slice::from_ref(&good));
    assert!(is_kept(&home, &good));
}

#[test]
fn what_is_no_file_is_an_error_that_names_it() {
    let home = Home::pinned();
    let good = value("approved");
    fs::create_dir_all(file_of(&home, &good)).unwrap();
    let error = home.state().kept_value(Digest::of(&good)).unwrap_err();
    assert!(matches!(&error, StateError::NotAFile { path } if *path == file_of(&home, &good)), "{error:?}");
    let error = home.locked().keep_values(std::slice::from_ref(&good), SHORT).unwrap_err();
    assert!(matches!(&error, StateError::Io { operation: "write", .. }), "{error:?}");
    fs::remove_dir(file_of(&home, &good)).unwrap();
    fs::remove_dir(home.file("values")).unwrap();
    fs::write(home.file("values"), "").unwrap();
    assert!(home.state().kept_value(Digest::of(&good)).is_err());
    assert!(home.state().lock(SHORT).is_err());
}

/// No files can be created in this folder, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_value_is_an_error_that_names_the_file() {
    let home = Home::pinned();
    std::os::unix::fs::symlink("/proc/self/fdinfo", home.file("values")).unwrap();
    let good = value("approved");
    let error = home.locked().keep_values(std::slice::from_ref(&good), SHORT).unwrap_err();
    let path = file_of(&home, &good);
    assert!(matches!(&error, StateError::Io { operation: "write", path: named, .. } if *named == path), "{error:?}");
    assert!(error.is_about_writing());
}

#[test]
fn a_large_value_is_not_kept() {
    let home = Home::pinned();
    let (fits, large) = (Bytes::from(vec![1; 1 << 20]), Bytes::from(vec![2; (1 << 20) + 1]));
    keep(&home, &[large.clone(), fits.clone()]);
    assert!(is_kept(&home, &fits) && !is_kept(&home, &large));
    assert_eq!(fs::read_dir(home.file("values")).unwrap().count(), 1);
}

/// The sum counts the values of all repositories.
#[test]
fn the_oldest_values_are_removed_first() {
    let home = Home::pinned();
    let limits = Limits { kept_values_bytes: 3 << 12, ..Limits::DEFAULT };
    let dir = StateDir::open(home.dir.path().unwrap(), limits).unwrap();
    let keep_at = |repository: &str, text: &str| {
        let state = dir.repository(&location(repository)).unwrap();
        state.lock(SHORT).unwrap().keep_values(&[value(text)], SHORT).unwrap();
        state.place.unwrap().folder.join("values").join(Digest::of(text.as_bytes()).hex())
    };
    let first = keep_at("ghcr.io/acme/other", "first");
    let (second, third) = (keep_at(REPOSITORY, "second"), keep_at(REPOSITORY, "third"));
    age(&first, 30);
    age(&second, 20);
    // A file from the future is not newer than the value that is being put.
    fs::File::options().write(true).open(&third).unwrap().set_modified(SystemTime::now() + SHORT * 10_000).unwrap();
    let junk = home.file("values/README");
    fs::write(&junk, vec![0; 1 << 16]).unwrap();
    let fourth = keep_at(REPOSITORY, "fourth");
    assert_eq!([&first, &second, &third, &fourth].map(|path| path.exists()), [false, true, true, true]);
    // Put again, it is new again.
    keep_at(REPOSITORY, "second");
    age(&fourth, 10);
    keep_at("ghcr.io/acme/other", "first");
    assert_eq!([&first, &second, &third, &fourth].map(|path| path.exists()), [true, true, true, false]);
    assert!(junk.exists(), "what is no value is left alone");
}

#[test]
fn a_temporary_file_is_swept_and_never_counted() {
    let home = Home::pinned();
    keep(&home, &[value("approved")]);
    let left = home.file("values/.unfinished-x");
    fs::write(&left, "half").unwrap();
    drop(home.locked());
    assert!(!left.exists());
}

#[test]
fn nowhere_keeps_nothing() {
    let state = StateDir::nowhere(Limits::DEFAULT).repository(&location(REPOSITORY)).unwrap();
    assert_eq!(state.kept_value(Digest::of(b"approved")).unwrap(), None);
}
