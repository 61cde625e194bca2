//! Where TUF metadata lives: the artifact that a registry or a layout keeps of it, and what this machine remembers.

pub mod artifact;
pub mod state;
