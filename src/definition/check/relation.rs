//! Relations: `one` and `many` rows of other tables.

use super::Checker;
use super::fields::{ARRAYS, INPUTS, Standing, TREATMENTS};
use super::rows::{RawRows, Scope};
use super::summary::is_summary;
use crate::definition::feed::{
    Cardinality, Default, Element, Field, FieldValue, Name, OrderKey, Relation, Scalar, ScalarField, ScalarInput,
};
use crate::definition::problem::Located;
use crate::definition::raw::Empty;
use crate::definition::raw::eav::RawAs;
use crate::definition::raw::field::{RawField, RawValue};
use crate::definition::raw::rows::{RawOn, RawTable};
use crate::definition::reader::{Given, located, value};

impl Checker<'_> {
    /// None where not even its rows are known.
    pub fn relation(&mut self, raw: RawField, name: &Located<String>, outer: &Scope<'_>) -> Option<Relation> {
        let (table_key, table) = self.only_table(&raw)?;
        if let (Some(empty), "one") = (&raw.empty, table_key) {
            let help = "`one` without a row is null; `empty` is for `many`";
            self.under("empty", |checker| {
                checker.reader.problem_with_help(&empty.key, "`empty` beside `one`", help);
            });
        }
        if let (Some(fallback), "many") = (&raw.fallback, table_key) {
            let help =
                "a fallback chooses between rows, for `one`; which elements an array has, `where_sql` and `keep` say";
            self.under("fallback", |checker| {
                checker.reader.problem_with_help(&fallback.key, "`fallback` beside `many`", help);
            });
        }
        if let (Some(first_per), "one") = (&raw.first_per, table_key) {
            let help = "`one` is the first row already; `first_per` is for `many`";
            self.under("first_per", |checker| {
                checker.reader.problem_with_help(&first_per.key, "`first_per` beside `one`", help);
            });
        }
        let no_pair = |on: &Given<RawOn>| on.value.as_ref().is_some_and(|on| on.0.is_empty());
        if raw.on.as_ref().map_or(!raw.has_unknown, no_pair) {
            let help =
                format!("`on = {{ COLUMN = \"NAME\" }}` ties the rows of `{table_key}` to the row they belong to");
            self.reader.problem_with_help(&name.span, "`on` is missing", help);
        }
        self.refuse_values(&raw);

        let mut scope = Scope::within(outer);
        let rows = RawRows {
            table: Some(table),
            alias: self.alias(&raw.alias),
            on: raw.on.clone(),
            where_sql: self.conditions(&raw),
            join: raw.join.clone(),
            watch: raw.watch.clone(),
            table_key,
        };
        let rows = self.rows(rows, &name.span, Some(name), &mut scope);
        let fallback = self.fallback(&raw.fallback, outer);
        scope.declare_objects(&[&raw.lets, &raw.fields]);
        let lets = self.lets(value(&raw.lets), &scope);
        let keep = located(&raw.keep).and_then(|keep| self.expression("keep", &keep, &scope));
        let order_by = self.order_by(value(&raw.order_by).unwrap_or_default(), &scope);
        let first_per = self.first_per(value(&raw.first_per).unwrap_or_default(), &scope);
        let empty_null = value(&raw.empty).map_or(self.top.empty_null, |empty| empty == Empty::Null);
        let element = self.element(raw, name, &scope)?;
        if let Element::Object(fields) = &element {
            self.refuse_same_names(&lets, fields);
        }
        let cardinality = if table_key == "one" { Cardinality::One } else { Cardinality::Many { empty_null } };
        Some(Relation { cardinality, rows: rows?, fallback, keep, order_by, first_per, lets, element })
    }

    /// The key that says which table the rows are of.
    fn only_table(&mut self, raw: &RawField) -> Option<(&'static str, Given<RawTable>)> {
        let tables = [
            ("one", &raw.one),
            ("many", &raw.many),
            ("sum", &raw.sum),
            ("count", &raw.count),
            ("min", &raw.min),
            ("max", &raw.max),
        ];
        let mut given = tables.into_iter().filter_map(|(key, table)| Some((key, table.clone()?)));
        let (first, table) = given.next()?;
        for (second, table) in given {
            let help = match (first, second) {
                ("one", "many") => "`one` is the first row or null, `many` an array: keep one of the two",
                _ => "a field is one of them: keep one of the two",
            };
            self.reader.problem_with_help(&table.key, format!("`{second}` beside `{first}`"), help);
        }
        Some((first, table))
    }

    fn alias(&mut self, given: &Option<Given<RawAs>>) -> Option<Given<String>> {
        let given = given.as_ref()?;
        let alias = match given.value.clone() {
            Some(RawAs::Alias(alias)) => Some(alias),
            Some(RawAs::Members(_)) => {
                self.under("as", |checker| checker.reader.problem(&given.span, "expected a string, found a table"));
                None
            }
            None => None,
        };
        Some(Given { key: given.key.clone(), span: given.span.clone(), value: alias })
    }

    /// Keys of a value beside `one` or `many`.
    fn refuse_values(&mut self, raw: &RawField) {
        let inputs: Vec<&str> = INPUTS.into_iter().filter(|key| *key != "value").collect();
        self.refuse(raw, &inputs, "the elements are made by `fields`, or by `value` where they are plain values");
        let treatments: Vec<&str> = TREATMENTS.into_iter().filter(|key| *key != "default").collect();
        self.refuse(raw, &treatments, "it belongs to the value: write `value = { column = ..., ... }`");
        if let Some(default) = &raw.default
            && !(raw.one.is_some() && raw.value.is_some())
        {
            self.under("default", |checker| {
                let help = "a default stands in for one value: beside `one` with `value`, or in a field";
                checker.reader.problem_with_help(&default.key, "`default` cannot stand here", help);
            });
        }
    }

    fn element(&mut self, raw: RawField, name: &Located<String>, scope: &Scope<'_>) -> Option<Element> {
        match (&raw.fields, &raw.value) {
            (Some(_), Some(value)) => {
                let help = "`fields` makes objects, `value` plain values: keep one of the two";
                self.reader.problem_with_help(&value.key, "`value` beside `fields`", help);
                None
            }
            (None, None) => {
                if raw.count.is_some() {
                    return Some(Element::Value(Box::new(each_row(name))));
                }
                if !raw.has_unknown && !is_summary(&raw) {
                    let help = "give it `fields` for objects, or `value` for plain values";
                    self.reader.problem_with_help(&name.span, "does not say what its elements are made of", help);
                }
                None
            }
            (Some(_), None) => Some(Element::Object(self.document_fields(&raw.fields, scope))),
            (None, Some(given)) => {
                let mut field = self.element_value(given, scope)?;
                match (raw.default, &mut field.value) {
                    (None, _) => {}
                    (Some(default), FieldValue::Scalar(scalar)) => self.outer_default(default, scalar, scope),
                    (Some(default), _) => self.under("default", |checker| {
                        let help = "a default stands in for a single value";
                        checker.reader.problem_with_help(&default.key, "`default` cannot stand here", help);
                    }),
                }
                Some(Element::Value(Box::new(field)))
            }
        }
    }

    fn element_value(&mut self, given: &Given<RawValue>, scope: &Scope<'_>) -> Option<Field> {
        let span = given.span.clone();
        let mut when = None;
        let value = match given.value.clone()? {
            RawValue::Scalar(Scalar::Text(column)) => {
                let column = Located::new(column, span.clone());
                let column = self.under("value", |checker| checker.column_reference(&column, scope))?;
                FieldValue::Scalar(ScalarField::of(ScalarInput::Column(Located::new(column, span.clone()))))
            }
            RawValue::Scalar(_) => {
                self.under("value", |checker| {
                    let help = "a literal is written `value = { value = ... }`";
                    checker.reader.problem_with_help(&span, "expected a column's name or a field", help);
                });
                return None;
            }
            RawValue::Field(raw) => self.under("value", |checker| {
                when = located(&raw.when).and_then(|when| checker.expression("when", &when, scope));
                let owner = Located::new("value".to_owned(), given.key.clone());
                if raw.given().iter().any(|(key, _)| ARRAYS.contains(key)) {
                    checker.refuse(&raw, &["hidden", "omit_null"], "it belongs to the field, not to the value in it");
                    return checker.field_value(*raw, &owner, Standing::Alone, scope);
                }
                checker.plain_value(&raw, &["hidden", "omit_null"], &given.key);
                FieldValue::Scalar(checker.scalar(*raw, &owner, scope))
            }),
        };
        Some(Field {
            name: Located::new("value".to_owned(), given.key.clone()),
            hidden: false,
            omit_null: false,
            when,
            value,
            json: false,
            span: given.key.start.min(span.start)..given.key.end.max(span.end),
        })
    }

    /// `default` beside `one` and `value`.
    fn outer_default(&mut self, default: Given<RawValue>, scalar: &mut ScalarField, scope: &Scope<'_>) {
        let key = default.key.clone();
        let read: Option<Default> = self.default(default, scope);
        if scalar.default.is_some() {
            let help = "keep the one of the value; it also stands for a missing row";
            self.under("default", |checker| checker.reader.problem_with_help(&key, "`default` is given twice", help));
        } else {
            scalar.default = read;
        }
    }

    fn order_by(&mut self, raw: Vec<Located<String>>, scope: &Scope<'_>) -> Vec<Located<OrderKey>> {
        let mut keys = Vec::new();
        for (number, text) in raw.into_iter().enumerate() {
            let (name, descending) = match text.value.strip_prefix('-') {
                Some(name) => (name.to_owned(), true),
                None => (text.value.clone(), false),
            };
            let name = Located::new(name, text.span.clone());
            let name = self.under("order_by", |checker| {
                checker.under_element(number, |checker| checker.order_name(&name, descending, scope))
            });
            if let Some(name) = name {
                keys.push(Located::new(OrderKey { name, descending }, text.span));
            }
        }
        keys
    }

    fn first_per(&mut self, raw: Vec<Located<String>>, scope: &Scope<'_>) -> Vec<Located<Name>> {
        let mut names = Vec::new();
        for (number, text) in raw.into_iter().enumerate() {
            let name = self.under("first_per", |checker| {
                checker.under_element(number, |checker| checker.column_reference(&text, scope))
            });
            names.extend(name.map(|name| Located::new(name, text.span)));
        }
        names
    }

    fn order_name(&mut self, name: &Located<String>, descending: bool, scope: &Scope<'_>) -> Option<Name> {
        let mut words = name.value.split_whitespace();
        let (column, direction) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if ["asc", "desc"].iter().any(|word| direction.eq_ignore_ascii_case(word)) {
            let sign = if direction.eq_ignore_ascii_case("desc") != descending { "-" } else { "" };
            let message = format!("`{}` is not a name", name.value);
            self.reader.problem_with_help(&name.span, message, format!("write \"{sign}{column}\""));
            return None;
        }
        self.value_reference(name, scope)
    }
}

/// The value that every row has, for what counts them.
fn each_row(name: &Located<String>) -> Field {
    Field {
        name: name.clone(),
        hidden: false,
        omit_null: false,
        when: None,
        value: FieldValue::Scalar(ScalarField::of(ScalarInput::Literal(Scalar::Int(1)))),
        json: false,
        span: name.span.clone(),
    }
}
