//! The statements of a level. Each is put to the database once, unexecuted, so that what it refuses in the owner's raw
//! SQL is said before anything runs, at the place where it stands.

use super::compile::Compiler;
use super::draft::HeldDraft;
use super::level::{Pass, Passes, SpanPass};
use super::named_passes::PerTable;
use super::rows::RowsPlan;
use crate::definition::problem::{Located, Span};
use crate::source::SourceError;
use crate::source::sql::{Compared, PassSpec, Statement};

/// The entity's pass, for lookups.
pub(super) struct RootPass {
    pub spec: PassSpec,
    /// Of each column that it selects.
    pub compared: Vec<Compared>,
}

impl Compiler<'_> {
    /// The passes of the level under way; nothing where the database refuses them.
    pub fn passes(&mut self, rows: &RowsPlan<'_>) -> Result<Option<Passes>, SourceError> {
        let spec = self.spec(rows, &[]);
        let PerTable { choice, specs } = self.per_table(&spec);
        let mut tables: Vec<Vec<Pass>> = Vec::new();
        for specs in specs {
            let mut passes = Vec::new();
            for spec in specs {
                let Some(pass) = self.pass(rows, &spec)? else { return Ok(None) };
                passes.push(pass);
            }
            tables.push(passes);
        }
        // What is learned of one statement's rows says nothing of another's.
        if tables.iter().flatten().count() > 1 {
            tables.iter_mut().flatten().for_each(|pass| pass.span = None);
        }
        if self.levels.len() == 1 {
            let level = self.level();
            // Which table a join leads to, a lookup cannot know.
            let named = |alias: &str| level.tables.iter().any(|table| table.alias == alias && table.named.is_some());
            let mut spec = spec;
            spec.joins.retain(|join| !named(&join.table.alias));
            let compared = (0..level.columns.len()).map(|column| level.column(column).into()).collect();
            self.root_pass = Some(RootPass { spec, compared });
        }
        Ok(Some(Passes { choice, tables, remembered: None }))
    }

    /// The passes without the tables that are held; nothing where the database refuses them without those.
    pub fn passes_without(&mut self, rows: &RowsPlan<'_>, held: &[HeldDraft]) -> Result<Option<Passes>, SourceError> {
        let spec = self.spec(rows, held);
        let pass = self.statements(rows, &spec)?;
        for statement in std::iter::once(&pass.keyed).chain(&pass.range) {
            if self.refusal(statement)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(Passes { choice: None, tables: vec![vec![pass]], remembered: None }))
    }

    fn pass(&mut self, rows: &RowsPlan<'_>, spec: &PassSpec) -> Result<Option<Pass>, SourceError> {
        let pass = self.statements(rows, spec)?;
        for statement in std::iter::once(&pass.keyed).chain(&pass.range) {
            if let Some(message) = self.refusal(statement)? {
                self.blame(rows, spec, message)?;
                return Ok(None);
            }
        }
        Ok(Some(pass))
    }

    fn statements(&mut self, rows: &RowsPlan<'_>, spec: &PassSpec) -> Result<Pass, SourceError> {
        let span = rows
            .span
            .as_ref()
            .map(|span| SpanPass { statement: self.dialect.span_pass(spec, &span.column), keys: span.keys });
        let is_refused = match &span {
            Some(span) => self.refusal(&span.statement)?.is_some(),
            None => false,
        };
        Ok(Pass {
            keyed: self.dialect.keyed_pass(spec, &rows.asked_by),
            range: rows.range.as_ref().map(|range| self.dialect.range_pass(spec, range)),
            // There is another way to read the same rows.
            span: span.filter(|_| !is_refused),
        })
    }

    fn spec(&mut self, rows: &RowsPlan<'_>, held: &[HeldDraft]) -> PassSpec {
        let level = self.level();
        let is_held = |table: usize| held.iter().any(|held| held.table == table);
        let joins = rows.joins.iter().enumerate().filter(|(number, _)| !is_held(number + 1));
        let columns = (0..level.columns.len()).filter(|column| !is_held(level.columns[*column].table));
        PassSpec {
            main: rows.main.clone(),
            joins: joins.map(|(_, join)| join.clone()).collect(),
            columns: columns.map(|column| level.column_ref(column)).collect(),
            where_sql: conjunction(&rows.rows.where_sql),
            within: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// What the database says against a statement.
    pub fn refusal(&mut self, statement: &Statement) -> Result<Option<String>, SourceError> {
        match self.reader.check(&statement.sql) {
            Ok(()) => Ok(None),
            Err(SourceError::Query { message, .. }) => Ok(Some(message)),
            Err(error) => Err(error),
        }
    }

    /// Finds the raw SQL that a refusal is about: the one that is refused alone, else any, else the table.
    fn blame(&mut self, rows: &RowsPlan<'_>, spec: &PassSpec, message: String) -> Result<(), SourceError> {
        let mut bare = spec.clone();
        bare.where_sql = None;
        for join in &mut bare.joins {
            join.where_sql = None;
        }
        let key = self.level().place.key.clone();
        let mut pieces: Vec<(&Located<String>, String, PassSpec)> = Vec::new();
        for sql in &rows.rows.where_sql {
            let alone = PassSpec { where_sql: Some(sql.value.clone()), ..bare.clone() };
            pieces.push((sql, format!("{key}.where_sql"), alone));
        }
        for (number, join) in rows.rows.joins.iter().enumerate() {
            let Some(sql) = &join.where_sql else { continue };
            let mut alone = bare.clone();
            alone.joins[number].where_sql = Some(sql.value.clone());
            pieces.push((sql, format!("{key}.join[{number}].where_sql"), alone));
        }
        let bare_statement = self.dialect.keyed_pass(&bare, &rows.asked_by);
        if let Some(message) = self.refusal(&bare_statement)? {
            let span: Span = rows.rows.table.alias.span.clone();
            self.problem(&span, &key, format!("the database refuses to read this: {message}"), None);
            return Ok(());
        }
        let mut found = false;
        for (sql, key, alone) in &pieces {
            let statement = self.dialect.keyed_pass(alone, &rows.asked_by);
            if let Some(message) = self.refusal(&statement)? {
                self.problem(&sql.span, key, format!("the database refuses this condition: {message}"), None);
                found = true;
            }
        }
        if let (false, Some((sql, key, _))) = (found, pieces.first()) {
            self.problem(&sql.span, key, format!("the database refuses this condition: {message}"), None);
        }
        Ok(())
    }
}

/// Conditions that all hold as one. Each on lines of its own: a comment at its end must not swallow what follows.
pub(super) fn conjunction(conditions: &[Located<String>]) -> Option<String> {
    match conditions {
        [] => None,
        [only] => Some(only.value.clone()),
        several => {
            let each: Vec<String> = several.iter().map(|sql| format!("(\n{}\n)", sql.value)).collect();
            Some(each.join("\nAND "))
        }
    }
}
