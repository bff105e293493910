//! What Discord refuses, and with which words: lengths, counts, fields that must or must not be there.
//!
//! A field that is not in Discord's documents is refused too, which the real one does not do: it would
//! ignore the field, and the bot would never know. An explicit null counts as absent; whether a null is
//! allowed at all is the contract's business.

pub(crate) mod commands;
pub(crate) mod components;
pub(crate) mod messages;

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::rest::Fail;

/// Everything that is wrong with a body.
#[derive(Default)]
pub(crate) struct Problems {
    found: Vec<(String, &'static str, String)>,
}

/// An object of a request, and where in it.
#[derive(Clone)]
pub(crate) struct Part<'a> {
    pub(crate) at: String,
    pub(crate) value: &'a Value,
}

impl Problems {
    pub(crate) fn add(&mut self, at: &str, code: &'static str, message: impl Into<String>) {
        self.found.push((at.to_owned(), code, message.into()));
    }

    /// Nothing, or "Invalid Form Body" with every problem at its place.
    pub(crate) fn finish(self) -> Result<(), Fail> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut errors = json!({});
        for (at, code, message) in self.found {
            let mut here = &mut errors;
            for step in at.split('.').filter(|step| !step.is_empty()) {
                here = here.as_object_mut().unwrap().entry(step).or_insert_with(|| json!({}));
            }
            let list = here.as_object_mut().unwrap().entry("_errors").or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!({"code": code, "message": message}));
        }
        Err(Fail { status: 400, code: 50035, message: "Invalid Form Body".to_owned(), errors: Some(errors) })
    }
}

impl<'a> Part<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { at: String::new(), value }
    }

    /// A field that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<Part<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Part { at: self.place(key), value })
    }

    pub(crate) fn place(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    /// The elements of a list field; a problem if it is no list or too long.
    pub(crate) fn list(
        &self,
        key: &str,
        count: RangeInclusive<usize>,
        problems: &mut Problems,
    ) -> Vec<Part<'a>> {
        let Some(field) = self.get(key) else { return Vec::new() };
        let Some(list) = field.value.as_array() else {
            problems.add(&field.at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
            return Vec::new();
        };
        if !count.contains(&list.len()) {
            let (low, high) = (count.start(), count.end());
            let message = format!("Must be between {low} and {high} in length.");
            problems.add(&field.at, "BASE_TYPE_BAD_LENGTH", message);
        }
        let parts = list.iter().enumerate();
        parts.map(|(place, value)| Part { at: format!("{}.{place}", field.at), value }).collect()
    }

    /// A text field, its length counted in characters.
    pub(crate) fn text(
        &self,
        key: &str,
        length: RangeInclusive<usize>,
        problems: &mut Problems,
    ) -> Option<&'a str> {
        let field = self.get(key)?;
        let Some(text) = field.value.as_str() else {
            problems.add(&field.at, "BASE_TYPE_CONVERT", "Could not interpret value as string.");
            return None;
        };
        let chars = text.chars().count();
        if chars < *length.start() && chars == 0 {
            problems.add(&field.at, "BASE_TYPE_REQUIRED", "This field is required");
        } else if chars < *length.start() {
            let message = format!("Must be {} or more in length.", length.start());
            problems.add(&field.at, "BASE_TYPE_MIN_LENGTH", message);
        } else if chars > *length.end() {
            let message = format!("Must be {} or fewer in length.", length.end());
            problems.add(&field.at, "BASE_TYPE_MAX_LENGTH", message);
        }
        Some(text)
    }

    /// A text field that has to be there.
    pub(crate) fn required_text(
        &self,
        key: &str,
        length: RangeInclusive<usize>,
        problems: &mut Problems,
    ) -> Option<&'a str> {
        if self.get(key).is_none() {
            problems.add(&self.place(key), "BASE_TYPE_REQUIRED", "This field is required");
        }
        self.text(key, length, problems)
    }

    /// A whole number in a range.
    pub(crate) fn number(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        problems: &mut Problems,
    ) -> Option<u64> {
        let field = self.get(key)?;
        let number = field.value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("Value must be one of {{{}..{}}}.", range.start(), range.end());
            problems.add(&field.at, "BASE_TYPE_CHOICES", message);
        }
        number
    }

    pub(crate) fn boolean(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let field = self.get(key)?;
        let value = field.value.as_bool();
        if value.is_none() {
            problems.add(&field.at, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
        }
        value
    }

    /// The object itself, with no fields but these.
    pub(crate) fn only(&self, keys: &[&str], problems: &mut Problems) -> Option<&'a Map<String, Value>> {
        let Some(object) = self.value.as_object() else {
            let message = "Only dictionaries may be used in a DictType";
            problems.add(&self.at, "DICT_TYPE_CONVERT", message);
            return None;
        };
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            problems.add(&self.place(key), "UNKNOWN_FIELD", "This field is not in Discord's documents.");
        }
        Some(object)
    }
}
