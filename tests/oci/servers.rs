//! Registries to test against: one in this process, and Debian's own.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ferro_blob_store::InMemoryBlobStore;
use manifesto::{
    name::RepositoryName,
    oci::registry::{Credential, Credentials, Registry, RegistryOptions, RegistrySecret},
};
use tempfile::TempDir;

/// Serves `app` on a loopback port for as long as the runtime lives; returns `host:port`.
pub(super) async fn serve(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    host
}

pub(super) async fn ferro() -> String {
    serve(ferro_oci_server::build_app(Arc::new(InMemoryBlobStore::new()))).await
}

pub(super) fn repository(host: &str, path: &str) -> RepositoryName {
    format!("{host}/{path}").parse().unwrap()
}

pub(super) fn open(host: &str, options: RegistryOptions) -> Registry {
    Registry::new(&repository(host, "acme/app"), options).unwrap()
}

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

pub(super) fn password(user: &str, password: &str) -> Credential {
    Credential::Password { user: user.to_owned(), password: RegistrySecret::new(password) }
}

pub(super) fn given(host: &str, user: &str, secret: &str) -> RegistryOptions {
    let credentials = Credentials::anonymous().given(host, password(user, secret));
    RegistryOptions { credentials, ..RegistryOptions::default() }
}
