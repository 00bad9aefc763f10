//! Against real files.
