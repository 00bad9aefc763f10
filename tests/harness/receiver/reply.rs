//! One scripted answer: what the consumer takes over, when, and what of the answer reaches the sender.

use super::gate::Gate;
use crate::harness::Killer;
use std::fmt::Write;
use std::time::Duration;

#[derive(Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) taken: Taken,
    pub(super) gate: Option<Gate>,
    pub(super) stalls: bool,
    /// Taken over only after so many further requests.
    pub(super) late: Option<usize>,
    pub(super) ending: Ending,
    pub(super) kill: Option<(Moment, Killer)>,
}

/// Which items of the request the consumer takes over.
#[derive(Clone)]
pub(super) enum Taken {
    All,
    Nothing,
    /// All but those at these places.
    Except(Vec<usize>),
}

#[derive(Clone)]
pub(super) enum Ending {
    /// The whole answer.
    Answer,
    /// The connection closes without a byte.
    Silence,
    /// The head promises the whole body, half of it comes.
    CutShort,
    /// These bytes instead of an answer.
    Bytes(Vec<u8>),
    /// The whole answer and more, in one piece.
    Followed(Vec<u8>),
    /// The whole answer, and the connection closes without a word about that.
    Closed,
    /// A byte at a time.
    Trickled(Duration),
    /// These bytes, and then that, for as long as somebody listens.
    Endless { head: &'static str, then: &'static str },
}

/// When the sender is killed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moment {
    BeforeTaking,
    AfterTaking,
    AfterAnswering,
}

impl Reply {
    fn new(status: u16, body: &str, taken: Taken) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            taken,
            gate: None,
            stalls: false,
            late: None,
            ending: Ending::Answer,
            kill: None,
        }
    }

    /// Everything is taken over.
    pub fn accept() -> Reply {
        Reply::new(200, "{}", Taken::All)
    }

    /// A 2xx takes everything over, anything else nothing.
    pub fn status(status: u16) -> Reply {
        let taken = if (200..300).contains(&status) { Taken::All } else { Taken::Nothing };
        Reply::new(status, "{}", taken)
    }

    /// Some items failed: their places, statuses if they have one of their own, and messages. The others are taken
    /// over if `status` is a success.
    pub fn item_errors(status: u16, failed: &[(usize, Option<u16>, &str)]) -> Reply {
        let mut body = String::from("{\"errors\":[");
        for (place, (index, item_status, message)) in failed.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let item_status = item_status.map_or(String::new(), |status| format!("\"status\":{status},"));
            let message = serde_json::Value::from(*message);
            write!(body, "{comma}{{\"itemIndex\":{index},{item_status}\"message\":{message}}}")
                .expect("a String takes all");
        }
        body.push_str("]}");
        let taken = if (200..300).contains(&status) {
            Taken::Except(failed.iter().map(|(index, _, _)| *index).collect())
        } else {
            Taken::Nothing
        };
        Reply::new(status, &body, taken)
    }

    /// Everything is taken over, and the sender never hears of it.
    pub fn lost() -> Reply {
        Reply { ending: Ending::Silence, ..Reply::accept() }
    }

    /// Nothing is taken over, and the connection closes.
    pub fn hangs_up() -> Reply {
        Reply { ending: Ending::Silence, taken: Taken::Nothing, ..Reply::accept() }
    }

    /// Everything is taken over; the answer's body is shorter than its head says.
    pub fn cut_short() -> Reply {
        Reply { ending: Ending::CutShort, ..Reply::accept() }.body("{\"errors\":[]}")
    }

    /// Nothing is taken over, and these bytes come instead of HTTP.
    pub fn bytes(bytes: &[u8]) -> Reply {
        Reply { ending: Ending::Bytes(bytes.to_vec()), taken: Taken::Nothing, ..Reply::accept() }
    }

    /// The head promises more than comes: the connection closes in the middle of the body.
    pub fn cut(self) -> Reply {
        Reply { ending: Ending::CutShort, ..self }
    }

    /// The answer is as it was, and these bytes follow it at once.
    pub fn followed_by(self, bytes: &[u8]) -> Reply {
        Reply { ending: Ending::Followed(bytes.to_vec()), ..self }
    }

    /// The answer is as it was; the connection is kept open by no one.
    pub fn closes(self) -> Reply {
        Reply { ending: Ending::Closed, ..self }
    }

    /// The answer is as it was, and comes a byte at a time with pauses between them.
    pub fn trickles(self, pause: Duration) -> Reply {
        Reply { ending: Ending::Trickled(pause), ..self }
    }

    /// These bytes come instead of the answer, then those again and again.
    pub fn endless(self, head: &'static str, then: &'static str) -> Reply {
        Reply { ending: Ending::Endless { head, then }, ..self }
    }

    /// These bytes come instead of the answer; what is taken over is as it was.
    pub fn says(self, bytes: &[u8]) -> Reply {
        Reply { ending: Ending::Bytes(bytes.to_vec()), ..self }
    }

    pub fn body(mut self, body: &str) -> Reply {
        self.body = body.as_bytes().to_vec();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Nothing is taken over, whatever the status says.
    pub fn takes_nothing(mut self) -> Reply {
        self.taken = Taken::Nothing;
        self
    }

    /// The answer waits for the gate; what the request changes is applied before.
    pub fn after(mut self, gate: &Gate) -> Reply {
        self.gate = Some(gate.clone());
        self
    }

    /// The answer never comes while the sender lives.
    pub fn stalls(mut self) -> Reply {
        self.stalls = true;
        self.ending = Ending::Silence;
        self
    }

    /// What is taken over is taken over only after so many further requests, as by a consumer that works off a queue.
    pub fn late(mut self, requests: usize) -> Reply {
        self.late = Some(requests);
        self
    }

    /// The sender dies at this moment of the answer.
    pub fn kills(mut self, moment: Moment, sender: &Killer) -> Reply {
        self.kill = Some((moment, sender.clone()));
        self
    }

    pub fn body_length(&self) -> usize {
        self.body.len()
    }

    pub(super) fn takes(&self, place: usize) -> bool {
        match &self.taken {
            Taken::All => true,
            Taken::Nothing => false,
            Taken::Except(places) => !places.contains(&place),
        }
    }

    /// What the sender may know: None when no whole answer reached it.
    pub(super) fn heard(&self) -> Option<u16> {
        matches!(self.ending, Ending::Answer | Ending::Followed(_) | Ending::Closed).then_some(self.status)
    }
}
