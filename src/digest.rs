//! Identities and content hashes: blake3 over canonical JSON bytes.
//!
//! A `feed_id` is blake3 of the JSON array of the identity's values and nothing else, so that anyone
//! can compute it. A `feed_hash` covers the document without its excluded members, and behind it
//! [`HASH_FORMAT`]: a change of how documents are written changes every hash at once, on purpose.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// Version of the bytes under a `feed_hash`. Raise it when equal content is written differently.
const HASH_FORMAT: &[u8] = b"feedmill-1\n";

/// Names an item at the consumer: blake3 of the canonical JSON array of its identity values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub [u8; 32]);

/// Hash of an item's content, without the members that `exclude_from_hash` names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeedHash(pub [u8; 32]);

impl FeedId {
    /// `identity` is the compact JSON array of the identity values, such as `["SKU-1","en"]`.
    pub fn of_identity(identity: &[u8]) -> Self {
        FeedId(*blake3::hash(identity).as_bytes())
    }

    /// Enough of it where two that are taken for one cost little.
    pub fn first_bits(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Identities are hashes already: some of their bits do.
#[derive(Debug, Default)]
pub struct FeedIdHasher(u64);

impl Hasher for FeedIdHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(bits) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*bits);
        }
    }

    fn write_u64(&mut self, bits: u64) {
        self.0 = bits;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub type FeedIdMap<T> = HashMap<FeedId, T, BuildHasherDefault<FeedIdHasher>>;

impl FeedHash {
    /// Hashes `document` without the bytes in `holes`, which are ascending and do not overlap.
    pub fn of_document(document: &[u8], holes: &[Range<usize>]) -> Self {
        let mut hasher = blake3::Hasher::new();
        if holes.is_empty() {
            hasher.update(document);
        } else {
            // In one piece, as blake3 takes several chunks at once only where they begin with what it is given.
            let mut hashed = Vec::with_capacity(document.len());
            let mut from = 0;
            for hole in holes {
                hashed.extend_from_slice(&document[from..hole.start]);
                from = hole.end;
            }
            hashed.extend_from_slice(&document[from..]);
            hasher.update(&hashed);
        }
        hasher.update(HASH_FORMAT);
        FeedHash(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Display for FeedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for FeedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_plain_blake3_of_its_json() {
        let expected = *blake3::hash(br#"["SKU-1","en"]"#).as_bytes();
        assert_eq!(FeedId::of_identity(br#"["SKU-1","en"]"#).0, expected);
    }

    #[test]
    fn excluded_members_do_not_count() {
        let first = br#"{"a":1,"at":"x"}"#;
        let second = br#"{"a":1,"at":"yy"}"#;
        let without = |document: &[u8], end| FeedHash::of_document(document, std::slice::from_ref(&(6..end)));
        assert_eq!(without(first, 15), without(second, 16));
        assert_ne!(FeedHash::of_document(first, &[]), FeedHash::of_document(second, &[]));
    }
}
