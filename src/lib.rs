//! Riposte: a mock interviewer that asks the follow-up that an answer deserves.

pub mod core;
