use super::*;
use crate::feed::store::{DueFilter, FailureGroup, RowCursor};

fn owned_items(rows: &[StoredRow]) -> Vec<(EntityKey, FeedId)> {
    let mut items: Vec<_> = rows.iter().map(|row| (row.owner.clone(), row.feed_id)).collect();
    items.sort();
    items
}

/// Rows of `owners` found the slow way.
fn expected(written: &[RowWrite], owners: &[EntityKey]) -> Vec<(EntityKey, FeedId)> {
    let owned = written.iter().filter(|write| owners.contains(&write.owner));
    let mut items: Vec<_> = owned.map(|write| (write.owner.clone(), write.feed_id)).collect();
    items.sort();
    items
}

#[test]
fn rows_are_found_for_dense_sparse_missing_and_unordered_keys() {
    let mut fixture = Fixture::new();
    let mut written: Vec<RowWrite> =
        (0..900).map(|item| delivered(i64::try_from(item / 3 * 2).unwrap(), item)).collect();
    written.extend((900..1500).map(|item| delivered(&*format!("sku-{:04}", item / 2), item)));
    fixture.record(written.clone());
    let ints = |keys: &mut dyn Iterator<Item = i64>| keys.map(EntityKey::Int).collect::<Vec<_>>();
    let texts =
        |keys: std::ops::Range<u32>| keys.map(|key| format!("sku-{key:04}").as_str().into()).collect::<Vec<_>>();
    let all = [ints(&mut (-5..700)), texts(400..800)].concat();
    let selections = [
        vec![],
        ints(&mut (0..100)),
        ints(&mut (101..102)),
        ints(&mut (-100..-1)),
        ints(&mut (590..2000)),
        ints(&mut [3, 4, 400, 598].into_iter()),
        ints(&mut [598, 4, 3, 4, 100, 4].into_iter()),
        ints(&mut (0..600).step_by(97)),
        texts(0..9999),
        texts(600..601),
        vec!["sku-0700".into(), "sku-0450".into(), 4.into(), "sku".into(), "sku-0450x".into()],
        vec![i64::MIN.into(), i64::MAX.into()],
        all,
    ];
    for owners in selections {
        let found = owned_items(&fixture.rows_of(&owners));
        assert_eq!(found, expected(&written, &owners), "{owners:?}");
    }
}

#[test]
fn rows_come_appended_and_the_unordered_as_the_ordered() {
    let mut fixture = Fixture::new();
    fixture.record((1..=4).map(|item| delivered(i64::try_from(item).unwrap(), item)).collect());
    let mut rows = fixture.rows_of(&[4.into()]);
    fixture.reader().rows_of(&[2.into(), 1.into()], &mut rows).unwrap();
    let owners: Vec<_> = rows.iter().map(|row| row.owner.clone()).collect();
    assert_eq!(owners, [4.into(), 1.into(), 2.into()]);
}

#[test]
fn living_rows_come_in_pages_in_the_order_of_the_table() {
    let mut fixture = Fixture::new();
    let mut written: Vec<RowWrite> = (0..40).map(|item| delivered(i64::try_from(item % 7).unwrap(), item)).collect();
    written.extend((40..60).map(|item| delivered(&*format!("k{}", item % 3), item)));
    written[5].is_deleted = true;
    written[6].is_deleted = true;
    written[6].status = Status(503);
    fixture.record(written.clone());
    let mut reader = fixture.reader();
    let mut rows: Vec<StoredRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| RowCursor { owner: row.owner.clone(), feed_id: row.feed_id });
        let page = reader.undeleted_rows(after.as_ref(), 7).unwrap();
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    let mut living: Vec<_> = written
        .iter()
        .filter(|write| write.feed_id != id(5))
        .map(|write| (write.owner.clone(), write.feed_id))
        .collect();
    living.sort();
    assert_eq!(rows.iter().map(|row| (row.owner.clone(), row.feed_id)).collect::<Vec<_>>(), living);
}

#[test]
fn paging_seeks_and_does_not_scan() {
    let fixture = Fixture::new();
    let plan = fixture.sql(
        "EXPLAIN QUERY PLAN SELECT ordinal FROM feed_products
          WHERE (source_entity_id, feed_id) > (5, x'00') AND NOT (is_deleted = 1 AND status BETWEEN 200 AND 299)
          ORDER BY source_entity_id, feed_id LIMIT 9",
    );
    assert!(plan.contains("SEARCH feed_products USING PRIMARY KEY") && !plan.contains("TEMP"), "{plan}");
}

#[test]
fn owners_of_what_is_due_come_once_and_in_order() {
    let mut fixture = Fixture::new();
    let parked = |item| RowWrite { parked: true, next_attempt_at: None, ..failed(6, item, 0) };
    let refused = RowWrite { status: Status(400), next_attempt_at: None, ..failed(5, 7, 0) };
    fixture.record(vec![
        failed("b", 1, 100),
        failed(3, 2, 100),
        failed(3, 3, 50),
        failed(9, 4, 101),
        delivered(4, 5),
        parked(6),
        refused,
        parked(8),
    ]);
    let mut reader = fixture.reader();
    let mut due =
        |until: Option<u64>, parked_too| reader.due_owners(DueFilter { until: until.map(at), parked_too }).unwrap();
    assert!(due(Some(49), false).is_empty());
    assert_eq!(due(Some(50), false), [3.into()]);
    assert_eq!(due(Some(100), false), [3.into(), "b".into()]);
    assert_eq!(due(None, false), [3.into(), 9.into(), "b".into()]);
    assert_eq!(due(Some(50), true), [3.into(), 6.into()]);
    assert_eq!(due(None, true), [3.into(), 6.into(), 9.into(), "b".into()]);
}

#[test]
fn owners_are_found_by_a_value_of_their_documents() {
    let mut fixture = Fixture::new();
    let with =
        |owner: i64, item, json: &str| RowWrite { feed_data: Some(json.to_owned().into()), ..delivered(owner, item) };
    fixture.record(vec![
        with(1, 1, r#"{"sku":"A","n":{"x.y":12345678901234567890}}"#),
        with(2, 2, r#"{"sku":"B\"\u00e9","n":{"x.y":1.10}}"#),
        with(2, 3, r#"{"sku":"B\"é"}"#),
        with(3, 4, r#"{"sku":7,"n":null}"#),
        with(4, 5, r#"{"sku":true,"we\"ird":"W","n":"text"}"#),
        with(5, 6, r#"{"sku":["A"]}"#),
        RowWrite { feed_data: None, ..delivered(6, 7) },
    ]);
    let mut reader = fixture.reader();
    let mut find = |path: &[&str], values: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        reader.owners_by_value(&texts(path), &texts(values)).unwrap()
    };
    assert_eq!(find(&["sku"], &["A"]), [1.into()]);
    assert_eq!(find(&["sku"], &["B\"é", "7", "nothing"]), [2.into(), 3.into()]);
    assert_eq!(find(&["sku"], &["true", "1", "[\"A\"]"]), []);
    assert_eq!(find(&["n", "x.y"], &["12345678901234567890"]), [1.into()]);
    assert_eq!(find(&["n", "x.y"], &["1.10"]), [2.into()]);
    assert_eq!(find(&["we\"ird"], &["W"]), [4.into()]);
    assert_eq!(find(&["no", "such"], &["W"]), []);
    assert_eq!(find(&["sku"], &[]), []);
}

#[test]
fn failures_are_grouped_by_status_and_message() {
    let mut fixture = Fixture::new();
    let failing = |owner: i64, item, status, error: Option<&str>| RowWrite {
        status: Status(status),
        error: error.map(str::to_owned),
        ..failed(owner, item, 60)
    };
    let mut writes: Vec<RowWrite> =
        (0..8).map(|item| failing(10 - item, item.unsigned_abs(), 503, Some("busy"))).collect();
    writes[0].parked = true;
    writes.extend([failing(1, 20, 503, None), failing(1, 21, 400, Some("bad")), failing(2, 22, 400, Some("bad"))]);
    writes.push(delivered(1, 30));
    fixture.record(writes);
    let group = |status, message: Option<&str>, rows, parked, owners: &[i64]| FailureGroup {
        status: Status(status),
        message: message.map(str::to_owned),
        rows,
        parked,
        sample_owners: owners.iter().copied().map(EntityKey::Int).collect(),
    };
    let found = fixture.reader().failures(10).unwrap();
    assert_eq!(found[0].sample_owners.len(), 5);
    assert_eq!((found[0].rows, found[0].parked), (8, 1));
    assert_eq!(found[1..], [group(400, Some("bad"), 2, 0, &[1, 2]), group(503, None, 1, 0, &[1])]);
    assert_eq!(fixture.reader().failures(1).unwrap().len(), 1);
}

#[test]
fn a_reader_sees_every_commit_and_never_half_of_one() {
    let mut fixture = Fixture::new();
    let mut reader = fixture.reader();
    fixture.record(vec![delivered(1, 1)]);
    assert!(reader.row(&id(1)).unwrap().is_some());
    let open = fixture.writer.connection().unchecked_transaction().unwrap();
    open.execute("DELETE FROM feed_products", []).unwrap();
    assert!(reader.row(&id(1)).unwrap().is_some());
    drop(open);
}
