//! The operations, over content and keys in memory.

mod attacks;
mod founding;
mod interrupted;
mod open;
mod publish;
mod scripted;
mod several;
mod single;
mod slow;
mod world;
