//! The operations, over content and keys in memory.

mod adopt;
mod attacks;
mod clocks;
pub(crate) mod delegation;
pub(crate) mod founding;
#[cfg(feature = "servers")]
mod interop;
mod interrupted;
pub(crate) mod joined;
mod neighbours;
mod nested;
mod open;
mod overwritten;
mod publish;
mod recover;
mod remembered;
mod revocation;
mod rivals;
mod rotation;
mod scripted;
mod several;
mod signed_tags;
mod single;
mod slow;
pub(crate) mod theft;
mod together;
mod together_attacks;
mod upkeep;
pub(crate) mod world;
