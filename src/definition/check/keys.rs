//! What a column of `on` equals that is more than a name: a literal, or any of several values.

use super::Checker;
use super::rows::Scope;
use crate::definition::feed::OnValue;
use crate::definition::problem::{Located, Span};
use crate::definition::raw::field::RawField;
use crate::definition::raw::rows::RawKey;
use crate::definition::reader::located;

/// What a key is made of; `by` belongs to `split`.
const KINDS: [&str; 4] = ["value", "split", "list", "eav"];
/// What belongs to `eav`.
const OF_EAV: [&str; 3] = ["attribute", "of", "fallback"];

impl Checker<'_> {
    /// `later` are names of tables that are not known yet.
    pub fn key(&mut self, raw: RawKey, owner: &Span, scope: &Scope<'_>, later: &[&str]) -> Option<OnValue> {
        let given = raw.given();
        let mut kinds = given.iter().filter(|(key, _)| KINDS.contains(key));
        let Some((first, _)) = kinds.next() else {
            if !raw.has_unknown {
                let help = "give it `value`, `split` with `by`, `list`, or `eav` with `attribute`";
                self.reader.problem_with_help(owner, "does not say what the column equals", help);
            }
            return None;
        };
        for (second, span) in kinds {
            let message = format!("`{second}` beside `{first}`");
            self.reader.problem_with_help(span, message, "a column equals one of them; keep one of the two");
        }
        if let (Some(by), true) = (&raw.by, *first != "split") {
            let message = format!("`by` beside `{first}`");
            self.reader.problem_with_help(&by.key, message, "it says where the text of `split` is cut");
        }
        for (key, span) in given.iter().filter(|(key, _)| OF_EAV.contains(key) && *first != "eav") {
            let message = format!("`{key}` beside `{first}`");
            self.reader.problem_with_help(span, message, "it belongs to the values of a set, `eav`");
        }
        match *first {
            "eav" => self.eav_key(raw, owner, scope),
            "value" => located(&raw.value).map(|literal| OnValue::Literal(literal.value)),
            "split" => {
                let by = self.separator(&raw, owner);
                let text = located(&raw.split)?;
                let name = self.under("split", |checker| checker.on_name(&text, scope, later))?;
                Some(OnValue::Split { name: Located::new(name, text.span), by: by? })
            }
            _ => {
                let text = located(&raw.list)?;
                let name = self.under("list", |checker| checker.split_name(&text))?;
                Some(OnValue::List(Located::new(name, text.span)))
            }
        }
    }

    /// One attribute's value.
    fn eav_key(&mut self, raw: RawKey, owner: &Span, scope: &Scope<'_>) -> Option<OnValue> {
        if raw.attribute.is_none() && !raw.has_unknown {
            let help = "a column equals one value: name its attribute";
            self.reader.problem_with_help(owner, "`attribute` is missing", help);
        }
        let RawKey { eav, attribute, of, fallback, .. } = raw;
        let value = RawField { eav, attribute, of, fallback, ..RawField::default() };
        self.eav_value(&value, scope).map(|value| OnValue::Eav(Box::new(value)))
    }

    /// Where a text is cut.
    fn separator(&mut self, raw: &RawKey, owner: &Span) -> Option<String> {
        const HELP: &str = "`by` says where the text is cut: `{ split = \"path\", by = \"/\" }`";
        if raw.by.is_none() && !raw.has_unknown {
            self.reader.problem_with_help(owner, "`by` is missing", HELP);
        }
        let by = located(&raw.by)?;
        if by.value.is_empty() {
            self.under("by", |checker| checker.reader.problem_with_help(&by.span, "is empty", HELP));
            return None;
        }
        Some(by.value)
    }
}
