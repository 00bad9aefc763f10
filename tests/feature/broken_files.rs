//! Broken configuration and definitions: exit code 2, nothing read or sent, and the message says where.

use crate::harness::{PRODUCTS, Shop};

fn shop() -> Shop {
    let shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    shop
}

#[test]
fn a_broken_feed_file_stops_the_runs_that_name_it() {
    let shop = shop();
    shop.feed("broken", &PRODUCTS.replace("\"products\"", "\"broken\"").replace("sku = \"sku\"", "sku = \"skoo\""));
    shop.run(&["reindex", "broken"]).exits(2).says("broken.toml").says("skoo");
    shop.run(&["reindex", "products", "broken"]).exits(2);
    shop.run(&["reindex", "--all"]).exits(2).says("broken.toml");
    assert_eq!(shop.receiver.request_count(), 0);
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
}

#[test]
fn a_feed_file_that_is_no_toml() {
    let shop = shop();
    for text in ["name = ", "\u{0}\u{1}", "[fields", "", "= 3"] {
        shop.feed("products", text);
        shop.run(&["reindex", "products"]).exits(2).says("products.toml");
    }
    std::fs::write(shop.path("feeds/products.toml"), b"name = \"\xff\xfe\"").expect("a file can be written");
    shop.run(&["reindex", "products"]).exits(2).says("products.toml");
}

#[test]
fn a_broken_configuration() {
    let shop = shop();
    let good = shop.read("feedmill.toml");
    for (broken, named) in [
        (good.replace("url = \"sqlite:shop.db\"", "ulr = \"sqlite:shop.db\""), "ulr"),
        (good.replace("sqlite:shop.db", "oracle:shop"), "oracle"),
        (good.replace("timeout = \"30s\"", "timeout = \"30 parsecs\""), "timeout"),
        (good.replace("[consumers.search]", "[consumers.serach]"), "search"),
        (good.replace("http://", "gopher://"), "gopher"),
        (format!("{good}colour = \"red\"\n"), "colour"),
        (format!("{good}format = \"yaml\"\n"), "yaml"),
        (format!("{good}headers = {{ Authorization = \"Bearer ${{UNSET_TOKEN}}\" }}\n"), "UNSET_TOKEN"),
        ("[source\n".to_owned(), "feedmill.toml"),
        (String::new(), "source"),
    ] {
        shop.write("feedmill.toml", &broken);
        shop.run(&["reindex", "products"]).exits(2).says(named);
        shop.run(&["check"]).exits(2);
    }
    assert_eq!(shop.receiver.request_count(), 0);
}

#[test]
fn no_configuration_at_all() {
    let shop = shop();
    std::fs::remove_file(shop.path("feedmill.toml")).expect("a file that is there");
    shop.run(&["reindex", "products"]).exits(2).says("feedmill.toml");
}

#[test]
fn the_configuration_may_stand_elsewhere() {
    let shop = shop();
    std::fs::create_dir(shop.path("etc")).expect("a folder can be made");
    let config = shop
        .read("feedmill.toml")
        .replace("sqlite:", "sqlite:../")
        .replace("[source]", "feeds_dir = \"../feeds\"\n[source]");
    shop.write("etc/mill.toml", &config);
    std::fs::remove_file(shop.path("feedmill.toml")).expect("a file that is there");
    shop.run(&["reindex", "products", "--config", "etc/mill.toml"]).exits(0).counts("products", "exported=1");
    let run = shop.command(&["reindex", "products"]).env("FEEDMILL_CONFIG", "etc/mill.toml").run();
    run.exits(0).counts("products", "unchanged=1");
}

#[test]
fn variables_come_from_the_environment() {
    let shop = shop();
    shop.consumer_options("headers = { X-Token = \"a${TOKEN}$$b\" }");
    shop.run(&["reindex", "products"]).exits(2).says("TOKEN");
    shop.command(&["reindex", "products"]).env("TOKEN", "x${HOME}$$\"").run().exits(0).counts("products", "exported=1");
    assert_eq!(shop.receiver.new_requests()[0].header("x-token"), Some("ax${HOME}$$\"$b"));
}
