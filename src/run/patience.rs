//! What a run does when its source is lost: the same once more on a new connection, after waits that grow. Whatever the
//! run was doing has changed nothing yet, and is done again from its beginning.

use std::time::Duration;

use super::stop::Stop;
use crate::source::{SourceError, SourceReader};

/// Before each further try: a connection that was cut is made anew at once, a server that is restarted gets fifteen seconds.
pub const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_millis(1_500),
    Duration::from_secs(4),
    Duration::from_secs(9),
];

#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    pub waits: &'a [Duration],
    /// Ends a wait.
    pub stop: &'a Stop,
}

impl Patience<'_> {
    /// Tries as often as there are waits, and once more. `work` must begin anew each time, with
    /// [`begin`](SourceReader::begin).
    pub fn with<T>(&self, mut work: impl FnMut() -> Result<T, SourceError>) -> Result<T, SourceError> {
        let mut waits = self.waits.iter();
        loop {
            let (location, message) = match work() {
                Err(SourceError::Lost { location, message }) => (location, message),
                done => return done,
            };
            let Some(wait) = waits.next() else {
                let message = match self.waits.iter().sum::<Duration>() {
                    Duration::ZERO => message,
                    waited => format!("{message}; it could not be made anew within {} s", waited.as_secs()),
                };
                return Err(SourceError::Lost { location, message });
            };
            tracing::warn!(location, message, "the connection to the source was lost: trying again");
            if !self.stop.sleep(*wait) {
                return Err(SourceError::Lost { location, message });
            }
        }
    }

    /// A question outside of any batch.
    pub fn ask<T>(
        &self,
        source: &mut dyn SourceReader,
        mut question: impl FnMut(&mut dyn SourceReader) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        match question(source) {
            Err(SourceError::Lost { .. }) => self.with(|| {
                source.begin()?;
                let answer = question(source)?;
                source.end()?;
                Ok(answer)
            }),
            answered => answered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: [Duration; 3] = [Duration::ZERO; 3];

    fn lost() -> SourceError {
        SourceError::Lost { location: "here".into(), message: "gone".into() }
    }

    fn patience<'a>(waits: &'a [Duration], stop: &'a Stop) -> Patience<'a> {
        Patience { waits, stop }
    }

    #[test]
    fn what_is_lost_is_tried_again_and_nothing_else() {
        let stop = Stop::default();
        let mut tries = 0;
        let done = patience(&NOW, &stop).with(|| {
            tries += 1;
            if tries < 4 { Err(lost()) } else { Ok(tries) }
        });
        assert_eq!(done.unwrap(), 4);
        tries = 0;
        let failed = patience(&NOW, &stop).with(|| {
            tries += 1;
            Err::<(), _>(SourceError::Database { message: "full".into() })
        });
        assert_eq!((failed.unwrap_err().to_string().contains("full"), tries), (true, 1));
    }

    #[test]
    fn patience_has_an_end() {
        let stop = Stop::default();
        let mut tries = 0;
        let waits = [Duration::ZERO, Duration::from_nanos(1)];
        let given_up = patience(&waits, &stop).with(|| {
            tries += 1;
            Err::<(), _>(lost())
        });
        assert_eq!(tries, 3);
        let said = given_up.unwrap_err().to_string();
        assert!(said.contains("gone; it could not be made anew within 0 s"), "{said}");
        assert_eq!(WAITS.iter().sum::<Duration>(), Duration::from_secs(15));
    }

    #[test]
    fn the_wish_to_stop_ends_a_wait() {
        let stop = Stop::default();
        let mut tries = 0;
        let ended = patience(&[Duration::from_secs(3600)], &stop).with(|| {
            tries += 1;
            stop.request(15);
            Err::<(), _>(lost())
        });
        assert!(matches!(ended, Err(SourceError::Lost { .. })) && tries == 1);
    }
}
