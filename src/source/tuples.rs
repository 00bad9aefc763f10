//! Key tuples: what a keyed pass is asked for, held compactly: fixed-size values, and one buffer each for texts and bytes.
//!
//! Reused from batch to batch; asking allocates only while a larger batch than before grows it. Key equality stays the
//! database's decision, which gives back the number of the tuple that each row belongs to.

use std::borrow::Cow;

/// A value as part of a key, as the source has it.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyValue<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
}

impl KeyValue<'_> {
    /// Appends bytes that differ where the values do, and that have the order of integers from 0 up and of texts of one
    /// length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            KeyValue::Null => out.push(0),
            KeyValue::Bool(truth) => out.extend_from_slice(&[1, u8::from(*truth)]),
            KeyValue::Int(int) => {
                out.push(2);
                out.extend_from_slice(&int.to_be_bytes());
            }
            KeyValue::Float(float) => {
                out.push(3);
                out.extend_from_slice(&float.to_bits().to_le_bytes());
            }
            KeyValue::Text(text) => {
                out.push(4);
                out.extend_from_slice(&text.len().to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            KeyValue::Blob(blob) => {
                out.push(5);
                out.extend_from_slice(&blob.len().to_le_bytes());
                out.extend_from_slice(blob);
            }
        }
    }
}

/// So many values a tuple, tuple 0 first.
#[derive(Debug, Default, Clone)]
pub struct KeyTuples {
    width: usize,
    values: Vec<Packed>,
    text: String,
    blobs: Vec<u8>,
}

/// A value; texts and bytes by where they begin and end in their buffer.
#[derive(Debug, Clone, Copy)]
enum Packed {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(usize, usize),
    Blob(usize, usize),
}

impl KeyTuples {
    pub fn of_width(width: usize) -> Self {
        KeyTuples { width, ..KeyTuples::default() }
    }

    /// Empties it for tuples of `width` values.
    pub fn reset(&mut self, width: usize) {
        self.width = width;
        self.truncate(0);
    }

    /// Adds a value to the tuple under way; `width` of them make one.
    pub fn push(&mut self, value: &KeyValue<'_>) {
        self.values.push(match value {
            KeyValue::Null => Packed::Null,
            KeyValue::Bool(truth) => Packed::Bool(*truth),
            KeyValue::Int(int) => Packed::Int(*int),
            KeyValue::Float(float) => Packed::Float(*float),
            KeyValue::Text(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                Packed::Text(start, self.text.len())
            }
            KeyValue::Blob(blob) => {
                let start = self.blobs.len();
                self.blobs.extend_from_slice(blob);
                Packed::Blob(start, self.blobs.len())
            }
        });
    }

    /// Values in a tuple.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whole tuples.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Leaves so many tuples, and nothing of the one under way.
    pub fn truncate(&mut self, tuples: usize) {
        while self.values.len() > tuples * self.width {
            match self.values.pop() {
                Some(Packed::Text(start, _)) => self.text.truncate(start),
                Some(Packed::Blob(start, _)) => self.blobs.truncate(start),
                _ => {}
            }
        }
    }

    /// None beyond the last tuple or its last value.
    pub fn get(&self, tuple: usize, component: usize) -> Option<KeyValue<'_>> {
        let value = self.values.get(tuple * self.width + component).filter(|_| component < self.width)?;
        Some(match *value {
            Packed::Null => KeyValue::Null,
            Packed::Bool(truth) => KeyValue::Bool(truth),
            Packed::Int(int) => KeyValue::Int(int),
            Packed::Float(float) => KeyValue::Float(float),
            Packed::Text(start, end) => KeyValue::Text(Cow::Borrowed(&self.text[start..end])),
            Packed::Blob(start, end) => KeyValue::Blob(Cow::Borrowed(&self.blobs[start..end])),
        })
    }
}

impl<'a> Extend<KeyValue<'a>> for KeyTuples {
    fn extend<T: IntoIterator<Item = KeyValue<'a>>>(&mut self, values: T) {
        values.into_iter().for_each(|value| self.push(&value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tuples: &KeyTuples) -> Vec<Vec<KeyValue<'_>>> {
        let tuple = |tuple| (0..tuples.width()).filter_map(|component| tuples.get(tuple, component)).collect();
        (0..tuples.len()).map(tuple).collect()
    }

    #[test]
    fn values_come_back_in_tuples() {
        use KeyValue::*;
        let mut tuples = KeyTuples::of_width(2);
        let pairs = [[Text("é".into()), Blob(vec![0, 255].into())], [Null, Bool(true)], [Int(i64::MIN), Float(0.5)]];
        tuples.extend(pairs.iter().flatten().cloned());
        assert_eq!(values(&tuples), pairs);
        assert_eq!((tuples.get(0, 2), tuples.get(3, 0)), (None, None));
        tuples.push(&Text("half a tuple".into()));
        assert_eq!(tuples.len(), 3);
        tuples.truncate(1);
        tuples.extend([Text("b".into()), Blob(vec![1].into())]);
        assert_eq!(values(&tuples), [pairs[0].to_vec(), vec![Text("b".into()), Blob(vec![1].into())]]);
        tuples.reset(1);
        assert!(tuples.is_empty());
        tuples.push(&Int(7));
        assert_eq!(values(&tuples), [[Int(7)]]);
    }

    #[test]
    fn different_values_have_different_bytes() {
        use KeyValue::*;
        let values = [
            Null,
            Bool(false),
            Bool(true),
            Int(1),
            Int(2),
            Float(1.0),
            Text("1".into()),
            Text("".into()),
            Blob(vec![b'1'].into()),
            Blob(vec![].into()),
        ];
        let bytes: std::collections::HashSet<Vec<u8>> = (values.iter())
            .map(|value| {
                let mut bytes = Vec::new();
                value.encode(&mut bytes);
                bytes
            })
            .collect();
        assert_eq!(bytes.len(), values.len());
    }
}
