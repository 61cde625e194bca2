//! Debian's own registry, as a server to test against.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How Debian's registry is to protect itself.
pub(super) enum Protection {
    /// Not at all.
    None,
    /// TLS with a certificate of its own, and one user.
    TlsAndBasic,
}

/// Debian's `docker-registry`, on a free loopback port and a folder of its own.
pub(super) struct DockerRegistry {
    child: Child,
    folder: TempDir,
    pub(super) host: String,
}

impl DockerRegistry {
    pub(super) fn start(protection: &Protection) -> Self {
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  \
             delete: {{enabled: true}}\n  cache: {{blobdescriptor: inmemory}}\nhttp:\n  addr: {host}\n",
            path("data")
        );
        if matches!(protection, Protection::TlsAndBasic) {
            let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
            std::fs::write(path("ca.pem"), made.cert.pem()).unwrap();
            std::fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
            let hash = bcrypt::hash_with_result("correct horse", 4).unwrap().format_for_version(bcrypt::Version::TwoY);
            std::fs::write(path("htpasswd"), format!("alice:{hash}\n")).unwrap();
            config += &format!("  tls: {{certificate: {}, key: {}}}\n", path("ca.pem"), path("key.pem"));
            config += &format!("auth:\n  htpasswd: {{realm: basic-realm, path: {}}}\n", path("htpasswd"));
        }
        std::fs::write(path("config.yml"), config).unwrap();
        let child = Command::new("docker-registry")
            .args(["serve", &path("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry is installed (apt-get install docker-registry)");
        let begun = Instant::now();
        while std::net::TcpStream::connect(&host).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "docker-registry does not listen on {host}");
            thread::sleep(Duration::from_millis(10));
        }
        Self { child, folder, host }
    }

    /// Removes what no tagged manifest refers to, while the registry goes on serving.
    pub(super) fn collect_garbage(&self) {
        let config = self.folder.path().join("config.yml");
        let status = Command::new("docker-registry")
            .args(["garbage-collect", "--delete-untagged"])
            .arg(config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
