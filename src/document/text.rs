//! JSON's strings and integers as bytes. The same escapes as serde_json, everything else as raw UTF-8.

pub(crate) use crate::expression::decimal::write_int;

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    write_escaped(text.as_bytes(), out);
    out.push(b'"');
}

/// What stands for a byte: 0 itself, `u` a `\u00..` escape, else the letter behind the backslash.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0A] = b'n';
    escapes[0x0C] = b'f';
    escapes[0x0D] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Copies stretches that need no escape as they are.
fn write_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    while let Some(at) = next_escape(bytes, from) {
        out.extend_from_slice(&bytes[from..at]);
        match ESCAPES[usize::from(bytes[at])] {
            b'u' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(bytes[at] >> 4)]);
                out.push(HEX[usize::from(bytes[at] & 15)]);
            }
            letter => out.extend_from_slice(&[b'\\', letter]),
        }
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// Where the first byte from `from` on stands that needs an escape.
fn next_escape(bytes: &[u8], from: usize) -> Option<usize> {
    // Whole blocks first, which the compiler looks at as one.
    const BLOCK: usize = 32;
    let mut at = from;
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
        if block.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\')) {
            break;
        }
        at += BLOCK;
    }
    bytes[at..].iter().position(|byte| ESCAPES[usize::from(*byte)] != 0).map(|length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_as_serde_json_writes_them() {
        let all: String = (0..0x100).filter_map(char::from_u32).collect();
        for text in ["", "plain", "\"", "a\\b\"c", "tab\there", "\u{0}\u{1f}\u{7f}", "ünï ✓ \u{1F600}\u{2028}", &all]
        {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(text).unwrap());
        }
    }
}
