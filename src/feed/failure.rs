//! Failed rows in groups: those of one status whose messages say the same of different items. Pure.

use std::collections::HashMap;

use super::status::Status;
use super::store::FailureGroup;
use crate::entity::EntityKey;

/// Entities that are named of a group.
const SAMPLE_OWNERS: usize = 5;

/// Groups that are told apart: whatever a consumer answers, memory is bounded. What comes after counts with the last.
const MOST: usize = 1_000;

/// Fills up row by row.
#[derive(Debug, Default)]
pub struct Failures {
    groups: HashMap<(Status, Option<String>), FailureGroup>,
}

impl Failures {
    pub fn add(&mut self, status: Status, message: Option<&str>, parked: bool, owner: EntityKey) {
        let mut kind = (status, message.map(likeness));
        if self.groups.len() >= MOST && !self.groups.contains_key(&kind) {
            kind = (status, None);
        }
        let group = self.groups.entry(kind).or_insert_with(|| FailureGroup {
            status,
            message: message.map(str::to_owned),
            rows: 0,
            parked: 0,
            sample_owners: Vec::new(),
        });
        group.rows += 1;
        group.parked += u64::from(parked);
        // The same one whatever the rows' order.
        if let (Some(message), Some(example)) = (message, &mut group.message)
            && message < example.as_str()
        {
            *example = message.to_owned();
        }
        if group.sample_owners.len() < SAMPLE_OWNERS && !group.sample_owners.contains(&owner) {
            group.sample_owners.push(owner);
        }
    }

    /// The largest first.
    pub fn into_groups(self, most: usize) -> Vec<FailureGroup> {
        let mut groups: Vec<FailureGroup> = self.groups.into_values().collect();
        groups.sort_by(|a, b| (b.rows, a.status, &a.message).cmp(&(a.rows, b.status, &b.message)));
        groups.truncate(most);
        for group in &mut groups {
            group.sample_owners.sort_unstable();
        }
        groups
    }
}

/// A message without what tells one item from another: words with a digit in them (numbers, ids, SKUs, times) are `#`.
fn likeness(message: &str) -> String {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut like = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_of_word) {
        like.push_str(&rest[..start]);
        let word = &rest[start..];
        let word = &word[..word.find(|c| !is_of_word(c)).unwrap_or(word.len())];
        rest = &rest[start + word.len()..];
        // A sentence may end with a number.
        let bare = word.trim_end_matches('.');
        if bare.contains(|c: char| c.is_numeric()) {
            like.push('#');
            like.push_str(&word[bare.len()..]);
        } else {
            like.push_str(word);
        }
    }
    like.push_str(rest);
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_an_item_makes_no_difference() {
        for (message, like) in [
            ("", ""),
            ("price must be positive", "price must be positive"),
            ("price -12.50 of SKU-0017 must be positive.", "price # of # must be positive."),
            ("no document 3f2c9a10-77aa-4e0e-b1d2-0123456789ab", "no document #"),
            ("took 12ms, limit is 10.", "took #, limit is #."),
            ("\"title\" is missing in größe_4/x", "\"title\" is missing in #/x"),
        ] {
            assert_eq!(likeness(message), like, "{message}");
        }
    }

    #[test]
    fn groups_are_counted_and_named() {
        let mut failures = Failures::default();
        for id in (1..=9).rev() {
            failures.add(Status(422), Some(&format!("row {id} is bad")), id == 3, EntityKey::Int(id));
        }
        failures.add(Status(503), None, false, EntityKey::Int(1));
        failures.add(Status(422), Some("no title"), false, EntityKey::Int(2));
        let groups = failures.into_groups(2);
        assert_eq!((groups[0].status, groups[0].rows, groups[0].parked), (Status(422), 9, 1));
        assert_eq!(groups[0].message.as_deref(), Some("row 1 is bad"));
        assert_eq!(groups[0].sample_owners, [5, 6, 7, 8, 9].map(EntityKey::Int));
        assert_eq!((groups[1].rows, groups[1].message.as_deref(), groups.len()), (1, Some("no title"), 2));
    }

    #[test]
    fn their_number_is_bounded() {
        let mut failures = Failures::default();
        let letters = |mut n: usize| {
            let mut word = String::new();
            while n > 0 {
                word.push((b'a' + (n % 26) as u8) as char);
                n /= 26;
            }
            word
        };
        for n in 0..3_000 {
            failures.add(Status(422), Some(&letters(n)), false, EntityKey::Int(1));
        }
        let groups = failures.into_groups(usize::MAX);
        assert_eq!((groups.len(), groups.iter().map(|group| group.rows).sum::<u64>()), (MOST + 1, 3_000));
    }
}
