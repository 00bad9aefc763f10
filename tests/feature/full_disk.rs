//! A feed store that can grow no more: the run ends with exit code 3, and nothing is called delivered that was not.

use crate::harness::Shop;

#[test]
fn a_store_that_cannot_grow() {
    let shop = Shop::with("", "batch_size = 100");
    shop.put_many(10);
    shop.run(&["reindex", "products"]).exits(0);
    shop.sql("DELETE FROM product");
    shop.put_many(20_000);
    // Files may have 512 blocks of 512 bytes (or of 1024, by the shell); what is written past that fails with EFBIG.
    let run = shop.command(&["reindex", "products"]).after("trap '' XFSZ; ulimit -f 512").run();
    run.exits(3);
    if let Some(summary) = run.summaries.first() {
        assert_eq!(summary["outcome"], "incomplete");
        // What could not be written down is not called exported.
        let written = shop.rows("products").iter().filter(|row| row.status == 200).count();
        let counted = ["exported", "unchanged"].map(|counter| summary[counter].as_u64().unwrap_or_default() as usize);
        assert_eq!(counted.iter().sum::<usize>(), written, "{summary:?}");
    }
    let delivered = shop.receiver.state("products");
    for row in shop.rows("products").iter().filter(|row| row.status == 200) {
        let data: serde_json::Value = serde_json::from_str(&row.data).expect("stored data is JSON");
        assert!(
            delivered.contains_key(&serde_json::json!([data["sku"]]).to_string()),
            "{} was not delivered",
            row.data
        );
    }
    shop.run(&["reindex", "products"]).exits(0);
    assert_eq!(shop.receiver.documents("products").len(), 20_000);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=20000 requests=0");
}
