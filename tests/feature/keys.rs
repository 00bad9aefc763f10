//! An Idempotency-Key belongs to one request: to all its tries, to no other body, and to nothing once it was answered for
//! good. Looked at from what the consumer saw and said alone, with many senders and whatever makes a request come again:
//! refusals, lost answers, halves, items that are left out.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use crate::harness::receiver::Request;
use crate::harness::{Reply, Rule, Shop};

const PRODUCTS_IN_ALL: usize = 1_200;

/// What the consumer said to a request.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Said {
    /// The same request is to come again, or its sender cannot know that it need not.
    Again,
    /// This request never again, whatever becomes of its items.
    ForGood,
}

struct Heard {
    key: String,
    body: Vec<u8>,
    said: Said,
}

type Diary = Arc<Mutex<Vec<Heard>>>;

/// Says something else to each request, by its number, but to the first of each run that it is to come again: a run may be of
/// few requests. Every 97th product is one that it never takes.
fn moody(diary: &Diary) -> Rule {
    let (diary, mut number) = (Arc::clone(diary), 0_u64);
    Rule::new(move |request: &Request| {
        number += 1;
        let mut diary = diary.lock().expect("no thread panics with the diary");
        let chance = if diary.is_empty() { 0 } else { number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 };
        let (said, reply) = answer(chance, request);
        diary.push(Heard { key: request.key().to_owned(), body: request.body.clone(), said });
        Some(reply)
    })
}

fn answer(chance: u64, request: &Request) -> (Said, Reply) {
    let bad = request.items.iter().any(|item| item.document["name"].as_str().is_some_and(|name| name.contains("bad")));
    match chance % 12 {
        // Neither 429 nor 503, which are about the pace: it is to stay fast.
        0 => (Said::Again, Reply::status(500)),
        1 => (Said::Again, Reply::status(408).header("Retry-After", "0")),
        2 => (Said::Again, Reply::lost()),
        3 => (Said::Again, Reply::hangs_up()),
        4 => (Said::Again, Reply::cut_short()),
        5 if request.items.len() > 4 => (Said::ForGood, Reply::status(413)),
        6 => (Said::ForGood, Reply::item_errors(400, &[(request.items.len() - 1, Some(422), "not this one")])),
        7 => (Said::ForGood, Reply::item_errors(200, &[(0, Some(503), "not now")])),
        _ if bad => (Said::ForGood, Reply::status(400).body("something in it is wrong")),
        _ => (Said::ForGood, Reply::accept()),
    }
}

#[test]
fn a_key_is_one_requests_and_ends_with_its_answer() {
    let options = "request_retries = 30\nretry_base = \"1ms\"\nretry_max = \"5ms\"";
    let shop = Shop::with(options, "thread_count = 16\nbatch_size = 16");
    shop.put_many(PRODUCTS_IN_ALL);
    shop.sql("UPDATE product SET name = 'bad ' || name WHERE id % 97 = 0");
    let diary = Diary::default();
    shop.receiver.rule(moody(&diary));

    let mut keys_of_runs: Vec<HashSet<String>> = Vec::new();
    for (edit, arguments) in [
        ("", ["reindex", "products"]),
        (
            "UPDATE product SET name = name || '!' WHERE id % 2 = 0; DELETE FROM product WHERE id % 40 = 0",
            ["reindex", "products"],
        ),
        ("UPDATE product SET name = rtrim(name, '!')", ["reindex", "products"]),
        ("", ["retry", "--now"]),
    ] {
        shop.sql(edit);
        shop.run(&arguments).outcome("products", "complete");
        keys_of_runs.push(keys(&std::mem::take(&mut *diary.lock().expect("no thread panics with the diary"))));
    }
    let all: HashSet<&String> = keys_of_runs.iter().flatten().collect();
    assert_eq!(all.len(), keys_of_runs.iter().map(HashSet::len).sum::<usize>(), "a key of one run was used in another");
}

/// The keys of a run, none of which is any request's but its own, and none used after an answer for good.
fn keys(diary: &[Heard]) -> HashSet<String> {
    let mut bodies: HashMap<&str, &[u8]> = HashMap::new();
    let mut ended: HashSet<&str> = HashSet::new();
    for Heard { key, body, said } in diary {
        assert_eq!(*bodies.entry(key).or_insert(body), body, "{key} came with another body");
        assert!(!ended.contains(key.as_str()), "{key} came after an answer for good");
        if *said == Said::ForGood {
            ended.insert(key);
        }
    }
    assert!(diary.len() > bodies.len(), "nothing was tried again");
    bodies.into_keys().map(str::to_owned).collect()
}
