//! The docker config, and which credentials go where.

use std::fs;

use manifesto::oci::registry::DockerConfig;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

struct Home {
    folder: TempDir,
    runtime: Runtime,
}

thread_local!(static HOME: Home = Home {
    folder: tempfile::tempdir().unwrap(),
    runtime: Builder::new_current_thread().enable_all().build().unwrap(),
});

/// Credentials go to a host that the file names, and to no other. No helper is started but from the search path, which
/// is empty here.
pub(crate) fn run(data: &[u8]) -> bool {
    HOME.with(|home| {
        fs::write(home.folder.path().join("config.json"), data).unwrap();
        let config = DockerConfig::locate(|name| match name {
            "DOCKER_CONFIG" => Some(home.folder.path().as_os_str().to_owned()),
            "PATH" => Some(home.folder.path().join("bin").into()),
            _ => None,
        });
        let hosts: Vec<String> = keys(data).iter().map(|key| host_of(key).to_owned()).collect();
        let mut accepted = false;
        for (host, names) in HOSTS {
            if let Ok(Some(_)) = home.runtime.block_on(config.lookup(host, "acme/app")) {
                accepted = true;
                assert!(hosts.iter().any(|named| names.contains(&named.as_str())), "{host} is none of {hosts:?}");
            }
        }
        accepted
    })
}

/// Hosts that are asked about, and the names under which a file may have credentials for them.
const HOSTS: [(&str, &[&str]); 4] = [
    ("registry.example", &["registry.example"]),
    ("registry.example:5000", &["registry.example:5000"]),
    ("localhost:5000", &["localhost:5000"]),
    ("docker.io", &["docker.io", "index.docker.io", "registry-1.docker.io"]),
];

/// The keys of the file's entries: hosts, repositories and, as Docker wrote them once, addresses.
fn keys(data: &[u8]) -> Vec<String> {
    let document: Value = serde_json::from_slice(data).unwrap_or_default();
    document["auths"].as_object().map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
}

fn host_of(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    rest.split('/').next().unwrap_or_default()
}
