//! One integration binary: everything from outside, through the library or the program itself.
#![expect(clippy::unwrap_used, reason = "a test that meets an error is to fail right there")]

mod bank;
mod calendar;
mod chart;
mod dailies;
mod discord;
mod drill;
mod encoder;
mod fake;
mod grading;
mod kill;
mod personal;
mod platforms;
mod program;
mod round;
mod rounds;
mod scripts;
mod slack;
mod store;
mod support;
mod tidy;
mod vectors;
