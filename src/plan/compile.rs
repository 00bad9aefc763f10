//! Goes through a definition level by level and makes the tree of a plan, collecting every problem on the way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jiff::tz::TimeZone;

use super::draft::{LevelDraft, Place, Reference, named_fields};
use super::eav::{ListPlan, SetPlan};
use super::held::{Held, HeldRead};
use super::level::{
    Child, Condition, ElementPlan, Gather, KeyPart, Level, Lift, Operand, Scope, SortBy, SourceColumn, Step, Summing,
    Taken,
};
use super::names::Meant;
use super::pass::RootPass;
use super::paths::Paths;
use super::rows::{KeySource, RowsPlan};
use super::{Extent, PlanOptions};
use crate::definition::feed::eav::EavList;
use crate::definition::feed::{Cardinality, Element, FeedDefinition, Field, Relation};
use crate::definition::problem::{Problem, SourceFile, Span};
use crate::source::catalog::Catalog;
use crate::source::sql::Dialect;
use crate::source::{SourceError, SourceReader};

/// Bytes that all rows of a feed that are remembered may take up, so that memory does not depend on what the source holds.
const MOST_BYTES_REMEMBERED: usize = 8 << 20;

pub(super) struct Compiler<'d> {
    pub definition: &'d FeedDefinition,
    pub catalog: &'d Catalog,
    pub dialect: &'d dyn Dialect,
    pub reader: &'d mut dyn SourceReader,
    /// The run's date.
    pub today: String,
    /// In which naive date-times are read.
    pub zone: TimeZone,
    /// How much of the source is built by the plan.
    pub extent: Extent,
    /// The tables that were read to be held.
    pub held: Vec<HeldRead>,
    /// What the rows that are remembered may take up.
    pub remembered_bytes_left: Arc<AtomicUsize>,
    /// The sets of `[eav]`; none where there is a problem with one.
    pub sets: Vec<Option<SetPlan>>,
    /// The lists of attributes that are planned already.
    pub lists: HashMap<*const EavList, ListPlan>,
    /// Where the entity's level reads its key.
    pub key_column: Option<usize>,
    /// The relations that are planned already, by field.
    pub relations: HashMap<*const Field, Attached>,
    /// The fields that other arrays take of the elements of a relation, by the relation's field.
    pub taken: HashMap<*const Field, Vec<&'d str>>,
    /// The source's failure where it could not be handed on at once.
    pub failed: Option<SourceError>,
    /// The entity's pass, for lookups.
    pub root_pass: Option<RootPass>,
    /// The level under way and those around it, the entity's first.
    pub levels: Vec<LevelDraft<'d>>,
    pub problems: Vec<Problem>,
    /// What is no problem, but may not be meant so.
    pub notices: Vec<Problem>,
    /// Columns that a masked field is made of.
    pub masked: Vec<SourceColumn>,
    /// What of the document is excluded from the hash, or belongs to the identity or the minimal payload.
    pub paths: Paths,
}

/// A relation as a child of its level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attached {
    pub depth: usize,
    /// Index into the children of its level.
    pub number: usize,
}

/// The operand of a level at `depth` as a reference.
pub(super) fn reference_of(depth: usize, operand: Operand) -> Reference {
    match operand {
        Operand::Column { up, column } => Reference::Column { depth: depth - up, column },
        Operand::Slot { up, slot } => Reference::Slot { depth: depth - up, slot },
        Operand::Constant(scalar) => Reference::Constant(scalar),
    }
}

impl<'d> Compiler<'d> {
    pub fn new(
        definition: &'d FeedDefinition,
        catalog: &'d Catalog,
        reader: &'d mut dyn SourceReader,
        dialect: &'d dyn Dialect,
        options: &PlanOptions,
    ) -> Self {
        Compiler {
            definition,
            catalog,
            dialect,
            reader,
            today: options.today.clone(),
            zone: options.timezone.clone(),
            extent: options.extent,
            held: Vec::new(),
            remembered_bytes_left: Arc::new(AtomicUsize::new(MOST_BYTES_REMEMBERED)),
            sets: Vec::new(),
            lists: HashMap::new(),
            key_column: None,
            relations: HashMap::new(),
            taken: HashMap::new(),
            failed: None,
            root_pass: None,
            levels: Vec::new(),
            problems: Vec::new(),
            notices: Vec::new(),
            masked: Vec::new(),
            paths: Paths::of(definition),
        }
    }

    pub fn file(&self) -> &'d SourceFile {
        &self.definition.file
    }

    pub fn problem(&mut self, span: &Span, path: &str, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { span: span.clone(), path: path.to_owned(), message: message.into(), help });
    }

    /// The entity's level, the outermost.
    pub fn root(&mut self) -> Result<Option<Level>, SourceError> {
        let entity = &self.definition.entity;
        let place = Place { depth: 0, objects: Vec::new(), key: "entity".to_owned(), path: String::new() };
        let top = Place { key: String::new(), ..place.clone() };
        self.levels.push(LevelDraft::new(place.clone(), &[]));
        self.tables(&entity.rows, &place)?;
        let key = self.entity_key();
        let level = &mut self.levels[0];
        level.declare(&self.definition.lets, &top, "let");
        level.declare(&self.definition.fields, &top, "fields");
        self.note_taken(0);
        let rows = self.root_rows(&entity.rows, key, &place);
        let keep = entity.keep.as_ref().and_then(|keep| self.condition(keep, &place.key("keep")));
        let filter_at = self.levels[0].steps.len();
        self.plan_relations(&self.definition.lets, &top, "let", &[], false)?;
        let members = self.members(&self.definition.fields, &top, "fields", &[])?;
        let level = self.finish(
            rows,
            Shape {
                cardinality: Gather::Items,
                element: ElementPlan::Object(members),
                lifts: Vec::new(),
                taken: Vec::new(),
                keep,
                order: Vec::new(),
                first_per: Vec::new(),
                scopes: Vec::new(),
                filter_at,
            },
        )?;
        Ok(level)
    }

    /// A relation of the level under way. What is not `shown` is only checked.
    pub fn relation(
        &mut self,
        field: &'d Field,
        relation: &'d Relation,
        place: &Place<'d>,
        path: &[&'d str],
        shown: bool,
    ) -> Result<Option<usize>, SourceError> {
        let planned = self.plan_relation(field, relation, place, path, shown);
        if !matches!(planned, Ok(Some(_))) {
            // Those within it went with it.
            self.relations.retain(|_, attached| attached.depth <= place.depth);
        }
        planned
    }

    fn plan_relation(
        &mut self,
        field: &'d Field,
        relation: &'d Relation,
        place: &Place<'d>,
        path: &[&'d str],
        shown: bool,
    ) -> Result<Option<usize>, SourceError> {
        let cardinality = match relation.cardinality {
            Cardinality::One => Gather::One,
            Cardinality::Many { empty_null } => Gather::Many { empty_null },
        };
        let when = field.when.as_ref().and_then(|when| self.condition(when, &place.key("when")));
        let level = self.rows_below(Some(field), relation, cardinality, place, path)?;
        let Some(level) = level.filter(|_| shown) else { return Ok(None) };
        Ok(Some(self.hang(when, level, place.depth)))
    }

    /// Makes a level a child of the one at `depth`, built from here on.
    pub fn hang(&mut self, when: Option<Condition>, level: Level, depth: usize) -> usize {
        let parent = &mut self.levels[depth];
        parent.children.push(Child { when, level, written: false });
        let number = parent.children.len() - 1;
        parent.steps.push(Step::Attach(number));
        number
    }

    /// The rows of a relation as a level below the one under way; `field` is the one that it makes, if it makes one.
    pub fn rows_below(
        &mut self,
        field: Option<&'d Field>,
        relation: &'d Relation,
        cardinality: Gather,
        place: &Place<'d>,
        path: &[&'d str],
    ) -> Result<Option<Level>, SourceError> {
        let depth = place.depth + 1;
        let own = Place { depth, ..place.clone() };
        self.levels.push(LevelDraft::new(own.clone(), path));
        self.tables(&relation.rows, &own)?;
        let rows = self.relation_rows(&relation.rows, place, &own);
        let inside = Place { objects: Vec::new(), ..own.clone() };
        let level = &mut self.levels[depth];
        level.declare(&relation.lets, &inside, "let");
        level.declare(named_fields(relation), &inside, "fields");
        if let Element::Value(value) = &relation.element {
            level.declare_value(value, &inside);
        }
        self.note_taken(depth);
        let keep = relation.keep.as_ref().and_then(|keep| self.condition(keep, &inside.key("keep")));
        let order = self.order(relation, &inside);
        let first_per = self.first_per(relation, &inside);
        let scopes = match &relation.fallback {
            Some(fallback) => self.scopes(fallback, place, &inside),
            None => Vec::new(),
        };
        let filter_at = self.levels[depth].steps.len();
        self.plan_relations(&relation.lets, &inside, "let", path, false)?;
        let element = match &relation.element {
            Element::Object(fields) => ElementPlan::Object(self.members(fields, &inside, "fields", path)?),
            Element::Value(value) => match self.plain_member(value, &inside, path) {
                Some(member) => ElementPlan::Value(Box::new(member)),
                None => ElementPlan::Object(Vec::new()),
            },
        };
        let (lifts, taken) = match field {
            Some(field) => {
                let lifts = match field.fields_of_one() {
                    Some(fields) => self.lifts(fields, &inside, path)?,
                    None => Vec::new(),
                };
                (lifts, self.taken(field, relation, &inside)?)
            }
            None => (Vec::new(), Vec::new()),
        };
        let shape = Shape { cardinality, element, lifts, taken, keep, order, first_per, scopes, filter_at };
        self.finish(rows, shape)
    }

    /// The relation as a child of its level, planned unless it is already: in its own level, whichever deeper one is under
    /// way.
    pub fn attach(
        &mut self,
        field: &'d Field,
        relation: &'d Relation,
        place: &Place<'d>,
        path: &[&'d str],
    ) -> Result<Option<usize>, SourceError> {
        let key = std::ptr::from_ref(field);
        if let Some(attached) = self.relations.get(&key) {
            return Ok(Some(attached.number));
        }
        let deeper = self.levels.split_off(place.depth + 1);
        let planned = self.relation(field, relation, place, path, true);
        self.levels.extend(deeper);
        let number = planned?;
        self.relations.extend(number.map(|number| (key, Attached { depth: place.depth, number })));
        Ok(number)
    }

    fn order(&mut self, relation: &'d Relation, place: &Place<'d>) -> Vec<SortBy> {
        let place = place.key("order_by");
        let mut order = Vec::new();
        for key in &relation.order_by {
            let name = &key.value.name.0;
            if let Some(reference) = self.resolve(&place, name, &key.span, Meant::Anything) {
                let own = matches!(reference, Reference::Column { depth, .. } if depth == place.depth);
                if relation.fallback.is_some() && !own {
                    let message =
                        format!("`{}` is not a column of the rows that the fallback chooses from", name.join("."));
                    let help = "they are ordered before anything is computed of them; name a column".to_owned();
                    self.problem(&key.span, &place.key, message, Some(help));
                }
                order.push(SortBy {
                    operand: reference.seen_from(place.depth),
                    descending: key.value.descending,
                    label: name.join("."),
                    by_moment: self.is_moment(&reference),
                });
            }
        }
        order
    }

    fn first_per(&mut self, relation: &'d Relation, place: &Place<'d>) -> Vec<Operand> {
        let place = place.key("first_per");
        let resolved = relation.first_per.iter().filter_map(|name| {
            let reference = self.resolve(&place, &name.value.0, &name.span, Meant::Anything)?;
            Some(reference.seen_from(place.depth))
        });
        resolved.collect()
    }

    /// Takes the level under way off and makes it whole. Nothing where a problem leaves it without a statement.
    fn finish(&mut self, rows: Option<RowsPlan<'d>>, shape: Shape) -> Result<Option<Level>, SourceError> {
        let ties = if shape.is_ordered(self.level()) { self.ties(rows.as_ref()) } else { Vec::new() };
        let passes = match &rows {
            Some(rows) => self.passes(rows)?,
            None => None,
        };
        let (passes, held) = match (&rows, passes) {
            (Some(rows), Some(passes)) => {
                let Held { passes, tables, joins } = self.hold(rows, passes)?;
                self.level().held = tables;
                (Some(passes), joins)
            }
            (_, passes) => (passes, Vec::new()),
        };
        let reads = self.value_reads()?;
        let Some(draft) = self.levels.pop() else { return Ok(None) };
        let (Some(rows), Some(passes), Some(reads)) = (rows, passes, reads) else { return Ok(None) };
        let depth = draft.place.depth;
        let outer = draft
            .outer
            .iter()
            .filter(|reference| !rows.components.iter().any(|key| key.source == KeySource::One((*reference).clone())))
            .map(|reference| reference.seen_from(depth - 1))
            .collect();
        let components: Vec<KeyPart> = match depth {
            0 => Vec::new(),
            _ => rows.components.iter().map(|key| key.part(depth - 1)).collect(),
        };
        Ok(Some(Level {
            path: draft.place.path.clone(),
            passes,
            asks_by_several: components.iter().any(|part| !matches!(part, KeyPart::One(_))),
            components,
            outer,
            columns: draft.column_reads(),
            places: draft.places(),
            held,
            operands: draft.operands,
            slot_count: draft.slots.len(),
            list_count: draft.list_count,
            steps: draft.steps,
            reads,
            filter_at: shape.filter_at,
            keep: shape.keep,
            order: shape.order,
            first_per: shape.first_per,
            ties,
            scopes: shape.scopes,
            cardinality: shape.cardinality,
            element: shape.element,
            lifts: shape.lifts,
            taken: shape.taken,
            children: draft.children,
        }))
    }
}

/// What a level does with its rows.
struct Shape {
    cardinality: Gather,
    element: ElementPlan,
    lifts: Vec<Lift>,
    taken: Vec<Taken>,
    keep: Option<Condition>,
    order: Vec<SortBy>,
    first_per: Vec<Operand>,
    scopes: Vec<Scope>,
    filter_at: usize,
}

impl Shape {
    /// Whether the order of the rows is seen in what becomes of them.
    fn is_ordered(&self, level: &LevelDraft<'_>) -> bool {
        match &self.cardinality {
            Gather::Summary(Summing::Count | Summing::Min | Summing::Max) => false,
            // Only floats add up to something else in another order.
            Gather::Summary(Summing::Sum) => !self.element.is_exact_number(|column| level.column(column).kind),
            _ => true,
        }
    }
}
