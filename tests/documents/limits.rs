//! The bounds that the manual tells are those that the tool runs with.

use manifesto::limits::Limits;

use super::document;

/// A number as the pages write it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let (first, rest) = digits.split_at(head);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let all: Vec<String> = std::iter::once(first.to_owned()).filter(|first| !first.is_empty()).chain(groups).collect();
    all.join(",")
}

fn mebibytes(bytes: u64) -> String {
    assert_eq!(bytes % (1 << 20), 0);
    format!("{} MiB", bytes >> 20)
}

#[test]
fn the_format_tells_the_bounds() {
    let it = Limits::DEFAULT;
    let documents = [it.manifest_bytes, it.root_bytes, it.timestamp_bytes, it.snapshot_bytes].map(mebibytes).join("; ");
    let rows = [
        documents,
        [it.targets_bytes, it.index_bytes].map(mebibytes).join("; "),
        format!("{}, {} JSON values", mebibytes(it.documents_bytes), grouped(it.documents_values)),
        grouped(it.layers as u64),
        grouped(it.statements_per_role as u64),
        [it.delegations_listed, it.keys, it.signatures].map(|count| grouped(count as u64)).join("; "),
        [it.root_rotations.into(), it.delegations_visited as u64].map(grouped).join("; "),
        format!(
            "{}; {}; {}, of {} together",
            mebibytes(it.proposal_bytes),
            grouped(it.proposal_documents),
            it.proposals_per_signer,
            mebibytes(it.proposals_bytes)
        ),
    ];
    let page = document("src/manual/format.md");
    let table = page.split_once("\n## Limits\n").unwrap().1.lines().filter(|line| line.starts_with('|')).skip(2);
    let told: Vec<&str> = table.map(|row| row.trim_end_matches(" |").rsplit("| ").next().unwrap()).collect();
    assert_eq!(told, rows);
}

#[test]
fn the_protocol_tells_its_rounds() {
    let page = document("src/manual/protocol.md");
    assert!(page.contains(&format!("rounds, at most {}", Limits::DEFAULT.publish_rounds)));
}
