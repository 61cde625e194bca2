//! The operations, over content and keys in memory.

pub(crate) mod founding;
mod several;
mod single;
mod slow;
pub(crate) mod world;
