//! Faults of `sum`, `count`, `min`, `max` and `separator`.

use super::{Case, fields, told};

faults!(summaries, fields, {
    "nothing to sum up": "a = { sum = \"x\", on = { p = \"id\" } }\nb = { many = \"x\", on = { p = \"id\" }, separator = \"/\" }",
    "objects": "a = { max = \"x\", on = { p = \"id\" }, fields = { b = \"b\" } }\nb = { many = \"x\", on = { p = \"id\" }, separator = \"/\", fields = { b = \"b\" } }",
    "keys of arrays": "a = { count = \"x\", on = { p = \"id\" }, order_by = [\"v\"], first_per = [\"v\"], empty = \"null\", fallback = [{ s = 0 }] }",
    "two of them": "a = { sum = \"x\", max = \"x\", on = { p = \"id\" }, value = \"v\" }\nb = { one = \"x\", count = \"x\", on = { p = \"id\" }, value = \"v\" }",
    "separators": "a = { separator = \"/\" }\nb = { column = \"v\", separator = \"/\" }\nc = { one = \"x\", on = { p = \"id\" }, value = \"v\", separator = \"/\" }\nd = { sum = \"x\", on = { p = \"id\" }, value = \"v\", separator = \"/\" }\ne = { many = \"x\", on = { p = \"id\" }, value = \"v\", separator = 1 }",
    "another input": "a = { sum = \"x\", on = { p = \"id\" }, column = \"v\" }\nb = { count = \"x\", on = { p = \"id\" }, expr = \"v\" }",
    "no on": "a = { count = \"x\" }\nb = { sum = \"x\", on = {}, value = \"v\" }",
    "a literal": "a = { sum = \"x\", on = { p = \"id\" }, value = 1 }",
    "tables": "a = { sum = 1, on = { p = \"id\" }, value = \"v\" }\nb = { sum = \"\", on = { p = \"id\" }, value = \"v\" }",
    "what is done to it": "a = { sum = \"x\", on = { p = \"id\" }, value = \"v\", type = \"nmber\", round = -1, format = \"%Y\" }",
    "names": "a = { sum = \"x\", on = { p = \"y.id\" }, value = \"z.v\" }\nb = { sum = \"x\", on = { p = \"id\" }, let = { o = { fields = { v = \"v\" } } }, value = { expr = \"o + 1\" } }",
});
