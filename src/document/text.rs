//! JSON's strings and integers as bytes. The same escapes as serde_json, everything else as raw UTF-8.

pub(crate) use crate::expression::decimal::write_int;

use crate::short_copy::BLOCK;

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    write_escaped(text.as_bytes(), out);
    out.push(b'"');
}

/// Appends a JSON string of the first `length` bytes, if all of them are ASCII that needs no escape. Quick where it is short
/// and a block's bytes stand from its start on.
#[inline]
pub(crate) fn write_plain(from: &[u8], length: usize, out: &mut Vec<u8>) -> bool {
    match from.first_chunk() {
        Some(block) if length <= BLOCK => write_start_plain(block, length, out),
        _ => write_all_plain(&from[..length], out),
    }
}

#[inline]
fn write_start_plain(block: &[u8; BLOCK], length: usize, out: &mut Vec<u8>) -> bool {
    let is_plain = is_start_plain(block, length);
    if is_plain {
        // Room for all of it is made once, and what is too much cut off.
        let start = out.len();
        out.extend_from_slice(&[b'"'; BLOCK + 2]);
        let quoted = &mut out[start..];
        quoted[1..=BLOCK].copy_from_slice(block);
        quoted[length + 1] = b'"';
        out.truncate(start + length + 2);
    }
    is_plain
}

fn write_all_plain(text: &[u8], out: &mut Vec<u8>) -> bool {
    let is_plain = is_plain(text);
    if is_plain {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    }
    is_plain
}

/// Whether all is ASCII that needs no escape, as most texts are.
fn is_plain(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks();
    let is_rest_plain = match bytes.last_chunk() {
        Some(block) => is_start_plain(block, BLOCK),
        None => rest.iter().all(|byte| is_byte_plain(*byte)),
    };
    is_rest_plain && blocks.iter().all(|block| is_start_plain(block, BLOCK))
}

/// The same of the first `length` bytes of a block, whatever the others are.
#[inline]
fn is_start_plain(block: &[u8; BLOCK], length: usize) -> bool {
    /// Ones, and as many zeros: from the right one on they say which bytes count.
    const COUNTS: [u8; 2 * BLOCK] = {
        let mut counts = [0; 2 * BLOCK];
        counts.split_at_mut(BLOCK).0.copy_from_slice(&[1; BLOCK]);
        counts
    };
    let counts = &COUNTS[BLOCK - length..][..BLOCK];
    block.iter().zip(counts).fold(0, |found, (byte, counts)| found | (u8::from(!is_byte_plain(*byte)) & counts)) == 0
}

#[inline]
fn is_byte_plain(byte: u8) -> bool {
    // As a signed number what is no ASCII is below them all.
    (byte as i8 >= 0x20) & (byte != b'"') & (byte != b'\\')
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
    // Whole blocks first.
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
            let expected = serde_json::to_string(text).unwrap();
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
            let mut out = Vec::new();
            if write_plain(text.as_bytes(), text.len(), &mut out) {
                assert_eq!(String::from_utf8(out).unwrap(), expected);
            }
        }
    }

    #[test]
    fn one_byte_that_is_not_plain_is_found_wherever_it_stands() {
        for length in 1..70 {
            for at in 0..length {
                let mut bytes = vec![b'a'; length];
                assert!(is_plain(&bytes));
                for other in [b'"', b'\\', 0x1f, 0x80, 0xff] {
                    bytes[at] = other;
                    assert!(!is_plain(&bytes), "{other} at {at} of {length}");
                }
                let mut out = b"before".to_vec();
                assert!(!write_plain(&bytes, length, &mut out));
                assert_eq!(out, b"before");
                // What stands behind a text does not count.
                assert!(write_plain(&bytes, at, &mut out));
                assert_eq!(out, [&b"before\""[..], &bytes[..at], b"\""].concat());
            }
        }
        assert!(is_plain(b""));
    }
}
