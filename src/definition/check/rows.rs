//! The rows of a level: its table, its joins, their names, and the pairs that tie them together.

use super::Checker;
use super::fields::INPUTS;
use super::sql::{SqlRole, faults};
use crate::definition::feed::{Join, Name, OnPair, OnValue, Rows, Scalar, TableSource, TableUse, Watch};
use crate::definition::problem::{Located, Span, suggestion};
use crate::definition::raw::field::{FieldShape, RawFields};
use crate::definition::raw::rows::{RawJoin, RawOn, RawOnValue, RawTable, RawWatch};
use crate::definition::reader::{Given, located, value};

/// The names of tables that can be seen from a level: its own and those of the levels around it.
pub struct Scope<'p> {
    aliases: Vec<String>,
    /// Fields and lets that are no single values: `NAME.FIELD` may mean a field of theirs. The source says which.
    objects: Vec<String>,
    /// A table could not be read: any name might be its.
    pub has_nameless: bool,
    parent: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    pub fn outermost() -> Self {
        Scope { aliases: Vec::new(), objects: Vec::new(), has_nameless: false, parent: None }
    }

    pub fn within(parent: &'p Scope<'p>) -> Self {
        Scope { aliases: Vec::new(), objects: Vec::new(), has_nameless: false, parent: Some(parent) }
    }

    pub fn has(&self, alias: &str) -> bool {
        self.levels().any(|level| level.has_nameless) || self.all().any(|known| known == alias)
    }

    /// Whether a name with a dot may begin so.
    pub fn has_object(&self, name: &str) -> bool {
        self.levels().any(|level| level.objects.iter().any(|known| known == name))
    }

    /// Makes the fields and lets of a level known, before any of them is looked at.
    pub fn declare_objects(&mut self, lists: &[&Option<Given<RawFields>>]) {
        let fields = lists.iter().filter_map(|list| list.as_ref()?.value.as_ref()).flat_map(|fields| &fields.0);
        let objects = fields.filter(|field| match &field.shape {
            Some(FieldShape::Table(raw)) => raw.given().iter().all(|(key, _)| !INPUTS.contains(key)),
            Some(FieldShape::Parts(_)) => true,
            Some(FieldShape::Column(_)) | None => false,
        });
        self.objects.extend(objects.map(|field| field.name.value.clone()));
    }

    fn levels(&self) -> impl Iterator<Item = &Scope<'p>> + Clone {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// Innermost first.
    pub fn all(&self) -> impl Iterator<Item = &str> + Clone {
        self.levels().flat_map(|scope| scope.aliases.iter().map(String::as_str))
    }
}

/// The keys that say what rows a level has, wherever they were written.
pub struct RawRows {
    pub table: Option<Given<RawTable>>,
    pub alias: Option<Given<String>>,
    pub on: Option<Given<RawOn>>,
    pub where_sql: Vec<Given<String>>,
    pub join: Option<Given<Vec<Located<RawJoin>>>>,
    pub watch: Option<Given<Vec<Located<RawWatch>>>>,
    /// The key that holds the table: `table`, `one`, `many`.
    pub table_key: &'static str,
}

impl Checker<'_> {
    /// Adds the level's names of tables to `scope`. `default_alias` names a query without `as`.
    pub fn rows(
        &mut self,
        raw: RawRows,
        owner: &Span,
        default_alias: Option<&Located<String>>,
        scope: &mut Scope<'_>,
    ) -> Option<Rows> {
        // The pairs of the main table know the enclosing levels only.
        let on = self.on(value(&raw.on), scope, &[]);
        let source = raw.table.as_ref().and_then(Given::located).map(|table| (raw.table_key, table));
        let table = self.table_use(source, &raw.alias, raw.watch, default_alias, owner, scope);
        let conditions = raw.where_sql.iter();
        let where_sql =
            conditions.filter_map(|given| self.sql("where_sql", given.located(), SqlRole::Condition)).collect();
        if raw.join.as_ref().is_some_and(|join| join.value.is_none()) {
            scope.has_nameless = true;
        }
        let joins = self.joins(value(&raw.join).unwrap_or_default(), scope);
        Some(Rows { table: table?, on, where_sql, joins })
    }

    fn joins(&mut self, raw: Vec<Located<RawJoin>>, scope: &mut Scope<'_>) -> Vec<Join> {
        let aliases: Vec<Option<String>> = raw.iter().map(|join| join_alias(&join.value)).collect();
        let mut joins = Vec::new();
        for (number, join) in raw.into_iter().enumerate() {
            let later: Vec<&str> = aliases[number..].iter().flatten().map(String::as_str).collect();
            let joined = self
                .under("join", |checker| checker.under_element(number, |checker| checker.join(join, scope, &later)));
            joins.extend(joined);
        }
        joins
    }

    fn join(&mut self, raw: Located<RawJoin>, scope: &mut Scope<'_>, later: &[&str]) -> Option<Join> {
        let (raw, owner) = (raw.value, raw.span);
        let on = self.on(value(&raw.on), scope, later);
        let source = match (&raw.table, &raw.sql) {
            (Some(_), Some(sql)) => {
                let help = "a join is either a table or a query";
                self.reader.problem_with_help(&sql.key, "`sql` beside `table`", help);
                None
            }
            (None, None) => {
                if !raw.has_unknown {
                    let help = "give it `table`, or `sql` and `as`";
                    self.reader.problem_with_help(&owner, "does not say what is joined", help);
                }
                None
            }
            (Some(table), None) => table.located().map(|table| ("table", table)),
            (None, Some(sql)) => sql.located().map(|sql| {
                let span = sql.span.clone();
                let query = crate::definition::raw::rows::RawQuery {
                    sql: Some(Given { key: span.clone(), span: span.clone(), value: Some(sql.value) }),
                    has_unknown: false,
                };
                ("", Located::new(RawTable::Query(Box::new(query)), span))
            }),
        };
        let table = self.table_use(source, &raw.alias, raw.watch, None, &owner, scope);
        let where_sql = self.sql("where_sql", located(&raw.where_sql), SqlRole::Condition);
        let optional = value(&raw.optional).unwrap_or(false);
        Some(Join { table: table?, on, optional, where_sql })
    }

    /// `source` comes with its key, empty where the query's key stands beside the others.
    fn table_use(
        &mut self,
        source: Option<(&'static str, Located<RawTable>)>,
        alias: &Option<Given<String>>,
        watch: Option<Given<Vec<Located<RawWatch>>>>,
        default_alias: Option<&Located<String>>,
        owner: &Span,
        scope: &mut Scope<'_>,
    ) -> Option<TableUse> {
        let given_alias = self.given_alias(alias);
        let watch = self.watch(value(&watch).unwrap_or_default());
        let source = source.and_then(|(key, table)| self.source(key, table, scope));
        let alias = match (given_alias, &source) {
            (Some(alias), _) => Some(alias),
            (None, _) if alias.is_some() => None,
            (None, Some(TableSource::Table(name))) => {
                Some(Located::new(bare_table(&name.value).to_owned(), name.span.clone()))
            }
            (None, Some(_)) if default_alias.is_some() => default_alias.cloned(),
            (None, Some(TableSource::Named(name))) => {
                let help = "`as = \"...\"` names the table here, whichever it is";
                self.reader.problem_with_help(&name.span, "a table that values name needs `as`", help);
                None
            }
            (None, Some(TableSource::Query(query))) => {
                let help = "`as = \"...\"` names the query, so that its columns can be named";
                self.reader.problem_with_help(&query.span, "a query needs `as`", help);
                None
            }
            (None, None) => None,
        };
        match &alias {
            Some(alias) => self.declare_alias(alias, owner, scope),
            None => scope.has_nameless = true,
        }
        Some(TableUse { source: source?, alias: alias?, watch })
    }

    fn source(&mut self, key: &str, table: Located<RawTable>, scope: &Scope<'_>) -> Option<TableSource> {
        let span = table.span;
        match table.value {
            RawTable::Name(name) if name.contains(['{', '}']) => {
                let name = Located::new(name, span);
                self.template_in(key, &name, scope).map(TableSource::Named)
            }
            RawTable::Name(name) => self.not_blank(key, Some(Located::new(name, span))).map(TableSource::Table),
            RawTable::Query(query) if key.is_empty() => {
                self.sql("sql", located(&query.sql), SqlRole::Query).map(TableSource::Query)
            }
            RawTable::Query(query) => {
                let sql = self.under(key, |checker| checker.sql("sql", located(&query.sql), SqlRole::Query));
                sql.map(TableSource::Query)
            }
        }
    }

    fn given_alias(&mut self, alias: &Option<Given<String>>) -> Option<Located<String>> {
        let alias = located(alias)?;
        let starts = alias.value.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if starts && alias.value.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Some(alias);
        }
        self.under("as", |checker| {
            let message = format!("`{}` cannot name a table here", alias.value);
            let help = "letters, digits and `_`, starting with a letter";
            checker.reader.problem_with_help(&alias.span, message, help);
        });
        None
    }

    fn declare_alias(&mut self, alias: &Located<String>, owner: &Span, scope: &mut Scope<'_>) {
        let name = &alias.value;
        // Databases do not tell names of tables apart by case.
        if scope.all().any(|known| known.eq_ignore_ascii_case(name)) {
            let span = if alias.span.is_empty() { owner } else { &alias.span };
            let help = "give one of the two another name with `as`";
            self.reader.problem_with_help(span, format!("`{name}` already names a table here"), help);
        }
        scope.aliases.push(name.clone());
    }

    fn on(&mut self, on: Option<RawOn>, scope: &Scope<'_>, later: &[&str]) -> Vec<OnPair> {
        let Some(on) = on else { return Vec::new() };
        self.under("on", |checker| checker.pairs(on, scope, later))
    }

    /// Pairs of columns and what they equal. `later` are names of tables that are not known yet.
    pub fn pairs(&mut self, raw: RawOn, scope: &Scope<'_>, later: &[&str]) -> Vec<OnPair> {
        let mut pairs = Vec::new();
        for pair in raw.0 {
            let column = self.column_name(&pair.column.value.clone(), Some(pair.column));
            let (Some(column), Some(Located { value, span })) = (column, pair.equals) else { continue };
            let equals = self.under(&column.value, |checker| match value {
                RawOnValue::Int(int) => Some(OnValue::Literal(Scalar::Int(int))),
                RawOnValue::Name(text) => {
                    checker.on_name(&Located::new(text, span.clone()), scope, later).map(OnValue::Name)
                }
                RawOnValue::Key(key) => checker.key(*key, &span, scope, later),
            });
            pairs.extend(equals.map(|equals| OnPair { column, equals: Located::new(equals, span) }));
        }
        pairs
    }

    pub fn on_name(&mut self, text: &Located<String>, scope: &Scope<'_>, later: &[&str]) -> Option<Name> {
        if let Some(name) = part_of_object(text, scope) {
            return Some(name);
        }
        let name = self.split_name(text)?;
        if let [alias, _] = name.0.as_slice()
            && !scope.has(alias)
        {
            let span = self.file.within_string(&text.span, 0..alias.len());
            if later.contains(&alias.as_str()) {
                let message = format!("`{alias}` is not known yet");
                let help = "a join names the tables before it and those of the levels around it";
                self.reader.problem_with_help(&span, message, help);
            } else {
                self.unknown_alias(alias, &span, scope);
            }
            return None;
        }
        Some(name)
    }

    pub fn unknown_alias(&mut self, alias: &str, span: &Span, scope: &Scope<'_>) {
        self.reader.note(span, format!("no table here is named `{alias}`"), suggestion(alias, scope.all()));
    }

    /// `column` or `alias.column`, its table known.
    pub fn column_reference(&mut self, text: &Located<String>, scope: &Scope<'_>) -> Option<Name> {
        let name = self.split_name(text)?;
        if let [alias, _] = name.0.as_slice()
            && !scope.has(alias)
        {
            let start = text.value.find(alias.as_str()).unwrap_or(0);
            let span = self.file.within_string(&text.span, start..start + alias.len());
            self.unknown_alias(alias, &span, scope);
            return None;
        }
        Some(name)
    }

    /// A name that may also mean a field, or a field of an object: `here.label`.
    pub fn value_reference(&mut self, text: &Located<String>, scope: &Scope<'_>) -> Option<Name> {
        part_of_object(text, scope).or_else(|| self.column_reference(text, scope))
    }

    pub fn split_name(&mut self, text: &Located<String>) -> Option<Name> {
        let parts: Vec<String> = text.value.split('.').map(str::to_owned).collect();
        if text.value.trim().is_empty() {
            self.reader.problem_with_help(&text.span, "no name stands here", "write `column` or `alias.column`");
            return None;
        }
        if parts.len() > 2 || parts.iter().any(|part| part.trim().is_empty()) {
            let message = format!("`{}` is not a name", text.value);
            self.reader.problem_with_help(&text.span, message, "write `column` or `alias.column`");
            return None;
        }
        Some(Name(parts))
    }

    /// A column of one certain table: a name without a dot.
    pub fn column_name(&mut self, key: &str, given: Option<Located<String>>) -> Option<Located<String>> {
        let given = self.not_blank(key, given)?;
        if given.value.contains('.') {
            self.under(key, |checker| {
                let message = format!("`{}` is not a column's name", given.value);
                let help = "the table is known here; write the column alone";
                checker.reader.problem_with_help(&given.span, message, help);
            });
            return None;
        }
        Some(given)
    }

    pub fn sql(&mut self, key: &str, given: Option<Located<String>>, role: SqlRole) -> Option<Located<String>> {
        let given = given?;
        let faults = faults(&given.value, role);
        if faults.is_empty() {
            return Some(given);
        }
        for fault in faults {
            let span = self.file.within_string(&given.span, fault.span);
            self.under(key, |checker| checker.reader.note(&span, fault.message, fault.help));
        }
        None
    }

    fn watch(&mut self, raw: Vec<Located<RawWatch>>) -> Vec<Watch> {
        let mut watched = Vec::new();
        for (number, watch) in raw.into_iter().enumerate() {
            let (table, key) = match watch.value {
                RawWatch::Table(table) => (Some(Located::new(table, watch.span)), None),
                RawWatch::WithKey(with_key) => (located(&with_key.table), located(&with_key.key)),
            };
            self.under("watch", |checker| {
                checker.under_element(number, |checker| {
                    let table = checker.not_blank("table", table);
                    let key = checker.column_name("key", key);
                    watched.extend(table.map(|table| Watch { table, key }));
                });
            });
        }
        watched
    }
}

/// The name of a field of an object, as far as the file tells.
fn part_of_object(text: &Located<String>, scope: &Scope<'_>) -> Option<Name> {
    let parts: Vec<String> = text.value.split('.').map(str::to_owned).collect();
    let [object, inner @ ..] = parts.as_slice() else { return None };
    let fits = !inner.is_empty() && inner.iter().all(|part| !part.trim().is_empty());
    (fits && scope.has_object(object)).then_some(Name(parts))
}

/// A table's name without its schema.
fn bare_table(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The name that a join will have, whatever else is wrong with it.
fn join_alias(join: &RawJoin) -> Option<String> {
    if let Some(alias) = value(&join.alias) {
        return Some(alias);
    }
    match value(&join.table) {
        Some(RawTable::Name(name)) => Some(bare_table(&name).to_owned()),
        _ => None,
    }
}
