//! Identities and content hashes: blake3 over canonical JSON bytes.
//!
//! A `feed_id` is blake3 of the JSON array of the identity's values and nothing else, so that anyone
//! can compute it. A `feed_hash` covers the document without its excluded members, and behind it
//! [`HASH_FORMAT`]: a change of how documents are written changes every hash at once, on purpose.

mod many;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use self::many::hash_many;

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
    /// As many as are worth hashing at once.
    pub const AT_ONCE: usize = 512;

    /// The hash of each of `contents`: documents without what is left out of their hash. Many at once cost less than half of what
    /// they cost one by one.
    pub fn of_contents(contents: &[impl AsRef<[u8]>]) -> Vec<Self> {
        hash_many(contents, HASH_FORMAT).into_iter().map(FeedHash).collect()
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
    fn a_content_is_hashed_with_the_format_behind_it() {
        let contents: [&[u8]; 2] = [br#"{"a":1}"#, br#"{"a":2}"#];
        let expected = contents.map(|content| FeedHash(*blake3::hash(&[content, b"feedmill-1\n"].concat()).as_bytes()));
        assert_eq!(FeedHash::of_contents(&contents), expected);
    }
}
