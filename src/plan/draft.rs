//! A level while its plan is made: its tables, what is read of them so far, and the fields that may be named.

use std::collections::HashMap;
use std::ops::Range;

use super::eav::ReadDraft;
use super::level::{CellPlace, Child, ColumnPlace, ColumnRead, Operand, SourceColumn, Step};
use super::named_tables::NamedTables;
use crate::definition::feed::{Array, Element, Elements, Field, FieldValue, Relation, Scalar, Summary};
use crate::definition::problem::{Located, Span};
use crate::expression::Expression;
use crate::source::catalog::{Column, find_column};
use crate::source::sql::{ColumnRef, TableSource};

/// A value of some level, wherever it is used. Levels are counted from the entity's, 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reference {
    Column { depth: usize, column: usize },
    Slot { depth: usize, slot: usize },
    Constant(Scalar),
}

impl Reference {
    /// As an operand of the level at `depth`.
    pub fn seen_from(&self, depth: usize) -> Operand {
        match self {
            Reference::Column { depth: own, column } => Operand::Column { up: depth - own, column: *column },
            Reference::Slot { depth: own, slot } => Operand::Slot { up: depth - own, slot: *slot },
            Reference::Constant(scalar) => Operand::Constant(scalar.clone()),
        }
    }
}

impl Reference {
    /// The slot, where it is one.
    pub fn own_slot(&self) -> Option<usize> {
        match self {
            Reference::Slot { slot, .. } => Some(*slot),
            Reference::Column { .. } | Reference::Constant(_) => None,
        }
    }
}

/// Where something stands: at which level, in which objects of it, and what the file calls it.
#[derive(Debug, Clone)]
pub(super) struct Place<'d> {
    pub depth: usize,
    /// The objects of the same row around it, the outermost first.
    pub objects: Vec<&'d str>,
    /// The key's path in the file, such as `fields.images.fields.url`.
    pub key: String,
    /// The path in the document, such as `images.url`.
    pub path: String,
}

impl<'d> Place<'d> {
    /// A key below this one.
    pub fn key(&self, key: &str) -> Place<'d> {
        Place { key: joined(&self.key, key), ..self.clone() }
    }

    /// A field of the list under `key`.
    pub fn field(&self, key: &str, name: &str) -> Place<'d> {
        let key = joined(&joined(&self.key, key), name);
        Place { key, path: joined(&self.path, name), ..self.clone() }
    }

    /// Within an object or an array of this name.
    pub fn within(&self, name: &'d str) -> Place<'d> {
        let mut within = self.clone();
        within.objects.push(name);
        within
    }

    /// An element or a part of an array.
    pub fn element(&self, array: &Array, field: &Field) -> Place<'d> {
        let name = &field.name.value;
        let key = match array.elements {
            Elements::List(_) => format!("{}.list{name}", self.key),
            _ => format!("{}{name}", self.key),
        };
        Place { key, ..self.clone() }
    }
}

impl Entry<'_> {
    fn is(&self, objects: &[&str], name: &[String]) -> bool {
        self.path.len() == objects.len() + name.len()
            && self.path.iter().copied().eq(objects.iter().copied().chain(name.iter().map(String::as_str)))
    }
}

/// Stands among the objects for an array that is the value of each row.
pub(super) const ELEMENT_VALUE: &str = "";

pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[derive(Debug)]
pub(super) struct TableDraft {
    pub alias: String,
    /// The table's name; of a query its alias.
    pub name: String,
    pub source: TableSource,
    pub columns: Vec<Column>,
    pub primary_key: Vec<usize>,
    pub unique: Vec<Vec<usize>>,
    /// The tables that it may be, where values name it.
    pub named: Option<NamedTables>,
    /// False when the source does not have it: nothing can be said about its columns.
    pub known: bool,
}

/// A column that the pass selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnDraft {
    pub table: usize,
    pub column: usize,
}

/// A table of the level that is held in memory.
#[derive(Debug)]
pub(super) struct HeldDraft {
    pub table: usize,
    /// Of each column that the level reads of it.
    pub places: Vec<HeldPlace>,
}

/// Where a column of a held table has its value.
#[derive(Debug, Clone, Copy)]
pub(super) enum HeldPlace {
    /// A cell there.
    Cell(usize),
    /// It equals a column of the level.
    Column(usize),
    /// It equals a component of the key tuple.
    Component(usize),
}

/// A field or let that may be named.
pub(super) struct Entry<'d> {
    /// Its name after those of the objects it stands in.
    pub path: Vec<&'d str>,
    pub field: &'d Field,
    /// How much of `path` is out of reach of names, as a part of an array or an element of a list has none: who stands
    /// within so many objects can name it.
    pub nameless: usize,
    /// Where it stands in the document.
    pub document: Vec<&'d str>,
    /// What the objects around it depend on.
    pub whens: Vec<(&'d Located<Expression>, Place<'d>)>,
    /// It belongs to the row of a `one` of this level: the entry of that one.
    pub through: Option<usize>,
    pub place: Place<'d>,
    /// Of an object or an array: of whether it is there.
    pub state: EntryState,
}

/// What encloses fields within their level.
#[derive(Clone, Default)]
struct Around<'d> {
    nameless: usize,
    document: Vec<&'d str>,
    whens: Vec<(&'d Located<Expression>, Place<'d>)>,
    through: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum EntryState {
    New,
    /// Being planned: naming it now would close a circle.
    Busy,
    Ready(Reference),
    /// The elements of a list.
    Listed(usize),
    /// There is a problem with it already.
    Broken,
}

pub(super) struct LevelDraft<'d> {
    pub place: Place<'d>,
    /// Where its elements stand in the document.
    pub document: Vec<&'d str>,
    pub tables: Vec<TableDraft>,
    pub columns: Vec<ColumnDraft>,
    /// The tables that are held in memory.
    pub held: Vec<HeldDraft>,
    pub operands: Vec<Operand>,
    /// What this level and those below read of the enclosing ones.
    pub outer: Vec<Reference>,
    /// Of each slot, the columns that its value is made of.
    pub slots: Vec<Vec<SourceColumn>>,
    pub list_count: usize,
    pub steps: Vec<Step>,
    /// What is read of the sets of `[eav]` for this level's rows.
    pub reads: Vec<ReadDraft>,
    pub entries: Vec<Entry<'d>>,
    /// What its elements are where they are no objects.
    pub value: Option<&'d Field>,
    pub children: Vec<Child>,
    /// The slots of the summaries that are planned.
    pub summaries: HashMap<*const Summary, usize>,
}

impl<'d> LevelDraft<'d> {
    pub fn new(place: Place<'d>, document: &[&'d str]) -> Self {
        LevelDraft {
            place,
            document: document.to_vec(),
            tables: Vec::new(),
            columns: Vec::new(),
            held: Vec::new(),
            operands: Vec::new(),
            outer: Vec::new(),
            slots: Vec::new(),
            list_count: 0,
            steps: Vec::new(),
            reads: Vec::new(),
            entries: Vec::new(),
            value: None,
            children: Vec::new(),
            summaries: HashMap::new(),
        }
    }

    /// The cell number of a column, which is read from now on.
    pub fn read(&mut self, table: usize, column: usize) -> usize {
        let wanted = ColumnDraft { table, column };
        self.columns.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.columns.push(wanted);
            self.columns.len() - 1
        })
    }

    pub fn operand(&mut self, operand: Operand) -> usize {
        self.operands.iter().position(|known| *known == operand).unwrap_or_else(|| {
            self.operands.push(operand);
            self.operands.len() - 1
        })
    }

    pub fn column(&self, number: usize) -> &Column {
        let ColumnDraft { table, column } = self.columns[number];
        &self.tables[table].columns[column]
    }

    pub fn source_column(&self, number: usize) -> SourceColumn {
        let ColumnDraft { table, column } = self.columns[number];
        let table = &self.tables[table];
        SourceColumn { table: table.name.clone(), column: table.columns[column].name.clone() }
    }

    pub fn column_ref(&self, number: usize) -> ColumnRef {
        let ColumnDraft { table, column } = self.columns[number];
        self.tables[table].column_ref(column)
    }

    /// The columns that are read of a table, by their cell numbers.
    pub fn columns_of(&self, table: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(move |number| self.columns[*number].table == table)
    }

    pub fn places(&self) -> Vec<ColumnPlace> {
        (0..self.columns.len())
            .map(|number| ColumnPlace { cell: self.place_of(number), kind: self.column(number).kind })
            .collect()
    }

    /// Where the value of a column stands: behind the group column, or in its held table.
    fn place_of(&self, number: usize) -> CellPlace {
        let join_of = |table: usize| self.held.iter().position(|held| held.table == table);
        let table = self.columns[number].table;
        let Some(join) = join_of(table) else {
            let before = self.columns[..number].iter().filter(|column| join_of(column.table).is_none());
            return CellPlace::Read(before.count() + 1);
        };
        let before = self.columns_of(table).take_while(|other| *other != number).count();
        match self.held[join].places[before] {
            HeldPlace::Cell(cell) => CellPlace::Held { join, cell },
            HeldPlace::Column(equal) => self.place_of(equal),
            HeldPlace::Component(component) => CellPlace::Read(component + 1),
        }
    }

    pub fn column_reads(&self) -> Vec<ColumnRead> {
        (0..self.columns.len())
            .map(|number| {
                let source = self.source_column(number);
                let label = format!("{}.{}", source.table, source.column);
                ColumnRead { source, label, kind: self.column(number).kind, secret: false }
            })
            .collect()
    }

    /// Makes the fields of a list known, those of objects of the same row and of the rows of a `one` too.
    pub fn declare(&mut self, fields: &'d [Field], place: &Place<'d>, key: &str) {
        let around = Around { document: self.document.clone(), ..Around::default() };
        self.declare_within(fields, place, key, &around);
    }

    /// The value of each row, and what lies within it where it is an array.
    pub fn declare_value(&mut self, value: &'d Field, place: &Place<'d>) {
        self.value = Some(value);
        if let FieldValue::Array(array) = &value.value {
            let around = Around { document: self.document.clone(), ..Around::default() };
            self.declare_elements(array, ELEMENT_VALUE, place, &around);
        }
    }

    fn declare_within(&mut self, fields: &'d [Field], place: &Place<'d>, key: &str, around: &Around<'d>) {
        for field in fields {
            let own = place.field(key, &field.name.value);
            let mut document = around.document.clone();
            document.push(&field.name.value);
            self.declare_field(field, own, &Around { document, ..around.clone() });
        }
    }

    /// `around.document` is the field's own.
    fn declare_field(&mut self, field: &'d Field, own: Place<'d>, around: &Around<'d>) {
        let mut path = own.objects.clone();
        path.push(&field.name.value);
        self.entries.push(Entry {
            path: path.clone(),
            field,
            nameless: around.nameless,
            document: around.document.clone(),
            whens: around.whens.clone(),
            through: around.through,
            place: own.clone(),
            state: EntryState::New,
        });
        let number = self.entries.len() - 1;
        let within = Place { objects: path, ..own.clone() };
        if let FieldValue::Object(object) = &field.value {
            let mut around = around.clone();
            around.whens.extend(field.when.as_ref().map(|when| (when, own)));
            self.declare_within(&object.lets, &within, "let", &around);
            self.declare_within(&object.fields, &within, "fields", &around);
        } else if let FieldValue::Array(array) = &field.value {
            self.declare_elements(array, &field.name.value, &own, around);
        } else if let Some(fields) = field.fields_of_one() {
            let through = around.through.or(Some(number));
            self.declare_within(fields, &within, "fields", &Around { through, ..around.clone() });
        }
    }

    /// What lies within an array of the same row. `label` stands for the array among the objects.
    fn declare_elements(&mut self, array: &'d Array, label: &'d str, place: &Place<'d>, around: &Around<'d>) {
        let (Elements::Parts(inner) | Elements::List(inner)) = &array.elements else { return };
        let within = place.within(label);
        let around = Around { nameless: within.objects.len() + 1, ..around.clone() };
        for field in inner {
            self.declare_field(field, within.element(array, field), &around);
        }
    }

    pub fn entry(&self, objects: &[&str], name: &[String]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is(objects, name))
    }

    /// What a name means that stands within `objects`.
    pub fn named(&self, objects: &[&str], name: &[String]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.nameless <= objects.len() && entry.is(objects, name))
    }

    /// Whether a statement can be made of the tables: all are known, and no two share an alias.
    pub fn can_be_asked_for(&self) -> bool {
        let alias_is_new = |(i, table): (usize, &TableDraft)| {
            self.tables[..i].iter().all(|other| !other.alias.eq_ignore_ascii_case(&table.alias))
        };
        self.tables.iter().all(|table| table.known) && self.tables.iter().enumerate().all(alias_is_new)
    }

    /// The table of an alias: by exact name, else by the only one that differs in case alone.
    pub fn table(&self, alias: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.alias == alias).or_else(|| {
            let mut same = (0..self.tables.len()).filter(|i| self.tables[*i].alias.eq_ignore_ascii_case(alias));
            same.next().filter(|_| same.next().is_none())
        })
    }
}

impl TableDraft {
    pub fn find(&self, column: &str) -> Option<usize> {
        find_column(&self.columns, column)
    }

    pub fn column_ref(&self, column: usize) -> ColumnRef {
        ColumnRef { alias: self.alias.clone(), column: self.columns[column].name.clone() }
    }

    /// Whether the source says that no two rows agree in all of these columns.
    pub fn keeps_unique(&self, columns: &[usize]) -> bool {
        let are_among = |set: &[usize]| !set.is_empty() && set.iter().all(|column| columns.contains(column));
        are_among(&self.primary_key) || self.unique.iter().any(|set| are_among(set))
    }
}

/// The named fields of a relation's elements.
pub(super) fn named_fields(relation: &Relation) -> &[Field] {
    match &relation.element {
        Element::Object(fields) => fields,
        Element::Value(_) => &[],
    }
}

/// A stretch of a string's text as a place of the file.
pub(super) struct Within<'a> {
    pub string: &'a Span,
    pub inner: Range<usize>,
}
