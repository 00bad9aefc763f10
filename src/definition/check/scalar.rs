//! Values: one input, and what is done to it.

use jiff::fmt::strtime;

use super::Checker;
use super::fields::{ARRAYS, INPUTS, nothing, rows_beside};
use super::rows::Scope;
use super::summary::is_summary;
use crate::definition::feed::{DateTimeFormat, Default, Encoding, Scalar, ScalarField, ScalarInput, ValueType};
use crate::definition::problem::{Located, Span};
use crate::definition::raw::eav::RawMaps;
use crate::definition::raw::field::{RawDefault, RawField, RawValue};
use crate::definition::raw::literal::{RawEncoding, RawMap};
use crate::definition::reader::{Given, located, value};
use crate::expression::template::Template;
use crate::expression::{Expression, ExpressionError, NameParts};

impl Checker<'_> {
    /// Anything but the keys of a value is left unseen; a field without input gives null.
    pub fn scalar(&mut self, raw: RawField, name: &Located<String>, scope: &Scope<'_>) -> ScalarField {
        let input = match is_summary(&raw) {
            true => self.summary(&raw, name, scope),
            false => self.input(&raw, scope),
        };
        self.treated(raw, input.unwrap_or_else(nothing), scope)
    }

    /// What is done to a value, whatever it is.
    pub fn treated(&mut self, raw: RawField, input: ScalarInput, scope: &Scope<'_>) -> ScalarField {
        let value_type = located(&raw.value_type);
        self.check_round(&raw);
        if let (Some(mask), Some(_)) = (&raw.mask, &raw.encode) {
            let help = "a mask is a text already: keep one of the two";
            self.reader.problem_with_help(&mask.key, "`mask` beside `encode`", help);
        }
        ScalarField {
            format: self.format(&raw),
            round: located(&raw.round)
                .and_then(|round| Some(Located::new(u32::try_from(round.value.0).ok()?, round.span))),
            map: self.map(&raw.map),
            encode: self.encode(&raw),
            mask: located(&raw.mask),
            default: raw.default.and_then(|default| self.default(default, scope)),
            input,
            value_type,
        }
    }

    fn input(&mut self, raw: &RawField, scope: &Scope<'_>) -> Option<ScalarInput> {
        let given = raw.given();
        let mut inputs = given.iter().filter(|(key, _)| INPUTS.contains(key));
        let (first, _) = inputs.next()?;
        for (second, span) in inputs {
            let message = format!("`{second}` beside `{first}`");
            self.reader.problem_with_help(span, message, "a value has one input; keep one of the two");
        }
        match *first {
            "column" => {
                let column = located(&raw.column)?;
                let name = self.under("column", |checker| checker.column_reference(&column, scope))?;
                Some(ScalarInput::Column(Located::new(name, column.span)))
            }
            "eav" if raw.attribute.is_none() => None,
            "eav" => self.eav_value(raw, scope).map(|value| ScalarInput::Eav(Box::new(value))),
            "expr" => self.expression("expr", &located(&raw.expr)?, scope).map(ScalarInput::Expression),
            "template" => self.template(&located(&raw.template)?, scope).map(ScalarInput::Template),
            _ => match located(&raw.value)? {
                Located { value: RawValue::Scalar(scalar), .. } => Some(ScalarInput::Literal(scalar)),
                Located { value: RawValue::Field(_), span } => {
                    self.under("value", |checker| {
                        let help = "a literal is a string, a number or a boolean; a field may stand here beside `one` or `many`";
                        checker.reader.problem_with_help(&span, "expected a literal, found a table", help);
                    });
                    None
                }
            },
        }
    }

    fn encode(&mut self, raw: &RawField) -> Option<Located<Encoding>> {
        let Located { value, span } = located(&raw.encode)?;
        match value {
            RawEncoding::OfText(encoding) => Some(Located::new(encoding, span)),
            RawEncoding::Json => {
                self.refuse_json(&span);
                None
            }
        }
    }

    fn map(&mut self, given: &Option<Given<RawMaps>>) -> Option<Vec<(String, Scalar)>> {
        let given = given.as_ref()?;
        match given.value.clone()? {
            RawMaps::One(RawMap(values)) => Some(values),
            RawMaps::ForAttributes(_) => {
                self.under("map", |checker| {
                    let help = "several maps, each for some attributes, are for a list of attributes";
                    checker.reader.problem_with_help(&given.span, "expected a table, found a list", help);
                });
                None
            }
        }
    }

    fn check_round(&mut self, raw: &RawField) {
        let Some(round) = &raw.round else { return };
        let roundable = [ValueType::Decimal, ValueType::Float];
        let text = raw.value_type.is_none() && raw.template.is_some();
        if text || value(&raw.value_type).is_some_and(|value_type| !roundable.contains(&value_type)) {
            self.under("round", |checker| {
                let help = "rounding is for `type = \"decimal\"` and `type = \"float\"`";
                checker.reader.problem_with_help(&round.key, "`round` on what has no decimal places", help);
            });
        }
    }

    fn format(&mut self, raw: &RawField) -> Option<Located<DateTimeFormat>> {
        let given = raw.format.as_ref()?;
        // A column has a declared type; what is computed has none.
        let untyped = raw.value_type.is_none() && raw.column.is_none() && raw.eav.is_none() && !raw.has_unknown;
        if untyped || value(&raw.value_type).is_some_and(|value_type| value_type != ValueType::DateTime) {
            self.under("format", |checker| {
                let help = "write `type = \"datetime\"`, or leave `format` out";
                checker.reader.problem_with_help(&given.key, "`format` on what is no datetime", help);
            });
            return None;
        }
        let Located { value: pattern, span } = given.located()?;
        if pattern == "unix" {
            return Some(Located::new(DateTimeFormat::Unix, span));
        }
        let fault = pattern_fault(&pattern);
        match fault {
            None => Some(Located::new(DateTimeFormat::Pattern(pattern), span)),
            Some(fault) => {
                self.under("format", |checker| {
                    let message = format!("`{pattern}` is not a date's format: {fault}");
                    let help = "write \"unix\", or a strftime pattern such as \"%Y-%m-%d %H:%M:%S\"";
                    checker.reader.problem_with_help(&span, message, help);
                });
                None
            }
        }
    }

    pub fn default(&mut self, default: Given<RawDefault>, scope: &Scope<'_>) -> Option<Default> {
        match default.value? {
            RawValue::Scalar(scalar) => Some(Default::Literal(scalar)),
            RawValue::Field(raw) => self.under("default", |checker| {
                checker.plain_value(&raw, &["hidden", "omit_null", "when"], &default.key);
                let name = Located::new("default".to_owned(), default.key.clone());
                Some(Default::Field(Box::new(checker.scalar(*raw, &name, scope))))
            }),
        }
    }

    /// Where only a value may stand: no object, no relation, none of `refused`.
    pub fn plain_value(&mut self, raw: &RawField, refused: &[&str], owner: &Span) {
        if !is_summary(raw) {
            let composite = ["use", "one", "many", "fields", "list", "split", "by", "from"];
            self.refuse(raw, &composite, "a single value stands here");
            self.refuse(raw, &rows_beside(raw), "a single value stands here");
            self.refuse_eav(raw);
            if let (Some(eav), true) = (&raw.eav, raw.is_eav_list()) {
                let help = "a single value stands here: name one with `attribute`";
                self.reader.problem_with_help(&eav.key, "a list of attributes cannot stand here", help);
            }
        }
        self.refuse(raw, refused, "it belongs to the field, not to the value in it");
        let given = raw.given();
        let made = |key: &str| {
            INPUTS.contains(&key) || ARRAYS.contains(&key) || ["use", "one", "many", "fields"].contains(&key)
        };
        let made = given.iter().any(|(key, _)| made(key)) || is_summary(raw);
        if !made && !raw.has_unknown {
            let help = "give it `column`, `expr`, `template` or `value`";
            self.reader.problem_with_help(owner, "does not say what it is made of", help);
        }
    }

    pub fn expression(&mut self, key: &str, text: &Located<String>, scope: &Scope<'_>) -> Option<Located<Expression>> {
        self.under(key, |checker| {
            let parsed =
                Expression::parse(&text.value).map_err(|error| checker.say_expression(error, &text.span)).ok()?;
            checker.tables_known(parsed.names(), &text.span, scope).then(|| Located::new(parsed, text.span.clone()))
        })
    }

    fn template(&mut self, text: &Located<String>, scope: &Scope<'_>) -> Option<Located<Template>> {
        self.template_in("template", text, scope)
    }

    /// A text with `{name}`s in it under `key`.
    pub fn template_in(&mut self, key: &str, text: &Located<String>, scope: &Scope<'_>) -> Option<Located<Template>> {
        self.under(key, |checker| {
            let parsed =
                Template::parse(&text.value).map_err(|error| checker.say_expression(error, &text.span)).ok()?;
            checker.tables_known(parsed.names(), &text.span, scope).then(|| Located::new(parsed, text.span.clone()))
        })
    }

    fn say_expression(&mut self, error: ExpressionError, string: &Span) {
        let span = self.file.within_string(string, error.span);
        self.reader.note(&span, error.message, error.help);
    }

    fn tables_known(
        &mut self,
        names: Vec<(NameParts, std::ops::Range<usize>)>,
        string: &Span,
        scope: &Scope<'_>,
    ) -> bool {
        let mut known = true;
        for (parts, range) in names {
            let span = self.file.within_string(string, range);
            match parts.as_slice() {
                [_] => {}
                [object, ..] if scope.has_object(object) => {}
                [alias, _] if scope.has(alias) => {}
                [alias, _] => {
                    // Quoted names are underlined whole.
                    let end = (span.start + alias.len()).min(span.end);
                    let bare = self.file.text.get(span.start..end) == Some(alias);
                    let span = if bare { span.start..end } else { span };
                    self.unknown_alias(alias, &span, scope);
                    known = false;
                }
                _ => {
                    let message = format!("`{}` is not a name", parts.join("."));
                    self.reader.problem_with_help(&span, message, "write a field, a column or `alias.column`");
                    known = false;
                }
            }
        }
        known
    }
}

/// Why a strftime pattern cannot be used.
fn pattern_fault(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("it is empty".to_owned());
    }
    let sample = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    strtime::format(pattern, &sample).err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::pattern_fault;

    #[test]
    fn patterns_are_tried_out() {
        for good in ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%s", "week %V"] {
            assert_eq!(pattern_fault(good), None, "{good}");
        }
        for bad in ["", "%", "%Y-%!"] {
            assert!(pattern_fault(bad).is_some(), "{bad}");
        }
    }
}
