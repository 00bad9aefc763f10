//! An answer as it came, its body read up to a bound.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ureq::http::{HeaderMap, StatusCode, header};

/// Of an answer's body after decompression. A list of ten thousand failed items with a long message each fits.
const MAX_BODY_BYTES: usize = 8 << 20;

const GZIP: [&str; 2] = ["gzip", "x-gzip"];

/// Codings that cannot be undone here and were not asked for.
const FOREIGN_CODINGS: [&str; 7] = ["br", "zstd", "deflate", "compress", "x-compress", "dcb", "dcz"];

#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Decompressed; what came of it, up to 8 MiB.
    pub body: Vec<u8>,
    pub end: BodyEnd,
}

/// How an answer's body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEnd {
    /// Where the answer said it would.
    Whole,
    /// With the connection: whether this is all cannot be told.
    Closed,
    /// Not within 8 MiB; the rest was not read.
    TooLong,
    /// Too early, or it could not be decompressed; the reason is for people.
    Cut(String),
}

impl BodyEnd {
    /// Why the body is known not to be whole.
    pub fn missing(&self) -> Option<String> {
        match self {
            BodyEnd::Whole | BodyEnd::Closed => None,
            BodyEnd::TooLong => Some(format!("it is longer than {} MiB", MAX_BODY_BYTES >> 20)),
            BodyEnd::Cut(reason) => Some(reason.clone()),
        }
    }
}

impl HttpAnswer {
    /// `reader` gives the body as it came over the wire.
    pub(super) fn read(status: u16, headers: HeaderMap, reader: impl Read) -> Self {
        let mut reader = BufReader::new(reader);
        let codings = codings(&headers);
        let framed = headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING);
        let plain_end = if framed || StatusCode::NO_CONTENT == status { BodyEnd::Whole } else { BodyEnd::Closed };
        let (body, end) = match reader.fill_buf() {
            Err(error) => (Vec::new(), BodyEnd::Cut(reason(&error))),
            // Some servers call an empty body compressed.
            Ok([]) => (Vec::new(), plain_end),
            // Something on the way took the header and left the body.
            Ok([0x1f, 0x8b, ..]) if codings.is_empty() => bounded(MultiGzDecoder::new(reader), BodyEnd::Whole),
            Ok(_) if codings.is_empty() => text(bounded(reader, plain_end), &headers),
            Ok(_) if codings.len() == 1 && GZIP.contains(&codings[0].as_str()) => {
                bounded(MultiGzDecoder::new(reader), BodyEnd::Whole)
            }
            Ok(_) => {
                let codings = codings.join(", ");
                (Vec::new(), BodyEnd::Cut(format!("it is encoded as {codings}, which was not asked for")))
            }
        };
        HttpAnswer { status, headers, body, end }
    }

    /// A header's first value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The status with its usual words, and where a redirect would lead: for people, not clean yet.
    pub fn headline(&self) -> String {
        let mut headline = self.status.to_string();
        if let Some(words) = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()) {
            headline = format!("{headline} {words}");
        }
        if let (300..=399, Some(location)) = (self.status, self.header("location")) {
            headline = format!("{headline} to {} (redirects are not followed)", without_secrets(location));
        }
        headline
    }
}

/// A URL without user, password and query: each may hold a token.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.find("//") {
        Some(at) => url.split_at(at + 2),
        None => return url.to_owned(),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{host}{path}")
}

/// What was done to the body, in this order, but for its chunks. Whatever else stands in the headers is taken for one of the
/// misnomers that servers put there, such as a charset, as long as the body is [`text`].
fn codings(headers: &HeaderMap) -> Vec<String> {
    let known = |coding: &String| GZIP.contains(&coding.as_str()) || FOREIGN_CODINGS.contains(&coding.as_str());
    named_codings(headers).filter(known).collect()
}

fn named_codings(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let lines = [header::CONTENT_ENCODING, header::TRANSFER_ENCODING].map(|name| headers.get_all(name));
    let codings = lines.into_iter().flatten().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    codings.map(|coding| coding.trim().to_ascii_lowercase())
}

/// A body said to be in a coding that nobody here knows is what it seems only if it is text.
fn text((body, end): (Vec<u8>, BodyEnd), headers: &HeaderMap) -> (Vec<u8>, BodyEnd) {
    let is_text = || std::str::from_utf8(&body).map_or_else(|fault| fault.error_len().is_none(), |_| true);
    let unknown = named_codings(headers).find(|coding| !matches!(coding.as_str(), "" | "identity" | "chunked"));
    match unknown.filter(|_| !is_text()) {
        Some(coding) => (Vec::new(), BodyEnd::Cut(format!("it is encoded as {coding}, which was not asked for"))),
        None => (body, end),
    }
}

fn bounded(reader: impl Read, whole: BodyEnd) -> (Vec<u8>, BodyEnd) {
    let mut body = Vec::new();
    let result = reader.take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut body);
    let end = match result {
        Ok(_) if body.len() > MAX_BODY_BYTES => {
            body.truncate(MAX_BODY_BYTES);
            BodyEnd::TooLong
        }
        Ok(_) => whole,
        Err(error) => BodyEnd::Cut(reason(&error)),
    };
    (body, end)
}

fn reason(error: &std::io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(ureq::Error::Timeout(_)) => "its end did not come in time".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn answer(headers: &[(header::HeaderName, &str)], body: &[u8]) -> HttpAnswer {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a header")));
        HttpAnswer::read(200, headers.collect(), body)
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn bodies_are_decoded() {
        let zipped = gzip(b"{}");
        let coded = |coding| [(header::CONTENT_ENCODING, coding), (header::TRANSFER_ENCODING, "chunked")];
        let foreign = |codings| BodyEnd::Cut(format!("it is encoded as {codings}, which was not asked for"));
        for (coding, transfer, body, expected) in [
            ("gzip", "chunked", zipped.as_slice(), (b"{}".as_slice(), BodyEnd::Whole)),
            ("X-GZip", "chunked", &zipped, (b"{}", BodyEnd::Whole)),
            ("identity, gzip", "chunked", &zipped, (b"{}", BodyEnd::Whole)),
            ("identity", "gzip, chunked", &zipped, (b"{}", BodyEnd::Whole)),
            ("gzip", "chunked", b"", (b"", BodyEnd::Whole)),
            ("identity", "chunked", b"{}", (b"{}", BodyEnd::Whole)),
            ("identity", "chunked", &zipped, (b"{}", BodyEnd::Whole)),
            ("utf-8", "Chunked", b"{}", (b"{}", BodyEnd::Whole)),
            ("br", "chunked", b"??", (b"", foreign("br"))),
            ("x-snappy", "chunked", b"\xff\x06", (b"", foreign("x-snappy"))),
            ("utf-8", "chunked", "ä".as_bytes(), ("ä".as_bytes(), BodyEnd::Whole)),
            ("gzip", "gzip, chunked", b"??", (b"", foreign("gzip, gzip"))),
            ("utf-8", "deflate, chunked", b"??", (b"", foreign("deflate"))),
        ] {
            let headers = [(header::CONTENT_ENCODING, coding), (header::TRANSFER_ENCODING, transfer)];
            let answer = answer(&headers, body);
            assert_eq!((answer.body.as_slice(), answer.end), expected, "{coding} and {transfer}");
        }
        for broken in [&zipped[..zipped.len() - 3], b"{}", &[&zipped[..], b"{}"].concat()] {
            assert!(matches!(answer(&coded("gzip"), broken).end, BodyEnd::Cut(_)), "{broken:?}");
        }
    }

    #[test]
    fn the_end_of_a_body_is_known_or_not() {
        assert_eq!(answer(&[], b"{}").end, BodyEnd::Closed);
        assert_eq!(answer(&[(header::CONTENT_LENGTH, "2")], b"{}").end, BodyEnd::Whole);
        assert_eq!(answer(&[(header::TRANSFER_ENCODING, "chunked")], b"{}").end, BodyEnd::Whole);
    }

    #[test]
    fn bodies_are_bounded_after_decompression() {
        let longest = vec![b' '; MAX_BODY_BYTES];
        let just = answer(&[(header::CONTENT_ENCODING, "gzip")], &gzip(&longest));
        assert_eq!((just.body.len(), just.end), (MAX_BODY_BYTES, BodyEnd::Whole));
        let bomb = answer(&[(header::CONTENT_ENCODING, "gzip")], &gzip(&[longest, vec![b' ']].concat()));
        assert_eq!((bomb.body.len(), bomb.end), (MAX_BODY_BYTES, BodyEnd::TooLong));
        assert_eq!(HttpAnswer::read(200, HeaderMap::new(), std::io::repeat(b'x')).end, BodyEnd::TooLong);
    }

    #[test]
    fn answers_have_a_headline() {
        let headline = |status, location: &str| {
            let headers = [(header::LOCATION, location.parse().expect("a header"))].into_iter().collect();
            HttpAnswer::read(status, headers, b"body".as_slice()).headline()
        };
        assert_eq!(headline(503, "/x"), "503 Service Unavailable");
        assert_eq!(headline(299, "/x"), "299");
        for (location, shown) in [
            ("https://login.example/?token=a", "https://login.example/"),
            ("https://user:p@ss@login.example:8443/a@b#token", "https://login.example:8443/a@b"),
            ("//user@login.example", "//login.example"),
            ("/login?next=//x", "/login"),
        ] {
            assert_eq!(headline(302, location), format!("302 Found to {shown} (redirects are not followed)"));
        }
    }
}
