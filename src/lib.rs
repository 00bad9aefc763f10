//! feedmill: a feed-export indexer with hash-based change detection.
//!
//! A feed is declared in TOML. feedmill builds one JSON document per item from the tables of a database, hashes it,
//! compares the hash with what the feed table says was sent, and pushes to the consumer only what has changed.
//!
//! # The data's way
//!
//! ```text
//! Selection ──> batches of entity keys           run::selection      ranges of keys, or the keys somebody listed
//!     │
//!     ▼   one read transaction a batch
//! Source reads root rows and relation rows       source              SQL text per dialect, rows into flat cells
//!     │
//!     ▼   by the plan: levels, passes, slots     plan                definition + catalog, looked up once
//! Assembler writes canonical JSON bytes          document            fragments, the deepest relation first
//!     │
//!     ▼
//! Digest: feed_id, feed_hash                     digest              blake3
//!     │
//!     ▼
//! Compare with the feed table                    run::compare        decided by feed::change, which is pure
//!     │   unchanged: nothing is written, nothing sent
//!     ▼   bounded channel of compared batches
//! Recorder claims, cuts requests, writes intents run::recorder       the one thread that writes the feed store
//!     │
//!     ▼   one request at a time per sender
//! Senders push, retry, halve, bisect             run::exporter       around consumer::delivery
//!     │
//!     ▼   outcomes, back to the recorder
//! Outcomes are committed with the next intents   feed::sqlite
//!     │
//!     ▼   when every upsert has its outcome
//! Gone rows are looked for and deleted           run::gone           down the same way, from the recorder on
//!     │
//!     ▼
//! Totals, summary                                run::totals, run::summary
//! ```
//!
//! Full runs, partial runs and retries differ in their [selection](run::selection::Selection) and in nothing else.
//! [`run::FeedRun::execute`] is the whole of a run; start reading there.
//!
//! # The modules
//!
//! * [`cli`], [`command`], [`terminal`]: flags, a file per subcommand, and all that is printed.
//! * [`config`], [`definition`], [`expression`]: files and texts, validated once into data; problems point at their place.
//! * [`plan`], [`source`], [`document`]: from tables to documents.
//! * [`draft`]: from a catalog to the first feeds of a new project.
//! * [`digest`], [`entity`]: what an item and an entity are known by.
//! * [`feed`]: the feed table, its status words, its decisions, its lock.
//! * [`consumer`]: batches, formats, transports, answers, retries, the circuit. Knows no SQL.
//! * [`run`]: joins them; the only module that does.

// Module docs lead into their private parts: who reads them has the source open.
#![allow(rustdoc::private_intra_doc_links)]

pub mod cli;
pub mod command;
pub mod config;
pub mod consumer;
pub mod definition;
pub mod digest;
pub mod document;
pub mod draft;
pub mod entity;
pub mod expression;
pub mod feed;
pub mod plan;
mod prefetch;
pub mod run;
mod short_copy;
pub mod source;
mod table_argument;
pub mod terminal;
mod trust;
