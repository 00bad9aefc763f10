//! Which entities a shop's engineer looks for first.

use super::role::{Role, payload};
use super::schema::{Schema, TableId};
use super::words::{Phrase, listed};

/// What is sold, who sells and buys it, how it is sorted, and what is agreed on.
const KNOWN: [(i64, &str); 4] = [
    (
        60,
        "product item article sku variant film movie book track song game recipe course listing property \
     vehicle car hotel event ticket offer",
    ),
    (
        45,
        "category collection taxon brand manufacturer album artist author order invoice customer playlist \
     catalog",
    ),
    (
        30,
        "supplier vendor seller merchant publisher actor client member user company store shop inventory \
     stock price rental sale purchase shipment booking reservation subscription review coupon promotion \
     special department",
    ),
    (15, "page post block banner payment quote employee staff tag rule news"),
];
/// What a name may begin or end with that does not change what it means.
const QUALIFIERS: &str = "catalog catalogue sales shop commerce cms main core dim fact tbl inventory store mst";
const SUFFIXES: &str = "entity master base table header main info record";
/// Words that make the rest of a name something of little weight.
const MINOR: &str =
    "cart carts basket wishlist wishlists compare entity eav form tax newsletter newsletters geoname template";

/// Who has a right not to be told of.
const PEOPLE: &str =
    "customer client user member account person people subscriber guest patient employee staff contact";
/// What most rows of a shop belong to.
const SCOPES: &str = "store website shop site language lang locale currency tenant country company";

pub fn is_of_people(phrase: &Phrase) -> bool {
    core(phrase.words()).last().is_some_and(|last| listed(last, PEOPLE))
}

pub fn is_scope(phrase: &Phrase) -> bool {
    matches!(phrase.words(), [.., last] if listed(last, SCOPES))
}

/// How well a name is known as that of something worth a feed; 0 where it is not.
pub fn vocabulary(phrase: &Phrase) -> i64 {
    let words = core(phrase.words());
    let Some(last) = words.last() else { return 0 };
    let weight = KNOWN.iter().find(|(_, known)| listed(last, known)).map_or(0, |known| known.0);
    // `tax_category` is less of a category.
    if words.len() == 1 { weight } else { weight / 3 }
}

/// The words of a name without what only says that it is the main table: `catalog product` of `catalog_product_entity`.
pub fn subject(words: &[String]) -> &[String] {
    match words {
        [rest @ .., last] if !rest.is_empty() && listed(last, SUFFIXES) => subject(rest),
        all => all,
    }
}

/// Without qualifiers too.
fn core(words: &[String]) -> &[String] {
    match subject(words) {
        [first, rest @ ..] if !rest.is_empty() && listed(first, QUALIFIERS) => core(rest),
        all => all,
    }
}

/// The larger, the more a feed of the table is worth.
pub fn score(schema: &Schema<'_>, roles: &[Role], table: TableId) -> i64 {
    const PER_REFERENCE: i64 = 2;
    const PER_PART: i64 = 3;
    const EMPTY: i64 = -25;
    const SLIGHT: i64 = -20;
    let capped = |count: usize, most: usize| i64::try_from(count.min(most)).unwrap_or_default();
    let phrase = &schema.phrases[table];
    let referred =
        schema.references_to(table).filter(|reference| !matches!(roles[reference.from], Role::Log | Role::Technical));
    let parts = schema
        .references_to(table)
        .filter(|reference| roles[reference.from] == Role::Part(table) || roles[reference.from] == Role::Link);
    let size = match schema.rows(table) {
        Some(0) => EMPTY,
        Some(rows) => i64::from(rows.ilog10()) * 3,
        None => 0,
    };
    // Beside `review`, `review_entity` is not the one.
    let short = subject(phrase.words());
    let is_other = short.len() < phrase.words().len() && schema.phrases.iter().any(|other| other.words() == short);
    let known = if is_other { 0 } else { vocabulary(phrase) };
    let minor = if known == 0 && phrase.has(MINOR) || phrase.words().first().is_some_and(|first| listed(first, MINOR)) {
        SLIGHT
    } else {
        0
    };
    known
        + capped(referred.count(), 10) * PER_REFERENCE
        + capped(parts.count(), 8) * PER_PART
        + capped(payload(schema, table).len(), 15)
        + size
        + minor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names() {
        let weight = |name: &str| vocabulary(&Phrase::of(name));
        for same in ["products", "Product", "catalog_product_entity", "product_master"] {
            assert_eq!(weight(same), weight("product"), "{same}");
        }
        assert!(weight("product") > weight("category") && weight("category") > weight("tax_category"));
        assert!(weight("tax_category") > 0);
        assert_eq!(weight("widget_thing"), 0);
        assert_eq!(weight(""), 0);
    }
}
