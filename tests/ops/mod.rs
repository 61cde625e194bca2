//! The operations, over content and keys in memory.

mod attacks;
pub(crate) mod founding;
mod interrupted;
mod open;
mod publish;
mod scripted;
mod several;
mod single;
mod slow;
pub(crate) mod world;
