//! Each stage by itself, over catalogues of several sizes: `cargo bench --bench stages`.

mod catalogue;

use std::collections::HashMap;
use std::time::SystemTime;

use catalogue::{Catalogue, feed_ids, sizes};
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feedmill::config::ConsumerTarget;
use feedmill::consumer::{Item, ItemKind, Outline, format};
use feedmill::digest::{FeedHash, FeedId};
use feedmill::document::Built;
use feedmill::entity::EntityKey;
use feedmill::feed::intent_group::{IntentGroup, IntentParts};
use feedmill::feed::status::Status;
use feedmill::feed::store::{Commit, RowWrite};
use feedmill::run::buffers::Buffers;
use feedmill::run::compare::{Comparison, Terms};
use feedmill::run::hold::{HeldFeed, Hold, hold};
use feedmill::run::stop::Stop;

/// Rows of one transaction, as many as the recorder gathers from a few requests.
const COMMIT_ROWS: usize = 1_000;

/// Items of a request, by default.
const REQUEST_ITEMS: usize = 100;

fn stages(criterion: &mut Criterion) {
    for &size in sizes() {
        let catalogue = Catalogue::new(size);
        let (items, bytes) = catalogue.volume();
        let throughput = Throughput::ElementsAndBytes { elements: items, bytes };
        assemble(&mut group(criterion, "assemble", &throughput), &catalogue);
        digest(&mut group(criterion, "digest", &throughput), &catalogue);
        compare(&mut group(criterion, "compare", &throughput), &catalogue);
        encode(&mut group(criterion, "encode", &throughput), &catalogue);
        record(&mut group(criterion, "record", &throughput), &catalogue);
    }
}

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

fn group<'c>(criterion: &'c mut Criterion, name: &str, throughput: &Throughput) -> Group<'c> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).throughput(throughput.clone());
    group
}

/// Reads every row and writes every document.
fn assemble(group: &mut Group<'_>, catalogue: &Catalogue) {
    group.bench_function(BenchmarkId::from_parameter(catalogue.entities), |bencher| {
        bencher.iter(|| {
            catalogue.build(|built| {
                std::hint::black_box(built);
            })
        });
    });
}

fn all_built(catalogue: &Catalogue) -> Vec<Built> {
    let mut all = Vec::new();
    catalogue.build(|built| {
        all.push(Built {
            entities: built.entities.clone(),
            items: built.items.clone(),
            invalid: built.invalid.clone(),
            arena: built.arena.clone(),
            holes: built.holes.clone(),
            row_bytes: built.row_bytes,
            keyless_rows: built.keyless_rows,
        });
    });
    all
}

/// Identities and hashes of documents that are built already.
fn digest(group: &mut Group<'_>, catalogue: &Catalogue) {
    let all = all_built(catalogue);
    group.bench_function(BenchmarkId::from_parameter(catalogue.entities), |bencher| {
        bencher.iter(|| {
            for built in &all {
                feed_ids(built).for_each(|id| {
                    std::hint::black_box(id);
                });
                std::hint::black_box(built.hashes());
            }
        });
    });
}

/// Compares documents that are built already with a feed table that has them all: nothing changed.
fn compare(group: &mut Group<'_>, catalogue: &Catalogue) {
    let all = all_built(catalogue);
    catalogue.forget();
    let store = catalogue.store();
    write_rows(&mut held(catalogue), &rows(catalogue));
    let definition = &catalogue.feed.definition;
    let consumer = catalogue.session.consumer(definition).expect("the feed's consumer");
    let policy = catalogue.session.policy(consumer, false, false);
    let terms =
        Terms { policy: &policy, persist_document: false, had_invalid: false, relocation: None, is_edited: false };
    let mut reader = store.reader("products").expect("a reader");
    let (owners, buffers) = (Built::default(), Buffers::default());
    group.bench_function(BenchmarkId::from_parameter(catalogue.entities), |bencher| {
        bencher.iter(|| {
            for (number, built) in (0..).zip(&all) {
                let comparison = Comparison::new(&terms, number, built, reader.as_mut(), None).expect("a comparison");
                let compared = comparison.finish(&owners, reader.as_mut()).expect("a comparison");
                let compared = compared.take_out(&mut Vec::new(), &buffers, &terms);
                assert!(compared.batch.changed.is_empty(), "nothing has changed");
            }
        });
    });
}

/// Bodies of requests out of items that are cut already.
fn encode(group: &mut Group<'_>, catalogue: &Catalogue) {
    let mut items = Vec::new();
    catalogue.build(|built| {
        items.extend(built.items.iter().zip(feed_ids(built)).map(|(item, feed_id)| Item {
            feed_id,
            kind: ItemKind::Upsert,
            json: built.bytes(&item.document).to_vec().into(),
        }));
    });
    let definition = &catalogue.feed.definition;
    let consumer = catalogue.session.consumer(definition).expect("the feed's consumer");
    let ConsumerTarget::Http(http) = &consumer.target else { panic!("the consumer is one over HTTP") };
    let Ok(format) = format::open(http, &Outline::of(definition)) else { panic!("the consumer's settings are sound") };
    group.bench_function(BenchmarkId::from_parameter(catalogue.entities), |bencher| {
        bencher.iter(|| {
            for request in items.chunks(REQUEST_ITEMS) {
                let request: Vec<&Item> = request.iter().collect();
                std::hint::black_box(format.encode(ItemKind::Upsert, &request, 1).expect("a request"));
            }
        });
    });
}

/// Writes an intent and then the row of every item, into an empty feed table.
fn record(group: &mut Group<'_>, catalogue: &Catalogue) {
    let rows = rows(catalogue);
    group.bench_function(BenchmarkId::from_parameter(catalogue.entities), |bencher| {
        bencher.iter_batched(
            || {
                catalogue.forget();
                held(catalogue)
            },
            |mut held| write_rows(&mut held, &rows),
            BatchSize::PerIteration,
        );
    });
}

struct Row {
    owner: EntityKey,
    feed_id: FeedId,
    feed_hash: FeedHash,
    feed_data: Box<[u8]>,
}

fn rows(catalogue: &Catalogue) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut owners: HashMap<FeedId, EntityKey> = HashMap::new();
    catalogue.build(|built| {
        let (ids, hashes): (Vec<_>, Vec<_>) = feed_ids(built).zip(built.hashes()).unzip();
        for entity in &built.entities {
            for index in entity.items.clone() {
                let (item, feed_id, feed_hash) = (&built.items[index], ids[index], hashes[index]);
                assert!(owners.insert(feed_id, entity.key.clone()).is_none(), "identities are distinct");
                let feed_data = built.bytes(&item.minimal).into();
                rows.push(Row { owner: entity.key.clone(), feed_id, feed_hash, feed_data });
            }
        }
    });
    rows
}

fn held(catalogue: &Catalogue) -> HeldFeed {
    match hold(catalogue.store().as_ref(), "products", "reindex", None, &Stop::default()) {
        Ok(Hold::Held(held)) => held,
        _ => panic!("nobody else holds the feed"),
    }
}

fn write_rows(held: &mut HeldFeed, rows: &[Row]) {
    let now = SystemTime::now();
    for (first, chunk) in rows.chunks(COMMIT_ROWS).enumerate() {
        let requests = chunk.chunks(REQUEST_ITEMS).zip((first * COMMIT_ROWS) as u64..);
        let intents: Vec<IntentGroup> = requests.map(|(rows, id)| request(id, rows)).collect();
        let settled = intents.iter().map(|group| group.id).collect();
        held.writer.commit(&Commit { intents, ..Commit::default() }).expect("intents are written");
        let outcomes = chunk.iter().map(|row| RowWrite {
            believed_owner: None,
            owner: row.owner.clone(),
            feed_id: row.feed_id,
            feed_hash: row.feed_hash,
            is_deleted: false,
            status: Status(200),
            attempts: 0,
            parked: false,
            next_attempt_at: None,
            modified_at: now,
            feed_data: Some(row.feed_data.clone().into()),
            error: None,
        });
        let commit = Commit { outcomes: outcomes.collect(), settled, ..Commit::default() };
        held.writer.commit(&commit).expect("rows are written");
    }
}

fn request(id: u64, rows: &[Row]) -> IntentGroup {
    let parts = rows.iter().map(|row| IntentParts {
        owner: &row.owner,
        feed_id: &row.feed_id,
        feed_hash: &row.feed_hash,
        feed_data: &row.feed_data,
    });
    IntentGroup::new(id, false, parts)
}

criterion_group!(benches, stages);
criterion_main!(benches);
