//! One random edit of the source, and the cure of all that keeps an item from the consumer.

use super::catalogue;
use super::random::Random;
use rusqlite::Connection;

/// A name that the consumer refuses.
pub const REFUSED: &str = "REFUSED";

fn product_ids(source: &Connection) -> Vec<u64> {
    let mut query = source.prepare("SELECT id FROM product ORDER BY id").expect("valid SQL");
    let ids = query.query_map([], |row| row.get::<_, i64>(0)).expect("a query that can run");
    ids.map(|id| id.expect("a row that can be read").unsigned_abs()).collect()
}

/// Statements of one edit. Some make items invalid, or such that the consumer refuses them.
pub fn edit(source: &Connection, random: &mut Random) -> String {
    let ids = product_ids(source);
    let Some(newest) = ids.last().copied() else { return catalogue::product(1, random) };
    let (id, other) = (random.pick(&ids), random.pick(&ids));
    let small = random.between(1, 4);
    let store = random.between(1, 3);
    let row = random.between(1, newest * 2);
    match random.below(31) {
        0 => format!("UPDATE product SET name = '{}' WHERE id = {id}", catalogue::name(random)),
        1 => format!("UPDATE product SET price = {} WHERE id = {id}", catalogue::price(random)),
        2 => format!("UPDATE brand SET name = 'Brand {}' WHERE id = {small}", random.below(3)),
        3 => format!("UPDATE brand SET country = {} WHERE id = {small}", catalogue::country(random)),
        4 => format!("UPDATE product SET brand_id = {} WHERE id = {id}", random.pick(&["1", "2", "3", "99", "NULL"])),
        5 => format!("UPDATE category SET path = 'path/{}' WHERE id = {small}", random.below(3)),
        6 => format!("INSERT OR REPLACE INTO category_product VALUES ({small}, {id}, {})", random.below(3)),
        7 => format!("DELETE FROM category_product WHERE product_id = {id}"),
        8 => catalogue::option(id, random),
        9 => format!("UPDATE product_option SET sort_order = {} WHERE id = {row}", catalogue::order(random)),
        10 => format!("UPDATE product_option SET product_id = {other} WHERE product_id = {id}"),
        11 => catalogue::option_value(row, random),
        12 => format!("UPDATE product_option_value SET price = {} WHERE id = {row}", catalogue::price(random)),
        13 => format!("DELETE FROM product_option_value WHERE option_id = {row}"),
        14 => catalogue::value_label(row, random),
        15 => format!("DELETE FROM value_label WHERE value_id = {row}"),
        16 => format!("UPDATE store_view SET active = 1 - active WHERE id = {store}"),
        17 => format!("INSERT OR REPLACE INTO product_store VALUES ({id}, {store}, {})", catalogue::label(random)),
        18 => format!("DELETE FROM product_store WHERE product_id = {id} AND store_id = {store}"),
        19 => format!("DELETE FROM product WHERE id = {id}"),
        20 => {
            let new = newest + 1;
            format!(
                "{}; INSERT OR REPLACE INTO product_store VALUES ({new}, {store}, NULL)",
                catalogue::product(new, random)
            )
        }
        21 => {
            let state = random.pick(&["on", "off", "draft"]);
            format!("UPDATE product SET state = '{state}' WHERE id = {id}")
        }
        22 => swap(id, other),
        23 => created_again(id, newest + 1),
        24 => format!("DELETE FROM product WHERE id % {} = {}", random.between(2, 4), random.below(2)),
        25 => format!("UPDATE product SET modified_at = modified_at + 1 WHERE id IN ({id}, {other})"),
        26 => format!("UPDATE product SET sku = NULL WHERE id = {id}"),
        27 => format!("UPDATE product SET price = 'a lot' WHERE id = {id}"),
        28 => format!("UPDATE product SET sku = (SELECT sku FROM product WHERE id = {other}) WHERE id = {id}"),
        29 => format!(
            "UPDATE product_store SET label = CAST(X'FF' AS TEXT) WHERE product_id = {id} AND store_id = {store}"
        ),
        _ => format!("UPDATE product SET name = '{REFUSED} {}' WHERE id = {id}", random.below(2)),
    }
}

/// Two products change their SKUs.
fn swap(one: u64, other: u64) -> String {
    format!(
        "UPDATE product SET sku = CASE id WHEN {one} THEN (SELECT sku FROM product WHERE id = {other})
            ELSE (SELECT sku FROM product WHERE id = {one}) END WHERE id IN ({one}, {other})"
    )
}

/// A product with all that belongs to it gets a new id.
fn created_again(id: u64, new: u64) -> String {
    format!(
        "BEGIN; UPDATE product SET id = {new} WHERE id = {id};
         UPDATE OR REPLACE product_store SET product_id = {new} WHERE product_id = {id};
         UPDATE OR REPLACE category_product SET product_id = {new} WHERE product_id = {id};
         UPDATE product_option SET product_id = {new} WHERE product_id = {id}; COMMIT"
    )
}

/// Whatever makes an item invalid or refused ends.
pub fn cure(source: &Connection) {
    let cure = format!(
        "UPDATE product SET name = 'Cured' WHERE name LIKE '{REFUSED}%';
         UPDATE product SET price = 1 WHERE typeof(price) = 'text';
         UPDATE product_store SET label = NULL WHERE CAST(label AS BLOB) = X'FF';
         UPDATE product SET sku = 'FREE-' || id WHERE sku IS NULL
             OR EXISTS (SELECT 1 FROM product AS twin WHERE twin.sku = product.sku AND twin.id < product.id);"
    );
    source.execute_batch(&cure).expect("valid SQL");
}
