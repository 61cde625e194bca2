//! The tool that other people copy images with.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

/// `skopeo` with a home of its own and without policies.
pub(crate) struct Skopeo {
    home: TempDir,
    flags: Vec<String>,
    inspect: Vec<String>,
}

impl Skopeo {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), flags: Vec::new(), inspect: Vec::new() }
    }

    fn flag(mut self, name: &str, value: &str, joint: &str) -> Self {
        self.flags.push(format!("--src-{name}{joint}{value}"));
        self.flags.push(format!("--dest-{name}{joint}{value}"));
        self.inspect.push(format!("--{name}{joint}{value}"));
        self
    }

    /// Talks plain HTTP.
    pub(crate) fn plain(self) -> Self {
        self.flag("tls-verify", "false", "=")
    }

    /// Trusts the certificates in the file `authority`.
    pub(crate) fn trusting(self, authority: &Path) -> Self {
        let folder = self.home.path().join("certificates");
        fs::create_dir(&folder).unwrap();
        fs::copy(authority, folder.join("ca.crt")).unwrap();
        let folder = folder.display().to_string();
        self.flag("cert-dir", &folder, "=")
    }

    pub(crate) fn logged_in(self, user: &str, password: &str) -> Self {
        self.flag("creds", &format!("{user}:{password}"), "=")
    }

    /// Copies an image; both are named as `skopeo` names them.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        self.run("copy", &self.flags, &["--preserve-digests", from, to]);
    }

    /// The digest of what stands at `image`.
    pub(crate) fn digest(&self, image: &str) -> String {
        let raw = self.run("inspect", &self.inspect, &["--raw", image]);
        notary_dev::push::sha256(&raw)
    }

    fn run(&self, verb: &str, flags: &[String], args: &[&str]) -> Vec<u8> {
        let mut command = Command::new("skopeo");
        command.arg("--insecure-policy").arg(verb).args(flags).args(args).env("HOME", self.home.path());
        let output = command.output().expect("skopeo is installed (apt-get install skopeo)");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}
