//! One table of cases, run on every database: tables and rows, feeds over them, and the documents that each must give.

use crate::harness::{Kind, Project};
use std::fmt::Write;

/// The head of every feed that does not begin with one of its own.
const HEAD: &str = "identity = [\"id\"]\nminimal_payload = [\"id\"]\n";

/// What no dialect shares with the others: a mark, and what stands for it on SQLite, PostgreSQL and MariaDB.
const MARKS: [(&str, [&str; 3]); 7] = [
    ("<blob>", ["BLOB", "bytea", "blob"]),
    ("<datetime>", ["DATETIME", "timestamp", "datetime(6)"]),
    ("<time>", ["TIME", "time", "time(6)"]),
    ("<zoned>", ["TIMESTAMPTZ", "timestamptz", "timestamp(6)"]),
    ("<float4>", ["REAL", "real", "float"]),
    // Equal regardless of case, and ordered so.
    ("<nocase>", ["COLLATE NOCASE", "COLLATE nocase", "COLLATE utf8mb4_general_ci"]),
    // Equal where the bytes are, trailing blanks included.
    ("<exact>", ["", "COLLATE \"C\"", "COLLATE utf8mb4_nopad_bin"]),
];

/// Statements as one kind of database has them: marks are replaced, and `<bytes 00ff>` is a binary literal.
pub fn written_for(kind: Kind, statements: &str) -> String {
    let place = match kind {
        Kind::Sqlite => 0,
        Kind::Postgres => 1,
        Kind::Mariadb => 2,
    };
    let mut text = statements.to_owned();
    for (mark, written) in MARKS {
        text = text.replace(mark, written[place]);
    }
    let mut parts = text.split("<bytes ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('>').expect("written as <bytes 00ff>");
        match kind {
            Kind::Postgres => write!(out, "'\\x{digits}'::bytea{rest}"),
            Kind::Sqlite | Kind::Mariadb => write!(out, "X'{digits}'{rest}"),
        }
        .expect("a String takes all");
    }
    out
}

struct Case<'a> {
    name: &'a str,
    feed: String,
    documents: Vec<String>,
}

/// Cases over the same tables.
pub struct Agreement<'a> {
    tables: &'a str,
    own: Vec<(Kind, &'a str)>,
    timezone: &'a str,
    cases: Vec<Case<'a>>,
}

impl<'a> Agreement<'a> {
    pub fn over(tables: &'a str) -> Agreement<'a> {
        Agreement { tables, own: Vec::new(), timezone: "UTC", cases: Vec::new() }
    }

    /// Statements that only this kind of database gets, after the others.
    pub fn on(mut self, kind: Kind, statements: &'a str) -> Agreement<'a> {
        self.own.push((kind, statements));
        self
    }

    /// The zone of naive times.
    pub fn timezone(mut self, zone: &'a str) -> Agreement<'a> {
        self.timezone = zone;
        self
    }

    /// A feed, and the documents that it gives in any order. The head is added where `feed` begins with a table.
    pub fn case(mut self, name: &'a str, feed: &str, documents: &[impl ToString]) -> Agreement<'a> {
        let identity = if feed.trim_start().starts_with('[') { HEAD } else { "" };
        let feed = format!("name = \"{name}\"\nconsumer = \"archive\"\n{identity}{feed}");
        let documents = documents.iter().map(ToString::to_string).collect();
        self.cases.push(Case { name, feed, documents });
        self
    }

    /// The fields of one table `thing`, known by `id`: `documents` are what follows the id.
    pub fn fields(self, name: &'a str, fields: &str, documents: &[impl ToString]) -> Agreement<'a> {
        let feed = format!("[entity]\ntable = \"thing\"\nkey = \"id\"\n\n[fields]\nid = \"id\"\n{fields}\n");
        self.case(name, &feed, documents)
    }

    pub fn project(&self, kind: Kind) -> Project {
        let project = Project::on(kind);
        project.config("[consumers.archive]\nformat = \"file\"\npath = \"out\"\n");
        let config = project.read("feedmill.toml");
        let zoned = config.replacen("[source]\n", &format!("[source]\ntimezone = \"{}\"\n", self.timezone), 1);
        project.write("feedmill.toml", &zoned);
        if kind == Kind::Postgres {
            project.sql("CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        }
        if !self.tables.is_empty() {
            project.sql(&written_for(kind, self.tables));
        }
        for (_, statements) in self.own.iter().filter(|(owner, _)| *owner == kind) {
            project.sql(statements);
        }
        for case in &self.cases {
            project.feed(case.name, &case.feed);
        }
        project
    }

    /// Runs every case on every database: the documents are the expected ones, the hashes the same, and a second run
    /// finds everything unchanged.
    #[track_caller]
    pub fn holds(self) {
        let mut problems = String::new();
        let mut stored = Vec::new();
        for kind in Kind::ALL {
            let project = self.project(kind);
            project.run(&["check"]).exits(0);
            project.run(&["reindex", "--all", "--today", "2026-11-20"]).exits(0);
            for case in &self.cases {
                let (made, expected) = (sorted_lines(&project, case.name), sorted(case.documents.clone()));
                if made != expected {
                    let (made, expected) = (made.join("\n"), expected.join("\n"));
                    writeln!(problems, "{} on {kind:?}\n{made}\ninstead of\n{expected}\n", case.name)
                        .expect("a String takes all");
                }
            }
            stored.push(self.cases.iter().map(|case| stored_items(&project, case.name)).collect::<Vec<_>>());
            let again = project.run(&["reindex", "--all", "--today", "2026-11-20"]);
            again.exits(0);
            for case in &self.cases {
                again.counts(case.name, &format!("unchanged={}", case.documents.len()));
            }
        }
        for (place, case) in self.cases.iter().enumerate() {
            for (kind, items) in Kind::ALL.iter().zip(&stored).skip(1) {
                if items[place] != stored[0][place] {
                    writeln!(
                        problems,
                        "{}: keys and hashes on {kind:?}\n{:?}\ninstead of\n{:?}\n",
                        case.name, items[place], stored[0][place]
                    )
                    .expect("a String takes all");
                }
            }
        }
        assert!(problems.is_empty(), "{problems}");
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn sorted_lines(project: &Project, feed: &str) -> Vec<String> {
    let path = format!("out/{feed}.ndjson");
    if !project.path(&path).exists() {
        return Vec::new();
    }
    sorted(project.read(&path).lines().map(str::to_owned).collect())
}

/// Entity, identity and content of every row of a feed table.
fn stored_items(project: &Project, feed: &str) -> Vec<(String, String, String)> {
    let digits = |bytes: &[u8]| bytes[..6].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let rows = project.rows(feed);
    rows.into_iter().map(|row| (row.entity, digits(&row.feed_id), digits(&row.hash))).collect()
}
