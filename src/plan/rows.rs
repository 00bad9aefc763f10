//! The rows of a level: the pairs that tie its tables to each other and to the levels around.

use super::compile::Compiler;
use super::draft::{LevelDraft, Place, Reference, joined};
use super::level::SpanKeys;
use super::names::Meant;
use crate::definition::feed::{Name, OnPair, OnValue, Rows, Scalar};
use crate::definition::problem::{Located, Span, suggestion};
use crate::source::catalog::{Column, ColumnKind};
use crate::source::sql::{
    ColumnRef, Compared, Component, JoinSpec, OnSpec, OnTarget, RangeSpec, TableSource, TableSpec,
};

/// What the statements of a level are made of, apart from its columns.
pub(super) struct RowsPlan<'d> {
    pub rows: &'d Rows,
    pub main: TableSpec,
    pub joins: Vec<JoinSpec>,
    /// Values of enclosing levels by which rows are asked for.
    pub components: Vec<Key>,
    /// The same for the statement; one without a value behind it where literals alone tie the rows.
    pub asked_by: Vec<Component>,
    /// Where rows may be read by a range of root keys.
    pub range: Option<RangeSpec>,
    /// Where they may be read by a span of another key.
    pub span: Option<SpanSpec>,
}

/// A value of an enclosing level, and the column that it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub source: KeySource,
    pub compared: Compared,
}

/// What a key is taken from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum KeySource {
    One(Reference),
    /// The pieces of a text.
    Split {
        text: Reference,
        by: String,
    },
    /// The elements of a list of some level.
    List {
        depth: usize,
        list: usize,
    },
}

/// The column that a key is compared with, by which a span of them is read.
pub(super) struct SpanSpec {
    pub column: ColumnRef,
    pub keys: SpanKeys,
}

/// What ties a level's main table to a column around.
struct Tie<'a> {
    /// The level of that column, and its number there.
    depth: usize,
    column: usize,
    /// The main table's.
    alias: &'a str,
    own: &'a Column,
}

/// What the tables before one know under a name.
pub(super) enum Before {
    Column {
        table: usize,
        column: usize,
    },
    Unknown,
    /// Several have it, which is said.
    Ambiguous,
}

impl<'d> Compiler<'d> {
    pub fn level(&mut self) -> &mut LevelDraft<'d> {
        self.levels.last_mut().expect("a level is under way while its rows are planned")
    }

    /// The entity's rows are asked for by its key.
    pub fn root_rows(&mut self, rows: &'d Rows, key: Option<usize>, place: &Place<'d>) -> Option<RowsPlan<'d>> {
        let mut components = Vec::new();
        let joins = self.joins(rows, place, None, &mut components)?;
        let table = &self.levels[0].tables[0];
        let key = key.filter(|_| self.levels[0].can_be_asked_for())?;
        let column = table.column_ref(key);
        let on = vec![OnSpec { column: column.column.clone(), equals: OnTarget::Key(0) }];
        let main = TableSpec { source: table.source.clone(), alias: table.alias.clone(), on };
        let range = RangeSpec { root_table: table.name.clone(), root_key: column.column.clone(), column };
        let key = &table.columns[key];
        let asked_by = vec![Component { kind: key.kind, compared: key.into() }];
        Some(RowsPlan { rows, main, joins, components, asked_by, range: Some(range), span: None })
    }

    /// `outer` is the place of the relation in the level around it, `place` that of its rows.
    pub fn relation_rows(&mut self, rows: &'d Rows, outer: &Place<'d>, place: &Place<'d>) -> Option<RowsPlan<'d>> {
        let mut components = Vec::new();
        let main_on = self.main_on(rows, outer, place, &mut components);
        let joins = self.joins(rows, place, Some(outer), &mut components);
        let (on, joins) = (main_on?, joins?);
        let level = self.levels.last()?;
        if !level.can_be_asked_for() {
            return None;
        }
        let table = &level.tables[0];
        let main = TableSpec { source: table.source.clone(), alias: table.alias.clone(), on };
        let mut asked_by: Vec<Component> = components
            .iter()
            .map(|Key { source, compared }| {
                let kind = match source {
                    KeySource::One(Reference::Column { depth, column }) => self.levels[*depth].column(*column).kind,
                    _ => ColumnKind::Dynamic,
                };
                Component { kind, compared: compared.clone() }
            })
            .collect();
        if asked_by.is_empty() {
            // Tied by literals alone: all rows belong to the one tuple that there is.
            let compared = Compared { kind: ColumnKind::Integer, declared: "INTEGER".to_owned(), collation: None };
            asked_by.push(Component { kind: ColumnKind::Integer, compared });
        }
        let range = self.range(&main, &components);
        let span = if range.is_some() { None } else { self.span(rows, &main, &joins, &components) };
        Some(RowsPlan { rows, main, joins, components, asked_by, range, span })
    }

    fn main_on(
        &mut self,
        rows: &'d Rows,
        outer: &Place<'d>,
        place: &Place<'d>,
        components: &mut Vec<Key>,
    ) -> Option<Vec<OnSpec>> {
        let place = place.key("on");
        let mut on = Vec::new();
        for pair in &rows.on {
            let column = self.left_column(0, pair, &place);
            let outer = Place { key: joined(&place.key, &pair.column.value), ..outer.clone() };
            let equals = self.outer_value(&pair.equals, column.as_ref(), &outer, components);
            on.extend(column.zip(equals).map(|(column, equals)| OnSpec { column: column.name, equals }));
        }
        (on.len() == rows.on.len()).then_some(on)
    }

    fn joins(
        &mut self,
        rows: &'d Rows,
        place: &Place<'d>,
        outer: Option<&Place<'d>>,
        components: &mut Vec<Key>,
    ) -> Option<Vec<JoinSpec>> {
        let mut joins = Vec::new();
        for (number, join) in rows.joins.iter().enumerate() {
            let table = number + 1;
            let place = place.key(&format!("join[{number}].on"));
            let mut on = Vec::new();
            for pair in &join.on {
                let column = self.left_column(table, pair, &place);
                let equals = self.joined_value(table, column.as_ref(), pair, &place, outer, components);
                on.extend(column.zip(equals).map(|(column, equals)| OnSpec { column: column.name, equals }));
            }
            if on.len() < join.on.len() {
                continue;
            }
            let draft = &self.levels.last()?.tables[table];
            joins.push(JoinSpec {
                table: TableSpec { source: draft.source.clone(), alias: draft.alias.clone(), on },
                optional: join.optional,
                where_sql: join.where_sql.as_ref().map(|sql| sql.value.clone()),
            });
        }
        (joins.len() == rows.joins.len()).then_some(joins)
    }

    /// The left side of a pair: a column of the table that is being joined.
    pub fn left_column(&mut self, table: usize, pair: &OnPair, place: &Place<'d>) -> Option<Column> {
        let table = &self.levels.last()?.tables[table];
        if let Some(column) = table.find(&pair.column.value) {
            return Some(table.columns[column].clone());
        }
        if table.known {
            let message = format!("`{}` has no column `{}`", table.name, pair.column.value);
            let help = suggestion(&pair.column.value, table.columns.iter().map(|column| column.name.as_str()));
            self.problem(&pair.column.span, &place.key, message, help);
        }
        None
    }

    /// The right side of a join's pair: a column of a table before it, else a value of a level around.
    fn joined_value(
        &mut self,
        table: usize,
        own: Option<&Column>,
        pair: &'d OnPair,
        place: &Place<'d>,
        outer: Option<&Place<'d>>,
        components: &mut Vec<Key>,
    ) -> Option<OnTarget> {
        // Whatever is found before its time is the level's own.
        let found = |column: ColumnRef, it: &Column| match (&pair.equals.value, own) {
            (OnValue::Split { by, .. }, _) => OnTarget::Piece { column, by: by.clone() },
            (_, Some(own)) => OnTarget::equal_columns(column, own, it),
            (_, None) => OnTarget::Column(column),
        };
        let (name, span) = match &pair.equals.value {
            OnValue::Name(name) => (name, &pair.equals.span),
            OnValue::Split { name, .. } => (&name.value, &name.span),
            OnValue::List(_) | OnValue::Eav(_) => {
                return match outer {
                    Some(outer) => {
                        let outer = Place { key: place.key.clone(), ..outer.clone() };
                        self.outer_value(&pair.equals, own, &outer, components)
                    }
                    None => {
                        let (what, before) = match &pair.equals.value {
                            OnValue::List(_) => ("no list is", "any list is made of them"),
                            _ => ("no values of sets are", "values are read for them"),
                        };
                        let help = format!("the rows of the entity are joined before {before}");
                        self.problem(&pair.equals.span, &place.key, format!("{what} known here"), Some(help));
                        None
                    }
                };
            }
            OnValue::Literal(_) => return self.literal_target(&pair.equals, place),
        };
        match self.column_before(table, name, span, place) {
            Before::Column { table, column } => {
                let table = &self.levels.last()?.tables[table];
                return Some(found(table.column_ref(column), &table.columns[column]));
            }
            Before::Ambiguous => return None,
            Before::Unknown => {}
        }
        let tables = &self.levels.last()?.tables[..table];
        let own_knows = match name.0.as_slice() {
            [alias, _] => tables.iter().any(|table| table.alias.eq_ignore_ascii_case(alias)),
            _ => false,
        };
        match outer {
            Some(outer) if !own_knows => {
                let outer = Place { key: place.key.clone(), ..outer.clone() };
                self.outer_value(&pair.equals, own, &outer, components)
            }
            _ => {
                // Says what is unknown, with the names that could have been meant.
                self.resolve(place, &name.0, span, Meant::Column);
                None
            }
        }
    }

    /// The column that a name means among the tables before one of the level under way.
    pub fn column_before(&mut self, table: usize, name: &Name, span: &Span, place: &Place<'d>) -> Before {
        let Some(level) = self.levels.last() else { return Before::Unknown };
        let tables = &level.tables[..table];
        let column_of = |number: usize, column: &str| {
            let column = tables.get(number)?.find(column)?;
            Some(Before::Column { table: number, column })
        };
        match name.0.as_slice() {
            [column] => {
                if let Some(found) = column_of(0, column) {
                    return found;
                }
                let mut having = (1..table).filter_map(|number| Some((number, column_of(number, column)?)));
                match (having.next(), having.next()) {
                    (None, _) => Before::Unknown,
                    (Some((_, only)), None) => only,
                    (Some((first, _)), Some((second, _))) => {
                        let (first, second) = (&tables[first].alias, &tables[second].alias);
                        let message = format!("`{column}` is ambiguous: `{first}` and `{second}` have it");
                        let help = format!("write `{first}.{column}`");
                        self.problem(span, &place.key, message, Some(help));
                        Before::Ambiguous
                    }
                }
            }
            [alias, column] => {
                let of_alias = tables.iter().position(|table| table.alias.eq_ignore_ascii_case(alias));
                of_alias.and_then(|number| column_of(number, column)).unwrap_or(Before::Unknown)
            }
            _ => Before::Unknown,
        }
    }

    /// A value of a level around: a component of the key tuple. `own` is the column that it is compared with.
    fn outer_value(
        &mut self,
        value: &'d Located<OnValue>,
        own: Option<&Column>,
        outer: &Place<'d>,
        components: &mut Vec<Key>,
    ) -> Option<OnTarget> {
        let source = match &value.value {
            OnValue::Literal(_) => return self.literal_target(value, outer),
            OnValue::Name(name) => match self.resolve(outer, &name.0, &value.span, Meant::Key)? {
                Reference::Constant(scalar) => {
                    let literal = Located { value: OnValue::Literal(scalar), span: value.span.clone() };
                    return self.literal_target(&literal, outer);
                }
                reference => KeySource::One(reference),
            },
            OnValue::Split { name, by } => {
                let text = self.resolve(outer, &name.value.0, &name.span, Meant::Key)?;
                KeySource::Split { text, by: by.clone() }
            }
            OnValue::List(name) => self.list(outer, &name.value.0, &name.span)?,
            OnValue::Eav(value) => KeySource::One(self.eav_slot(value, outer)?),
        };
        let key = Key { source, compared: own?.into() };
        let number = components.iter().position(|known| *known == key).unwrap_or_else(|| {
            components.push(key);
            components.len() - 1
        });
        Some(OnTarget::Key(number))
    }

    fn literal_target(&mut self, value: &Located<OnValue>, place: &Place<'d>) -> Option<OnTarget> {
        match &value.value {
            OnValue::Literal(Scalar::Int(int)) => Some(OnTarget::Int(*int)),
            OnValue::Literal(Scalar::Bool(truth)) => Some(OnTarget::Int(i64::from(*truth))),
            OnValue::Literal(Scalar::Decimal(text) | Scalar::Text(text)) => Some(OnTarget::Text(text.clone())),
            OnValue::Literal(Scalar::Null) => {
                self.problem(&value.span, &place.key, "nothing equals null", None);
                None
            }
            OnValue::Name(_) | OnValue::Split { .. } | OnValue::List(_) | OnValue::Eav(_) => None,
        }
    }

    /// Rows may be merged by the root key's value where it and the column are compared exactly and alike.
    fn range(&self, main: &TableSpec, components: &[Key]) -> Option<RangeSpec> {
        let tie = self.only_tie(main, components)?;
        let root = &self.levels[0];
        if self.levels.len() != 2 || tie.depth != 0 || Some(tie.column) != self.key_column {
            return None;
        }
        let key = root.column(tie.column);
        (key.exact && tie.own.exact && key.kind == tie.own.kind).then(|| RangeSpec {
            column: tie.own_ref(),
            root_table: root.tables[0].name.clone(),
            root_key: key.name.clone(),
        })
    }

    /// Rows may be found by a span of keys where it is known how the database tells keys apart, and nothing of the owner's
    /// can fail on rows that nobody asked for: the tables are plain, without raw SQL.
    fn span(&self, rows: &Rows, main: &TableSpec, joins: &[JoinSpec], components: &[Key]) -> Option<SpanSpec> {
        let is_plain = |table: &TableSpec| match &table.source {
            TableSource::Table(name) => self.catalog.table(name).is_some_and(|table| !table.is_view),
            TableSource::Query(_) => false,
        };
        let are_plain = is_plain(main) && joins.iter().all(|join| join.where_sql.is_none() && is_plain(&join.table));
        if !are_plain || !rows.where_sql.is_empty() {
            return None;
        }
        let tie = self.only_tie(main, components)?;
        let key = self.levels[tie.depth].column(tie.column);
        let keys = match tie.own.kind {
            kind if kind != key.kind => return None,
            ColumnKind::Integer if key.exact && tie.own.exact => SpanKeys::Integers,
            _ if key.exact && tie.own.exact => SpanKeys::Texts,
            _ if tie.own.orders_codes => SpanKeys::Codes,
            _ => return None,
        };
        Some(SpanSpec { column: tie.own_ref(), keys })
    }

    /// The pair of the main table that alone ties it to a column around.
    fn only_tie(&self, main: &TableSpec, components: &[Key]) -> Option<Tie<'_>> {
        let [Key { source: KeySource::One(Reference::Column { depth, column }), .. }] = components else {
            return None;
        };
        let mut ties = main.on.iter().filter(|pair| matches!(pair.equals, OnTarget::Key(_)));
        let (Some(tie), None) = (ties.next(), ties.next()) else { return None };
        let table = &self.levels.last()?.tables[0];
        let own = &table.columns[table.find(&tie.column)?];
        Some(Tie { depth: *depth, column: *column, alias: &table.alias, own })
    }
}

impl Tie<'_> {
    fn own_ref(&self) -> ColumnRef {
        ColumnRef { alias: self.alias.to_owned(), column: self.own.name.clone() }
    }
}
