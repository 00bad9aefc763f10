//! The tree that a plan is: levels of rows, what is computed on each, and what hangs below.
//!
//! Everything here is resolved: columns are cell numbers, names are [`Operand`]s, texts are compiled. Nothing is looked
//! up by name while documents are built.

mod array;
mod member;
mod scalar;

pub(crate) use array::{ArrayPlan, ElementsPlan, PartPlan, SplitPlan};
pub(crate) use member::{Member, MemberKey, MemberValue, ValueMember};
pub(crate) use scalar::{DefaultPlan, Input, Reading, ScalarPlan};

use std::sync::Arc;

use super::eav::ValueRead;
use crate::definition::feed::Scalar;
use crate::document::{HeldTable, Remembered};
use crate::expression::Program;
use crate::expression::template::TemplateProgram;
use crate::source::catalog::ColumnKind;
use crate::source::sql::Statement;

/// Rows of one main table and its joins, tied to the rows of the enclosing level.
#[derive(Debug)]
pub(crate) struct Level {
    /// Path of the field that the level makes; empty for the entity.
    pub path: String,
    pub passes: Passes,
    /// The values that tie a row of the enclosing level to its rows here. `up` 0 is the enclosing level.
    pub components: Vec<KeyPart>,
    /// Whether one of the components may have several values for one row.
    pub asks_by_several: bool,
    /// The enclosing levels' values that this level and those below it read, apart from `components`. `up` 0 is the
    /// enclosing level. Rows of the enclosing level that agree in both share one fragment.
    pub outer: Vec<Operand>,
    /// The columns that are read of the level's tables.
    pub columns: Vec<ColumnRead>,
    /// Where the value of each column stands, and its kind.
    pub places: Vec<ColumnPlace>,
    /// Tables whose rows feedmill finds by itself, each with those before it; the main table first, where it is one.
    pub held: Vec<HeldJoin>,
    /// Names used by this level's programs, in the order of their slot numbers. `up` 0 is this level.
    pub operands: Vec<Operand>,
    pub slot_count: usize,
    /// Lists of values, for what is tied by their elements.
    pub list_count: usize,
    /// In an order in which each step needs only earlier ones.
    pub steps: Vec<Step>,
    pub reads: Vec<ValueRead>,
    /// The steps before this index are what `keep` and `order` need; the others run for the rows that are left.
    pub filter_at: usize,
    pub keep: Option<Condition>,
    pub order: Vec<SortBy>,
    /// Of the rows of a group that agree in these the first in order stays. `up` 0 is this level.
    pub first_per: Vec<Operand>,
    /// Columns that break ties of `order`.
    pub ties: Vec<usize>,
    /// The scopes of a fallback in their order: the rows of a group become one, which has of each column the first value
    /// that is not null. Empty without a fallback.
    pub scopes: Vec<Scope>,
    pub cardinality: Gather,
    pub element: ElementPlan,
    /// Of a `one` that is an object: the values of its row that can be named from outside.
    pub lifts: Vec<Lift>,
    /// Of a `many`: fields of its elements of which other arrays are made.
    pub taken: Vec<Taken>,
    pub children: Vec<Child>,
}

impl Level {
    /// The main table, where it is held: then there is no statement, and a row that is read is the number of one there,
    /// and its key.
    pub fn held_main(&self) -> Option<&HeldTable> {
        self.held.first().filter(|held| held.key == HeldKey::Tuple).map(|held| &*held.table)
    }

    /// The plain value of the rows of a `one`, where it has one.
    pub fn plain_value(&self) -> Option<&ScalarPlan> {
        let ElementPlan::Value(member) = &self.element else { return None };
        match &member.value {
            MemberValue::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Whether what is named of it is a date-time.
    pub fn gives_moment(&self, lifted: Lifted) -> bool {
        match lifted {
            Lifted::Value => match &self.cardinality {
                Gather::Summary(Summing::Sum | Summing::Count | Summing::Text { .. }) => false,
                _ => self.plain_value().is_some_and(|scalar| scalar.is_moment),
            },
            Lifted::Of(lift) => self.lifts[lift].is_moment,
            Lifted::Presence => false,
        }
    }
}

/// The statements that read the rows of a level; none where its main table is held.
#[derive(Debug)]
pub(crate) struct Passes {
    /// Which of `tables` a row of the enclosing level asks; none where there is only one.
    pub choice: Option<TableChoice>,
    /// Of each table that can be chosen, the statements whose rows together are those of the level; of all as many.
    pub tables: Vec<Vec<Pass>>,
    /// Rows that were read before are not read again; then there is one statement.
    pub remembered: Option<Remembered>,
}

#[derive(Debug)]
pub(crate) struct Pass {
    /// By key tuples.
    pub keyed: Statement,
    /// By a range of root keys, where merging its rows by the key's value is exact: then all passes of a level have one.
    pub range: Option<Statement>,
    /// By a span of key values, where it is the level's only one and there is no range.
    pub span: Option<SpanPass>,
}

/// Reads the rows of all keys between two, where feedmill may find by itself whose they are.
#[derive(Debug)]
pub(crate) struct SpanPass {
    pub statement: Statement,
    pub keys: SpanKeys,
}

/// What the keys of a span are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanKeys {
    Integers,
    /// By their bytes.
    Texts,
    /// Texts, by a collation that is known for ASCII alone ([`Column::orders_codes`](crate::source::catalog::Column)).
    Codes,
}

/// A table that a row of the enclosing level names by its values.
#[derive(Debug, Clone)]
pub(crate) struct TableChoice {
    /// Gives its name; a program of the enclosing level.
    pub name: TemplateProgram,
    /// What the program reads. `up` 0 is the enclosing level.
    pub operands: Vec<Operand>,
    /// Names, as many as [`Passes::tables`].
    pub tables: Vec<String>,
}

impl Passes {
    /// Those of a level whose main table is held.
    pub fn none() -> Self {
        Passes { choice: None, tables: Vec::new(), remembered: None }
    }

    /// In how many stretches the rows of one tuple are read: one a statement, or that of a held table.
    pub fn stretch_count(&self) -> usize {
        self.tables.first().map_or(1, Vec::len)
    }

    pub fn has_range(&self) -> bool {
        !self.tables.is_empty() && self.tables.iter().flatten().all(|pass| pass.range.is_some())
    }
}

/// What becomes of the rows that belong to one row of the enclosing level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gather {
    /// The entity's own rows: each is an item.
    Items,
    One,
    Many {
        empty_null: bool,
    },
    /// One value, which a step puts into a slot.
    Summary(Summing),
}

/// How the plain values of several rows become one. Nulls are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Summing {
    /// 0 without a value.
    Sum,
    Count,
    Min,
    Max,
    /// Their texts; without any an empty one, or null.
    Text {
        separator: Box<str>,
        empty_null: bool,
    },
}

/// A relation: a level and when it counts.
#[derive(Debug)]
pub(crate) struct Child {
    pub when: Option<Condition>,
    /// Whether the document takes its JSON up; what is only named is not written.
    pub written: bool,
    pub level: Level,
}

/// A value of the row of a `one`, by its name after that of the `one`.
#[derive(Debug)]
pub(crate) struct Lift {
    pub path: Vec<String>,
    /// What the objects around it depend on.
    pub whens: Vec<Condition>,
    pub value: LiftValue,
    pub sources: Vec<SourceColumn>,
    pub is_moment: bool,
}

#[derive(Debug)]
pub(crate) enum LiftValue {
    Operand(Operand),
    Scalar(Box<ScalarPlan>),
    /// The plain value of a relation below.
    Child(usize),
    /// A value of the row of a `one` below: its child, and the number among that one's lifts.
    Through {
        child: usize,
        lift: usize,
    },
}

/// A field of each element, written for another array.
#[derive(Debug)]
pub(crate) struct Taken {
    pub name: String,
    pub member: Member,
}

/// Where the value of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellPlace {
    /// A cell of the rows that the passes give; 0 is the group column.
    Read(usize),
    /// A cell of the row of a held table: an index into [`Level::held`].
    Held { join: usize, cell: usize },
}

/// What is looked up of a column for each of its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnPlace {
    pub cell: CellPlace,
    pub kind: ColumnKind,
}

/// A held table as it is joined with the rows of a level.
#[derive(Debug)]
pub(crate) struct HeldJoin {
    /// Shared with all levels that look up the same.
    pub table: Arc<HeldTable>,
    pub key: HeldKey,
    /// Whether a row stays that finds none.
    pub optional: bool,
}

/// What the row of a held table is sought by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeldKey {
    /// The key tuple: the table is the level's main one, and each tuple finds one row at most.
    Tuple,
    /// These columns of the level.
    Columns(Vec<usize>),
}

/// A column of the level's tables.
#[derive(Debug, Clone)]
pub(crate) struct ColumnRead {
    pub source: SourceColumn,
    /// `table.column` for messages.
    pub label: String,
    pub kind: ColumnKind,
    /// Masked somewhere in the feed: its values are quoted nowhere.
    pub secret: bool,
}

/// Where a value is read from, seen from some level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// `up` levels outwards.
    Column {
        up: usize,
        column: usize,
    },
    Slot {
        up: usize,
        slot: usize,
    },
    Constant(Scalar),
}

/// A component of the key tuples, as a row of the enclosing level has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeyPart {
    One(Operand),
    /// Each piece of a text, cut at `by`; none of an empty one. With `integer`, a piece that is written as an integer is
    /// one, so that `7` and `07` are one key.
    Split {
        operand: Operand,
        by: Box<str>,
        integer: bool,
    },
    /// Each element of a list, `up` levels outwards.
    List {
        up: usize,
        list: usize,
    },
}

#[derive(Debug)]
pub(crate) enum Step {
    /// Computes a field or let that something refers to.
    Compute { slot: usize, scalar: Box<ScalarPlan>, whens: Vec<Condition> },
    /// Builds the fragments of a relation: an index into [`Level::children`].
    Attach(usize),
    /// Takes something of a relation that was attached before into a slot, because something names it.
    Lift { slot: usize, child: usize, lifted: Lifted, whens: Vec<Condition> },
    /// Reads values of a set: an index into [`Level::reads`].
    Values(usize),
    /// Takes the elements of a `many` with plain values, attached before, into a list.
    List { list: usize, child: usize, whens: Vec<Condition> },
    /// Whether an object or an array of the same row is there; an array is not where it is written as null.
    Presence { slot: usize, array: Option<ArrayPlan>, whens: Vec<Condition> },
    /// Writes an object or an array as the text of its JSON.
    Json { slot: usize, member: Box<Member>, whens: Vec<Condition> },
}

/// What of a relation is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifted {
    /// Its plain value.
    Value,
    /// A value of the row of a `one`: an index into its [`Level::lifts`].
    Of(usize),
    /// Whether it is there: null where it is written as null.
    Presence,
}

#[derive(Debug)]
pub(crate) struct SortBy {
    pub operand: Operand,
    pub descending: bool,
    /// The name as the file has it.
    pub label: String,
    /// A date-time: its text orders by its bytes only without the `Z`.
    pub by_moment: bool,
}

/// A scope of a fallback. A row belongs to it when all pairs hold; to none other of them then.
#[derive(Debug)]
pub(crate) struct Scope {
    pub pairs: Vec<ScopePair>,
}

#[derive(Debug)]
pub(crate) struct ScopePair {
    /// A column of the rows to choose from; `up` 0 is their own level.
    pub column: Operand,
    /// `up` 0 is the enclosing level.
    pub equals: Operand,
}

/// An expression that has to be true.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub program: Program,
    /// Path for messages, such as `fields.size.when`.
    pub path: String,
    pub sources: Vec<SourceColumn>,
    pub secret: bool,
}

/// A column of the source by the names it has there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SourceColumn {
    pub table: String,
    pub column: String,
}

#[derive(Debug)]
pub(crate) enum ElementPlan {
    Object(Vec<Member>),
    Value(Box<Member>),
}
