//! Bodies as they go over the wire.

use std::io::{self, Write};

use flate2::write::GzEncoder;

use crate::config::Compression;

/// Fast: a body is compressed while a sender waits for it.
const GZIP_LEVEL: u32 = 1;
const ZSTD_LEVEL: i32 = 1;

/// The name that `Content-Encoding` has for it.
pub(super) fn content_encoding(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::None => None,
        Compression::Gzip => Some("gzip"),
        Compression::Zstd => Some("zstd"),
    }
}

pub(super) fn compress(compression: Compression, body: Vec<u8>) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(body),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
            encoder.write_all(&body)?;
            encoder.finish()
        }
        Compression::Zstd => zstd::bulk::compress(&body, ZSTD_LEVEL),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn bodies_come_back() {
        let body = b"[{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"},{\"sku\":\"a\"}]".repeat(9);
        let plain = compress(Compression::None, body.clone()).expect("nothing to do");
        let gzip = compress(Compression::Gzip, body.clone()).expect("gzip");
        let zstd = compress(Compression::Zstd, body.clone()).expect("zstd");
        assert_eq!(plain, body);
        assert!(gzip.len() < body.len() && zstd.len() < body.len());
        let mut unzipped = Vec::new();
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut unzipped).expect("gzip");
        assert_eq!(unzipped, body);
        assert_eq!(zstd::bulk::decompress(&zstd, body.len()).expect("zstd"), body);
    }
}
