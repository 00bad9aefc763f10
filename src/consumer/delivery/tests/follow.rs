//! Tasks behind requests, followed to their end.

use super::*;

/// Answers of Meilisearch: the first to requests, the others to questions.
fn meilisearch(
    scene: &Scene,
    kind: ItemKind,
    task: impl Fn(usize, &str) -> Result<HttpAnswer, TransportError> + Send + Sync + 'static,
) -> Delivered {
    let requests = std::sync::atomic::AtomicUsize::new(0);
    let script = move |items: &[&str]| {
        let order = std::sync::atomic::Ordering::SeqCst;
        if items[0].starts_with("http://h/tasks/") {
            return task(requests.load(order), items[0]);
        }
        let number = requests.fetch_add(1, order) + 1;
        answer(202, &format!(r#"{{"taskUid":{number}}}"#))
    };
    let config = engine(HttpFormat::Meilisearch(Default::default()));
    scene.consumer(&config, script).deliver(&request(kind, &THREE))
}

fn task(status: &str, code: &str, kind: &str) -> Result<HttpAnswer, TransportError> {
    let error = format!(r#"{{"message":"m","code":"{code}","type":"{kind}"}}"#);
    answer(200, &format!(r#"{{"status":"{status}","error":{error}}}"#))
}

#[test]
fn a_task_is_followed_to_its_end() {
    let scene = Scene::new();
    let asked = Mutex::new(0);
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, uri| {
        assert_eq!(uri, "http://h/tasks/1");
        let mut asked = asked.lock().expect("no panic");
        *asked += 1;
        match *asked {
            1 => task("enqueued", "", ""),
            2 => answer(503, ""),
            3 => task("processing", "", ""),
            _ => task("succeeded", "", ""),
        }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 202, 202], 1));
    assert_eq!(scene.waits(), [5, 7, 500, 750]);
}

#[test]
fn a_task_that_fails_is_looked_into_or_made_again() {
    // The second document is bad.
    let scene = Scene::new();
    let seen = scene.clone();
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| {
        let bad = seen.bodies().last().is_some_and(|body| body.contains(r#""sku":"B""#));
        if bad { task("failed", "invalid_document_id", "invalid_request") } else { task("succeeded", "", "") }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 400, 202], 5));
    assert_eq!(message(&delivered, 1), "the task failed: invalid_document_id: m");

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Upsert, |requests, _| {
        if requests == 1 { task("failed", "internal", "internal") } else { task("succeeded", "", "") }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 202, 202], 2));

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Upsert, |_, _| task("canceled", "", ""));
    assert_eq!((statuses(&delivered), delivered.requests), (vec![1, 1, 1], 4));

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Delete, |_, _| task("failed", "index_not_found", "invalid_request"));
    assert_eq!(statuses(&delivered), [202, 202, 202]);
    let delivered = meilisearch(&scene, ItemKind::Upsert, |_, _| task("failed", "index_not_found", "invalid_request"));
    assert_eq!((statuses(&delivered), scene.circuit.is_open()), (vec![1, 1, 1], true));
}

#[test]
fn a_task_nobody_hears_of_is_no_delivery() {
    for (answered, opens, said) in [
        (answer(401, "no"), true, "what became of a task cannot be asked: 401 Unauthorized: no"),
        (answer(404, "pruned"), false, "what became of a task cannot be asked: 404 Not Found: pruned"),
        (answer(500, ""), false, "what became of a task cannot be asked: 500 Internal Server Error:"),
        (Err(TransportError::Timeout), false, "what became of a task cannot be asked: no answer within 30s"),
    ] {
        let scene = Scene::new();
        let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| answered.clone());
        assert_eq!((statuses(&delivered), message(&delivered, 0)), (vec![0, 0, 0], said));
        assert_eq!(scene.circuit.is_open(), opens, "{said}");
    }
    let scene = Scene::new();
    let stop = scene.stop.clone();
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| {
        stop.request(15);
        task("enqueued", "", "")
    });
    assert_eq!(statuses(&delivered), [0, 0, 0]);
}

#[test]
fn a_task_that_takes_too_long_is_given_up() {
    let scene = Scene::new();
    let settings = crate::config::MeilisearchSettings { task_timeout: Duration::ZERO, ..Default::default() };
    let script = |items: &[&str]| {
        if items[0].starts_with("http://h/tasks/") { task("enqueued", "", "") } else { answer(202, r#"{"taskUid":1}"#) }
    };
    let consumer = scene.consumer(&engine(HttpFormat::Meilisearch(settings)), script);
    // Five in a row: nobody works on the queue.
    for opens in [false, false, false, false, true] {
        let delivered = consumer.deliver(&request(ItemKind::Upsert, &THREE));
        assert_eq!(statuses(&delivered), [0, 0, 0]);
        assert_eq!(message(&delivered, 0), "the consumer has not done within 0ns what it took over");
        assert_eq!(scene.circuit.is_open(), opens);
    }
}
