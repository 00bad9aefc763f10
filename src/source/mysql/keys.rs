//! Key tuples as the one JSON text that [`MYSQL`](crate::source::sql::MYSQL) unfolds: every value a string or null.

use super::super::sql::sqlite::hexadecimal;
use super::super::{KeyTuples, KeyValue};

/// An array of values, or of arrays where a tuple has several.
pub(super) fn json(tuples: &KeyTuples) -> Vec<u8> {
    let mut json = String::with_capacity(tuples.len() * tuples.width() * 16 + 2);
    json.push('[');
    for tuple in 0..tuples.len() {
        if tuple > 0 {
            json.push(',');
        }
        let values = (0..tuples.width()).filter_map(|component| tuples.get(tuple, component));
        for (i, value) in values.enumerate() {
            if tuples.width() > 1 {
                json.push(if i == 0 { '[' } else { ',' });
            }
            write_value(&value, &mut json);
        }
        if tuples.width() > 1 {
            json.push(']');
        }
    }
    json.push(']');
    json.into_bytes()
}

fn write_value(value: &KeyValue<'_>, json: &mut String) {
    match value {
        KeyValue::Null => json.push_str("null"),
        KeyValue::Bool(value) => json.push_str(if *value { "\"1\"" } else { "\"0\"" }),
        KeyValue::Int(n) => json.push_str(&format!("\"{n}\"")),
        // No column holds NaN or infinity; without an exponent a number is a decimal too.
        KeyValue::Float(value) => json.push_str(&format!("\"{value}\"")),
        KeyValue::Text(text) => write_text(text, json),
        KeyValue::Blob(blob) => json.push_str(&format!("\"{}\"", hexadecimal(blob).to_ascii_uppercase())),
    }
}

fn write_text(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", c as u32)),
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_tuples() {
        use KeyValue::*;
        let json = |width, values: Vec<KeyValue<'_>>| {
            let mut tuples = KeyTuples::of_width(width);
            tuples.extend(values);
            String::from_utf8(json(&tuples)).unwrap()
        };
        assert_eq!((json(1, vec![]), json(0, vec![])), ("[]".into(), "[]".into()));
        assert_eq!(
            json(1, vec![Int(i64::MIN), Null, Bool(true), Float(-0.5), Float(1e21), Float(1e-7), Float(2.0)]),
            r#"["-9223372036854775808",null,"1","-0.5","1000000000000000000000","0.0000001","2"]"#
        );
        assert_eq!(
            json(2, vec![Int(1), Text("a\"\\\n\u{1f}é".into()), Text("a\0".into()), Blob(vec![0, 255].into())]),
            r#"[["1","a\"\\\u000a\u001fé"],["a\u0000","00FF"]]"#
        );
    }
}
