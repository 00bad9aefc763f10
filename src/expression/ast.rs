//! The syntax tree of the expressions that feedmill knows.
//!
//! Flat where SQL is written in chains (`and`, `or`, `||`), so that a long chain is no deep tree; the depth of every
//! tree is bounded when it is made.

use super::functions::Function;
use super::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Literal(Value<'static>),
    /// A number of the expression's names; once compiled, the slot that it reads.
    Read(usize),
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Concat(Vec<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    IsNull {
        operand: Box<Node>,
        negated: bool,
    },
    /// `is [not] true`, `is [not] false`.
    IsTruth {
        operand: Box<Node>,
        truth: bool,
        negated: bool,
    },
    In {
        operand: Box<Node>,
        list: Vec<Node>,
        negated: bool,
    },
    /// An `in` over constants only; made by compiling.
    InSet {
        operand: Box<Node>,
        set: super::membership::ConstantSet,
        negated: bool,
    },
    Between {
        operand: Box<Node>,
        low: Box<Node>,
        high: Box<Node>,
        negated: bool,
    },
    Like {
        operand: Box<Node>,
        pattern: Box<Node>,
        escape: Option<Box<Node>>,
        negated: bool,
    },
    Case {
        operand: Option<Box<Node>>,
        branches: Vec<Branch>,
        otherwise: Option<Box<Node>>,
    },
    Call(Function, Vec<Node>),
    Cast(Box<Node>, CastTarget),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    pub when: Node,
    pub then: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CastTarget {
    Text,
    Integer,
    /// Rounded to so many places, where the type names them.
    Decimal {
        places: Option<u32>,
    },
    Float,
    Bool,
}

impl Node {
    pub fn is_literal(&self) -> bool {
        matches!(self, Node::Literal(_))
    }

    /// Whether the value of a name is needed, beyond whether it is null.
    pub fn computes_with(&mut self, name: usize) -> bool {
        match self {
            Node::Read(read) => *read == name,
            Node::IsNull { operand, .. } if matches!(**operand, Node::Read(_)) => false,
            node => node.children_mut().into_iter().any(|child| child.computes_with(name)),
        }
    }

    /// The nodes directly below, in the order they are written.
    pub fn children_mut(&mut self) -> Vec<&mut Node> {
        match self {
            Node::Literal(_) | Node::Read(_) => Vec::new(),
            Node::Negate(operand)
            | Node::Not(operand)
            | Node::IsNull { operand, .. }
            | Node::IsTruth { operand, .. }
            | Node::InSet { operand, .. }
            | Node::Cast(operand, _) => vec![operand],
            Node::Arithmetic(_, left, right) | Node::Compare(_, left, right) => vec![left, right],
            Node::Concat(nodes) | Node::And(nodes) | Node::Or(nodes) | Node::Call(_, nodes) => {
                nodes.iter_mut().collect()
            }
            Node::In { operand, list, .. } => std::iter::once(&mut **operand).chain(list).collect(),
            Node::Between { operand, low, high, .. } => vec![operand, low, high],
            Node::Like { operand, pattern, escape, .. } => {
                [&mut **operand, &mut **pattern].into_iter().chain(escape.as_deref_mut()).collect()
            }
            Node::Case { operand, branches, otherwise } => operand
                .as_deref_mut()
                .into_iter()
                .chain(branches.iter_mut().flat_map(|branch| [&mut branch.when, &mut branch.then]))
                .chain(otherwise.as_deref_mut())
                .collect(),
        }
    }
}
