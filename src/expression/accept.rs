//! Which of the parser's trees are feedmill expressions: each is turned into a [`Node`] or refused with its place.

use std::collections::HashMap;
use std::ops::Range;

use sqlparser::ast::{BinaryOperator, CaseWhen, Expr, Ident, Spanned, UnaryOperator, Value as Literal};
use sqlparser::tokenizer::{Span, TokenWithSpan};

use super::ast::{Arithmetic, Branch, Comparison, Node};
use super::decimal;
use super::location::Locations;
use super::parse::{error, too_deep};
use super::value::Value;
use super::{ExpressionError, NameParts};

/// Levels of a tree. Deeper than anything a person reads, and shallow enough to be walked on any thread's stack.
pub(super) const MAX_DEPTH: usize = 100;

/// Help for an operator that is not among them.
pub(super) const OPERATORS: &str =
    "there are `+ - * / % ||`, comparisons, `in`, `between`, `like`, `is null`, `and`, `or` and `not`";

/// Words that hold expressions together; where the parser takes one for a column, something is missing before it.
const RESERVED: [&str; 14] =
    ["and", "or", "not", "in", "is", "like", "between", "escape", "case", "when", "then", "else", "end", "select"];

pub(super) struct Acceptance<'p> {
    pub(super) locations: &'p Locations,
    pub(super) tokens: &'p [TokenWithSpan],
    names: Vec<(NameParts, Range<usize>)>,
    numbers: HashMap<NameParts, usize>,
}

impl<'p> Acceptance<'p> {
    pub fn new(locations: &'p Locations, tokens: &'p [TokenWithSpan]) -> Self {
        Self { locations, tokens, names: Vec::new(), numbers: HashMap::new() }
    }

    pub fn accept(&mut self, tree: &Expr) -> Result<Node, ExpressionError> {
        self.node(tree, 0)
    }

    pub fn into_names(self) -> Vec<(NameParts, Range<usize>)> {
        self.names
    }

    pub(super) fn boxed(&mut self, expr: &Expr, depth: usize) -> Result<Box<Node>, ExpressionError> {
        self.node(expr, depth).map(Box::new)
    }

    pub(super) fn node(&mut self, expr: &Expr, depth: usize) -> Result<Node, ExpressionError> {
        if depth > MAX_DEPTH {
            // Not the expression's own span: finding it would walk all that lies deeper.
            return Err(too_deep(
                self.locations.bytes(Span::empty()),
                &format!("the expression is nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        let below = depth + 1;
        Ok(match expr {
            Expr::Nested(inner) => self.node(inner, below)?,
            Expr::Value(value) => Node::Literal(self.literal(&value.value, value.span)?),
            Expr::Identifier(ident) => self.name(std::slice::from_ref(ident))?,
            Expr::CompoundIdentifier(parts) => self.name(parts)?,
            Expr::UnaryOp { op, expr: operand } => self.unary(*op, operand, expr, below)?,
            Expr::BinaryOp { .. } => self.chain(expr, below)?,
            Expr::IsNull(operand) => Node::IsNull { operand: self.boxed(operand, below)?, negated: false },
            Expr::IsNotNull(operand) => Node::IsNull { operand: self.boxed(operand, below)?, negated: true },
            Expr::IsTrue(operand) => self.is_truth(operand, true, false, below)?,
            Expr::IsNotTrue(operand) => self.is_truth(operand, true, true, below)?,
            Expr::IsFalse(operand) => self.is_truth(operand, false, false, below)?,
            Expr::IsNotFalse(operand) => self.is_truth(operand, false, true, below)?,
            Expr::InList { expr: operand, list, negated } => Node::In {
                operand: self.boxed(operand, below)?,
                list: list.iter().map(|item| self.node(item, below)).collect::<Result<_, _>>()?,
                negated: *negated,
            },
            Expr::Between { expr: operand, negated, low, high } => Node::Between {
                operand: self.boxed(operand, below)?,
                low: self.boxed(low, below)?,
                high: self.boxed(high, below)?,
                negated: *negated,
            },
            Expr::Like { negated, any: false, expr: operand, pattern, escape_char } => {
                self.like(operand, pattern, escape_char.as_deref(), *negated, below)?
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), below)?
            }
            _ => match self.call(expr, below)? {
                Some(call) => call,
                None => return Err(self.refuse(expr)),
            },
        })
    }

    fn name(&mut self, idents: &[Ident]) -> Result<Node, ExpressionError> {
        if let [ident] = idents
            && ident.quote_style.is_none()
            && RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&ident.value))
        {
            return Err(ExpressionError {
                message: format!("the word `{}` is no name", ident.value),
                help: Some("write a column that is called so in double quotes".to_owned()),
                span: self.locations.bytes(ident.span),
            });
        }
        let parts: NameParts = idents.iter().map(|ident| ident.value.clone()).collect();
        if let Some(number) = self.numbers.get(&parts) {
            return Ok(Node::Read(*number));
        }
        let number = self.names.len();
        let span = Span::union_iter(idents.iter().map(|ident| ident.span));
        self.names.push((parts.clone(), self.locations.bytes(span)));
        self.numbers.insert(parts, number);
        Ok(Node::Read(number))
    }

    fn literal(&self, literal: &Literal, span: Span) -> Result<Value<'static>, ExpressionError> {
        match literal {
            Literal::Null => Ok(Value::Null),
            Literal::Boolean(truth) => Ok(Value::Bool(*truth)),
            Literal::SingleQuotedString(text) => Ok(Value::Text(text.clone().into())),
            Literal::Number(text, false) => self.number(text, span),
            Literal::Placeholder(name) => Err(ExpressionError {
                message: format!("the placeholder `{name}` has no value here"),
                help: Some("`:keys` and `:today` stand only in `where_sql` and `sql`".to_owned()),
                span: self.locations.bytes(span),
            }),
            _ => Err(ExpressionError {
                message: "this kind of literal is not known".to_owned(),
                help: Some("write a text in single quotes, `'text'`, and a number as `12` or `1.25`".to_owned()),
                span: self.locations.bytes(span),
            }),
        }
    }

    fn number(&self, text: &str, span: Span) -> Result<Value<'static>, ExpressionError> {
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
            && let Ok(int) = text.parse()
        {
            return Ok(Value::Int(int));
        }
        decimal::parse_decimal(text)
            .map(Value::decimal)
            .ok_or_else(|| error(format!("`{text}` is no number to compute with"), self.locations.bytes(span)))
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &Expr,
        whole: &Expr,
        depth: usize,
    ) -> Result<Node, ExpressionError> {
        match (operator, operand) {
            // A sign belongs to its number: -9223372036854775808 is an integer.
            (UnaryOperator::Minus, Expr::Value(value)) if matches!(value.value, Literal::Number(_, false)) => {
                let Literal::Number(text, _) = &value.value else { return Err(self.refuse(whole)) };
                Ok(Node::Literal(self.number(&format!("-{text}"), value.span)?))
            }
            (UnaryOperator::Minus, operand) => Ok(Node::Negate(self.boxed(operand, depth)?)),
            (UnaryOperator::Plus, operand) => self.node(operand, depth),
            (UnaryOperator::Not, operand) => Ok(Node::Not(self.boxed(operand, depth)?)),
            _ => Err(ExpressionError {
                message: format!("the operator `{operator}` is not known"),
                help: Some(OPERATORS.to_owned()),
                ..self.refuse(whole)
            }),
        }
    }

    /// A chain of operators, `a + b - c`, is a tree that leans to the left; it is walked without recursion.
    fn chain(&mut self, expr: &Expr, depth: usize) -> Result<Node, ExpressionError> {
        let mut links = Vec::new();
        let mut leftmost = expr;
        while let Expr::BinaryOp { left, op, right } = leftmost {
            links.push((op, &**right));
            leftmost = left;
        }
        links.reverse();
        // Links of one flat kind share a level with the link before them.
        let flat =
            |op: &BinaryOperator| matches!(op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::StringConcat);
        let levels = links.windows(2).filter(|pair| !(flat(pair[0].0) && pair[0].0 == pair[1].0)).count();
        let depth = depth + levels;
        let mut node = self.node(leftmost, depth)?;
        for (operator, operand) in links {
            let right = self.node(operand, depth)?;
            node = join(node, operator, right).ok_or_else(|| self.unknown_operator(operator, operand))?;
        }
        Ok(node)
    }

    fn is_truth(&mut self, operand: &Expr, truth: bool, negated: bool, depth: usize) -> Result<Node, ExpressionError> {
        Ok(Node::IsTruth { operand: self.boxed(operand, depth)?, truth, negated })
    }

    fn like(
        &mut self,
        operand: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        negated: bool,
        depth: usize,
    ) -> Result<Node, ExpressionError> {
        let operand = self.boxed(operand, depth)?;
        let pattern = self.boxed(pattern, depth)?;
        let escape = match escape {
            None => None,
            Some(expr) => {
                let escape = self.boxed(expr, depth)?;
                if let Node::Literal(Value::Text(text)) = &*escape
                    && text.chars().count() != 1
                {
                    return Err(error("`escape` takes a single character", self.locations.bytes(expr.span())));
                }
                Some(escape)
            }
        };
        Ok(Node::Like { operand, pattern, escape, negated })
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        depth: usize,
    ) -> Result<Node, ExpressionError> {
        Ok(Node::Case {
            operand: operand.map(|operand| self.boxed(operand, depth)).transpose()?,
            branches: conditions
                .iter()
                .map(|branch| {
                    Ok(Branch { when: self.node(&branch.condition, depth)?, then: self.node(&branch.result, depth)? })
                })
                .collect::<Result<_, ExpressionError>>()?,
            otherwise: otherwise.map(|otherwise| self.boxed(otherwise, depth)).transpose()?,
        })
    }

    fn unknown_operator(&self, operator: &BinaryOperator, operand: &Expr) -> ExpressionError {
        ExpressionError {
            message: format!("the operator `{operator}` is not known"),
            help: Some(OPERATORS.to_owned()),
            span: self.operator_span(operator, operand),
        }
    }

    /// The operator before an operand; the operand where the operator is not found as it is written.
    fn operator_span(&self, operator: &BinaryOperator, operand: &Expr) -> Range<usize> {
        let operand = operand.span();
        let written = operator.to_string();
        let before = self.tokens.iter().take_while(|token| token.span.start < operand.start);
        before
            .filter(|token| token.token.to_string().eq_ignore_ascii_case(&written))
            .last()
            .map_or_else(|| self.locations.bytes(operand), |token| self.locations.bytes(token.span))
    }

    /// The error for a construct that the language does not have.
    pub(super) fn refuse(&self, expr: &Expr) -> ExpressionError {
        let (what, help) = match expr {
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                ("a subquery", Some("ask the database with a relation over `sql`"))
            }
            Expr::ILike { .. } => ("`ilike`", Some("`like` takes no notice of ASCII letters' case")),
            Expr::RLike { .. } | Expr::SimilarTo { .. } => ("a regular expression", Some("use `like`")),
            Expr::TypedString(_) => {
                ("a text with a type before it", Some("write the text alone: dates are compared as texts"))
            }
            Expr::Interval(_) => ("`interval`", Some("compute with dates in the database, in a relation over `sql`")),
            Expr::Extract { .. } => ("`extract`", Some("cut texts with `substr`")),
            Expr::Ceil { .. } | Expr::Floor { .. } => ("`ceil` and `floor`", Some("use `round`")),
            Expr::Position { .. } => ("`position`", Some("use `like`, `split_part` or `replace`")),
            Expr::Convert { .. } => ("`convert`", Some("use `cast(... as ...)`")),
            Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => {
                ("`is distinct from`", Some("compare with `=` and `is null`"))
            }
            Expr::IsUnknown(_) | Expr::IsNotUnknown(_) => ("`is unknown`", Some("use `is null`")),
            Expr::Tuple(_) => ("a row of values", Some("compare the values one by one, with `and`")),
            Expr::Collate { .. } => ("`collate`", Some("texts are compared by their UTF-8 bytes")),
            Expr::JsonAccess { .. } => ("access to a part of JSON", None),
            Expr::Array(_) | Expr::CompoundFieldAccess { .. } => ("an array", None),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => ("`any` and `all`", Some("use `in (...)`")),
            Expr::AtTimeZone { .. } => ("`at time zone`", Some("date-times are read in the source's `timezone`")),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => ("`*`", Some("name the column")),
            _ => ("this construct", None),
        };
        ExpressionError {
            message: format!("{what} cannot be used in an expression"),
            help: help.map(str::to_owned),
            span: self.locations.bytes(expr.span()),
        }
    }
}

fn join(left: Node, operator: &BinaryOperator, right: Node) -> Option<Node> {
    let arithmetic = |operation, left, right| Node::Arithmetic(operation, Box::new(left), Box::new(right));
    let compare = |comparison, left, right| Node::Compare(comparison, Box::new(left), Box::new(right));
    Some(match operator {
        BinaryOperator::And => match left {
            Node::And(nodes) => Node::And(with(nodes, right)),
            left => Node::And(vec![left, right]),
        },
        BinaryOperator::Or => match left {
            Node::Or(nodes) => Node::Or(with(nodes, right)),
            left => Node::Or(vec![left, right]),
        },
        BinaryOperator::StringConcat => match left {
            Node::Concat(nodes) => Node::Concat(with(nodes, right)),
            left => Node::Concat(vec![left, right]),
        },
        BinaryOperator::Plus => arithmetic(Arithmetic::Add, left, right),
        BinaryOperator::Minus => arithmetic(Arithmetic::Subtract, left, right),
        BinaryOperator::Multiply => arithmetic(Arithmetic::Multiply, left, right),
        BinaryOperator::Divide => arithmetic(Arithmetic::Divide, left, right),
        BinaryOperator::Modulo => arithmetic(Arithmetic::Remainder, left, right),
        BinaryOperator::Eq => compare(Comparison::Equal, left, right),
        BinaryOperator::NotEq => compare(Comparison::NotEqual, left, right),
        BinaryOperator::Lt => compare(Comparison::Less, left, right),
        BinaryOperator::LtEq => compare(Comparison::LessOrEqual, left, right),
        BinaryOperator::Gt => compare(Comparison::Greater, left, right),
        BinaryOperator::GtEq => compare(Comparison::GreaterOrEqual, left, right),
        _ => return None,
    })
}

fn with(mut nodes: Vec<Node>, last: Node) -> Vec<Node> {
    nodes.push(last);
    nodes
}
