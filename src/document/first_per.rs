//! Of the rows of a group that agree in certain values, the first in order.

use super::InvalidItem;
use super::distinct::Distinct;
use super::scope::Frame;

/// What the rows that stay have, group by group.
#[derive(Debug, Default)]
pub(crate) struct FirstSeen {
    values: Distinct,
    scratch: Vec<u8>,
}

impl FirstSeen {
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Of the sorted rows of a group, those from `start` on, leaves the first of those that agree. Nulls agree.
    pub fn keep_first(
        &mut self,
        frame: &Frame<'_>,
        group: u32,
        rows: &mut Vec<u32>,
        start: usize,
    ) -> Result<(), InvalidItem> {
        let level = frame.level;
        if level.first_per.is_empty() {
            return Ok(());
        }
        let mut end = start;
        for at in start..rows.len() {
            let row = rows[at];
            // All groups share the table.
            self.scratch.clear();
            self.scratch.extend_from_slice(&group.to_le_bytes());
            for operand in &level.first_per {
                frame.datum(operand, row as usize, &level.path)?.write_json(&mut self.scratch);
                self.scratch.push(b',');
            }
            if self.values.number(&self.scratch).is_new {
                rows[end] = row;
                end += 1;
            }
        }
        rows.truncate(end);
        Ok(())
    }
}
