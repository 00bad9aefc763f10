//! Writes a list of attributes: an object for each that has a value, with its code and the texts of the value.

use super::labels::Wanted;
use super::text::RawText;
use super::{FoundValue, ValueIndex};
use crate::document::InvalidItem;
use crate::document::arena::Arena;
use crate::document::array::comma;
use crate::document::member::RowWriter;
use crate::document::scope::place;
use crate::document::text::write_string;
use crate::document::value::{Fault, Raw};
use crate::plan::eav::{ListAttribute, ListPlan, ValueRead};

/// The list of one row while it is written.
struct Listing<'w> {
    list: &'w ListPlan,
    writer: &'w RowWriter<'w>,
    row: usize,
    plan: &'w ValueRead,
    values: &'w ValueIndex,
    tuple: u32,
}

impl RowWriter<'_> {
    /// Writes the elements of a row, each with a comma before it but the array's first, which stands at `first`.
    pub(in crate::document) fn attributes(
        &self,
        list: &ListPlan,
        row: usize,
        first: usize,
        out: &mut Arena,
    ) -> Result<(), InvalidItem> {
        let Some(listing) = self.listing(list, row)? else { return Ok(()) };
        listing.each(&mut |attribute, entry| {
            let before = out.filled();
            comma(first, out);
            if !listing.element(attribute, entry, out)? {
                out.truncate(before);
            }
            Ok(true)
        })
    }

    /// Whether there would be an element.
    pub(in crate::document) fn has_attribute(&self, list: &ListPlan, row: usize) -> Result<bool, InvalidItem> {
        let Some(listing) = self.listing(list, row)? else { return Ok(false) };
        let mut scratch = Arena::default();
        let mut found = false;
        listing.each(&mut |attribute, entry| {
            found = listing.element(attribute, entry, &mut scratch)?;
            Ok(!found)
        })?;
        Ok(found)
    }

    fn listing<'w>(&'w self, list: &'w ListPlan, row: usize) -> Result<Option<Listing<'w>>, InvalidItem> {
        let Some((reader, outer_row)) = self.frame.outwards(list.up, row) else { return Ok(None) };
        let (plan, values) = (&reader.level.reads[list.read], &reader.data.values[list.read]);
        let tuple = values.asked_by(outer_row)?;
        Ok(Some(Listing { list, writer: self, row, plan, values, tuple }))
    }
}

/// Takes an attribute and its entry; false when it has seen enough.
type Take<'t> = dyn FnMut(&ListAttribute, usize) -> Result<bool, InvalidItem> + 't;

impl Listing<'_> {
    /// The attributes that have an entry, in the order of the list.
    fn each(&self, take: &mut Take<'_>) -> Result<(), InvalidItem> {
        if !self.list.by_table {
            return self.of_table(None, take).map(|_| ());
        }
        for table in 0..self.plan.tables.len() as u32 {
            if !self.of_table(Some(table), take)? {
                break;
            }
        }
        Ok(())
    }

    /// Those whose entry stands in `table`, or in any.
    fn of_table(&self, table: Option<u32>, take: &mut Take<'_>) -> Result<bool, InvalidItem> {
        let scopes = &self.list.scopes;
        for attribute in &self.list.attributes {
            let (frame, row) = (self.writer.frame, self.row);
            let found = self.values.find(self.plan, self.tuple, attribute.number, scopes, frame, row)?;
            let fits = |entry: &usize| table.is_none_or(|table| self.values.entries[*entry].table == table);
            if let Some(entry) = found.filter(fits)
                && !take(attribute, entry)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// False, with something written that does not count, where there is no element.
    fn element(&self, attribute: &ListAttribute, entry: usize, out: &mut Arena) -> Result<bool, InvalidItem> {
        let start = out.bytes.len();
        out.bytes.extend_from_slice(&attribute.head);
        let has_value = self.values(attribute, entry, out)?;
        if !has_value {
            if !self.list.keep_null {
                return Ok(false);
            }
            out.bytes.extend_from_slice(b"null");
        }
        let (code_end, end) = (start + attribute.code_end, out.bytes.len());
        match (self.list.code_excluded, self.list.values_excluded) {
            (false, false) => {}
            // The comma between the two goes along.
            (true, false) => out.add_hole(start + 1..code_end + 1),
            (false, true) => out.add_hole(code_end..end),
            (true, true) => out.add_hole(start + 1..end),
        }
        out.bytes.push(b'}');
        Ok(true)
    }

    /// Writes the array of a value's texts. False where it is null.
    fn values(&self, attribute: &ListAttribute, entry: usize, out: &mut Arena) -> Result<bool, InvalidItem> {
        let found = self.values.entries[entry];
        let table = &self.plan.tables[found.table as usize];
        let rows = &self.values.rows[found.table as usize];
        let value = FoundValue { rows, cell: self.values.value_cell(&found), table };
        let blame = |fault: Fault| InvalidItem {
            column: place(&self.list.path, Some(&table.value.label)),
            reason: fault.reason(table.value.secret),
        };
        out.bytes.push(b'[');
        // Where the value is written, its text stands between quotes.
        let start = out.bytes.len();
        out.bytes.push(b'"');
        match value.text(&mut out.bytes).map_err(blame)? {
            RawText::Null => {
                out.bytes.truncate(start - 1);
                return Ok(false);
            }
            RawText::Text(text) => {
                out.bytes.truncate(start);
                match attribute.map.get(text) {
                    Some(mapped) => out.bytes.extend_from_slice(mapped),
                    None if attribute.is_labelled => self.labels(attribute, entry, text, &mut out.bytes)?,
                    None => write_string(text, &mut out.bytes),
                }
            }
            RawText::Written => {
                let text = std::str::from_utf8(&out.bytes[start + 1..]).unwrap_or_default();
                if let Some(mapped) = attribute.map.get(text) {
                    out.bytes.truncate(start);
                    out.bytes.extend_from_slice(mapped);
                } else if attribute.is_labelled {
                    let key = out.bytes.split_off(start);
                    let key = std::str::from_utf8(&key[1..]).unwrap_or_default();
                    self.labels(attribute, entry, key, &mut out.bytes)?;
                } else {
                    out.bytes.push(b'"');
                }
            }
        }
        out.bytes.push(b']');
        Ok(true)
    }

    /// Writes the labels of the options that `text` names; one without a label is its key.
    fn labels(
        &self,
        attribute: &ListAttribute,
        entry: usize,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), InvalidItem> {
        let Some(labels) = &self.list.labels else { return Ok(()) };
        let (plan, index) = (&self.plan.labels[labels.number], &self.values.labels[labels.number]);
        for (i, (option, tuple)) in text.split(',').zip(index.of_entry(entry)).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let wanted = Wanted { tuple: *tuple, attribute: attribute.number, scopes: &labels.scopes };
            match index.label(plan, &self.plan.attributes, wanted, self.writer.frame, self.row)? {
                None => write_string(option, out),
                Some(Raw::Text(label)) => match std::str::from_utf8(label) {
                    Ok(label) => write_string(label, out),
                    Err(_) => {
                        return Err(InvalidItem {
                            column: place(&self.list.path, Some(&plan.label.label)),
                            reason: "the text is not valid UTF-8".to_owned(),
                        });
                    }
                },
                Some(other) => {
                    let read = crate::document::value::convert(
                        other,
                        crate::plan::level::Reading::TextOf(plan.label.kind),
                        &self.writer.frame.environment.zone,
                    );
                    let label = read.map_err(|fault| InvalidItem {
                        column: place(&self.list.path, Some(&plan.label.label)),
                        reason: fault.reason(plan.label.secret),
                    })?;
                    write_string(&label.into_canonical_text(), out);
                }
            }
        }
        Ok(())
    }
}
