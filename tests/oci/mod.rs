//! Content without TUF: what every implementation of `Content` promises, and how the registry client meets servers
//! that misbehave.

mod auth;
mod clock;
mod contract;
mod credentials;
mod docker_registry;
mod faults;
mod layout;
mod redirects;
mod scripted;
mod servers;
mod tls;
