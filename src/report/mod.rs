//! Reports: what an operation found or did. There is one struct per verb, rendered as text or as JSON.
//!
//! The structs are the JSON output of the command line. Within `/v1`, fields are only added. Times are RFC 3339 in UTC,
//! digests name their algorithm, and sizes are in bytes. Text from a registry or a document is a [`Text`], which is
//! escaped when displayed.

mod authority;
#[cfg(feature = "cli")]
mod doctor;
mod error;
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
pub use upkeep::{Damaged, Refresh, RefreshOf, Renewal, RoleState, State, Status, StatusOf, Upkeep, Waiting};

use serde::Serialize;

/// The report of one verb.
pub trait Report: Serialize {
    /// The verb and the version of the struct's shape, such as `dev.manifesto.put/v1`.
    const SCHEMA: &'static str;

    /// Warnings for the user, although the operation succeeded.
    fn warnings(&self) -> &[Warning];
}

/// A report with the fields that precede every report.
#[derive(Debug, Serialize)]
pub struct Envelope<'a, R> {
    schema: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    report: &'a R,
}

impl<'a, R: Report> Envelope<'a, R> {
    /// Wraps `report`, whose process ends with `exit_code`.
    pub fn new(report: &'a R, exit_code: u8) -> Self {
        Self { schema: R::SCHEMA, exit_code, report }
    }
}

/// Implements [`Report`] for a struct with a field `warnings`.
macro_rules! report {
    ($name:ty, $verb:literal) => {
        impl crate::report::Report for $name {
            const SCHEMA: &'static str = concat!("dev.manifesto.", $verb, "/v1");

            fn warnings(&self) -> &[crate::report::Warning] {
                &self.warnings
            }
        }
    };
}
use report;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_begins_with_its_schema_and_exit_code() {
        let report = TrustForget { repository: "ghcr.io/acme/app".into(), forgotten: false, warnings: Vec::new() };
        assert_eq!(
            serde_json::to_string(&Envelope::new(&report, 0)).unwrap(),
            r#"{"schema":"dev.manifesto.trust-forget/v1","exit_code":0,"repository":"ghcr.io/acme/app","forgotten":false,"warnings":[]}"#
        );
    }
}
