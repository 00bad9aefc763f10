//! Secrets stand in no output, no log, no feed store, whatever the consumer says back.

use crate::harness::{Reply, Rule, Run, Shop};

const TOKEN: &str = "tok-3b1c9f0a77";

fn shop() -> Shop {
    let shop = Shop::with("request_retries = 0\nheaders = { Authorization = \"Bearer ${SEARCH_TOKEN}\" }", "");
    shop.put(&[(1, "A", "Anvil"), (2, "B", "Bolt")]);
    shop
}

fn run(shop: &Shop, arguments: &[&str]) -> Run {
    shop.command(arguments).env("SEARCH_TOKEN", TOKEN).run()
}

/// No file that the program wrote holds the secret.
fn nowhere(shop: &Shop, secret: &str) {
    for name in ["feedmill.db", "feedmill.db-wal"] {
        let bytes = std::fs::read(shop.path(name)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name} holds {secret}");
    }
}

#[test]
fn a_token_that_the_consumer_says_back_is_blanked() {
    let shop = shop();
    let echo = format!("the token Bearer {TOKEN} has no rights; {TOKEN}");
    shop.receiver.next(Reply::status(401).body(&echo));
    run(&shop, &["reindex", "products", "-v", "-v"]).exits(1).says("has no rights").keeps_secret(TOKEN);
    shop.receiver.next(Reply::status(500).body(&echo));
    run(&shop, &["reindex", "products"]).exits(1).keeps_secret(TOKEN);
    nowhere(&shop, TOKEN);
}

#[test]
fn a_token_in_a_message_about_an_item_is_blanked() {
    let shop = shop();
    shop.receiver.rule(Rule::new(|request| {
        let place = request.items.iter().position(|item| item.sku() == "A")?;
        Some(Reply::item_errors(200, &[(place, Some(400), "tok-3b1c9f0a77 may not write this")]))
    }));
    run(&shop, &["reindex", "products"]).exits(1).keeps_secret(TOKEN);
    assert!(shop.rows("products")[0].errors.as_deref().unwrap_or_default().contains("may not write this"));
    nowhere(&shop, TOKEN);
    let explained = run(&shop, &["explain", "products", "1"]);
    explained.keeps_secret(TOKEN);
}

#[test]
fn urls_print_without_userinfo_and_query() {
    let mut shop = Shop::new();
    shop.put(&[(1, "A", "Anvil")]);
    let url = shop.receiver.url().replace("http://", "http://user:passw0rd-x@") + "?key=qu3ry-key";
    shop.config(&format!("[consumers.search]\nurl = \"{url}\"\nrequest_retries = 0\n"));
    shop.receiver.next(Reply::status(403).body("no"));
    let run = shop.run(&["reindex", "products", "-v"]);
    run.exits(1).keeps_secret("passw0rd-x").keeps_secret("qu3ry-key");
    assert_eq!(shop.receiver.new_requests()[0].path, "/v1/items?key=qu3ry-key");
    shop.receiver.down();
    let run = shop.run(&["reindex", "products", "-v"]);
    run.exits(1).keeps_secret("passw0rd-x").keeps_secret("qu3ry-key");
    for arguments in [&["status"][..], &["check"], &["explain", "products", "1"]] {
        shop.run(arguments).keeps_secret("passw0rd-x").keeps_secret("qu3ry-key");
    }
    nowhere(&shop, "passw0rd-x");
    nowhere(&shop, "qu3ry-key");
}

/// As hooks have them. Another token is another place, and neither is written down.
#[test]
fn a_token_in_the_path_of_a_url_is_written_nowhere() {
    const OTHER: &str = "tok-77a0f9c1b3";
    let shop = shop();
    let hook = shop.receiver.url_of("/hooks/${SEARCH_TOKEN}");
    shop.config(&format!("[consumers.search]\nurl = \"{hook}\"\nrequest_retries = 0\n"));
    run(&shop, &["reindex", "products", "-v"]).exits(0).keeps_secret(TOKEN);
    assert_eq!(shop.receiver.new_requests()[0].path, format!("/hooks/{TOKEN}"));
    for arguments in [&["status"][..], &["check"], &["explain", "products", "1"]] {
        run(&shop, arguments).keeps_secret(TOKEN);
    }
    let moved = shop.command(&["reindex", "products"]).env("SEARCH_TOKEN", OTHER).run();
    moved.exits(2).says("/hooks/***").keeps_secret(TOKEN).keeps_secret(OTHER);
    nowhere(&shop, TOKEN);
}

#[test]
fn a_broken_configuration_does_not_quote_its_secrets() {
    let shop = shop();
    let good = shop.read("feedmill.toml");
    shop.write("feedmill.toml", &good.replace("http://", "http//user:passw0rd-x@"));
    run(&shop, &["check"]).exits(2).keeps_secret("passw0rd-x");
    shop.write("feedmill.toml", &good.replace("timeout = \"30s\"", "timeout = \"${SEARCH_TOKEN}\""));
    run(&shop, &["check"]).exits(2).keeps_secret(TOKEN);
}

#[test]
fn what_is_masked_is_quoted_nowhere() {
    let shop = Shop::new();
    shop.sql("ALTER TABLE product ADD COLUMN contact TEXT");
    let feed = format!("{}contact = {{ column = \"contact\", mask = \"hmac\" }}\n", crate::harness::PRODUCTS);
    shop.feed("products", &feed);
    let config = shop.read("feedmill.toml");
    shop.write("feedmill.toml", &format!("{config}[masks]\nkey = \"${{MASK_KEY}}\"\n"));
    shop.sql("INSERT INTO product VALUES (1, 'A', 'Anvil', 'anna@example.org'), (2, 'B', 'Bolt', CAST(X'626F6240FF' AS TEXT))");
    let command = shop.command(&["reindex", "products", "-v", "-v"]).env("MASK_KEY", "k3y-of-masks");
    command
        .run()
        .exits(1)
        .counts("products", "exported=1 invalid=1")
        .keeps_secret("anna@")
        .keeps_secret("bob@")
        .keeps_secret("k3y-of-masks");
    let sent = shop.receiver.documents("products").concat();
    assert!(!sent.contains("anna") && sent.contains("\"contact\":\""), "{sent}");
    nowhere(&shop, "anna@");
    nowhere(&shop, "bob@");
}
