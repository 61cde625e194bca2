//! Several writers.
