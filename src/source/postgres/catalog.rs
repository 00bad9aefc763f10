//! Tables, views and keys from the system's catalogs; columns of queries from the prepared statement.
//!
//! Only what the role may read is listed. What the search path leads to goes by its bare name, everything else by
//! `schema.table`.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Error, Row};

use super::super::catalog::{Catalog, Column, ForeignKey, Table};
use super::super::sql::postgres::table_name;
use super::client::Client;
use super::kinds::{self, Class};

/// Relations that hold rows, in schemas that are no part of the system.
const RELATIONS: &str = "
WITH relation AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid) AS is_visible
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
)";

/// Domains and what they are made of in the end.
const DOMAINS: &str = "
RECURSIVE domain (oid, made_of, modifier, not_null) AS (
    SELECT t.oid, t.oid, -1, false FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT d.oid, t.typbasetype, t.typtypmod, d.not_null OR t.typnotnull
    FROM domain AS d JOIN pg_catalog.pg_type AS t ON t.oid = d.made_of WHERE t.typtype = 'd'
)";

/// Whether a text's order is that of its bytes in UTF-8, as far as collation `l` of database `d` says. Of the database's
/// own collation the database says it. The names of columns that older servers lack are asked for by way of JSON.
const BY_BYTES: &str = "
COALESCE(
    CASE
        WHEN pg_catalog.getdatabaseencoding() NOT IN ('UTF8', 'LATIN1', 'SQL_ASCII') THEN false
        WHEN l.collprovider = 'd' AND COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
            THEN d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
        WHEN l.collprovider = 'd' THEN to_jsonb(d) ->> 'datlocprovider' = 'b'
        WHEN l.collprovider = 'c' THEN l.collcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
        ELSE l.collprovider = 'b'
    END, false)";

/// Whether collation `l` finds texts equal by their bytes alone. Servers before 12 know no other.
const DETERMINISTIC: &str = "COALESCE((to_jsonb(l) ->> 'collisdeterministic')::boolean, true)";

pub(super) fn read(client: &mut Client) -> Result<Catalog, Error> {
    let own_schemas = client.query_one("SELECT pg_catalog.current_schemas(false)::text[]", &[])?.try_get(0)?;
    let mut catalog = Catalog { tables: BTreeMap::new(), own_schemas };
    let mut found = Found::read(client)?;
    found.columns(client)?;
    found.unique(client)?;
    found.foreign_keys(client)?;
    for relation in found.relations.into_values() {
        catalog.tables.insert(relation.table.name.clone(), relation.table);
    }
    Ok(catalog)
}

struct Relation {
    table: Table,
    /// The number that the server has for each column.
    numbers: Vec<i16>,
}

impl Relation {
    /// None where one of the columns may not be read.
    fn places(&self, numbers: &[i16]) -> Option<Vec<usize>> {
        numbers.iter().map(|number| self.numbers.iter().position(|known| known == number)).collect()
    }
}

/// By the server's number for the relation.
struct Found {
    relations: HashMap<u32, Relation>,
}

impl Found {
    fn read(client: &mut Client) -> Result<Self, Error> {
        let mut relations = HashMap::new();
        let sql =
            format!("{RELATIONS} SELECT oid, nspname::text, relname::text, relkind::text, is_visible FROM relation");
        for row in client.query(&sql, &[])? {
            let (Some(schema), Some(name)) = (text(&row, 1)?, text(&row, 2)?) else {
                tracing::warn!("a table is left out: its name is not UTF-8");
                continue;
            };
            let is_visible: bool = row.try_get(4)?;
            let kind: String = row.try_get(3)?;
            let table = Table {
                name: table_name(Some(&schema).filter(|_| !is_visible).map(String::as_str), &name),
                columns: Vec::new(),
                primary_key: Vec::new(),
                unique: Vec::new(),
                foreign_keys: Vec::new(),
                is_view: matches!(kind.as_str(), "v" | "m"),
            };
            relations.insert(row.try_get(0)?, Relation { table, numbers: Vec::new() });
        }
        Ok(Found { relations })
    }

    fn columns(&mut self, client: &mut Client) -> Result<(), Error> {
        // A WITH that is recursive says so once, whichever of its parts is.
        let with = RELATIONS.replacen("WITH", &format!("WITH {DOMAINS},"), 1);
        let sql = format!(
            "{with}
            SELECT a.attrelid, a.attnum, a.attname::text, t.oid, made.modifier,
                   pg_catalog.format_type(t.oid, made.modifier), t.typtype::text, t.typcategory::text, t.typname::text,
                   NOT (a.attnotnull OR made.not_null), t.typcollation <> 0 AND {BY_BYTES},
                   t.typcollation <> 0 AND {DETERMINISTIC}
            FROM pg_catalog.pg_attribute AS a
            JOIN relation AS r ON r.oid = a.attrelid
            LEFT JOIN domain AS o ON o.oid = a.atttypid
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS n WHERE n.oid = o.made_of AND n.typtype = 'd')
            CROSS JOIN LATERAL (SELECT COALESCE(o.made_of, a.atttypid) AS oid, COALESCE(o.modifier, a.atttypmod) AS modifier,
                                       COALESCE(o.not_null, false) AS not_null) AS made
            JOIN pg_catalog.pg_type AS t ON t.oid = made.oid
            LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
            JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
            WHERE a.attnum > 0 AND NOT a.attisdropped
              AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
            ORDER BY a.attrelid, a.attnum"
        );
        for row in client.query(&sql, &[])? {
            let oid: u32 = row.try_get(3)?;
            let modifier: i32 = row.try_get(4)?;
            let (kind_of_type, category): (String, String) = (row.try_get(6)?, row.try_get(7)?);
            let class = match (kind_of_type.as_str(), category.as_str(), text(&row, 8)?.as_deref()) {
                ("e", ..) => Class::Enum,
                (_, "A", _) => Class::Array,
                (_, _, Some("citext")) => Class::Citext,
                _ => Class::Other,
            };
            let Some(relation) = self.relations.get_mut(&row.try_get(0)?) else { continue };
            let (Some(name), Some(declared)) = (text(&row, 2)?, text(&row, 5)?) else {
                tracing::warn!(table = relation.table.name, "a column is left out: its name is not UTF-8");
                continue;
            };
            let order = Order { is_by_bytes: row.try_get(10)?, is_deterministic: row.try_get(11)? };
            relation.numbers.push(row.try_get(1)?);
            relation.table.columns.push(column(Typed { oid, class, modifier, declared }, name, row.try_get(9)?, order));
        }
        Ok(())
    }

    /// Indexes over columns that allow no two rows alike. One that tells apart what the column's own collation finds alike
    /// says nothing of the column.
    fn unique(&mut self, client: &mut Client) -> Result<(), Error> {
        let sql = format!(
            "{RELATIONS}
            SELECT i.indrelid, i.indisprimary,
                   (SELECT array_agg(k.number ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                    WHERE k.place <= i.indnkeyatts)
            FROM pg_catalog.pg_index AS i
            JOIN relation AS r ON r.oid = i.indrelid
            WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
              AND NOT EXISTS (
                  SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS k (number, collation_number)
                  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
                  JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
                  WHERE k.collation_number <> a.attcollation AND NOT l.collisdeterministic)
            ORDER BY i.indexrelid"
        );
        for row in client.query(&sql, &[])? {
            let Some(relation) = self.relations.get_mut(&row.try_get(0)?) else { continue };
            let numbers: Vec<i16> = row.try_get(2)?;
            let Some(places) = relation.places(&numbers) else { continue };
            if row.try_get(1)? {
                relation.table.primary_key = places;
            } else {
                relation.table.unique.push(places);
            }
        }
        Ok(())
    }

    fn foreign_keys(&mut self, client: &mut Client) -> Result<(), Error> {
        let sql = format!(
            "{RELATIONS}
            SELECT c.conrelid, c.conkey, c.confrelid, c.confkey
            FROM pg_catalog.pg_constraint AS c JOIN relation AS r ON r.oid = c.conrelid
            WHERE c.contype = 'f' ORDER BY c.oid"
        );
        for row in client.query(&sql, &[])? {
            let (numbers, referenced): (Vec<i16>, Vec<i16>) = (row.try_get(1)?, row.try_get(3)?);
            let Some(other) = self.relations.get(&row.try_get(2)?) else { continue };
            let Some(places) = other.places(&referenced) else { continue };
            let columns = &other.table.columns;
            let referenced = places.into_iter().map(|place| columns[place].name.clone()).collect();
            let table = other.table.name.clone();
            let Some(relation) = self.relations.get_mut(&row.try_get(0)?) else { continue };
            let Some(columns) = relation.places(&numbers) else { continue };
            let key = ForeignKey { columns, table, referenced };
            // A partition repeats those of its table.
            if !relation.table.foreign_keys.contains(&key) {
                relation.table.foreign_keys.push(key);
            }
        }
        Ok(())
    }
}

/// A type as a column has it.
struct Typed {
    oid: u32,
    class: Class,
    modifier: i32,
    declared: String,
}

/// What a text's collation does.
struct Order {
    is_by_bytes: bool,
    is_deterministic: bool,
}

fn column(of: Typed, name: String, nullable: bool, order: Order) -> Column {
    use super::super::catalog::ColumnKind::{Integer, Text, Uuid};
    let kind = kinds::kind(of.oid, of.class, of.modifier);
    // A UUID is ordered by its bytes, and its text by the same. An enum has an order of its own.
    let exact = match kind {
        Integer | Uuid => true,
        Text => order.is_by_bytes && of.class == Class::Other,
        _ => false,
    };
    let orders_codes = kind == Text && order.is_deterministic && of.class == Class::Other;
    let scale = kinds::scale(of.oid, of.modifier);
    Column { name, declared: of.declared, kind, nullable, exact, orders_codes, collation: None, scale }
}

/// None where it is not UTF-8, which a database without an encoding may hold.
fn text(row: &Row, i: usize) -> Result<Option<String>, Error> {
    struct Bytes(Option<String>);
    impl<'r> FromSql<'r> for Bytes {
        fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
            Ok(Bytes(String::from_utf8(raw.to_vec()).ok()))
        }

        fn accepts(_: &Type) -> bool {
            true
        }
    }
    Ok(row.try_get::<_, Option<Bytes>>(i)?.and_then(|bytes| bytes.0))
}

/// The columns of a query, which is prepared and not run.
pub(super) fn describe(client: &mut Client, query: &str) -> Result<Vec<Column>, Error> {
    let statement = client.prepare(query)?;
    let columns = statement.columns();
    let oids: Vec<u32> = columns.iter().map(|column| column.type_().oid()).collect();
    let modifiers: Vec<i32> = columns.iter().map(|column| column.type_modifier()).collect();
    // A column that a query merely shows has its own collation.
    let tables: Vec<Option<u32>> = columns.iter().map(|column| column.table_oid()).collect();
    let numbers: Vec<Option<i16>> = columns.iter().map(|column| column.column_id()).collect();
    let sql = format!(
        "SELECT pg_catalog.format_type(c.of, c.modifier), {BY_BYTES}, l.oid IS NOT NULL AND {DETERMINISTIC}
        FROM unnest($1::oid[], $2::int4[], $3::oid[], $4::int2[]) WITH ORDINALITY AS c (of, modifier, relation, number, place)
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.relation AND a.attnum = c.number
        LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
        JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
        ORDER BY c.place"
    );
    let rows = client.query(&sql, &[&oids, &modifiers, &tables, &numbers])?;
    let described = columns.iter().zip(&rows).map(|(shown, row)| {
        let declared = text(row, 0)?.unwrap_or_else(|| shown.type_().name().to_owned());
        let of = Typed {
            oid: shown.type_().oid(),
            class: Class::of(shown.type_()),
            modifier: shown.type_modifier(),
            declared,
        };
        let order = Order { is_by_bytes: row.try_get(1)?, is_deterministic: row.try_get(2)? };
        Ok(column(of, shown.name().to_owned(), true, order))
    });
    described.collect()
}
