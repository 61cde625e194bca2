//! Reports: what an operation found or did. Each verb has a struct, the body of its [`Report`], which is rendered as
//! text or as JSON.
//!
//! The reports are the JSON output of the command line. Within `/v1`, fields are only added. Times are RFC 3339 in UTC,
//! digests name their algorithm, and sizes are in bytes. Text from a registry or a document is a [`Text`], which is
//! escaped when displayed. A struct may have the name of what it shows: [`Statement`] is the JSON of a
//! [`trust::Statement`](crate::trust::Statement).

mod authority;
#[cfg(feature = "cli")]
mod doctor;
mod error;
mod head;
#[cfg(feature = "publish")]
mod init;
mod inspect;
#[cfg(feature = "publish")]
mod keys;
mod parts;
#[cfg(feature = "publish")]
mod proposal;
#[cfg(feature = "publish")]
mod recover;
#[cfg(feature = "publish")]
mod rotation;
mod statements;
mod text;
mod trust;
mod upkeep;

pub use authority::{
    Delegated, DelegationAdd, DelegationList, DelegationRemove, ImageTypes, LastWritten, PublisherKey, Publishers,
};
#[cfg(feature = "cli")]
pub use doctor::{Check, Doctor, Finding};
pub use error::{ErrorObject, ErrorReport};
pub use head::{AboutImage, AboutRepository, Checked};
#[cfg(feature = "publish")]
pub use init::Init;
pub use inspect::{Inspect, KeyOf, PeriodOf, Periods, RoleReport, RootVersion};
#[cfg(feature = "publish")]
pub use keys::{Key, KeyBackup, KeyExport, KeyGenerate, KeyImport, KeyList, KeyPasswd, KeyRemove, KeyRestore, KeyShow};
pub use parts::{Image, Metadata, Pinned, RoleDates, Signer, Source, Statement, Trust, Warning};
#[cfg(feature = "publish")]
pub use proposal::{
    Difference, FieldDifference, Pending, Proposal, ProposalState, Proposed, Review, RootEdit, Signatures,
    StatementDifference, StatementRevision,
};
#[cfg(feature = "publish")]
pub use recover::{LostStatement, MissingRole, Recover};
#[cfg(feature = "publish")]
pub use rotation::{BegunRole, KeyRevoke, KeyRotate, ReplacedKey, RevokedKey};
pub use statements::{Change, Delete, Get, ImageStatements, List, ListAll, Put, Written};
pub use text::Text;
pub use trust::{Pin, PinOrigin, TrustExport, TrustForget, TrustList, TrustPin};
pub use upkeep::{Damaged, Refresh, Renewal, RoleState, State, Status, Upkeep, UpkeepOf, Waiting};

use std::{
    fmt::Debug,
    ops::{Deref, DerefMut},
};

use serde::Serialize;

/// The report of one verb. Its fields are those of its head, then those of its body, then the warnings.
///
/// It derefs to its body, which is what the verb was called for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report<B: Schema> {
    /// When the operation was decided, what it was about, and why that is trusted.
    #[serde(flatten)]
    pub head: B::Head,
    /// What the operation found or did.
    #[serde(flatten)]
    pub body: B,
    /// Warnings for the user, although the operation succeeded.
    pub warnings: Vec<Warning>,
}

impl<B: Schema> Report<B> {
    /// Makes a report, so far without warnings.
    pub fn new(head: B::Head, body: B) -> Self {
        Self { head, body, warnings: Vec::new() }
    }
}

impl<B: Schema> Deref for Report<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.body
    }
}

impl<B: Schema> DerefMut for Report<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.body
    }
}

/// A report without a head and, so far, without warnings.
impl<B: Schema<Head = ()>> From<B> for Report<B> {
    fn from(body: B) -> Self {
        Self::new((), body)
    }
}

/// The body of a report.
pub trait Schema: Serialize {
    /// The verb and the version of the report's shape, such as `dev.manifesto.put/v1`.
    const SCHEMA: &'static str;

    /// The head of the report: [`AboutImage`], [`AboutRepository`], [`Checked`], or nothing.
    type Head: Debug + Serialize;
}

/// A report with the fields that precede every report.
#[derive(Debug, Serialize)]
pub struct Envelope<'a, B: Schema> {
    schema: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    report: &'a Report<B>,
}

impl<'a, B: Schema> Envelope<'a, B> {
    /// Wraps `report`, whose process ends with `exit_code`.
    pub fn new(report: &'a Report<B>, exit_code: u8) -> Self {
        Self { schema: B::SCHEMA, exit_code, report }
    }
}

/// Implements [`Schema`] for the body of a report.
macro_rules! report {
    ($body:ty, $verb:literal) => {
        crate::report::report!($body, $verb, ());
    };
    ($body:ty, $verb:literal, $head:ty) => {
        impl crate::report::Schema for $body {
            const SCHEMA: &'static str = concat!("dev.manifesto.", $verb, "/v1");

            type Head = $head;
        }
    };
}
use report;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{name::Digest, time::Timestamp};

    #[test]
    fn every_report_begins_with_its_schema_and_exit_code() {
        let report = Report::from(TrustForget { repository: "ghcr.io/acme/app".into(), forgotten: false });
        assert_eq!(
            serde_json::to_string(&Envelope::new(&report, 0)).unwrap(),
            r#"{"schema":"dev.manifesto.trust-forget/v1","exit_code":0,"repository":"ghcr.io/acme/app","forgotten":false,"warnings":[]}"#
        );
    }

    #[test]
    fn the_head_precedes_the_body_and_the_warnings_follow_it() {
        let trust = Trust { repository: "acme/app".into(), pinned: Digest::of(b""), how: Pinned::Pin, root_version: 1 };
        let head = AboutRepository { checked_at: Timestamp::UNIX_EPOCH, repository: "oci:app".into(), trust };
        let json = serde_json::to_string(&Report::new(head, DelegationList { roles: Vec::new() })).unwrap();
        let places = [r#""checked_at""#, r#""repository":"oci:app""#, r#""trust""#, r#""roles""#, r#""warnings""#]
            .map(|field| json.find(field).unwrap());
        assert!(places.is_sorted(), "{json}");
    }
}
