//! JSON as it is written: numbers keep every digit, members their order.

use std::fmt::Write;

use indexmap::IndexMap;
use serde_json::value::RawValue;

/// A document taken apart; scalars are the text they were written as.
pub enum Json<'a> {
    Object(IndexMap<String, Json<'a>>),
    Array(Vec<Json<'a>>),
    Scalar(&'a str),
}

impl<'a> Json<'a> {
    /// `None` for what is no JSON.
    pub fn parse(text: &'a str) -> Option<Self> {
        match text.trim_start().as_bytes().first()? {
            b'{' => {
                let members: IndexMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                let members = members.into_iter().map(|(name, raw)| Some((name, Json::parse(raw.get())?)));
                members.collect::<Option<_>>().map(Json::Object)
            }
            b'[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                elements.into_iter().map(|raw| Json::parse(raw.get())).collect::<Option<_>>().map(Json::Array)
            }
            _ => serde_json::from_str::<&RawValue>(text).ok().map(|scalar| Json::Scalar(scalar.get())),
        }
    }

    /// On one line.
    pub fn compact(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, None);
        text
    }

    /// A member or element a line, each line but the first indented by `indent` spaces.
    pub fn pretty(&self, indent: usize) -> String {
        let mut text = String::new();
        self.write(&mut text, Some(indent));
        text
    }

    fn write(&self, text: &mut String, indent: Option<usize>) {
        match self {
            Json::Scalar(scalar) => text.push_str(scalar),
            Json::Object(members) => {
                let parts = members.iter().map(|(name, value)| (Some(name.as_str()), value));
                write_parts(text, indent, ['{', '}'], parts);
            }
            Json::Array(elements) => {
                write_parts(text, indent, ['[', ']'], elements.iter().map(|value| (None, value)));
            }
        }
    }
}

fn write_parts<'j, 'a: 'j>(
    text: &mut String,
    indent: Option<usize>,
    [open, close]: [char; 2],
    parts: impl ExactSizeIterator<Item = (Option<&'j str>, &'j Json<'a>)>,
) {
    let empty = parts.len() == 0;
    let within = indent.map(|indent| indent + 2);
    text.push(open);
    for (index, (name, value)) in parts.enumerate() {
        if index > 0 {
            text.push(',');
        }
        break_line(text, within);
        if let Some(name) = name {
            let colon = if indent.is_some() { ": " } else { ":" };
            // Writing to a string does not fail.
            let _ = write!(text, "{}{colon}", serde_json::Value::from(name));
        }
        value.write(text, within);
    }
    if !empty {
        break_line(text, indent);
    }
    text.push(close);
}

fn break_line(text: &mut String, indent: Option<usize>) {
    if let Some(indent) = indent {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', indent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_stays() {
        let text = r#"{"a":[1.50000000000000000001,[]],"b":{"ü":"x\"y"},"c":{}}"#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.compact(), text);
        assert_eq!(
            json.pretty(2),
            r#"{
    "a": [
      1.50000000000000000001,
      []
    ],
    "b": {
      "ü": "x\"y"
    },
    "c": {}
  }"#
        );
        assert!(Json::parse("{\"a\":").is_none());
    }
}
