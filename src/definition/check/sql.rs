//! Raw SQL of the feed's owner, as far as it can be judged without a database: it stands in parentheses of a larger
//! statement, so it must be closed in itself, and its placeholders must be ones that feedmill fills.

use std::ops::Range;

use crate::definition::problem::suggestion;

/// What is wrong with a piece of SQL: bytes of its text, message, help.
#[derive(Debug, PartialEq)]
pub struct SqlFault {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlRole {
    /// `where_sql`
    Condition,
    /// `sql`
    Query,
    /// `where_sql` on the rows of attributes, which are read once and belong to no batch.
    Attributes,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(Range<usize>),
    /// `:name`
    Placeholder(Range<usize>),
    Mark(char, usize),
}

const PLACEHOLDERS: [&str; 2] = [":keys", ":today"];

pub fn faults(text: &str, role: SqlRole) -> Vec<SqlFault> {
    let (tokens, open_quote) = tokens(text);
    // Quoting differs between databases; where a text uses what only some of them know, balance cannot be judged, and with
    // MySQL's escapes and comments not even what stands outside of quotes. The database's own check says what is wrong.
    let is_mysqls = text.contains('\\') || text.contains('#');
    let peculiar = is_mysqls || text.contains('$');
    let mut faults = Vec::new();
    let mut fault = |span: Range<usize>, message: String, help: Option<String>| {
        faults.push(SqlFault { span, message, help });
    };
    if tokens.is_empty() && open_quote.is_none() {
        fault(0..text.len(), "no SQL stands here".to_owned(), None);
        return faults;
    }
    if role == SqlRole::Query {
        let first = tokens.iter().find(|token| !matches!(token, Token::Mark('(', _)));
        let word = match first {
            Some(Token::Word(range)) => &text[range.clone()],
            _ => "",
        };
        if !["select", "with"].iter().any(|start| word.eq_ignore_ascii_case(start)) {
            let help = Some("a query starts with SELECT or WITH; feedmill only reads".to_owned());
            fault(0..text.len(), "not a query".to_owned(), help);
        }
    }
    if let Some(start) = open_quote.filter(|_| !peculiar) {
        fault(start..text.len(), "a quote or comment is opened here and not closed".to_owned(), None);
    }
    let mut open = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(', at) => open.push(*at),
            Token::Mark(')', at) => {
                if open.pop().is_none() && !peculiar {
                    fault(*at..at + 1, "this parenthesis was not opened".to_owned(), None);
                }
            }
            Token::Mark(';', at) => {
                let help = Some("it is placed into a larger statement; leave the semicolon out".to_owned());
                fault(*at..at + 1, "a semicolon".to_owned(), help);
            }
            Token::Placeholder(range) => match &text[range.clone()] {
                _ if is_mysqls => {}
                ":keys" if role == SqlRole::Attributes => {
                    let message = "`:keys` has no meaning here".to_owned();
                    let help = "attributes are looked up once, whichever entities a batch holds".to_owned();
                    fault(range.clone(), message, Some(help));
                }
                ":keys" if !within_in(text, &tokens, number) => {
                    let message = "`:keys` stands only in `IN (:keys)`".to_owned();
                    fault(range.clone(), message, Some("write `column IN (:keys)`".to_owned()));
                }
                ":keys" | ":today" => {}
                other => {
                    let message = format!("`{other}` is not a placeholder that feedmill fills");
                    fault(range.clone(), message, suggestion(other, PLACEHOLDERS));
                }
            },
            Token::Mark(..) | Token::Word(_) => {}
        }
    }
    if let Some(at) = open.first().filter(|_| !peculiar && open_quote.is_none()) {
        fault(*at..at + 1, "this parenthesis is not closed".to_owned(), None);
    }
    faults
}

/// Whether the placeholder at `number` is all there is in `IN ( )`.
fn within_in(text: &str, tokens: &[Token], number: usize) -> bool {
    let is_in = |token: &Token| matches!(token, Token::Word(range) if text[range.clone()].eq_ignore_ascii_case("in"));
    let before = number.checked_sub(2).map(|start| &tokens[start..number]);
    matches!(before, Some([word, Token::Mark('(', _)]) if is_in(word))
        && matches!(tokens.get(number + 1), Some(Token::Mark(')', _)))
}

/// Words, placeholders and marks outside of quotes and comments; and where a quote or comment starts that never ends.
fn tokens(text: &str) -> (Vec<Token>, Option<usize>) {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let byte = bytes[at];
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(end) => at += end + 4,
                None => return (tokens, Some(at)),
            }
        } else if matches!(byte, b'\'' | b'"' | b'`') {
            // A doubled quote reads as two quoted pieces side by side, which ends at the same place.
            match rest[1..].find(char::from(byte)) {
                Some(end) => at += end + 2,
                None => return (tokens, Some(at)),
            }
            tokens.push(Token::Mark('\'', at - 1));
        } else if let Some(length) = dollar_quoted(rest).filter(|_| at == 0 || !is_word(bytes[at - 1])) {
            tokens.push(Token::Mark('\'', at));
            at += length;
        } else if is_word(byte) {
            let length = word_length(rest);
            tokens.push(Token::Word(at..at + length));
            at += length;
        } else if byte == b':' && rest[1..].starts_with(':') {
            at += 2;
        } else if byte == b':' && bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_') {
            let length = 1 + word_length(&rest[1..]);
            let slice = at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b']');
            let token = at..at + length;
            tokens.push(if slice { Token::Word(token) } else { Token::Placeholder(token) });
            at += length;
        } else {
            if !byte.is_ascii_whitespace() {
                tokens.push(Token::Mark(char::from(byte), at));
            }
            at += 1;
        }
    }
    (tokens, None)
}

/// The length of PostgreSQL's `$$...$$` or `$tag$...$tag$` at the beginning, if it is closed.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag = 1 + word_length(text.strip_prefix('$')?);
    if text.as_bytes().get(tag) != Some(&b'$') || text.as_bytes()[1].is_ascii_digit() {
        return None;
    }
    let (tag, rest) = text.split_at(tag + 1);
    Some(2 * tag.len() + rest.find(tag)?)
}

/// Letters beyond ASCII belong to words, so that no character is ever cut.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word_length(text: &str) -> usize {
    text.bytes().position(|byte| !is_word(byte)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str, role: SqlRole) -> Vec<String> {
        faults(text, role).into_iter().map(|fault| format!("{} @ {}", fault.message, &text[fault.span])).collect()
    }

    #[test]
    fn good_sql_has_no_faults() {
        for text in [
            "a.b <> ':keys (' AND x IN ( :KEYS )".replace(":KEYS", ":keys").as_str(),
            "name = 'it''s ;' -- ) ; :nothing",
            "\"odd:name\" = 1 /* ( */ and `x` < :today",
            "x::int = 2 and tags[1:n] is null and 'é' = \"ü\"",
            "a = E'\\'(' ",
            "a = 'it\\'s :x' # don't (:y",
            "a = $$; :x ($$ and b <> $t$it's $$ ;$t$",
        ] {
            assert_eq!(messages(text, SqlRole::Condition), [] as [&str; 0], "{text}");
        }
        for text in ["select 1", " -- why\n WITH t AS (SELECT 1) SELECT * FROM t", "(SELECT 1 UNION SELECT 2)"] {
            assert_eq!(messages(text, SqlRole::Query), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn faults_are_found_at_their_place() {
        for (text, expected) in [
            ("x = :keys", "`:keys` stands only in `IN (:keys)` @ :keys"),
            ("x IN (:keys, 1)", "`:keys` stands only in `IN (:keys)` @ :keys"),
            ("x = :tody", "`:tody` is not a placeholder that feedmill fills @ :tody"),
            ("x = 1;", "a semicolon @ ;"),
            ("(x = 1", "this parenthesis is not closed @ ("),
            ("x = 1) or (1=1", "this parenthesis was not opened @ )"),
            ("x = 'a", "a quote or comment is opened here and not closed @ 'a"),
            ("x /* a", "a quote or comment is opened here and not closed @ /* a"),
            (" -- nothing", "no SQL stands here @  -- nothing"),
        ] {
            assert_eq!(messages(text, SqlRole::Condition).first().map(String::as_str), Some(expected), "{text}");
        }
        assert_eq!(messages("DELETE FROM x", SqlRole::Query), ["not a query @ DELETE FROM x"]);
    }
}
