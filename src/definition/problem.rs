//! What is wrong with a definition or configuration file, and where.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Byte range in the file's text.
pub type Span = Range<usize>;

/// A value with the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    pub value: T,
    pub span: Span,
}

/// A file's path, for messages, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: Arc<str>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub span: Span,
    /// The key's path, such as `fields.images.order_by`.
    pub path: String,
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}
