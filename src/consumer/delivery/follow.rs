//! What a consumer has queued is followed to its end: it is asked, more and more rarely, until it says what became of it.
//!
//! The request's place in the limiter was given back when it was taken over, and each question has one of its own: a queue
//! is no longer than there are senders, and a consumer that works on one task at a time stands idle from its end to the
//! question after it, unless the next one waits in the queue.

use std::time::Duration;

use ureq::http::{Method, Uri};

use super::{HttpConsumer, PartResult, failed};
use crate::consumer::ItemKind;
use crate::consumer::limiter::Sign;
use crate::consumer::outcome::judge_task;
use crate::consumer::retry::Next;
use crate::consumer::statement::statement;
use crate::consumer::transport::{BodyEnd, HttpAnswer, HttpRequest, TransportError};
use crate::consumer::verdict::{Failure, Verdict};

/// Before the first question; small tasks take milliseconds.
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// From wait to wait: a task's end is known late by half of its time at most, where it is the only one.
const GROWTH: f64 = 1.5;

/// Between questions: a task that takes minutes is known a second late.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What came of one question.
enum Asked {
    Told(HttpAnswer),
    /// Worth another question.
    Unheard(Failure),
    Refused {
        failure: Failure,
        /// The next task could not be asked after either.
        opens_circuit: bool,
    },
}

impl HttpConsumer {
    /// Asks after the task behind a request of `items` items. What is given up may still be done later.
    pub(super) fn follow(&self, task: &Uri, kind: ItemKind, accepted: i32, items: usize) -> PartResult {
        let started = self.clock.instant();
        let mut wait = FIRST_WAIT;
        let mut unheard = 0;
        loop {
            let passage = self.clock.wait(wait).then(|| self.line.enter(&*self.clock)).flatten();
            let Some(passage) = passage else {
                return failed(0, "the run ended before the consumer had done what it took over");
            };
            wait = wait.mul_f64(GROWTH).min(LONGEST_WAIT);
            let answer = self.ask(task, kind);
            let said = answer.as_ref().ok().and_then(|answer| statement(&answer.headers, self.clock.now()));
            // How long a question takes says nothing of how long requests do.
            passage.end(Sign::Nothing, said.as_ref(), self.clock.instant());
            match self.asked(answer) {
                Asked::Told(answer) => {
                    unheard = 0;
                    if let Some(verdict) = judge_task(self.format.read_task(kind, &answer.body), accepted, items) {
                        return PartResult::Judged(verdict);
                    }
                }
                Asked::Unheard(failure) => {
                    unheard += 1;
                    match self.schedule.next(unheard, None, self.clock.chance()) {
                        Next::TryAfter(longer) => wait = longer.max(wait),
                        Next::GiveUp { retry_after } => {
                            self.circuit.failed(|| self.reason(&failure));
                            return PartResult::Failed { failure, retry_after };
                        }
                    }
                }
                Asked::Refused { failure, opens_circuit } => {
                    return PartResult::Judged(Verdict::FailWhole { failure, opens_circuit });
                }
            }
            if self.clock.instant().duration_since(started) >= self.task_timeout {
                let reason = format!("the consumer has not done within {:?} what it took over", self.task_timeout);
                let failure = Failure::ours(0, reason);
                self.circuit.failed(|| self.reason(&failure));
                return PartResult::Failed { failure, retry_after: None };
            }
        }
    }

    fn ask(&self, task: &Uri, kind: ItemKind) -> Result<HttpAnswer, TransportError> {
        let headers = self.envelope.question(kind);
        self.transport.send(&HttpRequest { method: &Method::GET, uri: task, headers: &headers, body: &[] })
    }

    fn asked(&self, answer: Result<HttpAnswer, TransportError>) -> Asked {
        match answer {
            Ok(answer) => match (answer.status, &answer.end) {
                (200..=299, BodyEnd::Whole | BodyEnd::Closed) => Asked::Told(answer),
                (200..=299, _) => Asked::Unheard(lost(answer.end.missing().unwrap_or_default())),
                (408 | 425 | 429 | 500..=599, _) => Asked::Unheard(unanswered(&answer)),
                // This one has been forgotten.
                (404, _) => Asked::Refused { failure: unanswered(&answer), opens_circuit: false },
                _ => Asked::Refused { failure: unanswered(&answer), opens_circuit: true },
            },
            Err(TransportError::Timeout) => Asked::Unheard(lost(format!("no answer within {:?}", self.timeout))),
            Err(error) => Asked::Unheard(lost(error.to_string())),
        }
    }
}

/// Nothing is known of the items: a status of the question is none of theirs.
fn unanswered(answer: &HttpAnswer) -> Failure {
    lost(format!("{}: {}", answer.headline(), String::from_utf8_lossy(&answer.body).trim()))
}

fn lost(reason: String) -> Failure {
    Failure::ours(0, format!("what became of a task cannot be asked: {reason}"))
}
