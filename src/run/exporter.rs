//! One export session: senders around the recorder.
//!
//! The recorder runs on the calling thread; `produce` runs on its own and hands compared batches over a bounded
//! channel; each sender takes one request at a time, of those whose intents the recorder has committed. The session ends
//! when the batches have ended and every request that left has its outcome.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Select, Sender, bounded, unbounded};
use tracing::Span;

use super::changed::ComparedBatch;
use super::recorder::Recorder;
use super::under_way::Outgoing;
use crate::consumer::delivery::Delivered;
use crate::consumer::{Consumer, ItemKind};

/// Compared batches that may wait for the recorder: enough to keep it busy, few enough to bound memory.
const WAITING_BATCHES: usize = 1;

/// What a sender gives back: a request with its outcomes, or its own panic, which ends the run as a crash would. Without
/// it the recorder would wait for ever for a request that nobody has any more.
type Finished = thread::Result<Settled>;

struct Settled {
    number: u64,
    delivered: Delivered,
}

/// Runs one session of items of one kind. `produce` is given what takes a batch in; it fails only when the session is over.
pub fn export<T: Send>(
    recorder: &mut Recorder<'_>,
    consumer: &dyn Consumer,
    kind: ItemKind,
    thread_count: usize,
    produce: impl FnOnce(&(dyn Fn(ComparedBatch) -> Result<(), ()> + Sync)) -> T + Send,
) -> T {
    recorder.open_intake(kind);
    let (batch_sender, batches) = bounded::<ComparedBatch>(WAITING_BATCHES);
    // Unbounded, so that senders go on while the recorder waits for the disk: the recorder knows how much is under way.
    let (request_sender, requests) = unbounded::<Outgoing>();
    let (finished_sender, finished) = unbounded::<Finished>();
    let is_halted = &AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..thread_count {
            let (requests, finished) = (requests.clone(), finished_sender.clone());
            let feed = Span::current();
            scope.spawn(move || feed.in_scope(|| send(consumer, &requests, &finished, is_halted)));
        }
        drop((requests, finished_sender));
        let feed = Span::current();
        let producer = scope.spawn(move || feed.in_scope(|| produce(&|batch| batch_sender.send(batch).map_err(drop))));
        record(recorder, batches, &request_sender, &finished, is_halted);
        drop(request_sender);
        match producer.join() {
            Ok(produced) => produced,
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// One sender: delivers one request after the other for as long as there are any.
fn send(consumer: &dyn Consumer, requests: &Receiver<Outgoing>, finished: &Sender<Finished>, is_halted: &AtomicBool) {
    for Outgoing { number, request } in requests {
        let deliver = || match is_halted.load(Ordering::Relaxed) {
            true => Delivered::none_of(&request),
            false => consumer.deliver(&request),
        };
        let delivered = catch_unwind(AssertUnwindSafe(deliver));
        if delivered.is_err() {
            is_halted.store(true, Ordering::Relaxed);
        }
        if finished.send(delivered.map(|delivered| Settled { number, delivered })).is_err() {
            break;
        }
    }
}

/// What the recorder can do next.
enum Event {
    Batch(ComparedBatch),
    NoMoreBatches,
    Finished(Settled),
    /// Nothing happened for a while, or the run came to a halt.
    Quiet,
}

fn record(
    recorder: &mut Recorder<'_>,
    batches: Receiver<ComparedBatch>,
    requests: &Sender<Outgoing>,
    finished: &Receiver<Finished>,
    is_halted: &AtomicBool,
) {
    let mut intake = Some(batches);
    loop {
        take_back_if_halted(recorder, is_halted);
        let over = intake.is_none() && recorder.with_senders() == 0;
        if recorder.must_commit() || over {
            recorder.commit();
            take_back_if_halted(recorder, is_halted);
        }
        for outgoing in recorder.take_ready() {
            requests.send(outgoing).expect("senders take requests for as long as there may be any");
        }
        if over && recorder.with_senders() == 0 {
            break;
        }
        match next_event(recorder, intake.as_ref(), finished) {
            Event::Batch(batch) => recorder.take_in(batch),
            Event::NoMoreBatches => {
                intake = None;
                recorder.close_intake();
            }
            Event::Finished(Settled { number, delivered }) => recorder.take_outcomes(number, delivered),
            Event::Quiet => recorder.commit(),
        }
    }
}

/// Nothing more leaves from then on, also of what the senders have not begun with.
fn take_back_if_halted(recorder: &mut Recorder<'_>, is_halted: &AtomicBool) {
    if recorder.is_halted() {
        is_halted.store(true, Ordering::Relaxed);
        recorder.withdraw();
    }
}

fn next_event(
    recorder: &Recorder<'_>,
    intake: Option<&Receiver<ComparedBatch>>,
    finished: &Receiver<Finished>,
) -> Event {
    // A halted recorder takes batches in whatever is waiting: they are put aside at once.
    let open = intake.filter(|_| recorder.wants_batches() || recorder.is_halted());
    let mut select = Select::new();
    let finished_case = select.recv(finished);
    let intake_case = open.map(|batches| select.recv(batches));
    // What is not with a sender yet is taken back at once, not when the next answer comes.
    let halts = recorder.halts();
    let halt_cases = (!recorder.is_halted()).then(|| halts.map(|halt| select.recv(halt)));
    let Ok(operation) = select.select_timeout(recorder.patience()) else { return Event::Quiet };
    let case = operation.index();
    if case == finished_case {
        match operation.recv(finished) {
            Ok(Ok(settled)) => Event::Finished(settled),
            Ok(Err(panic)) => resume_unwind(panic),
            // The senders end when they are offered no more, which is after this.
            Err(_) => Event::Quiet,
        }
    } else if let Some(which) = halt_cases.and_then(|cases| cases.iter().position(|&halt_case| halt_case == case)) {
        // Nothing is ever sent on these: they are closed.
        let _ = operation.recv(halts[which]);
        Event::Quiet
    } else {
        debug_assert_eq!(Some(case), intake_case);
        match open.map(|batches| operation.recv(batches)) {
            Some(Ok(batch)) => Event::Batch(batch),
            _ => Event::NoMoreBatches,
        }
    }
}
