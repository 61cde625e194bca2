//! Content without TUF: what every implementation of `Content` promises, and how the registry client meets servers
//! that misbehave.

mod auth;
mod clock;
mod contract;
mod credentials;
#[cfg(feature = "servers")]
mod debian;
#[cfg(feature = "servers")]
mod docker_registry;
mod faults;
mod layout;
mod redirects;
mod scripted;
mod servers;
#[cfg(feature = "servers")]
mod skopeo;
#[cfg(feature = "servers")]
mod tls;
