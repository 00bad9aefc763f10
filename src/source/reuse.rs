//! Connections that are used again: who is done with one gives it back by dropping it, and the next gets it, with what is
//! prepared on it. So a command has no more connections than it uses at one time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::catalog::{Catalog, Column};
use super::rows::RowSet;
use super::sql::Dialect;
use super::{Bind, Source, SourceError, SourceReader};

/// A source whose connections are used again.
pub struct Reused {
    source: Box<dyn Source>,
    idle: Arc<Idle>,
}

#[derive(Default)]
struct Idle(Mutex<Vec<Box<dyn SourceReader>>>);

impl Idle {
    fn readers(&self) -> MutexGuard<'_, Vec<Box<dyn SourceReader>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reused {
    pub fn new(source: Box<dyn Source>) -> Self {
        Reused { source, idle: Arc::default() }
    }
}

impl Source for Reused {
    fn location(&self) -> &str {
        self.source.location()
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.source.dialect()
    }

    fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
        // Not under the lock: connecting may take long.
        let idle = self.idle.readers().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.source.connect()?,
        };
        Ok(Box::new(Lent { reader: Some(reader), idle: self.idle.clone() }))
    }

    fn keep_idle(&self, most: usize) {
        self.idle.readers().truncate(most);
    }
}

/// A reader on loan.
struct Lent {
    /// Only gone while it is given back.
    reader: Option<Box<dyn SourceReader>>,
    idle: Arc<Idle>,
}

impl Lent {
    fn reader(&mut self) -> &mut dyn SourceReader {
        self.reader.as_mut().expect("a reader on loan is there until it is dropped").as_mut()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // After a panic nothing is known of its state.
        if let Some(reader) = self.reader.take().filter(|_| !std::thread::panicking()) {
            self.idle.readers().push(reader);
        }
    }
}

impl SourceReader for Lent {
    fn catalog(&mut self) -> Result<Catalog, SourceError> {
        self.reader().catalog()
    }

    fn describe(&mut self, sql: &str) -> Result<Vec<Column>, SourceError> {
        self.reader().describe(sql)
    }

    fn check(&mut self, sql: &str) -> Result<(), SourceError> {
        self.reader().check(sql)
    }

    fn begin(&mut self) -> Result<(), SourceError> {
        self.reader().begin()
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.reader().end()
    }

    fn read(&mut self, sql: &str, binds: &[Bind<'_>], rows: &mut RowSet) -> Result<(), SourceError> {
        self.reader().read(sql, binds, rows)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::source::sql::SQLITE;

    /// Counts its connections, open ones and all.
    #[derive(Default)]
    struct Counting(Arc<(AtomicUsize, AtomicUsize)>);

    struct Counted(Arc<(AtomicUsize, AtomicUsize)>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Source for Counting {
        fn location(&self) -> &str {
            "counting"
        }

        fn dialect(&self) -> &'static dyn Dialect {
            &SQLITE
        }

        fn connect(&self) -> Result<Box<dyn SourceReader>, SourceError> {
            self.0.0.fetch_add(1, Ordering::SeqCst);
            self.0.1.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(Counted(self.0.clone())))
        }
    }

    impl SourceReader for Counted {
        fn catalog(&mut self) -> Result<Catalog, SourceError> {
            Ok(Catalog::default())
        }

        fn describe(&mut self, _: &str) -> Result<Vec<Column>, SourceError> {
            Ok(Vec::new())
        }

        fn check(&mut self, _: &str) -> Result<(), SourceError> {
            Ok(())
        }

        fn begin(&mut self) -> Result<(), SourceError> {
            Ok(())
        }

        fn end(&mut self) -> Result<(), SourceError> {
            Ok(())
        }

        fn read(&mut self, _: &str, _: &[Bind<'_>], _: &mut RowSet) -> Result<(), SourceError> {
            Ok(())
        }
    }

    #[test]
    fn what_is_given_back_is_used_again() {
        let counting = Counting::default();
        let counts = counting.0.clone();
        let counted = || (counts.0.load(Ordering::SeqCst), counts.1.load(Ordering::SeqCst));
        let source = Reused::new(Box::new(counting));
        drop(source.connect().unwrap());
        let first = source.connect().unwrap();
        assert_eq!(counted(), (1, 1));
        let second = source.connect().unwrap();
        assert_eq!(counted(), (2, 2));
        drop((first, second));
        assert_eq!(counted(), (2, 2));
        source.keep_idle(1);
        assert_eq!(counted(), (1, 2));
        // One on loan outlives its source.
        let last = source.connect().unwrap();
        drop(source);
        assert_eq!(counted(), (1, 2));
        drop(last);
        assert_eq!(counted(), (0, 2));
    }
}
