//! Raw SQL of the feed's owner: where its placeholders stand, and what cannot be placed into a statement.
//!
//! This reads tokens, not grammar: it knows strings, quoted names and comments only so far as to see what stands
//! outside them. `:keys` and `:today` are the only placeholders; any other is left for the database to refuse.

use std::ops::Range;

pub use super::tokens::Syntax;
use super::tokens::{Token, TokenKind, tokens};

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
    pub(super) fn new(message: &str, span: Range<usize>) -> Self {
        RawSqlError { message: message.to_owned(), span }
    }
}

/// The placeholders of a raw condition or query, in order. Fails where the text could not stand in parentheses of a
/// larger statement: a string or comment without end, unbalanced parentheses, a second statement, nothing at all,
/// or `:keys` anywhere but in `IN (:keys)`.
pub fn placeholders(sql: &str, syntax: Syntax) -> Result<Vec<RawPlaceholder>, RawSqlError> {
    let tokens = tokens(sql, syntax)?;
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

/// What is wrong with a placeholder that feedmill does not fill.
pub(in crate::source) fn without_value(name: &str) -> String {
    format!("`{name}` has no value: the placeholders are `:keys`, in `IN (:keys)`, and `:today`")
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

/// What stands for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct Parameter<'s> {
    pub text: &'s str,
    /// A plus or minus stands beside it.
    pub in_sum: bool,
}

/// The SQL without what ends it (`;`), and with each placeholder that `replace` gives a text for replaced by it. Text that
/// cannot be read as tokens stays as it is: the database then says what is wrong with it.
///
/// Comments of MySQL are left out, and a sign is kept apart from what it could begin a comment with: the driver reads the
/// statement once more, less well than the server, and may take a text for a placeholder after either.
pub(in crate::source) fn rewrite(
    sql: &str,
    syntax: Syntax,
    mut replace: impl FnMut(Parameter<'_>) -> Option<String>,
) -> String {
    let Ok(tokens) = tokens(sql, syntax) else { return sql.to_owned() };
    let is_sign = |i: Option<usize>| {
        let token = i.and_then(|i| tokens.get(i));
        token.is_some_and(|token| matches!(token.kind, TokenKind::Other('+' | '-')))
    };
    let mut text = String::with_capacity(sql.len());
    let mut copied = 0;
    for (i, token) in tokens.iter().enumerate() {
        let between = &sql[copied..token.span.start];
        text.push_str(match syntax {
            Syntax::MySql => plain_gap(i.checked_sub(1).map(|before| tokens[before].kind), between, token.kind),
            _ => between,
        });
        let replacement = match token.kind {
            TokenKind::Other(';') if i + 1 == tokens.len() => Some(String::new()),
            TokenKind::Parameter => {
                let in_sum = is_sign(i.checked_sub(1)) || is_sign(Some(i + 1));
                replace(Parameter { text: &sql[token.span.clone()], in_sum })
            }
            _ => None,
        };
        match replacement {
            Some(replacement) => text.push_str(&replacement),
            None => text.push_str(&sql[token.span.clone()]),
        }
        copied = token.span.end;
    }
    if syntax != Syntax::MySql {
        text.push_str(&sql[copied..]);
    }
    text
}

/// What stands between two tokens: a blank for a comment, and behind what could be the first half of one's beginning.
fn plain_gap(before: Option<TokenKind>, between: &str, after: TokenKind) -> &str {
    let is_half = matches!(before, Some(TokenKind::Other('-' | '/'))) && after != TokenKind::Other('>');
    let is_blank = between.chars().all(char::is_whitespace);
    if is_blank && !(between.is_empty() && is_half) { between } else { " " }
}

/// Every placeholder of a text, whatever it stands for.
pub(in crate::source) fn parameters(sql: &str, syntax: Syntax) -> Result<Vec<&str>, RawSqlError> {
    let tokens = tokens(sql, syntax)?.into_iter();
    Ok(tokens.filter(|token| token.kind == TokenKind::Parameter).map(|token| &sql[token.span]).collect())
}

/// Every bare word and quoted name of the SQL, without its quotes.
pub(in crate::source) fn words(sql: &str, syntax: Syntax) -> Vec<&str> {
    let tokens = tokens(sql, syntax).unwrap_or_default();
    tokens
        .iter()
        .filter_map(|token| match token.kind {
            TokenKind::Word => Some(&sql[token.span.clone()]),
            TokenKind::QuotedName => Some(&sql[token.span.start + 1..token.span.end - 1]),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(sql: &str) -> Vec<(RawPlaceholderKind, &str)> {
        spans_in(sql, Syntax::Sqlite)
    }

    fn spans_in(sql: &str, syntax: Syntax) -> Vec<(RawPlaceholderKind, &str)> {
        placeholders(sql, syntax).unwrap().into_iter().map(|p| (p.kind, &sql[p.span])).collect()
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
            let error = placeholders(sql, Syntax::Sqlite).unwrap_err();
            assert!(error.message.contains(message), "{sql}: {error}");
            assert_eq!(&sql[error.span], text, "{sql}");
        }
        for (sql, message, text) in [
            ("a = $x$ b", "this $x$ has no end", "$x$ b"),
            (r"a = E'\'", "has no end", r"E'\'"),
            ("/* /* */ 1", "comment has no end", "/* /* */ 1"),
            ("a[1", "", ""),
        ] {
            match placeholders(sql, Syntax::Postgres) {
                Err(error) => assert!(error.message.contains(message) && &sql[error.span.clone()] == text, "{error}"),
                Ok(_) => assert_eq!(message, "", "{sql}"),
            }
        }
    }

    #[test]
    fn knows_the_quotes_of_postgres() {
        use RawPlaceholderKind::{Keys, Today};
        assert_eq!(spans_in(r"a = E'it\'s :today' AND b = :today", Syntax::Postgres), [(Today, ":today")]);
        assert_eq!(spans_in(r"a = 'x\' AND b = :today --'", Syntax::Postgres), [(Today, ":today")]);
        assert_eq!(spans_in("a = $$it's :today$$ || $q$ $$ :keys $q$", Syntax::Postgres), []);
        assert_eq!(spans_in("a$b = :today AND tags[1:n] @> ARRAY[:today]", Syntax::Postgres).len(), 2);
        assert_eq!(spans_in("a ? 'b' AND c IN (:keys) /* /* */ :today */", Syntax::Postgres), [(Keys, ":keys")]);
        assert_eq!(spans_in("a::date = :today", Syntax::Postgres), [(Today, ":today")]);
        let parameters = |sql| {
            let mut found = Vec::new();
            rewrite(sql, Syntax::Postgres, |parameter| {
                found.push(format!("{}{}", parameter.text, if parameter.in_sum { "+" } else { "" }));
                None
            });
            found.join(" ")
        };
        assert_eq!(parameters("a = $1 AND b ?| c AND d - :today < :today + 7 AND '$2' = x$3"), "$1 :today+ :today+");
        assert_eq!(parameters("a BETWEEN :today AND b-1"), ":today");
    }

    #[test]
    fn knows_the_quotes_and_comments_of_mysql() {
        use RawPlaceholderKind::{Keys, Today};
        let spans = |sql| spans_in(sql, Syntax::MySql);
        assert_eq!(spans(r"a = 'it\'s :today' AND b = :today"), [(Today, ":today")]);
        assert_eq!(spans(r#"a = "it's :today" AND b = ":keys\"" AND c = :today"#), [(Today, ":today")]);
        assert_eq!(spans("`it's` = 1 # it's :today\nAND `a``b\\` IN (:keys)"), [(Keys, ":keys")]);
        assert_eq!(spans("a = 5--3 AND b = :today -- it's :keys"), [(Today, ":today")]);
        assert_eq!(spans("a = 1 --\n AND b = :today --"), [(Today, ":today")]);
        assert_eq!(spans("@n := a->'$.x' AND b = :today"), [(Today, ":today")]);
        for (sql, message) in [
            ("a = 1 /*! AND b = 2 */", "some servers run"),
            ("a = 1 /*M!100500 AND b = 2 */", "some servers run"),
            (r"a = 'it\'", "this ' has no end"),
            ("a = \"b", "this \" has no end"),
        ] {
            let error = placeholders(sql, Syntax::MySql).unwrap_err();
            assert!(error.message.contains(message), "{sql}: {error}");
        }
        assert_eq!(parameters("a = ? AND b = :x AND c = '?'", Syntax::MySql).unwrap(), ["?", ":x"]);
    }

    #[test]
    fn keeps_comments_from_mysqls_driver() {
        let rewritten = |sql: &str| rewrite(sql, Syntax::MySql, |_| Some("?".to_owned()));
        for (sql, expected) in [
            ("a = -'x:y' AND b = :today # it's\n", "a = - 'x:y' AND b = ?"),
            ("a/'2' = 5--3 /* it's **/ AND j->>'$.x' = ':y' -- :z", "a/ '2' = 5- - 3 AND j->>'$.x' = ':y'"),
            ("/*+ HINT */ a\n= 1; -- :x", "a\n= 1"),
        ] {
            assert_eq!(rewritten(sql).trim(), expected, "{sql}");
        }
    }

    #[test]
    fn rewrites_tokens_and_drops_the_end() {
        let replaced = |sql: &str| rewrite(sql, Syntax::Sqlite, |found| (found.text == ":x").then(|| "1".to_owned()));
        assert_eq!(replaced("a = ':x' AND b = :x; -- done"), "a = ':x' AND b = 1 -- done");
        assert_eq!(replaced("a = 'never"), "a = 'never");
    }

    #[test]
    fn words_leave_out_strings() {
        assert_eq!(words("SELECT \"a b\", 'union' FROM [t] -- union", Syntax::Sqlite), ["SELECT", "a b", "FROM", "t"]);
    }
}
