//! From a text to the tree of an expression: limits, the SQL parser, and its errors in our words.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::accept::{Acceptance, OPERATORS};
use super::ast::Node;
use super::dialect::FeedDialect;
use super::location::Locations;
use super::{ExpressionError, NameParts};

/// Bytes; far beyond what a person writes into a feed file.
const MAX_LENGTH: usize = 64 * 1024;

/// Operators and keywords. The parser makes a tree as deep as a chain of operators is long, and walks it recursively;
/// literals, names and commas (a long `in` list) cost no depth.
const MAX_OPERATORS: usize = 1500;

/// The parser's own measure of nesting, generous against [`MAX_DEPTH`](super::accept::MAX_DEPTH), which is the one
/// that is meant.
const PARSER_DEPTH: usize = 250;

pub(super) struct Parsed {
    pub root: Node,
    pub names: Vec<(NameParts, Range<usize>)>,
}

pub(super) fn parse(text: &str) -> Result<Parsed, ExpressionError> {
    let whole = 0..text.len();
    if text.trim().is_empty() {
        return Err(error("the expression is empty", whole));
    }
    if text.len() > MAX_LENGTH {
        return Err(error("the expression is longer than 64 KiB", whole));
    }
    let locations = Locations::of(text);
    let tokens = Tokenizer::new(&FeedDialect, text).tokenize_with_location().map_err(|problem| {
        let start = locations.byte(problem.location);
        // A quote that is never closed is reported where it opens, a comment at the end of the text.
        if problem.message.contains("nterminated") || problem.message.contains("close delimiter") {
            error("this quote is never closed", start..text.len())
        } else if problem.message.contains("comment") {
            error("a comment is never closed", end_of_text(text))
        } else {
            error(decapitalised(&problem.message), character_at(text, start))
        }
    })?;
    if tokens.iter().filter(|token| deepens(&token.token)).count() > MAX_OPERATORS {
        return Err(too_deep(whole, "the expression has too many operators"));
    }
    let mut parser =
        Parser::new(&FeedDialect).with_recursion_limit(PARSER_DEPTH).with_tokens_with_locations(tokens.clone());
    let tree = parser.parse_expr().map_err(|problem| parser_error(problem, text, &locations, &tokens))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let mut problem =
            error(format!("`{}` does not belong here", rest.token), nonempty(locations.bytes(rest.span), text));
        if matches!(rest.token, Token::SemiColon) {
            problem.help = Some("an expression has no `;`".to_owned());
        }
        return Err(problem);
    }
    let mut acceptance = Acceptance::new(&locations, &tokens);
    let root = acceptance.accept(&tree)?;
    Ok(Parsed { root, names: acceptance.into_names() })
}

/// Whether a token can make the tree deeper.
fn deepens(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && word.keyword != Keyword::NoKeyword,
        Token::Whitespace(_) | Token::Comma | Token::Period | Token::Number(..) | Token::SingleQuotedString(_) => false,
        _ => true,
    }
}

fn parser_error(problem: ParserError, text: &str, locations: &Locations, tokens: &[TokenWithSpan]) -> ExpressionError {
    let message = match problem {
        ParserError::RecursionLimitExceeded => return too_deep(0..text.len(), "the expression is nested too deeply"),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    let (message, location) = split_location(&message);
    let span = match location {
        Some(location) => {
            let token = tokens.iter().find(|token| token.span.start == location);
            token.map_or_else(
                || character_at(text, locations.byte(location)),
                |token| nonempty(locations.bytes(token.span), text),
            )
        }
        // The parser names no place only where the text ends too early.
        None => end_of_text(text),
    };
    let found = text.get(span.clone()).unwrap_or_default();
    if message.starts_with("No infix parser") {
        let message = format!("the operator `{found}` is not known");
        return ExpressionError { message, help: Some(OPERATORS.to_owned()), span };
    }
    error(in_our_words(message, found), span)
}

/// The parser's message about what stands at the error's place.
fn in_our_words(message: &str, found: &str) -> String {
    let Some((expected, place)) = message.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: "))
    else {
        return decapitalised(message);
    };
    let expected = if expected.ends_with("after IS") {
        "`null`, `true` or `false` after `is`, with or without `not`".to_owned()
    } else if expected.chars().any(char::is_lowercase) {
        expected.to_owned()
    } else {
        format!("`{}`", expected.to_lowercase())
    };
    if place == "EOF" {
        format!("expected {expected}, but the expression ends here")
    } else {
        format!("expected {expected}, found `{found}`")
    }
}

/// Cuts `" at Line: 1, Column: 5"` off a message.
fn split_location(message: &str) -> (&str, Option<Location>) {
    let parts = || {
        let (message, place) = message.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?)))
    };
    parts().map_or((message, None), |(message, location)| (message, Some(location)))
}

fn decapitalised(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

pub(super) fn error(message: impl Into<String>, span: Range<usize>) -> ExpressionError {
    ExpressionError { message: message.into(), help: None, span }
}

pub(super) fn too_deep(span: Range<usize>, message: &str) -> ExpressionError {
    ExpressionError {
        message: message.to_owned(),
        help: Some("compute parts of it as `[let]` entries, or use `in (...)` or a `map`".to_owned()),
        span,
    }
}

/// The character at `start`; the last one for the text's end.
fn character_at(text: &str, start: usize) -> Range<usize> {
    match text[start..].chars().next() {
        Some(char) => start..start + char.len_utf8(),
        None => end_of_text(text),
    }
}

/// The last character that is no blank.
fn end_of_text(text: &str) -> Range<usize> {
    let text = text.trim_end();
    let start = text.char_indices().next_back().map_or(0, |(at, _)| at);
    start..text.len()
}

fn nonempty(span: Range<usize>, text: &str) -> Range<usize> {
    if span.is_empty() { character_at(text, span.start) } else { span }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> ExpressionError {
        match parse(text) {
            Ok(parsed) => panic!("{text} was taken for {:?}", parsed.root),
            Err(error) => error,
        }
    }

    #[test]
    fn refusals_underline_what_is_wrong_and_say_what_would_be_right() {
        for (text, underlined, message, help) in [
            ("", "", "the expression is empty", ""),
            ("a +", "+", "expected an expression, but the expression ends here", ""),
            ("(a", "a", "expected `)`, but the expression ends here", ""),
            ("a)", ")", "`)` does not belong here", ""),
            ("a b", "b", "`b` does not belong here", ""),
            ("a; b", ";", "`;` does not belong here", "no `;`"),
            ("a = 'ä", "'ä", "this quote is never closed", ""),
            ("a /* x", "x", "a comment is never closed", ""),
            ("a is b", "b", "expected `null`, `true` or `false` after `is`, with or without `not`, found `b`", ""),
            ("a between 1 or 2", "or", "expected `and`, found `or`", ""),
            ("a in ()", ")", "expected an expression, found `)`", ""),
            ("case when a then b", "b", "expected `end`, but the expression ends here", ""),
            ("case a end", "end", "expected `when`, found `end`", ""),
            ("end", "end", "the word `end` is no name", "double quotes"),
            ("'ä'\n || lenght(a)", "lenght", "there is no function `lenght`", "did you mean `length`?"),
            ("frobnicate(a)", "frobnicate", "there is no function `frobnicate`", "there are coalesce, nullif"),
            ("IFNULL(a, b)", "IFNULL", "there is no function `ifnull`", "use `coalesce`"),
            ("count(*)", "count", "there is no function `count`", "aggregates are the database's work"),
            ("current_date", "current_date", "there is no function `current_date`", "no clock"),
            ("length()", "length()", "`length` takes 1 argument, here are 0", "`length(text)`"),
            ("round(a, (1), 2) + 1", "round(a, (1), 2)", "`round` takes 1 to 2 arguments, here are 3", "`round("),
            ("substr(lower(a))", "substr(lower(a))", "`substr` takes 2 to 3 arguments, here are 1", "`substr("),
            ("trim(a, b, c)", "trim(a, b, c)", "`trim` takes 1 to 2 arguments, here are 3", "`trim("),
            ("coalesce(a)", "coalesce(a)", "`coalesce` takes at least 2 arguments, here are 1", "`coalesce("),
            ("lower(distinct a)", "lower(distinct a)", "`lower` takes plain arguments", ""),
            ("lower(*)", "lower(*)", "`lower` takes plain arguments, not `*`", ""),
            ("a + b & c", "&", "the operator `&` is not known", "there are `+"),
            ("a div b", "div", "the operator `div` is not known", "there are `+"),
            ("a -> 'b'", "->", "the operator `->` is not known", "there are `+"),
            ("~a", "a", "the operator `~` is not known", "there are `+"),
            ("a regexp 'x'", "a regexp 'x'", "a regular expression cannot be used", "use `like`"),
            ("a ilike b", "a ilike b", "`ilike` cannot be used", "`like`"),
            ("a like b escape 'xx'", "'xx'", "`escape` takes a single character", ""),
            ("a::int", "a", "this form of cast is not known", "cast(... as ...)"),
            ("cast(a as blob)", "a", "a cast to `blob` is not known", "decimal(p, s)"),
            ("(select 1)", "select 1", "a subquery cannot be used", "`sql`"),
            ("a in (select 1)", "a in (select 1", "a subquery cannot be used", "`sql`"),
            ("(a, b) = (1, 2)", "a, b", "a row of values cannot be used", "one by one"),
            ("date '2020-01-01'", "'2020-01-01'", "a text with a type before it cannot be used", "alone"),
            (":today", ":today", "the placeholder `:today` has no value here", "`where_sql`"),
            ("x'00'", "x'00'", "this kind of literal is not known", "single quotes"),
            ("1_000", "_000", "`_000` does not belong here", ""),
            ("1e999999999", "1e999999999", "`1e999999999` is no number to compute with", ""),
        ] {
            let error = refusal(text);
            assert_eq!(&text[error.span.clone()], underlined, "{text}: {error:?}");
            assert!(error.message.starts_with(message), "{text}: {error:?}");
            assert!(error.help.clone().unwrap_or_default().contains(help), "{text}: {error:?}");
            assert_eq!(error.help.is_none(), help.is_empty(), "{text}: {error:?}");
        }
    }

    #[test]
    fn depth_is_bounded_long_chains_are_not_deep() {
        for text in [
            "(".repeat(90) + "a" + &")".repeat(90),
            "lower(".repeat(90) + "a" + &")".repeat(90),
            "case when a then 1 else ".repeat(60) + "b" + &" end".repeat(60),
            "a".to_owned() + &" and a".repeat(1400),
            "a".to_owned() + &" || a".repeat(1400),
            "a in (1".to_owned() + &", 1".repeat(20_000) + ")",
        ] {
            assert!(parse(&text).is_ok(), "{:?}", &text[..40]);
        }
        for text in [
            "(".repeat(150) + "a" + &")".repeat(150),
            "(".repeat(30_000) + "a" + &")".repeat(30_000),
            "(".repeat(30_000),
            "not ".repeat(1400) + "a",
            "a".to_owned() + &" + a".repeat(1400),
            "a".to_owned() + &" is null".repeat(700),
            "lower(".repeat(400) + "a" + &")".repeat(400),
            "case when ".repeat(700),
        ] {
            let error = refusal(&text);
            assert!(error.message.contains("nested") || error.message.contains("too many operators"), "{error:?}");
            assert!(error.help.is_some());
        }
        assert_eq!(refusal(&"a".repeat(MAX_LENGTH + 1)).message, "the expression is longer than 64 KiB");
        // Not the parser's depth, but chains that it walks recursively.
        assert!(parse(&("a".to_owned() + &"::int".repeat(700))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in prop_oneof!["\\PC{0,40}", soup()]) {
            match parse(&text) {
                Ok(parsed) => prop_assert!(parsed.names.iter().all(|(_, span)| text.get(span.clone()).is_some())),
                Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}"),
            }
        }
    }

    /// Pieces of the language in any order.
    fn soup() -> impl Strategy<Value = String> {
        let pieces = vec![
            "a",
            "b.c",
            "\"ä ö\"",
            "`",
            "\"",
            "'ü'",
            "'",
            "1",
            "1.5e9",
            ".",
            ",",
            "(",
            ")",
            "+",
            "-",
            "--",
            "/*",
            "*",
            "||",
            "=",
            "<>",
            "::",
            ":x",
            "?",
            "not",
            "and",
            "or",
            "is",
            "null",
            "in",
            "between",
            "like",
            "escape",
            "case",
            "when",
            "then",
            "else",
            "end",
            "cast",
            "as",
            "int",
            "decimal(1, 2)",
            "trim",
            "both",
            "from",
            "substr",
            "substring",
            "for",
            "coalesce",
            "select",
            "interval",
            "date",
            "exists",
            "over",
            "[",
            "]",
            "{",
            "}",
            "\n",
            "\r\n",
            "\u{a0}",
            "🦀",
            "$$",
            "$1",
            "@",
            "#",
            "~",
            "\\",
            "N'x'",
            "x'0'",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.join(" "))
    }

    #[test]
    fn names_stand_once_each_with_their_place() {
        let text = "`a b` = store.\"Code\" and name <> store.\"Code\" -- a comment\n or \"a b\" > ü";
        let names = parse(text).unwrap().names;
        let shown: Vec<_> = names.iter().map(|(parts, span)| (parts.join("|"), &text[span.clone()])).collect();
        assert_eq!(
            shown,
            [
                ("a b".to_owned(), "`a b`"),
                ("store|Code".to_owned(), "store.\"Code\""),
                ("name".to_owned(), "name"),
                ("ü".to_owned(), "ü"),
            ]
        );
    }

    #[test]
    fn columns_may_be_called_like_keywords() {
        for name in [
            "date",
            "time",
            "timestamp",
            "text",
            "value",
            "key",
            "order",
            "group",
            "position",
            "interval",
            "user",
            "name",
            "type",
            "level",
            "first",
            "left",
            "count",
            "status",
            "default",
            "values",
            "json",
            "row",
        ] {
            let parsed = parse(&format!("{name} = 1")).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(parsed.names, [(vec![name.to_owned()], 0..name.len())]);
        }
    }
}
