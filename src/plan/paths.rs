//! Which members of the document the hash leaves out, and which the identity and the minimal payload take up.

use std::collections::{HashMap, HashSet};

use crate::definition::feed::FeedDefinition;

/// The document's paths that mean something beyond the document.
#[derive(Debug, Default)]
pub(super) struct Paths {
    excluded: HashSet<Vec<String>>,
    marks: HashMap<Vec<String>, u16>,
    /// `table.column` of each mark, where there is one.
    labels: Vec<Option<String>>,
}

/// What an item consists of beside its document.
#[derive(Debug)]
pub(crate) struct ItemPaths {
    pub identity: Vec<IdentityPart>,
    pub minimal: Vec<MinimalPart>,
    pub mark_count: usize,
}

#[derive(Debug)]
pub(crate) struct IdentityPart {
    pub path: String,
    /// `table.column`, for messages.
    pub column: Option<String>,
    pub mark: u16,
}

/// A key of the minimal payload.
#[derive(Debug)]
pub(crate) struct MinimalPart {
    /// `"name":`
    pub key: Box<[u8]>,
    pub value: MinimalValue,
}

#[derive(Debug)]
pub(crate) enum MinimalValue {
    Mark(u16),
    Object(Vec<MinimalPart>),
}

impl Paths {
    pub fn of(definition: &FeedDefinition) -> Self {
        let mut paths = Paths::default();
        paths.excluded.extend(definition.exclude_from_hash.iter().map(|path| path.value.0.clone()));
        for path in definition.identity.iter().chain(&definition.minimal_payload) {
            let next = paths.marks.len() as u16;
            paths.marks.entry(path.value.0.clone()).or_insert(next);
        }
        paths.labels.resize(paths.marks.len(), None);
        paths
    }

    pub fn is_excluded(&self, path: &[&str]) -> bool {
        // Most feeds exclude a field or two: no need to make a key that owns its parts.
        self.excluded.iter().any(|excluded| is(excluded, path))
    }

    /// The number of a path; what the member is made of is kept for messages.
    pub fn mark(&mut self, path: &[&str], label: Option<String>) -> Option<u16> {
        let number = self.marks.iter().find(|(marked, _)| is(marked, path)).map(|(_, number)| *number)?;
        self.labels[usize::from(number)] = label;
        Some(number)
    }

    pub fn finish(mut self, definition: &FeedDefinition) -> ItemPaths {
        let identity = definition
            .identity
            .iter()
            .filter_map(|path| {
                let mark = *self.marks.get(&path.value.0)?;
                let column = self.labels[usize::from(mark)].take();
                Some(IdentityPart { path: path.value.0.join("."), column, mark })
            })
            .collect();
        let mut minimal = Vec::new();
        for path in &definition.minimal_payload {
            if let Some(mark) = self.marks.get(&path.value.0) {
                add(&mut minimal, &path.value.0, *mark);
            }
        }
        ItemPaths { identity, minimal, mark_count: self.marks.len() }
    }
}

fn is(path: &[String], other: &[&str]) -> bool {
    path.iter().map(String::as_str).eq(other.iter().copied())
}

/// Paths that begin alike share an object.
fn add(parts: &mut Vec<MinimalPart>, path: &[String], mark: u16) {
    let Some((name, rest)) = path.split_first() else { return };
    let key = super::fields::member_key(name);
    if rest.is_empty() {
        parts.push(MinimalPart { key, value: MinimalValue::Mark(mark) });
        return;
    }
    let same = parts.iter_mut().find(|part| part.key == key);
    if let Some(MinimalPart { value: MinimalValue::Object(inner), .. }) = same {
        add(inner, rest, mark);
    } else {
        let mut inner = Vec::new();
        add(&mut inner, rest, mark);
        parts.push(MinimalPart { key, value: MinimalValue::Object(inner) });
    }
}
