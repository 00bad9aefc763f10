//! Fields and lets: which kind each is, and that its keys go together.

use super::Checker;
use super::names::is_broken;
use super::rows::Scope;
use super::summary::is_summary;
use crate::definition::feed::{Field, FieldValue, Object, Scalar, ScalarField, ScalarInput};
use crate::definition::problem::{Located, Span};
use crate::definition::raw::field::{FieldShape, NamedField, RawField, RawFields};
use crate::definition::raw::literal::RawEncoding;
use crate::definition::reader::{Given, located, value};

/// Where a value of the same row comes from; `value` is one too, except in a relation.
pub const INPUTS: [&str; 5] = ["column", "expr", "template", "value", "eav"];
/// What is done to a value.
pub const TREATMENTS: [&str; 7] = ["type", "round", "format", "map", "encode", "mask", "default"];
/// What holds the table of rows.
pub const ROWS: [&str; 6] = ["one", "many", "sum", "count", "min", "max"];
/// Arrays that are no rows of another table.
pub const ARRAYS: [&str; 3] = ["list", "split", "from"];
/// What speaks of the rows of another table.
pub const OF_ROWS: [&str; 12] = [
    "separator",
    "as",
    "on",
    "where_sql",
    "fallback",
    "join",
    "keep",
    "order_by",
    "first_per",
    "let",
    "empty",
    "watch",
];

/// What speaks of attributes and their values, beside `eav`.
const OF_EAV: [&str; 5] = ["attribute", "of", "except", "labels", "keep_null"];

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Alone,
    /// One of the parts of an array.
    Part,
}

impl Checker<'_> {
    pub fn lets(&mut self, raw: Option<RawFields>, scope: &Scope<'_>) -> Vec<Field> {
        let Some(raw) = raw else { return Vec::new() };
        self.under("let", |checker| {
            for named in &raw.0 {
                let field = match &named.shape {
                    Some(FieldShape::Table(field)) => field,
                    Some(FieldShape::Parts(parts)) if !parts.is_empty() => &parts[0].value,
                    _ => continue,
                };
                checker.under(&named.name.value, |checker| {
                    checker.refuse(field, &["hidden", "omit_null"], "a let is never written");
                });
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

    pub fn field(&mut self, named: NamedField, scope: &Scope<'_>) -> Field {
        let span = named.name.span.start.min(named.span.start)..named.name.span.end.max(named.span.end);
        let mut field = Field {
            name: named.name.clone(),
            hidden: false,
            omit_null: self.top.omit_null,
            when: None,
            value: FieldValue::Scalar(ScalarField::of(nothing())),
            json: false,
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
            Some(FieldShape::Table(raw)) => self.table_field(*raw, &mut field, scope),
            Some(FieldShape::Parts(parts)) => self.parts(parts, &mut field, scope),
        }
        field
    }

    fn table_field(&mut self, mut raw: RawField, field: &mut Field, scope: &Scope<'_>) {
        field.hidden = value(&raw.hidden).unwrap_or(false);
        field.omit_null = value(&raw.omit_null).unwrap_or(self.top.omit_null);
        field.when = located(&raw.when).and_then(|when| self.expression("when", &when, scope));
        let json = raw.encode.take_if(|encode| encode.value == Some(RawEncoding::Json));
        field.value = self.field_value(raw, &field.name, Standing::Alone, scope);
        self.write_as_json(field, json);
    }

    /// `encode = "json"` makes a text of what is no single value.
    pub fn write_as_json(&mut self, field: &mut Field, encode: Option<Given<RawEncoding>>) {
        let Some(encode) = encode else { return };
        field.json = field.composite().is_some();
        if !field.json && !is_broken(field) {
            self.refuse_json(&encode.span);
        }
    }

    pub fn refuse_json(&mut self, span: &Span) {
        self.under("encode", |checker| {
            let help = "a single value is a text already, or becomes one with `type = \"string\"`";
            checker.reader.problem_with_help(span, "`json` is for objects and arrays", help);
        });
    }

    /// What a table of a field's keys is made of: the one place that tells the kinds apart.
    pub fn field_value(
        &mut self,
        raw: RawField,
        name: &Located<String>,
        standing: Standing,
        scope: &Scope<'_>,
    ) -> FieldValue {
        let Some(raw) = self.with_row_set(raw) else { return FieldValue::Scalar(ScalarField::of(nothing())) };
        if is_summary(&raw) {
            return FieldValue::Scalar(self.scalar(raw, name, scope));
        }
        let given = raw.given();
        let rows = given.iter().find(|(key, _)| ["one", "many"].contains(key));
        let arrays = given.iter().filter(|(key, _)| ARRAYS.contains(key));
        let mut makers = rows.into_iter().chain(arrays);
        let maker = makers.next().map(|(key, _)| *key);
        for (key, span) in makers {
            let message = format!("`{key}` beside `{}`", maker.unwrap_or_default());
            self.reader.problem_with_help(span, message, "a field is made in one way: keep one of the two");
        }
        if let (Some(by), false) = (&raw.by, raw.split.is_some() || raw.has_unknown) {
            self.reader.problem_with_help(&by.key, "`by` without `split`", "`split` names the text that is cut");
        }
        self.refuse_eav(&raw);
        match maker {
            Some("one" | "many") => match self.relation(raw, name, scope) {
                Some(relation) => FieldValue::Relation(Box::new(relation)),
                None => FieldValue::Scalar(ScalarField::of(nothing())),
            },
            Some(maker) => match self.array(raw, maker, name, scope) {
                Some(array) => FieldValue::Array(array),
                None => FieldValue::Scalar(ScalarField::of(nothing())),
            },
            None if raw.is_eav_list() => match self.eav_list(raw, scope) {
                Some(array) => FieldValue::Array(array),
                None => FieldValue::Scalar(ScalarField::of(nothing())),
            },
            None => self.value_or_object(raw, name, standing, scope),
        }
    }

    fn value_or_object(
        &mut self,
        raw: RawField,
        name: &Located<String>,
        standing: Standing,
        scope: &Scope<'_>,
    ) -> FieldValue {
        let given = raw.given();
        let input = given.iter().find(|(key, _)| INPUTS.contains(key));
        match (&raw.fields, input) {
            (Some(fields), Some((input, _))) => {
                let message = format!("`fields` beside `{input}`");
                self.reader.problem_with_help(&fields.key, message, "a field is either a value or an object");
                FieldValue::Scalar(ScalarField::of(nothing()))
            }
            (Some(_), None) => FieldValue::Object(self.object(raw, standing, scope)),
            (None, _) => {
                let rows = given.iter().find(|(key, _)| OF_ROWS.contains(key));
                match (input, rows) {
                    (None, Some(_)) if raw.has_unknown => {}
                    (None, Some((key, span))) => self.say_rows_without_relation(key, span),
                    _ => self.refuse_rows(&raw),
                }
                if input.is_none() && rows.is_none() && raw.by.is_none() && !raw.has_unknown {
                    let help = match standing {
                        Standing::Alone => "give it `column`, `expr`, `template`, `value`, `fields`, `one` or `many`",
                        Standing::Part => "give it `many`, `fields`, `list`, `split` or `from`",
                    };
                    self.reader.problem_with_help(&name.span, "does not say what it is made of", help);
                }
                FieldValue::Scalar(self.scalar(raw, name, scope))
            }
        }
    }

    /// An object of the same row. `keep` decides only over what is an element.
    fn object(&mut self, raw: RawField, standing: Standing, scope: &Scope<'_>) -> Object {
        let fits = |key: &str| key == "let" || (key == "keep" && standing == Standing::Part);
        for (key, span) in raw.given() {
            if OF_ROWS.contains(&key) && !fits(key) {
                self.say_rows_without_relation(key, &span);
                break;
            }
        }
        self.refuse(&raw, &TREATMENTS, "an object is made of fields; this belongs to one of them");
        let mut inner = Scope::within(scope);
        inner.declare_objects(&[&raw.lets, &raw.fields]);
        let lets = self.lets(value(&raw.lets), &inner);
        let fields = self.document_fields(&raw.fields, &inner);
        self.refuse_same_names(&lets, &fields);
        let keep = located(&raw.keep).filter(|_| fits("keep"));
        Object { lets, fields, keep: keep.and_then(|keep| self.expression("keep", &keep, &inner)) }
    }

    fn say_rows_without_relation(&mut self, key: &str, span: &Span) {
        let message = format!("`{key}` without `one` or `many`");
        let help = "rows of another table are `one = \"TABLE\"` (the first, or null) or `many = \"TABLE\"` (an array)";
        self.reader.problem_with_help(span, message, help);
    }

    fn refuse_rows(&mut self, raw: &RawField) {
        self.refuse(raw, &rows_beside(raw), "it belongs to the rows of another table, `one` or `many`");
    }

    /// What belongs to `eav` stands beside it; what belongs to a list of attributes, in one.
    pub fn refuse_eav(&mut self, raw: &RawField) {
        if raw.eav.is_none() {
            self.refuse(raw, &OF_EAV, "it belongs to the values of a set: write `eav = \"SET\"` beside it");
        } else if raw.attribute.is_some() {
            let help = "it belongs to a list of attributes, which has no `attribute`";
            self.refuse(raw, &["except", "labels", "keep_null"], help);
        }
    }

    /// A problem for each of `keys` that was given.
    pub fn refuse(&mut self, raw: &RawField, keys: &[&str], because: &str) {
        for (key, span) in raw.given().into_iter().filter(|(key, _)| keys.contains(key)) {
            let message = format!("`{key}` cannot stand here");
            self.under(key, |checker| checker.reader.problem_with_help(&span, message, because));
        }
    }
}

/// The keys of rows that have no place beside a value; one of a set has a fallback too.
pub fn rows_beside(raw: &RawField) -> Vec<&'static str> {
    OF_ROWS.into_iter().filter(|key| raw.eav.is_none() || *key != "fallback").collect()
}

impl RawField {
    /// Whether it is a list of attributes: one without any of them named, and nothing else.
    pub fn is_eav_list(&self) -> bool {
        let given = self.given();
        let alone = !given.iter().any(|(key, _)| *key != "eav" && (INPUTS.contains(key) || ARRAYS.contains(key)));
        self.eav.is_some() && self.attribute.is_none() && self.fields.is_none() && alone && !self.has_unknown
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
