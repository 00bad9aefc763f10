//! Arrays that are more, or other, than the rows of one relation: parts, lists, cut texts, and fields of other arrays.

use super::Checker;
use super::fields::{INPUTS, OF_ROWS, Standing, TREATMENTS};
use super::names::{Level, is_broken};
use super::rows::Scope;
use crate::definition::feed::{
    Array, Cardinality, Element, Elements, Field, FieldValue, From, Name, Scalar, ScalarInput, Split,
};
use crate::definition::problem::{Located, suggestion};
use crate::definition::raw::Empty;
use crate::definition::raw::field::{FieldShape, RawElements, RawField, RawValue, place_name};
use crate::definition::raw::literal::RawEncoding;
use crate::definition::reader::{located, value};

impl Checker<'_> {
    /// An array made of parts; what is said of it as a whole stands in the first of them.
    pub fn parts(&mut self, mut raw: Vec<Located<RawField>>, field: &mut Field, scope: &Scope<'_>) {
        let Some(first) = raw.first_mut() else {
            self.reader.problem_with_help(&field.name.span, "has no part", "each part is a table: `[[...]]`");
            return;
        };
        field.hidden = value(&first.value.hidden).unwrap_or(false);
        field.omit_null = value(&first.value.omit_null).unwrap_or(self.top.omit_null);
        let empty_null = value(&first.value.empty).map_or(self.top.empty_null, |empty| empty == Empty::Null);
        first.value.empty = None;
        let json = first.value.encode.take_if(|encode| encode.value == Some(RawEncoding::Json));
        let mut parts = Vec::new();
        for (number, part) in raw.into_iter().enumerate() {
            let name = field.name.value.clone();
            parts.extend(self.under_element(number, |checker| checker.part(part, number, name, scope)));
        }
        field.value = FieldValue::Array(Array { elements: Elements::Parts(parts), empty_null });
        self.write_as_json(field, json);
    }

    /// None where the part makes no sense.
    fn part(&mut self, raw: Located<RawField>, number: usize, array: String, scope: &Scope<'_>) -> Option<Field> {
        let Located { value: mut raw, span } = raw;
        if number > 0 {
            let is_json = raw.encode.as_ref().is_some_and(|encode| encode.value == Some(RawEncoding::Json));
            let whole: &[&str] =
                if is_json { &["hidden", "omit_null", "empty", "encode"] } else { &["hidden", "omit_null", "empty"] };
            self.refuse(&raw, whole, "it is said of the array as a whole, in its first part");
            raw.empty = None;
            raw.encode = raw.encode.filter(|_| !is_json);
        }
        let when = located(&raw.when).and_then(|when| self.expression("when", &when, scope));
        // A query without `as` is named as its array.
        let owner = Located::new(array, span.clone());
        let mut part = Field {
            name: Located::new(place_name(number), span.clone()),
            hidden: false,
            omit_null: false,
            when,
            value: self.field_value(raw, &owner, Standing::Part, scope),
            json: false,
            span,
        };
        if is_broken(&part) {
            return None;
        }
        match &mut part.value {
            FieldValue::Object(_) => {}
            FieldValue::Array(array) => array.empty_null = false,
            FieldValue::Relation(relation) if relation.cardinality != Cardinality::One => {
                relation.cardinality = Cardinality::Many { empty_null: false };
            }
            FieldValue::Relation(_) => {
                let help = "`many` gives the rows of a table, `list = [{ one = ... }]` an element, be it null";
                self.reader.problem_with_help(&part.span, "`one` is no part of an array", help);
                return None;
            }
            FieldValue::Scalar(_) => {
                let help = "a part is `many`, `fields` (one object), `list`, `split` or `from`; a value is an element of `list`";
                self.reader.problem_with_help(&part.span, "a value is no part of an array", help);
                return None;
            }
        }
        Some(part)
    }

    /// `list`, `split` or `from`, by `maker`. None where it makes no sense.
    pub fn array(&mut self, raw: RawField, maker: &str, name: &Located<String>, scope: &Scope<'_>) -> Option<Array> {
        for (key, span) in raw.given() {
            let of_from = key == "value" && maker == "from";
            if (INPUTS.contains(&key) && !of_from) || key == "fields" {
                let help = "a field is made in one way: keep one of the two";
                self.reader.problem_with_help(&span, format!("`{key}` beside `{maker}`"), help);
            }
        }
        let of_rows: Vec<&str> = OF_ROWS.into_iter().filter(|key| *key != "empty").collect();
        self.refuse(&raw, &of_rows, "it belongs to the rows of another table, `many`");
        let empty_null = value(&raw.empty).map_or(self.top.empty_null, |empty| empty == Empty::Null);
        let elements = match maker {
            "list" => {
                self.refuse(&raw, &TREATMENTS, "it belongs to the elements");
                Elements::List(self.list(value(&raw.list)?, scope))
            }
            "split" => Elements::Split(Box::new(self.split(raw, name, scope)?)),
            _ => {
                self.refuse(&raw, &TREATMENTS, "it belongs to the field that is taken");
                Elements::From(self.from(&raw, name)?)
            }
        };
        Some(Array { elements, empty_null })
    }

    fn list(&mut self, raw: RawElements, scope: &Scope<'_>) -> Vec<Field> {
        self.under("list", |checker| {
            let elements = raw.0.into_iter().enumerate();
            elements
                .map(|(number, named)| {
                    checker.under_element(number, |checker| {
                        if let Some(FieldShape::Table(raw)) = &named.shape {
                            checker.refuse(raw, &["hidden", "omit_null"], "an element is always written");
                        }
                        checker.field(named, scope)
                    })
                })
                .collect()
        })
    }

    fn split(&mut self, raw: RawField, name: &Located<String>, scope: &Scope<'_>) -> Option<Split> {
        let text = located(&raw.split);
        let text = text.and_then(|text| {
            let name = self.under("split", |checker| checker.value_reference(&text, scope))?;
            Some(Located::new(name, text.span))
        });
        let by = match &raw.by {
            Some(by) => by.located().filter(|by| {
                if by.value.is_empty() {
                    self.under("by", |checker| checker.reader.problem(&by.span, "is empty"));
                }
                !by.value.is_empty()
            }),
            None => {
                if !raw.has_unknown {
                    let help = "`by = \",\"` says what stands between the pieces";
                    self.reader.problem_with_help(&name.span, "`by` is missing", help);
                }
                None
            }
        };
        let piece = self.treated(raw, ScalarInput::Piece, scope);
        Some(Split { text: text?, by: by?.value, piece })
    }

    fn from(&mut self, raw: &RawField, name: &Located<String>) -> Option<From> {
        let field = match located(&raw.value) {
            Some(Located { value: RawValue::Scalar(Scalar::Text(field)), span }) => Some(Located::new(field, span)),
            Some(Located { span, .. }) => {
                self.under("value", |checker| {
                    let help = "`value` names the field of the other array's elements that is taken";
                    checker.reader.problem_with_help(&span, "expected a field's name", help);
                });
                None
            }
            None => {
                if raw.value.is_none() && !raw.has_unknown {
                    let help = "`value = \"FIELD\"` names the field of its elements that is taken";
                    self.reader.problem_with_help(&name.span, "`value` is missing", help);
                }
                None
            }
        };
        let array = self.not_blank("from", located(&raw.from))?;
        let parts = array.value.split('.').map(str::to_owned).collect();
        Some(From { array: Located::new(Name(parts), array.span), field: field? })
    }

    /// The array that `from` names must be one of this row, and its elements must have the field as a single value.
    pub fn resolve_from(&mut self, from: &From, level: &Level<'_>) {
        let shown = from.array.value.0.join(".");
        let Some(target) = array_named(&from.array.value.0, level) else {
            let arrays = level.iter().flat_map(|names| names.values()).filter(|field| is_array(field));
            let help = suggestion(&shown, arrays.map(|field| field.name.value.as_str()));
            let message = format!("no array beside this one is named `{shown}`");
            self.under("from", |checker| checker.reader.note(&from.array.span, message, help));
            return;
        };
        if is_broken(target) {
            return;
        }
        let Some(lists) = fields_to_take(target).filter(|_| is_array(target)) else {
            let what = if is_array(target) { "an array of plain values" } else { "no array" };
            let message = format!("`{shown}` is {what}; no field can be taken of its elements");
            self.under("from", |checker| checker.reader.problem(&from.array.span, message));
            return;
        };
        let name = &from.field.value;
        for fields in lists {
            let Some(field) = fields.iter().find(|field| field.name.value == *name) else {
                let help = suggestion(name, fields.iter().map(|field| field.name.value.as_str()));
                let message = format!("elements of `{shown}` have no field `{name}`");
                self.under("value", |checker| checker.reader.note(&from.field.span, message, help));
                return;
            };
            if let Some(what) = field.composite() {
                let message = format!("`{name}` is {what}, not a single value");
                self.under("value", |checker| checker.reader.problem(&from.field.span, message));
                return;
            }
        }
    }
}

/// A field that a name leads to, through objects of the same row.
fn array_named<'a>(name: &[String], level: &Level<'a>) -> Option<&'a Field> {
    let (first, rest) = name.split_first()?;
    let mut field = level.iter().find_map(|names| names.get(first.as_str()).copied())?;
    for part in rest {
        let FieldValue::Object(object) = &field.value else { return None };
        field = object.fields.iter().find(|field| field.name.value == *part)?;
    }
    Some(field)
}

fn is_array(field: &Field) -> bool {
    field.composite() == Some("an array")
}

/// The fields that elements of an array, or an object, have: of an array made of parts those of each part. None where
/// there are plain values among them.
pub fn element_fields(field: &Field) -> Option<Vec<&[Field]>> {
    if field.json {
        return None;
    }
    match &field.value {
        FieldValue::Scalar(_) => None,
        FieldValue::Object(object) => Some(vec![&object.fields]),
        FieldValue::Relation(relation) => match &relation.element {
            Element::Object(fields) => Some(vec![fields]),
            Element::Value(_) => None,
        },
        FieldValue::Array(array) => match &array.elements {
            Elements::Parts(inner) | Elements::List(inner) => {
                let lists: Option<Vec<_>> = inner.iter().map(element_fields).collect();
                Some(lists?.into_iter().flatten().collect())
            }
            Elements::Attributes(list) => Some(vec![list.members.as_slice()]),
            Elements::Split(_) | Elements::From(_) => None,
        },
    }
}

/// The same for an array whose elements are all objects made by itself, so that a field can be taken of each.
fn fields_to_take(field: &Field) -> Option<Vec<&[Field]>> {
    let objects = |inner: &'_ [Field]| -> bool {
        inner.iter().all(|element| matches!(element.value, FieldValue::Object(_)) && !element.json)
    };
    match &field.value {
        FieldValue::Relation(_) => element_fields(field),
        FieldValue::Array(Array { elements: Elements::Parts(parts), .. }) => {
            let part = |part: &'_ Field| match &part.value {
                FieldValue::Array(Array { elements: Elements::List(inner), .. }) => objects(inner),
                FieldValue::Array(_) => false,
                _ => true,
            };
            parts.iter().all(part).then(|| element_fields(field)).flatten()
        }
        FieldValue::Array(Array { elements: Elements::List(inner), .. }) => {
            objects(inner).then(|| element_fields(field)).flatten()
        }
        _ => None,
    }
}
