//! The feed store: what was last sent, its hash, its status, and what is in flight.
//!
//! Decisions are pure and stand beside it ([`change`], [`status`], [`failure`]); [`store`] says what a database must offer, and
//! [`sqlite`] is the one there is. Knows nothing of sources, documents or HTTP.

pub mod change;
pub mod failure;
pub mod lock;
pub mod sqlite;
pub mod status;
pub mod store;
