//! Maps each repository to one folder name and back.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::StateError;
use crate::name::{Digest, Location};

/// The longest encoded name that is used unhashed. File systems allow 255 bytes.
const LONGEST: usize = 200;

/// The characters that are escaped: all but lower-case letters, digits, `.`, `-` and `_`. Upper-case letters are
/// escaped, because on file systems that fold case, two layouts whose paths differ only in case would share a state.
const ESCAPED: AsciiSet = {
    let mut set = NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
    let mut letter = b'A';
    while letter <= b'Z' {
        set = set.add(letter);
        letter += 1;
    }
    set
};

/// A repository, as this machine names and stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    /// The full name: the repository's, or `oci:` and the layout's absolute path.
    pub(super) name: String,
    /// The name of its folder. It has no separator, and a prefix, so that it is never `.` or `..`.
    pub(super) folder: String,
}

impl Filed {
    /// Returns the folder of `location`. A layout has one folder, however its path is written.
    pub(super) fn new(location: &Location) -> Result<Self, StateError> {
        match location {
            Location::Registry(repository) => Ok(Self::encode("repository", repository.to_string())),
            Location::Layout(directory) => {
                let directory = canonical(directory)?;
                let path = directory.to_str().ok_or_else(|| StateError::NotUnicode { path: directory.clone() })?;
                Ok(Self::encode("layout", format!("oci:{path}")))
            }
        }
    }

    /// Both kinds and the hashed names have different prefixes, so that no two of them collide.
    fn encode(kind: &str, name: String) -> Self {
        let encoded = utf8_percent_encode(&name, &ESCAPED).to_string();
        let folder = if encoded.len() <= LONGEST {
            format!("{kind}-{encoded}")
        } else {
            format!("hashed-{kind}-{}", Digest::of(name.as_bytes()).hex())
        };
        Self { name, folder }
    }
}

/// The absolute path without symbolic links. Components that do not exist are appended to the nearest existing folder,
/// so that a layout has the same name before and after it is created.
fn canonical(path: &Path) -> Result<PathBuf, StateError> {
    let absolute = std::path::absolute(path).map_err(StateError::io("read", path))?;
    let mut existing = absolute.as_path();
    loop {
        match (existing.canonicalize(), existing.parent()) {
            (Ok(mut found), _) => {
                for part in absolute.strip_prefix(existing).unwrap_or(Path::new("")).components() {
                    match part {
                        Component::ParentDir => _ = found.pop(),
                        part => found.push(part),
                    }
                }
                return Ok(found);
            }
            (Err(error), Some(parent)) if error.kind() == std::io::ErrorKind::NotFound => existing = parent,
            (Err(error), _) => return Err(StateError::io("read", path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filed(location: &str) -> Filed {
        Filed::new(&location.parse().unwrap()).unwrap()
    }

    #[test]
    fn names_stay_readable() {
        let app = filed("ghcr.io/acme/app-1_x");
        assert_eq!((&*app.name, &*app.folder), ("ghcr.io/acme/app-1_x", "repository-ghcr.io%2Facme%2Fapp-1_x"));
        assert_eq!(filed("localhost:5000/a").folder, "repository-localhost%3A5000%2Fa");
    }

    #[test]
    fn a_layout_is_one_however_its_path_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("images")).unwrap();
        let name = |path: &Path| Filed::new(&Location::Layout(path.to_owned())).unwrap();
        let plain = name(&real.join("images"));
        assert_eq!(plain.name, format!("oci:{}", real.join("images").display()));
        assert_eq!(name(&real.join("images/../images/.")), plain);
        assert_eq!(name(&real.join("images/")), plain);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(real.join("images"), real.join("link")).unwrap();
            assert_eq!(name(&real.join("link")), plain);
        }
        let before = name(&real.join("images/new/layout"));
        assert_eq!(name(&real.join("images/other/../new/layout")), before);
        std::fs::create_dir_all(real.join("images/new/layout")).unwrap();
        assert_eq!(name(&real.join("images/new/layout")), before);
    }

    #[test]
    fn a_registry_and_a_layout_of_one_name_differ() {
        // `oci:5000` also parses as a host and a port.
        assert_ne!(
            Filed::encode("repository", "oci:/a".into()).folder,
            Filed::encode("layout", "oci:/a".into()).folder
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_unicode_is_an_error() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new("/tmp").join(std::ffi::OsStr::from_bytes(b"a\xff"));
        assert!(matches!(Filed::new(&Location::Layout(path)), Err(StateError::NotUnicode { .. })));
    }

    proptest! {
        #[test]
        fn folder_names_are_injective_and_stay_inside(
            a in "[a-cA-C./%_-]{1,12}|\\PC{0,60}|[a-z/]{190,260}",
            b in "[a-cA-C./%_-]{1,12}|\\PC{0,60}|[a-z/]{190,260}",
        ) {
            let fold = |name: &str| Filed::encode("layout", name.to_owned()).folder.to_lowercase();
            prop_assert_eq!(a == b, fold(&a) == fold(&b));
            let folder = Filed::encode("layout", a).folder;
            prop_assert!(folder.len() <= 255 && !folder.contains(['/', '\\', ':', '\0']));
            prop_assert_eq!(Path::new("x").join(&folder).components().count(), 2);
        }
    }
}
