//! Faults of scopes and fallbacks.

use super::{Case, HEAD, fields, told};

/// The right top and these scopes, used by a field.
fn scopes(scopes: &str) -> String {
    format!(
        "{HEAD}[scopes]\n{scopes}\n[fields]\nsku = \"sku\"\na = {{ one = \"x\", on = {{ p = \"id\" }}, fallback = \"store\", value = \"v\" }}\n"
    )
}

faults!(lists_of_scopes, scopes, {
    "no list": "store = { store_id = 0 }\nother = \"x\"",
    "nothing in it": "store = []\nother = [{}, { store_id = 0 }]",
    "what stands in a scope": "store = [3, { store_id = true }, { \"x.store_id\" = 0 }]",
    "another name": "stores = [{ store_id = 0 }]",
    "no scopes": "",
    "a table that is not known where it is used": "store = [{ store_id = \"stor.id\" }, { store_id = 0 }]",
    "several values": "store = [{ store_id = { split = \"path\", by = \"/\" } }, { store_id = { list = \"x\" } }]",
    "a name that is none": "store = [{ store_id = \"a.b.c\" }, { store_id = \"\" }]",
});

faults!(fallbacks, fields, {
    "neither name nor list": "a = { one = \"x\", on = { p = \"id\" }, value = \"v\", fallback = { store_id = 0 } }",
    "lists": "a = { one = \"x\", on = { p = \"id\" }, value = \"v\", fallback = [] }\nb = { one = \"x\", on = { p = \"id\" }, value = \"v\", fallback = [{ store_id = \"stor.id\" }, {}] }",
    "beside many": "a = { many = \"x\", on = { p = \"id\" }, value = \"v\", fallback = [{ store_id = 0 }] }",
    "at a value": "a = { column = \"x\", fallback = [{ store_id = 0 }] }",
});
