//! One integration binary: everything from outside, through the library or the program itself.

mod bank;
mod drill;
mod kill;
mod program;
mod store;
mod support;
mod tidy;
