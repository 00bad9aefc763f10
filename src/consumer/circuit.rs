//! Whether the consumer can be sent to at all in this run.
