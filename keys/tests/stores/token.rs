//! A PKCS#11 token: SoftHSM.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use manifesto_keys::{
    Algorithm, KeyRecord, KeyStore, NewKey, StoreError, dev,
    store::{TokenError, TokenStore},
};

use crate::{
    Knows, Nobody,
    contract::{self, signs_only},
    record,
    softhsm::{PIN, SoftHsm, uri},
};

const INSIDE: &str = "MANIFESTO_TEST_TOKEN";
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs `body` in a process that finds one token, `acme`; `test` is the full name of the calling test. The variable that
/// says where the tokens are is read when the module is loaded.
fn within(test: &str, body: impl FnOnce(&SoftHsmHome)) {
    if let Some(home) = std::env::var_os(INSIDE) {
        return body(&SoftHsmHome(home.into()));
    }
    let hsm = SoftHsm::with_token("acme");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, hsm.tokens())
        .env("SOFTHSM2_CONF", hsm.conf())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "with its token:\n{out}\n{err}");
}

struct SoftHsmHome(std::path::PathBuf);

fn store() -> TokenStore {
    TokenStore::new(&uri("acme").parse().unwrap(), Knows::new(PIN), DEADLINE)
}

fn stays(store: &dyn KeyStore, record: &KeyRecord) {
    signs_only(store, record);
    let exported = store.export(&record.key_id()).map(drop);
    assert!(matches!(exported, Err(StoreError::NeverLeaves { key_id, .. }) if key_id == record.key_id()));
}

#[test]
fn keeps_the_contract() {
    within("token::keeps_the_contract", |_| contract::check(&store(), stays));
}
