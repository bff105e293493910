//! Holds requests against Discord's own description of its interface, where that is at hand.
//!
//! The description is a large file that is not part of the project; without it nothing is checked here,
//! and `rules` alone are strict. Compiled schemas are kept for all tests of the run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// Beside the project, where the papers are.
const FILE: &str = "../shared/contracts/discord-openapi.json";
const URI: &str = "urn:discord";
/// Longer messages of a schema only repeat the request.
const MESSAGE_CHARS_MAX: usize = 200;

struct Contract {
    description: Value,
    registry: Registry<'static>,
}

static CONTRACT: LazyLock<Option<Contract>> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let description: Value = serde_json::from_slice(&std::fs::read(file).ok()?).unwrap();
    let registry = Registry::new().add(URI, description.clone()).unwrap().prepare().unwrap();
    Some(Contract { description, registry })
});

type Compiled = BTreeMap<String, Option<Arc<Validator>>>;

static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

/// Whether the description is at hand.
pub(crate) fn is_here() -> bool {
    CONTRACT.is_some()
}

/// What is wrong with the body of a request, by Discord's description; a sentence each.
pub(crate) fn faults(method: &str, template: &str, body: Option<&Value>) -> Vec<String> {
    let Some(contract) = &*CONTRACT else { return Vec::new() };
    let operation = &contract.description["paths"][template][method.to_lowercase()];
    if !operation.is_object() {
        return vec![format!("{method} {template} is not in Discord's description")];
    }
    let Some(body) = body else {
        let required = operation["requestBody"]["required"] == json!(true);
        return required.then(|| format!("{method} {template} has no body")).into_iter().collect();
    };
    let Some(validator) = validator(contract, method, template, operation) else {
        return Vec::new();
    };
    let body = as_described(body.clone());
    let errors = validator.iter_errors(&body);
    errors
        .map(|error| {
            let message: String = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
            format!("{method} {template}: {} {message}", error.instance_path())
        })
        .collect()
}

/// Two things that Discord takes as numbers and as texts, and the description in one way only.
fn as_described(mut body: Value) -> Value {
    let message = if body["data"].is_object() { &mut body["data"] } else { &mut body };
    for file in message.get_mut("attachments").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(id) = file["id"].as_u64() {
            file["id"] = json!(id.to_string());
        }
    }
    for command in body.as_array_mut().into_iter().flatten() {
        let permissions =
            command["default_member_permissions"].as_str().and_then(|text| text.parse::<u64>().ok());
        if let Some(permissions) = permissions {
            command["default_member_permissions"] = json!(permissions);
        }
    }
    body
}

fn validator(contract: &Contract, method: &str, template: &str, operation: &Value) -> Option<Arc<Validator>> {
    let key = format!("{method} {template}");
    let mut compiled = COMPILED.lock().unwrap();
    let entry = compiled.entry(key).or_insert_with(|| {
        if operation["requestBody"]["content"]["application/json"].is_null() {
            return None;
        }
        let path = template.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D");
        let method = method.to_lowercase();
        let pointer = format!("/paths/{path}/{method}/requestBody/content/application~1json/schema");
        let schema = json!({"$ref": format!("{URI}#{pointer}")});
        let built = jsonschema::options().with_registry(&contract.registry).build(&schema);
        Some(Arc::new(built.unwrap()))
    });
    entry.clone()
}
