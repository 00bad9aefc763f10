//! feedmill: a feed-export indexer with hash-based change detection.

pub mod cli;
pub mod command;
pub mod config;
pub mod consumer;
pub mod definition;
pub mod digest;
pub mod document;
pub mod entity;
pub mod expression;
pub mod feed;
pub mod plan;
pub mod run;
pub mod source;
pub mod terminal;
