//! JSON that cuts characters in half. A character beyond U+FFFF may be written as two escapes; a server that shortens its
//! messages may leave one of them (`"\ud83d"`), which is JSON and no text.

const REPLACED: &str = "\\ufffd";

/// Each half that stands alone becomes U+FFFD. All else stays, byte for byte, whether it is JSON or not.
pub fn mended(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        let escape = &rest[at..];
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
            (Some(0xD800..0xE000), _) => {
                mended.push_str(REPLACED);
                rest = &escape[6..];
                continue;
            }
            (Some(_), _) => 6,
            // The character behind a backslash begins no escape of its own.
            (None, _) => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        mended.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    mended + rest
}

/// Of a `\u` escape with which `text` begins.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced() {
        for (json, expected) in [
            (r#"{"a":"x"}"#, r#"{"a":"x"}"#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""x\ud83d""#, r#""x\ufffd""#),
            (r#""\uDE00x""#, r#""\ufffdx""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n\u00e9""#, r#""\ufffd\n\u00e9""#),
            // An escaped backslash, and what is no JSON at all.
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r"\ud8", r"\ud8"),
            ("\\é\\", "\\é\\"),
        ] {
            assert_eq!(mended(json), expected, "{json}");
        }
    }
}
