//! An item's status: what the consumer last said of it, and what that means.

/// As the exporter it is modelled on has it: an HTTP code is kept as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(pub i32);

impl Status {
    /// Could not submit: no connection, a timeout, or our own fault. Set by the recorder.
    pub const NOT_SUBMITTED: Status = Status(0);
    /// The item failed in a response that otherwise succeeded, and the consumer gave it no code of its own.
    pub const ITEM_FAILED: Status = Status(1);
    /// In flight when a run died; what the consumer has is unknown. Set at the start of the next run.
    pub const IN_FLIGHT: Status = Status(-1);

    pub fn is_success(self) -> bool {
        (200..300).contains(&self.0)
    }

    /// Neither delivered nor refused for good.
    pub fn is_retryable(self, non_retryable: &[u16]) -> bool {
        !self.is_success() && !self.is_refused(non_retryable)
    }

    /// Failed with a status that is final.
    pub fn is_refused(self, non_retryable: &[u16]) -> bool {
        u16::try_from(self.0).is_ok_and(|code| non_retryable.contains(&code)) && !self.is_success()
    }
}
