//! blake3 of many inputs at once.
//!
//! blake3 is quick where it compresses as many chunks side by side as the processor has lanes (16 with AVX-512, 8 with AVX2).
//! A document of a few KB has too few of them, and its last chunk, seldom a whole one, is compressed by itself. Here the
//! chunks of one input go side by side with those of the others. Trees and hashes are blake3's own.
//!
//! The kernels are of the crate's module `platform`, which it does not promise to keep as it is: Cargo.toml names one version.

use blake3::IncrementCounter;
use blake3::platform::{Platform, le_bytes_from_words_32, words_from_le_bytes_32};
use blake3::{BLOCK_LEN, CHUNK_LEN, Hasher, OUT_LEN};

/// The key of an unkeyed hash, and the flags of a compression, as blake3's specification has them.
const IV: [u32; 8] =
    [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];
const CHUNK_START: u8 = 1 << 0;
const CHUNK_END: u8 = 1 << 1;
const PARENT: u8 = 1 << 2;
const ROOT: u8 = 1 << 3;

/// An input of more chunks fills the lanes by itself.
const MOST_CHUNKS: usize = 16;

type ChainingValue = [u8; OUT_LEN];

/// The hash of each of `contents` with `suffix`, which is not empty, behind it.
pub(super) fn hash_many(contents: &[impl AsRef<[u8]>], suffix: &[u8]) -> Vec<[u8; OUT_LEN]> {
    let mut hashes = vec![[0; OUT_LEN]; contents.len()];
    let mut inputs = Vec::with_capacity(contents.len());
    let mut rests = Vec::new();
    for (content, hash) in contents.iter().map(AsRef::as_ref).zip(&mut hashes) {
        let shape = Shape::of(content.len() + suffix.len());
        if shape.chunks > MOST_CHUNKS {
            *hash = *Hasher::new().update(content).update(suffix).finalize().as_bytes();
            continue;
        }
        let whole_chunks = (content.len() / CHUNK_LEN).min(shape.chunks - 1);
        let (whole, rest) = content.split_at(whole_chunks * CHUNK_LEN);
        let rest_at = rests.len();
        rests.extend_from_slice(rest);
        rests.extend_from_slice(suffix);
        rests.resize(rest_at + (rests.len() - rest_at).next_multiple_of(BLOCK_LEN), 0);
        inputs.push(Input { shape, whole, rest_at, hash });
    }
    inputs.sort_unstable_by_key(|input| input.shape);
    let lanes = Lanes { platform: Platform::detect(), rests };
    for same in inputs.chunk_by_mut(|a, b| a.shape.chunks == b.shape.chunks) {
        lanes.hash(same);
    }
    hashes
}

/// What inputs must have in common to be compressed side by side: the number of chunks, and for the last of these the
/// number of blocks before its last one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    chunks: usize,
    blocks: usize,
    /// Bytes in the very last block.
    last: usize,
}

impl Shape {
    fn of(length: usize) -> Self {
        let chunks = length.div_ceil(CHUNK_LEN);
        let in_last = length - (chunks - 1) * CHUNK_LEN;
        let blocks = (in_last - 1) / BLOCK_LEN;
        Shape { chunks, blocks, last: in_last - blocks * BLOCK_LEN }
    }
}

struct Input<'a> {
    shape: Shape,
    /// The chunks that lie in the content, except the last one of all.
    whole: &'a [u8],
    /// Where in [`Lanes::rests`] it goes on.
    rest_at: usize,
    hash: &'a mut [u8; OUT_LEN],
}

struct Lanes {
    platform: Platform,
    /// The inputs' ends with the suffix, each filled up with zeros to whole blocks.
    rests: Vec<u8>,
}

impl Lanes {
    /// Inputs of as many chunks.
    fn hash(&self, inputs: &mut [Input<'_>]) {
        let chunks = inputs[0].shape.chunks;
        let mut values: Vec<Vec<ChainingValue>> = (0..chunks).map(|_| vec![[0; OUT_LEN]; inputs.len()]).collect();
        for (chunk, values) in values[..chunks - 1].iter_mut().enumerate() {
            let blocks: Vec<&[u8; CHUNK_LEN]> =
                inputs.iter().map(|input| self.bytes(input, chunk * CHUNK_LEN)).collect();
            self.compress(&blocks, chunk, Flags { start: CHUNK_START, end: CHUNK_END, all: 0 }, values);
        }
        let mut last_values = values[chunks - 1].as_mut_slice();
        for same in inputs.chunk_by(|a, b| a.shape.blocks == b.shape.blocks) {
            let (of_same, others) = last_values.split_at_mut(same.len());
            self.last_chunk(same, of_same);
            last_values = others;
        }
        self.merge(&mut values, ROOT);
        for (input, value) in inputs.iter_mut().zip(&values[0]) {
            *input.hash = *value;
        }
    }

    /// `N` bytes that do not go beyond one chunk.
    fn bytes<'a, const N: usize>(&'a self, input: &Input<'a>, at: usize) -> &'a [u8; N] {
        let from = match at.checked_sub(input.whole.len()) {
            None => &input.whole[at..],
            Some(in_rest) => &self.rests[input.rest_at + in_rest..],
        };
        from.first_chunk().expect("inputs are as long as their shapes say, and filled up to whole blocks")
    }

    /// The last chunks of inputs of one shape but for the very last block's length.
    fn last_chunk(&self, inputs: &[Input<'_>], values: &mut [ChainingValue]) {
        let Shape { chunks, blocks, .. } = inputs[0].shape;
        let (chunk, start) = (chunks - 1, (chunks - 1) * CHUNK_LEN);
        macro_rules! before_the_last_block {
            ($($count:literal)*) => {
                match blocks {
                    $($count => {
                        let blocks: Vec<&[u8; $count * BLOCK_LEN]> =
                            inputs.iter().map(|input| self.bytes(input, start)).collect();
                        self.compress(&blocks, chunk, Flags { start: CHUNK_START, end: 0, all: 0 }, values);
                    })*
                    _ => values.fill(le_bytes_from_words_32(&IV)),
                }
            };
        }
        before_the_last_block!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        let start_flag = if blocks == 0 { CHUNK_START } else { 0 };
        let root_flag = if chunks == 1 { ROOT } else { 0 };
        for (input, value) in inputs.iter().zip(values) {
            let mut words = words_from_le_bytes_32(value);
            let block = self.bytes(input, start + blocks * BLOCK_LEN);
            let flags = start_flag | CHUNK_END | root_flag;
            self.platform.compress_in_place(&mut words, block, input.shape.last as u8, chunk as u64, flags);
            *value = le_bytes_from_words_32(&words);
        }
    }

    /// Joins each input's chunks to its tree, whose root's value is then the first.
    fn merge(&self, values: &mut [Vec<ChainingValue>], root_flag: u8) {
        if values.len() < 2 {
            return;
        }
        let (left, right) = values.split_at_mut(values.len().next_power_of_two() / 2);
        self.merge(left, 0);
        self.merge(right, 0);
        let parents: Vec<[ChainingValue; 2]> =
            left[0].iter().zip(&right[0]).map(|(left, right)| [*left, *right]).collect();
        let blocks: Vec<&[u8; BLOCK_LEN]> =
            parents.iter().filter_map(|pair| pair.as_flattened().first_chunk()).collect();
        self.compress(&blocks, 0, Flags { start: 0, end: 0, all: PARENT | root_flag }, &mut left[0]);
    }

    /// Side by side, as many as there are lanes.
    fn compress<const N: usize>(
        &self,
        blocks: &[&[u8; N]],
        counter: usize,
        flags: Flags,
        values: &mut [ChainingValue],
    ) {
        let Flags { start, end, all } = flags;
        let (counter, values) = (counter as u64, values.as_flattened_mut());
        self.platform.hash_many(blocks, &IV, counter, IncrementCounter::No, all, start, end, values);
    }
}

/// Of the first block, of the last, and of each.
struct Flags {
    start: u8,
    end: u8,
    all: u8,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUFFIX: &[u8] = b"the suffix";

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|place| (place * 31 % 251) as u8).collect()
    }

    fn assert_agree(lengths: impl IntoIterator<Item = usize>) {
        let contents: Vec<Vec<u8>> = lengths.into_iter().map(content).collect();
        let hashes = hash_many(&contents, SUFFIX);
        for (content, hash) in contents.iter().zip(hashes) {
            let expected = blake3::hash(&[content, SUFFIX].concat());
            assert_eq!(hash, *expected.as_bytes(), "{} bytes", content.len());
        }
    }

    #[test]
    fn every_length_agrees_with_blake3() {
        assert_agree(0..4 * CHUNK_LEN);
        assert_agree((0..=MOST_CHUNKS + 1).flat_map(|chunks| {
            let end = chunks * CHUNK_LEN;
            end.saturating_sub(2 * SUFFIX.len())..end + 2
        }));
    }

    #[test]
    fn one_and_none_are_many_too() {
        for length in [0, 1, 63, 64, 65, 1013, 1014, 1015, 1024, 3000] {
            assert_agree([length]);
        }
        assert!(hash_many(&[[0_u8; 0]; 0], SUFFIX).is_empty());
    }

    proptest! {
        #[test]
        fn any_mixture_agrees_with_blake3(lengths in prop::collection::vec(0..20_000_usize, 0..60)) {
            assert_agree(lengths);
        }
    }
}
