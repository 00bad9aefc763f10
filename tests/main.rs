//! Black-box tests of the `feedmill` binary.
//!
//! `harness` builds a project in a temporary folder, runs the binary and plays the consumer; `feature` holds a
//! file per feature, `language` the documents that each construct of a feed file must give, `databases` what must be
//! the same on SQLite, PostgreSQL and MariaDB, `real_servers` consumers that are no stand-ins, `torture` random shops
//! under random faults of everything around the program. Nothing here looks into the program: only its files, streams,
//! exit codes, requests and the tables that the contract names.

mod databases;
mod examples;
mod feature;
mod harness;
mod language;
mod magento;
mod real_servers;
mod torture;
