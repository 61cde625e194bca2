//! The operations, over content and keys in memory.

mod delegation;
mod founding;
mod several;
mod single;
mod slow;
mod world;
