//! The catalogue that the benches run over: the demo shop's thirteen tables and its feed `products`, at any size, and a
//! consumer that takes everything. Each bench uses its part of it.

#![allow(dead_code)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use feedmill::cli::{Global, Output, RunFlags};
use feedmill::command::session::{Feed, Session};
use feedmill::digest::FeedId;
use feedmill::document::{Assembler, Built};
use feedmill::feed::store::FeedStore;
use feedmill::plan::Extent;
use feedmill::run::selection::{Batches, Selection};
use feedmill::source::Source;
use rusqlite::Connection;
use tempfile::TempDir;

const SCHEMA: &str = include_str!("../../schema/demo/shop.sql");
const FILL: &str = include_str!("fill.sql");
const FEED: &str = include_str!("../../feeds/demo/products.toml");

/// Entities of each size. Only the first in a smoke run, so that it takes seconds: `cargo bench -- --test`, or
/// `cargo test --benches`, which does not say `--bench`.
pub fn sizes() -> &'static [u64] {
    let all = &[1_000, 10_000, 100_000];
    let is_given = |flag: &str| std::env::args().any(|argument| argument == flag);
    if is_given("--bench") && !is_given("--test") { all } else { &all[..1] }
}

/// A project over a filled shop, in a temporary folder of its own.
pub struct Catalogue {
    pub entities: u64,
    pub session: Session,
    pub source: Box<dyn Source>,
    pub feed: Feed,
    folder: TempDir,
}

impl Catalogue {
    pub fn new(entities: u64) -> Self {
        Catalogue::with_consumer(entities, Duration::ZERO)
    }

    /// With a consumer that takes so long for a request, and any number of them at a time.
    pub fn with_consumer(entities: u64, takes: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fill(&folder.path().join("shop.db"), entities);
        std::fs::create_dir(folder.path().join("feeds")).expect("a folder for feeds");
        std::fs::write(folder.path().join("feeds/products.toml"), FEED).expect("a feed file");
        let config = format!(
            "[source]\nurl = \"sqlite:shop.db\"\n[consumers.search]\nurl = \"http://{}/products\"\n",
            start_sink(takes).expect("a consumer on the loopback interface")
        );
        let file = folder.path().join("feedmill.toml");
        std::fs::write(&file, config).expect("a configuration");
        let global = Global {
            config: Some(file),
            output: Output::Json,
            quiet: true,
            verbose: 0,
            log_format: Output::Text,
            no_progress: true,
        };
        let session = Session::open(&global).expect("a sound configuration");
        let source = session.source().expect("the shop opens");
        let definitions = session.definitions(&["products".into()]).expect("a sound definition");
        let mut feeds =
            session.plan(definitions, source.as_ref(), &RunFlags::default(), Extent::Whole).expect("a plan");
        let feed = feeds.pop().expect("one feed was named");
        Catalogue { entities, session, source, feed, folder }
    }

    /// The feed store, as the runs so far have left it.
    pub fn store(&self) -> Box<dyn FeedStore> {
        self.session.store().expect("the feed store opens")
    }

    /// Forgets everything that was sent.
    pub fn forget(&self) {
        for file in self.store_files() {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("cannot remove {file:?}: {error}"),
                _ => {}
            }
        }
    }

    fn store_files(&self) -> [PathBuf; 3] {
        ["feedmill.db", "feedmill.db-wal", "feedmill.db-shm"].map(|name| self.folder.path().join(name))
    }

    /// Gives one product in a hundred another price, other ones each time.
    pub fn change_one_percent(&self, time: u64) {
        let shop = Connection::open(self.folder.path().join("shop.db")).expect("the shop opens");
        let sql = "UPDATE product SET price = ROUND(price + 1, 2) WHERE id % 100 = ?1 % 100";
        shop.execute(sql, [time as i64]).expect("prices change");
    }

    /// Builds every document, batch by batch; `look` sees each batch.
    pub fn build(&self, mut look: impl FnMut(&Built)) {
        let mut reader = self.source.connect().expect("the source opens");
        let mut assembler = Assembler::new(&self.feed.plan);
        let mut built = Built::default();
        let batches = Batches::new(&Selection::All { after: None });
        while let Some(batch) = batches.next(&self.feed.plan, reader.as_mut()).expect("the next range") {
            assembler.build(reader.as_mut(), &batch.entities, &mut built).expect("documents");
            batches.learn(batch.root_rows, &built);
            look(&built);
        }
    }

    /// Items, and bytes of their documents.
    pub fn volume(&self) -> (u64, u64) {
        let (mut items, mut bytes) = (0, 0);
        self.build(|built| {
            items += built.items.len() as u64;
            bytes += built.items.iter().map(|item| item.document.len() as u64).sum::<u64>();
        });
        (items, bytes)
    }
}

pub fn feed_ids(built: &Built) -> impl Iterator<Item = FeedId> {
    built.items.iter().map(|item| FeedId::of_identity(built.bytes(&item.identity)))
}

fn fill(file: &Path, entities: u64) {
    let shop = Connection::open(file).expect("a new database");
    shop.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN;").expect("settings");
    shop.execute_batch(SCHEMA).expect("tables");
    shop.execute_batch(&FILL.replace(":products", &entities.to_string())).expect("rows");
    shop.execute_batch("COMMIT; ANALYZE;").expect("a commit");
}

/// A consumer that answers 200 to everything, so long after it has come. Lives as long as the process.
fn start_sink(takes: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || swallow(stream, takes));
        }
    });
    Ok(address)
}

fn swallow(stream: TcpStream, takes: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let header = line.trim_end();
        if header.is_empty() {
            io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
            if !takes.is_zero() {
                thread::sleep(takes);
            }
            writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        } else if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
}
