//! Whether a feed's documents have what its consumer makes IDs, URLs, indexes, routings and versions of.

use super::check::paths::single_value;
use super::feed::{DocumentPath, FeedDefinition};
use super::problem::Problem;
use crate::config::{ConsumerConfig, ConsumerTarget, DocumentTemplate, HttpConfig, HttpFormat};

pub fn problems(definition: &FeedDefinition, consumer: &ConsumerConfig) -> Vec<Problem> {
    let ConsumerTarget::Http(http) = &consumer.target else { return Vec::new() };
    let mut problems: Vec<Problem> = Vec::new();
    let templates = http.templates();
    let has_delete_url = templates.iter().any(|(key, _)| *key == "delete_url");
    for (key, template) in &templates {
        for path in &template.paths {
            let of_deletes = *key != "url" || !has_delete_url;
            problems.extend(value_problem(definition, &consumer.name, key, path, of_deletes));
        }
    }
    problems.extend(id_problem(definition, &consumer.name, http));
    problems
}

fn value_problem(
    definition: &FeedDefinition,
    consumer: &str,
    key: &str,
    path: &DocumentPath,
    of_deletes: bool,
) -> Option<Problem> {
    let name = path.0.join(".");
    let kept = definition.minimal_payload.iter().any(|kept| path.0.starts_with(&kept.value.0));
    let (message, help) = match single_value(&path.0, &definition.fields) {
        Err(fault) => (fault.message, fault.help),
        Ok(()) if definition.entities_removable && of_deletes && !kept => (
            format!("`minimal_payload` lacks `{name}`, so a delete does not have it"),
            Some(format!("add \"{name}\" to `minimal_payload`")),
        ),
        Ok(()) => return None,
    };
    Some(Problem {
        span: definition.consumer.span.clone(),
        path: "consumer".to_owned(),
        message: format!("`{key}` of the consumer `{consumer}` is made of `{name}`: {message}"),
        help,
    })
}

/// A field under the name that the consumer has for IDs must be the ID.
fn id_problem(definition: &FeedDefinition, consumer: &str, http: &HttpConfig) -> Option<Problem> {
    let name = http.id_member()?;
    let field = definition.fields.iter().find(|field| !field.hidden && field.name.value == name)?;
    let is_it = |path: &DocumentPath| path.0 == [name];
    let is_id = match http.id.as_ref().map(DocumentTemplate::sole) {
        Some(sole) => sole.is_some_and(is_it),
        None => matches!(definition.identity.as_slice(), [only] if is_it(&only.value)),
    };
    if is_id {
        return None;
    }
    let otherwise = match http.format {
        HttpFormat::Meilisearch(_) => "write another `primary_key` there, one that is no field",
        _ => "name the field otherwise",
    };
    Some(Problem {
        span: field.name.span.clone(),
        path: format!("fields.{name}"),
        message: format!(
            "the consumer `{consumer}` has a document's ID under `{name}`, and this field is not the identity"
        ),
        help: Some(format!(
            "{otherwise}; or, if it names a document as the identity does, write `id = \"{{{name}}}\"` there"
        )),
    })
}
