//! The pure core: no clock, no I/O, no randomness of its own, no async, no logging.

pub mod bank;
pub mod grading;
