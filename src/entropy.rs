//! The only source of chance.

/// A fresh seed.
#[expect(clippy::disallowed_methods, reason = "this is the one home of entropy")]
pub fn seed() -> u64 {
    rand::random()
}
