use super::*;
use crate::feed::store::{Adoption, InvalidEntity, InvalidReason, RowCount};

#[test]
fn a_row_is_kept_as_it_was_written() {
    let mut fixture = Fixture::new();
    fixture.record(vec![RowWrite { attempts: 3, ..failed("KEY-1", 1, 60) }]);
    assert_eq!(
        fixture.row(1).unwrap(),
        StoredRow {
            ordinal: 0,
            owner: "KEY-1".into(),
            feed_id: id(1),
            feed_hash: hash(1),
            is_deleted: false,
            status: Status(503),
            attempts: 3,
            parked: false,
        }
    );
    let data = fixture.reader().stored_data(&id(1)).unwrap().unwrap();
    assert_eq!(data.feed_data, br#"{"item":1}"#);
    assert_eq!(data.errors.unwrap(), r#"[{"status":503,"message":"busy"}]"#);
    assert_eq!(data.modified_at, "1970-01-01T00:16:40.000Z");
    assert_eq!(data.next_attempt_at.unwrap(), "1970-01-01T00:01:00.000Z");
    let types =
        "SELECT typeof(source_entity_id), typeof(feed_id), length(feed_id), typeof(feed_hash), typeof(feed_data),
                        json_extract(errors, '$[0].status') FROM feed_products";
    assert_eq!(fixture.sql(types), "text blob 32 blob text 503");
}

#[test]
fn a_key_keeps_its_type() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(7, 1), delivered("7", 2), delivered("", 3), delivered(i64::MIN, 4)]);
    assert_eq!(fixture.row(1).unwrap().owner, EntityKey::Int(7));
    assert_eq!(fixture.row(2).unwrap().owner, EntityKey::from("7"));
    assert_eq!(fixture.row(3).unwrap().owner, EntityKey::from(""));
    assert_eq!(fixture.row(4).unwrap().owner, EntityKey::Int(i64::MIN));
}

#[test]
fn a_later_write_replaces_the_row_and_leaves_its_ordinal_and_what_it_does_not_give() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1), failed(2, 2, 60)]);
    fixture.record(vec![RowWrite {
        believed_owner: Some(2.into()),
        feed_hash: hash(2),
        feed_data: None,
        ..delivered(2, 2)
    }]);
    let row = fixture.row(2).unwrap();
    assert_eq!((row.ordinal, row.status, row.feed_hash), (1, Status(200), hash(2)));
    let data = fixture.reader().stored_data(&id(2)).unwrap().unwrap();
    assert_eq!((data.feed_data.as_slice(), data.errors, data.next_attempt_at), (&br#"{"item":2}"#[..], None, None));
    fixture.assert_counts_are_right();
}

#[test]
fn many_rows_are_written_as_each_would_be_by_itself() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1)]);
    let mut writes: Vec<RowWrite> = (2..300).map(|item| delivered(item as i64, item)).collect();
    // One that is not as new as is believed, one twice, one that failed, one of a key that is a text.
    writes[200] = RowWrite { feed_hash: hash(2), ..delivered(1, 1) };
    writes[210] = RowWrite { feed_hash: hash(3), ..delivered(12, 12) };
    writes[220] = failed(5_000, 5_000, 60);
    writes[230] = delivered("KEY", 6_000);
    fixture.record(writes);
    let expected = "5000 503 1 1970-01-01T00:01:00.000Z [{\"status\":503,\"message\":\"busy\"}]";
    let failed =
        "SELECT source_entity_id, status, attempts, next_attempt_at, errors FROM feed_products WHERE status <> 200";
    assert_eq!(fixture.sql(failed), expected);
    assert_eq!(fixture.row(1).unwrap().feed_hash, hash(2));
    assert_eq!(fixture.row(12).unwrap().feed_hash, hash(3), "the later one stands");
    assert_eq!(fixture.row(6_000).unwrap().owner, "KEY".into());
    assert_eq!(fixture.row(299).unwrap().owner, EntityKey::Int(299));
    let ordinals = "SELECT count(*), count(DISTINCT ordinal), max(ordinal) FROM feed_products";
    assert_eq!(fixture.sql(ordinals), "297 297 296");
    fixture.assert_counts_are_right();
}

#[test]
fn an_identity_that_moved_has_one_row_whatever_the_writer_believed() {
    let mut fixture = Fixture::new();
    fixture.record(vec![delivered(1, 1)]);
    let believed_owner = Some(EntityKey::Int(1));
    fixture.record(vec![RowWrite { believed_owner: believed_owner.clone(), ..delivered(2, 1) }]);
    assert_eq!(fixture.row(1).unwrap().owner, EntityKey::Int(2));
    fixture.record(vec![RowWrite { believed_owner, feed_data: None, ..delivered("3", 1) }]);
    fixture.record(vec![failed(4, 1, 60)]);
    let row = fixture.row(1).unwrap();
    assert_eq!((row.owner, row.ordinal, row.status), (EntityKey::Int(4), 0, Status(503)));
    assert_eq!(fixture.sql("SELECT count(*), feed_data FROM feed_products"), r#"1 {"item":1}"#);
    assert!(fixture.rows_of(&[1.into(), 2.into(), "3".into()]).is_empty());
    fixture.assert_counts_are_right();
}

#[test]
fn an_adoption_writes_the_owner_alone() {
    let mut fixture = Fixture::new();
    fixture.record(vec![failed(1, 1, 60)]);
    let before =
        fixture.sql("SELECT ordinal, status, attempts, next_attempt_at, modified_at, errors FROM feed_products");
    let adopt = |item| Adoption { feed_id: id(item), from: 1.into(), to: 9.into() };
    fixture.writer.commit(&Commit { adoptions: vec![adopt(1), adopt(1), adopt(5)], ..Commit::default() }).unwrap();
    assert_eq!(fixture.row(1).unwrap().owner, EntityKey::Int(9));
    let after =
        fixture.sql("SELECT ordinal, status, attempts, next_attempt_at, modified_at, errors FROM feed_products");
    assert_eq!(after, before);
    fixture.assert_counts_are_right();
}

#[test]
fn an_outcome_takes_its_intent_away_and_a_withdrawal_leaves_the_row() {
    let mut fixture = Fixture::new();
    let items: Vec<RowWrite> = (1..=6).map(|item| delivered(1, item)).collect();
    let intents = (1..).zip(items.chunks(2)).map(|(number, items)| request(number, items)).collect();
    fixture.writer.commit(&Commit { intents, next_sequence: Some(5), ..Commit::default() }).unwrap();
    assert_eq!(fixture.sql("SELECT count(*), min(feed) FROM intent"), "6 products");
    fixture
        .writer
        .commit(&Commit {
            outcomes: vec![items[5].clone(), items[0].clone()],
            settled: vec![3, 1, 99],
            next_sequence: Some(4),
            ..Commit::default()
        })
        .unwrap();
    let left = "SELECT id, source_entity_id, substr(hex(feed_id), 1, 6) FROM intent ORDER BY feed_id";
    let expected = |item| format!("2 1 {}", &id(item).to_string().to_uppercase()[..6]);
    let mut expected = [expected(3), expected(4)];
    expected.sort();
    assert_eq!(fixture.sql(left), expected.join("\n"));
    assert_eq!(fixture.sql("SELECT count(*) FROM feed_products"), "2");
    assert_eq!(fixture.reader().state().unwrap().next_sequence, 5, "it only grows");
}

#[test]
fn what_was_in_flight_becomes_a_row_of_unknown_state_due_at_once() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.writer.recover_intents().unwrap(), 0);
    fixture.record(vec![
        delivered(1, 1),
        RowWrite { attempts: 4, parked: true, next_attempt_at: None, ..failed(1, 2, 60) },
        RowWrite { attempts: 4, ..failed(1, 3, 60) },
        delivered(1, 9),
    ]);
    let changed = |item| RowWrite { feed_hash: hash(2), ..delivered(1, item) };
    let sent = [
        changed(1),
        delivered(1, 2),
        changed(3),
        delivered(5, 4),
        RowWrite { is_deleted: true, feed_data: Some(br#"{"gone":9}"#.as_slice().into()), ..delivered(1, 9) },
    ];
    let intents = vec![request(1, &sent[..1]), request(2, &sent[1..4]), request(3, &sent[4..])];
    fixture.writer.commit(&Commit { intents, ..Commit::default() }).unwrap();
    // Another feed's are not ours.
    let mut other = fixture.store.writer("prices").unwrap();
    other.commit(&Commit { intents: vec![request(1, &sent[..1])], ..Commit::default() }).unwrap();

    fixture.writer = fixture.store.sqlite_writer("products").unwrap();
    assert_eq!(fixture.writer.recover_intents().unwrap(), 5);
    assert_eq!(fixture.sql("SELECT feed FROM intent"), "prices");
    let state = "SELECT status, attempts, parked, next_attempt_at = modified_at, is_deleted, feed_data, substr(hex(feed_hash), 1, 2)
                   FROM feed_products ORDER BY ordinal";
    assert_eq!(
        fixture.sql(state),
        "-1 0 0 1 0 {\"item\":1} 02\n-1 4 0 1 0 {\"item\":2} 01\n-1 0 0 1 0 {\"item\":3} 02\n\
         -1 0 0 1 1 {\"gone\":9} 01\n-1 0 0 1 0 {\"item\":4} 01"
    );
    fixture.assert_counts_are_right();
    assert_eq!(fixture.writer.recover_intents().unwrap(), 0);
}

#[test]
fn what_is_invalid_of_an_entity_is_replaced_as_a_whole() {
    let mut fixture = Fixture::new();
    let reason = |column: &str| InvalidReason { column: column.to_owned(), reason: "not a number".to_owned() };
    let entity = |owner: i64, columns: &[&str]| InvalidEntity {
        owner: owner.into(),
        reasons: columns.iter().map(|column| reason(column)).collect(),
    };
    let mut write =
        |invalid: Vec<InvalidEntity>| fixture.writer.commit(&Commit { invalid, ..Commit::default() }).unwrap();
    write(vec![entity(3, &["price", "price", "a"]), entity(1, &["weight"]), entity(2, &["b"])]);
    write(vec![entity(3, &["z", "price"]), entity(2, &[]), entity(8, &[])]);
    let mut reader = fixture.reader();
    assert_eq!(reader.invalid(9).unwrap(), [entity(1, &["weight"]), entity(3, &["z", "price"])]);
    assert_eq!(reader.invalid(1).unwrap(), [entity(1, &["weight"])]);
    assert!(reader.invalid(0).unwrap().is_empty());
    assert_eq!(reader.invalid_of(&[3.into(), 2.into()]).unwrap(), [entity(3, &["z", "price"])]);
    assert_eq!(reader.invalid_owners().unwrap(), [1.into(), 3.into()]);
    assert_eq!(reader.invalid_count().unwrap(), 3);
    assert_eq!(fixture.sql("SELECT \"column\", reason FROM invalid WHERE source_entity_id = 1"), "weight not a number");
}

#[test]
fn another_consumer_has_none_of_it() {
    let mut fixture = Fixture::new();
    fixture.writer.set_consumer("search", "https://a.example/", false).unwrap();
    let parked = RowWrite { parked: true, next_attempt_at: None, attempts: 20, ..failed(1, 3, 0) };
    let deleted = |item, status| RowWrite { is_deleted: true, status: Status(status), ..delivered(1, item) };
    fixture.record(vec![delivered(1, 1), failed(1, 2, 60), parked, deleted(4, 200), deleted(5, 503), deleted(6, 204)]);
    fixture.writer.set_consumer("search", "https://b.example/", true).unwrap();
    assert_eq!(
        fixture.reader().counts().unwrap(),
        [
            RowCount { status: Status(0), is_deleted: false, parked: false, rows: 3 },
            RowCount { status: Status(0), is_deleted: true, parked: false, rows: 1 },
        ]
    );
    let due = "SELECT DISTINCT attempts, next_attempt_at IS NOT NULL, errors FROM feed_products";
    assert_eq!(fixture.sql(due), "0 1 NULL");
    let consumer = fixture.reader().state().unwrap().consumer;
    assert_eq!(consumer, Some(("search".to_owned(), "https://b.example/".to_owned())));
    fixture.assert_counts_are_right();
}

#[test]
fn failed_rows_follow_the_consumer_s_policy() {
    let mut fixture = Fixture::new();
    let with = |item, status, attempts| RowWrite { status: Status(status), attempts, ..failed(1, item, 60) };
    let refused = RowWrite { next_attempt_at: None, ..with(3, 400, 1) };
    fixture.record(vec![
        delivered(1, 1),
        with(2, 503, 5),
        refused,
        with(4, 422, 2),
        RowWrite { parked: true, next_attempt_at: None, ..with(5, 500, 9) },
        RowWrite { next_attempt_at: None, ..with(6, -1, 50) },
    ]);
    let state = "SELECT status, parked, next_attempt_at FROM feed_products ORDER BY ordinal";
    let minute = "1970-01-01T00:01:00.000Z";
    let hour = "1970-01-01T01:00:00.000Z";

    fixture.writer.apply_policy(&[422, 410], 6, at(3600)).unwrap();
    let expected = format!("200 0 NULL\n503 0 {minute}\n400 0 {hour}\n422 0 NULL\n500 1 NULL\n-1 0 {hour}");
    assert_eq!(fixture.sql(state), expected);
    fixture.assert_counts_are_right();

    fixture.writer.apply_policy(&[410, 422, 422], 6, at(9999)).unwrap();
    assert_eq!(fixture.sql(state), expected, "the same policy changes nothing");

    fixture.writer.apply_policy(&[], 2, at(7200)).unwrap();
    assert_eq!(
        fixture.sql(state),
        format!("200 0 NULL\n503 1 NULL\n400 0 {hour}\n422 1 NULL\n500 1 NULL\n-1 0 {hour}")
    );
    fixture.assert_counts_are_right();

    fixture.writer.apply_policy(&[400], 20, at(7200)).unwrap();
    let later = "1970-01-01T02:00:00.000Z";
    let expected = format!("200 0 NULL\n503 0 {later}\n400 0 NULL\n422 0 {later}\n500 0 {later}\n-1 0 {hour}");
    assert_eq!(fixture.sql(state), expected);
    fixture.assert_counts_are_right();
}

#[test]
fn old_delivered_deletes_are_dropped_and_nothing_else() {
    let mut fixture = Fixture::new();
    let deleted = |item, status, modified| RowWrite {
        is_deleted: true,
        status: Status(status),
        modified_at: at(modified),
        ..delivered(1, item)
    };
    fixture.record(vec![deleted(1, 200, 10), deleted(2, 204, 10), deleted(3, 200, 20), deleted(4, 400, 10)]);
    fixture.record(vec![RowWrite { modified_at: at(10), ..delivered(1, 5) }]);
    assert_eq!(fixture.store.purge("products", at(20)).unwrap(), 2);
    assert_eq!(fixture.sql("SELECT ordinal FROM feed_products ORDER BY ordinal"), "2\n3\n4");
    fixture.assert_counts_are_right();
    assert_eq!(fixture.store.purge("products", at(20)).unwrap(), 0);
    fixture.record(vec![delivered(1, 1)]);
    assert_eq!(fixture.row(1).unwrap().ordinal, 5);
}
