//! The same rows in SQLite, PostgreSQL and MariaDB give the same documents, the same hashes, in the same order; and what
//! happens when a server fails.
//!
//! Servers are those of `tests/run`, see `harness::Database`.

mod agreement;
mod batches;
mod failures;
mod keys;
mod lookups;
mod order;
mod relations;
mod values;

use agreement::Agreement;
