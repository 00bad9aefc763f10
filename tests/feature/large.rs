//! Entities that are much larger than those before them: a batch of them is built in parts, and nothing of it is lost.

use crate::harness::Shop;

const SMALL: usize = 350;
const LARGE: usize = 30;

/// The large ones come in the third batch, whose size the small ones have set.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.put_many(SMALL + LARGE);
    shop.sql(&format!("UPDATE product SET name = name || hex(zeroblob(200000)) WHERE id > {SMALL}"));
    shop
}

#[test]
fn a_batch_that_is_too_large_is_built_in_parts() {
    let shop = shop();
    let run = shop.run(&["reindex", "products"]);
    run.exits(0).outcome("products", "complete").counts("products", "entities=380 items=380 exported=380");
    assert_eq!(shop.receiver.documents("products").len(), SMALL + LARGE);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "entities=380 unchanged=380 requests=0");
    shop.remove(1).remove(380);
    shop.sql("UPDATE product SET sku = sku || 'x' WHERE id IN (2, 379)");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "entities=378 unchanged=376 exported=2 deleted=4");
    shop.run(&["reindex", "products", "--dry-run"]).exits(0).counts("products", "entities=378 unchanged=378");
}

#[test]
fn listed_ids_too() {
    let shop = shop();
    let ids: Vec<String> = (SMALL + 1..=SMALL + LARGE).map(|id| id.to_string()).collect();
    shop.run(&["reindex", "products", "--ids", &ids.join(",")]).exits(0).counts("products", "entities=30 exported=30");
    assert_eq!(shop.receiver.documents("products").len(), LARGE);
}
