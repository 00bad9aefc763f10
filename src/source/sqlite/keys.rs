//! Key tuples as the one JSON text that [`SQLITE`](crate::source::sql::SQLITE) unfolds.

use super::super::sql::sqlite::{BLOB_MEMBER, TEXT_MEMBER, hexadecimal};
use super::super::{KeyTuples, KeyValue};

/// Writes the tuples over what `json` holds: an array of values, or of arrays where a tuple has several.
pub(super) fn write(tuples: &KeyTuples, json: &mut String) {
    json.clear();
    json.push('[');
    if tuples.width > 0 {
        for (i, tuple) in tuples.values.chunks_exact(tuples.width).enumerate() {
            if i > 0 {
                json.push(',');
            }
            if let [value] = tuple {
                write_value(value, json);
                continue;
            }
            json.push('[');
            for (j, value) in tuple.iter().enumerate() {
                if j > 0 {
                    json.push(',');
                }
                write_value(value, json);
            }
            json.push(']');
        }
    }
    json.push(']');
}

fn write_value(value: &KeyValue, json: &mut String) {
    match value {
        KeyValue::Null => json.push_str("null"),
        KeyValue::Bool(value) => json.push(if *value { '1' } else { '0' }),
        KeyValue::Int(n) => json.push_str(&n.to_string()),
        // SQLite holds no NaN: it reads as NULL.
        KeyValue::Float(value) if value.is_nan() => json.push_str("null"),
        // SQLite reads a number too large as infinity, and the other way round has no word for it.
        KeyValue::Float(value) if value.is_infinite() => json.push_str(if *value > 0.0 { "9e999" } else { "-9e999" }),
        // With a point or an exponent always, so that it stays a float.
        KeyValue::Float(value) => json.push_str(&format!("{value:?}")),
        KeyValue::Text(text) if text.contains('\0') => write_encoded(TEXT_MEMBER, text.as_bytes(), json),
        KeyValue::Text(text) => write_text(text, json),
        KeyValue::Blob(blob) => write_encoded(BLOB_MEMBER, blob, json),
    }
}

fn write_encoded(member: &str, bytes: &[u8], json: &mut String) {
    json.push_str(&format!("{{\"{member}\":\"{}\"}}", hexadecimal(bytes)));
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

    fn json(width: usize, values: Vec<KeyValue>) -> String {
        let mut json = "left over".to_owned();
        write(&KeyTuples { width, values }, &mut json);
        json
    }

    #[test]
    fn values_and_tuples() {
        use KeyValue::*;
        assert_eq!(json(1, vec![]), "[]");
        assert_eq!(json(0, vec![]), "[]");
        assert_eq!(
            json(1, vec![Int(i64::MIN), Null, Bool(true), Float(-0.0), Float(1e300), Float(2.0), Float(f64::NAN)]),
            "[-9223372036854775808,null,1,-0.0,1e300,2.0,null]"
        );
        assert_eq!(
            json(2, vec![Int(1), Text("a\"\\\n\u{1f}é".into()), Text("a\0".into()), Blob([0, 255].into())]),
            r#"[[1,"a\"\\\u000a\u001fé"],[{"t":"6100"},{"b":"00ff"}]]"#
        );
    }
}
