//! The evidence for an answer, for `--verify`.

use std::io;

use manifesto::{
    report::{AboutImage, Image, Pinned, Statement},
    time::Since,
};

use super::{
    Streams,
    line::{ago, columns, day, expired, names},
};

/// Writes the evidence for `statements` to standard error.
pub(super) fn write(
    streams: &mut Streams<'_>,
    AboutImage { image, trust, metadata, .. }: &AboutImage,
    statements: &[Statement],
) -> io::Result<()> {
    let now = streams.now;
    writeln!(streams.person, "Verified for {}:", image.reference)?;
    let mut rows = Vec::new();
    for statement in statements {
        let expiry = match statement.expires {
            Some(time) if statement.expired => format!("; {}", expired(time, now)),
            Some(time) => format!("; expires {}", day(time, now)),
            None => String::new(),
        };
        let said = format!("by {}, {}{expiry}", signed_by(statement), ago(statement.created, now));
        // The quotes keep a type from looking like one of the lines below.
        rows.push([format!("'{}'", statement.statement_type), said]);
    }
    let signed = match metadata.timestamp.created.map(|time| Since::new(time, now)) {
        Some(ago @ Since::Ago(_)) => format!("as of {ago}; "),
        Some(future @ Since::Future(_)) => format!("{future}; "),
        None => String::new(),
    };
    rows.push(["current".to_owned(), format!("{signed}good until {}", day(metadata.timestamp.expires, now))]);
    rows.push(["image".to_owned(), chosen_by(image)]);
    let fingerprint = trust.pinned.short();
    rows.push([
        "trust".to_owned(),
        format!("{}: {} sha256:{fingerprint}…, now root {}", trust.repository, how(trust.how), trust.root_version),
    ]);
    columns(streams.person, "  ", &rows)
}

/// The signers, and the threshold if it is above one.
fn signed_by(statement: &Statement) -> String {
    let (names, threshold) = (names(&statement.signers), statement.threshold);
    if threshold > 1 {
        format!("{names} ({} of {threshold} for {})", statement.signers.len(), statement.role)
    } else {
        format!("{names} for {}", statement.role)
    }
}

/// How the digest of the image was chosen.
fn chosen_by(image: &Image) -> String {
    if image.asked.raw().contains('@') {
        match image.tag_signed_by.as_slice() {
            [] => "named by its digest".to_owned(),
            signers => format!("named by its digest, and by a tag that {} signed", names(signers)),
        }
    } else if image.tag_signed_by.is_empty() {
        format!("{} as the registry reports: its tag is not signed", image.asked)
    } else {
        format!("{} by a tag that {} signed", image.asked, names(&image.tag_signed_by))
    }
}

/// How this machine came to trust a root.
pub(super) fn how(how: Pinned) -> &'static str {
    match how {
        Pinned::Pin => "pinned",
        Pinned::RootKey => "signed by a trusted root key",
        Pinned::FirstUse => "trusted on first use",
        Pinned::RootFile => "given by --root",
        Pinned::Init => "made here",
        Pinned::Mirror => "pinned for the repository it mirrors",
    }
}
