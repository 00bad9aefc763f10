//! The documents that each construct of a feed file gives, byte by byte, and the example of the language's first
//! part as written.

mod arrays;
mod eav;
mod example;
mod expressions;
mod joins;
mod masks;
mod named_tables;
mod order;
mod queries;
mod row_sets;
mod scopes;
mod several_keys;
mod summaries;
mod texts;
mod values;

use crate::harness::{Project, Receiver};

/// The head of every feed here; documents are known by their `id`.
const HEAD: &str = "name = \"things\"\nconsumer = \"search\"\nidentity = [\"id\"]\nminimal_payload = [\"id\"]\n";

/// A project with one feed, `things`, whose file is the head, then `feed`.
struct Workshop {
    project: Project,
    receiver: Receiver,
}

impl Workshop {
    fn new(sql: &str, feed: &str) -> Workshop {
        let receiver = Receiver::with_identity(&["id"]);
        let mut project = Project::new();
        project.consumer(&receiver, "");
        project.sql(sql).feed("things", &format!("{HEAD}{feed}"));
        Workshop { project, receiver }
    }

    /// Runs in full and hands back what the consumer has, by identity.
    #[track_caller]
    fn documents(&self, arguments: &[&str]) -> Vec<String> {
        let arguments = [&["reindex", "things"], arguments].concat();
        self.project.run(&arguments).exits(0).outcome("things", "complete");
        self.receiver.documents("things")
    }
}

/// What a feed over these tables gives.
#[track_caller]
fn documents(sql: &str, feed: &str) -> Vec<String> {
    Workshop::new(sql, feed).documents(&[])
}

/// The document of one row with the id 1, without the id: `fields` are lines of `[fields]`.
#[track_caller]
fn fields_of(sql: &str, fields: &str) -> String {
    let feed = format!("[entity]\ntable = \"thing\"\nkey = \"id\"\n\n[fields]\nid = \"id\"\n{fields}\n");
    let documents = documents(sql, &feed);
    assert_eq!(documents.len(), 1, "{documents:?}");
    documents[0].replacen("\"id\":1,", "", 1)
}
