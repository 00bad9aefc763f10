//! Raw SQL of the feed's owner: where its placeholders stand, and what cannot be placed into a statement.
//!
//! This reads tokens, not grammar: it knows strings, quoted names and comments only so far as to see what stands
//! outside them. `:keys` and `:today` are the only placeholders; any other `:name` is left for the database to refuse.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawPlaceholderKind {
    /// `:keys`, always in `IN (:keys)`.
    Keys,
    /// `:today`
    Today,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPlaceholder {
    pub kind: RawPlaceholderKind,
    /// Bytes of the SQL, from the colon to the end of the name.
    pub span: Range<usize>,
}

/// Why a piece of raw SQL cannot be placed into a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RawSqlError {
    pub message: String,
    /// Bytes of the SQL that the message is about.
    pub span: Range<usize>,
}

impl RawSqlError {
    fn new(message: &str, span: Range<usize>) -> Self {
        RawSqlError { message: message.to_owned(), span }
    }
}

/// The placeholders of a raw condition or query, in order. Fails where the text could not stand in parentheses of a
/// larger statement: a string or comment without end, unbalanced parentheses, a second statement, nothing at all,
/// or `:keys` anywhere but in `IN (:keys)`.
pub fn placeholders(sql: &str) -> Result<Vec<RawPlaceholder>, RawSqlError> {
    let tokens = tokens(sql)?;
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut end: Option<Range<usize>> = None;
    for (i, token) in tokens.iter().enumerate() {
        if let Some(semicolon) = &end {
            let message = "a second statement: only one may stand here";
            return Err(RawSqlError::new(message, semicolon.start..token.span.end));
        }
        match token.kind {
            TokenKind::Other(';') => end = Some(token.span.clone()),
            TokenKind::Other('(') => open.push(token.span.clone()),
            TokenKind::Other(')') if open.pop().is_none() => {
                return Err(RawSqlError::new("this parenthesis closes none", token.span.clone()));
            }
            TokenKind::Parameter => match &sql[token.span.clone()] {
                ":keys" if is_in_list(sql, &tokens, i) => {
                    found.push(RawPlaceholder { kind: RawPlaceholderKind::Keys, span: token.span.clone() });
                }
                ":keys" => {
                    return Err(RawSqlError::new("`:keys` stands only in `IN (:keys)`", token.span.clone()));
                }
                ":today" => found.push(RawPlaceholder { kind: RawPlaceholderKind::Today, span: token.span.clone() }),
                _ => {}
            },
            _ => {}
        }
    }
    if let Some(span) = open.pop() {
        return Err(RawSqlError::new("this parenthesis is never closed", span));
    }
    if tokens.len() == usize::from(end.is_some()) {
        return Err(RawSqlError::new("there is no SQL here", 0..sql.len()));
    }
    Ok(found)
}

/// True where the token stands alone in the parentheses of an `IN`.
fn is_in_list(sql: &str, tokens: &[Token], i: usize) -> bool {
    let at = |i: usize| tokens.get(i).map(|token| &sql[token.span.clone()]);
    i >= 2
        && at(i - 1) == Some("(")
        && at(i - 2).is_some_and(|word| word.eq_ignore_ascii_case("in"))
        && tokens[i - 2].kind == TokenKind::Word
        && at(i + 1) == Some(")")
}

/// The SQL without what ends it (`;`), and with each token that `replace` gives a text for replaced by it. Text that
/// cannot be read as tokens stays as it is: the database then says what is wrong with it.
pub(in crate::source) fn rewrite(sql: &str, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let Ok(tokens) = tokens(sql) else { return sql.to_owned() };
    let mut text = String::with_capacity(sql.len());
    let mut copied = 0;
    for (i, token) in tokens.iter().enumerate() {
        let replacement = match token.kind {
            TokenKind::Other(';') if i + 1 == tokens.len() => Some(String::new()),
            TokenKind::Parameter => replace(&sql[token.span.clone()]),
            _ => None,
        };
        if let Some(replacement) = replacement {
            text.push_str(&sql[copied..token.span.start]);
            text.push_str(&replacement);
            copied = token.span.end;
        }
    }
    text.push_str(&sql[copied..]);
    text
}

/// Every bare word and quoted name of the SQL, without its quotes.
pub(in crate::source) fn words(sql: &str) -> Vec<&str> {
    let tokens = tokens(sql).unwrap_or_default();
    tokens
        .iter()
        .filter_map(|token| match token.kind {
            TokenKind::Word => Some(&sql[token.span.clone()]),
            TokenKind::QuotedName => Some(&sql[token.span.start + 1..token.span.end - 1]),
            _ => None,
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Word,
    QuotedName,
    String,
    /// `:name`, `?` or `?1`.
    Parameter,
    Other(char),
}

#[derive(Debug, Clone)]
struct Token {
    kind: TokenKind,
    span: Range<usize>,
}

/// The tokens outside comments. All the bytes that are looked for are ASCII, so spans fall on character boundaries.
fn tokens(sql: &str) -> Result<Vec<Token>, RawSqlError> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        let next = bytes.get(i + 1).copied();
        let kind = match bytes[i] {
            byte if byte.is_ascii_whitespace() => {
                i += 1;
                continue;
            }
            b'-' if next == Some(b'-') => {
                i = bytes[i..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| i + length + 1);
                continue;
            }
            b'/' if next == Some(b'*') => {
                let Some(length) = sql[i + 2..].find("*/") else {
                    return Err(RawSqlError::new("this comment has no end", start..sql.len()));
                };
                i += 2 + length + 2;
                continue;
            }
            quote @ (b'\'' | b'"' | b'`') => {
                i = closing_quote(bytes, i, quote).ok_or_else(|| unclosed(quote, start..sql.len()))?;
                if quote == b'\'' { TokenKind::String } else { TokenKind::QuotedName }
            }
            b'[' => {
                let Some(length) = sql[i..].find(']') else { return Err(unclosed(b'[', start..sql.len())) };
                i += length + 1;
                TokenKind::QuotedName
            }
            b':' if next == Some(b':') => {
                i += 2;
                TokenKind::Other(':')
            }
            b':' if next.is_some_and(is_name_byte) => {
                i = name_end(bytes, i + 1);
                TokenKind::Parameter
            }
            b'?' => {
                i = name_end(bytes, i + 1);
                TokenKind::Parameter
            }
            0 => return Err(RawSqlError::new("a NUL character ends the statement for the database", start..start + 1)),
            byte if is_name_byte(byte) => {
                i = name_end(bytes, i);
                TokenKind::Word
            }
            byte => {
                i += 1;
                TokenKind::Other(char::from(byte))
            }
        };
        tokens.push(Token { kind, span: start..i });
    }
    Ok(tokens)
}

fn unclosed(quote: u8, span: Range<usize>) -> RawSqlError {
    RawSqlError { message: format!("this {} has no end", char::from(quote)), span }
}

/// Where the quoted text that opens at `open` ends; a doubled quote stands for one.
fn closing_quote(bytes: &[u8], open: usize, quote: u8) -> Option<usize> {
    let mut i = open + 1;
    while i < bytes.len() {
        if bytes[i] == quote {
            if bytes.get(i + 1) != Some(&quote) {
                return Some(i + 1);
            }
            i += 1;
        }
        i += 1;
    }
    None
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| !is_name_byte(byte)).map_or(bytes.len(), |length| start + length)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(sql: &str) -> Vec<(RawPlaceholderKind, &str)> {
        placeholders(sql).unwrap().into_iter().map(|p| (p.kind, &sql[p.span])).collect()
    }

    #[test]
    fn finds_placeholders_outside_of_quotes_and_comments() {
        use RawPlaceholderKind::{Keys, Today};
        assert_eq!(spans("a IN (:keys) AND b <= :today"), [(Keys, ":keys"), (Today, ":today")]);
        assert_eq!(spans("a in\n( /* the\n batch */ :keys -- all\n)"), [(Keys, ":keys")]);
        assert_eq!(spans("a = ':keys' AND \":today\" = `:keys` AND [:keys] = 'it''s :today'"), []);
        assert_eq!(spans("1 -- :keys\n"), []);
        assert_eq!(spans("a = 1 /* :keys ' */ -- it's :today"), []);
        assert_eq!(spans("a::keys = b::today"), []);
        assert_eq!(spans("a = :keys_of AND b = :todays AND c = :KEYS"), []);
        assert_eq!(spans("é = :today"), [(Today, ":today")]);
    }

    #[test]
    fn says_what_cannot_be_placed() {
        for (sql, message, text) in [
            ("a = :keys", "only in `IN (:keys)`", ":keys"),
            ("a IN (:keys, 1)", "only in `IN (:keys)`", ":keys"),
            ("a IN (SELECT :keys)", "only in `IN (:keys)`", ":keys"),
            ("max(:keys)", "only in `IN (:keys)`", ":keys"),
            ("a = \"in\" (:keys)", "only in `IN (:keys)`", ":keys"),
            ("a = 'it", "has no end", "'it"),
            ("a = 1 /* more", "comment has no end", "/* more"),
            ("a = [b", "has no end", "[b"),
            ("a = 1) OR (1 = 1", "closes none", ")"),
            ("a IN (1, 2", "never closed", "("),
            ("a = 1; DELETE FROM b", "second statement", "; DELETE"),
            (" -- nothing\n ; ", "no SQL", " -- nothing\n ; "),
            ("", "no SQL", ""),
            ("a = 1\0", "NUL character", "\0"),
        ] {
            let error = placeholders(sql).unwrap_err();
            assert!(error.message.contains(message), "{sql}: {error}");
            assert_eq!(&sql[error.span], text, "{sql}");
        }
    }

    #[test]
    fn rewrites_tokens_and_drops_the_end() {
        let text = rewrite("a = ':x' AND b = :x; -- done", |token| (token == ":x").then(|| "1".to_owned()));
        assert_eq!(text, "a = ':x' AND b = 1 -- done");
        assert_eq!(rewrite("a = 'never", |_| None), "a = 'never");
    }

    #[test]
    fn words_leave_out_strings() {
        assert_eq!(words("SELECT \"a b\", 'union' FROM [t] -- union"), ["SELECT", "a b", "FROM", "t"]);
    }
}
