//! Function calls and casts, in all the ways the parser reads them.

use std::ops::Range;

use sqlparser::ast::{
    CastKind, DataType, ExactNumberInfo, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments,
    Spanned, TrimWhereField,
};
use sqlparser::tokenizer::{Span, Token};

use super::ExpressionError;
use super::accept::Acceptance;
use super::ast::{CastTarget, Node};
use super::functions::{self, Function};
use super::value::Value;

impl Acceptance<'_> {
    /// `None` where the expression is neither a call nor a cast.
    pub(super) fn call(&mut self, expr: &Expr, depth: usize) -> Result<Option<Node>, ExpressionError> {
        let (function, arguments, name) = match expr {
            Expr::Function(call) => return self.plain_call(call, depth).map(Some),
            Expr::Cast { kind: CastKind::Cast, expr: operand, data_type, format: None } => {
                return self.cast(operand, data_type, depth).map(Some);
            }
            Expr::Cast { expr: operand, .. } => {
                return Err(ExpressionError {
                    message: "this form of cast is not known".to_owned(),
                    help: Some("write `cast(... as ...)`".to_owned()),
                    // The operand may be such a cast in turn, any number of times; the text's end is near enough.
                    span: if matches!(**operand, Expr::Cast { .. }) {
                        self.locations.bytes(Span::empty())
                    } else {
                        self.locations.bytes(operand.span())
                    },
                });
            }
            Expr::Substring { expr: text, substring_from, substring_for, .. } => {
                if let (None, Some(length)) = (substring_from, substring_for) {
                    // `substring(text for length)` begins at the beginning.
                    let first = Node::Literal(Value::Int(1));
                    let arguments = vec![self.node(text, depth)?, first, self.node(length, depth)?];
                    return Ok(Some(Node::Call(Function::Substr, arguments)));
                }
                let arguments = [Some(text), substring_from.as_ref(), substring_for.as_ref()];
                (Function::Substr, arguments.into_iter().flatten().map(|argument| &**argument).collect(), "substr")
            }
            Expr::Trim { expr: text, trim_where, trim_what, trim_characters } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => Function::Trim,
                    Some(TrimWhereField::Leading) => Function::Ltrim,
                    Some(TrimWhereField::Trailing) => Function::Rtrim,
                };
                let what = trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten());
                (function, std::iter::once(&**text).chain(what).collect::<Vec<_>>(), "trim")
            }
            _ => return Ok(None),
        };
        let span = arguments.first().map_or(Span::empty(), |argument: &&Expr| self.name_before(argument.span()));
        self.check_count(function, name, arguments.len(), span)?;
        let arguments = arguments.into_iter().map(|argument| self.node(argument, depth)).collect::<Result<_, _>>()?;
        Ok(Some(Node::Call(function, arguments)))
    }

    fn plain_call(&mut self, call: &Call, depth: usize) -> Result<Node, ExpressionError> {
        let name = call.name.to_string().to_lowercase();
        let span = call.name.span();
        let Some(function) = Function::named(&name) else {
            return Err(ExpressionError {
                message: format!("there is no function `{name}`"),
                help: Some(functions::advice(&name)),
                span: self.locations.bytes(span),
            });
        };
        let refused = |what: &str| ExpressionError {
            message: format!("`{name}` takes plain arguments, not {what}"),
            help: None,
            span: self.call_span(span),
        };
        let FunctionArguments::List(list) = &call.args else { return Err(refused("a subquery")) };
        if list.duplicate_treatment.is_some()
            || !list.clauses.is_empty()
            || call.filter.is_some()
            || call.over.is_some()
            || call.null_treatment.is_some()
            || call.uses_odbc_syntax
            || !call.within_group.is_empty()
            || !matches!(call.parameters, FunctionArguments::None)
        {
            return Err(refused("the clauses of an aggregate or window"));
        }
        let mut arguments = Vec::with_capacity(list.args.len());
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => arguments.push(argument),
                FunctionArg::Unnamed(_) => return Err(refused("`*`")),
                FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => return Err(refused("names for them")),
            }
        }
        self.check_count(function, &name, arguments.len(), span)?;
        let arguments = arguments.into_iter().map(|argument| self.node(argument, depth)).collect::<Result<_, _>>()?;
        Ok(Node::Call(function, arguments))
    }

    fn check_count(&self, function: Function, name: &str, count: usize, span: Span) -> Result<(), ExpressionError> {
        let (least, most) = function.arity();
        if (least..=most).contains(&count) {
            return Ok(());
        }
        let expected = match (least, most) {
            (1, 1) => "1 argument".to_owned(),
            (least, usize::MAX) => format!("at least {least} arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        Err(ExpressionError {
            message: format!("`{name}` takes {expected}, here are {count}"),
            help: Some(format!("`{}`", function.usage())),
            span: self.call_span(span),
        })
    }

    /// From a function's name to the parenthesis that closes the call.
    fn call_span(&self, name: Span) -> Range<usize> {
        let mut open = 0usize;
        for token in self.tokens.iter().skip_while(|token| token.span.start < name.start) {
            match token.token {
                Token::LParen => open += 1,
                Token::RParen => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        return self.locations.byte(name.start)..self.locations.byte(token.span.end);
                    }
                }
                _ => {}
            }
        }
        self.locations.bytes(name)
    }

    /// The name of the call whose first argument stands at `argument`; the argument where the two are not neighbours.
    fn name_before(&self, argument: Span) -> Span {
        let at = self.tokens.partition_point(|token| token.span.start < argument.start);
        let before = self.tokens[..at].iter().rev();
        let mut before = before.filter(|token| !matches!(token.token, Token::Whitespace(_)));
        match (before.next().map(|token| &token.token), before.next()) {
            (Some(Token::LParen), Some(name)) if matches!(name.token, Token::Word(_)) => name.span,
            _ => argument,
        }
    }

    fn cast(&mut self, operand: &Expr, data_type: &DataType, depth: usize) -> Result<Node, ExpressionError> {
        let places = |info: &ExactNumberInfo| match info {
            ExactNumberInfo::None => Some(None),
            ExactNumberInfo::Precision(_) => Some(Some(0)),
            ExactNumberInfo::PrecisionAndScale(_, scale) => u32::try_from(*scale).ok().filter(|s| *s <= 100).map(Some),
        };
        let target = match data_type {
            DataType::Text
            | DataType::Char(None)
            | DataType::Character(None)
            | DataType::Varchar(None)
            | DataType::CharVarying(None)
            | DataType::CharacterVarying(None)
            | DataType::Nvarchar(None)
            | DataType::String(None) => Some(CastTarget::Text),
            DataType::TinyInt(_)
            | DataType::SmallInt(_)
            | DataType::MediumInt(_)
            | DataType::Int(_)
            | DataType::Int2(_)
            | DataType::Int4(_)
            | DataType::Int8(_)
            | DataType::Integer(_)
            | DataType::BigInt(_)
            | DataType::Signed
            | DataType::SignedInteger => Some(CastTarget::Integer),
            DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => {
                places(info).map(|places| CastTarget::Decimal { places })
            }
            DataType::Real
            | DataType::Float4
            | DataType::Float8
            | DataType::Float(_)
            | DataType::Double(_)
            | DataType::DoublePrecision => Some(CastTarget::Float),
            DataType::Bool | DataType::Boolean => Some(CastTarget::Bool),
            _ => None,
        };
        let Some(target) = target else {
            return Err(ExpressionError {
                message: format!("a cast to `{}` is not known", data_type.to_string().to_lowercase()),
                help: Some("there are text, integer, decimal, decimal(p, s), real and boolean".to_owned()),
                span: self.locations.bytes(operand.span()),
            });
        };
        Ok(Node::Cast(self.boxed(operand, depth)?, target))
    }
}
