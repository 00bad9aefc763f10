//! Databases that others made; skipped where they are not at hand.

use std::io::Read;
use std::path::Path;

use super::*;

/// A sample loaded into a database of its own.
fn sample(packed: &[&str]) -> Option<Database> {
    let database = Database::new("");
    for packed in packed {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(packed);
        let Ok(file) = std::fs::File::open(&path) else {
            println!("skipped: {} is not there", path.display());
            return None;
        };
        let mut sql = String::new();
        if packed.ends_with(".gz") {
            flate2::read::MultiGzDecoder::new(file).read_to_string(&mut sql).unwrap();
        } else {
            std::io::BufReader::new(file).read_to_string(&mut sql).unwrap();
        }
        load(&database, &sql);
    }
    Some(database)
}

/// Writes a script that is made for the command line: into this database instead of one of the script's own, and with the
/// statements that it gives another delimiter, as they have semicolons within.
fn load(database: &Database, script: &str) {
    let script = script.replace(" sakila.", " ");
    let mut delimiter = ";";
    let mut statements = String::new();
    let mut connection = database.connection();
    let mut flush = |statements: &mut String, delimiter: &str| {
        let text = std::mem::take(statements);
        if delimiter == ";" {
            write(&mut connection, &text);
        } else {
            text.split(delimiter).for_each(|text| write(&mut connection, text));
        }
    };
    for line in script.lines() {
        if let Some(next) = line.strip_prefix("DELIMITER ") {
            flush(&mut statements, delimiter);
            delimiter = next.trim();
        } else if !["DROP DATABASE", "CREATE DATABASE", "DROP SCHEMA", "CREATE SCHEMA", "USE "]
            .iter()
            .any(|opening| line.starts_with(opening))
        {
            statements.push_str(line);
            statements.push('\n');
        }
    }
    flush(&mut statements, delimiter);
}

/// Every table of a sample, read by ranges and by keys of its primary key, gives each row once.
fn assert_readable(database: &Database) -> usize {
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    let mut readable = 0;
    for found in catalog.tables.values().filter(|table| !table.name.contains('.')) {
        let &[key] = found.primary_key.as_slice() else { continue };
        let key = &found.columns[key];
        if key.kind != ColumnKind::Integer {
            continue;
        }
        let key_name = format!("t.{}", key.name);
        let names: Vec<String> = found.columns.iter().map(|column| format!("t.{}", column.name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let spec = pass(table(&found.name, "t", vec![on(&key.name, OnTarget::Key(0))]), &names);
        let total: usize = read(reader.as_mut(), &MYSQL.count_rows(&found.name).sql)[0].parse().unwrap();

        let mut keys = Vec::new();
        let mut by_range = Vec::new();
        let mut values = Values::default();
        let mut next = MYSQL.next_range(&found.name, &key.name, 100, false);
        loop {
            let ends = run(reader.as_mut(), &next, &values);
            let ends: Vec<&str> = ends[0].split('|').collect();
            let [Ok(first), Ok(last)] = [ends[0].parse::<i64>(), ends[1].parse::<i64>()] else { break };
            let ranged = MYSQL.range_pass(&spec, &range_of(&key_name, &found.name, &key.name));
            let rows = run(reader.as_mut(), &ranged, &range(first, last));
            assert_eq!(rows.len().to_string(), ends[2], "{}", found.name);
            keys.extend(rows.iter().map(|row| row.split('|').next().unwrap().parse::<i64>().unwrap()));
            by_range.extend(rows.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()));
            values = after(last);
            next = MYSQL.next_range(&found.name, &key.name, 100, true);
        }
        assert_eq!(keys.len(), total, "{}", found.name);
        assert!(keys.is_sorted());
        let by_key = MYSQL.keyed_pass(&spec, &[component(key.kind, key)]);
        let by_key = run(reader.as_mut(), &by_key, &tuples(1, ints(keys)));
        let by_key: Vec<String> = by_key.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        assert_eq!(by_key, by_range, "{}", found.name);
        readable += 1;
    }
    readable
}

#[test]
fn chinook() {
    let Some(database) = sample(&["chinook/mariadb.sql.gz"]) else { return };
    assert!(assert_readable(&database) >= 10);
}

#[test]
fn sakila() {
    let Some(database) = sample(&["sakila/mariadb.sql.gz"]) else { return };
    assert!(assert_readable(&database) >= 10);
    // Categories of films, through their link table, by ranges and by keys.
    let mut reader = database.reader();
    let mut spec = pass(table("film_category", "fc", vec![on("film_id", OnTarget::Key(0))]), &["category.name"]);
    spec.joins =
        vec![join(table("category", "category", vec![on("category_id", OnTarget::Column(column("fc.category_id")))]))];
    let by_range = MYSQL.range_pass(&spec, &range_of("fc.film_id", "film", "film_id"));
    let by_range = run(reader.as_mut(), &by_range, &range(1, 1000));
    assert_eq!(by_range.len(), 1000);
    let by_key = run(reader.as_mut(), &MYSQL.keyed_pass(&spec, &of_ints()), &tuples(1, ints(1..=1000)));
    let names =
        |rows: Vec<String>| rows.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(by_key), names(by_range));
}

#[test]
fn other_shops() {
    let view = "magento/view_inventory_stock_1.sql";
    for (packed, tables) in [(&["oscommerce/mariadb.sql.gz"][..], 49), (&["magento/s1/mariadb.sql.gz", view], 169)] {
        let Some(database) = sample(packed) else { continue };
        let catalog = database.reader().catalog().unwrap();
        let own = catalog.tables.values().filter(|table| !table.name.contains('.'));
        assert_eq!(own.filter(|table| !table.is_view).count(), tables, "{packed:?}");
        assert!(assert_readable(&database) >= 10, "{packed:?}");
    }
}
