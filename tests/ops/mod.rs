//! The operations, over content and keys in memory.

mod adopt;
mod attacks;
mod clocks;
mod clocks_of_writers;
mod delegation;
#[cfg(feature = "servers")]
mod expired_authority;
mod init_interrupted;
mod interop;
mod interrupted;
mod joined;
mod neighbours;
mod nested;
mod open;
mod overwritten;
mod publish;
mod recover;
mod recover_together;
mod remembered;
mod revocation;
mod rivals;
mod rotation;
mod several;
mod signed_tags;
mod single;
mod theft;
mod together;
mod together_attacks;
mod upkeep;
