//! What goes wrong at the consumer: for some requests a misdeed instead of a fair answer.
//!
//! Invariant: a whole answer that calls an item delivered is true. No client can see through any other.

use super::dialect::{Dialect, Failed};
use super::edit::REFUSED;
use super::random::Random;
use crate::harness::receiver::{Break, Request};
use crate::harness::{Receiver, Reply, Rule};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the consumer answers now and then; nothing of it may be printed or stored.
pub const SECRET: &str = "s3cr3t-of-the-torture-test";

/// How a consumer misbehaves during one run.
#[derive(Clone, Copy, Debug)]
pub struct Temper {
    /// Of the requests, how many are not answered fairly.
    pub percent: u64,
    /// It refuses for good what it will take later.
    pub fickle: bool,
    /// It may take over a request long after its sender has given up.
    pub late: bool,
}

/// What was done to which request, for the story.
pub type Deeds = Arc<Mutex<Vec<String>>>;

#[derive(Clone, Copy, Debug)]
enum Misdeed {
    ServerError,
    Unavailable,
    TooManyRequests,
    AsksForALongWait,
    OddStatus,
    Unauthorized,
    Redirects,
    TooLarge,
    LosesTheAnswer,
    HangsUp,
    CutsTheHead,
    CutsTheBody,
    ClosesAfterwards,
    PromisesLess,
    PromisesMore,
    AnswersTwice,
    Garbage,
    GarbageForGzip,
    TornChunks,
    OnlyContinues,
    Stalls,
    StallsAndTakes,
    TakesLate,
    Trickles,
    TricklesTooSlowly,
    EndlessBody,
    EndlessHead,
    NonsenseList,
    SomeFail,
    RefusesSome,
    RefusesAll,
    TellsTheSecret,
}

use Misdeed::*;

/// Each with its weight. What costs a timeout is rare.
const MISDEEDS: [(Misdeed, usize); 32] = [
    (ServerError, 3),
    (Unavailable, 2),
    (TooManyRequests, 2),
    (AsksForALongWait, 1),
    (OddStatus, 2),
    (Unauthorized, 1),
    (Redirects, 1),
    (TooLarge, 2),
    (LosesTheAnswer, 3),
    (HangsUp, 3),
    (CutsTheHead, 2),
    (CutsTheBody, 3),
    (ClosesAfterwards, 3),
    (PromisesLess, 3),
    (PromisesMore, 1),
    (AnswersTwice, 3),
    (Garbage, 2),
    (GarbageForGzip, 2),
    (TornChunks, 2),
    (OnlyContinues, 1),
    (Stalls, 1),
    (StallsAndTakes, 1),
    (TakesLate, 2),
    (Trickles, 1),
    (TricklesTooSlowly, 1),
    (EndlessBody, 1),
    (EndlessHead, 1),
    (NonsenseList, 3),
    (SomeFail, 3),
    (RefusesSome, 2),
    (RefusesAll, 1),
    (TellsTheSecret, 1),
];

/// Successes whose list of failed items makes no sense.
const NONSENSE: [&str; 6] = [
    r#"{"errors":"nonsense"}"#,
    r#"{"errors":{"itemIndex":0}}"#,
    r#"{"errors":[{"itemIndex":-1}]}"#,
    r#"{"errors":[{"itemIndex":100000}]}"#,
    r#"{"errors":[{"itemIndex":"0"}]}"#,
    r#"{"errors":[null]}"#,
];

/// From now on the consumer refuses what it always refuses, and misbehaves by its temper.
pub fn script(receiver: &Receiver, dialect: &'static dyn Dialect, temper: Temper, random: &mut Random, deeds: &Deeds) {
    receiver.accepts_all();
    if temper.percent > 0 {
        for _ in 0..random.below(3) {
            receiver.breaks(1, random.pick(&[Break::Unread, Break::HalfRead, Break::Unanswered]));
        }
        let (mut faults, deeds) = (random.fork(), Arc::clone(deeds));
        receiver.rule(Rule::new(move |request| {
            if !faults.chance(temper.percent) {
                return None;
            }
            let misdeed = Misdeed::random(&mut faults);
            let reply = misdeed.reply(request, dialect, temper, &mut faults)?;
            let (number, items) = (request.sequence(), request.items.len());
            deeds
                .lock()
                .expect("no thread panics with the deeds")
                .push(format!("{misdeed:?} (request {number}, {items} items)"));
            Some(reply)
        }));
    }
    let status = random.pick(&[Some(400), None]);
    let unlisted = random.chance(30);
    receiver.rule(Rule::new(move |request| {
        let failed: Vec<Failed> = refused(request).map(|place| (place, status, "refused".to_owned())).collect();
        match (failed.is_empty(), status) {
            (true, _) => None,
            (false, _) if unlisted => Some(Reply::status(400).body("something in it is wrong")),
            (false, None) => Some(dialect.refusal(request, 400, &failed)),
            (false, Some(_)) => Some(dialect.success(request, &failed)),
        }
    }));
}

/// The places of items that the consumer does not take, whatever its temper.
fn refused(request: &Request) -> impl Iterator<Item = usize> {
    request.items.iter().enumerate().filter(|(_, item)| item.name().starts_with(REFUSED)).map(|(place, _)| place)
}

/// A success for all but what the consumer never takes, and these.
pub fn fair(request: &Request, dialect: &dyn Dialect, failed: &[Failed]) -> Reply {
    let refused: Vec<Failed> = refused(request).map(|place| (place, Some(400), "refused".to_owned())).collect();
    let others = failed.iter().filter(|(place, ..)| refused.iter().all(|(other, ..)| other != place));
    let all: Vec<Failed> = refused.iter().chain(others).cloned().collect();
    dialect.success(request, &all)
}

impl Misdeed {
    fn random(random: &mut Random) -> Misdeed {
        let all: Vec<Misdeed> = MISDEEDS.iter().flat_map(|(misdeed, weight)| [*misdeed].repeat(*weight)).collect();
        random.pick(&all)
    }

    /// None where this consumer does not do such a thing.
    fn reply(self, request: &Request, dialect: &dyn Dialect, temper: Temper, random: &mut Random) -> Option<Reply> {
        let fair = |failed: &[Failed]| fair(request, dialect, failed);
        let taken = random.chance(50);
        // What is not heard of may have been done or not.
        let unheard = if taken { Reply::lost() } else { Reply::hangs_up() };
        Some(match self {
            ServerError => Reply::status(random.pick(&[408, 425, 500, 502, 504, 599])),
            Unavailable => Reply::status(503).header("Retry-After", random.pick(&["0", "soon", "-1", ""])),
            TooManyRequests => Reply::status(429).header("Retry-After", "0"),
            AsksForALongWait => Reply::status(503).header("Retry-After", "100"),
            OddStatus => Reply::status(random.pick(&[402, 406, 409, 418, 451, 600, 999])),
            Unauthorized if random.chance(40) => Reply::status(random.pick(&[401, 403, 405])),
            Redirects if random.chance(40) => Reply::status(307).header("Location", "http://127.0.0.1:1/"),
            TooLarge => Reply::status(413),
            LosesTheAnswer => Reply::lost(),
            HangsUp => Reply::hangs_up(),
            CutsTheHead => unheard.says(b"HTTP/1.1 200 OK\r\nContent-Le"),
            CutsTheBody => fair(&some_fail(request, temper, random)).cut(),
            ClosesAfterwards => fair(&[]).closes(),
            PromisesLess => {
                let reply = fair(&some_fail(request, temper, random));
                let length = reply.body_length() / 2;
                let reply = reply.header("Content-Length", &length.to_string());
                let bytes = reply.wire();
                reply.says(&bytes)
            }
            PromisesMore => {
                let reply = fair(&[]);
                let length = reply.body_length() + 5;
                reply.header("Content-Length", &length.to_string()).trickles(Duration::ZERO)
            }
            AnswersTwice => Reply::status(500).followed_by(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
            Garbage => unheard.says(random.pick(&[
                b"\x00\x01nonsense".as_slice(),
                b"SSH-2.0-OpenSSH\r\n",
                b"HTTP/1.1 two hundred\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
                b"{}",
            ])),
            GarbageForGzip => fair(&[]).header("Content-Encoding", "gzip").trickles(Duration::ZERO),
            TornChunks => unheard.says(random.pick(&[
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}".as_slice(),
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
            ])),
            OnlyContinues => unheard.says(b"HTTP/1.1 100 Continue\r\n\r\n"),
            Stalls => Reply::hangs_up().stalls(),
            StallsAndTakes => Reply::lost().stalls(),
            TakesLate if temper.late => Reply::lost().stalls().late(random.between(1, 12) as usize),
            Trickles => fair(&[]).trickles(Duration::from_micros(500)),
            TricklesTooSlowly => fair(&[]).trickles(Duration::from_millis(30)),
            EndlessBody => unheard.endless(
                random.pick(&[
                    "HTTP/1.1 200 OK\r\n\r\n{\"errors\":[",
                    "HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n",
                    "HTTP/1.1 500 Oh\r\n\r\n",
                ]),
                "null,",
            ),
            EndlessHead => unheard.endless("HTTP/1.1 200 OK\r\n", "X-Filler: and so on\r\n"),
            NonsenseList if dialect.is_scripted() => Reply::accept().takes_nothing().body(random.pick(&NONSENSE)),
            SomeFail if dialect.is_scripted() => fair(&some_fail(request, temper, random)),
            RefusesSome => {
                let status = if temper.fickle { random.pick(&[400, 422]) } else { 422 };
                dialect.refusal(request, status, &some_fail(request, temper, random))
            }
            RefusesAll => Reply::status(if temper.fickle { random.pick(&[400, 422]) } else { 422 }),
            TellsTheSecret => {
                let told = (0, Some(503), format!("no {SECRET} for you"));
                if taken { fair(&[told]) } else { Reply::status(500).body(SECRET) }
            }
            Unauthorized | Redirects | TakesLate | NonsenseList | SomeFail => return None,
        })
    }
}

/// Some items, at least one, with failures of their own.
fn some_fail(request: &Request, temper: Temper, random: &mut Random) -> Vec<Failed> {
    let last = request.items.len().saturating_sub(1) as u64;
    let certain = random.between(0, last) as usize;
    let places: Vec<usize> = (0..request.items.len()).filter(|place| *place == certain || random.chance(30)).collect();
    let statuses = [Some(422), Some(503), Some(429), Some(500), if temper.fickle { Some(400) } else { Some(409) }];
    places.into_iter().map(|place| (place, random.pick(&statuses), "not now".to_owned())).collect()
}
