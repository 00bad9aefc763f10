//! Black-box tests of the `feedmill` binary.
//!
//! `harness` builds a project in a temporary folder, runs the binary and plays the consumer; `feature` holds a
//! file per feature, `language` the documents that each construct of a feed file must give, `property` random
//! shops under random faults. Nothing here looks into the program: only its files, streams, exit codes, requests
//! and the tables that the contract names.

mod examples;
mod feature;
mod harness;
mod language;
mod property;
