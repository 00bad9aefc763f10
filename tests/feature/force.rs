//! `--force` sends every living item: unchanged, refused and parked ones too.

use crate::harness::{Reply, Shop};

#[test]
fn every_living_item_is_sent() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop.receiver.next(Reply::status(400));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "rejected=1");
    shop.put(&[(2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=2");
    shop.remove(3);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 deleted=1");
    shop.receiver.forget();

    shop.run(&["reindex", "products", "--force"]).exits(0).counts("products", "items=2 exported=2");
    assert_eq!(shop.receiver.new_items(), [r#"{"sku":"A","name":"Anvil"}"#, r#"{"sku":"B","name":"Bolt"}"#]);
    shop.run(&["reindex", "products", "--ids", "2", "--force"]).exits(0).counts("products", "items=1 exported=1");
}
