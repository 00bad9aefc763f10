//! What a run tells whoever watches it. The terminal's version is in `terminal.rs`; [`Silent`] says nothing.

/// Called from many threads; must not block.
pub trait Progress: Send + Sync {
    /// `total` entities are about to be built, when that is known.
    fn begin(&self, feed: &str, total: Option<u64>);
    /// A batch was built and compared.
    fn built(&self, entities: u64, items: u64, changed: u64);
    /// Items got an outcome.
    fn sent(&self, delivered: u64, failed: u64);
    /// The run goes on to its deletes.
    fn deleting(&self, rows: u64);
    fn end(&self);
    /// Something a person should read now; must not be lost in a progress bar.
    fn note(&self, text: &str);
}

pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _feed: &str, _total: Option<u64>) {}
    fn built(&self, _entities: u64, _items: u64, _changed: u64) {}
    fn sent(&self, _delivered: u64, _failed: u64) {}
    fn deleting(&self, _rows: u64) {}
    fn end(&self) {}
    fn note(&self, _text: &str) {}
}
