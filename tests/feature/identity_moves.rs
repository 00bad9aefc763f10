//! An identity that another entity takes over is never deleted at the consumer; one that two entities claim goes to
//! neither newcomer.

use crate::harness::{PRODUCTS, Shop};

const TWO: &[(i64, &str, &str)] = &[(1, "A", "Anvil"), (2, "B", "Bolt")];

#[track_caller]
fn no_deletes(shop: &Shop) {
    let deletes: Vec<String> = shop.receiver.new_items().into_iter().filter(|item| item.contains("deleted")).collect();
    assert_eq!(deletes, [""; 0]);
}

fn recreated(name: &str) -> Shop {
    let shop = Shop::delivered(TWO);
    shop.remove(1);
    shop.put(&[(9, "A", name)]);
    shop
}

#[test]
fn a_product_created_again_unchanged_only_changes_its_owner() {
    for arguments in [&["reindex", "products"][..], &["reindex", "products", "--ids", "9"]] {
        let shop = recreated("Anvil");
        let run = shop.run(arguments);
        run.exits(0)
            .counts("products", if arguments.len() == 2 { "unchanged=2 requests=0" } else { "unchanged=1 requests=0" });
        insta::allow_duplicates! {
            insta::assert_snapshot!(shop.feed_table("products"), @r#"
            2 {"sku":"B"} h1 200
            9 {"sku":"A"} h2 200
            "#);
        }
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
    }
}

#[test]
fn a_product_created_again_with_other_data_is_sent() {
    for ids in ["9", "1,9", "9,1"] {
        let shop = recreated("Anvil 2");
        shop.run(&["reindex", "products", "--ids", ids]).exits(0).counts("products", "exported=1");
        no_deletes(&shop);
        assert_eq!(shop.delivered_names(), ["A Anvil 2", "B Bolt"]);
    }
    let shop = recreated("Anvil 2");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1");
    no_deletes(&shop);
}

#[test]
fn a_product_created_again_is_not_deleted_when_only_its_old_id_is_named() {
    let shop = recreated("Anvil");
    shop.run(&["reindex", "products", "--ids", "1"]);
    assert_eq!(shop.delivered_names(), ["A Anvil", "B Bolt"]);
    shop.run(&["reindex", "products"]).exits(0);
    no_deletes(&shop);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
}

#[test]
fn two_products_swap_their_skus() {
    for ids in [None, Some("1"), Some("2"), Some("1,2")] {
        let shop = Shop::delivered(TWO);
        shop.put(&[(1, "B", "Anvil"), (2, "A", "Bolt")]);
        if let Some(ids) = ids {
            shop.run(&["reindex", "products", "--ids", ids]);
        }
        shop.run(&["reindex", "products"]).exits(0);
        no_deletes(&shop);
        assert_eq!(shop.delivered_names(), ["A Bolt", "B Anvil"], "{ids:?}");
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
    }
}

#[test]
fn a_sku_moves_on_and_another_is_taken_out() {
    let shop = Shop::delivered(&[(1, "A", "Anvil"), (2, "B", "Bolt"), (3, "C", "Cog")]);
    shop.put(&[(1, "D", "Anvil"), (2, "A", "Bolt"), (3, "B", "Cog")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "items=4 exported=3 deleted=1");
    assert_eq!(shop.delivered_names(), ["A Bolt", "B Cog", "D Anvil"]);
    let deletes: Vec<String> = shop.receiver.new_items().into_iter().filter(|item| item.contains("deleted")).collect();
    assert_eq!(deletes, [r#"{"sku":"C","deleted":true}"#]);
}

#[test]
fn all_skus_move_while_eight_threads_work() {
    let shop = Shop::with("", "thread_count = 8\nbatch_size = 3");
    shop.put_many(300);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=300");
    for turn in 1..=3 {
        shop.receiver.forget();
        shop.sql(&format!("UPDATE product SET sku = printf('S%05d', (id * 7 + {turn} * 11) % 300 + 1)"));
        shop.run(&["reindex", "products"]).exits(0);
        no_deletes(&shop);
        let expected: Vec<String> = {
            let source = shop.source();
            let mut query = source.prepare("SELECT sku || ' ' || name FROM product ORDER BY sku").expect("valid SQL");
            let names = query.query_map([], |row| row.get(0)).expect("a query that can run");
            names.collect::<Result<_, _>>().expect("rows that can be read")
        };
        assert_eq!(shop.delivered_names(), expected);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=300 requests=0");
    }
}

#[test]
fn a_second_entity_with_a_living_identity_is_invalid() {
    let shop = Shop::delivered(TWO);
    shop.put(&[(7, "A", "Axe")]);
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "items=3 unchanged=2 invalid=1 requests=0").says("1").says("7");
    assert_eq!(shop.delivered_names(), ["A Anvil", "B Bolt"]);
    shop.run(&["reindex", "products", "--ids", "7"]).exits(1).counts("products", "items=1 invalid=1 requests=0");

    // The newcomer gets the identity once its owner lets go of it.
    shop.put(&[(1, "C", "Anvil")]);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=2");
    assert_eq!(shop.delivered_names(), ["A Axe", "B Bolt", "C Anvil"]);
}

#[test]
fn of_two_new_entities_with_one_identity_one_is_invalid() {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil"), (2, "A", "Axe"), (3, "B", "Bolt")]);
    shop.run(&["reindex", "products"]).exits(1).counts("products", "items=3 exported=2 invalid=1");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "items=3 unchanged=2 invalid=1 requests=0");
    assert_eq!(shop.receiver.documents("products").len(), 2);
}

#[test]
fn the_second_item_of_an_entity_with_one_identity_is_invalid() {
    let shop = Shop::new();
    shop.sql("CREATE TABLE label (id INTEGER PRIMARY KEY, product_id INTEGER, text TEXT)");
    shop.sql("INSERT INTO label VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three')");
    let join = "key = \"id\"\njoin = [{ table = \"label\", on = { product_id = \"id\" } }]";
    shop.feed("products", &format!("{}text = \"label.text\"\n", PRODUCTS.replace("key = \"id\"", join)));
    shop.put(TWO);
    shop.run(&["reindex", "products"]).exits(1).counts("products", "entities=2 items=3 exported=2 invalid=1");
    shop.run(&["reindex", "products"]).exits(1).counts("products", "items=3 unchanged=2 invalid=1 requests=0");
    assert_eq!(shop.receiver.documents("products").len(), 2);
}

#[test]
fn a_product_created_again_with_data_that_cannot_be_written_is_not_deleted() {
    for arguments in [&["reindex", "products"][..], &["reindex", "products", "--ids", "1"]] {
        let shop = recreated("Anvil");
        shop.sql("UPDATE product SET name = CAST(X'FF' AS TEXT) WHERE id = 9");
        shop.run(arguments);
        no_deletes(&shop);
        assert_eq!(shop.delivered_names(), ["A Anvil", "B Bolt"]);
        shop.put(&[(9, "A", "Anvil 9")]);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 exported=1 deleted=0");
        shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=2 requests=0");
    }
}
