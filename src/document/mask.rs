//! `encode` and `mask`: what becomes of a value's canonical text.
//!
//! A masked value must not lead back to what it was: hashes of guessable values (e-mail addresses) are keyed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::definition::feed::{Encoding, Mask};

/// What a redacted value is replaced by.
const REDACTED: &str = "***";

/// The key of `[masks]`, ready for use. Not printable.
#[derive(Clone)]
pub struct MaskKey(Hmac<Sha256>);

impl MaskKey {
    pub fn new(key: &[u8]) -> Self {
        MaskKey(<Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length"))
    }
}

impl std::fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaskKey(***)")
    }
}

pub(crate) fn encode(text: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Md5 => hex(&Md5::digest(text)),
        Encoding::Sha1 => hex(&Sha1::digest(text)),
        Encoding::Sha256 => hex(&Sha256::digest(text)),
        Encoding::Blake3 => hex(blake3::hash(text.as_bytes()).as_bytes()),
        Encoding::Base64 => STANDARD.encode(text),
    }
}

/// Without a key there is nothing that `hmac` may safely give, so it redacts; plans that need a key are refused
/// without one.
pub(crate) fn mask(text: &str, mask: Mask, key: Option<&MaskKey>) -> String {
    match (mask, key) {
        (Mask::Hmac, Some(MaskKey(keyed))) => {
            let mut mac = keyed.clone();
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        }
        (Mask::Email, _) => match text.rfind('@') {
            Some(at) => format!("{REDACTED}{}", &text[at..]),
            None => REDACTED.to_owned(),
        },
        (Mask::Redact, _) | (Mask::Hmac, None) => REDACTED.to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_by_their_published_test_vectors() {
        for (encoding, expected) in [
            (Encoding::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Encoding::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Encoding::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Encoding::Blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
            (Encoding::Base64, "YWJj"),
        ] {
            assert_eq!(encode("abc", encoding), expected);
        }
    }

    #[test]
    fn masks() {
        // RFC 4231, test case 2.
        let key = MaskKey::new(b"Jefe");
        assert_eq!(
            mask("what do ya want for nothing?", Mask::Hmac, Some(&key)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(mask("jane@example.com", Mask::Email, None), "***@example.com");
        assert_eq!(mask("\"a@b\"@example.com", Mask::Email, None), "***@example.com");
        assert_eq!(mask("jane", Mask::Email, None), "***");
        assert_eq!(mask("jane", Mask::Redact, None), "***");
        assert_eq!(format!("{key:?}"), "MaskKey(***)");
    }
}
