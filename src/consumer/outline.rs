//! What a consumer knows of the documents it is sent: the feed's name, what names an item, and which fields there are.

use crate::definition::feed::{DocumentPath, FeedDefinition};

#[derive(Debug, Clone)]
pub struct Outline {
    pub feed: String,
    /// At least one; each leads to a single value that is never null.
    pub identity: Vec<DocumentPath>,
    /// The document's own keys.
    pub members: Vec<String>,
}

impl Outline {
    pub fn of(definition: &FeedDefinition) -> Self {
        let shown = definition.fields.iter().filter(|field| !field.hidden);
        Outline {
            feed: definition.name.clone(),
            identity: definition.identity.iter().map(|path| path.value.clone()).collect(),
            members: shown.map(|field| field.name.value.clone()).collect(),
        }
    }
}
