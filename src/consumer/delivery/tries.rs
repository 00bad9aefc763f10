//! The tries of one request: the same bytes under the same key, again and again until the answer can be judged or there is
//! nothing more to try in this run. What follows from the verdict is not decided here.

use std::time::Duration;

use super::progress::Progress;
use super::{HttpConsumer, PartResult};
use crate::consumer::ItemKind;
use crate::consumer::limiter::Sign;
use crate::consumer::line::Passage;
use crate::consumer::message::REASON_CHARS;
use crate::consumer::outcome::judge;
use crate::consumer::retry::{Next, retry_after};
use crate::consumer::statement::statement;
use crate::consumer::transport::{HttpAnswer, HttpRequest, TransportError};
use crate::consumer::verdict::{Failure, Verdict};

/// What one try came to.
enum Tried {
    Judged(Verdict),
    /// Another one may do better.
    Failed {
        failure: Failure,
        /// What the consumer asks to wait.
        wish: Option<Duration>,
        /// No connection: nothing has left.
        unreachable: bool,
    },
    /// None ever will.
    Hopeless(Failure),
}

impl HttpConsumer {
    /// What became of one message, however often it had to be sent: the same bytes under the same key.
    pub(super) fn try_until_judged(
        &self,
        message: &HttpRequest<'_>,
        kind: ItemKind,
        part: &[usize],
        progress: &mut Progress,
    ) -> PartResult {
        let mut tries: u32 = 0;
        let mut last = None;
        loop {
            let Some(passage) = self.line.enter(&*self.clock) else {
                return match last {
                    Some(failure) => PartResult::Failed { failure, retry_after: None },
                    None => PartResult::Unsent,
                };
            };
            tries += 1;
            progress.tried(tries, message.body.len());
            let (failure, wish, unreachable) = match self.try_once(message, kind, part.len(), passage) {
                Tried::Judged(verdict) => return PartResult::Judged(verdict),
                Tried::Failed { failure, wish, unreachable } => (failure, wish, unreachable),
                Tried::Hopeless(failure) => {
                    self.circuit.failed(|| self.reason(&failure));
                    return PartResult::Failed { failure, retry_after: None };
                }
            };
            if unreachable {
                progress.nothing_left(message.body.len());
            } else {
                // The consumer may have taken these: that stands, whatever a later try says of some, until each is settled.
                progress.settle_all(part, &self.failed_outcome(failure.status, Some(&failure.message()), None));
            }
            match self.schedule.next(tries, wish, self.clock.chance()) {
                Next::TryAfter(wait) => {
                    tracing::info!(tries, ?wait, reason = self.reason(&failure), "a request is tried again");
                    if !self.clock.wait(wait) {
                        return PartResult::Failed { failure, retry_after: None };
                    }
                    last = Some(failure);
                }
                Next::GiveUp { retry_after } => {
                    tracing::info!(tries, reason = self.reason(&failure), "a request waits for a later run");
                    self.give_up(&failure, unreachable);
                    return PartResult::Failed { failure, retry_after };
                }
            }
        }
    }

    fn try_once(&self, message: &HttpRequest<'_>, kind: ItemKind, items: usize, passage: Passage<'_>) -> Tried {
        let left_at = self.clock.instant();
        let sent = self.transport.send(message);
        let done_at = self.clock.instant();
        let answer = match &sent {
            Ok(answer) => answer.status.to_string(),
            Err(error) => self.clean(&error.to_string(), REASON_CHARS),
        };
        let took = done_at.saturating_duration_since(left_at);
        tracing::debug!(method = %message.method, ?kind, items, bytes = message.body.len(), answer, ?took, "a request");
        let sent = sent.map(|answer| (judge(&answer, &*self.format, kind, items), answer));
        let sign = self.sign(&sent, took);
        let said = sent.as_ref().ok().and_then(|(_, answer)| statement(&answer.headers, self.clock.now()));
        passage.end(sign, said.as_ref(), done_at);
        match sent {
            Ok((Verdict::RetryLater(failure), answer)) => {
                Tried::Failed { failure, wish: self.wish(&answer), unreachable: false }
            }
            Ok((verdict, _)) => Tried::Judged(verdict),
            Err(error @ TransportError::Other(_)) => Tried::Hopeless(Failure::ours(0, error.to_string())),
            Err(error) => {
                let unreachable = matches!(error, TransportError::Unreachable(_));
                let reason = match error {
                    TransportError::Timeout => format!("no answer within {:?}", self.timeout),
                    error => error.to_string(),
                };
                Tried::Failed { failure: Failure::ours(0, reason), wish: None, unreachable }
            }
        }
    }

    fn give_up(&self, failure: &Failure, unreachable: bool) {
        let reason = || self.reason(failure);
        if unreachable {
            self.line.is_out(&reason(), self.clock.instant());
            self.circuit.open(reason)
        } else {
            self.circuit.failed(reason)
        }
    }

    /// How long the consumer asks to wait.
    fn wish(&self, answer: &HttpAnswer) -> Option<Duration> {
        answer.header("retry-after").and_then(|wish| retry_after(wish, self.clock.now()))
    }

    /// What a try says of the consumer's pace. Only what was taken took as long as the consumer takes.
    fn sign(&self, sent: &Result<(Verdict, HttpAnswer), TransportError>, elapsed: Duration) -> Sign {
        match sent {
            Ok((verdict, _)) if verdict.turns_items_away() => Sign::Refused { retry_after: None },
            Ok((_, answer)) => match answer.status {
                200..=299 => Sign::Answered(elapsed.saturating_sub(self.transport.connecting())),
                429 | 503 => Sign::Refused { retry_after: self.wish(answer).map(|wish| wish.min(self.schedule.max)) },
                _ => Sign::Nothing,
            },
            Err(TransportError::Timeout) => Sign::TimedOut,
            Err(_) => Sign::Nothing,
        }
    }
}
