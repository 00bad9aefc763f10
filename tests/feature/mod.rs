//! What the program does, a file per feature: given these rows, run this, the consumer saw that, the feed table
//! shows so.

mod attempts;
mod back_and_forth;
mod batching;
mod broken_databases;
mod broken_files;
mod check;
mod circuit;
mod consumer_change;
mod crash;
mod definition_errors;
mod deletes;
mod delivery;
mod demo;
mod drift;
mod dry_run;
mod explain;
mod file_consumer;
mod force;
mod full_disk;
mod full_run;
mod guard;
mod identity_moves;
mod invalid;
mod item_errors;
mod lock;
mod purge;
mod resume;
mod retry;
mod secrets;
mod selection;
mod shell;
mod signals;
mod status;
mod status_table;
mod wire;
