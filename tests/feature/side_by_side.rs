//! Several feeds in one command: a consumer that is slow or dead holds up no other, and feeds of one consumer share what
//! they have.

use crate::harness::{PRODUCTS, Project, Receiver, Reply, Signal};

const ITEMS: usize = 40;

/// Feeds that go to these consumers, in the order of their names.
fn project(feeds: &[(&str, &str)], receivers: &[(&str, &Receiver)], options: &str) -> Project {
    let mut project = Project::new();
    project.consumers(receivers, options);
    project.sql("CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT)");
    for id in 1..=ITEMS {
        project.sql(&format!("INSERT INTO product VALUES ({id}, 'S{id:03}', 'Name {id}')"));
    }
    for (feed, consumer) in feeds {
        let text = PRODUCTS.replace("\"products\"", &format!("{feed:?}"));
        project.feed(feed, &text.replace("\"search\"", &format!("{consumer:?}")));
    }
    project
}

#[test]
fn feeds_of_different_consumers_run_side_by_side() {
    let (slow, quick) = (Receiver::start(), Receiver::start());
    let gate = slow.gate();
    slow.next(Reply::accept().after(&gate));
    let project = project(&[("a", "slow"), ("b", "quick"), ("c", "quick")], &[("slow", &slow), ("quick", &quick)], "");
    let command = project.command(&["reindex", "--all"]);
    let running = command.start();
    // Both feeds of the one arrive while the other has not answered its first request.
    quick.wait_for_requests(2);
    slow.wait_for_requests(1);
    gate.open();
    let run = command.finish(running);
    run.exits(0).counts("a", "exported=40").counts("b", "exported=40").counts("c", "exported=40");
    assert_eq!(run.stdout.lines().count(), 3, "a line a feed");
}

#[test]
fn a_dead_consumer_fails_its_own_feeds_alone() {
    let (mut dead, alive) = (Receiver::start(), Receiver::start());
    dead.down();
    let project = project(&[("a", "dead"), ("b", "alive"), ("c", "dead")], &[("dead", &dead), ("alive", &alive)], "");
    let run = project.run(&["reindex", "--all"]);
    run.exits(1).outcome("a", "incomplete").outcome("c", "incomplete").counts("b", "exported=40");
    // The first found out with its own items; the next did not have to.
    run.counts("a", "retryable=40").counts("c", "");
    for feed in ["a", "c"] {
        let reason = run.summary(feed)["reason"].as_str().expect("a reason");
        assert!(reason.contains("cannot be reached"), "{reason}");
    }
    let failed = project.run(&["reindex", "a", "c", "--ids", "1"]);
    failed.exits(1).counts("a", "retryable=1").counts("c", "retryable=1");
    dead.up();
    project.run(&["retry", "--now"]).exits(0).counts("a", "exported=40").counts("c", "exported=1");
    let run = project.run(&["reindex", "--all"]);
    run.exits(0).counts("a", "unchanged=40").counts("b", "unchanged=40").counts("c", "exported=39 unchanged=1");
}

#[test]
fn feeds_of_one_consumer_run_in_their_order_over_the_same_connections() {
    let receiver = Receiver::start();
    let project = project(&[("a", "search"), ("b", "search")], &[("search", &receiver)], "");
    let run = project.run(&["reindex", "--all", "--batch-size", "1", "--thread-count", "4"]);
    run.exits(0).counts("a", "exported=40 requests=40").counts("b", "exported=40 requests=40");
    let feeds: Vec<String> = receiver.requests().iter().map(|request| request.feed().to_owned()).collect();
    assert!(feeds.is_sorted(), "{feeds:?}");
    assert!(receiver.connection_count() <= 4, "{} connections", receiver.connection_count());
}

#[test]
fn a_signal_ends_all_of_them() {
    let (one, other) = (Receiver::start(), Receiver::start());
    let gates = [one.gate(), other.gate()];
    one.next(Reply::accept().after(&gates[0]));
    other.next(Reply::accept().after(&gates[1]));
    let feeds = [("a", "one"), ("b", "other"), ("c", "one"), ("d", "other")];
    let project = project(&feeds, &[("one", &one), ("other", &other)], "");
    let command = project.command(&["reindex", "--all", "--batch-size", "1"]);
    let running = command.start();
    one.wait_for_requests(1);
    other.wait_for_requests(1);
    running.killer().signal(Signal::INT);
    gates.iter().for_each(|gate| gate.open());
    let run = command.finish(running);
    run.exits(130).outcome("a", "interrupted").outcome("b", "interrupted");
    assert!(run.summaries.len() >= 2);
    assert_eq!(project.stored::<i64>("SELECT count(*) FROM intent"), 0);
    project.run(&["reindex", "--all"]).exits(0);
}

#[test]
fn the_worst_of_several_feeds_is_the_exit_code() {
    let (refusing, taking) = (Receiver::start(), Receiver::start());
    refusing.always(Reply::status(400));
    let receivers = [("refusing", &refusing), ("taking", &taking)];
    let project = project(&[("a", "taking"), ("b", "refusing"), ("c", "taking")], &receivers, "");
    let run = project.run(&["reindex", "--all"]);
    run.exits(1).counts("a", "exported=40").counts("b", "rejected=40").counts("c", "exported=40");
}

#[test]
fn a_refused_request_is_tried_again_while_the_others_go_on() {
    let receiver = Receiver::start();
    receiver.next(Reply::status(429)).next(Reply::status(503));
    let project = project(&[("a", "search")], &[("search", &receiver)], "");
    let run = project.run(&["reindex", "a", "--batch-size", "1", "--thread-count", "8"]);
    run.exits(0).counts("a", "exported=40 requests=40 request_retries=2");
}
