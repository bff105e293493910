//! The fake Discord is itself tested: what it refuses, what it breaks, and what people see of it.

mod client;
mod conversation;
mod faults;
mod gateway;
mod interactions;
mod rules;
mod state;
mod through_serenity;
