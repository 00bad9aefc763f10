//! The program as a child process: started, watched, signalled, and never left behind.
//!
//! Invariant: a signal goes only to a process that nobody has waited for, so never to a stranger with the same pid.

pub use rustix::process::Signal;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, kill_process, prlimit};
use std::io::{Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// No run of a test takes longer, even on a loaded machine; past it the program hangs.
const DEADLINE: Duration = Duration::from_secs(90);

struct Watched {
    child: Child,
    reaped: bool,
}

/// Sends signals to one process; harmless once it has ended.
#[derive(Clone)]
pub struct Killer {
    watched: Arc<Mutex<Watched>>,
}

impl Killer {
    /// The process dies on the spot.
    pub fn kill(&self) {
        let mut watched = self.watched.lock().expect("no test panics while it holds a process");
        if !watched.reaped {
            watched.child.kill().expect("a child that was not waited for can be killed");
        }
    }

    pub fn signal(&self, signal: Signal) {
        self.while_it_lives(|pid| kill_process(pid, signal).expect("a child that was not waited for can be signalled"));
    }

    /// From now on no file that the process writes may grow beyond so many bytes: to the process that is a full disk.
    /// `None`: there is room again.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let limit = Rlimit { current: bytes.or(maximum), maximum };
        self.while_it_lives(|pid| {
            prlimit(Some(pid), Resource::Fsize, limit).expect("a child's limit can be lowered and raised again");
        });
    }

    fn while_it_lives(&self, act: impl FnOnce(Pid)) {
        let watched = self.watched.lock().expect("no test panics while it holds a process");
        if !watched.reaped {
            act(Pid::from_child(&watched.child));
        }
    }
}

/// What a process left: how it ended and what it wrote.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub hung: bool,
}

/// A process under way.
pub struct Running {
    killer: Killer,
    pid: u32,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Starts `command` with pipes on all three streams and writes `input` to its standard input.
    pub fn start(mut command: std::process::Command, input: Vec<u8>) -> Running {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let pid = child.id();
        let mut stdin = child.stdin.take().expect("stdin was piped");
        // A program that ends without reading its input breaks the pipe; that is its right.
        std::thread::spawn(move || stdin.write_all(&input).ok());
        let stdout = collect(child.stdout.take().expect("stdout was piped"));
        let stderr = collect(child.stderr.take().expect("stderr was piped"));
        let watched = Watched { child, reaped: false };
        Running { killer: Killer { watched: Arc::new(Mutex::new(watched)) }, pid, stdout, stderr }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Waits for the end; a process past the deadline is killed and reported as hung.
    pub fn ended(self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        let mut hung = false;
        let mut text = |stream: &Receiver<String>| {
            let left = deadline.saturating_duration_since(Instant::now());
            stream.recv_timeout(left).unwrap_or_else(|_| {
                hung = true;
                self.killer.kill();
                stream.recv().unwrap_or_default()
            })
        };
        let stdout = text(&self.stdout);
        let stderr = text(&self.stderr);
        let mut watched = self.killer.watched.lock().expect("no test panics while it holds a process");
        let status = watched.child.wait().expect("a child can be waited for");
        watched.reaped = true;
        Ended { status, stdout, stderr, hung }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(mut watched) = self.killer.watched.lock()
            && !watched.reaped
        {
            watched.child.kill().ok();
            watched.child.wait().ok();
            watched.reaped = true;
        }
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (whole, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok();
        whole.send(String::from_utf8_lossy(&bytes).into_owned()).ok();
    });
    receiver
}
