//! The feed store: what was last sent, its hash, its status, and what is in flight.
//!
//! What is pure stands beside it ([`change`], [`status`], [`failure`], [`intent_group`]); [`store`] says what a database
//! must offer, and [`sqlite`] is the one there is. Knows nothing of sources, documents or HTTP.

pub mod change;
pub mod failure;
pub mod intent_group;
pub mod lock;
pub mod sqlite;
pub mod status;
pub mod store;
