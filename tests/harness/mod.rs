//! What every test stands on: a project in a folder, the program as a process, and the consumer's side.

mod database;
mod feed_table;
mod process;
mod project;
pub mod receiver;
mod run;
pub mod samples;
mod shop;

pub use database::{Database, Kind};
pub use process::{Killer, Running};
pub use project::{Command, Project};
pub use receiver::{Receiver, Reply, Rule};
pub use run::Run;
pub use shop::{PRODUCTS, Shop};
