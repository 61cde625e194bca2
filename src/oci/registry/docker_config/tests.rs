use std::{fs, time::Instant};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// A folder with a docker config, and helpers beside it.
struct Home(TempDir);

impl Home {
    fn new(config: &Value) -> Self {
        let home = Self(TempDir::new().unwrap());
        home.write("config.json", &config.to_string());
        home
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    #[cfg(unix)]
    fn helper(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.0.path().join(format!("docker-credential-{name}"));
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn config(&self) -> DockerConfig {
        DockerConfig::locate(|name| match name {
            "DOCKER_CONFIG" => Some(self.0.path().as_os_str().to_owned()),
            "PATH" => Some(format!("{}:/usr/bin:/bin", self.0.path().display()).into()),
            _ => None,
        })
    }

    async fn knows(&self, host: &str, path: &str) -> String {
        shown(self.config().lookup(host, path).await)
    }
}

fn shown(found: Result<Option<Credential>, CredentialsError>) -> String {
    match found {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(Credential::Password { user, password })) => format!("{user}:{}", password.expose()),
        Ok(Some(Credential::IdentityToken(token))) => format!("token {}", token.expose()),
        Err(error) => format!("error: {error}"),
    }
}

fn auth(pair: &str) -> Value {
    json!({ "auth": BASE64_STANDARD.encode(pair) })
}

#[tokio::test]
async fn entries_as_docker_and_podman_write_them() {
    let home = Home::new(&json!({
        "auths": {
            "localhost:5000": auth("alice:a:b"),
            "https://old.example.com/v1/": auth("bob:old"),
            "https://index.docker.io/v1/": auth("hub:user"),
            "token.example.com": { "auth": BASE64_STANDARD.encode("0000:"), "identitytoken": "idt" },
            "plain.example.com": { "username": "carol", "password": "plain" },
            "quay.io": auth("host:wide"),
            "quay.io/acme": auth("acme:wide"),
            "quay.io/acme/app": auth("just:app"),
            "stored.example.com": {},
            "broken.example.com": { "auth": "%%%" },
        },
        "HttpHeaders": { "User-Agent": "x" },
    }));
    for (host, path, expected) in [
        ("localhost:5000", "app", "alice:a:b"),
        ("localhost:5001", "app", "nothing"),
        ("old.example.com", "app", "bob:old"),
        ("docker.io", "library/alpine", "hub:user"),
        ("token.example.com", "app", "token idt"),
        ("plain.example.com", "app", "carol:plain"),
        ("quay.io", "other/app", "host:wide"),
        ("quay.io", "acme/other", "acme:wide"),
        ("quay.io", "acme/app", "just:app"),
        ("quay.io", "acme-evil/app", "host:wide"),
        ("stored.example.com", "app", "nothing"),
        ("ghcr.io", "app", "nothing"),
    ] {
        assert_eq!(home.knows(host, path).await, expected, "{host}/{path}");
    }
    let broken = home.knows("broken.example.com", "app").await;
    assert!(broken.starts_with("error: the entry for broken.example.com in "), "{broken}");
}

#[tokio::test]
async fn a_url_is_a_key_in_a_fixed_order() {
    let keys =
        ["a", "https://a", "https://a/", "https://a/v1/", "https://a/v2/", "http://a", "http://a/v1/", "http://a/v2/"];
    // Each file has one key less, so that the next in order answers.
    for first in 0..keys.len() {
        assert_eq!(numbered(&keys, first).knows("a", "x").await, format!("{first}:x"), "{}", keys[first]);
    }
    let others = json!({ "auths": { "https://a.b": auth("u:p"), "ftp://a": auth("u:p"), "https://b/a": auth("u:p"), "a/y": auth("u:p") } });
    assert_eq!(Home::new(&others).knows("a", "x").await, "nothing");
}

#[tokio::test]
async fn docker_hub_has_several_names() {
    let keys = [
        "https://index.docker.io/v1/",
        "docker.io",
        "https://docker.io/v2/",
        "index.docker.io",
        "http://index.docker.io/",
        "registry-1.docker.io",
        "https://registry-1.docker.io",
    ];
    for first in 0..keys.len() {
        let home = numbered(&keys, first);
        assert_eq!(home.knows("docker.io", "library/alpine").await, format!("{first}:x"), "{}", keys[first]);
        assert_eq!(home.knows("ghcr.io", "library/alpine").await, "nothing");
    }
}

/// A config with the keys from the one at `first` on, whose users are their places.
fn numbered(keys: &[&str], first: usize) -> Home {
    let entries =
        keys.iter().enumerate().skip(first).map(|(place, key)| ((*key).to_owned(), auth(&format!("{place}:x"))));
    Home::new(&json!({ "auths": entries.collect::<serde_json::Map<_, _>>() }))
}

#[tokio::test]
async fn what_stands_in_an_entry_agrees() {
    let home = Home::new(&json!({
        "auths": {
            "same": { "auth": BASE64_STANDARD.encode("u:p"), "username": "u", "password": "p" },
            "unpadded": { "auth": BASE64_STANDARD.encode("u:pass").trim_end_matches('=') },
            "empty": { "auth": "", "identitytoken": "" },
            "half": { "username": "u" },
            "more": { "auth": BASE64_STANDARD.encode("u:p"), "email": "u@example.com" },
            "two": { "auth": BASE64_STANDARD.encode("u:p"), "username": "u", "password": "q" },
            "blank": { "auth": BASE64_STANDARD.encode("nocolon") },
            "binary": { "auth": BASE64_STANDARD.encode([0xff, b':', 0xff]) },
            "number": { "auth": 7 },
            "list": [],
        }
    }));
    for (host, expected) in
        [("same", "u:p"), ("unpadded", "u:pass"), ("empty", "nothing"), ("half", "nothing"), ("more", "u:p")]
    {
        assert_eq!(home.knows(host, "x").await, expected, "{host}");
    }
    for host in ["two", "blank", "binary", "number", "list"] {
        let error = home.knows(host, "x").await;
        assert!(error.starts_with(&format!("error: the entry for {host} in ")), "{error}");
    }
}

#[tokio::test]
async fn the_first_file_that_knows_the_registry_decides() {
    let home = Home::new(&json!({ "auths": { "a": auth("docker:a"), "b": auth("docker:b") } }));
    home.write("auth.json", &json!({ "auths": { "a": auth("podman:a") } }).to_string());
    let folder = home.0.path().to_owned();
    let locate = |with: &'static [&'static str]| {
        let folder = folder.clone();
        DockerConfig::locate(move |name| match name {
            _ if !with.contains(&name) => None,
            "REGISTRY_AUTH_FILE" => Some(folder.join("auth.json").into()),
            _ => Some(folder.clone().into()),
        })
    };
    let both = locate(&["REGISTRY_AUTH_FILE", "DOCKER_CONFIG"]);
    assert_eq!(shown(both.lookup("a", "x").await), "podman:a");
    assert_eq!(shown(both.lookup("b", "x").await), "docker:b");
    assert_eq!(shown(locate(&["DOCKER_CONFIG", "HOME"]).lookup("a", "x").await), "docker:a");
    assert_eq!(shown(locate(&["HOME", "XDG_RUNTIME_DIR"]).lookup("a", "x").await), "nothing");
    let files = locate(&["HOME", "XDG_RUNTIME_DIR"]).files().to_vec();
    assert_eq!(files, [folder.join(".docker/config.json"), folder.join("containers/auth.json")]);
}

#[tokio::test]
async fn a_file_that_is_no_config_is_an_error() {
    for text in ["", "[]", "<html>", r#"{"auths":[]}"#, r#"{"auths":{},"credHelpers":7}"#] {
        let home = Home::new(&json!({}));
        home.write("config.json", text);
        let error = home.knows("a", "x").await;
        assert!(error.ends_with("config.json is not a docker config"), "{text}: {error}");
    }
    let home = Home::new(&json!({}));
    home.write("config.json", &" ".repeat(2 << 20));
    assert!(home.knows("a", "x").await.ends_with("is not a docker config"));
    assert_eq!(Home::new(&json!({})).knows("a", "x").await, "nothing");
}

#[cfg(unix)]
#[tokio::test]
async fn helpers_are_asked_for_their_registry() {
    let home = Home::new(&json!({
        "auths": { "in.example.com": auth("from:file"), "helped.example.com": auth("not:used") },
        "credsStore": "store",
        "credHelpers": { "helped.example.com": "special", "gcr.io": "absent" },
    }));
    let asks_stdin = r#"[ "$1" = get ] || exit 2; read server; "#;
    home.helper("store", &format!(r#"{asks_stdin} echo "{{\"Username\":\"store\",\"Secret\":\"$server\"}}""#));
    home.helper("special", &format!(r#"{asks_stdin} echo "{{\"Username\":\"<token>\",\"Secret\":\"$server\"}}""#));
    for (host, expected) in [
        ("helped.example.com", "token helped.example.com"),
        ("in.example.com", "from:file"),
        ("any.example.com", "store:any.example.com"),
        ("docker.io", "store:https://index.docker.io/v1/"),
        ("gcr.io", "error: cannot run the credential helper docker-credential-absent"),
    ] {
        assert_eq!(home.knows(host, "x").await, expected);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn helpers_that_do_not_behave_are_errors_that_hold_no_secret() {
    for (script, expected) in [
        ("echo credentials not found in native keychain; exit 1", "nothing"),
        ("echo hunter2; exit 1", "error: the credential helper docker-credential-x failed"),
        ("echo hunter2", "error: the credential helper docker-credential-x gave no valid answer"),
        (r#"echo '{"Username":"u"}'"#, "error: the credential helper docker-credential-x gave no valid answer"),
        ("yes hunter2", "error: the credential helper docker-credential-x gave no valid answer"),
    ] {
        let home = Home::new(&json!({ "credsStore": "x" }));
        home.helper("x", script);
        assert_eq!(home.knows("a", "x").await, expected, "{script}");
    }
    let home = Home::new(&json!({ "credHelpers": { "a": "../../bin/evil" } }));
    assert!(home.knows("a", "x").await.ends_with("is not the name of a credential helper"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_helper_that_hangs_is_stopped() {
    let home = Home::new(&json!({ "credsStore": "x" }));
    let pid = home.0.path().join("pid");
    home.helper("x", &format!("echo $$ > {}; exec sleep 600", pid.display()));
    let begun = Instant::now();
    let config = home.config().helper_time(Duration::from_millis(500));
    let error = shown(config.lookup("a", "x").await);
    assert_eq!(error, "error: the credential helper docker-credential-x gave no answer within 0.5 s");
    assert!(begun.elapsed() < Duration::from_secs(10));
    let process = PathBuf::from("/proc").join(fs::read_to_string(pid).unwrap().trim()).join("cmdline");
    while fs::read(&process).is_ok_and(|line| !line.is_empty()) {
        assert!(begun.elapsed() < Duration::from_secs(10), "the helper still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
