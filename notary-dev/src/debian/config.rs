//! The configuration file of Debian's registry.

use std::{fmt::Write, net::SocketAddr, path::Path};

use crate::debian::{Auth, Options};

/// Files that the configuration names, all below one directory.
pub(super) struct Files<'a> {
    pub(super) storage: &'a Path,
    pub(super) htpasswd: &'a Path,
    pub(super) certificate: &'a Path,
    pub(super) key: &'a Path,
    pub(super) token_certificate: &'a Path,
}

/// Writes the configuration for a registry that listens on `address`.
pub(super) fn render(options: &Options, address: SocketAddr, files: &Files<'_>) -> String {
    let mut text = format!(
        "version: 0.1\n\
         log: {{level: info, formatter: text, accesslog: {{disabled: true}}}}\n\
         storage:\n  filesystem: {{rootdirectory: {storage}}}\n  delete: {{enabled: {delete}}}\n  \
         maintenance: {{uploadpurging: {{enabled: false}}, readonly: {{enabled: {read_only}}}}}\n",
        storage = quoted(files.storage),
        delete = options.delete,
        read_only = options.read_only,
    );
    if options.blob_cache {
        text.push_str("  cache: {blobdescriptor: inmemory}\n");
    }
    // The secret signs the state of uploads; without one, an upload does not survive a restart.
    let _ = write!(text, "http:\n  addr: {address}\n  secret: notary-dev\n");
    if options.tls {
        let _ = writeln!(text, "  tls: {{certificate: {}, key: {}}}", quoted(files.certificate), quoted(files.key));
    }
    match &options.auth {
        Auth::Anonymous => {}
        Auth::Basic { .. } => {
            let _ = write!(text, "auth:\n  htpasswd: {{realm: registry, path: {}}}\n", quoted(files.htpasswd));
        }
        Auth::Bearer(trust) => {
            let _ = write!(
                text,
                "auth:\n  token:\n    realm: {}\n    service: {}\n    issuer: {}\n    rootcertbundle: {}\n",
                trust.realm,
                trust.service,
                trust.issuer,
                quoted(files.token_certificate)
            );
        }
    }
    text
}

/// A YAML scalar: JSON's strings are YAML's.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
