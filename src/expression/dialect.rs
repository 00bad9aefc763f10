//! The dialect that feed definitions are written in, as the SQL parser needs to know it: SQLite's order of operators,
//! names bare or in double quotes or backticks, and nothing special.

use sqlparser::dialect::{Dialect, GenericDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct FeedDialect;

/// `||` binds more tightly than `*`, but less than a sign before its operand.
const CONCAT: u8 = 45;
const MULTIPLY: u8 = 40;
/// `<` and its like bind more tightly than `=`.
const LESS: u8 = 25;
/// `=`, `is`, `in`, `like` and `between` are on one level, read from left to right.
const EQUAL: u8 = 20;

impl Dialect for FeedDialect {
    fn is_identifier_start(&self, char: char) -> bool {
        char.is_alphabetic() || char == '_'
    }

    fn is_identifier_part(&self, char: char) -> bool {
        char.is_alphanumeric() || char == '_' || char == '$'
    }

    /// Words that are no names even where what follows them is wrong; other keywords may be columns.
    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        matches!(keyword, Keyword::CASE | Keyword::CAST | Keyword::EXISTS | Keyword::NOT)
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match parser.peek_token_ref().token {
            Token::StringConcat => Some(Ok(CONCAT)),
            Token::Mul | Token::Div | Token::Mod => Some(Ok(MULTIPLY)),
            Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => Some(Ok(LESS)),
            _ => None,
        }
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            // What the parser asks this for is the sign before an operand; the operators have their own above.
            Precedence::MulDivModOp => CONCAT,
            Precedence::Eq | Precedence::Is | Precedence::Like | Precedence::Between => EQUAL,
            other => GenericDialect.prec_value(other),
        }
    }
}
