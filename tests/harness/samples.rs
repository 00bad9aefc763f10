//! Databases that others made, from `../shared/data`; tests that need one pass without it.

use super::database::Kind;
use super::project::Project;
use std::io::Read;
use std::path::Path;

/// Makes a sample the project's source: SQL text is loaded, a database file is taken as it is. False where it is not at
/// hand.
pub fn unpack(project: &Project, packed: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(packed);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return false;
    };
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("a packed sample");
    if packed.ends_with(".sql.gz") {
        let dump = String::from_utf8(bytes).expect("SQL is text");
        match project.database().kind() {
            Kind::Sqlite => drop(project.sql(&dump)),
            Kind::Postgres | Kind::Mariadb => project.database().load(&without_database(&dump)),
        }
    } else {
        std::fs::write(project.path("shop.db"), bytes).expect("a file in the temporary folder can be written");
    }
    true
}

/// A dump that would make a database of its own, and name it, is loaded into the project's.
fn without_database(dump: &str) -> String {
    let of_database =
        |line: &&str| ["DROP DATABASE", "CREATE DATABASE", "USE "].iter().any(|word| line.starts_with(word));
    let text: String = dump.lines().filter(|line| !of_database(line)).map(|line| format!("{line}\n")).collect();
    match dump.lines().find_map(|line| line.strip_prefix("USE ")) {
        Some(name) => text.replace(&format!("{}.", name.trim_matches([';', '`'])), ""),
        None => text,
    }
}
