//! What an answer means for the request it answers. Pure; what follows from it is [`delivery`](super::delivery)'s.

use super::ItemKind;
use super::format::{Format, ListedItem, Results, TaskState};
use super::transport::{BodyEnd, HttpAnswer};
use super::verdict::{FAILED_WITHOUT_STATUS, Failure, ItemResult, Verdict};

/// A delete whose consumer says that there is nothing (404, 410) has what it asked for. It is recorded with this.
pub const NOTHING_TO_DELETE: i32 = 200;

/// A queue refused an item: what its answer would have said, had there been no queue.
pub const REFUSED: i32 = 400;

/// In the headline of a refusal that would be one of the items, did it not say itself that it is none.
pub const NO_FAULT_OF_ITEMS: &str = ", for no fault of the items";

/// What `answer` means for a request of `items` items (at least one) of one kind.
pub fn judge(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    let status = answer.status;
    match status {
        200..=299 => accepted(answer, format, kind, items),
        400 | 422 => refused(answer, format, kind, items),
        404 | 410 if kind == ItemKind::Delete && items == 1 && !format.takes_any_delete() => {
            Verdict::Delivered(NOTHING_TO_DELETE)
        }
        404 if format.names_items() => {
            Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: false }
        }
        409 | 410 | 412 | 414 | 423 | 424 | 428 | 451 if format.names_items() && items == 1 => single(answer),
        413 if items == 1 => single(answer),
        413 => Verdict::Halve,
        408 | 425 | 429 | 500..=599 => Verdict::RetryLater(whole(status.into(), answer)),
        300..=399 | 401 | 403 | 404 | 405 => {
            Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: true }
        }
        // What comes after 1xx on this connection is not an answer to this request.
        ..=199 => lost(format!("{status} is no final answer")),
        _ => Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: false },
    }
}

fn accepted(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    // The part that is missing may be the list of failed items.
    if let Some(reason) = answer.end.missing() {
        return lost(reason);
    }
    let status = i32::from(answer.status);
    match format.read_results(kind, &answer.body, items) {
        Results::Torn if answer.end == BodyEnd::Closed => lost("the connection closed within the answer".into()),
        // Its length was a lie.
        Results::Torn => lost("it ends in the middle, where it said it would".into()),
        Results::Unable | Results::Failed => {
            senseless(answer, format!("{status}, but the answer says that it has failed"))
        }
        Results::Silent if format.must_tell() => {
            senseless(answer, format!("{status}, but nothing in the answer says that it is done"))
        }
        Results::Silent => Verdict::Delivered(status),
        Results::Nonsense(reason) => {
            senseless(answer, format!("{status}, but its list of failed items makes no sense ({reason})"))
        }
        Results::Barred { status, message } => {
            let status = status.unwrap_or(FAILED_WITHOUT_STATUS);
            Verdict::FailWhole { failure: Failure::of_each(status, message), opens_circuit: false }
        }
        Results::Pending(task) => Verdict::Follow { accepted: status, task },
        Results::Listed(listed) if listed.is_empty() => Verdict::Delivered(status),
        Results::Listed(listed) => {
            Verdict::Items { accepted: status, results: results(listed, kind, FAILED_WITHOUT_STATUS) }
        }
    }
}

fn refused(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    if let BodyEnd::Cut(reason) = &answer.end {
        return lost(reason.clone());
    }
    match format.read_results(kind, &answer.body, items) {
        Results::Torn if answer.end == BodyEnd::Closed => lost("the connection closed within the answer".into()),
        Results::Listed(listed) if !listed.is_empty() => {
            Verdict::WithoutListed(results(listed, kind, answer.status.into()))
        }
        Results::Unable => {
            // A 400 would be final.
            let status = if answer.status == 400 { 0 } else { answer.status.into() };
            let failure = whole(status, answer);
            let headline = format!("{}{NO_FAULT_OF_ITEMS}", failure.headline);
            Verdict::RetryLater(Failure { headline, ..failure })
        }
        _ if items == 1 => single(answer),
        _ => Verdict::Bisect,
    }
}

/// One result for each item that is listed: of several the first that failed.
fn results(listed: Vec<ListedItem>, kind: ItemKind, without_status: i32) -> Vec<ItemResult> {
    let mut results: std::collections::BTreeMap<usize, ItemResult> = Default::default();
    for ListedItem { index, status, message, passing } in listed {
        let result = match status.unwrap_or(without_status) {
            404 | 410 if kind == ItemKind::Delete => {
                ItemResult { index, status: NOTHING_TO_DELETE, message: None, passing: false }
            }
            status => ItemResult { index, status, message, passing },
        };
        let first = results.entry(index).or_insert_with(|| result.clone());
        if first.is_success() {
            *first = result;
        }
    }
    results.into_values().collect()
}

/// What a task's state means for the request behind it; `None` while it runs.
pub fn judge_task(state: TaskState, accepted: i32, items: usize) -> Option<Verdict> {
    let result = |index, status, message: &str, passing| ItemResult {
        index,
        status,
        message: Some(message.to_owned()),
        passing,
    };
    let fail = |reason: String, opens_circuit| Verdict::FailWhole {
        failure: Failure::ours(FAILED_WITHOUT_STATUS, reason),
        opens_circuit,
    };
    Some(match state {
        TaskState::Running => return None,
        TaskState::Done => Verdict::Delivered(accepted),
        TaskState::Refused(said) if items == 1 => {
            Verdict::Items { accepted, results: vec![result(0, REFUSED, &said, false)] }
        }
        TaskState::Refused(_) => Verdict::Bisect,
        TaskState::Failed(said) => {
            let results = (0..items).map(|index| result(index, FAILED_WITHOUT_STATUS, &said, true)).collect();
            Verdict::Items { accepted, results }
        }
        TaskState::Hopeless(said) => fail(said, true),
        TaskState::Nonsense(reason) => fail(format!("what the task says makes no sense ({reason})"), false),
    })
}

/// The only item of a request takes its answer as its own.
fn single(answer: &HttpAnswer) -> Verdict {
    let failure = whole(answer.status.into(), answer);
    let result = ItemResult { index: 0, status: failure.status, message: Some(failure.message()), passing: false };
    Verdict::Items { accepted: failure.status, results: vec![result] }
}

fn whole(status: i32, answer: &HttpAnswer) -> Failure {
    let body = String::from_utf8_lossy(&answer.body).trim().to_owned();
    Failure { status, headline: answer.headline(), answer: body }
}

/// A success that cannot be believed.
fn senseless(answer: &HttpAnswer, headline: String) -> Verdict {
    let failure = Failure { headline, ..whole(FAILED_WITHOUT_STATUS, answer) };
    Verdict::FailWhole { failure, opens_circuit: false }
}

/// An answer that did not arrive as one.
fn lost(reason: String) -> Verdict {
    Verdict::RetryLater(Failure::ours(0, format!("the answer was lost: {reason}")))
}

#[cfg(test)]
mod tests;
