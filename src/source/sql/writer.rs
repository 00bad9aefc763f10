//! Lays out a pass as one statement. What differs between databases comes from a [`Grammar`].
//!
//! The order of the joins is the order they are declared in, from the keys outwards: a planner that starts elsewhere
//! reads a table whole for every batch.

use super::raw::{self, Syntax};
use super::{
    ColumnRef, Compared, Component, JoinSpec, Literal, OnSpec, OnTarget, Page, PartRows, PartSpec, PassSpec,
    Placeholder, RangeSpec, Statement, TableSource, TableSpec, WithinSpec,
};

/// Alias of the relation that holds the key tuples. A `$` keeps its names apart from those of the owner's raw SQL.
pub(super) const KEYS: &str = "feedmill$keys";
/// The number of a tuple.
pub(super) const TUPLE: &str = "feedmill$n";

/// A component of a tuple.
pub(super) fn component_name(i: usize) -> String {
    format!("feedmill${i}")
}

/// How one kind of database writes what the layout is made of.
pub(super) trait Grammar {
    fn quoted(&self, name: &str) -> String;
    /// A table's name, which may be qualified by its schema.
    fn table(&self, name: &str) -> String;
    fn text(&self, text: &str) -> String;
    /// A column equals a text of the definition.
    fn text_equality(&self, column: &str, text: &str) -> String {
        format!("{column} = {}", self.text(text))
    }
    fn int(&self, value: i64) -> String;
    /// `number` counts from 1.
    fn placeholder(&self, number: usize) -> String;
    /// Whether a placeholder of this meaning may stand at several places; else each place has one of its own, in the
    /// text's order.
    fn reuses(&self, meaning: Placeholder) -> bool;
    /// How the owner's raw SQL is read.
    fn syntax(&self) -> Syntax;
    /// What becomes of a placeholder of the owner's that nothing is bound to, so that the reader sees it has no value and it
    /// is not taken for one of ours.
    fn refused(&self, parameter: &str) -> Option<String>;
    /// `:today`. `in_sum`: something is added to it, or it is subtracted.
    fn today(&self, placeholder: String, _in_sum: bool) -> String {
        placeholder
    }
    /// A tuple's number as it is given back, from the column [`TUPLE`].
    fn number(&self, column: &str) -> String {
        column.to_owned()
    }
    /// A column equals another one, which is declared otherwise.
    fn unlike_equality(&self, column: (&str, &Compared), other: (&str, &Compared)) -> String {
        format!("{} = {}", column.0, other.0)
    }
    /// A column equals a component of the tuples.
    fn key_equality(&self, column: &str, key: &str, _component: &Component) -> String {
        format!("{column} = {key}")
    }
    /// An inner join that takes `ON` and keeps the written order.
    fn inner_join(&self) -> &'static str;
    /// The relation of the bound tuples, with its alias [`KEYS`] and columns [`TUPLE`] and [`component_name`].
    fn tuples(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String;
    /// A query for the values of component 0 that are not null.
    fn first_component(&self, place: &mut dyn FnMut(Placeholder) -> String, components: &[Component]) -> String;
    /// A raw condition that must not choose the index its table is read by.
    fn filter(&self, condition: &str) -> String;
    /// An equality with a literal, which may choose the index only together with a key: alone it says little.
    fn literal(&self, equality: &str) -> String;
    /// Whether `column` equals any of the pieces of `text`, an expression, cut at the literal `by`. No piece of an empty
    /// text, no pattern, and the row once however many pieces it equals.
    fn piece(&self, column: &str, text: &str, by: &str) -> String;
}

/// Where the keys of a pass come from.
#[derive(Clone, Copy)]
enum Keys<'a> {
    Tuples(&'a [Component]),
    Range(&'a RangeSpec),
    Span(&'a ColumnRef),
}

/// The column that says which rows belong together.
struct First {
    selected: String,
    ordered_by: String,
}

struct Writer<'a, G> {
    grammar: &'a G,
    keys: Keys<'a>,
    binds: Vec<Placeholder>,
}

pub(super) fn keyed_pass(grammar: &impl Grammar, spec: &PassSpec, components: &[Component]) -> Statement {
    let mut writer = Writer::of(grammar, Keys::Tuples(components));
    let tuple = format!("{}.{}", grammar.quoted(KEYS), grammar.quoted(TUPLE));
    let number = grammar.number(&tuple);
    let tuples = grammar.tuples(&mut |meaning| writer.placeholder(meaning), components);
    let main = writer.table(&spec.main);
    // With a condition of its own, so that the next ON is not taken for its.
    let from = format!("{tuples}\n{} {main} ON 1 = 1", grammar.inner_join());
    let sql = writer.pass(spec, First { selected: number, ordered_by: tuple }, from);
    Statement { sql, binds: writer.binds }
}

pub(super) fn range_pass(grammar: &impl Grammar, spec: &PassSpec, range: &RangeSpec) -> Statement {
    let mut writer = Writer::of(grammar, Keys::Range(range));
    let sql = writer.pass_between(spec, &range.column);
    Statement { sql, binds: writer.binds }
}

pub(super) fn span_pass(grammar: &impl Grammar, spec: &PassSpec, column: &ColumnRef) -> Statement {
    let mut writer = Writer::of(grammar, Keys::Span(column));
    let pass = writer.pass_between(spec, column);
    let sql = format!("{pass} LIMIT {}", writer.placeholder(Placeholder::Most));
    Statement { sql, binds: writer.binds }
}

pub(super) fn next_range(grammar: &impl Grammar, table: &str, key: &str, limit: usize, after: bool) -> Statement {
    let Statement { sql, binds } = next_keys(grammar, table, key, limit, 0, after);
    let (key, alias) = (grammar.quoted(key), grammar.quoted("feedmill$range"));
    Statement { sql: format!("SELECT min({key}), max({key}), count(*)\nFROM ({sql}) AS {alias}"), binds }
}

pub(super) fn next_keys(
    grammar: &impl Grammar,
    table: &str,
    key: &str,
    limit: usize,
    offset: usize,
    after: bool,
) -> Statement {
    let (table, key) = (grammar.table(table), grammar.quoted(key));
    // A null is no key, and would hide the others: the ends of a range of nulls are null.
    let mut condition = format!("{key} IS NOT NULL");
    let mut binds = Vec::new();
    if after {
        binds.push(Placeholder::After);
        condition = format!("{key} > {}", grammar.placeholder(1));
    }
    let mut sql = format!("SELECT {key} FROM {table} WHERE {condition} ORDER BY {key} LIMIT {limit}");
    if offset > 0 {
        sql.push_str(&format!(" OFFSET {offset}"));
    }
    Statement { sql, binds }
}

pub(super) fn middle_of_range(grammar: &impl Grammar, table: &str, key: &str, count: usize) -> Statement {
    let (table, key) = (grammar.table(table), grammar.quoted(key));
    let (first, last) = (grammar.placeholder(1), grammar.placeholder(2));
    let before = count.saturating_sub(1);
    let sql = format!(
        "SELECT DISTINCT {key} FROM {table} WHERE {key} BETWEEN {first} AND {last} ORDER BY {key} LIMIT 2 OFFSET {before}"
    );
    Statement { sql, binds: vec![Placeholder::First, Placeholder::Last] }
}

pub(super) fn count_rows(grammar: &impl Grammar, table: &str) -> Statement {
    Statement { sql: format!("SELECT count(*) FROM {}", grammar.table(table)), binds: Vec::new() }
}

pub(super) fn count_rows_up_to(grammar: &impl Grammar, table: &str, most: usize) -> Statement {
    let (table, alias) = (grammar.table(table), grammar.quoted("feedmill$some"));
    let sql = format!("SELECT count(*) FROM (SELECT 1 AS one FROM {table} LIMIT {most}) AS {alias}");
    Statement { sql, binds: Vec::new() }
}

pub(super) fn page(
    grammar: &impl Grammar,
    table: &TableSpec,
    where_sql: Option<&str>,
    columns: &[ColumnRef],
    page: &Page<'_>,
) -> Statement {
    let mut writer = Writer::of(grammar, Keys::Tuples(&[]));
    let selected: Vec<String> = columns.iter().map(|column| writer.column(column)).collect();
    let mut sql = format!("SELECT {}\nFROM {}", selected.join(", "), writer.table(table));
    let literals = table.on.iter().filter(|pair| matches!(pair.equals, OnTarget::Int(_) | OnTarget::Text(_)));
    let mut conditions: Vec<String> = literals.map(|pair| writer.pair(&table.alias, pair, false)).collect();
    conditions.extend(where_sql.map(|raw| writer.condition(raw, false)));
    let key = |key: &str| ColumnRef { alias: table.alias.clone(), column: key.to_owned() };
    if let Page::Next { key: column, .. } = page {
        let column = writer.column(&key(column));
        let after = writer.placeholder(Placeholder::After);
        conditions.push(format!("{column} > {after}"));
    }
    if !conditions.is_empty() {
        sql.push_str("\nWHERE ");
        sql.push_str(&conditions.join("\nAND "));
    }
    if let Page::First { key: column, rows } | Page::Next { key: column, rows } = page {
        sql.push_str(&format!("\nORDER BY {} LIMIT {rows}", writer.column(&key(column))));
    }
    Statement { sql, binds: writer.binds }
}

pub(super) fn count_nulls(grammar: &impl Grammar, table: &str, column: &str) -> Statement {
    let (table, column) = (grammar.table(table), grammar.quoted(column));
    Statement { sql: format!("SELECT count(*) FROM {table} WHERE {column} IS NULL"), binds: Vec::new() }
}

impl<'a, G: Grammar> Writer<'a, G> {
    fn of(grammar: &'a G, keys: Keys<'a>) -> Self {
        Writer { grammar, keys, binds: Vec::new() }
    }

    /// The rows whose `column` lies between two values.
    fn pass_between(&mut self, spec: &PassSpec, column: &ColumnRef) -> String {
        let column = self.column(column);
        let from = self.table(&spec.main);
        self.pass(spec, First { selected: column.clone(), ordered_by: column }, from)
    }

    fn pass(&mut self, spec: &PassSpec, first: First, from: String) -> String {
        let First { selected, ordered_by } = first;
        let mut columns = vec![selected];
        columns.extend(spec.columns.iter().map(|column| self.column(column)));
        let mut sql = format!("SELECT {}\nFROM {from}", columns.join(", "));
        for join in &spec.joins {
            sql.push('\n');
            sql.push_str(&self.join(join));
        }
        let mut conditions = Vec::new();
        let is_range = matches!(self.keys, Keys::Range(_) | Keys::Span(_));
        if is_range {
            conditions.push(self.between(&ordered_by));
        }
        for pair in &spec.main.on {
            if !(is_range && matches!(pair.equals, OnTarget::Key(_))) {
                conditions.push(self.pair(&spec.main.alias, pair, is_range || is_tied(&spec.main)));
            }
        }
        conditions.extend(spec.parts.iter().map(|part| self.part(part)));
        for within in &spec.within {
            conditions.push(self.within(&spec.main.alias, within, is_range || is_tied(&spec.main)));
        }
        if let Some(raw) = &spec.where_sql {
            conditions.push(self.condition(raw, is_range || is_tied(&spec.main)));
        }
        if !conditions.is_empty() {
            sql.push_str("\nWHERE ");
            sql.push_str(&conditions.join("\nAND "));
        }
        sql.push_str("\nORDER BY ");
        sql.push_str(&ordered_by);
        sql
    }

    fn join(&mut self, join: &JoinSpec) -> String {
        let table = self.table(&join.table);
        let tied = is_tied(&join.table);
        let mut conditions: Vec<String> =
            join.table.on.iter().map(|pair| self.pair(&join.table.alias, pair, tied)).collect();
        if let Some(raw) = &join.where_sql {
            conditions.push(self.condition(raw, tied));
        }
        let keyword = if join.optional { "LEFT JOIN" } else { self.grammar.inner_join() };
        let on = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join("\nAND ") };
        format!("{keyword} {table} ON {on}")
    }

    fn table(&mut self, table: &TableSpec) -> String {
        let alias = self.grammar.quoted(&table.alias);
        match &table.source {
            TableSource::Table(name) => format!("{} AS {alias}", self.grammar.table(name)),
            // On lines of its own: a comment at its end must not swallow the parenthesis.
            TableSource::Query(sql) => format!("(\n{}\n) AS {alias}", self.raw(sql)),
        }
    }

    fn pair(&self, alias: &str, pair: &OnSpec, tied: bool) -> String {
        let column = format!("{}.{}", self.grammar.quoted(alias), self.grammar.quoted(&pair.column));
        let equality = match &pair.equals {
            OnTarget::Column(other) => return format!("{column} = {}", self.column(other)),
            OnTarget::Unlike { column: it, own, other } => {
                return self.grammar.unlike_equality((&column, own), (&self.column(it), other));
            }
            OnTarget::Key(i) => return self.key_pair(&column, *i),
            OnTarget::Piece { column: text, by } => return self.grammar.piece(&column, &self.column(text), by),
            OnTarget::Int(n) => format!("{column} = {}", self.grammar.int(*n)),
            OnTarget::Text(text) => self.grammar.text_equality(&column, text),
        };
        if tied { self.grammar.literal(&equality) } else { equality }
    }

    fn part(&self, part: &PartSpec) -> String {
        let column = self.column(&part.column);
        match &part.rows {
            PartRows::With(value) => format!("{column} = {}", self.literal(value)),
            PartRows::Without(values) => format!("({column} IS NULL OR {column} NOT IN ({}))", self.literals(values)),
        }
    }

    fn literals(&self, values: &[Literal]) -> String {
        let values: Vec<String> = values.iter().map(|value| self.literal(value)).collect();
        values.join(", ")
    }

    fn literal(&self, value: &Literal) -> String {
        match value {
            Literal::Int(int) => self.grammar.int(*int),
            Literal::Text(text) => self.grammar.text(text),
        }
    }

    /// As a filter where the rows are tied: to seek each of the values costs more than to pass over the rows of the others.
    fn within(&self, alias: &str, within: &WithinSpec, tied: bool) -> String {
        let column = format!("{}.{}", self.grammar.quoted(alias), self.grammar.quoted(&within.column));
        let condition = format!("({column} IN ({}))", self.literals(&within.values));
        if tied { self.grammar.filter(&condition) } else { condition }
    }

    fn key_pair(&self, column: &str, i: usize) -> String {
        match self.keys {
            Keys::Tuples(components) => {
                let key = format!("{}.{}", self.grammar.quoted(KEYS), self.grammar.quoted(&component_name(i)));
                self.grammar.key_equality(column, &key, &components[i])
            }
            Keys::Range(RangeSpec { column: of_range, .. }) | Keys::Span(of_range) => {
                format!("{column} = {}", self.column(of_range))
            }
        }
    }

    /// `tied`: other conditions say which rows of the table are wanted, and one of theirs is the index to read by.
    fn condition(&mut self, raw: &str, tied: bool) -> String {
        let condition = format!("(\n{}\n)", self.raw(raw));
        if tied { self.grammar.filter(&condition) } else { condition }
    }

    fn raw(&mut self, sql: &str) -> String {
        raw::rewrite(sql, self.grammar.syntax(), |parameter| match parameter.text {
            ":keys" => Some(self.key_values()),
            ":today" => {
                let placeholder = self.placeholder(Placeholder::Today);
                Some(self.grammar.today(placeholder, parameter.in_sum))
            }
            text => self.grammar.refused(text),
        })
    }

    /// What `:keys` stands for, a query.
    fn key_values(&mut self) -> String {
        match self.keys {
            Keys::Tuples(components) => {
                let grammar = self.grammar;
                grammar.first_component(&mut |meaning| self.placeholder(meaning), components)
            }
            Keys::Range(range) => {
                let alias = self.grammar.quoted("feedmill$root");
                let key = format!("{alias}.{}", self.grammar.quoted(&range.root_key));
                let between = self.between(&key);
                format!("SELECT {key} FROM {} AS {alias} WHERE {between}", self.grammar.table(&range.root_table))
            }
            // Without raw SQL nothing asks for them.
            Keys::Span(_) => String::new(),
        }
    }

    fn between(&mut self, column: &str) -> String {
        let first = self.placeholder(Placeholder::First);
        let last = self.placeholder(Placeholder::Last);
        format!("{column} BETWEEN {first} AND {last}")
    }

    fn column(&self, column: &ColumnRef) -> String {
        format!("{}.{}", self.grammar.quoted(&column.alias), self.grammar.quoted(&column.column))
    }

    fn placeholder(&mut self, meaning: Placeholder) -> String {
        let known = self.binds.iter().position(|&bind| bind == meaning).filter(|_| self.grammar.reuses(meaning));
        let number = known.unwrap_or_else(|| {
            self.binds.push(meaning);
            self.binds.len() - 1
        });
        self.grammar.placeholder(number + 1)
    }
}

/// True where a key or another table's column says which rows are wanted.
fn is_tied(table: &TableSpec) -> bool {
    table.on.iter().any(|pair| !matches!(pair.equals, OnTarget::Int(_) | OnTarget::Text(_)))
}
