//! Databases that others made; skipped where they are not at hand.

use super::*;
use std::io::Read;

/// A sample unpacked to a file of its own. SQL text is loaded, a database file is taken as it is.
fn sample(packed: &str) -> Option<File> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(packed);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    if packed.ends_with(".sql.gz") {
        return Some(File::new(&String::from_utf8(bytes).unwrap()));
    }
    let file = File::new("");
    std::fs::write(&file.path, bytes).unwrap();
    Some(file)
}

/// Every table of a sample, read by ranges and by keys of its primary key, gives each row once.
fn assert_readable(file: &File) -> usize {
    let mut reader = file.reader();
    let catalog = reader.catalog().unwrap();
    let mut read = 0;
    for found in catalog.tables.values() {
        let Some(&key) = found.primary_key.first() else { continue };
        let key = &found.columns[key];
        if found.primary_key.len() > 1 || key.kind != ColumnKind::Integer {
            continue;
        }
        let key_name = format!("t.{}", key.name);
        let names: Vec<String> = found.columns.iter().map(|column| format!("t.{}", column.name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let spec = pass(table(&found.name, "t", vec![on(&key.name, OnTarget::Key(0))]), &names);
        let total = Connection::open(&file.path).unwrap();
        let sql = format!("SELECT count(*) FROM \"{}\"", found.name);
        let total: i64 = total.query_row(&sql, [], |row| row.get(0)).unwrap();

        let mut keys = Vec::new();
        let mut by_range = Vec::new();
        let mut values = Values::default();
        let mut next = SQLITE.next_range(&found.name, &key.name, 100, false);
        loop {
            let ends = run(reader.as_mut(), &next, &values);
            let ends: Vec<&str> = ends[0].split('|').collect();
            let [Ok(first), Ok(last)] = [ends[0].parse::<i64>(), ends[1].parse::<i64>()] else { break };
            let ranged = SQLITE.range_pass(&spec, &range_of(&key_name, &found.name, &key.name));
            let rows = run(reader.as_mut(), &ranged, &range(first, last));
            assert_eq!(rows.len().to_string(), ends[2], "{}", found.name);
            keys.extend(rows.iter().map(|row| row.split('|').next().unwrap().parse::<i64>().unwrap()));
            by_range.extend(rows.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()));
            values.after = Some(last.into());
            next = SQLITE.next_range(&found.name, &key.name, 100, true);
        }
        assert_eq!(keys.len() as i64, total, "{}", found.name);
        assert!(keys.is_sorted());
        let by_key = run(reader.as_mut(), &keyed_pass(&spec, &[key.kind]), &tuples(1, ints(keys)));
        let by_key: Vec<String> = by_key.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
        assert_eq!(by_key, by_range, "{}", found.name);
        read += 1;
    }
    read
}

#[test]
fn chinook() {
    let Some(file) = sample("chinook/sqlite.sql.gz") else { return };
    assert!(assert_readable(&file) >= 10);
    let catalog = file.reader().catalog().unwrap();
    let playlists = catalog.tables.values().find(|table| table.primary_key.len() == 2);
    assert!(playlists.is_some(), "{:?}", catalog.tables.keys());
}

#[test]
fn sakila() {
    let Some(file) = sample("sakila/sakila.sqlite.gz") else { return };
    assert!(assert_readable(&file) >= 10);
    let mut reader = file.reader();
    // Categories of films, through their link table, by ranges and by keys.
    let mut spec = pass(table("film_category", "fc", vec![on("film_id", OnTarget::Key(0))]), &["category.name"]);
    spec.joins =
        vec![join(table("category", "category", vec![on("category_id", OnTarget::Column(column("fc.category_id")))]))];
    let by_range = SQLITE.range_pass(&spec, &range_of("fc.film_id", "film", "film_id"));
    let by_range = run(reader.as_mut(), &by_range, &range(1, 1000));
    assert_eq!(by_range.len(), 1000);
    let by_key = run(reader.as_mut(), &keyed_pass(&spec, &[ColumnKind::Integer]), &tuples(1, ints(1..=1000)));
    let names =
        |rows: Vec<String>| rows.into_iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(by_key), names(by_range));
}

#[test]
fn other_shops() {
    for (packed, tables) in [("oscommerce/oscommerce.sqlite.gz", 49), ("magento/s1/magento.sqlite.gz", 169)] {
        let Some(file) = sample(packed) else { continue };
        let catalog = file.reader().catalog().unwrap();
        // Views stand beside the tables: Magento's stock index is one.
        assert_eq!(catalog.tables.values().filter(|table| !table.is_view).count(), tables, "{packed}");
        assert!(assert_readable(&file) >= 10, "{packed}");
    }
}
