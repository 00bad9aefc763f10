//! A TOML text as a tree of values with their places, tables in the order of the file.
//!
//! Duplicate keys and other faults of syntax become [`Problem`]s; nothing here knows what the keys mean.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, SourceFile, Span};

/// Deeper nesting than any definition needs; keeps recursion over the tree within the stack.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: Kind,
    /// The value; of a table with a header, the header.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Text(String),
    Int(i64),
    /// An integer beyond 64 bits, in decimal digits.
    HugeInt(String),
    /// As written, without underscores; `inf` and `nan` too.
    Float(String),
    Bool(bool),
    DateTime(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Kind {
    /// With its article, as messages need it.
    pub fn described(&self) -> &'static str {
        match self {
            Kind::Text(_) => "a string",
            Kind::Int(_) | Kind::HugeInt(_) => "an integer",
            Kind::Float(_) => "a number with a fraction",
            Kind::Bool(_) => "a boolean",
            Kind::DateTime(_) => "a date or time",
            Kind::Array(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }
}

impl Entry {
    /// Where the key or anything below it first stands in the file.
    fn first(&self) -> usize {
        let below = match &self.value.kind {
            Kind::Table(entries) => entries.iter().map(Entry::first).min(),
            _ => None,
        };
        below.map_or(self.key_span.start, |below| below.min(self.key_span.start))
    }
}

/// What could be read of a file, and what was wrong with its syntax.
#[derive(Debug)]
pub struct Parsed {
    pub root: Node,
    pub problems: Vec<Problem>,
    /// False when faults of syntax make it unclear what was meant; duplicate keys alone do not.
    pub trustworthy: bool,
}

pub fn parse(file: &SourceFile) -> Parsed {
    let (root, errors) = DeTable::parse_recoverable(&file.text);
    let mut trustworthy = true;
    let mut problems = Vec::new();
    for error in &errors {
        let duplicate = error.message() == "duplicate key";
        trustworthy &= duplicate;
        let end = file.text.len();
        let span = error.span().unwrap_or(end..end);
        let key = file.text.get(span.clone()).unwrap_or_default();
        problems.push(Problem {
            path: String::new(),
            message: if duplicate { format!("`{key}` is given twice") } else { error.message().to_owned() },
            span,
            help: duplicate.then(|| "a key stands once in its table; keep one of the two".to_owned()),
        });
    }
    let mut converter = Converter { problems: &mut problems };
    let root = Node { kind: converter.table(root.get_ref(), 0), span: 0..0 };
    trustworthy &= problems.len() == errors.len();
    Parsed { root, problems, trustworthy }
}

struct Converter<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Converter<'_> {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Kind {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_span: key.span(),
                value: self.node(value, depth + 1),
            })
            .collect();
        entries.sort_by_cached_key(Entry::first);
        Kind::Table(entries)
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Node {
        let span = value.span();
        if depth > MAX_DEPTH {
            self.problems.push(Problem {
                span: span.clone(),
                path: String::new(),
                message: format!("nested deeper than {MAX_DEPTH} levels"),
                help: None,
            });
            return Node { kind: Kind::Bool(false), span };
        }
        let kind = match value.get_ref() {
            DeValue::String(text) => Kind::Text(text.to_string()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Kind::Int(number),
                Err(_) => Kind::HugeInt(integer.to_string()),
            },
            DeValue::Float(float) => Kind::Float(float.as_str().trim_start_matches('+').to_owned()),
            DeValue::Boolean(value) => Kind::Bool(*value),
            DeValue::Datetime(value) => Kind::DateTime(value.to_string()),
            DeValue::Array(items) => Kind::Array(items.iter().map(|item| self.node(item, depth + 1)).collect()),
            DeValue::Table(table) => self.table(table, depth),
        };
        Node { kind, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(node: &Node) -> Vec<&str> {
        match &node.kind {
            Kind::Table(entries) => entries.iter().map(|entry| entry.key.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn tables_keep_the_order_in_which_keys_first_appear() {
        let file = SourceFile::new("f.toml", "z = 1\n[b.x]\nq = 1\n[a]\ny = 1\nx.m = 2\nc = 3\nx.a = 4\n[b]\nk = 2\n");
        let parsed = parse(&file);
        assert_eq!(parsed.problems, []);
        assert_eq!(keys(&parsed.root), ["z", "b", "a"]);
        let Kind::Table(entries) = &parsed.root.kind else { panic!() };
        assert_eq!(keys(&entries[2].value), ["y", "x", "c"]);
    }

    #[test]
    fn nesting_beyond_reason_is_a_problem_and_no_overflow() {
        let deep = format!("a = {}1{}", "{ a = ".repeat(79), " }".repeat(79));
        let parsed = parse(&SourceFile::new("f.toml", deep));
        assert_eq!(parsed.problems.len(), 1);
        assert!(!parsed.trustworthy);
    }
}
