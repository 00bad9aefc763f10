//! `feedmill status`

mod report;
mod text;
