//! A server that fails, or does not let the user in: nothing is deleted, nothing made up, and no password told.

use crate::harness::{Fault, Kind, PRODUCTS, Project, Receiver, Relay, Reply, Rule};
use std::sync::Arc;
use url::Url;

const MANY: usize = 4_000;

/// Bytes of a row's name: enough that a run is not read in one breath.
const LENGTH: usize = 300;

/// A shop on a server, reached by a relay.
struct Shop {
    project: Arc<Project>,
    relay: Relay,
    receiver: Receiver,
}

impl Shop {
    fn on(kind: Kind) -> Shop {
        let receiver = Receiver::start();
        let mut project = Project::on(kind);
        project.consumer(&receiver, "");
        project.feed("products", &format!("batch_size = 500\nmax_deletes = 100000\n{PRODUCTS}"));
        project.sql("CREATE TABLE product (id INTEGER PRIMARY KEY, sku VARCHAR(20), name VARCHAR(500))");
        let (relay, url) = project.database().relay();
        project.source_at(url.as_str());
        Shop { project: Arc::new(project), relay, receiver }
    }

    /// A shop of many products, all of them delivered.
    fn delivered(kind: Kind) -> Shop {
        let shop = Shop::on(kind);
        let name = "x".repeat(LENGTH);
        let rows: Vec<String> = (1..=MANY).map(|id| format!("({id}, 'S{id:05}', '{id} {name}')")).collect();
        shop.project.sql(&format!("INSERT INTO product VALUES {}", rows.join(", ")));
        let first = shop.project.run(&["reindex", "products"]);
        first.exits(0).counts("products", &format!("exported={MANY}"));
        shop.receiver.forget();
        shop
    }

    /// Products are changed, removed and added, at both ends.
    fn edit(&self) {
        self.project.sql(
            "UPDATE product SET name = 'first' WHERE id = 20; UPDATE product SET name = 'last' WHERE id = 3990;
             DELETE FROM product WHERE id IN (1, 2, 3, 4000); INSERT INTO product VALUES (4001, 'NEW', 'new');",
        );
    }

    fn has_deletes(&self) -> bool {
        self.receiver.new_requests().iter().any(|request| request.has_deletes())
    }
}

/// What a run finds after [`Shop::edit`], and what one after it finds.
const EDITED: &str = "unchanged=3994 exported=3 deleted=4";

#[test]
fn a_server_that_stops_in_the_middle_of_a_run() {
    for kind in Kind::SERVERS {
        let mut shop = Shop::delivered(kind);
        shop.edit();
        shop.relay.after(MANY * LENGTH / 2, Fault::Down);
        let stopped = shop.project.run(&["reindex", "products"]);
        stopped.exits(3).outcome("products", "incomplete").says("127.0.0.1");
        assert!(shop.relay.is_through(), "{kind:?}: the server was read whole");
        assert!(!shop.has_deletes(), "{kind:?}: something was deleted");
        assert_eq!(shop.receiver.documents("products").len(), MANY, "{kind:?}");
        for arguments in [&["reindex", "products"][..], &["reindex", "products", "--ids", "1,20"], &["check"]] {
            shop.project.run(arguments).exits(3).says("127.0.0.1");
        }
        assert!(!shop.has_deletes(), "{kind:?}: something was deleted");

        shop.relay.up();
        let next = shop.project.run(&["reindex", "products"]);
        next.exits(0).outcome("products", "complete");
        let sent = stopped.summary("products")["exported"].as_u64().unwrap_or_default();
        next.counts("products", &format!("unchanged={} exported={} deleted=4", 3994 + sent, 3 - sent));
        assert_eq!(shop.receiver.documents("products").len(), 3997, "{kind:?}");
        shop.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=3997");
    }
}

#[test]
fn a_run_that_did_not_complete_goes_on_where_it_stopped() {
    for kind in Kind::SERVERS {
        let mut shop = Shop::delivered(kind);
        shop.edit();
        shop.relay.after(MANY * LENGTH / 2, Fault::Down);
        shop.project.run(&["reindex", "products"]).exits(3).outcome("products", "incomplete");
        shop.relay.up();
        let rest = shop.project.run(&["reindex", "products", "--continue"]);
        rest.exits(0).outcome("products", "complete");
        assert_eq!(shop.receiver.documents("products").len(), 3997, "{kind:?}");
        shop.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=3997");
    }
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_run() {
    for kind in Kind::SERVERS {
        let shop = Shop::delivered(kind);
        shop.edit();
        for ends in ["on the way", "by the server"] {
            let project = Arc::clone(&shop.project);
            let fault = match ends {
                "on the way" => Fault::Cut,
                _ => Fault::Do(Box::new(move || project.database().kill_connections())),
            };
            let before = shop.relay.connections();
            shop.relay.after(MANY * LENGTH / 2, fault);
            let run = shop.project.run(&["reindex", "products"]);
            run.exits(0).outcome("products", "complete");
            let expected = if ends == "on the way" { EDITED } else { "unchanged=3997" };
            run.counts("products", expected);
            assert!(shop.relay.is_through(), "{kind:?}: the server was read whole");
            assert!(shop.relay.connections() > before + 1, "{kind:?}: one connection was enough");
        }
        assert_eq!(shop.receiver.documents("products").len(), 3997, "{kind:?}");
    }
}

#[test]
fn a_server_that_stops_before_the_deletes() {
    for kind in Kind::SERVERS {
        let mut shop = Shop::delivered(kind);
        shop.edit();
        let gate = shop.receiver.gate();
        shop.receiver.rule(Rule::always(Reply::accept().after(&gate)).times(1));
        let command = shop.project.command(&["reindex", "products"]);
        let running = command.start();
        shop.receiver.wait_for_requests(1);
        shop.relay.down();
        gate.open();
        let run = command.finish(running);
        run.exits(3).outcome("products", "incomplete");
        assert!(!shop.has_deletes(), "{kind:?}: something was deleted");
        shop.relay.up();
        let next = shop.project.run(&["reindex", "products"]);
        next.exits(0).counts("products", "unchanged=3997 deleted=4");
    }
}

const PASSWORD: &str = "s3cr3t-0f-the-shop";

/// The same user with another password, another user, another database, another host.
fn wrong_ways(url: &Url) -> Vec<(&'static str, Url)> {
    let with = |edit: &dyn Fn(&mut Url)| {
        let mut url = url.clone();
        edit(&mut url);
        url
    };
    vec![
        ("password", with(&|url| url.set_password(Some(PASSWORD)).expect("a URL with a host"))),
        (
            "user",
            with(&|url| {
                url.set_username("nobody_of_that_name").expect("a URL with a host");
                url.set_password(Some(PASSWORD)).expect("a URL with a host");
            }),
        ),
        ("database", with(&|url| url.set_path("no_such_database"))),
        // Longer than a name may be: nobody is asked for it.
        ("host", with(&|url| url.set_host(Some(&format!("{}.invalid", "x".repeat(70)))).expect("a host"))),
    ]
}

#[test]
fn a_server_that_lets_nobody_in() {
    for kind in Kind::SERVERS {
        let shop = Shop::on(kind);
        shop.project.sql("INSERT INTO product VALUES (1, 'A', 'Anvil'), (2, 'B', 'Bolt')");
        let right = shop.project.database().server_url();
        shop.project.source_at(right.as_str()).run(&["reindex", "products"]).exits(0).counts("products", "exported=2");
        shop.receiver.forget();
        let own_password = right.password().unwrap_or("no password").to_owned();
        for (what, url) in wrong_ways(&right) {
            shop.project.source_at(url.as_str());
            let host = url.host_str().expect("a URL with a host");
            for arguments in [&["reindex", "products", "-v", "-v"][..], &["check"], &["explain", "products", "1"]] {
                let run = shop.project.run(arguments);
                run.exits(3).says(host).keeps_secret(PASSWORD).keeps_secret(&own_password);
                if what == "database" {
                    run.says("no_such_database");
                }
            }
            // There is nothing to do that would need the source.
            shop.project.run(&["status"]).exits(0).keeps_secret(PASSWORD).keeps_secret(&own_password);
        }
        assert_eq!(shop.receiver.request_count(), 0, "{kind:?}");
        assert_eq!(shop.project.rows("products").len(), 2, "{kind:?}");
    }
}

#[test]
fn a_server_that_says_nothing() {
    for kind in Kind::SERVERS {
        let shop = Shop::on(kind);
        shop.relay.falls_silent();
        let config = shop.project.read("feedmill.toml");
        let (_, rest) = config.split_once("url = \"").expect("the source has a URL");
        let (url, _) = rest.split_once('"').expect("a text ends");
        shop.project.source_at(&format!("{url}?connect_timeout=1"));
        shop.project.run(&["reindex", "products"]).exits(3).says("127.0.0.1");
    }
}

#[test]
fn a_user_who_may_only_read() {
    for kind in Kind::SERVERS {
        let shop = Shop::on(kind);
        shop.project.sql("INSERT INTO product VALUES (1, 'A', 'Anvil'), (2, 'B', 'Bolt'); CREATE TABLE secret (id INTEGER PRIMARY KEY)");
        let mut url = shop.project.database().server_url();
        let database = url.path().trim_start_matches('/').to_owned();
        let user = format!("reader_{}", &database[database.len() - 20..]);
        // Everything that a URL must escape.
        let password = "p%/:@#? 'ä\"\\$x";
        match kind {
            Kind::Postgres => shop.project.sql(&format!(
                "CREATE ROLE {user} LOGIN PASSWORD '{}'; GRANT SELECT ON product TO {user}",
                password.replace('\'', "''")
            )),
            _ => shop.project.sql(&format!(
                "CREATE USER {user} IDENTIFIED BY '{}'; GRANT SELECT ON {database}.product TO {user}",
                password.replace('\'', "''")
            )),
        };
        url.set_username(&user).expect("a URL with a host");
        url.set_password(Some(password)).expect("a URL with a host");
        let encoded = url.password().expect("it was just set").to_owned();
        shop.project.source_at(&url.as_str().replace('$', "$$"));
        shop.project.run(&["check"]).exits(0);
        shop.project
            .run(&["reindex", "products", "-v", "-v"])
            .exits(0)
            .counts("products", "exported=2")
            .keeps_secret(&encoded)
            .keeps_secret(password);
        shop.project.sql("DELETE FROM product WHERE id = 1");
        shop.project.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1 deleted=1");

        // What may not be read is told, with the table's name.
        shop.project.feed("products", &PRODUCTS.replace("\"product\"", "\"secret\""));
        let refused = shop.project.run(&["reindex", "products", "-v"]);
        refused.says("secret").keeps_secret(&encoded).keeps_secret(password);
        assert!(refused.code == Some(2) || refused.code == Some(3), "{kind:?}: {:?}", refused.code);
        for name in ["feedmill.db", "feedmill.db-wal"] {
            let bytes = std::fs::read(shop.project.path(name)).unwrap_or_default();
            let holds = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!holds(&encoded) && !holds(password), "{kind:?}: {name} holds the password");
        }
        let drop = match kind {
            Kind::Postgres => format!("DROP OWNED BY {user}; DROP ROLE {user}"),
            _ => format!("DROP USER {user}"),
        };
        shop.project.sql(&drop);
    }
}
