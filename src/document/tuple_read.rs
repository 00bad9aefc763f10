//! The rows of a pass's key tuples: asked for tuple by tuple or as a span of keys, but for those that are remembered.

use std::ops::Range;

use super::level::Batch;
use super::remembered::{Recalled, Remembered};
use super::scope::LevelData;
use super::span::Span;
use super::stretches::split_behind;
use crate::plan::level::Pass;
use crate::source::{KeyTuples, SourceError};

/// Kept from batch to batch: for what it learns, and its memory.
#[derive(Debug, Default)]
pub(crate) struct TupleRead {
    span: Span,
    recalled: Recalled,
    /// The rows of each tuple that was asked for.
    asked: Vec<Range<u32>>,
    /// The rows of each tuple.
    stretches: Vec<Range<u32>>,
}

impl TupleRead {
    /// Reads the rows of `tuples` behind those that `data` has. Gives a stretch of them for each tuple.
    pub fn read(
        &mut self,
        pass: &Pass,
        remembered: Option<&Remembered>,
        tuples: &KeyTuples,
        batch: &mut Batch<'_>,
        data: &mut LevelData,
    ) -> Result<&[Range<u32>], SourceError> {
        let TupleRead { span, recalled, asked, stretches } = self;
        let Some(remembered) = remembered else {
            ask(pass, tuples, span, batch, data, stretches)?;
            return Ok(stretches);
        };
        remembered.recall(tuples, recalled);
        asked.clear();
        if !recalled.unknown.is_empty() {
            ask(pass, &recalled.tuples, span, batch, data, asked)?;
            remembered.keep(&recalled.tuples, &data.read, asked);
        }
        stretches.clear();
        stretches.resize(tuples.len(), 0..0);
        for (tuple, rows) in recalled.unknown.iter().zip(asked) {
            stretches[*tuple as usize] = rows.clone();
        }
        if recalled.rows.is_empty() {
            return Ok(stretches);
        }
        let behind = data.read.len() as u32;
        data.read.limit(data.read.size() + batch.bytes_left);
        data.read.append(&recalled.rows);
        data.read.fit()?;
        batch.bytes_left -= recalled.rows.size();
        for (tuple, rows) in &recalled.stretches {
            stretches[*tuple as usize] = behind + rows.start..behind + rows.end;
        }
        Ok(stretches)
    }
}

/// Asks the source for the rows of `tuples`.
fn ask(
    pass: &Pass,
    tuples: &KeyTuples,
    span: &mut Span,
    batch: &mut Batch<'_>,
    data: &mut LevelData,
    stretches: &mut Vec<Range<u32>>,
) -> Result<(), SourceError> {
    stretches.clear();
    stretches.resize(tuples.len(), 0..0);
    if let Some(pass) = &pass.span
        && span.read(pass, tuples, batch, &mut data.read)?
    {
        span.stretches().for_each(|(tuple, rows)| stretches[tuple] = rows);
        return Ok(());
    }
    let first = batch.read_behind(&pass.keyed, tuples, data)?;
    split_behind(&data.read, first, tuples.len() as u32, |tuple, rows| stretches[tuple] = rows)?;
    span.learn(data.read.len() - first, tuples.len());
    Ok(())
}
