//! Compiling: names become slots, constant parts are computed once, lists of constants become sets.

use super::ast::Node;
use super::evaluate::evaluate;
use super::membership::{ConstantSet, WORTH_A_SET};
use super::value::Value;
use super::{EvaluationError, Slots};

pub(super) fn compile(mut root: Node, slots: &[usize]) -> Node {
    rewrite(&mut root, slots);
    root
}

fn rewrite(node: &mut Node, slots: &[usize]) {
    if let Node::Read(name) = node {
        *name = slots[*name];
        return;
    }
    let children = node.children_mut();
    let mut constant = !children.is_empty();
    for child in children {
        rewrite(child, slots);
        constant &= child.is_literal();
    }
    if constant {
        // What fails to compute is left as it is: it spoils the items that come to it, and only those.
        let folded = evaluate(node, &NoSlots).ok().map(Value::into_owned);
        if let Some(value) = folded {
            *node = Node::Literal(value);
        }
    } else if let Some(set) = as_set(node) {
        *node = set;
    }
}

fn as_set(node: &mut Node) -> Option<Node> {
    let Node::In { operand, list, negated } = node else { return None };
    if list.len() < WORTH_A_SET {
        return None;
    }
    let constants: Vec<_> = list
        .iter()
        .map(|item| match item {
            Node::Literal(value) => Some(value),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let set = ConstantSet::of(&constants)?;
    let operand = std::mem::replace(&mut **operand, Node::Literal(Value::Null));
    Some(Node::InSet { operand: Box::new(operand), set, negated: *negated })
}

/// What constant parts read names from: they have none.
struct NoSlots;

impl Slots for NoSlots {
    fn slot(&self, _slot: usize) -> Result<Value<'_>, EvaluationError> {
        Ok(Value::Null)
    }
}
