//! Repositories as time goes by: the clock of each command is moved, and the registry tells none.

mod inspect;
mod scheduled;
mod warnings;

use notary_dev::{embedded::EmbeddedRegistry, fixtures, push::Target};

use super::{
    Sandbox,
    main_job::{done, machine},
};

/// A registry with images in several repositories, and the machine of their owner.
struct Place {
    owner: Sandbox,
    registry: EmbeddedRegistry,
}

impl Place {
    fn new(repositories: &[&str]) -> Self {
        let registry = EmbeddedRegistry::start_undated().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for name in repositories {
            let target = Target::anonymous(&registry.address(), name);
            runtime.block_on(target.layout(&fixtures::image(), "1.4", "1.4")).unwrap();
        }
        let place = Self { owner: machine(), registry };
        for name in repositories {
            done(place.owner.run(&format!("init {} --name alice --backup {name}.backup", place.repository(name))));
        }
        place
    }

    fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.address())
    }

    /// A machine that pins what the owner trusts, and has the owner's keys of these roles.
    fn colleague(&self, name: &str, roles: &[&str]) -> Sandbox {
        let other = machine();
        let root = done(self.owner.run(&format!("trust export {}", self.repository(name))));
        other.write("root.json", root.stdout());
        done(other.run(&format!("trust pin {} --root root.json", self.repository(name))));
        let keys = done(self.owner.run("key list --format json"));
        let keys: serde_json::Value = serde_json::from_str(keys.stdout()).unwrap();
        for key in keys["keys"].as_array().unwrap() {
            let of_repository = key["repository"] == self.repository(name).as_str();
            if of_repository && roles.iter().any(|role| key["role"] == *role) {
                let file = format!("keys/{}.pem", key["keyid"].as_str().unwrap());
                copy_private(&self.owner.path(&file), &other, &file);
            }
        }
        other
    }
}

/// Copies a key file with the mode that it has.
fn copy_private(from: &std::path::Path, to: &Sandbox, name: &str) {
    let folder = to.path("keys");
    if !folder.exists() {
        std::fs::create_dir(&folder).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        }
    }
    std::fs::copy(from, to.path(name)).unwrap();
}
