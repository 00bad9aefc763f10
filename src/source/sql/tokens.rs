//! The tokens of SQL text, as far as databases differ in what quotes and comments are.
//!
//! Strings, quoted names and comments are known only so far as to see what stands outside them.

use std::ops::Range;

use super::raw::RawSqlError;

/// Whose quotes, comments and placeholders a text is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `` `name` ``, `[name]`; `?` and `?1` are placeholders.
    Sqlite,
    /// `E'\''`, `$tag$...$tag$`, comments within comments; `$1` is a placeholder, `?` an operator, `[1:n]` a slice.
    Postgres,
    /// `` `name` ``, `"string"`, `'it\'s'`, `# comment`, `-- comment` with its blank; `?` is a placeholder.
    MySql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    QuotedName,
    String,
    /// `:name`, and what else the syntax has for it.
    Parameter,
    Other(char),
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
}

/// The tokens outside comments. All the bytes that are looked for are ASCII, so spans fall on character boundaries.
pub(super) fn tokens(sql: &str, syntax: Syntax) -> Result<Vec<Token>, RawSqlError> {
    let is_sqlite = syntax == Syntax::Sqlite;
    let is_postgres = syntax == Syntax::Postgres;
    let is_mysql = syntax == Syntax::MySql;
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
            b'-' | b'#' if begins_line_comment(bytes, i, syntax) => {
                i = line_end(bytes, i);
                continue;
            }
            b'/' if is_mysql && ["/*!", "/*M!"].iter().any(|opening| sql[i..].starts_with(opening)) => {
                let message = "a comment that some servers run and others do not: write what shall be run itself";
                return Err(RawSqlError::new(message, start..sql.len()));
            }
            b'/' if next == Some(b'*') => {
                let Some(end) = comment_end(bytes, i, is_postgres) else {
                    return Err(RawSqlError::new("this comment has no end", start..sql.len()));
                };
                i = end;
                continue;
            }
            quote @ (b'\'' | b'"') if is_mysql => {
                i = escaped_string_end(bytes, i).ok_or_else(|| unclosed(quote, start..sql.len()))?;
                TokenKind::String
            }
            quote @ (b'\'' | b'"' | b'`') if !is_postgres || quote != b'`' => {
                i = closing_quote(bytes, i, quote).ok_or_else(|| unclosed(quote, start..sql.len()))?;
                if quote == b'\'' { TokenKind::String } else { TokenKind::QuotedName }
            }
            b'e' | b'E' if is_postgres && next == Some(b'\'') => {
                i = escaped_string_end(bytes, i + 1).ok_or_else(|| unclosed(b'\'', start..sql.len()))?;
                TokenKind::String
            }
            b'$' if is_postgres => match dollar_tag(bytes, i) {
                Some(tag) => {
                    let Some(length) = sql[i + tag.len()..].find(&sql[tag.clone()]) else {
                        let message = format!("this {} has no end", &sql[tag]);
                        return Err(RawSqlError { message, span: start..sql.len() });
                    };
                    i += tag.len() + length + tag.len();
                    TokenKind::String
                }
                None => {
                    i = name_end(bytes, i + 1);
                    TokenKind::Parameter
                }
            },
            b'[' if is_sqlite => {
                let Some(length) = sql[i..].find(']') else { return Err(unclosed(b'[', start..sql.len())) };
                i += length + 1;
                TokenKind::QuotedName
            }
            b':' if next == Some(b':') => {
                i += 2;
                TokenKind::Other(':')
            }
            b':' if next.is_some_and(is_name_byte) => {
                let in_slice = is_postgres && i > 0 && (is_name_byte(bytes[i - 1]) || bytes[i - 1] == b']');
                i = name_end(bytes, i + 1);
                if in_slice { TokenKind::Other(':') } else { TokenKind::Parameter }
            }
            b'?' if !is_postgres => {
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

/// Where a string of MySQL's or of PostgreSQL's `E'...'` ends whose quote opens at `open`: a backslash takes the next byte
/// with it.
fn escaped_string_end(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let mut i = open + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            byte if byte == quote && bytes.get(i + 1) == Some(&quote) => i += 1,
            byte if byte == quote => return Some(i + 1),
            _ => {}
        }
        i += 1;
    }
    None
}

/// `-- ` to the end of the line, and MySQL's `#`. There `--` needs a blank behind it.
fn begins_line_comment(bytes: &[u8], i: usize, syntax: Syntax) -> bool {
    let is_mysql = syntax == Syntax::MySql;
    match bytes[i..] {
        [b'#', ..] => is_mysql,
        [b'-', b'-'] => true,
        [b'-', b'-', third, ..] => !is_mysql || third.is_ascii_whitespace() || third.is_ascii_control(),
        _ => false,
    }
}

/// The beginning of the next line.
fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| start + length + 1)
}

/// Where the comment that opens at `open` ends; `nested` comments open and close within it.
fn comment_end(bytes: &[u8], open: usize, nested: bool) -> Option<usize> {
    let mut depth = 1;
    let mut i = open + 2;
    while let [first, second, ..] = bytes.get(i..)? {
        match (first, second) {
            (b'*', b'/') => depth -= 1,
            (b'/', b'*') if nested => depth += 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

/// `$$` or `$tag$` at `start`.
fn dollar_tag(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let length = bytes[start + 1..].iter().position(|&byte| byte == b'$' || !is_name_byte(byte))?;
    let end = start + 1 + length;
    let is_tag = bytes[end] == b'$' && !bytes[start + 1].is_ascii_digit();
    is_tag.then_some(start..end + 1)
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| !is_name_byte(byte)).map_or(bytes.len(), |length| start + length)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}
