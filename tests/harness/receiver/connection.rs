//! One thread a connection: reads requests, lets the script answer them, applies what the answer takes over.

use super::http::{self, Head};
use super::reply::{Ending, Moment, Reply};
use super::request::{self, Request};
use super::script::Break;
use super::{DEADLINE, Late, Shared, State};
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Serves until the receiver goes down; then waits for its connections to end.
pub fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let number = {
            let mut state = shared.lock();
            if state.closing {
                break;
            }
            state.accepted += 1;
            let number = state.accepted;
            let Ok(twin) = stream.try_clone() else { continue };
            state.open.insert(number, twin);
            number
        };
        shared.changed.notify_all();
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || {
            // A client that hangs up at any moment is what these tests are about.
            serve(&shared, &stream).ok();
            stream.shutdown(Shutdown::Both).ok();
            shared.lock().open.remove(&number);
            shared.changed.notify_all();
        }));
    }
    for thread in threads {
        thread.join().expect("a connection's thread does not panic");
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(head) = http::read_head(&mut reader)? {
        let closes = head.closes();
        let Some(request) = read_request(shared, &mut reader, head, &mut writer)? else { return Ok(()) };
        if respond(shared, &request, &mut writer)?.is_break() || closes {
            return Ok(());
        }
    }
    Ok(())
}

/// None when the connection is to be cut, by script or by the client.
fn read_request(
    shared: &Shared,
    reader: &mut impl BufRead,
    head: Head,
    writer: &mut impl Write,
) -> Result<Option<Request>> {
    let cut = shared.lock().script.next_break();
    match cut {
        Some(Break::Unread) => return Ok(None),
        Some(Break::HalfRead) => {
            reader.read_exact(&mut [0; 1])?;
            return Ok(None);
        }
        Some(Break::Unanswered) | None => {}
    }
    let Some(wire) = http::read_body(reader, &head, writer)? else { return Ok(None) };
    if cut.is_some() {
        return Ok(None);
    }
    let wire_length = wire.len();
    let decoded = http::decode(&head, wire);
    let items = decoded.as_ref().map_err(Clone::clone).and_then(|body| request::items(body, &shared.identity));
    let items = items.unwrap_or_else(|error| {
        shared.lock().protocol.violations.push(error);
        Vec::new()
    });
    let Head { method, path, headers } = head;
    Ok(Some(Request { method, path, headers, wire_length, body: decoded.unwrap_or_default(), items }))
}

/// Breaks when the connection must not be used again.
fn respond(shared: &Shared, request: &Request, writer: &mut impl Write) -> Result<ControlFlow<()>> {
    let (number, reply) = shared.lock().take(request);
    shared.changed.notify_all();
    if let Some(gate) = &reply.gate {
        gate.pass(DEADLINE);
    }
    if reply.stalls {
        // The sender gives up before it is answered, and may then send the items again.
        shared.lock().protocol.leave(request, number, None);
        let state = shared.lock();
        let going_on = |state: &mut State| state.running && !state.closing;
        drop(shared.changed.wait_timeout_while(state, DEADLINE, going_on).expect("no thread panics with the state"));
        return Ok(ControlFlow::Break(()));
    }
    shared.lock().protocol.leave(request, number, reply.heard());
    let sent = send(&reply, writer);
    if let Some((Moment::AfterAnswering, sender)) = &reply.kill {
        sender.kill();
    }
    Ok(if sent? { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

/// True when the connection must not be used again.
fn send(reply: &Reply, writer: &mut impl Write) -> Result<bool> {
    let answer = http::answer(reply.status, &reply.headers, &reply.body);
    match &reply.ending {
        Ending::Answer => writer.write_all(&answer).map(|()| false),
        Ending::Closed => writer.write_all(&answer).map(|()| true),
        Ending::CutShort => writer.write_all(&answer[..answer.len() - reply.body.len().div_ceil(2)]).map(|()| true),
        Ending::Bytes(bytes) => writer.write_all(bytes).map(|()| true),
        Ending::Followed(bytes) => writer.write_all(&[answer.as_slice(), bytes].concat()).map(|()| false),
        Ending::Silence => Ok(true),
        Ending::Trickled(pause) => {
            for byte in answer {
                writer.write_all(&[byte])?;
                std::thread::sleep(*pause);
            }
            Ok(false)
        }
        Ending::Endless { head, then } => {
            writer.write_all(head.as_bytes())?;
            let much = then.repeat(1 + 65_536 / then.len());
            loop {
                writer.write_all(much.as_bytes())?;
            }
        }
    }
}

impl State {
    /// Records a request, asks the script and applies what its answer takes over. Returns the arrival's number.
    fn take(&mut self, request: &Request) -> (u64, Reply) {
        self.arrivals += 1;
        let number = self.arrivals;
        self.protocol.arrive(request, number);
        self.apply_late(number);
        let known = self.remembered.as_ref().and_then(|answers| answers.get(request.key()).cloned());
        let again = known.is_some();
        let reply = known.unwrap_or_else(|| self.script.answer(request));
        let kills = |at: Moment| reply.kill.as_ref().filter(|(moment, _)| *moment == at).map(|(_, sender)| sender);
        if let Some(sender) = kills(Moment::BeforeTaking) {
            sender.kill();
        }
        match reply.late {
            _ if again => {}
            None => self.apply(request, &reply),
            Some(requests) => {
                self.late.push(Late { at: number + requests as u64, request: request.clone(), reply: reply.clone() })
            }
        }
        if let Some(sender) = kills(Moment::AfterTaking) {
            sender.kill();
        }
        self.requests.push(Arc::new(request.clone()));
        (number, reply)
    }

    /// Takes over what waited for the arrival of this number.
    pub(super) fn apply_late(&mut self, arrival: u64) {
        let (due, waiting) = std::mem::take(&mut self.late).into_iter().partition(|late: &Late| late.at <= arrival);
        self.late = waiting;
        for Late { request, reply, .. } in due {
            let known = self.remembered.as_ref().is_some_and(|answers| answers.contains_key(request.key()));
            if !known {
                self.apply(&request, &reply);
            }
        }
    }

    fn apply(&mut self, request: &Request, reply: &Reply) {
        for (_, item) in request.items.iter().enumerate().filter(|(place, _)| reply.takes(*place)) {
            let name = (request.feed().to_owned(), item.identity.clone());
            if let Some(newest) = &mut self.newest {
                let newest = newest.entry(name.clone()).or_default();
                if request.sequence() < *newest {
                    continue;
                }
                *newest = request.sequence();
            }
            if item.deleted {
                self.documents.remove(&name);
            } else {
                self.documents.insert(name, item.raw.clone());
            }
        }
        if let Some(remembered) = &mut self.remembered
            && (200..300).contains(&reply.status)
            && request.items.iter().enumerate().any(|(place, _)| reply.takes(place))
        {
            // Whatever befell the first answer, this one is as it was meant.
            let answer = Reply {
                headers: Vec::new(),
                ending: Ending::Answer,
                stalls: false,
                late: None,
                kill: None,
                gate: None,
                ..reply.clone()
            };
            remembered.insert(request.key().to_owned(), answer);
        }
    }
}
