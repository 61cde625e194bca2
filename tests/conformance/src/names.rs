//! What things are called in URLs and in files (TUF specification, sections 5.1 and 6.2).
//!
//! The name of a role or a target can be any text. Encoded, it is one segment of a path and of no other meaning.

use manifesto_tuf::name::{Role, TopLevelRole};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What cannot stand in a segment of a URL's path (RFC 3986, section 3.3). Not every server decodes the rest.
const SEGMENT: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The file of root on this machine.
pub(crate) const ROOT: &str = "root.json";

/// A name as one segment of a path.
pub(crate) fn encode(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

/// The file of a role on this machine, without a version.
pub(crate) fn file(role: &Role) -> String {
    format!("{}.json", encode(role.as_str()))
}

/// Where a role's document is served. Timestamp has no version in its name, as nobody could know it; root always has
/// one; the others have it where snapshots are consistent.
pub(crate) fn metadata(base: &str, role: &Role, version: u64, consistent: bool) -> String {
    let versioned = match role {
        Role::TopLevel(TopLevelRole::Timestamp) => false,
        Role::TopLevel(TopLevelRole::Root) => true,
        Role::TopLevel(_) | Role::Delegated(_) => consistent,
    };
    let version = if versioned { format!("{version}.") } else { String::new() };
    format!("{}/{version}{}", base.trim_end_matches('/'), file(role))
}

/// Where a target is served: with its hash before the last segment of its path, where snapshots are consistent.
pub(crate) fn target(base: &str, path: &str, hash: Option<&str>) -> String {
    let (folder, name) = path.rsplit_once('/').map_or((None, path), |(folder, name)| (Some(folder), name));
    let mut url = base.trim_end_matches('/').to_owned();
    for segment in folder.into_iter().flat_map(|folder| folder.split('/')) {
        url.push('/');
        url.extend(utf8_percent_encode(segment, SEGMENT));
    }
    let hash = hash.map(|hash| format!("{hash}.")).unwrap_or_default();
    format!("{url}/{hash}{}", utf8_percent_encode(name, SEGMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_segment() {
        assert_eq!(encode("../x"), "..%2Fx");
        assert_eq!(encode("a b?#%"), "a%20b%3F%23%25");
        assert_eq!(encode("ü-._~"), "%C3%BC-._~");
    }

    #[test]
    fn versions_stand_where_the_specification_puts_them() {
        let url = |role: TopLevelRole, consistent| metadata("http://host/m/", &role.into(), 7, consistent);
        assert_eq!(url(TopLevelRole::Root, false), "http://host/m/7.root.json");
        assert_eq!(url(TopLevelRole::Timestamp, true), "http://host/m/timestamp.json");
        assert_eq!(url(TopLevelRole::Snapshot, true), "http://host/m/7.snapshot.json");
        assert_eq!(url(TopLevelRole::Snapshot, false), "http://host/m/snapshot.json");
    }

    #[test]
    fn the_hash_stands_before_the_last_segment() {
        assert_eq!(target("http://host/t", "a b/c.txt", Some("00ff")), "http://host/t/a%20b/00ff.c.txt");
        assert_eq!(target("http://host/t/", "c.txt", None), "http://host/t/c.txt");
        assert_eq!(target("http://host/t/", "@a/b+c?#", None), "http://host/t/@a/b+c%3F%23");
    }
}
