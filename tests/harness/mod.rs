//! What every test stands on: a project in a folder, the program as a process, and the consumer's side.

mod database;
mod dump;
mod feed_table;
mod process;
pub mod products;
mod project;
pub mod receiver;
mod relay;
mod run;
pub mod samples;
mod server;
mod shop;

pub use database::Kind;
pub use feed_table::Row;
pub use process::{Killer, Running, Signal};
pub use project::{Command, Project, consumer_table};
pub use receiver::{Receiver, Reply, Rule};
pub use relay::{Fault, Relay};
pub use run::Run;
pub use server::{HttpServer, unused_name};
pub use shop::{PRODUCTS, Shop};
