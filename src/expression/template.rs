//! `{name}` templates: text with the canonical text of named values.

use std::borrow::Cow;
use std::ops::Range;

use super::value::Value;
use super::{EvaluationError, ExpressionError, NameParts, Slots, text};

/// A parsed template; names are not yet looked up.
#[derive(Debug, Clone)]
pub struct Template {
    parts: Vec<Part>,
    names: Vec<(NameParts, Range<usize>)>,
}

/// A compiled template.
#[derive(Debug, Clone)]
pub struct TemplateProgram {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// A number of the template's names; once compiled, the slot that it reads.
    Read(usize),
}

impl Template {
    /// `{name}` or `{alias.column}`; `{{` and `}}` are braces.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut template = Self { parts: Vec::new(), names: Vec::new() };
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['{', '}']) {
            let brace = at + found;
            literal.push_str(&text[at..brace]);
            let rest = &text[brace..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push_str(&rest[..1]);
                at = brace + 2;
            } else if rest.starts_with('}') {
                return Err(refused("a `}` closes nothing here", "write `}}` for a brace", brace..brace + 1));
            } else {
                let Some(length) = rest[1..].find(['{', '}']).filter(|end| rest[1 + end..].starts_with('}')) else {
                    return Err(refused("this `{` is never closed", "write `{{` for a brace", brace..text.len()));
                };
                let inside = brace + 1..brace + 1 + length;
                if !literal.is_empty() {
                    template.parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                let number = template.name(text, inside)?;
                template.parts.push(Part::Read(number));
                at = brace + length + 2;
            }
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() || template.parts.is_empty() {
            template.parts.push(Part::Text(literal));
        }
        Ok(template)
    }

    /// The number of the name that stands at `inside`.
    fn name(&mut self, text: &str, inside: Range<usize>) -> Result<usize, ExpressionError> {
        let written = &text[inside.clone()];
        let start = inside.start + (written.len() - written.trim_start().len());
        let name = written.trim();
        if name.is_empty() {
            let braces = inside.start - 1..inside.end + 1;
            return Err(refused("there is no name between these braces", "write `{{}}` for a pair of braces", braces));
        }
        let span = start..start + name.len();
        let parts: NameParts = name.split('.').map(|part| part.trim().to_owned()).collect();
        if parts.iter().any(String::is_empty) {
            return Err(refused(&format!("`{name}` is no name"), "a name is `column`, or `alias.column`", span));
        }
        if let Some(number) = self.names.iter().position(|(known, _)| *known == parts) {
            return Ok(number);
        }
        self.names.push((parts, span));
        Ok(self.names.len() - 1)
    }

    /// Every name used, each once, in order of appearance, with the bytes it stands at.
    pub fn names(&self) -> Vec<(NameParts, Range<usize>)> {
        self.names.clone()
    }

    /// The texts around the names, in order: one more than names stand in it.
    pub fn around(&self) -> Vec<&str> {
        let mut around = vec![""];
        for part in &self.parts {
            match part {
                Part::Text(text) => *around.last_mut().expect("there is one from the start") = text,
                Part::Read(_) => around.push(""),
            }
        }
        around
    }

    /// The names in the order in which they stand, each as often as it does.
    pub fn reads(&self) -> impl Iterator<Item = &NameParts> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Read(name) => self.names.get(*name).map(|(parts, _)| parts),
        })
    }

    /// Compiles with the slot that each name reads; `slot_of` is asked for the names of [`names`](Self::names).
    pub fn compile(&self, slot_of: &mut dyn FnMut(&[String]) -> usize) -> TemplateProgram {
        let slots: Vec<usize> = self.names.iter().map(|(parts, _)| slot_of(parts)).collect();
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => Part::Text(text.clone()),
            Part::Read(name) => Part::Read(slots[*name]),
        });
        TemplateProgram { parts: parts.collect() }
    }
}

impl TemplateProgram {
    /// Null when any part is null.
    pub fn evaluate<'a>(&'a self, slots: &'a dyn Slots) -> Result<Value<'a>, EvaluationError> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Ok(Value::text(text)),
            [Part::Read(slot)] => Ok(slots.slot(*slot)?.into_canonical_text().map_or(Value::Null, Value::Text)),
            parts => {
                let mut written = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => written.push_str(text),
                        Part::Read(slot) => {
                            if !slots.slot(*slot)?.write_canonical_text(&mut written) {
                                return Ok(Value::Null);
                            }
                        }
                    }
                }
                text::bounded(written).map(|written| Value::Text(Cow::Owned(written)))
            }
        }
    }
}

fn refused(message: &str, help: &str, span: Range<usize>) -> ExpressionError {
    ExpressionError { message: message.to_owned(), help: Some(help.to_owned()), span }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Row;
    use super::*;

    fn evaluate(template: &str) -> Value<'static> {
        let row = Row(vec![
            ("id", Value::Int(5)),
            ("name", Value::text("Ä")),
            ("img.path", Value::text("a/b.jpg")),
            ("none", Value::Null),
        ]);
        let program = Template::parse(template).unwrap().compile(&mut |parts| row.slot_of(parts));
        program.evaluate(&row).unwrap().into_owned()
    }

    #[test]
    fn texts_of_values_in_their_places() {
        for (template, text) in [
            ("", ""),
            ("plain", "plain"),
            ("{name}", "Ä"),
            ("{id}", "5"),
            ("product/{id}", "product/5"),
            ("{name}{name}-{ img.path }!", "ÄÄ-a/b.jpg!"),
            ("{{{id}}}", "{5}"),
            ("{{id}}", "{id}"),
            ("ä{{}}ö", "ä{}ö"),
        ] {
            assert_eq!(evaluate(template), Value::text(text), "{template}");
        }
        assert_eq!(evaluate("{none}"), Value::Null);
        assert_eq!(evaluate("a{id}{none}"), Value::Null);
    }

    #[test]
    fn names_with_their_places() {
        let text = "ä{ a.b }{c}{a.b}";
        let names = Template::parse(text).unwrap().names();
        let shown: Vec<_> = names.iter().map(|(parts, span)| (parts.join("|"), &text[span.clone()])).collect();
        assert_eq!(shown, [("a|b".to_owned(), "a.b"), ("c".to_owned(), "c")]);
    }

    #[test]
    fn broken_braces_are_refused_at_their_place() {
        for (template, underlined, message) in [
            ("a{", "{", "this `{` is never closed"),
            ("ä{name", "{name", "this `{` is never closed"),
            ("{a{b}}", "{a{b}}", "this `{` is never closed"),
            ("{a}}", "}", "a `}` closes nothing here"),
            ("a } b", "}", "a `}` closes nothing here"),
            ("x{}", "{}", "there is no name between these braces"),
            ("x{  }", "{  }", "there is no name between these braces"),
            ("{a.}", "a.", "`a.` is no name"),
            ("{.a}", ".a", "`.a` is no name"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert_eq!(&template[error.span.clone()], underlined, "{template}: {error:?}");
            assert_eq!(error.message, message, "{template}");
            assert!(error.help.is_some());
        }
    }
}
