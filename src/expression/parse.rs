//! From a text to the tree of an expression: limits, the SQL parser, and its errors in our words.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::accept::Acceptance;
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
        error(decapitalised(&problem.message), character_at(text, start))
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
    let message = match message.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: ")) {
        Some((expected, "EOF")) => format!("expected {expected}, but the expression ends here"),
        Some((expected, found)) => format!("expected {expected}, found `{found}`"),
        None => decapitalised(message),
    };
    error(message, span)
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
