//! One value of the plain values of many rows: their sum, number, least, greatest, or their texts in one.

use std::cmp::Ordering;

use super::InvalidItem;
use super::datum::Datum;
use super::scope::place;
use super::sort::comparable;
use super::value::shorten;
use crate::expression::arithmetic;
use crate::expression::value::Value;
use crate::plan::level::{ScalarPlan, Summing};

/// A summary under way.
pub(crate) struct Sum<'p> {
    summing: &'p Summing,
    /// How the values are made.
    of: &'p ScalarPlan,
    so_far: SoFar,
    failed: Option<InvalidItem>,
}

enum SoFar {
    Total(Value<'static>),
    Count(i64),
    Best(Option<Datum<'static>>),
    Text(Option<String>),
}

impl<'p> Sum<'p> {
    pub fn new(summing: &'p Summing, of: &'p ScalarPlan) -> Self {
        let so_far = match summing {
            Summing::Sum => SoFar::Total(Value::Int(0)),
            Summing::Count => SoFar::Count(0),
            Summing::Min | Summing::Max => SoFar::Best(None),
            Summing::Text { .. } => SoFar::Text(None),
        };
        Sum { summing, of, so_far, failed: None }
    }

    /// Takes up the value of a row; null is passed over. After the first invalid one nothing counts any more.
    pub fn add(&mut self, value: Result<Datum<'_>, InvalidItem>) {
        if self.failed.is_some() {
            return;
        }
        let added = match value {
            Ok(Datum::Null) => Ok(()),
            Ok(value) => self.add_value(value),
            Err(failure) => Err(failure),
        };
        self.failed = added.err();
    }

    fn add_value(&mut self, value: Datum<'_>) -> Result<(), InvalidItem> {
        match (&mut self.so_far, self.summing) {
            (SoFar::Count(count), _) => *count += 1,
            (SoFar::Total(total), _) => *total = self.of.sum(total, value)?,
            (SoFar::Best(best), summing) => {
                let wanted = if *summing == Summing::Min { Ordering::Less } else { Ordering::Greater };
                let is_moment = self.of.is_moment;
                let is_better = best.as_ref().is_none_or(|best| {
                    comparable(value.clone(), is_moment).order(&comparable(best.clone(), is_moment)) == wanted
                });
                if is_better {
                    *best = Some(value.into_owned());
                }
            }
            (SoFar::Text(text), summing) => {
                let value = value.into_canonical_text();
                match (text, summing) {
                    (Some(text), Summing::Text { separator, .. }) => {
                        text.push_str(separator);
                        text.push_str(&value);
                    }
                    (text, _) => *text = Some(value.into_owned()),
                }
            }
        }
        Ok(())
    }

    pub fn value(self) -> Result<Datum<'static>, InvalidItem> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        Ok(match (self.so_far, self.summing) {
            (SoFar::Total(total), _) => Datum::of_value(total),
            (SoFar::Count(count), _) => Datum::Int(count),
            (SoFar::Best(best), _) => best.unwrap_or(Datum::Null),
            (SoFar::Text(Some(text)), _) => Datum::Text(text.into()),
            (SoFar::Text(None), Summing::Text { empty_null: false, .. }) => Datum::Text("".into()),
            (SoFar::Text(None), _) => Datum::Null,
        })
    }
}

impl ScalarPlan {
    /// Adds one of the scalar's values to a total. Exact, unless one of the two is a float.
    fn sum(&self, total: &Value<'_>, value: Datum<'_>) -> Result<Value<'static>, InvalidItem> {
        let invalid = |reason: String| {
            let column = match self.sources.as_slice() {
                [only] => Some(format!("{}.{}", only.table, only.column)),
                _ => None,
            };
            InvalidItem { column: place(&self.path, column.as_deref()), reason }
        };
        match value.into_value() {
            Value::Text(text) => {
                let quoted = if self.secret { "the value".to_owned() } else { format!("`{}`", shorten(&text)) };
                Err(invalid(format!("{quoted} is not a number that could be added up")))
            }
            value => arithmetic::sum(total, &value).map_err(|error| invalid(error.reason)),
        }
    }
}
