//! Appending short byte strings, of which documents are made by the million.
//!
//! A copy of a length that the compiler knows is a few instructions; of any other, finding out how to copy takes longer
//! than copying few bytes does. So a short stretch is copied together with what stands behind it, which is cut off again.

use std::ops::Range;

/// So many bytes are copied at once.
pub(crate) const BLOCK: usize = 32;

/// So many bytes behind a buffer make each stretch of it quick to append.
pub(crate) const PADDING: usize = BLOCK;

/// Appends a stretch of `from`. Quick where it is short and [`BLOCK`] bytes stand from its start on.
#[inline(always)]
pub(crate) fn push_stretch(out: &mut Vec<u8>, from: &[u8], stretch: Range<usize>) {
    match from[stretch.start..].first_chunk::<BLOCK>() {
        Some(block) if stretch.len() <= BLOCK => push_block(out, block, stretch.len()),
        _ => out.extend_from_slice(&from[stretch]),
    }
}

/// Appends the first `length` bytes of a block.
#[inline(always)]
pub(crate) fn push_block(out: &mut Vec<u8>, block: &[u8; BLOCK], length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(block);
    out.truncate(end);
}

/// Puts [`PADDING`] behind a buffer.
pub(crate) fn pad(buffer: &mut Vec<u8>) {
    buffer.resize(buffer.len() + PADDING, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_what_is_appended() {
        let from: Vec<u8> = (0..100).collect();
        for (start, length) in [(0, 0), (0, 1), (10, 31), (10, 32), (10, 33), (68, 32), (69, 31), (99, 1), (100, 0)] {
            let mut out = b"before".to_vec();
            push_stretch(&mut out, &from, start..start + length);
            assert_eq!(out, [b"before", &from[start..start + length]].concat(), "{length} from {start}");
        }
    }
}
