//! What goes wrong at the consumer during one run, and when the sender dies.

use super::edit::REFUSED;
use super::random::Random;
use crate::harness::receiver::{Break, Moment, Request};
use crate::harness::{Killer, Receiver, Reply, Rule};
use std::sync::{Arc, OnceLock};

/// The victim, once it runs.
pub type Victim = Arc<OnceLock<Killer>>;

/// The consumer refuses what it always refuses; besides, each request fails with so many percent.
pub fn script(receiver: &Receiver, random: &mut Random, percent: u64) {
    receiver.accepts_all();
    if percent > 0 {
        for _ in 0..random.below(3) {
            receiver.breaks(1, random.pick(&[Break::Unread, Break::HalfRead, Break::Unanswered]));
        }
        let mut faults = random.fork();
        receiver.rule(Rule::new(move |request| faults.chance(percent).then(|| fault(request, &mut faults))));
    }
    let refused = |item: &crate::harness::receiver::Item| item.name().starts_with(REFUSED);
    receiver.rule(match random.below(3) {
        0 => Rule::refuse_unlisted(400, refused),
        1 => Rule::refuse_listed(400, None, refused),
        _ => Rule::refuse_listed(200, Some(400), refused),
    });
}

/// A failure that says nothing about the items themselves: everything may be sent again.
fn fault(request: &Request, random: &mut Random) -> Reply {
    let some = |random: &mut Random| {
        let failed: Vec<_> = (0..request.items.len()).filter(|_| random.chance(40)).collect();
        let status = random.pick(&[None, Some(422), Some(503), Some(429)]);
        failed.into_iter().map(|place| (place, status, "not now")).collect::<Vec<_>>()
    };
    let reply = match random.below(16) {
        0 | 1 => Reply::status(500),
        2 => Reply::status(503),
        3 => Reply::status(429).header("Retry-After", "0"),
        4 => Reply::status(503).header("Retry-After", "100"),
        5 => Reply::lost(),
        6 => Reply::hangs_up(),
        7 => Reply::cut_short(),
        8 => Reply::bytes(b"\x00\x01nonsense"),
        9 if request.items.len() > 2 => Reply::status(413),
        10 if random.chance(40) => Reply::status(401),
        11 if random.chance(30) => Reply::lost().stalls(),
        12 if random.chance(30) => Reply::hangs_up().stalls(),
        13 => Reply::status(200).takes_nothing().body(r#"{"errors":"nonsense"}"#),
        // A success without the refused items would be a lie.
        _ => return without_refused(request, &some(random)),
    };
    if request.items.iter().any(|item| item.name().starts_with(REFUSED)) && reply.is_success() {
        Reply::status(500)
    } else {
        reply
    }
}

fn without_refused(request: &Request, failed: &[(usize, Option<u16>, &str)]) -> Reply {
    let refused = request.items.iter().enumerate().filter(|(_, item)| item.name().starts_with(REFUSED));
    let refused: Vec<_> = refused.map(|(place, _)| (place, Some(400), "refused")).collect();
    let others = failed.iter().filter(|(place, _, _)| refused.iter().all(|(other, _, _)| other != place)).copied();
    let all: Vec<_> = refused.iter().copied().chain(others).collect();
    Reply::item_errors(200, &all)
}

/// Kills the sender at a moment of one of its first answers.
pub fn kill_at_a_request(receiver: &Receiver, random: &mut Random) -> (Victim, String) {
    let victim = Victim::default();
    let (number, moment) =
        (random.between(1, 5), random.pick(&[Moment::BeforeTaking, Moment::AfterTaking, Moment::AfterAnswering]));
    let (mut seen, killed) = (0, Arc::clone(&victim));
    receiver.first_rule(Rule::new(move |request| {
        seen += 1;
        let sender = killed.get().filter(|_| seen >= number)?;
        Some(without_refused(request, &[]).kills(moment, sender))
    }));
    (victim, format!("killed at request {number}, {moment:?}"))
}
