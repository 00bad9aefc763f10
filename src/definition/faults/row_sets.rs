//! Faults of `[rows]` and `use`.

use super::{Case, HEAD, fields, told};

/// The right top and these row sets.
fn rows(rows: &str) -> String {
    format!("{HEAD}[rows]\n{rows}\n[fields]\nsku = \"sku\"\na = {{ use = \"gallery\" }}\n")
}

faults!(row_sets, rows, {
    "no table": "gallery = { on = { p = \"id\" }, value = \"v\" }\nother = \"media\"",
    "nothing": "gallery = {}",
    "what is not rows": "gallery = { many = \"media\", on = { p = \"id\" }, value = \"v\", type = \"int\", when = \"x = 1\", hidden = true, use = \"other\" }",
    "unknown keys": "gallery = { many = \"media\", on = { p = \"id\" }, value = \"v\", where = \"x = 1\" }",
    "another name": "galery = { many = \"media\", on = { p = \"id\" }, value = \"v\" }",
    "none": "",
    "no elements": "gallery = { many = \"media\", on = { p = \"id\" } }",
    "what its names mean is known where it is used": "gallery = { many = \"media\", on = { p = \"prodct.id\" }, order_by = [\"x.y\"], value = { expr = \"1 +\" } }",
    "both conditions are looked at": "gallery = { many = \"media\", on = { p = \"id\" }, value = \"v\", where_sql = \"a = :key\" }\n[fields.b]\nuse = \"gallery\"\nwhere_sql = \"b;\"",
});

faults!(uses, fields, {
    "beside a value": "a = { use = \"x\", column = \"v\" }\n[rows]\nx = { many = \"x\", on = { p = \"id\" }, value = \"v\" }",
    "of a value": "a = { column = \"v\", default = { use = \"x\" } }\n[rows]\nx = { many = \"x\", on = { p = \"id\" }, value = \"v\" }",
    "an alias that is known already": "a = { use = \"x\" }\n[rows]\nx = { many = \"product\", on = { p = \"id\" }, value = \"v\" }",
});
