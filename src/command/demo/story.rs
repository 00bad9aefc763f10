//! The demo's story: what happens to the shop, what feedmill then does, and whether that was right.
//!
//! Every number told is the run's own, and is held against what the shop's database says.

use super::consumer::DemoConsumer;
use super::narrator::Narrator;
use super::shop::{PRODUCTS, Shop};
use crate::command::exit::Failure;
use crate::run::summary::Summary;
use crate::terminal::{bytes, count, milliseconds};

/// The brand that is renamed.
const BRAND: i64 = 4;
/// The product that leaves the shop.
const LEAVING: i64 = 2_000;
/// Items whose prices change while the consumer is down.
const WAITING: i64 = 10;

/// Tells the whole story. False when something was not as told.
pub fn tell(narrator: &Narrator<'_>, shop: &mut Shop, consumer: &mut DemoConsumer) -> Result<bool, Failure> {
    let mut right = true;
    right &= everything_is_sent(narrator, shop, consumer)?;
    right &= nothing_is_sent(narrator, shop, consumer)?;
    right &= a_brand_is_renamed(narrator, shop, consumer)?;
    right &= one_item_is_refused(narrator, shop)?;
    right &= the_consumer_goes_down(narrator, shop, consumer)?;
    right &= a_product_leaves(narrator, shop, consumer)?;
    right &= the_consumer_is_equal(narrator, shop, consumer)?;
    Ok(right)
}

fn everything_is_sent(narrator: &Narrator<'_>, shop: &Shop, consumer: &DemoConsumer) -> Result<bool, Failure> {
    let items = shop.items()?;
    narrator.say(&format!(
        "\n1. Everything is sent\n   The shop has {} products. Those that are no drafts, in each store view that shows them, \
         are {} items.\n   The consumer has none of them.",
        count(PRODUCTS as u64),
        count(items)
    ))?;
    let summary = narrator.reindex()?;
    narrator.result(&format!(
        "{} items sent in {} requests ({}), {}.",
        count(summary.totals.exported),
        summary.totals.requests,
        bytes(summary.totals.bytes_sent),
        milliseconds(summary.duration_ms)
    ))?;
    narrator.check(&[
        ("items exported", summary.totals.exported, items),
        ("items", summary.totals.items, items),
        ("requests that the consumer saw", consumer.requests(), summary.totals.requests),
        ("documents that the consumer holds", consumer.documents().len() as u64, items),
    ])
}

fn nothing_is_sent(narrator: &Narrator<'_>, shop: &Shop, consumer: &DemoConsumer) -> Result<bool, Failure> {
    let before = consumer.requests();
    narrator.say(
        "\n2. Nothing is sent\n   Nobody has touched the shop. Every document is built again, and its hash is the one in \
         the feed table.",
    )?;
    let summary = narrator.reindex()?;
    narrator.result(&format!(
        "{} items unchanged, {} requests, {}.",
        count(summary.totals.unchanged),
        summary.totals.requests,
        milliseconds(summary.duration_ms)
    ))?;
    narrator.check(&[
        ("unchanged items", summary.totals.unchanged, shop.items()?),
        ("requests", consumer.requests() - before, 0),
    ])
}

fn a_brand_is_renamed(narrator: &Narrator<'_>, shop: &Shop, consumer: &DemoConsumer) -> Result<bool, Failure> {
    let old = shop.brand_name(BRAND)?;
    let new = format!("{old} & Daughters");
    let items = shop.items_of_brand(BRAND)?;
    shop.rename_brand(BRAND, &new)?;
    narrator.say(&format!(
        "\n3. A brand is renamed\n   \"{old}\" becomes \"{new}\": one row of the table brand. {} products carry it, in {} items.",
        shop.products_of_brand(BRAND)?,
        items
    ))?;
    let summary = narrator.reindex()?;
    narrator.result(&format!(
        "{} items sent in {}; the other {} are unchanged.",
        count(summary.totals.exported),
        requests(&summary),
        count(summary.totals.unchanged)
    ))?;
    let renamed = consumer.documents().values().filter(|document| document["brand"]["name"] == new.as_str()).count();
    narrator.check(&[
        ("items exported", summary.totals.exported, items),
        ("unchanged items", summary.totals.unchanged, shop.items()? - items),
        ("documents with the new name", renamed as u64, items),
    ])
}

fn one_item_is_refused(narrator: &Narrator<'_>, shop: &Shop) -> Result<bool, Failure> {
    let touched = shop.products_with_one_item(100, 5)?;
    let bad = touched[2];
    for &product in &touched {
        shop.add_to_price(product, 1)?;
    }
    shop.negate_price(bad)?;
    let sku = shop.sku(bad)?;
    narrator.say(&format!(
        "\n4. One item is refused, its neighbours are not\n   Five prices change. That of {sku} slips below zero, which the \
         consumer does not take."
    ))?;
    let summary = narrator.reindex()?;
    narrator.result(&format!(
        "{} item refused, {} sent. The refused one is not sent again until it changes:",
        summary.totals.rejected, summary.totals.exported
    ))?;
    let retry = narrator.retry(false)?;
    narrator.result("nothing to do.")?;
    shop.negate_price(bad)?;
    narrator.say("   The price is put right.")?;
    let repaired = narrator.reindex_ids(&[bad])?;
    narrator.result(&format!("{} item sent.", repaired.totals.exported))?;
    narrator.check(&[
        ("items refused", summary.totals.rejected, 1),
        ("items exported", summary.totals.exported, 4),
        ("requests of the retry", retry.totals.requests, 0),
        ("items exported after the repair", repaired.totals.exported, 1),
    ])
}

fn the_consumer_goes_down(narrator: &Narrator<'_>, shop: &Shop, consumer: &mut DemoConsumer) -> Result<bool, Failure> {
    let touched = shop.products_with_one_item(1_000, WAITING)?;
    for &product in &touched {
        shop.add_to_price(product, 2)?;
    }
    consumer.go_down();
    narrator.say(&format!(
        "\n5. The consumer goes down, and comes back\n   Nobody listens at {} while {WAITING} prices change.",
        consumer.address()
    ))?;
    let down = narrator.reindex_ids(&touched)?;
    narrator.result(&format!(
        "{} items could not be delivered. They wait in the feed table, and `feedmill retry` sends them when they are due.",
        down.totals.retryable
    ))?;
    consumer.come_back().map_err(|cause| Failure::machine("the demo's consumer cannot come back", cause))?;
    narrator.say("   The consumer is back. (--now does not wait until they are due.)")?;
    let up = narrator.retry(true)?;
    narrator.result(&format!("{} items sent in {}.", up.totals.exported, requests(&up)))?;
    let touched = touched.len() as u64;
    narrator.check(&[
        ("items that wait", down.totals.retryable, touched),
        ("items exported by the retry", up.totals.exported, touched),
    ])
}

fn a_product_leaves(narrator: &Narrator<'_>, shop: &mut Shop, consumer: &DemoConsumer) -> Result<bool, Failure> {
    let sku = shop.sku(LEAVING)?;
    let gone = shop.items_of_product(LEAVING)?;
    let before = consumer.documents().len() as u64;
    shop.delete_product(LEAVING)?;
    narrator.say(&format!("\n6. A deletion arrives\n   Product {sku} leaves the shop. It had {}.", items(gone)))?;
    let summary = narrator.reindex()?;
    narrator.result(&format!(
        "{} deleted in {}; {} items are unchanged.",
        items(summary.totals.deleted),
        requests(&summary),
        count(summary.totals.unchanged)
    ))?;
    narrator.check(&[
        ("items deleted", summary.totals.deleted, gone),
        ("items exported", summary.totals.exported, 0),
        ("documents that left the consumer", before.saturating_sub(consumer.documents().len() as u64), gone),
    ])
}

fn the_consumer_is_equal(narrator: &Narrator<'_>, shop: &Shop, consumer: &DemoConsumer) -> Result<bool, Failure> {
    let documents = narrator.documents()?;
    let held = consumer.documents();
    let equal = documents.iter().filter(|(identity, document)| held.get(identity) == Some(document)).count() as u64;
    narrator.say(&format!(
        "\nAt the end the consumer holds {} documents. Built anew from the shop there are {}, and {} are equal.",
        count(held.len() as u64),
        count(documents.len() as u64),
        if equal == held.len() as u64 { "all".to_string() } else { count(equal) }
    ))?;
    narrator.check(&[
        ("documents at the consumer", held.len() as u64, shop.items()?),
        ("documents built anew", documents.len() as u64, held.len() as u64),
        ("equal documents", equal, held.len() as u64),
    ])
}

fn items(n: u64) -> String {
    if n == 1 { "1 item".into() } else { format!("{} items", count(n)) }
}

fn requests(summary: &Summary) -> String {
    match summary.totals.requests {
        1 => "1 request".into(),
        n => format!("{} requests", count(n)),
    }
}
