//! What is printed or stored of texts from outside: without secrets, without control characters.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::Secret;

const BLANK: &str = "***";

/// RFC 3986: what needs no escape anywhere in a URL.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Escapers of URLs: of one part of a URL, of its path (Python), and of a part and a whole one as JavaScript has them.
const IN_URLS: [&AsciiSet; 4] = [UNRESERVED, &UNRESERVED.remove(b'/'), PART, WHOLE];
const PART: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
const WHOLE: &AsciiSet = &PART
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');

/// Quotes and apostrophes in HTML: PHP's, Python's, Go's, and XML's.
const HTML_QUOTES: [(&str, &str); 4] =
    [("&quot;", "&#39;"), ("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&apos;")];

/// Of base64 within a longer text: fewer may stand in any text by chance. Secrets of four bytes have them at any offset.
const FEWEST_DIGITS: usize = 4;

/// Blanks known secrets. Cheap to clone text through; one per process.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    pub fn new(secrets: &[Secret]) -> Self {
        let mut known: Vec<Secret> = Vec::new();
        for form in secrets.iter().flat_map(|secret| forms(secret.expose())) {
            if known.iter().all(|secret| secret.expose() != form) {
                known.push(Secret::new(form));
            }
        }
        Redactor { secrets: known }
    }

    /// One line: control characters are dropped, line ends become spaces, secrets become `***`.
    pub fn line(&self, text: &str) -> String {
        let one_line: String = text.chars().map(|c| if is_line_end(c) { ' ' } else { c }).collect();
        self.blank(&without_controls(&one_line))
    }

    /// The same, keeping line feeds.
    pub fn block(&self, text: &str) -> String {
        self.blank(&without_controls(text))
    }

    /// Secrets as asterisks, a byte for a byte: positions in the text stay what they are.
    pub(super) fn mask_in_place(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for Range { start, end } in self.occurrences(text) {
            masked.replace_range(start..end, &"*".repeat(end - start));
        }
        masked
    }

    /// The same, with sixteen bits of each secret's hash in its place: another secret is told from this one, and neither is
    /// told.
    pub fn marked(&self, text: &str) -> String {
        self.replaced(&without_controls(text), |secret| {
            let hash = blake3::hash(secret.as_bytes()).to_hex();
            format!("{BLANK}{}", &hash[..4])
        })
    }

    fn blank(&self, text: &str) -> String {
        self.replaced(text, |_| BLANK.to_owned())
    }

    fn replaced(&self, text: &str, by: impl Fn(&str) -> String) -> String {
        let mut blanked = String::with_capacity(text.len());
        let mut done = 0;
        for Range { start, end } in self.occurrences(text) {
            blanked.push_str(&text[done..start]);
            blanked.push_str(&by(&text[start..end]));
            done = end;
        }
        blanked.push_str(&text[done..]);
        blanked
    }

    /// Where secrets stand, ascending; what overlaps is one stretch, so that no end of a secret stays behind another.
    fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in &self.secrets {
            // Texts are searched without their control characters, so the secret is too.
            let secrets = [Cow::Borrowed(secret.expose()), Cow::Owned(without_controls(secret.expose()))];
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                let mut from = 0;
                while let Some(at) = text[from..].find(&**secret) {
                    let start = from + at;
                    found.push(start..start + secret.len());
                    from = start + text[start..].chars().next().map_or(1, char::len_utf8);
                }
            }
        }
        found.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }
}

/// A secret as it is, and as a consumer may give it back: in a URL, in base64, within a JSON text.
fn forms(secret: &str) -> Vec<String> {
    let in_urls = IN_URLS.iter().flat_map(|escaped| {
        let in_url = utf8_percent_encode(secret, escaped).to_string();
        let in_form = in_url.replace("%20", "+");
        let in_lower_case = lower_case_escapes(&in_url);
        [in_url, in_form, in_lower_case]
    });
    let in_html = HTML_QUOTES.iter().map(|(quote, apostrophe)| in_html(secret, quote, apostrophe));
    // As a literal of a language whose text stands within the other quotes.
    let literal = secret.replace('\\', "\\\\");
    let base64 = [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD].map(|engine| in_base64(secret.as_bytes(), &engine));
    [secret.to_owned(), literal]
        .into_iter()
        .chain(in_urls)
        .chain(in_html)
        .chain(JSON_WRITERS.iter().map(|writer| writer.write(secret)))
        .chain(base64.into_iter().flatten())
        .collect()
}

/// What a writer of JSON escapes without need.
struct JsonWriter {
    /// As `\u` and four digits.
    escaped: &'static str,
    ascii_only: bool,
    /// The digits.
    upper_case: bool,
    /// As `\/`.
    slashes: bool,
}

const JSON_WRITERS: [JsonWriter; 7] = [
    // Most; then what PHP and Python do by themselves, and PHP told to leave letters as they are.
    JsonWriter { escaped: "", ascii_only: false, upper_case: false, slashes: false },
    JsonWriter { escaped: "", ascii_only: true, upper_case: false, slashes: true },
    JsonWriter { escaped: "", ascii_only: true, upper_case: false, slashes: false },
    JsonWriter { escaped: "", ascii_only: false, upper_case: false, slashes: true },
    // Go, Gson and .NET keep it out of HTML's way.
    JsonWriter { escaped: "<>&", ascii_only: false, upper_case: false, slashes: false },
    JsonWriter { escaped: "<>&='", ascii_only: false, upper_case: false, slashes: false },
    JsonWriter { escaped: "<>&'\"+`", ascii_only: true, upper_case: true, slashes: false },
];

impl JsonWriter {
    fn write(&self, text: &str) -> String {
        let mut written = String::new();
        for c in text.chars() {
            if self.escaped.contains(c) || self.ascii_only && !c.is_ascii() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    written += &if self.upper_case { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                }
            } else if c == '/' && self.slashes {
                written += "\\/";
            } else {
                let quoted = serde_json::Value::from(c.to_string()).to_string();
                written += &quoted[1..quoted.len() - 1];
            }
        }
        written
    }
}

fn in_html(text: &str, quote: &str, apostrophe: &str) -> String {
    text.chars().fold(String::new(), |html, c| match c {
        '&' => html + "&amp;",
        '<' => html + "&lt;",
        '>' => html + "&gt;",
        '"' => html + quote,
        '\'' => html + apostrophe,
        c => html + c.encode_utf8(&mut [0; 4]),
    })
}

/// The digits that a secret has in the base64 of a text that holds it (`user:secret`), wherever in it the secret begins: a
/// digit holds six bits, so there are three ways. The digits at its ends may hold bits of its neighbours too; those are not
/// among them, and tell less than a byte at either end. Where the text ends with the secret, its last digit is the secret's.
fn in_base64(secret: &[u8], engine: &impl Engine) -> Vec<String> {
    let ways = (0..3).flat_map(|before| {
        let digits = engine.encode([&[0; 2][..before], secret].concat());
        let (first, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
        [end, digits.len()].map(|end| digits.get(first..end).unwrap_or_default().to_owned())
    });
    ways.filter(|digits| digits.len() >= FEWEST_DIGITS).collect()
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut escape = 0;
    let lower = |c: char| {
        escape = if c == '%' { 3 } else { i32::max(escape - 1, 0) };
        if escape > 0 { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// A URL as it may be printed and stored: without userinfo, query and fragment.
pub fn printable_url(url: &Url) -> Url {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have userinfo, and then have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Without what could steer a terminal or turn the reading direction; line feeds and tabs stay.
fn without_controls(text: &str) -> String {
    text.chars()
        .filter(|c| {
            let steering = c.is_control() && !matches!(c, '\n' | '\t');
            let turning = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
            !steering && !turning
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        Redactor::new(&secrets.iter().map(|secret| Secret::new(*secret)).collect::<Vec<_>>())
    }

    #[test]
    fn secrets_are_blanked_wherever_they_overlap() {
        let redactor = redactor(&["abcd", "abcdef", "efghi", "aaaa", "ü-key"]);
        for (text, expected) in [
            ("x abcdef y abcd z", "x *** y *** z"),
            ("abcdefghi!", "***!"),
            ("aaaaaa.", "***."),
            ("Bearer ü-key", "Bearer ***"),
            ("ab\u{1b}cd", "***"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(redactor.line(text), expected, "{text}");
        }
        assert_eq!(redactor.mask_in_place("x abcdefghi y"), "x ********* y");
    }

    #[test]
    fn secrets_are_blanked_in_every_form_they_may_come_back_in() {
        let redactor = redactor(&["p/ss \"wörd\"", "me:hunter22", "x!(\"\\)*'/b?"]);
        for (text, expected) in [
            ("?key=p%2Fss%20%22w%C3%B6rd%22&a=b", "?key=***&a=b"),
            ("?key=p%2fss%20%22w%c3%b6rd%22", "?key=***"),
            ("key=p%2Fss+%22w%C3%B6rd%22", "key=***"),
            ("/p/ss%20%22w%C3%B6rd%22/x", "/***/x"),
            ("me%3Ahunter22 me:hunter22", "*** ***"),
            ("x!(%22%5C)*'%2Fb%3F y", "*** y"),
            ("x!(%22%5C)*'/b? y", "*** y"),
            (r#""x!(\"\\)*'/b?""#, "\"***\""),
            (r#"x!("\\)*'/b?"#, "***"),
            (r#"{"key":"p/ss \"wörd\""}"#, r#"{"key":"***"}"#),
            ("Basic bWU6aHVudGVyMjI=", "Basic ***="),
            ("cC9zcyAid8O2cmQi", "***"),
        ] {
            assert_eq!(redactor.line(text), expected, "{text}");
        }
    }

    #[test]
    fn secrets_are_blanked_however_json_and_html_are_written() {
        let redactor = redactor(&["a/b+c=é<'\"&𝄞"]);
        for text in [
            r#"a/b+c=é<'\"&𝄞"#,
            r#"a\/b+c=\u00e9<'\"&\ud834\udd1e"#,
            r#"a/b+c=\u00e9<'\"&\ud834\udd1e"#,
            r#"a\/b+c=é<'\"&𝄞"#,
            r#"a/b+c=é\u003c'\"\u0026𝄞"#,
            r#"a/b+c\u003dé\u003c\u0027\"\u0026𝄞"#,
            r#"a/b\u002Bc=\u00E9\u003C\u0027\u0022\u0026\uD834\uDD1E"#,
            "a/b+c=é&lt;&#39;&quot;&amp;𝄞",
            "a/b+c=é&lt;&#x27;&quot;&amp;𝄞",
            "a/b+c=é&lt;&#39;&#34;&amp;𝄞",
            "a/b+c=é&lt;&apos;&quot;&amp;𝄞",
        ] {
            assert_eq!(redactor.line(&format!("x {text} y")), "x *** y", "{text}");
        }
    }

    #[test]
    fn secrets_are_blanked_wherever_they_stand_in_base64() {
        let redactor = redactor(&["hunter22", "~?>~~?>"]);
        for (plain, expected) in [
            ("hunter22", "***="),
            ("hunter22:x", "***6eA=="),
            ("me:hunter22", "bWU6***="),
            ("bob:hunter22", "Ym9iOm***"),
            ("bob:hunter22:x", "Ym9iOm***Ong="),
            ("admin:hunter22", "YWRtaW46***="),
            ("anna:hunter22", "YW5uYTp***=="),
            ("anna:hunter22:xy", "YW5uYTp***jp4eQ=="),
            ("~?>~~?>", "***=="),
            ("a:~?>~~?>", "YTp***"),
            ("ab:~?>~~?>", "YWI6***=="),
            ("abc:~?>~~?>", "YWJjOn***="),
            ("hunter2", "aHVudGVyMg=="),
        ] {
            let standard = format!("Basic {}", BASE64_STANDARD.encode(plain));
            assert_eq!(redactor.line(&standard), format!("Basic {expected}"), "{plain} {standard}");
            let in_url = BASE64_URL_SAFE_NO_PAD.encode(plain);
            assert_eq!(redactor.line(&in_url), expected.trim_end_matches('='), "{plain} {in_url}");
        }
    }

    /// Whatever stands around it, all of a secret's bytes but those at its ends are blanked, of the shortest secrets too.
    #[test]
    fn nothing_is_left_of_what_lies_within_a_secret() {
        for secret in ["k3y!", "tok-3b1c9f0a77", "üß€ key"] {
            let redactor = redactor(&[secret]);
            for (before, after) in (0..4).flat_map(|before| (0..4).map(move |after| (before, after))) {
                let plain = format!("{}{secret}{}", "b".repeat(before), "a".repeat(after));
                let shown = redactor.line(&BASE64_STANDARD.encode(&plain));
                let (start, end) = shown.split_once("***").unwrap_or_else(|| panic!("{plain}: {shown}"));
                assert!(start.len() * 6 < (before + 1) * 8, "{plain}: {shown}");
                let filling = (plain.len() * 8).next_multiple_of(6) - plain.len() * 8;
                assert!(end.trim_end_matches('=').len() * 6 < (after + 1) * 8 + filling, "{plain}: {shown}");
            }
        }
    }

    #[test]
    fn control_characters_are_dropped() {
        let redactor = redactor(&[]);
        assert_eq!(redactor.line("a\u{1b}[31mb\r\nc\u{202E}d\u{9b}"), "a[31mb  cd");
        assert_eq!(redactor.block("a\u{7}\n\tb"), "a\n\tb");
    }

    #[test]
    fn marks_tell_secrets_apart() {
        let redactor = redactor(&["t0ken-a", "t0ken-b"]);
        let [a, b] = ["/hooks/t0ken-a/in", "/hooks/t0ken-b/in"].map(|path| redactor.marked(path));
        assert!(a.starts_with("/hooks/***") && a.ends_with("/in") && a.len() == "/hooks/***abcd/in".len(), "{a}");
        assert_ne!(a, b);
        assert_eq!((redactor.marked("/hooks/t0ken-a/in"), redactor.marked("/v1")), (a, "/v1".into()));
    }

    #[test]
    fn urls_are_printed_without_secrets() {
        let url = Url::parse("https://me:pw@host.example:8443/v1?token=x#y").unwrap();
        assert_eq!(printable_url(&url).as_str(), "https://host.example:8443/v1");
    }
}
