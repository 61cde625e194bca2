//! The operations, over content and keys in memory.

mod delegation;
mod founding;
mod interop;
mod several;
mod single;
mod slow;
mod world;
