//! Summaries: one value of many rows, `sum`, `count`, `min` and `max`, or a text by `separator`.

use super::Checker;
use super::fields::INPUTS;
use super::rows::Scope;
use crate::definition::feed::{Cardinality, Element, ScalarInput, Summary, SummaryKind};
use crate::definition::problem::{Located, Span};
use crate::definition::raw::Empty;
use crate::definition::raw::field::RawField;
use crate::definition::reader::{located, value};

/// The keys that hold a summary's table.
pub const SUMMARIES: [&str; 4] = ["sum", "count", "min", "max"];

/// Whether a field is one value of many rows.
pub fn is_summary(raw: &RawField) -> bool {
    summary_key(raw).is_some() || raw.separator.is_some() && (raw.many.is_some() || raw.one.is_some())
}

fn summary_key(raw: &RawField) -> Option<(&'static str, Span)> {
    raw.given().into_iter().find(|(key, _)| SUMMARIES.contains(key))
}

impl Checker<'_> {
    /// The keys of a scalar (`type`, `map`, `default` ...) are left to the scalar that this is the input of.
    pub fn summary(&mut self, raw: &RawField, name: &Located<String>, scope: &Scope<'_>) -> Option<ScalarInput> {
        let inputs: Vec<&str> = INPUTS.into_iter().filter(|key| *key != "value").collect();
        self.refuse(raw, &inputs, "what is summed up stands in `value`");
        if raw.fields.is_some() {
            self.refuse(raw, &["fields"], "single values are summed up: give it `value`");
        }
        let key = summary_key(raw).map(|(key, _)| key);
        if let (Some(key), Some(separator)) = (key, &raw.separator) {
            let help = "it stands between the values of `many`";
            self.reader.problem_with_help(&separator.key, format!("`separator` beside `{key}`"), help);
        }
        if let (None, Some(one), Some(separator)) = (key, &raw.one, &raw.separator) {
            let help = "it stands between the values of `many`";
            let span = if raw.many.is_some() { &one.key } else { &separator.key };
            self.reader.problem_with_help(span, "`separator` beside `one`", help);
            return None;
        }
        if let Some(key) = key {
            let because = format!("`{key}` takes all rows in any order; `where_sql` and `keep` say which");
            self.refuse(raw, &["order_by", "first_per", "empty", "fallback"], &because);
        }
        let mut given = raw.given().into_iter();
        let has_value = given.any(|(given, _)| INPUTS.contains(&given) || given == "fields");
        if key != Some("count") && !has_value && !raw.has_unknown {
            let help = "`value` says what of each row is meant: a column's name or a field";
            self.reader.problem_with_help(&name.span, "`value` is missing", help);
        }
        let relation = self.relation(plain_rows(raw), name, scope)?;
        if let Element::Value(value) = &relation.element
            && let Some(what) = value.composite()
        {
            let message = format!("expected a single value, found {what}");
            self.under("value", |checker| checker.reader.problem(&value.span, message));
            return None;
        }
        let kind = match (key, relation.cardinality) {
            (Some("sum"), _) => SummaryKind::Sum,
            (Some("count"), _) => SummaryKind::Count,
            (Some("min"), _) => SummaryKind::Min,
            (Some(_), _) => SummaryKind::Max,
            (None, Cardinality::Many { .. }) => {
                // The feed's `empty` is for arrays: the text of nothing is a text.
                let empty_null = value(&raw.empty) == Some(Empty::Null);
                SummaryKind::Text { separator: located(&raw.separator)?.value, empty_null }
            }
            (None, Cardinality::One) => return None,
        };
        Some(ScalarInput::Summary(Box::new(Summary { kind, relation })))
    }
}

/// The rows alone, without what is done to their summary or was refused in it.
fn plain_rows(raw: &RawField) -> RawField {
    RawField {
        column: None,
        expr: None,
        template: None,
        value_type: None,
        round: None,
        format: None,
        map: None,
        encode: None,
        mask: None,
        default: None,
        when: None,
        fields: None,
        ..raw.clone()
    }
}
