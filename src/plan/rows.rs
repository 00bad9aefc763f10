//! The rows of a level: its tables in the catalog, and the pairs that tie them to each other and to the levels around.

use super::compile::Compiler;
use super::draft::{LevelDraft, Place, Reference, TableDraft, joined};
use super::names::Meant;
use crate::definition::feed::{OnPair, OnValue, Rows, Scalar, TableSource, TableUse};
use crate::definition::problem::{Located, suggestion};
use crate::source::SourceError;
use crate::source::catalog::{Column, ColumnKind};
use crate::source::sql::{self, ColumnRef, Compared, Component, JoinSpec, OnSpec, OnTarget, RangeSpec, TableSpec};

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

impl<'d> Compiler<'d> {
    /// Looks up the tables of the level under way.
    pub fn tables(&mut self, rows: &'d Rows, place: &Place<'d>) -> Result<(), SourceError> {
        let main = self.table(&rows.table, place)?;
        self.level().tables.push(main);
        for (number, join) in rows.joins.iter().enumerate() {
            let table = self.table(&join.table, &place.key(&format!("join[{number}]")))?;
            self.level().tables.push(table);
        }
        Ok(())
    }

    fn table(&mut self, table: &'d TableUse, place: &Place<'d>) -> Result<TableDraft, SourceError> {
        self.check_watch(table, place);
        let alias = table.alias.value.clone();
        match &table.source {
            TableSource::Table(name) => match self.catalog.table(&name.value) {
                Some(found) => Ok(TableDraft {
                    alias,
                    name: found.name.clone(),
                    source: sql::TableSource::Table(found.name.clone()),
                    columns: found.columns.clone(),
                    primary_key: found.primary_key.clone(),
                    unique: found.unique.clone(),
                    known: true,
                }),
                None => {
                    let names = self.catalog.tables.values().map(|table| table.name.as_str());
                    let message = format!("the source has no table `{}`", name.value);
                    let help = suggestion(&name.value, names);
                    self.problem(&name.span, &place.key, message, help);
                    Ok(unknown_table(alias, sql::TableSource::Table(name.value.clone())))
                }
            },
            TableSource::Query(query) => {
                let source = sql::TableSource::Query(query.value.clone());
                match self.reader.describe(&query.value) {
                    Ok(columns) => {
                        let twice = columns.iter().enumerate().find(|(i, column)| {
                            columns[..*i].iter().any(|other| other.name.eq_ignore_ascii_case(&column.name))
                        });
                        if let Some((_, column)) = twice {
                            let message = format!("the query gives two columns named `{}`", column.name);
                            let help = "give one of them another name with AS".to_owned();
                            self.problem(&query.span, &joined(&place.key, "sql"), message, Some(help));
                        }
                        Ok(TableDraft {
                            name: alias.clone(),
                            alias,
                            source,
                            columns,
                            primary_key: Vec::new(),
                            unique: Vec::new(),
                            known: true,
                        })
                    }
                    Err(SourceError::Query { message, .. }) => {
                        let message = format!("the database refuses this query: {message}");
                        self.problem(&query.span, &joined(&place.key, "sql"), message, None);
                        Ok(unknown_table(alias, source))
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// What change tracking is to look at must be there.
    fn check_watch(&mut self, table: &'d TableUse, place: &Place<'d>) {
        let key = joined(&place.key, "watch");
        for watch in &table.watch {
            let Some(found) = self.catalog.table(&watch.table.value) else {
                let names = self.catalog.tables.values().map(|table| table.name.as_str());
                let help = suggestion(&watch.table.value, names);
                let message = format!("the source has no table `{}`", watch.table.value);
                self.problem(&watch.table.span, &key, message, help);
                continue;
            };
            if let Some(column) = &watch.key
                && found.column(&column.value).is_none()
            {
                let help = suggestion(&column.value, found.columns.iter().map(|column| column.name.as_str()));
                let message = format!("`{}` has no column `{}`", found.name, column.value);
                self.problem(&column.span, &key, message, help);
            }
        }
    }

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
        Some(RowsPlan { rows, main, joins, components, asked_by, range: Some(range) })
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
        Some(RowsPlan { rows, main, joins, components, asked_by, range })
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
        let found = |column: ColumnRef| match &pair.equals.value {
            OnValue::Split { by, .. } => OnTarget::Piece { column, by: by.clone() },
            _ => OnTarget::Column(column),
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
        let tables = &self.levels.last()?.tables[..table];
        match name.0.as_slice() {
            [column] => {
                if let Some(number) = tables[0].find(column) {
                    return Some(found(tables[0].column_ref(number)));
                }
                let having: Vec<&TableDraft> =
                    tables[1..].iter().filter(|table| table.find(column).is_some()).collect();
                match having.as_slice() {
                    [] => {}
                    [only] => return only.find(column).map(|number| found(only.column_ref(number))),
                    [first, second, ..] => {
                        let message =
                            format!("`{column}` is ambiguous: `{}` and `{}` have it", first.alias, second.alias);
                        let help = format!("write `{}.{column}`", first.alias);
                        self.problem(span, &place.key, message, Some(help));
                        return None;
                    }
                }
            }
            [alias, column] => {
                if let Some(of_alias) = tables.iter().find(|table| table.alias.eq_ignore_ascii_case(alias))
                    && let Some(number) = of_alias.find(column)
                {
                    return Some(found(of_alias.column_ref(number)));
                }
            }
            _ => {}
        }
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

    /// Rows may be merged by the root key's value where both columns are compared exactly and alike.
    fn range(&self, main: &TableSpec, components: &[Key]) -> Option<RangeSpec> {
        let [Key { source: KeySource::One(Reference::Column { depth: 0, column }), .. }] = components else {
            return None;
        };
        let root = &self.levels[0];
        if self.levels.len() != 2 || Some(*column) != self.key_column {
            return None;
        }
        let key = root.column(*column);
        let mut ties = main.on.iter().filter(|pair| matches!(pair.equals, OnTarget::Key(_)));
        let (Some(tie), None) = (ties.next(), ties.next()) else { return None };
        let table = &self.levels[1].tables[0];
        let own = &table.columns[table.find(&tie.column)?];
        (key.exact && own.exact && key.kind == own.kind).then(|| RangeSpec {
            column: sql::ColumnRef { alias: table.alias.clone(), column: own.name.clone() },
            root_table: root.tables[0].name.clone(),
            root_key: key.name.clone(),
        })
    }

    /// The columns that break ties: the primary keys of the level's tables; where one has none, all that is read. What
    /// follows from the others is left out, and need not be read.
    pub fn ties(&mut self, rows: Option<&RowsPlan<'d>>) -> Vec<usize> {
        let level = self.level();
        let all_have_keys = level.tables.iter().all(|table| !table.primary_key.is_empty());
        let mut keys: Vec<(usize, usize)> = Vec::new();
        for table in 0..self.level().tables.len() {
            let mut key = self.level().tables[table].primary_key.clone();
            if let (Some(rows), true) = (rows, all_have_keys) {
                let is_settled = |column: &usize| self.is_settled(rows, table, *column);
                match table {
                    // What the rows of one group have in common tells none of them apart.
                    0 => key.retain(|column| !is_settled(column)),
                    // A row of the tables before it leads to one row at most.
                    _ if key.iter().all(is_settled) => key.clear(),
                    _ => {}
                }
            }
            keys.extend(key.into_iter().map(|column| (table, column)));
        }
        let level = self.level();
        let mut ties: Vec<usize> = keys.into_iter().map(|(table, column)| level.read(table, column)).collect();
        if !all_have_keys {
            let rest: Vec<usize> = (0..level.columns.len()).filter(|column| !ties.contains(column)).collect();
            ties.extend(rest);
        }
        ties
    }

    /// Whether a pair says exactly which value the column of a level's table has, given the tables before it and the
    /// levels around.
    fn is_settled(&self, rows: &RowsPlan<'_>, table: usize, column: usize) -> bool {
        let Some(level) = self.levels.last() else { return false };
        let own = &level.tables[table].columns[column];
        let on = match table {
            0 => &rows.main.on,
            _ => &rows.joins[table - 1].table.on,
        };
        let same = |other: &Column| own.exact && other.exact && own.kind == other.kind;
        on.iter().filter(|pair| pair.column == own.name).any(|pair| match &pair.equals {
            OnTarget::Column(other) => level.tables[..table]
                .iter()
                .find(|table| table.alias == other.alias)
                .and_then(|table| Some(&table.columns[table.find(&other.column)?]))
                .is_some_and(same),
            OnTarget::Key(number) => match rows.components.get(*number).map(|key| &key.source) {
                Some(KeySource::One(Reference::Column { depth, column })) => same(self.levels[*depth].column(*column)),
                _ => false,
            },
            OnTarget::Piece { .. } => false,
            OnTarget::Int(_) => own.exact && own.kind == ColumnKind::Integer,
            OnTarget::Text(_) => own.exact && own.kind == ColumnKind::Text,
        })
    }
}

fn unknown_table(alias: String, source: sql::TableSource) -> TableDraft {
    TableDraft {
        name: alias.clone(),
        alias,
        source,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique: Vec::new(),
        known: false,
    }
}
