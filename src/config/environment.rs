//! `${NAME}` in the strings of the configuration file: the environment variable of that name.

use crate::definition::problem::Span;
use crate::definition::reader::Reader;
use crate::definition::tree::{Kind, Node};

/// The environment as far as the configuration asks it.
pub type Lookup<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// Fills all strings below `node`; gives the values that came in.
pub fn fill(node: &mut Node, lookup: &Lookup<'_>, reader: &mut Reader) -> Vec<String> {
    let mut values = Vec::new();
    fill_node(node, lookup, reader, &mut values);
    values
}

fn fill_node(node: &mut Node, lookup: &Lookup<'_>, reader: &mut Reader, values: &mut Vec<String>) {
    match &mut node.kind {
        Kind::Text(text) => *text = filled(text, &node.span, lookup, reader, values),
        Kind::Array(items) => {
            for item in items {
                fill_node(item, lookup, reader, values);
            }
        }
        Kind::Table(entries) => {
            for entry in entries {
                reader.under(&entry.key, |reader| fill_node(&mut entry.value, lookup, reader, values));
            }
        }
        _ => {}
    }
}

/// What was filled in is not looked at again: a value may hold any `$`.
fn filled(text: &str, span: &Span, lookup: &Lookup<'_>, reader: &mut Reader, values: &mut Vec<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let Some((name, after)) = after.split_once('}') else {
                reader.problem_with_help(span, "`${` without `}`", "write `$${` where a plain `${` is meant");
                return result;
            };
            rest = after;
            if !is_name(name) {
                let help = "write `${NAME}` for an environment variable, `$$` for a dollar sign";
                reader.problem_with_help(span, format!("`{name}` is not the name of an environment variable"), help);
            } else if let Some(value) = lookup(name) {
                result.push_str(&value);
                values.push(value);
            } else {
                let help = format!("set {name}, or write `$${{` where a plain `${{` is meant");
                reader.problem_with_help(span, format!("the environment variable {name} is not set"), help);
            }
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_once_and_dollars_kept() {
        let lookup = |name: &str| match name {
            "A" => Some("x${B}$$".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected, problems) in [
            ("a ${A} b", "a x${B}$$ b", 0),
            ("$$ $5 $", "$ $5 $", 0),
            ("$${A}", "${A}", 0),
            ("[${EMPTY}]", "[]", 0),
            ("${NONE}!", "!", 1),
            ("${a b}", "", 1),
            ("${}", "", 1),
            ("x ${A", "x ", 1),
        ] {
            let mut reader = Reader::default();
            let mut values = Vec::new();
            assert_eq!(filled(text, &(0..0), &lookup, &mut reader, &mut values), expected, "{text}");
            assert_eq!(reader.problems.len(), problems, "{text}");
        }
    }
}
