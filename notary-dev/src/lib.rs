//! The development environment of `manifesto`: registries, a keyring and faults, on the loopback interface only.
//!
//! Everything here is started by a function, lives as long as the value that the function returns, and is gone when
//! that value is dropped. No part needs an async runtime around it: servers run on threads of their own, so tests of
//! a command line and tests of async code use them alike.
//!
//! | module | what it stands in for |
//! |---|---|
//! | [`embedded`] | a registry that needs nothing installed |
//! | [`debian`] | the registry that Debian ships, as a real server: Basic, Bearer, TLS, read-only |
//! | [`token`] | the token server behind a Bearer challenge |
//! | [`keyring`] | a user's session: D-Bus and an unlocked, locked or hanging gnome-keyring |
//! | [`proxy`] | a network and a registry that misbehave, and a meter for requests and round trips |
//! | [`fixtures`] | the images and statements under `fixtures/`, and how they were made |
//! | [`push`] | a plain client that puts a fixture image into a registry |
//! | [`mod@bench`] | requests, round trips and times of the real binary, next to a peer |
//! | [`demo`] | the main job and the attacks on it, with the real binary |

mod background;
pub mod bench;
mod child;
pub mod client;
pub mod debian;
pub mod demo;
pub mod embedded;
mod error;
pub mod fixtures;
pub mod keyring;
mod machine;
pub mod proxy;
pub mod push;
pub mod token;

pub use error::LaunchError;
pub use machine::MachineError;
