//! References that nobody declared, guessed from the names of columns.
//!
//! A column is taken for a reference where its name is that of another table's key (`film_id`), or that of another table
//! with a word for "key" beside it (`product_id`, `ProductID`, `id_product`, `currency_code`), perhaps after words that say
//! what for (`billing_address_id`), or `parent_id`. The types must agree, and there must be one table only that can be meant.

use super::rank;
use super::schema::{Reference, Schema, TableId};
use super::words::{Phrase, is_like};
use crate::source::catalog::{Column, ColumnKind};

/// Names of key columns that say nothing of what they are keys of.
const GENERIC: &str = "id uuid guid code key name value type status slug email number no sku pk rowid";

/// What `declared` leaves open.
pub fn references(schema: &Schema<'_>, declared: &[Reference]) -> Vec<Reference> {
    let mut guessed = Vec::new();
    for (from, table) in schema.tables.iter().enumerate().filter(|(_, table)| !table.is_view) {
        for column in 0..table.columns.len() {
            if declared.iter().any(|known| known.from == from && known.columns.contains(&column)) {
                continue;
            }
            guessed.extend(target(schema, from, column).map(|(to, to_column)| Reference {
                from,
                columns: vec![column],
                to,
                to_columns: vec![to_column],
                guessed: true,
            }));
        }
    }
    guessed
}

/// The table and its column that a column names.
fn target(schema: &Schema<'_>, from: TableId, column: usize) -> Option<(TableId, usize)> {
    use ColumnKind::{Binary, Dynamic, Integer, Text, Uuid};
    let table = schema.tables[from];
    let found = &table.columns[column];
    if !matches!(found.kind, Integer | Text | Uuid | Binary | Dynamic) {
        return None;
    }
    let words = Phrase::of(&found.name);
    let is_own_key = table.primary_key == [column];
    let own = schema.phrases[from].words();
    let subject = subject(&words);
    let is_self_named = subject.as_ref().is_some_and(|subject| is_like(subject.words, own));
    if is_own_key && (is_self_named || subject.is_none()) {
        return None;
    }
    if let Some(subject) = &subject {
        let of_own = subject.words.split_first().filter(|(first, _)| *first == "parent");
        if of_own.filter(|(_, rest)| rest.is_empty() || is_like(rest, own)).is_some() {
            let key = key(schema, from).filter(|key| *key != column && fits(found, &table.columns[*key]));
            return key.map(|key| (from, key));
        }
        for phrase in subject.phrases(own) {
            let named = |to: &TableId| is_like(&phrase, schema.phrases[*to].words()) && !schema.tables[*to].is_view;
            let meant: Vec<TableId> = (0..schema.tables.len()).filter(named).collect();
            match meant.as_slice() {
                [] => {}
                // The first name that there is decides, whether or not its key fits.
                [to] => {
                    let key = referred_key(schema, *to, &words)?;
                    let is_itself = *to == from && (key == column || is_own_key);
                    return (!is_itself && fits(found, schema.column(*to, key))).then_some((*to, key));
                }
                _ => break,
            }
        }
    }
    if is_own_key {
        return None;
    }
    match named_alike(schema, from, column).as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// What a column's name says that it is the key of.
struct Subject<'w> {
    /// `billing address` of `billing_address_id`, `category default` of `id_category_default`.
    words: &'w [String],
    /// The word for "key" stands before them.
    key_first: bool,
}

impl Subject<'_> {
    /// The names that a table may have which is meant, the likeliest first: the whole; with the name of the table that the
    /// column stands in, as `group_id` of a customer; without the words that say what for.
    fn phrases(&self, own: &[String]) -> Vec<Vec<String>> {
        let words = self.words;
        let within = [rank::subject(own), words].concat();
        let shorter = (1..words.len()).map(|left_out| match self.key_first {
            true => words[..words.len() - left_out].to_vec(),
            false => words[left_out..].to_vec(),
        });
        [words.to_vec(), within].into_iter().chain(shorter).collect()
    }
}

fn subject(words: &Phrase) -> Option<Subject<'_>> {
    match words.words() {
        [rest @ .., last] if !rest.is_empty() && is_key_word(last) => Some(Subject { words: rest, key_first: false }),
        [first, rest @ ..] if !rest.is_empty() && is_key_word(first) => Some(Subject { words: rest, key_first: true }),
        [only] if only == "parent" => Some(Subject { words: words.words(), key_first: false }),
        _ => None,
    }
}

/// Whether a word says that a column names a row.
pub fn is_key_word(word: &str) -> bool {
    const WORDS: &str = "id uuid guid fk ref ids oid code";
    WORDS.split(' ').any(|other| other == word)
}

/// Other tables whose only key has the column's own name, such as `film_id`.
fn named_alike(schema: &Schema<'_>, from: TableId, column: usize) -> Vec<(TableId, usize)> {
    let found = schema.column(from, column);
    if GENERIC.split(' ').any(|name| found.name.eq_ignore_ascii_case(name)) {
        return Vec::new();
    }
    let same = |to: TableId| {
        let key = key(schema, to).filter(|_| to != from)?;
        let other = schema.column(to, key);
        (other.name.eq_ignore_ascii_case(&found.name) && fits(found, other)).then_some((to, key))
    };
    (0..schema.tables.len()).filter_map(same).collect()
}

/// The only column of a table's primary key.
fn key(schema: &Schema<'_>, table: TableId) -> Option<usize> {
    match schema.tables[table].primary_key.as_slice() {
        [only] if !schema.tables[table].is_view => Some(*only),
        _ => None,
    }
}

/// The column of a table that is meant by a name: its key, or the unique one of the same last word (`currency_code`).
fn referred_key(schema: &Schema<'_>, to: TableId, words: &Phrase) -> Option<usize> {
    let last = words.words().last()?;
    if last != "code" {
        return key(schema, to);
    }
    let columns = &schema.tables[to].columns;
    (0..columns.len()).find(|column| {
        let name = Phrase::of(&columns[*column].name);
        schema.is_unique(to, &[*column]) && name.words().last() == Some(last)
    })
}

fn fits(one: &Column, other: &Column) -> bool {
    one.kind == other.kind || one.kind == ColumnKind::Dynamic || other.kind == ColumnKind::Dynamic
}

#[cfg(test)]
mod tests {
    use super::super::sample::catalog;
    use super::super::schema::Sizes;
    use super::*;

    fn guessed(lines: &str) -> Vec<String> {
        let (catalog, sizes) = (catalog(lines), Sizes::default());
        let schema = Schema::new(&catalog, &sizes);
        let shown = schema.references.iter().filter(|reference| reference.guessed).map(|reference| {
            let own = &schema.column(reference.from, reference.columns[0]).name;
            let other = &schema.column(reference.to, reference.to_columns[0]).name;
            format!("{}.{own} -> {}.{other}", schema.name(reference.from), schema.name(reference.to))
        });
        shown.collect()
    }

    #[test]
    fn spellings_of_a_reference() {
        for (table, column) in [
            ("product", "product_id int"),
            ("products", "product_id int"),
            ("Product", "ProductID int"),
            ("product", "productId int"),
            ("product", "id_product int"),
            ("product", "fk_product int"),
            ("product", "main_product_id int"),
            ("product", "id_product_default int"),
            ("order_lines", "order_line_id int"),
        ] {
            let lines = format!("{table}: id* int, name\nother: id* int, {column}");
            let name = column.split(' ').next().unwrap();
            assert_eq!(guessed(&lines), [format!("other.{name} -> {table}.id")], "{column}");
        }
    }

    #[test]
    fn keys_of_the_same_name() {
        assert_eq!(
            guessed("film: film_id* int, title\nfilm_text: film_id* int, text\ncopy: copy_id* int, film_id int"),
            ["copy.film_id -> film.film_id", "film_text.film_id -> film.film_id"]
        );
        assert_eq!(
            guessed("products: products_id* int\nproducts_description: products_id* int, language_id* int, name"),
            ["products_description.products_id -> products.products_id"]
        );
        // Such a key is that of a table by its name, where there is one.
        assert_eq!(
            guessed("options: options_id* int\nprices: options_id* int, price decimal\nother: id* int, options_id int"),
            ["other.options_id -> options.options_id", "prices.options_id -> options.options_id"]
        );
        // Many tables have such a key, and none has its name.
        assert!(guessed("a: entity_id* int\nb: entity_id* int\nc: id* int, entity_id int").is_empty());
    }

    #[test]
    fn rows_of_the_same_table() {
        assert_eq!(guessed("category: id* int, parent_id int"), ["category.parent_id -> category.id"]);
        assert_eq!(
            guessed("category: id* int, parent_category_id int"),
            ["category.parent_category_id -> category.id"]
        );
        assert_eq!(
            guessed("categories: categories_id* int, parent_id int"),
            ["categories.parent_id -> categories.categories_id"]
        );
        assert!(guessed("tie: parent_id* int, child_id* int").is_empty());
    }

    #[test]
    fn words_that_say_what_for() {
        let tables = "address: id* int\ncategory: id* int\ncustomer: id* int, group_id int, default_billing_address_id int
            customer_group: id* int\norder_status: a* int, b* int\norders: id* int, status_id int, category_address_id int
            orders_products: id* int, orders_status_id int, id_category_default int";
        assert_eq!(
            guessed(tables),
            [
                // The table's own name before it.
                "customer.group_id -> customer_group.id",
                "customer.default_billing_address_id -> address.id",
                "orders.category_address_id -> address.id",
                // Not `orders`: there is a table of that name, whose key is another.
                "orders_products.id_category_default -> category.id",
            ]
        );
    }

    #[test]
    fn prefixes_of_a_database_do_not_count() {
        let tables =
            "ps_product: id_product* int, id_category_default int\nps_category: id_category* int\nps_lang: id_lang* int
            ps_product_lang: id_product* int, id_lang* int, name\nps_shop: id_shop* int, name";
        assert_eq!(
            guessed(tables),
            [
                "ps_product.id_category_default -> ps_category.id_category",
                "ps_product_lang.id_product -> ps_product.id_product",
                "ps_product_lang.id_lang -> ps_lang.id_lang",
            ]
        );
    }

    #[test]
    fn what_is_no_reference() {
        for lines in [
            // Other types.
            "product: id* int\nother: id* int, product_id text",
            "product: id* int\nother: id* int, product_id time",
            // The other's key is of several columns.
            "product: a* int, b* int\nother: id* int, product_id int",
            // Nothing of that name, and names that only look like it.
            "product: id* int\nother: id* int, producer_id int, product int, productid int, paid int, id_ int",
            // A code of a table without unique codes.
            "currency: id* int, code\nprice: id* int, currency_code",
            // Views are no targets, and refer to nothing.
            "view product: id int\nother: id* int, product_id int",
            // Two tables could be meant.
            "tag: id* int\ntags: id* int\nother: id* int, tag_id int",
        ] {
            assert_eq!(guessed(lines), [] as [&str; 0], "{lines}");
        }
        assert_eq!(
            guessed("currency: id* int, code^ text\nprice: id* int, currency_code"),
            ["price.currency_code -> currency.code"]
        );
    }

    #[test]
    fn what_is_declared_is_not_guessed() {
        let lines = "product: id* int\nbrand: id* int\nother: id* int, product_id int -> brand";
        assert_eq!(guessed(lines), [] as [&str; 0]);
    }
}
