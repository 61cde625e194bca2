//! The meaning of the fields in a repository's inspection: the text of `manifesto help json`. A test compares it with
//! the output of `inspect --format json`.

use std::fmt::Write as _;

/// The fields of one part of the report, with their meanings.
struct Part {
    title: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

const PARTS: [Part; 6] = [
    Part {
        title: "The report",
        fields: &[
            ("schema", "dev.manifesto.inspect/v1; within v1 fields are only added"),
            ("exit_code", "how the command ends"),
            ("checked_at", "when it looked"),
            ("location", "the repository, as it was asked for"),
            ("warnings[].kind", "a stable word for what there is to know, such as renewal_due"),
            ("warnings[].message", "the same for people"),
        ],
    },
    Part {
        title: "On what it rests",
        fields: &[
            ("trust.repository", "the repository's name inside its signed metadata"),
            ("trust.pinned", "fingerprint of the root that was pinned"),
            ("trust.how", "pin, root_key, first_use, root_file, init or mirror"),
            ("trust.root_version", "version of the root that is in force"),
            ("metadata.timestamp.version", "counts every publication"),
            ("metadata.timestamp.created", "when it was signed that this is current"),
            ("metadata.timestamp.expires", "until when that holds"),
            ("metadata.snapshot.version", "counts every list of versions"),
            ("metadata.snapshot.created", "when that list was signed"),
            ("metadata.snapshot.expires", "until when it holds"),
            ("metadata.source", "registry or layout"),
        ],
    },
    Part {
        title: "What is there",
        fields: &[
            ("manifest", "digest of the manifest that lists everything"),
            ("manifest_size", "its bytes"),
            ("metadata_bytes", "bytes of signed metadata and indexes"),
            ("stored_bytes", "bytes of statements, kept earlier values included"),
            ("images", "how many images have statements"),
            ("statements", "how many statements there are"),
            ("roots[].version", "every root there was, the first in front"),
            ("roots[].digest", "its fingerprint"),
            ("roots[].size", "its bytes"),
        ],
    },
    Part {
        title: "Who publishes, and with which keys",
        fields: &[
            ("writers", "single, or several where publications may race"),
            ("publishers[].key.name", "who may renew and publish"),
            ("publishers[].key.keyid", "the id of their key"),
            ("publishers[].snapshot", "whether it signs which versions belong together"),
            ("publishers[].timestamp", "whether it signs that this is current"),
            ("keys[].name", "every key that speaks for a role, by the name people gave it"),
            ("keys[].keyid", "its id"),
            ("keys[].key_type", "its kind, such as ed25519"),
            ("keys[].roles[]", "the roles that it may sign for"),
        ],
    },
    Part {
        title: "Roles: root, targets, snapshot, timestamp, then each delegated role behind the one that delegates to it",
        fields: &[
            ("roles[].role", "its name"),
            ("roles[].delegated_by", "the role that says who signs for it; null for root"),
            ("roles[].version", "version of its document"),
            ("roles[].created", "when that was signed"),
            ("roles[].renew_from", "from when on it is renewed"),
            ("roles[].expires", "until when it holds"),
            ("roles[].threshold", "how many of its keys must sign"),
            ("roles[].keys[].name", "its people"),
            ("roles[].keys[].keyid", "the ids of their keys"),
            ("roles[].signed_by[].name", "which of them signed what is current"),
            ("roles[].signed_by[].keyid", "with which keys"),
            ("roles[].opening[]", "ids of keys that signed its first, empty document, and are gone"),
            ("roles[].types[]", "the types that are its alone"),
            ("roles[].tags[]", "the patterns of tags that it may sign"),
            ("roles[].patterns[]", "every pattern of paths that it may sign for"),
            ("roles[].terminating", "whether nobody behind it is asked about those paths"),
            ("roles[].statements", "how many statements it signs"),
            ("roles[].digest", "digest of its document"),
            ("roles[].size", "bytes of its document"),
        ],
    },
    Part {
        title: "Periods in days: from signing to expiry, and before expiry from when on it is renewed",
        fields: &[
            ("periods.root.expiry_days", "root"),
            ("periods.root.renewal_days", ""),
            ("periods.targets.expiry_days", "which role may say what"),
            ("periods.targets.renewal_days", ""),
            ("periods.delegated.expiry_days", "delegated roles, repository among them"),
            ("periods.delegated.renewal_days", ""),
            ("periods.snapshot.expiry_days", "which versions belong together"),
            ("periods.snapshot.renewal_days", ""),
            ("periods.timestamp.expiry_days", "that this is current"),
            ("periods.timestamp.renewal_days", ""),
        ],
    },
];

/// The page.
pub(crate) fn page() -> String {
    let mut page = "With --format json a command writes one object to standard output, and an error as one object,\n\
                    {\"error\":{\"exit_code\",\"kind\",\"message\",\"subject\",\"hint\"}}, to standard error. Times are\n\
                    RFC 3339 in UTC, digests name their algorithm, sizes are in bytes. Parts that several\n\
                    reports have are the same in each. What `manifesto inspect --format json` tells:\n"
        .to_owned();
    let width = PARTS.iter().flat_map(|part| part.fields).map(|(field, _)| field.len()).max().unwrap_or(0);
    for Part { title, fields } in &PARTS {
        let _infallible = write!(page, "\n{title}:\n\n");
        for (field, meaning) in *fields {
            let line = format!("  {field:<width$}  {meaning}");
            let _infallible = writeln!(page, "{}", line.trim_end());
        }
    }
    page
}
