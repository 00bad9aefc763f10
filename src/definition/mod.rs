//! `feeds/*.toml` -> [`FeedDefinition`](feed::FeedDefinition): read, validated once, pure data.
//!
//! Every problem of a file is collected, each with the place it stands at ([`problem`]). What needs the source
//! (tables, columns, types) is checked when the [plan](crate::plan) is made, with the same kind of problem.

pub mod feed;
pub mod problem;
