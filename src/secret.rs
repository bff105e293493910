//! A text that is never printed, written or logged.

use serde::{Deserialize, Serialize, Serializer};

/// A token or password. It has no `Display`, and neither `Debug` nor `Serialize` show it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret. White space around it is none of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(if self.is_empty() { "no secret" } else { "a secret" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn s7_a_secret_cannot_be_printed() {
        let secret = Secret::new(" canary\n");
        assert_eq!(secret.reveal(), "canary");
        assert_eq!(format!("{secret:?}"), "a secret");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"\"");
    }
}
