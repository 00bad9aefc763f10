//! What befalls the process of one run: it is killed, told to stop, or its disk is full for a while.

use super::dialect::Dialect;
use super::fault::fair;
use super::random::Random;
use crate::harness::receiver::Moment;
use crate::harness::{Killer, Receiver, Rule, Signal};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    Killed(When),
    /// Killed by the answer to a request, at this moment of it.
    KilledByAnswer(u64, Moment),
    Stopped {
        signal: Signal,
        twice: bool,
        when: When,
    },
    DiskFull {
        room: Room,
        when: When,
        /// There is room again when so many further requests have come.
        freed_after: Option<u64>,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum When {
    /// When the consumer gets its so manieth request.
    AtRequest(u64),
    /// So long after its start: any moment.
    After(Duration),
}

/// How far files may grow on a full disk.
#[derive(Clone, Copy, Debug)]
pub enum Room {
    /// Not a byte can be written.
    None,
    /// What is there can be written over.
    AsNow,
    Bytes(u64),
}

/// The victim, once it runs.
type Victim = Arc<OnceLock<Killer>>;

impl Mishap {
    pub fn random(random: &mut Random) -> Mishap {
        let when = if random.chance(60) {
            When::AtRequest(random.between(1, 6))
        } else {
            When::After(Duration::from_micros(random.below(60_000)))
        };
        let moments = [Moment::BeforeTaking, Moment::AfterTaking, Moment::AfterAnswering];
        match random.below(10) {
            0..=2 => Mishap::Killed(when),
            3..=5 => Mishap::KilledByAnswer(random.between(1, 6), random.pick(&moments)),
            6 | 7 => {
                let signal = random.pick(&[Signal::INT, Signal::TERM]);
                Mishap::Stopped { signal, twice: random.chance(25), when }
            }
            _ => {
                let room = match random.below(4) {
                    0 => Room::None,
                    1 => Room::AsNow,
                    _ => Room::Bytes(random.below(120_000)),
                };
                let freed_after = random.chance(40).then(|| random.between(1, 4));
                Mishap::DiskFull { room, when, freed_after }
            }
        }
    }

    /// Whether a run that met this may end so; `None` is a death by a signal.
    pub fn explains(self, code: Option<i32>) -> bool {
        match self {
            Mishap::Killed(_) | Mishap::KilledByAnswer(..) => code.is_none(),
            // A signal that comes before it is waited for does what signals do.
            Mishap::Stopped { signal, .. } => code.is_none_or(|code| code == 128 + signal.as_raw()),
            Mishap::DiskFull { .. } => code == Some(3),
        }
    }

    /// Whether a run that met this and ended so has ended in order, with everything written down.
    pub fn spared(self, code: Option<i32>) -> bool {
        matches!(code, Some(0 | 1)) || matches!(self, Mishap::Stopped { twice: false, .. }) && code.is_some()
    }

    /// Sets it up, before the process runs. The store's folder is where its files may not grow.
    pub fn prepare(self, receiver: &Receiver, dialect: &'static dyn Dialect, store: PathBuf) -> Fate {
        let victim = Victim::default();
        let sender = Arc::clone(&victim);
        let fate = Fate { mishap: self, victim, store: store.clone() };
        match self {
            Mishap::KilledByAnswer(number, moment) => {
                let mut seen = 0;
                receiver.first_rule(Rule::new(move |request| {
                    seen += 1;
                    let sender = sender.get().filter(|_| seen >= number)?;
                    Some(fair(request, dialect, &[]).kills(moment, sender))
                }));
            }
            Mishap::Killed(When::AtRequest(number))
            | Mishap::Stopped { when: When::AtRequest(number), .. }
            | Mishap::DiskFull { when: When::AtRequest(number), .. } => {
                let mut seen = 0;
                receiver.first_rule(Rule::new(move |_| {
                    seen += 1;
                    if let Some(sender) = sender.get() {
                        self.at_request(seen, number, sender, &store);
                    }
                    None
                }));
            }
            Mishap::Killed(_) | Mishap::Stopped { .. } | Mishap::DiskFull { .. } => {}
        }
        fate
    }

    fn at_request(self, seen: u64, number: u64, sender: &Killer, store: &Path) {
        if seen == number {
            self.strike(sender, store);
        }
        if let Mishap::DiskFull { freed_after: Some(further), .. } = self
            && seen == number + further
        {
            sender.limit_files(None);
        }
    }

    fn strike(self, sender: &Killer, store: &Path) {
        match self {
            Mishap::Killed(_) | Mishap::KilledByAnswer(..) => sender.kill(),
            Mishap::Stopped { signal, twice, .. } => {
                sender.signal(signal);
                if twice {
                    sender.signal(signal);
                }
            }
            Mishap::DiskFull { room, .. } => sender.limit_files(Some(match room {
                Room::None => 0,
                Room::AsNow => std::fs::metadata(store.with_extension("db-wal")).map_or(0, |file| file.len()),
                Room::Bytes(bytes) => bytes,
            })),
        }
    }
}

/// A mishap that waits for its victim.
pub struct Fate {
    mishap: Mishap,
    victim: Victim,
    store: PathBuf,
}

impl Fate {
    /// The process runs. Comes back when what does not hang on a request has happened.
    pub fn meets(&self, sender: Killer) {
        let (Mishap::Killed(when) | Mishap::Stopped { when, .. } | Mishap::DiskFull { when, .. }) = self.mishap else {
            self.victim.set(sender).ok();
            return;
        };
        self.victim.set(sender.clone()).ok();
        if let When::After(time) = when {
            // Not a wait for something: the moment is any.
            std::thread::park_timeout(time);
            self.mishap.strike(&sender, &self.store);
        }
    }
}
