//! The sets of `[eav]` in the source: their tables and columns, and which attributes there are. Attributes are read once,
//! when the plan is made.

use crate::definition::feed::eav::{EavAttributes, EavSet};
use crate::definition::problem::{Located, Problem, Span, suggestion};
use crate::plan::compile::Compiler;
use crate::source::catalog::{Column, ColumnKind, Table};
use crate::source::rows::{Cell, RowSet};
use crate::source::sql::{
    ColumnRef, Compared, Component, Literal, PassSpec, Statement, TableSource, TableSpec, WithinSpec,
};
use crate::source::{KeyTuples, KeyValue, SourceError, Values};

/// A set, looked up.
#[derive(Debug)]
pub(in crate::plan) struct SetPlan {
    pub tables: Vec<SetTable>,
    pub attributes: Vec<Attribute>,
    /// The source says which attributes there are; else there may be any.
    pub is_listed: bool,
}

#[derive(Debug, Clone)]
pub(in crate::plan) struct SetTable {
    pub name: String,
    pub columns: Vec<Column>,
    pub primary_key: Vec<usize>,
    pub unique: Vec<Vec<usize>>,
    /// Indexes into `columns`.
    pub entity: Option<usize>,
    pub attribute: usize,
    pub value: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::plan) struct Attribute {
    pub key: Literal,
    pub code: String,
    pub home: Home,
}

/// Where an attribute's values stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Home {
    /// In any table of the set.
    Anywhere,
    Table(usize),
    /// The attribute is kept elsewhere, in a column of the entity's own table perhaps.
    Nowhere,
}

/// Rows that are read when the plan is made.
pub(super) struct LookupSpec<'d> {
    pub table: &'d Table,
    /// Indexes into the table's columns.
    pub columns: Vec<usize>,
    pub wheres: Vec<&'d Located<String>>,
    pub within: Vec<WithinSpec>,
}

impl<'d> Compiler<'d> {
    /// Looks up every set, so that all that is wrong is said at once.
    pub fn load_sets(&mut self) -> Result<(), SourceError> {
        let definition = self.definition;
        for set in &definition.eav {
            let found = self.set(set)?;
            self.sets.push(found);
        }
        Ok(())
    }

    fn set(&mut self, set: &'d EavSet) -> Result<Option<SetPlan>, SourceError> {
        let key = format!("eav.{}", set.name.value);
        let mut tables = Vec::new();
        for (number, name) in set.tables.iter().enumerate() {
            let Some(table) = self.known_table(name, &format!("{key}.tables[{number}]")) else { continue };
            let mut column =
                |column: &Located<String>, of: &str| self.known_column(table, column, &format!("{key}.columns.{of}"));
            let entity = set.columns.entity.as_ref().map(|entity| column(entity, "entity"));
            let (attribute, value) = (column(&set.columns.attribute, "attribute"), column(&set.columns.value, "value"));
            if let (Some(attribute), Some(value), None | Some(Some(_))) = (attribute, value, entity) {
                tables.push(SetTable {
                    name: table.name.clone(),
                    columns: table.columns.clone(),
                    primary_key: table.primary_key.clone(),
                    unique: table.unique.clone(),
                    entity: entity.flatten(),
                    attribute,
                    value,
                });
            }
        }
        let attributes = match &set.attributes {
            None => Some(Vec::new()),
            Some(of) => self.attributes_of_set(of, &tables, &format!("{key}.attribute"))?,
        };
        if tables.len() < set.tables.len() {
            return Ok(None);
        }
        let is_listed = set.attributes.is_some();
        Ok(attributes.map(|attributes| SetPlan { tables, attributes, is_listed }))
    }

    fn attributes_of_set(
        &mut self,
        of: &'d EavAttributes,
        tables: &[SetTable],
        key: &str,
    ) -> Result<Option<Vec<Attribute>>, SourceError> {
        let Some(table) = self.known_table(&of.table, &format!("{key}.table")) else { return Ok(None) };
        let mut column =
            |column: &Located<String>, name: &str| self.known_column(table, column, &format!("{key}.{name}"));
        let (key_column, code_column) = (column(&of.key, "key"), column(&of.code, "code"));
        let type_column = of.value_type.as_ref().map(|value_type| column(value_type, "type"));
        let (Some(key_column), Some(code_column), None | Some(Some(_))) = (key_column, code_column, type_column) else {
            return Ok(None);
        };
        let mut columns = vec![key_column, code_column];
        columns.extend(type_column.flatten());
        let spec = LookupSpec { table, columns, wheres: of.where_sql.iter().collect(), within: Vec::new() };
        let Some(rows) = self.look_up(&spec, &of.table.span, key)? else { return Ok(None) };
        let mut attributes = Vec::new();
        for row in 0..rows.len() {
            let Some(attribute_key) = literal(&rows, rows.cell(row, 1)) else {
                let message = format!("`{}.{}` holds what is neither an integer nor a text", table.name, of.key.value);
                self.problem(&of.key.span, &format!("{key}.key"), message, None);
                return Ok(None);
            };
            let Some(code) = text(&rows, rows.cell(row, 2)) else { continue };
            let home = match type_column {
                None => Home::Anywhere,
                Some(_) => home(text(&rows, rows.cell(row, 3)).as_deref(), tables),
            };
            attributes.push(Attribute { key: attribute_key, code, home });
        }
        // The order of the rows is the database's.
        attributes.sort_by(|left, right| left.code.cmp(&right.code).then_with(|| compare(&left.key, &right.key)));
        Ok(Some(attributes))
    }

    /// Reads rows of a table; nothing where the database refuses, which is then noted.
    pub(super) fn look_up(
        &mut self,
        spec: &LookupSpec<'d>,
        span: &Span,
        key: &str,
    ) -> Result<Option<RowSet>, SourceError> {
        let mut refused = false;
        for condition in &spec.wheres {
            let alone = self.lookup_statement(spec, std::slice::from_ref(condition));
            if let Some(message) = self.refusal(&alone)? {
                let message = format!("the database refuses this condition: {message}");
                self.problem(&condition.span, &format!("{key}.where_sql"), message, None);
                refused = true;
            }
        }
        if refused {
            return Ok(None);
        }
        let statement = self.lookup_statement(spec, &spec.wheres);
        if let Some(message) = self.refusal(&statement)? {
            self.problem(span, key, format!("the database refuses to read this: {message}"), None);
            return Ok(None);
        }
        let mut tuples = KeyTuples::of_width(1);
        tuples.push(&KeyValue::Int(0));
        let values = Values { tuples: &tuples, range: None, after: None, most_rows: None, today: &self.today };
        let mut rows = RowSet::default();
        self.reader.read(&statement.sql, &values.binds(&statement), &mut rows)?;
        Ok(Some(rows))
    }

    fn lookup_statement(&self, spec: &LookupSpec<'d>, wheres: &[&Located<String>]) -> Statement {
        let name = &spec.table.name;
        let alias = name.rsplit('.').next().unwrap_or(name).to_owned();
        let column =
            |column: &usize| ColumnRef { alias: alias.clone(), column: spec.table.columns[*column].name.clone() };
        // On lines of their own: a comment at the end of one must not swallow what follows.
        let conditions: Vec<String> = wheres.iter().map(|sql| format!("(\n{}\n)", sql.value)).collect();
        let pass = PassSpec {
            columns: spec.columns.iter().map(column).collect(),
            main: TableSpec { source: TableSource::Table(name.clone()), alias, on: Vec::new() },
            joins: Vec::new(),
            where_sql: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
            parts: Vec::new(),
            within: spec.within.clone(),
        };
        self.dialect.keyed_pass(&pass, &[no_component()])
    }

    pub(super) fn known_table(&mut self, name: &Located<String>, key: &str) -> Option<&'d Table> {
        let catalog = self.catalog;
        let found = catalog.table(&name.value);
        if found.is_none() {
            let names = catalog.tables.values().map(|table| table.name.as_str());
            let help = suggestion(&name.value, names);
            self.problem(&name.span, key, format!("the source has no table `{}`", name.value), help);
        }
        found
    }

    pub(super) fn known_column(&mut self, table: &Table, column: &Located<String>, key: &str) -> Option<usize> {
        let found = table.column(&column.value);
        if found.is_none() {
            let help = suggestion(&column.value, table.columns.iter().map(|column| column.name.as_str()));
            let message = format!("`{}` has no column `{}`", table.name, column.value);
            self.problem(&column.span, key, message, help);
        }
        found
    }

    /// Something that may be meant so, and is worth a look.
    pub fn notice(&mut self, span: &Span, path: &str, message: String, help: Option<String>) {
        self.notices.push(Problem { span: span.clone(), path: path.to_owned(), message, help });
    }
}

/// Of a pass without keys: all rows belong to the one tuple that there is.
pub(super) fn no_component() -> Component {
    let compared = Compared { kind: ColumnKind::Integer, declared: "INTEGER".to_owned(), collation: None };
    Component { kind: ColumnKind::Integer, compared }
}

/// A key as it stands in statements.
pub(super) fn literal(rows: &RowSet, cell: Cell) -> Option<Literal> {
    match cell {
        Cell::Int(int) => Some(Literal::Int(int)),
        Cell::Text(_) => text(rows, cell).map(Literal::Text),
        _ => None,
    }
}

fn text(rows: &RowSet, cell: Cell) -> Option<String> {
    match cell {
        Cell::Int(int) => Some(int.to_string()),
        Cell::Text(text) | Cell::Blob(text) => String::from_utf8(rows.bytes(text).to_vec()).ok(),
        _ => None,
    }
}

/// The table whose name ends with the type: `product_int` for `int`.
fn home(value_type: Option<&str>, tables: &[SetTable]) -> Home {
    let Some(value_type) = value_type.filter(|value_type| !value_type.is_empty()) else { return Home::Nowhere };
    let fits = |table: &SetTable| {
        let before = table.name.strip_suffix(value_type);
        before.is_some_and(|before| before.is_empty() || before.ends_with(['_', '.']))
    };
    tables.iter().position(fits).map_or(Home::Nowhere, Home::Table)
}

/// Integers before texts, integers by value, texts by their bytes.
pub(super) fn compare(left: &Literal, right: &Literal) -> std::cmp::Ordering {
    match (left, right) {
        (Literal::Int(left), Literal::Int(right)) => left.cmp(right),
        (Literal::Text(left), Literal::Text(right)) => left.cmp(right),
        (Literal::Int(_), Literal::Text(_)) => std::cmp::Ordering::Less,
        (Literal::Text(_), Literal::Int(_)) => std::cmp::Ordering::Greater,
    }
}
