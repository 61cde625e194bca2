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
            ("checked_at", "when the repository was read"),
            ("location", "the repository, as the user named it"),
            ("warnings[].kind", "a stable name of the warning, such as renewal_due"),
            ("warnings[].message", "its text for people"),
        ],
    },
    Part {
        title: "Trust",
        fields: &[
            ("trust.repository", "the repository's name inside its signed metadata"),
            ("trust.pinned", "fingerprint of the root that was pinned"),
            ("trust.how", "pin, root_key, first_use, root_file, init or mirror"),
            ("trust.root_version", "version of the current root"),
            ("metadata.timestamp.version", "version of timestamp, which every publication raises"),
            ("metadata.timestamp.created", "when timestamp was signed"),
            ("metadata.timestamp.expires", "when timestamp expires"),
            (
                "metadata.snapshot.version",
                "version of snapshot, which lists the current version of every role's document",
            ),
            ("metadata.snapshot.created", "when snapshot was signed"),
            ("metadata.snapshot.expires", "when snapshot expires"),
            ("metadata.source", "registry or layout"),
        ],
    },
    Part {
        title: "Content",
        fields: &[
            ("manifest", "digest of the manifest that lists everything"),
            ("manifest_size", "its size"),
            ("metadata_bytes", "bytes of signed metadata and indexes"),
            ("stored_bytes", "bytes of statements, including former values"),
            ("images", "how many images have statements"),
            ("statements", "how many statements there are"),
            ("roots[].version", "every root, oldest first"),
            ("roots[].digest", "its fingerprint"),
            ("roots[].size", "its size"),
        ],
    },
    Part {
        title: "Publishers and keys",
        fields: &[
            ("writers", "single, or several if publications may race"),
            ("publishers[].key.name", "who may renew and publish"),
            ("publishers[].key.keyid", "the id of their key"),
            ("publishers[].snapshot", "whether it signs snapshot"),
            ("publishers[].timestamp", "whether it signs timestamp"),
            ("keys[].name", "the name of each key of a role"),
            ("keys[].keyid", "its id"),
            ("keys[].key_type", "its type, such as ed25519"),
            ("keys[].roles[]", "the roles that it may sign for"),
        ],
    },
    Part {
        title: "Roles: root, targets, snapshot, timestamp, then each delegated role after the one that delegates to it",
        fields: &[
            ("roles[].role", "its name"),
            ("roles[].delegated_by", "the role that delegates to it; null for root"),
            ("roles[].version", "version of its document"),
            ("roles[].created", "when that was signed"),
            ("roles[].renew_from", "when it may be renewed"),
            ("roles[].expires", "when it expires"),
            ("roles[].threshold", "how many of its keys must sign"),
            ("roles[].keys[].name", "the names of its keys"),
            ("roles[].keys[].keyid", "the ids of its keys"),
            ("roles[].signed_by[].name", "the names of those that signed its current document"),
            ("roles[].signed_by[].keyid", "their ids"),
            ("roles[].opening[]", "ids of bootstrap keys, which signed its first, empty document and no longer exist"),
            ("roles[].types[]", "the types that only it may sign"),
            ("roles[].tags[]", "the patterns of tags that it may sign"),
            ("roles[].patterns[]", "every pattern of paths that it may sign for"),
            ("roles[].terminating", "whether the search for those paths ends with it"),
            ("roles[].statements", "how many statements it signs"),
            ("roles[].digest", "digest of its document"),
            ("roles[].size", "bytes of its document"),
        ],
    },
    Part {
        title: "Periods in days: from signing to expiry, and from the first renewal to expiry",
        fields: &[
            ("periods.root.expiry_days", "root"),
            ("periods.root.renewal_days", ""),
            ("periods.targets.expiry_days", "top-level targets"),
            ("periods.targets.renewal_days", ""),
            ("periods.delegated.expiry_days", "delegated roles, including repository"),
            ("periods.delegated.renewal_days", ""),
            ("periods.snapshot.expiry_days", "snapshot"),
            ("periods.snapshot.renewal_days", ""),
            ("periods.timestamp.expiry_days", "timestamp"),
            ("periods.timestamp.renewal_days", ""),
        ],
    },
];

/// The page.
pub(crate) fn page() -> String {
    let mut page = "With --format json a command writes one object to standard output, and an error as one object,\n\
                    {\"error\":{\"exit_code\",\"kind\",\"message\",\"subject\",\"hint\"}}, to standard error. Times are\n\
                    RFC 3339 in UTC, digests name their algorithm, sizes are in bytes. Parts that several\n\
                    reports have are the same in each. The fields of `manifesto inspect --format json`:\n"
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
