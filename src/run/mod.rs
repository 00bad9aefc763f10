//! One run: select, build, compare, export, record.

pub mod progress;
pub mod stop;
pub mod summary;
pub mod totals;
