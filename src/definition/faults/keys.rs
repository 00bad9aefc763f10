//! Faults of what a column of `on` equals.

use super::{Case, fields, told};

/// A relation with these pairs.
fn on(pairs: &str) -> String {
    fields(&format!("a = {{ many = \"x\", on = {{ {pairs} }}, value = \"v\" }}"))
}

faults!(keys_of_several_values, on, {
    "nothing": "p = {}",
    "unknown keys": "p = { spilt = \"path\" }, q = { split = \"path\", bye = \"/\" }",
    "several": "p = { split = \"path\", by = \"/\", list = \"x\" }, q = { value = 1, split = \"y\", by = \"/\" }",
    "no separator": "p = { split = \"path\" }, q = { split = \"path\", by = \"\" }, r = { list = \"x\", by = \"/\" }",
    "wrong types": "p = { split = 1, by = 2 }, q = { list = [\"x\"] }",
    "names": "p = { split = \"prodct.path\", by = \"/\" }, q = { split = \"\", by = \"/\" }, r = { list = \"a.b.c\" }",
});
