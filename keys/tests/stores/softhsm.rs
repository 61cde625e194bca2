//! Tokens of SoftHSM in a folder of their own. Tests of other crates include this file, too.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

pub(crate) const PIN: &str = "1234";

/// Where Linux distributions and Homebrew put the module.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// Tokens, gone when this is dropped. A process finds them by the variable `SOFTHSM2_CONF`.
pub(crate) struct SoftHsm {
    home: TempDir,
}

impl SoftHsm {
    /// One token with this label.
    pub(crate) fn with_token(label: &str) -> Self {
        let hsm = Self { home: tempfile::tempdir().unwrap() };
        fs::create_dir(hsm.tokens()).unwrap();
        let configuration = format!("directories.tokendir = {}\nlog.level = ERROR\n", hsm.tokens().display());
        fs::write(hsm.conf(), configuration).unwrap();
        add_token(&hsm.conf(), label);
        hsm
    }

    /// The value of `SOFTHSM2_CONF`.
    pub(crate) fn conf(&self) -> PathBuf {
        self.home.path().join("softhsm2.conf")
    }

    /// Where the tokens' objects are kept.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.home.path().join("tokens")
    }
}

/// Makes a token with this label where the configuration says.
pub(crate) fn add_token(conf: &Path, label: &str) {
    let arguments = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "12345678"];
    let output = Command::new("softhsm2-util").args(arguments).env("SOFTHSM2_CONF", conf).output();
    let output = output.unwrap_or_else(|error| panic!("these tests need Debian's softhsm2: {error}"));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The PKCS#11 URI of the token with this label.
pub(crate) fn uri(label: &str) -> String {
    format!("pkcs11:token={label}?module-path={}", module().display())
}

pub(crate) fn module() -> &'static Path {
    let found = MODULES.iter().map(Path::new).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("these tests need the module of Debian's softhsm2, in one of {MODULES:?}"))
}
