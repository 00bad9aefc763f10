//! Evaluation: a walk over the compiled tree.
//!
//! Constants are looked at where they stand and texts stay borrowed, so comparing a column with a literal copies
//! nothing. Each kind of node has a function of its own: the walk's stack frame stays small.

use std::borrow::Cow;
use std::ops::Deref;

use super::ast::{Branch, CastTarget, Comparison, Node};
use super::functions::{self, Function};
use super::value::Value;
use super::{EvaluationError, Slots, arithmetic, comparison, like, text};

type Evaluated<'a> = Result<Value<'a>, EvaluationError>;

/// An operand: a constant where it stands, or a value just made.
enum Operand<'a> {
    Constant(&'a Value<'static>),
    Computed(Value<'a>),
}

impl<'a> Deref for Operand<'a> {
    type Target = Value<'a>;

    fn deref(&self) -> &Value<'a> {
        match self {
            Operand::Constant(value) => value,
            Operand::Computed(value) => value,
        }
    }
}

fn operand<'a>(node: &'a Node, slots: &'a dyn Slots) -> Result<Operand<'a>, EvaluationError> {
    match node {
        Node::Literal(value) => Ok(Operand::Constant(value)),
        node => evaluate(node, slots).map(Operand::Computed),
    }
}

pub(super) fn evaluate<'a>(node: &'a Node, slots: &'a dyn Slots) -> Evaluated<'a> {
    match node {
        Node::Literal(value) => Ok(value.borrowed()),
        Node::Read(slot) => slots.slot(*slot),
        Node::Negate(inner) => arithmetic::negate(&*operand(inner, slots)?),
        Node::Arithmetic(operation, left, right) => {
            arithmetic::compute(*operation, &*operand(left, slots)?, &*operand(right, slots)?)
        }
        Node::Concat(nodes) => concat(nodes, slots),
        Node::Case { operand, branches, otherwise } => case(operand.as_deref(), branches, otherwise.as_deref(), slots),
        Node::Call(Function::Coalesce, arguments) => coalesce(arguments, slots),
        Node::Call(function, arguments) => call(*function, arguments, slots),
        Node::Cast(inner, target) => cast(&*operand(inner, slots)?, *target),
        condition => truth(condition, slots).map(Value::from_truth),
    }
}

/// A node as a condition, in SQL's three truths.
fn truth<'a>(node: &'a Node, slots: &'a dyn Slots) -> Result<Option<bool>, EvaluationError> {
    match node {
        Node::Not(inner) => Ok(truth(inner, slots)?.map(|truth| !truth)),
        Node::And(nodes) => all(nodes, slots),
        Node::Or(nodes) => any(nodes, slots),
        Node::Compare(comparison, left, right) => compare(*comparison, left, right, slots),
        Node::IsNull { operand: inner, negated } => Ok(Some(operand(inner, slots)?.is_null() != *negated)),
        Node::IsTruth { operand: inner, truth: wanted, negated } => {
            Ok(Some((truth(inner, slots)? == Some(*wanted)) != *negated))
        }
        Node::In { operand: inner, list, negated } => is_in(inner, list, *negated, slots),
        Node::InSet { operand: inner, set, negated } => {
            Ok(set.contains(&*operand(inner, slots)?).map(|found| found != *negated))
        }
        Node::Between { operand: inner, low, high, negated } => between(inner, low, high, *negated, slots),
        Node::Like { operand: inner, pattern, escape, negated } => {
            Ok(is_like(inner, pattern, escape.as_deref(), slots)?.map(|matched| matched != *negated))
        }
        value => Ok(operand(value, slots)?.truth()),
    }
}

fn all<'a>(nodes: &'a [Node], slots: &'a dyn Slots) -> Result<Option<bool>, EvaluationError> {
    let mut known = true;
    for node in nodes {
        match truth(node, slots)? {
            Some(false) => return Ok(Some(false)),
            Some(true) => {}
            None => known = false,
        }
    }
    Ok(known.then_some(true))
}

fn any<'a>(nodes: &'a [Node], slots: &'a dyn Slots) -> Result<Option<bool>, EvaluationError> {
    let mut known = true;
    for node in nodes {
        match truth(node, slots)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => known = false,
        }
    }
    Ok(known.then_some(false))
}

fn compare<'a>(
    comparison: Comparison,
    left: &'a Node,
    right: &'a Node,
    slots: &'a dyn Slots,
) -> Result<Option<bool>, EvaluationError> {
    let order = comparison::compare(&*operand(left, slots)?, &*operand(right, slots)?);
    Ok(order.map(|order| comparison.holds(order)))
}

fn is_in<'a>(
    inner: &'a Node,
    list: &'a [Node],
    negated: bool,
    slots: &'a dyn Slots,
) -> Result<Option<bool>, EvaluationError> {
    let value = operand(inner, slots)?;
    if value.is_null() {
        return Ok(None);
    }
    let mut known = true;
    for item in list {
        match comparison::compare(&value, &*operand(item, slots)?) {
            Some(order) if order.is_eq() => return Ok(Some(!negated)),
            Some(_) => {}
            None => known = false,
        }
    }
    Ok(known.then_some(negated))
}

fn between<'a>(
    inner: &'a Node,
    low: &'a Node,
    high: &'a Node,
    negated: bool,
    slots: &'a dyn Slots,
) -> Result<Option<bool>, EvaluationError> {
    let value = operand(inner, slots)?;
    let reaches = comparison::compare(&value, &*operand(low, slots)?).map(|order| order.is_ge());
    let stays = comparison::compare(&value, &*operand(high, slots)?).map(|order| order.is_le());
    let inside = match (reaches, stays) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    Ok(inside.map(|inside| inside != negated))
}

fn is_like<'a>(
    inner: &'a Node,
    pattern: &'a Node,
    escape: Option<&'a Node>,
    slots: &'a dyn Slots,
) -> Result<Option<bool>, EvaluationError> {
    let value = operand(inner, slots)?;
    let pattern = operand(pattern, slots)?;
    let escape = match escape {
        None => None,
        Some(escape) => {
            let escape = operand(escape, slots)?;
            let Some(text) = escape.canonical_text() else { return Ok(None) };
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Some(character),
                _ => return Err(EvaluationError::of_computation("`escape` takes a single character")),
            }
        }
    };
    let (Some(text), Some(pattern)) = (value.canonical_text(), pattern.canonical_text()) else { return Ok(None) };
    Ok(Some(like::matches(&pattern, escape, &text)))
}

fn concat<'a>(nodes: &'a [Node], slots: &'a dyn Slots) -> Evaluated<'a> {
    let mut joined = String::new();
    let mut known = true;
    for node in nodes {
        known &= operand(node, slots)?.write_canonical_text(&mut joined);
    }
    if !known {
        return Ok(Value::Null);
    }
    text::bounded(joined).map(|joined| Value::Text(Cow::Owned(joined)))
}

fn case<'a>(
    subject: Option<&'a Node>,
    branches: &'a [Branch],
    otherwise: Option<&'a Node>,
    slots: &'a dyn Slots,
) -> Evaluated<'a> {
    let subject = subject.map(|subject| operand(subject, slots)).transpose()?;
    for Branch { when, then } in branches {
        let taken = match &subject {
            Some(subject) => comparison::compare(subject, &*operand(when, slots)?).is_some_and(|order| order.is_eq()),
            None => truth(when, slots)? == Some(true),
        };
        if taken {
            return evaluate(then, slots);
        }
    }
    otherwise.map_or(Ok(Value::Null), |otherwise| evaluate(otherwise, slots))
}

fn coalesce<'a>(arguments: &'a [Node], slots: &'a dyn Slots) -> Evaluated<'a> {
    for argument in arguments {
        let value = evaluate(argument, slots)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn call<'a>(function: Function, arguments: &'a [Node], slots: &'a dyn Slots) -> Evaluated<'a> {
    /// No function but `coalesce` takes more.
    const MOST: usize = 3;
    let mut values = [const { Value::Null }; MOST];
    for (value, argument) in values.iter_mut().zip(arguments) {
        *value = evaluate(argument, slots)?;
    }
    let [first, second, third] = values;
    functions::call(function, arguments.len(), first, second, third)
}

fn cast<'a>(value: &Value<'a>, target: CastTarget) -> Evaluated<'a> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    Ok(match target {
        CastTarget::Text => match value {
            Value::Text(text) => Value::Text(text.clone()),
            other => other.canonical_text().map_or(Value::Null, |text| Value::Text(Cow::Owned(text.into_owned()))),
        },
        CastTarget::Integer => arithmetic::to_integer(value)?,
        CastTarget::Decimal { places } => arithmetic::to_decimal(value, places)?,
        CastTarget::Float => arithmetic::to_float(value)?,
        CastTarget::Bool => Value::from_truth(boolean(value)),
    })
}

/// Besides numbers, the words that databases write for a boolean.
fn boolean(value: &Value<'_>) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "t", "yes", "y", "on"];
    match value {
        Value::Text(text) if TRUE.iter().any(|word| text.trim().eq_ignore_ascii_case(word)) => Some(true),
        value => value.truth(),
    }
}
