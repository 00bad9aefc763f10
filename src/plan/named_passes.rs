//! The pass of a level whose tables values name: one for each of the tables.

use super::compile::Compiler;
use super::level::TableChoice;
use super::named_tables::NamedBy;
use crate::source::sql::{ColumnRef, Literal, PartRows, PartSpec, PassSpec, TableSource};

/// The passes that a level's rows are read by.
pub(super) struct PerTable {
    pub choice: Option<TableChoice>,
    /// Of each table that can be chosen, the passes whose rows together are those of the level.
    pub specs: Vec<Vec<PassSpec>>,
}

impl Compiler<'_> {
    pub fn per_table(&mut self, spec: &PassSpec) -> PerTable {
        let mut choice = None;
        let mut specs = vec![vec![spec.clone()]];
        for (number, table) in self.level().tables.iter().enumerate() {
            let Some(named) = &table.named else { continue };
            match &named.by {
                NamedBy::Outer(chosen) => {
                    let each =
                        |name: &String| specs.iter().flatten().map(|spec| with_table(spec, number, name)).collect();
                    specs = named.tables.iter().map(each).collect();
                    choice = Some(chosen.clone());
                }
                NamedBy::Column { column, values } => {
                    for of_table in &mut specs {
                        let parts = of_table.iter().flat_map(|spec| {
                            let named = named.tables.iter().zip(values);
                            let mut parts: Vec<PassSpec> = named
                                .map(|(name, value)| {
                                    let rows = PartRows::With(value.clone());
                                    part(with_table(spec, number, name), column, rows)
                                })
                                .collect();
                            parts.extend(without_table(spec, number, column, values));
                            parts
                        });
                        *of_table = parts.collect();
                    }
                }
            }
        }
        PerTable { choice, specs }
    }
}

/// The pass with a certain table in the place of the one with this number; 0 is the main table.
fn with_table(spec: &PassSpec, number: usize, name: &str) -> PassSpec {
    let mut spec = spec.clone();
    let table = match number {
        0 => &mut spec.main,
        join => &mut spec.joins[join - 1].table,
    };
    table.source = TableSource::Table(name.to_owned());
    spec
}

fn part(mut spec: PassSpec, column: &ColumnRef, rows: PartRows) -> PassSpec {
    spec.parts.push(PartSpec { column: column.clone(), rows });
    spec
}

/// The rows that name none of the tables: an optional join keeps them.
fn without_table(spec: &PassSpec, number: usize, column: &ColumnRef, values: &[Literal]) -> Option<PassSpec> {
    let mut spec = spec.clone();
    let join = spec.joins.get_mut(number.checked_sub(1)?).filter(|join| join.optional)?;
    join.table.on.clear();
    join.where_sql = Some("1 = 0".to_owned());
    Some(part(spec, column, PartRows::Without(values.to_vec())))
}
