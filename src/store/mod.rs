//! Where TUF metadata lives: what a registry or a trust server serves of it, and what this machine remembers.

pub mod state;
