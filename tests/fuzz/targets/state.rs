//! What this machine remembers, after somebody else wrote to it.

use std::{fs, path::PathBuf};

use manifesto::{
    limits::Limits,
    name::{Digest, Location},
    store::state::{Pin, RepositoryState, StateDir, TrustedKey, TrustedKeys},
};
use tempfile::TempDir;

/// A state directory, written anew for each input.
struct State {
    folder: TempDir,
    directory: StateDir,
    location: Location,
}

thread_local!(static STATE: State = State::new());

/// The files that an input may hold, each after a line `=== NAME`.
const FILES: [&str; 13] = [
    "pin.json",
    "pinned.root.json",
    "root.json",
    "timestamp.json",
    "snapshot.json",
    "targets.json",
    "manifest.json",
    "founding.json",
    "roles/repository.json",
    "roles/qa.json",
    "indexes/repository.json",
    "roots/1.json",
    TRUSTED_KEYS,
];
const TRUSTED_KEYS: &str = "trusted-keys.json";

impl State {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDir::open(folder.path(), Limits::DEFAULT).unwrap();
        let state = Self { folder, directory, location: "registry.example/acme/app".parse().unwrap() };
        for name in ["roles", "indexes", "roots"] {
            fs::create_dir_all(state.path(name)).unwrap();
        }
        state
    }

    fn path(&self, name: &str) -> PathBuf {
        if name == TRUSTED_KEYS {
            return self.folder.path().join(name);
        }
        self.folder.path().join("repositories/repository-registry.example%2Facme%2Fapp").join(name)
    }

    /// Writes the files of an input, in place of those of the last one.
    fn write(&self, data: &[u8]) {
        for name in FILES {
            let _ = fs::remove_file(self.path(name));
        }
        let mut file: Option<(&str, Vec<u8>)> = None;
        for line in data.split_inclusive(|byte| *byte == b'\n').chain([&b"=== \n"[..]]) {
            if let Some(name) = line.strip_prefix(b"=== ") {
                if let Some((name, content)) = file.take() {
                    fs::write(self.path(name), content).unwrap();
                }
                file = FILES.iter().find(|file| name.trim_ascii() == file.as_bytes()).map(|name| (*name, Vec::new()));
            } else if let Some((_, content)) = &mut file {
                content.extend_from_slice(line);
            }
        }
    }
}

/// A pin is about the repository that was asked for and its root has its fingerprint; what is damaged is no empty start.
pub(crate) fn run(data: &[u8]) -> bool {
    STATE.with(|state| {
        state.write(data);
        let mut accepted = state.directory.trusted_keys().is_ok_and(|keys| check_keys(&keys));
        let _ = state.directory.pins().unwrap().len();
        match state.directory.repository(&state.location) {
            Ok(repository) => accepted |= check(state, &repository),
            Err(error) => assert!(error.to_string().contains("pin.json"), "{error}"),
        }
        accepted
    })
}

fn check(state: &State, repository: &RepositoryState) -> bool {
    let pin = repository.pin().unwrap();
    assert_eq!(pin.is_some(), state.path("pin.json").exists());
    if let Some(pin) = &pin {
        assert_eq!(pin.repository, "registry.example/acme/app");
        let text = serde_json::to_vec(pin).unwrap();
        assert_eq!(&serde_json::from_slice::<Pin>(&text).unwrap(), pin);
    }
    let pinned = repository.pinned();
    if let Ok(pinned) = &pinned {
        assert_eq!(pinned.is_some(), pin.is_some());
        assert!(pinned.iter().all(|pinned| Digest::of(&pinned.root) == pinned.pin.fingerprint));
    }
    if let Ok(documents) = repository.documents() {
        assert!(documents.iter().all(|(digest, bytes)| Digest::of(bytes) == *digest));
    }
    let former = repository.former_roots().unwrap();
    assert_eq!(former.len(), usize::from(state.path("roots/1.json").exists()));
    let _ = repository.offline_inits();
    pinned.is_ok_and(|pinned| pinned.is_some())
}

/// Says whether there are any.
fn check_keys(trusted: &TrustedKeys) -> bool {
    for (pattern, keys) in trusted.iter() {
        for key in keys {
            assert_eq!(&TrustedKey::new(key.key().clone()).unwrap(), key);
        }
        let example = pattern.as_str().replace('*', "x").parse().unwrap();
        let (longest, _) = trusted.for_repository(&example).unwrap();
        assert!(longest >= pattern && longest.matches(&example));
    }
    let text = serde_json::to_vec(trusted).unwrap();
    assert_eq!(&serde_json::from_slice::<TrustedKeys>(&text).unwrap(), trusted);
    trusted.iter().next().is_some()
}
