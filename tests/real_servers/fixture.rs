//! A project whose consumer is a real server, and the story that each of them must take.

use super::{catalogue, example};
use crate::harness::{HttpServer, Project, Relay, Run, unused_name};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// Tries are quick, and few.
const QUICK: &str = "request_retries = 2\nretry_base = \"2ms\"\nretry_max = \"20ms\"\n";

/// A place of one test's own at a server.
pub trait Destination {
    /// The section of the README.
    const EXAMPLE: &'static str;

    /// Whether its documents may have objects in them.
    const TAKES_OBJECTS: bool;

    /// What the section has from the environment.
    const SECRET: Option<&'static str>;

    fn server(&self) -> &HttpServer;

    /// Makes what must be there before the first document comes.
    fn prepare(&self, name: &str);

    /// All that it holds, as the server gives it.
    fn documents(&self, name: &str) -> Vec<Value>;

    /// What a server that changes documents makes of one.
    fn as_kept(document: Value) -> Value {
        document
    }

    /// Leaves nothing of it.
    fn remove(&self, name: &str);
}

pub struct Fixture<D: Destination> {
    pub destination: D,
    pub project: Project,
    /// Of the feed, and of all that is kept of it at the server.
    pub name: String,
    relay: Option<Relay>,
}

/// What differs from the README's example.
#[derive(Default)]
pub struct Variation<'a> {
    /// Lines of a consumer's table.
    pub options: &'a str,
    /// Settings that are comments in the example.
    pub uncommented: &'a [&'a str],
    /// Fields of the minimal payload besides the SKU.
    pub payload: &'a [&'a str],
    /// The server is behind a way that can be cut.
    pub relayed: bool,
}

impl<D: Destination> Fixture<D> {
    pub fn new(destination: D) -> Fixture<D> {
        Fixture::with(destination, Variation::default())
    }

    pub fn with(destination: D, variation: Variation<'_>) -> Fixture<D> {
        let name = unused_name();
        destination.prepare(&name);
        let project = Project::new();
        catalogue::fill(&project);
        let payload = [&["sku"], variation.payload].concat();
        project.feed(&name, &catalogue::feed(&name, D::EXAMPLE, &payload, D::TAKES_OBJECTS));
        let server = destination.server().url().clone();
        let (relay, server) = if variation.relayed {
            let usual = server.port_or_known_default().expect("HTTP has a usual port");
            let (relay, url) = Relay::before(server, usual);
            (Some(relay), url)
        } else {
            (None, server)
        };
        let fixture = Fixture { destination, project, name, relay };
        fixture.configure(&server, &variation);
        fixture
    }

    fn configure(&self, server: &Url, variation: &Variation<'_>) {
        let example = example::uncommented(&example::of_readme(D::EXAMPLE), variation.uncommented);
        let own = example.replace("products", &self.name);
        let options = format!("{QUICK}{}", variation.options);
        self.project.config(&example::at(D::EXAMPLE, &own, server, &options));
    }

    /// The way that can be cut.
    pub fn relay(&mut self) -> &mut Relay {
        self.relay.as_mut().expect("the server is behind a relay")
    }

    /// Runs a command over the feed.
    #[track_caller]
    pub fn run(&self, command: &[&str]) -> Run {
        let (verb, flags) = command.split_first().expect("a command has a verb");
        let mut command = self.project.command(&[&[*verb, &self.name], flags].concat());
        if let Some(variable) = D::SECRET {
            let secret = self.destination.server().url().password().unwrap_or("secret");
            command = command.env(variable, secret);
        }
        command.run()
    }

    #[track_caller]
    pub fn reindexes(&self, counts: &str) -> Run {
        let run = self.run(&["reindex"]);
        run.exits(0).counts(&self.name, counts);
        run
    }

    /// By SKU.
    #[track_caller]
    pub fn held(&self) -> BTreeMap<String, Value> {
        let documents = self.destination.documents(&self.name);
        let count = documents.len();
        let sku = |document: &Value| document["sku"].as_str().expect("a document has its SKU").to_owned();
        let held: BTreeMap<_, _> =
            documents.into_iter().map(|document| (sku(&document), catalogue::plain(document))).collect();
        assert_eq!(held.len(), count, "each document is there once");
        held
    }

    /// What the server is to hold.
    pub fn expected(&self) -> BTreeMap<String, Value> {
        let documents = catalogue::expected(&self.project, D::TAKES_OBJECTS);
        documents.into_iter().map(|(sku, document)| (sku, D::as_kept(document))).collect()
    }

    #[track_caller]
    pub fn agrees(&self) {
        let (held, expected) = (self.held(), self.expected());
        for (sku, document) in &expected {
            assert_eq!(held.get(sku), Some(document), "{sku:?}");
        }
        assert_eq!(held.len(), expected.len(), "nothing else is there");
    }

    /// Upserts, edits, deletes, and what is deleted and made again.
    pub fn follows_the_source(&self) {
        self.reindexes("exported=60");
        self.agrees();
        self.reindexes("unchanged=60 requests=0");
        self.project.sql(
            "UPDATE product SET name = 'Ümläut ' || id, price = price + 0.01, stock = NULL WHERE id % 3 = 1;
             DELETE FROM tag WHERE product_id % 2 = 0;
             DELETE FROM product WHERE id % 10 = 5;
             INSERT INTO product VALUES (61, 'S00061', 'de', 'New', 0, 0, 'new', '2026-02-01 00:00:00', 1, 1),
                 (62, 'S00062', 'en', '', 1e6, 1, 'used', '2026-02-02 00:00:00', NULL, 1)",
        );
        self.reindexes("unchanged=36 exported=20 deleted=6");
        self.agrees();
        self.reindexes("unchanged=56 requests=0");
        // One comes back with what it had, one moves to another entity, and one is gone for the second time.
        self.project.sql(
            "INSERT INTO product VALUES (5, 'a/b', 'de', 'Back', 5, 5, 'used', '2026-02-03 00:00:00', 2, 1);
             UPDATE product SET id = 65, name = 'Moved' WHERE sku = 'S00061'",
        );
        self.reindexes("unchanged=55 exported=2");
        self.agrees();
        self.project.sql("DELETE FROM product WHERE id = 5");
        self.reindexes("unchanged=56 deleted=1");
        self.agrees();
        self.run(&["reindex", "--force"]).exits(0).counts(&self.name, "exported=56");
        self.agrees();
    }

    /// Of 20 changed items one is refused, and all the others arrive. `refused` is what the run says of it, `status` what
    /// is written down; once the item is what the server takes, `run` brings it.
    pub fn takes_all_but_one(&self, edit: &str, mend: &str, refused: &str, status: i64, run: &[&str]) {
        self.run(&["reindex"]).exits(0);
        let before = self.held()["S00022"].clone();
        self.project.sql("UPDATE product SET name = name || ' 2' WHERE id BETWEEN 11 AND 30");
        self.project.sql(&format!("UPDATE product SET {edit} WHERE id = 22"));
        self.run(&["reindex"]).exits(1).counts(&self.name, &format!("unchanged=40 exported=19 {refused}=1"));
        let rows = self.project.rows(&self.name);
        let failed: Vec<_> = rows.iter().filter(|row| !(200..300).contains(&row.status)).collect();
        assert!(matches!(failed[..], [row] if row.entity == "22" && row.status == status), "{failed:?}");
        let mut expected = self.expected();
        expected.insert("S00022".into(), before);
        assert_eq!(self.held(), expected);
        self.project.sql(&format!("UPDATE product SET {mend} WHERE id = 22"));
        self.run(run).exits(0);
        self.agrees();
        self.reindexes("unchanged=60 requests=0");
    }

    /// Answers that are lost, and a server that cannot be reached.
    pub fn survives_an_outage(mut self) {
        self.relay().after(1, crate::harness::Fault::Cut);
        self.reindexes("exported=60");
        assert!(self.relay().is_through(), "an answer was lost");
        self.agrees();
        self.project.sql("UPDATE product SET name = 'Second' WHERE id <= 30; DELETE FROM product WHERE id > 55");
        self.relay().down();
        let run = self.run(&["reindex"]);
        run.exits(1).outcome(&self.name, "incomplete").says("cannot be reached");
        self.relay().up();
        self.run(&["retry", "--now"]).exits(0);
        self.run(&["reindex"]).exits(0);
        self.agrees();
        self.reindexes("unchanged=55 requests=0");
    }
}

impl<D: Destination> Drop for Fixture<D> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.destination.remove(&self.name);
        }
    }
}
