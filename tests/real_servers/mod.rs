//! The formats against servers that nobody here wrote. Each consumer is a section of the README, with the address of a
//! server of the tests for that of the example, and with a name of its own for `products`: what the README tells its
//! readers to write is what runs here.
//!
//! In the end the server must hold exactly what queries over the source say, value by value.

mod catalogue;
mod clickhouse;
mod elasticsearch;
mod example;
mod fixture;
mod rest;
mod typesense;

use fixture::{Destination, Fixture};
