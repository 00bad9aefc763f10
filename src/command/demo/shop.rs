//! The demo's shop: a database of products over thirteen tables, the same on every machine.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

const SCHEMA: &str = include_str!("../../../schema/demo/shop.sql");
const DELETE_PRODUCT: &str = include_str!("../../../schema/demo/delete_product.sql");

/// Enough for a bar to be seen, few enough for a demo of seconds.
pub const PRODUCTS: i64 = 3_000;
const BRANDS: i64 = 40;

/// The owner's side of the demo: the only one that writes to the shop.
pub struct Shop {
    database: Connection,
}

impl Shop {
    /// Makes the shop in a new file.
    pub fn create(file: &Path) -> rusqlite::Result<Self> {
        let mut database = Connection::open(file)?;
        // Readers go on while the shop is edited; and nothing here is worth waiting for the disk.
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.pragma_update(None, "synchronous", "OFF")?;
        let transaction = database.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        fill(&transaction)?;
        transaction.commit()?;
        database.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Shop { database })
    }

    pub fn tables(&self) -> rusqlite::Result<u64> {
        self.number("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", 0)
    }

    /// Items that a feed of all products must have, counted by the database itself.
    pub fn items(&self) -> rusqlite::Result<u64> {
        self.number(ITEMS, 0)
    }

    pub fn items_of_brand(&self, brand: i64) -> rusqlite::Result<u64> {
        self.number(&format!("{ITEMS} AND product.brand_id = ?1"), brand)
    }

    pub fn items_of_product(&self, product: i64) -> rusqlite::Result<u64> {
        self.number(&format!("{ITEMS} AND product.id = ?1"), product)
    }

    /// The products of a brand that have items.
    pub fn products_of_brand(&self, brand: i64) -> rusqlite::Result<u64> {
        let sql = ITEMS.replace("COUNT(*)", "COUNT(DISTINCT product.id)");
        self.number(&format!("{sql} AND product.brand_id = ?1"), brand)
    }

    pub fn brand_name(&self, brand: i64) -> rusqlite::Result<String> {
        self.database.query_row("SELECT name FROM brand WHERE id = ?1", [brand], |row| row.get(0))
    }

    pub fn rename_brand(&self, brand: i64, name: &str) -> rusqlite::Result<()> {
        self.database.execute("UPDATE brand SET name = ?2 WHERE id = ?1", params![brand, name]).map(drop)
    }

    /// The first products, from `from` on, that have exactly one item.
    pub fn products_with_one_item(&self, from: i64, limit: i64) -> rusqlite::Result<Vec<i64>> {
        let sql = ITEMS.replace("COUNT(*)", "product.id");
        let sql =
            format!("{sql} AND product.id >= ?1 GROUP BY product.id HAVING COUNT(*) = 1 ORDER BY product.id LIMIT ?2");
        let mut query = self.database.prepare(&sql)?;
        query.query_map([from, limit], |row| row.get(0))?.collect()
    }

    pub fn sku(&self, product: i64) -> rusqlite::Result<String> {
        self.database.query_row("SELECT sku FROM product WHERE id = ?1", [product], |row| row.get(0))
    }

    pub fn add_to_price(&self, product: i64, amount: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE product SET price = ROUND(price + ?2, 2) WHERE id = ?1";
        self.database.execute(sql, [product, amount]).map(drop)
    }

    /// Turns the sign of a price, as a slip of the keyboard would.
    pub fn negate_price(&self, product: i64) -> rusqlite::Result<()> {
        self.database.execute("UPDATE product SET price = -price WHERE id = ?1", [product]).map(drop)
    }

    pub fn delete_product(&mut self, product: i64) -> rusqlite::Result<()> {
        let transaction = self.database.transaction()?;
        for statement in DELETE_PRODUCT.split_inclusive(';').filter(|statement| statement.contains("DELETE")) {
            transaction.execute(statement, rusqlite::named_params! { ":id": product })?;
        }
        transaction.commit()
    }

    fn number(&self, sql: &str, parameter: i64) -> rusqlite::Result<u64> {
        let mut query = self.database.prepare(sql)?;
        let parameters: &[i64] = if query.parameter_count() == 0 { &[] } else { &[parameter] };
        query.query_row(rusqlite::params_from_iter(parameters), |row| row.get(0)).map(i64::unsigned_abs)
    }
}

/// What the definition of `products` says, in the database's own words.
const ITEMS: &str = "SELECT COUNT(*) FROM product \
    JOIN product_website ON product_website.product_id = product.id \
    JOIN store_view ON store_view.website_id = product_website.website_id AND store_view.active = 1 \
    WHERE product.status <> 'draft'";

fn fill(shop: &Transaction<'_>) -> rusqlite::Result<()> {
    scopes(shop)?;
    brands(shop)?;
    let categories = categories(shop)?;
    let mut dice = Dice(0x5eed_feed);
    let mut products = Products::prepare(shop)?;
    for id in 1..=PRODUCTS {
        products.insert(id, categories, &mut dice)?;
    }
    Ok(())
}

fn scopes(shop: &Transaction<'_>) -> rusqlite::Result<()> {
    shop.execute_batch(
        "INSERT INTO website VALUES (1, 'main', 'Main shop'), (2, 'outlet', 'Outlet');
         INSERT INTO store_view VALUES
             (1, 1, 'en', 'en_IE', 'EUR', 'https://shop.example/', 1),
             (2, 1, 'de', 'de_DE', 'EUR', 'https://shop.example/de/', 1),
             (3, 1, 'fr', 'fr_FR', 'EUR', 'https://shop.example/fr/', 0),
             (4, 2, 'outlet', 'en_IE', 'EUR', 'https://outlet.example/', 1);
         INSERT INTO tax_class VALUES (1, 'standard', 19), (2, 'reduced', 7.5);",
    )
}

const FIRST: [&str; 8] = ["North", "Oak", "Silver", "Harbour", "Red", "Morning", "Stone", "Field"];
const SECOND: [&str; 5] = ["wood", "gate", "mill", "bridge", "well"];

fn brands(shop: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut insert = shop.prepare("INSERT INTO brand VALUES (?1, ?2, ?3)")?;
    for id in 1..=BRANDS {
        let n = id as usize - 1;
        let name = format!("{}{}", FIRST[n % FIRST.len()], SECOND[n / FIRST.len() % SECOND.len()]);
        insert.execute(params![id, name, ["DE", "SE", "PT", "IE"][n % 4]])?;
    }
    Ok(())
}

/// A tree of three levels; gives the number of categories.
fn categories(shop: &Transaction<'_>) -> rusqlite::Result<i64> {
    let mut insert = shop.prepare("INSERT INTO category VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut id = 0;
    for (i, top) in ["Kitchen", "Living", "Garden", "Workshop", "Travel"].into_iter().enumerate() {
        id += 1;
        let top_id = id;
        let top_path = top.to_lowercase();
        insert.execute(params![top_id, None::<i64>, top, top_path, i as i64 + 1])?;
        for (j, middle) in ["Basics", "Tools", "Textiles"].into_iter().enumerate() {
            id += 1;
            let middle_id = id;
            let middle_path = format!("{top_path}/{}", middle.to_lowercase());
            insert.execute(params![middle_id, top_id, format!("{top} {middle}"), middle_path, j as i64 + 1])?;
            for (k, leaf) in ["New", "Classic", "Sale"].into_iter().enumerate() {
                id += 1;
                let path = format!("{middle_path}/{}", leaf.to_lowercase());
                insert.execute(params![id, middle_id, leaf, path, k as i64 + 1])?;
            }
        }
    }
    Ok(id)
}

const MATERIALS: [&str; 7] = ["Linen", "Beech", "Steel", "Cotton", "Clay", "Cork", "Wool"];
const THINGS: [&str; 12] =
    ["Bowl", "Lamp", "Board", "Apron", "Basket", "Kettle", "Stool", "Blanket", "Jug", "Shelf", "Bag", "Tray"];

/// The statements that make a product and everything that hangs on it, each prepared once.
struct Products<'a> {
    shop: &'a Transaction<'a>,
    product: rusqlite::Statement<'a>,
    website: rusqlite::Statement<'a>,
    category: rusqlite::Statement<'a>,
    image: rusqlite::Statement<'a>,
    option: rusqlite::Statement<'a>,
    option_value: rusqlite::Statement<'a>,
    stock: rusqlite::Statement<'a>,
    review: rusqlite::Statement<'a>,
}

impl<'a> Products<'a> {
    fn prepare(shop: &'a Transaction<'a>) -> rusqlite::Result<Self> {
        Ok(Products {
            shop,
            product: shop.prepare(
                "INSERT INTO product VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
            )?,
            website: shop.prepare("INSERT INTO product_website VALUES (?1, ?2)")?,
            category: shop.prepare("INSERT OR IGNORE INTO category_product VALUES (?1, ?2, ?3)")?,
            image: shop.prepare("INSERT INTO product_image VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")?,
            option: shop.prepare("INSERT INTO product_option VALUES (NULL, ?1, ?2, ?3)")?,
            option_value: shop.prepare("INSERT INTO product_option_value VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")?,
            stock: shop.prepare("INSERT INTO stock_item VALUES (?1, ?2, ?3)")?,
            review: shop.prepare("INSERT INTO review VALUES (NULL, ?1, ?2, ?3)")?,
        })
    }

    fn insert(&mut self, id: i64, categories: i64, dice: &mut Dice) -> rusqlite::Result<()> {
        let thing = THINGS[dice.below(THINGS.len() as u64) as usize];
        let name = format!("{} {thing} {id}", MATERIALS[dice.below(MATERIALS.len() as u64) as usize]);
        let sku = format!("{}-{id:05}", thing[..2].to_uppercase());
        self.product.execute(params![
            id,
            sku,
            name,
            dice.one_in(3).then_some(thing),
            name.to_lowercase().replace(' ', "-"),
            (!dice.one_in(50)).then(|| dice.between(1, BRANDS)),
            (!dice.one_in(20)).then(|| dice.between(1, 2)),
            dice.between(199, 49_999) as f64 / 100.0,
            (!dice.one_in(10)).then(|| dice.between(50, 20_000) as f64 / 1_000.0),
            // Both or neither: a size without a height is none.
            (id % 4 != 0).then(|| dice.between(5, 200)),
            (id % 4 != 0).then(|| dice.between(5, 200)),
            if dice.one_in(100) { "draft" } else { ["1", "1", "1", "2"][dice.below(4) as usize] },
            dice.between(1, 4),
            dice.one_in(5).then(|| format!(r#"{{"washable": {}, "batch": {}}}"#, id % 2 == 0, dice.between(1, 9))),
            dice.moment(),
        ])?;
        match dice.below(10) {
            0..7 => self.website.execute([id, 1])?,
            7..9 => self.website.execute([id, 2])?,
            _ => self.website.execute([id, 1])? + self.website.execute([id, 2])?,
        };
        for position in 1..=dice.between(1, 3) {
            self.category.execute([dice.between(1, categories), id, position])?;
        }
        for position in 1..=dice.between(0, 4) {
            let path = format!("{}/{id}-{position}.jpg", id % 10);
            self.image.execute(params![id, path, format!("{thing}, view {position}"), position, dice.one_in(12)])?;
        }
        if dice.one_in(4) {
            self.options(id, &sku, dice)?;
        }
        for warehouse in ["east", "west"] {
            self.stock.execute(params![id, warehouse, dice.between(0, 40)])?;
        }
        for _ in 0..dice.below(4) {
            self.review.execute(params![id, dice.between(1, 5), dice.moment()])?;
        }
        Ok(())
    }

    fn options(&mut self, product: i64, sku: &str, dice: &mut Dice) -> rusqlite::Result<()> {
        for (sort_order, title) in ["Size", "Colour"].into_iter().enumerate().take(dice.between(1, 2) as usize) {
            self.option.execute(params![product, title, sort_order as i64 + 1])?;
            let option = self.shop.last_insert_rowid();
            for value in 1..=dice.between(2, 4) {
                let name = match title {
                    "Size" => ["S", "M", "L", "XL"][value as usize - 1],
                    _ => ["white", "grey", "green", "blue"][value as usize - 1],
                };
                let surcharge = dice.between(0, 500) as f64 / 100.0;
                self.option_value.execute(params![option, format!("{sku}-{name}"), name, surcharge, value])?;
            }
        }
        Ok(())
    }
}

/// The same throws every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.throw() % n
    }

    /// Both ends included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A moment of 2025.
    fn moment(&mut self) -> String {
        format!(
            "2025-{:02}-{:02} {:02}:{:02}:{:02}",
            self.between(1, 12),
            self.between(1, 28),
            self.below(24),
            self.below(60),
            self.below(60)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shop_is_what_the_story_needs() {
        let folder = tempfile::tempdir().unwrap();
        let mut shop = Shop::create(&folder.path().join("shop.db")).unwrap();
        assert!(shop.tables().unwrap() >= 10);
        let items = shop.items().unwrap();
        assert!((4_000..8_000).contains(&items), "{items}");
        let brand = shop.items_of_brand(7).unwrap();
        assert!(brand > 20 && brand < items / 10, "{brand}");
        assert!(shop.products_of_brand(7).unwrap() < brand);
        let single = shop.products_with_one_item(100, 5).unwrap();
        assert_eq!(single.len(), 5);
        for product in single {
            assert_eq!(shop.items_of_product(product).unwrap(), 1);
        }
        shop.delete_product(10).unwrap();
        assert_eq!(shop.items_of_product(10).unwrap(), 0);
        let left = "SELECT COUNT(*) FROM product_option_value WHERE option_id NOT IN (SELECT id FROM product_option)";
        assert_eq!(shop.number(left, 0).unwrap(), 0);
    }

    #[test]
    fn it_is_the_same_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let sum = "SELECT SUM(id * LENGTH(name) + CAST(price * 100 AS INTEGER)) FROM product";
        let sums = ["a.db", "b.db"].map(|file| {
            let shop = Shop::create(&folder.path().join(file)).unwrap();
            shop.number(sum, 0).unwrap()
        });
        assert_eq!(sums[0], sums[1]);
    }
}
