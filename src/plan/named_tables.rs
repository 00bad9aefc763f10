//! Tables that values name, such as `stock_{store.id}`: the tables of the catalog whose names fit are known when the plan
//! is made, and a statement each.
//!
//! Named by values of the levels around, each row of the enclosing level asks the one table that it names. Named by a
//! column of the same pass, the statement of each table reads the rows that name it.

use super::compile::Compiler;
use super::draft::{Place, Reference, TableDraft};
use super::level::{Operand, TableChoice};
use super::names::Meant;
use super::rows::Before;
use super::tables::unknown_table;
use crate::definition::feed::{Name, OnPair};
use crate::definition::problem::{Located, suggestion};
use crate::expression::template::Template;
use crate::source::catalog::{Column, ColumnKind, Table};
use crate::source::sql::{ColumnRef, Literal, TableSource};

/// The tables that one with a template for a name may be.
#[derive(Debug)]
pub(super) struct NamedTables {
    /// By name.
    pub tables: Vec<String>,
    pub by: NamedBy,
}

#[derive(Debug)]
pub(super) enum NamedBy {
    /// Values of the levels around.
    Outer(TableChoice),
    /// A column of a table before it, and the value that names each of the tables.
    Column { column: ColumnRef, values: Vec<Literal> },
}

/// What a name in the template reads.
enum Hole {
    Outer(Reference),
    Own { column: ColumnRef, kind: ColumnKind },
}

impl<'d> Compiler<'d> {
    /// The next table of the level under way. What the source does not have is said.
    pub fn named_table(
        &mut self,
        template: &'d Located<Template>,
        alias: String,
        on: &[OnPair],
        place: &Place<'d>,
    ) -> TableDraft {
        let text = self.file().text[template.span.clone()].trim_matches(['"', '\'']).to_owned();
        let unknown = || unknown_table(alias.clone(), TableSource::Table(text.clone()));
        let Some(holes) = self.holes(template, place) else { return unknown() };
        let kinds: Vec<ColumnKind> = holes.iter().map(|hole| self.kind_of(hole)).collect();
        let around = template.value.around();
        let catalog = self.catalog;
        let mut fitting: Vec<(&Table, Vec<&str>)> =
            catalog.tables.values().filter_map(|table| Some((table, fit(&table.name, &around, &kinds)?))).collect();
        // Others may be named alike by chance: what is asked by a column that a table does not have is not asked of it.
        let has_all = |table: &Table| on.iter().all(|pair| table.column(&pair.column.value).is_some());
        if fitting.iter().any(|(table, _)| has_all(table)) {
            fitting.retain(|(table, _)| has_all(table));
        }
        let tables: Vec<&Table> = fitting.iter().map(|(table, _)| *table).collect();
        let Some(first) = tables.first() else {
            let names = catalog.tables.keys().map(String::as_str);
            let help = suggestion(&around.concat(), names);
            self.problem(&template.span, &place.key, format!("the source has no table named like `{text}`"), help);
            return unknown();
        };
        let by = match self.named_by(template, holes, &fitting, place) {
            Some(by) => by,
            None => return unknown(),
        };
        let columns = common_columns(&tables);
        let same_key =
            tables.iter().all(|table| names_of(table, &table.primary_key) == names_of(first, &first.primary_key));
        let primary_key = if same_key { numbers_of(&columns, names_of(first, &first.primary_key)) } else { Vec::new() };
        TableDraft {
            name: text,
            alias,
            source: TableSource::Table(first.name.clone()),
            columns,
            primary_key,
            unique: Vec::new(),
            named: Some(NamedTables { tables: tables.iter().map(|table| table.name.clone()).collect(), by }),
            known: true,
        }
    }

    /// What the names in the template read, as often as they stand there.
    fn holes(&mut self, template: &'d Located<Template>, place: &Place<'d>) -> Option<Vec<Hole>> {
        let level = self.levels.last()?;
        let (table, depth) = (level.tables.len(), place.depth);
        let mut known: Vec<(Vec<String>, Hole)> = Vec::new();
        for (parts, inner) in template.value.names() {
            let span = self.file().within_string(&template.span, inner);
            let name = Name(parts.clone());
            let hole = match self.column_before(table, &name, &span, place) {
                Before::Column { table, column } => {
                    let table = &self.levels.last()?.tables[table];
                    Hole::Own { column: table.column_ref(column), kind: table.columns[column].kind }
                }
                Before::Ambiguous => return None,
                Before::Unknown if depth == 0 || self.knows_alias(&name) => {
                    self.resolve(place, &name.0, &span, Meant::Column);
                    return None;
                }
                Before::Unknown => {
                    let outer = Place { depth: depth - 1, ..place.clone() };
                    Hole::Outer(self.resolve(&outer, &name.0, &span, Meant::Key)?)
                }
            };
            known.push((parts, hole));
        }
        let hole = |name: &Vec<String>| {
            let (_, hole) = known.iter().find(|(known, _)| known == name)?;
            Some(match hole {
                Hole::Outer(reference) => Hole::Outer(reference.clone()),
                Hole::Own { column, kind } => Hole::Own { column: column.clone(), kind: *kind },
            })
        };
        template.value.reads().map(hole).collect()
    }

    /// Whether a name is that of a column which a table of the level under way does not have.
    fn knows_alias(&self, name: &Name) -> bool {
        let [alias, _] = name.0.as_slice() else { return false };
        self.levels.last().is_some_and(|level| level.table(alias).is_some())
    }

    fn kind_of(&self, hole: &Hole) -> ColumnKind {
        match hole {
            Hole::Own { kind, .. } => *kind,
            Hole::Outer(Reference::Column { depth, column }) => self.levels[*depth].column(*column).kind,
            Hole::Outer(_) => ColumnKind::Dynamic,
        }
    }

    fn named_by(
        &mut self,
        template: &'d Located<Template>,
        holes: Vec<Hole>,
        fitting: &[(&Table, Vec<&str>)],
        place: &Place<'d>,
    ) -> Option<NamedBy> {
        if let [Hole::Own { column, kind }] = holes.as_slice() {
            let values = fitting.iter().filter_map(|(_, captured)| Some(literal(captured.first()?, *kind))).collect();
            return Some(NamedBy::Column { column: column.clone(), values });
        }
        let references: Option<Vec<Reference>> = holes
            .into_iter()
            .map(|hole| match hole {
                Hole::Outer(reference) => Some(reference),
                Hole::Own { .. } => None,
            })
            .collect();
        let Some(references) = references else {
            let help = "values of the levels around may be several, but not beside one of the same rows";
            let message = "a table is named by one column of the rows that it is joined to";
            self.problem(&template.span, &place.key, message, Some(help.to_owned()));
            return None;
        };
        let is_chosen = |table: &TableDraft| matches!(&table.named, Some(NamedTables { by: NamedBy::Outer(_), .. }));
        if self.levels.last()?.tables.iter().any(is_chosen) {
            let message = "another table of these rows is named by values of the levels around already";
            self.problem(&template.span, &place.key, message, None);
            return None;
        }
        let outer = place.depth - 1;
        let operands: Vec<Operand> = references.iter().map(|reference| reference.seen_from(outer)).collect();
        let reads: Vec<Vec<String>> = template.value.reads().cloned().collect();
        let level = &mut self.levels[outer];
        let numbers: Vec<usize> = operands.iter().map(|operand| level.operand(operand.clone())).collect();
        let name = template
            .value
            .compile(&mut |name| reads.iter().position(|read| read == name).map_or(usize::MAX, |read| numbers[read]));
        let tables = fitting.iter().map(|(table, _)| table.name.clone()).collect();
        Some(NamedBy::Outer(TableChoice { name, operands, tables }))
    }
}

/// The stretches of a name that stand for the values of a template, by the texts around them. What an integer column
/// cannot hold does not fit.
fn fit<'n>(name: &'n str, around: &[&str], kinds: &[ColumnKind]) -> Option<Vec<&'n str>> {
    let (before, around) = around.split_first()?;
    let rest = strip_prefix(name, before)?;
    let Some((kind, kinds)) = kinds.split_first() else { return rest.is_empty().then(Vec::new) };
    let ends = rest.char_indices().map(|(start, c)| start + c.len_utf8());
    ends.filter(|end| could_be(&rest[..*end], *kind)).find_map(|end| {
        let mut stretches = fit(&rest[end..], around, kinds)?;
        stretches.insert(0, &rest[..end]);
        Some(stretches)
    })
}

/// Names of tables are the same whatever the case of their letters.
fn strip_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let start = name.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

fn could_be(text: &str, kind: ColumnKind) -> bool {
    kind != ColumnKind::Integer || is_canonical(text)
}

fn is_canonical(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|int| int.to_string() == text)
}

fn literal(text: &str, kind: ColumnKind) -> Literal {
    match text.parse() {
        Ok(int) if kind != ColumnKind::Text && is_canonical(text) => Literal::Int(int),
        _ => Literal::Text(text.to_owned()),
    }
}

/// The columns that all tables have. Where they differ, what is true of all of them.
fn common_columns(tables: &[&Table]) -> Vec<Column> {
    let Some((first, others)) = tables.split_first() else { return Vec::new() };
    let common = |column: &Column| {
        let mut common = column.clone();
        for table in others {
            let other = &table.columns[table.column(&column.name)?];
            let kind = common_kind(common.kind, other.kind);
            common.exact &= other.exact && common.kind == other.kind;
            common.nullable |= other.nullable;
            common.scale = common.scale.filter(|scale| other.scale == Some(*scale));
            common.kind = kind;
        }
        Some(common)
    };
    first.columns.iter().filter_map(common).collect()
}

/// A kind that is unknown in one table is what the others say.
fn common_kind(one: ColumnKind, other: ColumnKind) -> ColumnKind {
    use ColumnKind::{Decimal, Dynamic, Integer};
    match (one, other) {
        (one, other) if one == other => one,
        (Dynamic, kind) | (kind, Dynamic) => kind,
        (Integer, Decimal) | (Decimal, Integer) => Decimal,
        _ => Dynamic,
    }
}

fn names_of<'t>(table: &'t Table, columns: &[usize]) -> Vec<&'t str> {
    columns.iter().map(|column| table.columns[*column].name.as_str()).collect()
}

fn numbers_of(columns: &[Column], names: Vec<&str>) -> Vec<usize> {
    names.into_iter().filter_map(|name| columns.iter().position(|column| column.name == name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_fit_by_the_texts_around_their_values() {
        use ColumnKind::{Integer, Text};
        for (name, around, kinds, expected) in [
            ("stock_12", &["stock_", ""][..], &[Integer][..], Some(vec!["12"])),
            ("STOCK_7", &["stock_", ""], &[Integer], Some(vec!["7"])),
            ("stock_012", &["stock_", ""], &[Integer], None),
            ("stock_channel", &["stock_", ""], &[Integer], None),
            ("stock_channel", &["stock_", ""], &[Text], Some(vec!["channel"])),
            ("stock_", &["stock_", ""], &[Text], None),
            ("a_1_b_2_c", &["a_", "_b_", "_c"], &[Integer, Integer], Some(vec!["1", "2"])),
            ("a_x_b_y_b_z_c", &["a_", "_b_", "_c"], &[Text, Text], Some(vec!["x", "y_b_z"])),
            ("a_1_b_2", &["a_", "_b_", "_c"], &[Integer, Integer], None),
            ("stück_1", &["stück_", ""], &[Integer], Some(vec!["1"])),
        ] {
            assert_eq!(fit(name, around, kinds), expected, "{name}");
        }
    }
}
