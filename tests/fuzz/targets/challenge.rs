//! What a registry asks for: the header `WWW-Authenticate`, and the address of a token server in it.

use manifesto::oci::registry::internals::{challenge, token_server};

/// Each line is one header. Credentials go to the host that is named, over TLS, and to no address that holds some.
pub(crate) fn run(data: &[u8]) -> bool {
    match challenge(data.split(|byte| *byte == b'\n')) {
        Err(offered) => {
            assert!(offered.chars().all(|c| !c.is_control()), "{offered:?}");
            false
        }
        Ok(None) => {
            assert!(data.to_ascii_lowercase().windows(5).any(|word| word == b"basic"));
            true
        }
        Ok(Some((realm, service))) => {
            assert!(realm.len() <= 4096 && service.is_none_or(|service| service.len() <= 4096));
            if token_server(realm.clone()).is_ok() {
                let address = realm.trim_start_matches(|c: char| c <= ' ').to_ascii_lowercase();
                let address: String = address.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
                assert!(address.starts_with("https:"), "{realm:?}");
                let end = |c| matches!(c, '/' | '\\' | '?' | '#');
                let authority = address["https:".len()..].trim_start_matches(['/', '\\']);
                let authority = authority.split(end).next().unwrap();
                assert!(!authority.trim_start_matches(['@', ':']).contains('@'), "{realm:?}");
            }
            true
        }
    }
}
