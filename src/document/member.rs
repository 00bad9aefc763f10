//! Writes the members of objects and the elements of arrays.
//!
//! Commas are the writer's: a member that is left out of the hash takes the comma before it along, or the one after it
//! when no hashed member stands before. So the hashed bytes are the same wherever it stands and whether it is there.

use super::InvalidItem;
use super::arena::{Arena, Failures, Filled, Fragment, Mark};
use super::eav::FoundValue;
use super::relation::{Attached, Relation};
use super::scalar::{compute, compute_default};
use super::scope::{Frame, RowScope, place};
use super::value::write_cell;
use crate::plan::level::{ElementPlan, Member, MemberValue, Reading};

/// What the writer of a row reads from.
#[derive(Clone, Copy)]
pub(crate) struct RowWriter<'a> {
    pub frame: &'a Frame<'a>,
    /// The level's relations, already built.
    pub relations: &'a [Relation],
    pub failures: &'a Failures,
}

/// Whether what was written is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Null,
    Value,
}

impl Written {
    fn null_if(is_null: bool) -> Self {
        if is_null { Written::Null } else { Written::Value }
    }
}

impl RowWriter<'_> {
    /// Writes one row as an element of its level. On an error what was written stays, for the caller to cut off.
    pub fn element(&self, row: usize, out: &mut Arena) -> Result<(), InvalidItem> {
        match &self.frame.level.element {
            ElementPlan::Object(members) => self.object(members, row, out),
            ElementPlan::Value(member) => self.value(member, row, out).map(|_| ()),
        }
    }

    /// What a `one` with plain values gives where there is no row: the value's default.
    pub fn missing(&self, group: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        if let ElementPlan::Value(member) = &self.frame.level.element
            && let MemberValue::Scalar(scalar) = &member.value
        {
            let scope = RowScope::new(self.frame, self.frame.data.ghost(group), &scalar.path);
            let datum = compute_default(scalar, &scope)?;
            datum.write_json(&mut out.bytes);
            return Ok(Written::null_if(datum.is_null()));
        }
        out.bytes.extend_from_slice(b"null");
        Ok(Written::Null)
    }

    fn object(&self, members: &[Member], row: usize, out: &mut Arena) -> Result<(), InvalidItem> {
        let read = self.frame.read_row(row);
        out.bytes.push(b'{');
        let mut any = false;
        let mut any_hashed = false;
        for member in members {
            if member.is_plain() && any == any_hashed {
                // Stays whatever it is, and no comma of it is left out.
                member.key.write(!any, &mut out.bytes);
                (any, any_hashed) = (true, true);
                if let (MemberValue::Column { column, reading, .. }, Some(read)) = (&member.value, &read)
                    && read.write_common(*column, *reading, &mut out.bytes).is_some()
                {
                    continue;
                }
                self.present(member, row, out)?;
                continue;
            }
            let before = out.filled();
            let start = out.bytes.len();
            member.key.write(!any, &mut out.bytes);
            if !member.excluded && any && !any_hashed {
                // All members so far are left out: so is the comma behind them.
                out.add_hole(start..start + 1);
            }
            if self.value(member, row, out)? == Written::Null && member.omit_null {
                out.truncate(before);
                continue;
            }
            if member.excluded {
                exclude(out, before, start);
            } else {
                any_hashed = true;
            }
            any = true;
        }
        out.bytes.push(b'}');
        Ok(())
    }

    /// Writes a member's value, without its key.
    pub fn value(&self, member: &Member, row: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        let start = out.bytes.len();
        let written = match &member.when {
            Some(when) if !self.frame.holds(when, row)? => {
                out.bytes.extend_from_slice(b"null");
                Written::Null
            }
            _ => self.present(member, row, out)?,
        };
        if let Some(number) = member.mark {
            out.marks.push(Mark { number, bytes: start..out.bytes.len() });
        }
        Ok(written)
    }

    fn present(&self, member: &Member, row: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        match &member.value {
            MemberValue::Column { column, reading, path } => {
                let Frame { level, data, environment, .. } = self.frame;
                let read = &level.columns[*column];
                let (rows, cell) = data.cell(level, row, *column);
                write_cell(rows, cell, reading.unwrap_or(Reading::As(read.kind)), &environment.zone, &mut out.bytes)
                    .map(Written::null_if)
                    .map_err(|fault| InvalidItem {
                        column: place(path, Some(&read.label)),
                        reason: fault.reason(read.secret),
                    })
            }
            MemberValue::Value(value) => {
                let Some(FoundValue { rows, cell, table }) = self.frame.value(&value.lookup, row)? else {
                    out.bytes.extend_from_slice(b"null");
                    return Ok(Written::Null);
                };
                let reading = Reading::of(value.reading, Reading::As(table.value.kind));
                write_cell(rows, cell, reading, &self.frame.environment.zone, &mut out.bytes)
                    .map(Written::null_if)
                    .map_err(|fault| InvalidItem {
                        column: place(&value.path, Some(&table.value.label)),
                        reason: fault.reason(table.value.secret),
                    })
            }
            MemberValue::Slot(slot) => {
                let datum = self.frame.data.slots[*slot].get(row).map_err(InvalidItem::clone)?;
                datum.write_json(&mut out.bytes);
                Ok(Written::null_if(datum.is_null()))
            }
            MemberValue::Literal(json) => {
                out.bytes.extend_from_slice(json);
                Ok(Written::null_if(**json == *b"null"))
            }
            MemberValue::Scalar(scalar) => {
                let scope = RowScope::new(self.frame, row, &scalar.path);
                let datum = compute(scalar, &scope)?;
                datum.write_json(&mut out.bytes);
                Ok(Written::null_if(datum.is_null()))
            }
            MemberValue::Object(members) => self.object(members, row, out).map(|()| Written::Value),
            MemberValue::Relation(number) => self.relation(&self.relations[*number], row, out),
            MemberValue::Array(array) => self.array(array, row, out),
        }
    }

    fn relation(&self, relation: &Relation, row: usize, out: &mut Arena) -> Result<Written, InvalidItem> {
        let group = match relation.attached[row] {
            Attached::Nulled => {
                out.bytes.extend_from_slice(b"null");
                return Ok(Written::Null);
            }
            Attached::Failed(number) => return Err(self.failures.get(number).clone()),
            Attached::Group(group) => group,
        };
        match &relation.fragments[group as usize] {
            Fragment::Json(bytes) => {
                out.copy(&relation.arena, bytes);
                Ok(Written::Value)
            }
            Fragment::Null => {
                out.bytes.extend_from_slice(b"null");
                Ok(Written::Null)
            }
            Fragment::Failed(number) => Err(self.failures.get(*number).clone()),
        }
    }
}

/// Leaves the member written since `before` out of the hash, joined with an excluded one right before it.
fn exclude(out: &mut Arena, before: Filled, start: usize) {
    out.forget_holes(before);
    let end = out.bytes.len();
    out.add_hole(start..end);
}
