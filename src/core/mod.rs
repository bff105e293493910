//! The pure core: no clock, no I/O, no randomness of its own, no async, no logging.
//!
//! Everything here is a function of its arguments. What it needs of the world (the time, a seed, a text)
//! comes in as a value, and what should happen goes out as a value.

pub mod bank;
pub mod calendar;
pub mod card;
pub mod chart;
pub mod choose;
pub mod daily;
pub mod grading;
pub mod interview;
pub mod progress;
pub mod quota;
pub mod reading;
pub mod recall;
pub mod round;
pub mod say;
pub mod whereabouts;
