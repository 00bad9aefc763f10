//! Members of an object, and elements of an array, as they are written.

use super::{ArrayPlan, Condition, Reading, ScalarPlan, SourceColumn};
use crate::plan::eav::ValueLookup;
use crate::short_copy;

/// One key of an object and its value.
#[derive(Debug)]
pub(crate) struct Member {
    pub key: MemberKey,
    pub omit_null: bool,
    /// Left out of the hash.
    pub excluded: bool,
    /// Its place in the document is remembered under this number, for the identity and the minimal payload.
    pub mark: Option<u16>,
    /// Null unless all are true. Empty where the value takes care of it.
    pub when: Option<Box<Condition>>,
    pub value: MemberValue,
}

impl Member {
    /// True when it is written into every object, and into the hash.
    pub fn is_plain(&self) -> bool {
        !self.omit_null && !self.excluded && self.mark.is_none() && self.when.is_none()
    }

    /// An element of an array: without a name, and never left out.
    pub fn element(value: MemberValue) -> Self {
        Member { key: MemberKey::none(), omit_null: false, excluded: false, mark: None, when: None, value }
    }
}

/// `"name":`, ready to be copied; nothing for the plain values of an array.
#[derive(Debug)]
pub(crate) struct MemberKey {
    /// With a comma before it.
    bytes: Box<[u8]>,
    /// The same where it is short, and padding behind: one more than is copied at once, as the comma may stay away.
    block: [u8; short_copy::BLOCK + 1],
}

impl MemberKey {
    pub fn new(json: &[u8]) -> Self {
        let bytes = [b",", json].concat();
        let mut block = [0; short_copy::BLOCK + 1];
        if let Some(short) = block.get_mut(..bytes.len()) {
            short.copy_from_slice(&bytes);
        }
        MemberKey { bytes: bytes.into(), block }
    }

    fn none() -> Self {
        MemberKey { bytes: Box::default(), block: [0; short_copy::BLOCK + 1] }
    }

    pub fn json(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// Appends it, behind a comma where another member stands before it.
    #[inline(always)]
    pub fn write(&self, is_first: bool, out: &mut Vec<u8>) {
        let start = usize::from(is_first);
        match self.block[start..].first_chunk() {
            Some(block) if self.bytes.len() <= short_copy::BLOCK => {
                short_copy::push_block(out, block, self.bytes.len() - start);
            }
            _ => out.extend_from_slice(&self.bytes[start..]),
        }
    }
}

#[derive(Debug)]
pub(crate) enum MemberValue {
    /// Written straight from the cell.
    Column {
        column: usize,
        /// None: by the column's own kind.
        reading: Option<Reading>,
        path: Box<str>,
    },
    /// Computed before, because something else refers to it.
    Slot(usize),
    /// JSON bytes that never change.
    Literal(Box<[u8]>),
    /// Computed while it is written.
    Scalar(Box<ScalarPlan>),
    /// An object of the same row.
    Object(Vec<Member>),
    /// Index into the children of its level.
    Relation(usize),
    Array(ArrayPlan),
    /// Written straight from the cell of a value row.
    Value(Box<ValueMember>),
}

/// A value of a set to which nothing is done.
#[derive(Debug)]
pub(crate) struct ValueMember {
    pub lookup: ValueLookup,
    /// None: by the column of the table that it comes from.
    pub reading: Option<Reading>,
    /// The field's path, for messages.
    pub path: String,
    pub sources: Vec<SourceColumn>,
}
