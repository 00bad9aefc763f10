//! Documents built twice by one assembler: the second time it knows what the first has taught it.

use jiff::tz::TimeZone;

use crate::definition;
use crate::definition::problem::SourceFile;
use crate::document::{Assembler, Built, EntityBatch};
use crate::plan::{Extent, Plan, PlanOptions};
use crate::source::catalog::{Catalog, Column};
use crate::source::rows::RowSet;
use crate::source::{Bind, Source, SourceError, SourceReader};

/// What two builds of all entities gave, and the statements of the second.
pub struct Twice {
    pub first: Vec<String>,
    pub second: Vec<String>,
    pub statements: Vec<String>,
}

impl Twice {
    /// Whether the second build read a span of keys of a table.
    pub fn has_span_of(&self, table: &str) -> bool {
        self.statements.iter().any(|sql| self.is_of(sql, table) && sql.contains("LIMIT"))
    }

    /// Whether the second build asked for a table at all.
    pub fn asks(&self, table: &str) -> bool {
        self.statements.iter().any(|sql| self.is_of(sql, table))
    }

    fn is_of(&self, sql: &str, table: &str) -> bool {
        ['"', '`'].iter().any(|quote| sql.contains(&format!("{quote}{table}{quote} AS")))
    }
}

/// A full run's documents of a feed whose entities have integers as keys.
pub fn built_twice(source: &dyn Source, feed: &str) -> Twice {
    let definition = definition::parse(SourceFile::new("feeds/things.toml", feed)).unwrap_or_else(|p| panic!("{p}"));
    let mut reader = source.connect().unwrap();
    let catalog = reader.catalog().unwrap();
    let options =
        PlanOptions { mask_key: None, timezone: TimeZone::UTC, today: "2026-11-20".to_owned(), extent: Extent::Whole };
    let plan = Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options)
        .unwrap_or_else(|error| panic!("{error}"));
    let range = plan.next_range(reader.as_mut(), None, 1_000_000).unwrap().range.expect("there are entities");
    let batch = EntityBatch::Range { first: range.first, last: range.last };
    let mut reader = Recorded { reader, statements: Vec::new() };
    let mut assembler = Assembler::new(&plan);
    let mut build = |reader: &mut Recorded| {
        reader.statements.clear();
        let mut built = Built::default();
        assembler.build(reader, &batch, &mut built).unwrap();
        let texts = built.items.iter().map(|item| String::from_utf8(built.bytes(&item.document).to_vec()).unwrap());
        texts.collect::<Vec<String>>()
    };
    let first = build(&mut reader);
    let second = build(&mut reader);
    Twice { first, second, statements: reader.statements }
}

/// Notes the statements that are read.
struct Recorded {
    reader: Box<dyn SourceReader>,
    statements: Vec<String>,
}

impl SourceReader for Recorded {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.reader.catalog()
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        self.reader.describe(sql)
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        self.reader.check(sql)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        self.reader.begin()
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.reader.end()
    }

    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        self.statements.push(sql.to_owned());
        self.reader.read(sql, binds, rows)
    }
}

/// Customers, their orders, and the lines of these; some of everything. `text` is the type of a code.
pub fn orders(text: &str) -> String {
    let mut sql = format!(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY);
         CREATE TABLE sale (number {text} PRIMARY KEY, customer_id INTEGER);
         CREATE TABLE line (id INTEGER PRIMARY KEY, sale {text}, sku {text});
         CREATE TABLE part (id INTEGER PRIMARY KEY, line_id INTEGER, name {text});
         CREATE TABLE product (sku {text} PRIMARY KEY, name {text});
         CREATE INDEX sale_customer ON sale (customer_id);
         CREATE INDEX line_sale ON line (sale);
         CREATE INDEX part_line ON part (line_id);
         INSERT INTO product VALUES ('SKU-0', 'none'), ('SKU-1', 'one'), ('sku-2', 'two');"
    );
    let (mut sale, mut line) = (0, 0);
    for customer in 1..=60 {
        sql.push_str(&format!("INSERT INTO customer VALUES ({customer});\n"));
        for _ in 0..customer % 3 {
            sale += 1;
            sql.push_str(&format!("INSERT INTO sale VALUES ('SO-{sale:05}', {customer});\n"));
            for _ in 0..sale % 4 {
                line += 1;
                sql.push_str(&format!("INSERT INTO line VALUES ({line}, 'SO-{sale:05}', 'SKU-{}');\n", line % 4));
                sql.push_str(&format!("INSERT INTO part VALUES ({line}, {line}, 'p{line}');\n"));
            }
        }
    }
    sql
}

pub const ORDERS: &str = r#"
name = "things"
consumer = "search"
identity = ["id"]
minimal_payload = ["id"]
[entity]
table = "customer"
key = "id"
[fields]
id = "id"
[fields.sales]
many = "sale"
on = { customer_id = "id" }
order_by = ["number"]
fields.number = "number"
[fields.sales.fields.lines]
many = "line"
on = { sale = "sale.number" }
order_by = ["id"]
fields.id = "id"
fields.product = { one = "product", on = { sku = "line.sku" }, fields = { name = "name" } }
fields.parts = { many = "part", on = { line_id = "line.id" }, order_by = ["id"], value = "name" }
"#;
