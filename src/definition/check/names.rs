//! Fields and lets that are made of each other: each must be a value, and none may need itself.
//!
//! A name is first sought among the fields and lets of its own level (those of the object it stands in, then those around
//! it in the same row). Beyond that a column may be meant, which only the source knows: that is left to the plan.

use std::collections::HashMap;

use super::Checker;
use super::fields::nothing;
use crate::definition::feed::{
    Default, Element, Elements, Field, FieldValue, Object, Relation, ScalarField, ScalarInput,
};
use crate::definition::problem::{Located, Span};
use crate::expression::{Expression, NameParts};

/// A name that is used, and where.
struct Use {
    name: String,
    span: Span,
    key: &'static str,
    /// Only whether it is null is asked, and that can be asked of anything.
    only_null: bool,
}

/// Fields and lets by name, the innermost object first.
pub type Level<'a> = Vec<&'a HashMap<&'a str, &'a Field>>;

impl Checker<'_> {
    /// `around` are the fields of the same row outside of the object that these belong to, the nearest first.
    pub fn resolve_level(&mut self, lets: &[Field], fields: &[Field], around: &[&HashMap<&str, &Field>]) {
        let own = by_name(lets, fields);
        let mut level: Level<'_> = vec![&own];
        level.extend(around);
        for (key, list) in [("let", lets), ("fields", fields)] {
            self.under(key, |checker| {
                for field in list {
                    checker.under(&field.name.value, |checker| checker.resolve_field(field, &level));
                }
            });
        }
        self.refuse_cycles(lets, fields, &own);
    }

    pub fn resolve_keep(&mut self, keep: &Located<Expression>, lets: &[Field], fields: &[Field]) {
        let own = by_name(lets, fields);
        for used in self.uses_of_expression("keep", keep) {
            self.refuse_composite(&used, &vec![&own]);
        }
    }

    fn resolve_field(&mut self, field: &Field, level: &Level<'_>) {
        for used in self.uses_of(field) {
            self.refuse_composite(&used, level);
        }
        match &field.value {
            FieldValue::Scalar(scalar) => self.resolve_scalar(scalar),
            FieldValue::Object(object) => self.resolve_object(object, level),
            FieldValue::Relation(relation) => self.resolve_relation(relation),
            FieldValue::Array(array) => match &array.elements {
                Elements::Parts(parts) => self.resolve_elements(parts, level),
                Elements::List(list) => self.under("list", |checker| checker.resolve_elements(list, level)),
                // Whether its text is one, only the source knows: columns go first.
                Elements::Split(_) | Elements::Attributes(_) => {}
                Elements::From(from) => self.resolve_from(from, level),
            },
        }
    }

    fn resolve_elements(&mut self, elements: &[Field], level: &Level<'_>) {
        for (number, element) in elements.iter().enumerate() {
            self.under_element(number, |checker| checker.resolve_field(element, level));
        }
    }

    fn resolve_object(&mut self, object: &Object, level: &Level<'_>) {
        let Object { lets, fields, keep } = object;
        self.resolve_level(lets, fields, level);
        if let Some(keep) = keep {
            let own = by_name(lets, fields);
            let mut inner: Level<'_> = vec![&own];
            inner.extend(level);
            for used in self.uses_of_expression("keep", keep) {
                self.refuse_composite(&used, &inner);
            }
        }
    }

    fn resolve_scalar(&mut self, scalar: &ScalarField) {
        if let ScalarInput::Summary(summary) = &scalar.input {
            self.resolve_relation(&summary.relation);
        }
        if let Some(Default::Field(default)) = &scalar.default {
            self.under("default", |checker| checker.resolve_scalar(default));
        }
    }

    fn resolve_relation(&mut self, relation: &Relation) {
        let Relation { lets, element, keep, order_by, first_per, .. } = relation;
        let fields: &[Field] = match element {
            Element::Object(fields) => fields,
            Element::Value(_) => &[],
        };
        self.resolve_level(lets, fields, &[]);
        if let Some(keep) = keep {
            self.resolve_keep(keep, lets, fields);
        }
        let own = by_name(lets, fields);
        let level: Level<'_> = vec![&own];
        let ordered = order_by.iter().map(|key| ("order_by", &key.value.name, &key.span));
        let told_apart = first_per.iter().map(|name| ("first_per", &name.value, &name.span));
        for (key, name, span) in ordered.chain(told_apart) {
            if let [name] = name.0.as_slice() {
                let used = Use { name: name.clone(), span: span.clone(), key, only_null: false };
                self.refuse_composite(&used, &level);
            }
        }
        if let Element::Value(value) = element {
            self.under("value", |checker| checker.resolve_field(value, &level));
        }
    }

    /// An expression or a template names what is no single value.
    fn refuse_composite(&mut self, used: &Use, level: &Level<'_>) {
        let Some(field) = level.iter().find_map(|names| names.get(used.name.as_str())) else { return };
        let Some(what) = field.composite().filter(|_| !used.only_null) else { return };
        self.under(used.key, |checker| {
            let message = format!("`{}` is {what} here, not a value", used.name);
            let help = format!("the field goes before a column of this name; `ALIAS.{}` names the column", used.name);
            checker.reader.problem_with_help(&used.span, message, help);
        });
    }

    /// Each circle of values once, at the use that closes it.
    fn refuse_cycles(&mut self, lets: &[Field], fields: &[Field], own: &HashMap<&str, &Field>) {
        let mut state: HashMap<&str, State> = HashMap::new();
        for start in lets.iter().chain(fields) {
            let mut trail: Vec<Step<'_>> = Vec::new();
            self.step(start, &mut state, &mut trail);
            while let Some(step) = trail.last_mut() {
                let Some(used) = step.uses.pop() else {
                    state.insert(&step.field.name.value, State::Done);
                    trail.pop();
                    continue;
                };
                let Some(next) = own.get(used.name.as_str()).copied() else { continue };
                match state.get(next.name.value.as_str()) {
                    None => self.step(next, &mut state, &mut trail),
                    Some(State::Done) => {}
                    Some(State::OnTrail) => {
                        let names: Vec<&str> = trail.iter().map(|step| step.field.name.value.as_str()).collect();
                        let from = names.iter().position(|name| *name == next.name.value).unwrap_or(0);
                        let last = names.last().copied().unwrap_or_default();
                        let table = if lets.iter().any(|field| field.name.value == last) { "let" } else { "fields" };
                        self.under(table, |checker| checker.say_cycle(&names[from..], &used));
                    }
                }
            }
        }
    }

    fn step<'a>(&self, field: &'a Field, state: &mut HashMap<&'a str, State>, trail: &mut Vec<Step<'a>>) {
        if state.contains_key(field.name.value.as_str()) {
            return;
        }
        state.insert(&field.name.value, State::OnTrail);
        let uses = if matches!(field.value, FieldValue::Scalar(_)) { self.uses_of(field) } else { Vec::new() };
        trail.push(Step { field, uses });
    }

    fn say_cycle(&mut self, circle: &[&str], closing: &Use) {
        let Some(last) = circle.last() else { return };
        let name = &closing.name;
        self.under(last, |checker| {
            checker.under(closing.key, |checker| {
                let message = match circle {
                    [_] => format!("`{name}` needs itself"),
                    _ => format!("`{name}` needs itself: {} -> {name}", circle.join(" -> ")),
                };
                let help = format!("the field goes before a column of this name; `ALIAS.{name}` names the column");
                checker.reader.problem_with_help(&closing.span, message, help);
            });
        });
    }

    /// The plain names that a field's own expressions and templates use.
    fn uses_of(&self, field: &Field) -> Vec<Use> {
        let mut uses = Vec::new();
        if let Some(when) = &field.when {
            uses.extend(self.uses_of_expression("when", when));
        }
        let mut scalar = match &field.value {
            FieldValue::Scalar(scalar) => Some(scalar),
            _ => None,
        };
        while let Some(current) = scalar {
            uses.extend(self.uses_of_input(current));
            scalar = match &current.default {
                Some(Default::Field(default)) => Some(default),
                _ => None,
            };
        }
        uses
    }

    fn uses_of_input(&self, scalar: &ScalarField) -> Vec<Use> {
        match &scalar.input {
            ScalarInput::Expression(expr) => self.uses_of_expression("expr", expr),
            ScalarInput::Template(template) => self.uses("template", template.value.names(), &template.span, |_| false),
            ScalarInput::Column(_)
            | ScalarInput::Literal(_)
            | ScalarInput::Piece
            | ScalarInput::Eav(_)
            | ScalarInput::Summary(_) => Vec::new(),
        }
    }

    fn uses_of_expression(&self, key: &'static str, expression: &Located<Expression>) -> Vec<Use> {
        let only_null = |name: &[String]| expression.value.asks_only_for_null(name);
        self.uses(key, expression.value.names(), &expression.span, only_null)
    }

    /// The plain ones of some names; those with a dot are left to the plan.
    fn uses(
        &self,
        key: &'static str,
        names: Vec<(NameParts, std::ops::Range<usize>)>,
        string: &Span,
        only_null: impl Fn(&[String]) -> bool,
    ) -> Vec<Use> {
        names
            .into_iter()
            .filter_map(|(parts, range)| {
                let only_null = only_null(&parts);
                let [name] = <[String; 1]>::try_from(parts).ok()?;
                Some(Use { name, span: self.file.within_string(string, range), key, only_null })
            })
            .collect()
    }
}

#[derive(Clone, Copy)]
enum State {
    OnTrail,
    Done,
}

struct Step<'a> {
    field: &'a Field,
    /// Those not yet followed.
    uses: Vec<Use>,
}

fn by_name<'a>(lets: &'a [Field], fields: &'a [Field]) -> HashMap<&'a str, &'a Field> {
    lets.iter().chain(fields).map(|field| (field.name.value.as_str(), field)).collect()
}

/// Whether a field stands for one that made no sense.
pub fn is_broken(field: &Field) -> bool {
    let ScalarInput::Literal(absent) = nothing() else { return false };
    matches!(&field.value, FieldValue::Scalar(ScalarField { input: ScalarInput::Literal(literal), .. }) if *literal == absent)
}
