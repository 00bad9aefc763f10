//! Fields and lets: which kind each is, and that its keys go together.

use super::Checker;
use super::rows::Scope;
use crate::definition::feed::{Field, FieldValue, Scalar, ScalarField, ScalarInput};
use crate::definition::problem::{Located, Span};
use crate::definition::raw::field::{FieldShape, NamedField, RawField, RawFields};
use crate::definition::reader::{located, value};

/// Where a value of the same row comes from; `value` is one too, except in a relation.
pub const INPUTS: [&str; 4] = ["column", "expr", "template", "value"];
/// What is done to a value.
pub const TREATMENTS: [&str; 7] = ["type", "round", "format", "map", "encode", "mask", "default"];
/// What speaks of the rows of another table.
pub const OF_ROWS: [&str; 10] =
    ["as", "on", "where_sql", "fallback", "join", "keep", "order_by", "let", "empty", "watch"];

impl Checker<'_> {
    pub fn lets(&mut self, raw: Option<RawFields>, scope: &Scope<'_>) -> Vec<Field> {
        let Some(raw) = raw else { return Vec::new() };
        self.under("let", |checker| {
            for named in &raw.0 {
                if let Some(FieldShape::Table(field)) = &named.shape {
                    checker.under(&named.name.value, |checker| {
                        checker.refuse(field, &["hidden", "omit_null"], "a let is never written");
                    });
                }
            }
            let lets = checker.fields(raw, scope);
            lets.into_iter().map(|field| Field { hidden: true, ..field }).collect()
        })
    }

    pub fn fields(&mut self, raw: RawFields, scope: &Scope<'_>) -> Vec<Field> {
        raw.0
            .into_iter()
            .map(|named| {
                let name = named.name.value.clone();
                self.under(&name, |checker| checker.field(named, scope))
            })
            .collect()
    }

    /// A field and a let of one level share a name.
    pub fn refuse_same_names(&mut self, lets: &[Field], fields: &[Field]) {
        for field in fields {
            if lets.iter().any(|other| other.name.value == field.name.value) {
                let message = format!("`{}` is given twice: as a field and in `let`", field.name.value);
                self.under("fields", |checker| {
                    checker.under(&field.name.value, |checker| {
                        let help = "names of one level are different from each other";
                        checker.reader.problem_with_help(&field.name.span, message, help);
                    });
                });
            }
        }
    }

    fn field(&mut self, named: NamedField, scope: &Scope<'_>) -> Field {
        let span = named.name.span.start.min(named.span.start)..named.name.span.end.max(named.span.end);
        let mut field = Field {
            name: named.name.clone(),
            hidden: false,
            omit_null: self.top.omit_null,
            when: None,
            value: FieldValue::Scalar(ScalarField::of(nothing())),
            span,
        };
        match named.shape {
            None => {}
            Some(FieldShape::Column(column)) => {
                let column = Located::new(column, named.span);
                if let Some(name) = self.column_reference(&column, scope) {
                    let input = ScalarInput::Column(Located::new(name, column.span));
                    field.value = FieldValue::Scalar(ScalarField::of(input));
                }
            }
            Some(FieldShape::Table(raw)) => {
                field.hidden = value(&raw.hidden).unwrap_or(false);
                field.omit_null = value(&raw.omit_null).unwrap_or(self.top.omit_null);
                field.when = located(&raw.when).and_then(|when| self.expression("when", &when, scope));
                field.value = self.field_value(*raw, &named.name, scope);
            }
        }
        field
    }

    fn field_value(&mut self, raw: RawField, name: &Located<String>, scope: &Scope<'_>) -> FieldValue {
        if raw.one.is_some() || raw.many.is_some() {
            return match self.relation(raw, name, scope) {
                Some(relation) => FieldValue::Relation(Box::new(relation)),
                None => FieldValue::Scalar(ScalarField::of(nothing())),
            };
        }
        let given = raw.given();
        let input = given.iter().find(|(key, _)| INPUTS.contains(key));
        match (&raw.fields, input) {
            (Some(fields), Some((input, _))) => {
                let message = format!("`fields` beside `{input}`");
                self.reader.problem_with_help(&fields.key, message, "a field is either a value or an object");
                FieldValue::Scalar(ScalarField::of(nothing()))
            }
            (Some(_), None) => {
                if let Some((key, span)) = given.iter().find(|(key, _)| OF_ROWS.contains(key)) {
                    self.say_rows_without_relation(key, span);
                }
                self.refuse(&raw, &TREATMENTS, "an object is made of fields; this belongs to one of them");
                FieldValue::Object(self.document_fields(&raw.fields, scope))
            }
            (None, _) => {
                let rows = given.iter().find(|(key, _)| OF_ROWS.contains(key));
                match (input, rows) {
                    (None, Some(_)) if raw.has_unknown => {}
                    (None, Some((key, span))) => self.say_rows_without_relation(key, span),
                    _ => self.refuse_rows(&raw),
                }
                if input.is_none() && rows.is_none() && !raw.has_unknown {
                    let help = "give it `column`, `expr`, `template`, `value`, `fields`, `one` or `many`";
                    self.reader.problem_with_help(&name.span, "does not say what it is made of", help);
                }
                FieldValue::Scalar(self.scalar(raw, scope))
            }
        }
    }

    fn say_rows_without_relation(&mut self, key: &str, span: &Span) {
        let message = format!("`{key}` without `one` or `many`");
        let help = "rows of another table are `one = \"TABLE\"` (the first, or null) or `many = \"TABLE\"` (an array)";
        self.reader.problem_with_help(span, message, help);
    }

    fn refuse_rows(&mut self, raw: &RawField) {
        self.refuse(raw, &OF_ROWS, "it belongs to the rows of another table, `one` or `many`");
    }

    /// A problem for each of `keys` that was given.
    pub fn refuse(&mut self, raw: &RawField, keys: &[&str], because: &str) {
        for (key, span) in raw.given().into_iter().filter(|(key, _)| keys.contains(key)) {
            let message = format!("`{key}` cannot stand here");
            self.under(key, |checker| checker.reader.problem_with_help(&span, message, because));
        }
    }
}

/// What a field that makes no sense gives: the one literal that no file can write.
pub fn nothing() -> ScalarInput {
    ScalarInput::Literal(Scalar::Null)
}

impl ScalarField {
    /// An input to which nothing is done.
    pub fn of(input: ScalarInput) -> Self {
        ScalarField {
            input,
            value_type: None,
            round: None,
            format: None,
            map: None,
            encode: None,
            mask: None,
            default: None,
        }
    }
}
