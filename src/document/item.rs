//! An entity's rows as items: the document, and cut from its bytes the identity and the minimal payload.

use std::ops::Range;

use super::arena::{Arena, Filled};
use super::member::RowWriter;
use super::scope::place;
use super::{BuiltItem, InvalidItem};
use crate::plan::paths::{IdentityPart, ItemPaths, MinimalPart, MinimalValue};

const NULL: &[u8] = b"null";

/// Writes items into the batch's arena.
#[derive(Debug, Default)]
pub(crate) struct ItemWriter {
    /// Where the item's marked members stand.
    places: Vec<Option<Range<usize>>>,
}

impl ItemWriter {
    /// Writes the item of one row. On an error nothing is left of it.
    pub fn write(
        &mut self,
        writer: &RowWriter<'_>,
        row: usize,
        paths: &ItemPaths,
        arena: &mut Arena,
    ) -> Result<BuiltItem, InvalidItem> {
        let before = arena.filled();
        self.write_all(writer, row, paths, arena, before).inspect_err(|_| arena.truncate(before))
    }

    fn write_all(
        &mut self,
        writer: &RowWriter<'_>,
        row: usize,
        paths: &ItemPaths,
        arena: &mut Arena,
        before: Filled,
    ) -> Result<BuiltItem, InvalidItem> {
        let start = arena.bytes.len();
        writer.element(row, arena)?;
        let document = start..arena.bytes.len();
        let holes = arena.holes_since(before);
        self.places.clear();
        self.places.resize(paths.mark_count, None);
        for mark in arena.marks.drain(..) {
            self.places[usize::from(mark.number)] = Some(mark.bytes);
        }
        let identity = self.identity(&paths.identity, &mut arena.bytes)?;
        let start = arena.bytes.len();
        self.minimal(&paths.minimal, &mut arena.bytes);
        Ok(BuiltItem { document, minimal: start..arena.bytes.len(), identity, holes })
    }

    fn identity(&self, parts: &[IdentityPart], bytes: &mut Vec<u8>) -> Result<Range<usize>, InvalidItem> {
        let start = bytes.len();
        bytes.push(b'[');
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                bytes.push(b',');
            }
            match &self.places[usize::from(part.mark)] {
                Some(value) if bytes[value.clone()] != *NULL => bytes.extend_from_within(value.clone()),
                _ => {
                    return Err(InvalidItem {
                        column: place(&part.path, part.column.as_deref()),
                        reason: format!("identity `{}` is null", part.path),
                    });
                }
            }
        }
        bytes.push(b']');
        Ok(start..bytes.len())
    }

    /// A key that the document leaves out is left out here too; an object without any of its keys is null.
    fn minimal(&self, parts: &[MinimalPart], bytes: &mut Vec<u8>) {
        bytes.push(b'{');
        let mut any = false;
        for part in parts {
            let value = match &part.value {
                MinimalValue::Mark(mark) => match &self.places[usize::from(*mark)] {
                    Some(value) => Some(value.clone()),
                    None => continue,
                },
                MinimalValue::Object(_) => None,
            };
            if any {
                bytes.push(b',');
            }
            any = true;
            bytes.extend_from_slice(&part.key);
            match (&part.value, value) {
                (_, Some(value)) => bytes.extend_from_within(value),
                (MinimalValue::Object(inner), None) if self.has_any(inner) => self.minimal(inner, bytes),
                _ => bytes.extend_from_slice(NULL),
            }
        }
        bytes.push(b'}');
    }

    fn has_any(&self, parts: &[MinimalPart]) -> bool {
        parts.iter().any(|part| match &part.value {
            MinimalValue::Mark(mark) => self.places[usize::from(*mark)].is_some(),
            MinimalValue::Object(inner) => self.has_any(inner),
        })
    }
}
