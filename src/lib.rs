//! Riposte: a mock interviewer that asks the follow-up that an answer deserves.

pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod core;
pub mod engine;
pub mod entropy;
pub mod library;
pub mod secret;
pub mod store;
pub mod vectors;
