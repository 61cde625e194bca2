//! What an operation found or did: one struct per verb, rendered as text or as JSON.
//!
//! The structs are the JSON of the command line: within `/v1` fields are only ever added. Times are RFC 3339 in UTC,
//! digests name their algorithm, sizes are in bytes. Whatever a registry or a document had a say in is a [`Text`],
//! which cannot be shown without being escaped.

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
mod recover;
#[cfg(feature = "publish")]
mod rotation;
mod statements;
mod text;
#[cfg(feature = "publish")]
mod together;
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
pub use recover::{LostStatement, Recover};
#[cfg(feature = "publish")]
pub use rotation::{BegunRole, KeyRevoke, KeyRotate, ReplacedKey, RevokedKey};
pub use statements::{Change, Delete, Get, ImageStatements, List, ListAll, Put, Written};
pub use text::Text;
#[cfg(feature = "publish")]
pub use together::{
    Difference, FieldDifference, Pending, Proposal, ProposalState, Proposed, Review, RootEdit, Said, Signatures,
    StatementDifference,
};
pub use trust::{Pin, PinOrigin, TrustExport, TrustForget, TrustList, TrustPin};
pub use upkeep::{Damaged, Refresh, RefreshOf, Renewal, RoleState, State, Status, StatusOf, Upkeep, Waiting};

use serde::Serialize;

/// A report of one verb.
pub trait Report: Serialize {
    /// The verb and the version of the struct's shape, such as `dev.manifesto.put/v1`.
    const SCHEMA: &'static str;

    /// What a person should know although the operation went well.
    fn warnings(&self) -> &[Warning];
}

/// A report with the fields that stand in front of every one of them.
#[derive(Debug, Serialize)]
pub struct Envelope<'a, R> {
    schema: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    report: &'a R,
}

impl<'a, R: Report> Envelope<'a, R> {
    /// Wraps `report`, which ends the process with `exit_code`.
    pub fn new(report: &'a R, exit_code: u8) -> Self {
        Self { schema: R::SCHEMA, exit_code, report }
    }
}

/// Names a report's schema, and where its warnings are.
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
