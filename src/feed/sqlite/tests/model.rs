//! The store against a map: whatever is written in whatever order, both end the same.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::feed::store::Adoption;

/// Few items and owners, so that they meet often.
const ITEMS: u64 = 12;

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<Write>),
    Adopt(u64, u8),
    /// Intents of a run that dies.
    Die(Vec<Write>),
    Purge(u64),
    Resend,
    Policy(bool, u32),
    Reopen,
}

#[derive(Debug, Clone)]
struct Write {
    item: u64,
    owner: u8,
    content: u8,
    is_deleted: bool,
    status: i32,
    attempts: u32,
    due: Option<u64>,
    modified: u64,
    with_data: bool,
    /// What the writer believes to stand there: the truth, nothing, or what stood there at the beginning of the commit
    /// with another owner.
    belief: Belief,
}

#[derive(Debug, Clone, Copy)]
enum Belief {
    True,
    Absent,
    WrongOwner,
}

#[derive(Debug, Clone, PartialEq)]
struct ModelRow {
    row: StoredRow,
    due: Option<String>,
    modified: u64,
    data: String,
}

fn owner(number: u8) -> EntityKey {
    if number.is_multiple_of(2) { EntityKey::Int(number.into()) } else { number.to_string().as_str().into() }
}

fn write() -> impl Strategy<Value = Write> {
    let belief = prop_oneof![3 => Just(Belief::True), 1 => Just(Belief::Absent), 1 => Just(Belief::WrongOwner)];
    let status =
        prop_oneof![4 => Just(200), 1 => Just(204), 1 => Just(400), 1 => Just(503), 1 => Just(0), 1 => Just(1)];
    let state = (status, 0..4_u32, prop::option::of(0..9_u64), 0..9_u64, any::<bool>());
    (0..ITEMS, 0..5_u8, 0..3_u8, any::<bool>(), state, belief).prop_map(
        |(item, owner, content, is_deleted, (status, attempts, due, modified, with_data), belief)| Write {
            item,
            owner,
            content,
            is_deleted,
            status,
            attempts,
            due: due.filter(|_| status != 200 && status != 204),
            modified,
            with_data,
            belief,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec(write(), 1..8).prop_map(Step::Write),
        2 => (0..ITEMS, 0..5_u8).prop_map(|(item, owner)| Step::Adopt(item, owner)),
        1 => prop::collection::vec(write(), 1..4).prop_map(Step::Die),
        1 => (0..10_u64).prop_map(Step::Purge),
        1 => Just(Step::Resend),
        1 => (any::<bool>(), 1..4_u32).prop_map(|(refuse, most)| Step::Policy(refuse, most)),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Debug, Default)]
struct Model {
    rows: BTreeMap<u64, ModelRow>,
    next_ordinal: u32,
}

impl Model {
    /// Puts a row and gives the write that should do the same to the store.
    fn put(&mut self, write: &Write) -> RowWrite {
        let standing = self.rows.get(&write.item).cloned();
        let believed_owner = match write.belief {
            Belief::True => standing.as_ref().map(|standing| standing.row.owner.clone()),
            Belief::Absent => None,
            Belief::WrongOwner => standing.as_ref().map(|_| "nobody".into()),
        };
        let ordinal = standing.as_ref().map_or(self.next_ordinal, |standing| standing.row.ordinal);
        self.next_ordinal = self.next_ordinal.max(ordinal + 1);
        let data = format!("{{\"content\":{}}}", write.content);
        let row = StoredRow {
            ordinal,
            owner: owner(write.owner),
            feed_id: id(write.item),
            feed_hash: hash(write.content),
            is_deleted: write.is_deleted,
            status: Status(write.status),
            attempts: write.attempts,
            parked: write.attempts == 3,
        };
        let written = RowWrite {
            believed_owner,
            owner: row.owner.clone(),
            feed_id: row.feed_id,
            feed_hash: row.feed_hash,
            is_deleted: row.is_deleted,
            status: row.status,
            attempts: row.attempts,
            parked: row.parked,
            next_attempt_at: write.due.map(at),
            modified_at: at(write.modified),
            feed_data: write.with_data.then(|| data.clone().into()),
            error: None,
        };
        let kept = standing.map(|standing| standing.data).unwrap_or_default();
        let row = ModelRow {
            row,
            due: write.due.map(|due| format!("1970-01-01T00:00:{due:02}.000Z")),
            modified: write.modified,
            data: if write.with_data { data } else { kept },
        };
        self.rows.insert(write.item, row);
        written
    }
}

/// What both sides must agree on; of times that the store takes from the clock only that there is one.
fn shown(model: &Model) -> Vec<String> {
    let mut rows: Vec<String> = model
        .rows
        .values()
        .map(|row| {
            let due = row.due.is_some();
            format!("{:?} due {due} data {}", row.row, row.data)
        })
        .collect();
    rows.sort();
    rows
}

fn stored(fixture: &Fixture) -> Vec<String> {
    let mut reader = fixture.reader();
    let owners: Vec<EntityKey> = (0..5).map(owner).collect();
    let mut found = Vec::new();
    reader.rows_of(&owners, &mut found).unwrap();
    let mut rows: Vec<String> = found
        .iter()
        .map(|row| {
            assert_eq!(reader.row(&row.feed_id).unwrap().as_ref(), Some(row));
            let data = reader.stored_data(&row.feed_id).unwrap().unwrap();
            let text = String::from_utf8(data.feed_data).unwrap();
            format!("{row:?} due {} data {text}", data.next_attempt_at.is_some())
        })
        .collect();
    rows.sort();
    rows
}

fn run(fixture: &mut Fixture, model: &mut Model, step: Step) {
    match step {
        Step::Write(writes) => {
            let outcomes = writes.iter().map(|write| model.put(write)).collect();
            fixture.record(outcomes);
        }
        Step::Adopt(item, to) => {
            let to = owner(to);
            let adoption = Adoption { feed_id: id(item), from: owner(0), to: to.clone() };
            fixture.writer.commit(&Commit { adoptions: vec![adoption], ..Commit::default() }).unwrap();
            if let Some(row) = model.rows.get_mut(&item) {
                row.row.owner = to;
            }
        }
        Step::Die(writes) => {
            let mut intents = Vec::new();
            for (number, write) in (1..).zip(&writes) {
                let standing = model.rows.get(&write.item).map(|row| row.row.clone());
                let same =
                    standing.filter(|row| row.feed_hash == hash(write.content) && row.is_deleted == write.is_deleted);
                let attempts = same.map_or(0, |row| row.attempts);
                let unknown = Write { status: -1, attempts, with_data: true, due: Some(0), ..write.clone() };
                intents.push(request(number, &[model.put(&unknown)]));
                if let Some(row) = model.rows.get_mut(&write.item) {
                    row.row.parked = false;
                    row.modified = u64::MAX;
                }
            }
            let count = intents.len() as u64;
            fixture.writer.commit(&Commit { intents, ..Commit::default() }).unwrap();
            assert_eq!(fixture.writer.recover_intents().unwrap(), count);
        }
        Step::Purge(before) => {
            fixture.store.purge("products", at(before)).unwrap();
            model.rows.retain(|_, row| !(row.row.is_deleted && row.row.status.is_success() && row.modified < before));
        }
        Step::Resend => {
            fixture.writer.set_consumer("other", "elsewhere", true).unwrap();
            model.rows.retain(|_, row| !(row.row.is_deleted && row.row.status.is_success()));
            for row in model.rows.values_mut() {
                row.row = StoredRow { status: Status(0), attempts: 0, parked: false, ..row.row.clone() };
                row.due = Some(String::new());
            }
        }
        Step::Policy(refuse, most) => {
            let non_retryable: &[u16] = if refuse { &[400, 503] } else { &[] };
            // What was written since need not be in line with a policy that is applied again.
            fixture.writer.connection().execute("UPDATE feed SET max_attempts = NULL", []).unwrap();
            fixture.writer.apply_policy(non_retryable, most, at(5)).unwrap();
            for row in model.rows.values_mut().filter(|row| !row.row.status.is_success()) {
                let refused = row.row.status.is_refused(non_retryable);
                row.row.parked = row.row.status != Status::IN_FLIGHT && !refused && row.row.attempts >= most;
                row.due = (!refused && !row.row.parked).then(String::new);
            }
        }
        Step::Reopen => {
            fixture.store = SqliteStore::open(&fixture.path()).unwrap();
            fixture.writer = fixture.store.sqlite_writer("products").unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_writes_leaves_what_a_map_would_hold(steps in prop::collection::vec(step(), 1..25)) {
        let mut fixture = Fixture::new();
        // Syncing is not what is tested here.
        fixture.writer.connection().pragma_update(None, "synchronous", "OFF").unwrap();
        let mut model = Model::default();
        for step in steps {
            run(&mut fixture, &mut model, step);
            fixture.assert_counts_are_right();
            prop_assert_eq!(stored(&fixture), shown(&model));
            let state = fixture.reader().state().unwrap();
            prop_assert_eq!(state.next_ordinal, model.next_ordinal);
        }
        prop_assert_eq!(fixture.sql("SELECT count(*) - count(DISTINCT feed_id) FROM feed_products"), "0");
        prop_assert_eq!(fixture.sql("SELECT count(*) - count(DISTINCT ordinal) FROM feed_products"), "0");
        prop_assert_eq!(fixture.sql("PRAGMA integrity_check"), "ok");
    }
}
