//! Signed metadata about container images, kept in the image's own registry repository.
pub mod index;
pub mod limits;
pub mod name;
pub mod oci;
pub mod ops;
pub mod progress;
pub mod report;
pub mod store;
pub mod time;
pub mod trust;
