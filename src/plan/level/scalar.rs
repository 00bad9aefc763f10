//! One value, and what is done to it.

use std::collections::HashMap;

use super::{Operand, SourceColumn};
use crate::definition::feed::{DateTimeFormat, Encoding, Mask, Scalar};
use crate::expression::Program;
use crate::expression::template::TemplateProgram;
use crate::plan::eav::ValueLookup;
use crate::source::catalog::ColumnKind;

/// How one scalar is made: input, type (with round and format), map, encode or mask, default.
#[derive(Debug)]
pub(crate) struct ScalarPlan {
    /// The field's path, for messages.
    pub path: String,
    pub input: Input,
    pub reading: Option<Reading>,
    /// Decimal places, half away from zero.
    pub round: Option<u32>,
    pub format: Option<DateTimeFormat>,
    pub map: Option<HashMap<String, Scalar>>,
    pub encode: Option<Encoding>,
    pub mask: Option<Mask>,
    pub default: Option<DefaultPlan>,
    /// Every column that the value is made of.
    pub sources: Vec<SourceColumn>,
    /// Made of a masked column: values are quoted nowhere.
    pub secret: bool,
    /// Gives date-times in their canonical form.
    pub is_moment: bool,
}

impl ScalarPlan {
    /// An input to which nothing is done.
    pub fn of(path: &str, input: Input, sources: Vec<SourceColumn>) -> Self {
        ScalarPlan {
            path: path.to_owned(),
            input,
            reading: None,
            round: None,
            format: None,
            map: None,
            encode: None,
            mask: None,
            default: None,
            sources,
            secret: false,
            is_moment: false,
        }
    }

    /// True when nothing is done to the input.
    pub fn is_plain(&self) -> bool {
        self.reading.is_none() && self.is_unshaped() && matches!(self.input, Input::Operand(_) | Input::Literal(_))
    }

    /// True when nothing is done to the input but to read it as some type.
    pub fn is_unshaped(&self) -> bool {
        let as_it_is = self.round.is_none() && self.format.is_none() && self.default.is_none();
        as_it_is && self.map.is_none() && self.encode.is_none() && self.mask.is_none()
    }
}

#[derive(Debug)]
pub(crate) enum Input {
    Operand(Operand),
    Literal(Scalar),
    Expression(Program),
    Template(TemplateProgram),
    /// A value of a set; none for an attribute that the source does not have.
    Value(Option<Box<ValueLookup>>),
    /// The piece under way of a text that is cut.
    Piece,
}

#[derive(Debug)]
pub(crate) enum DefaultPlan {
    Literal(Scalar),
    Scalar(Box<ScalarPlan>),
}

/// How a raw value becomes a document's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    As(ColumnKind),
    /// The canonical text of what the kind makes of it; text that the kind cannot read stays itself.
    TextOf(ColumnKind),
}

impl Reading {
    /// How a value is read, given what a field asks for and the value's own kind.
    pub fn of(asked: Option<Reading>, own: Reading) -> Reading {
        match (asked, own) {
            // What kind a value of a set is, its table says.
            (Some(Reading::TextOf(ColumnKind::Dynamic)), Reading::As(kind)) => Reading::TextOf(kind),
            (asked, own) => asked.unwrap_or(own),
        }
    }
}
