//! What the tests share: a clock that stands still, a channel that records, and a grader whose verdicts
//! stand in the answer itself, so that a transcript shows both sides of every decision.

pub(crate) mod bot;
pub(crate) mod channel;
pub(crate) mod discord;
pub(crate) mod errors;
pub(crate) mod grader;
pub(crate) mod play;
pub(crate) mod slack;

use std::path::{Path, PathBuf};

/// The folder of fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
