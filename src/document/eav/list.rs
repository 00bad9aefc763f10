//! Writes a list of attributes: an object for each that has a value, with its code and the texts of the value.

use super::labels::Wanted;
use super::text::RawText;
use super::{FoundValue, ValueIndex};
use crate::document::InvalidItem;
use crate::document::arena::Arena;
use crate::document::member::{RowWriter, Written};
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
    /// Writes the array of a row.
    pub fn list(&self, list: &ListPlan, row: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        let before = out.filled();
        out.bytes.push(b'[');
        if self.list_elements(list, row, out)? == 0 && list.empty_null {
            out.truncate(before);
            out.bytes.extend_from_slice(b"null");
            return Ok(Written::Null);
        }
        out.bytes.push(b']');
        Ok(Written::Value)
    }

    /// Writes the elements alone, with commas between them; hands back how many there are.
    pub fn list_elements(&self, list: &ListPlan, row: usize, out: &mut Arena) -> Result<usize, InvalidItem> {
        let Some((reader, outer_row)) = self.frame.outwards(list.up, row) else { return Ok(0) };
        let (plan, values) = (&reader.level.reads[list.read], &reader.data.values[list.read]);
        let tuple = values.asked_by(outer_row)?;
        let listing = Listing { list, writer: self, row, plan, values, tuple };
        let mut written = 0;
        if list.by_table {
            for table in 0..plan.tables.len() as u32 {
                listing.write(Some(table), &mut written, out)?;
            }
        } else {
            listing.write(None, &mut written, out)?;
        }
        Ok(written)
    }
}

impl Listing<'_> {
    /// The attributes whose value stands in `table`, or in any.
    fn write(&self, table: Option<u32>, written: &mut usize, out: &mut Arena) -> Result<(), InvalidItem> {
        let scopes = &self.list.scopes;
        for attribute in &self.list.attributes {
            let (frame, row) = (self.writer.frame, self.row);
            let found = self.values.find(self.plan, self.tuple, attribute.number, scopes, frame, row)?;
            let Some(entry) = found else { continue };
            if table.is_some_and(|table| self.values.entries[entry].table != table) {
                continue;
            }
            let before = out.filled();
            if *written > 0 {
                out.bytes.push(b',');
            }
            if self.element(attribute, entry, out)? {
                *written += 1;
            } else {
                out.truncate(before);
            }
        }
        Ok(())
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
        let value = FoundValue { raw: Raw::of_cell(rows, self.values.value_cell(&found)), table };
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
