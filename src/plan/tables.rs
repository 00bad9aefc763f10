//! The tables of a level, looked up in the catalog.

use super::compile::Compiler;
use super::draft::{Place, TableDraft, joined};
use crate::definition::feed::{OnPair, Rows, TableSource, TableUse};
use crate::definition::problem::suggestion;
use crate::source::SourceError;
use crate::source::sql;

impl<'d> Compiler<'d> {
    /// Looks up the tables of the level under way.
    pub fn tables(&mut self, rows: &'d Rows, place: &Place<'d>) -> Result<(), SourceError> {
        let main = self.table(&rows.table, &rows.on, place)?;
        self.level().tables.push(main);
        for (number, join) in rows.joins.iter().enumerate() {
            let table = self.table(&join.table, &join.on, &place.key(&format!("join[{number}]")))?;
            self.level().tables.push(table);
        }
        Ok(())
    }

    fn table(&mut self, table: &'d TableUse, on: &'d [OnPair], place: &Place<'d>) -> Result<TableDraft, SourceError> {
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
                    named: None,
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
            TableSource::Named(template) => Ok(self.named_table(template, alias, on, place)),
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
                            named: None,
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
}

pub(super) fn unknown_table(alias: String, source: sql::TableSource) -> TableDraft {
    TableDraft {
        name: alias.clone(),
        alias,
        source,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique: Vec::new(),
        named: None,
        known: false,
    }
}
