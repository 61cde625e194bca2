//! The operations, over content and keys in memory.

mod several;
mod single;
mod world;
