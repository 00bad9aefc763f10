//! Faults of sets of values, of what is asked of them, and of lists of attributes.

use super::{Case, HEAD, told};

const SETS: &str = "[eav.product]
entity = \"id\"
tables = [\"product_int\"]
columns = { entity = \"entity_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"id\", code = \"code\" }
[eav.setting]
tables = [\"setting\"]
columns = { attribute = \"path\", value = \"value\" }
";

/// The right top and these sets.
fn sets(sets: &str) -> String {
    format!("{HEAD}[fields]\nsku = \"sku\"\n[eav]\n{sets}\n")
}

/// The right top with these fields below `sku`, and sets that are right.
fn fields(fields: &str) -> String {
    format!("{HEAD}[fields]\nsku = \"sku\"\n{fields}\n{SETS}")
}

faults!(sets_of_values, sets, {
    "nothing": "a = {}",
    "no table": "a = 3\nb = { tables = [], columns = { attribute = \"a\", value = \"v\" } }",
    "unknown keys": "a = { tables = [\"t\"], colums = { attribute = \"a\", value = \"v\" }, attributes = { table = \"x\" } }\nb = { tables = [\"t\"], columns = { attribut = \"a\", value = \"v\" } }",
    "tables that are none": "a = { tables = [\"t\", \" \", \"t\", 3], columns = { attribute = \"a\", value = \"v\" } }\nb = { tables = \"t\", columns = { attribute = \"a\", value = \"v\" } }",
    "columns that are none": "a = { tables = [\"t\"], columns = { attribute = \"t.a\", value = \"\" }, attribute = { table = \"\", key = \"x.id\", code = \"\", type = \"x.y\" } }",
    "of whom, and of nobody": "a = { entity = \"id\", tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" } }\nb = { tables = [\"t\"], columns = { entity = \"id\", attribute = \"a\", value = \"v\" } }\nc = { entity = \"a.b.c\", tables = [\"t\"], columns = { entity = \"e\", attribute = \"a\", value = \"v\" } }",
    "attributes": "a = { tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" }, attribute = { table = \"attribute\", where_sql = \"(a = 1\" } }\nb = { tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" }, attribute = { table = \"a\", key = \"k\", code = \"c\", where_sql = \"k IN (:keys)\" } }",
    "scopes": "a = { tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" }, fallback = \"store\" }\nb = { tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" }, fallback = [] }\nc = { tables = [\"t\"], columns = { attribute = \"a\", value = \"v\" }, fallback = [{ s = { eav = \"c\", attribute = \"x\" } }] }",
});

faults!(values_of_sets, fields, {
    "another set": "a = { eav = \"produt\", attribute = \"name\" }\nb = { eav = \"\", attribute = \"name\" }\nc = { eav = 1, attribute = \"name\" }",
    "no attribute": "a = { eav = \"product\", attribute = \"\" }\nb = { eav = \"product\", atribute = \"name\" }\nc = { attribute = \"name\" }\nd = { column = \"x\", of = \"id\" }",
    "two inputs": "a = { eav = \"product\", attribute = \"name\", column = \"x\" }\nb = { eav = \"product\", attribute = \"name\", fields = { c = \"c\" } }\nc = { eav = \"product\", attribute = \"name\", many = \"x\", on = { a = \"id\" }, value = \"y\" }",
    "whose": "a = { eav = \"product\", attribute = \"name\", of = \"prodct.id\" }\nb = { eav = \"product\", attribute = \"name\", of = \"\" }\nc = { eav = \"setting\", attribute = \"x/y\", of = \"id\" }",
    "scopes": "a = { eav = \"product\", attribute = \"name\", fallback = \"store\" }\nb = { eav = \"product\", attribute = \"name\", fallback = [{ store_id = \"stor.id\" }] }",
    "keys of rows and of lists": "a = { eav = \"product\", attribute = \"name\", where_sql = \"x = 1\", order_by = [\"key\"], except = [\"x\"], keep_null = true }\nb = { eav = \"product\", attribute = \"name\", map = [{ values = { a = \"b\" } }] }",
    "where a value stands": "a = { column = \"x\", default = { eav = \"product\" } }\nb = { many = \"x\", on = { a = \"id\" }, value = { eav = \"product\", except = [\"x\"] } }\nc = { column = \"x\", default = { eav = \"product\", attribute = \"name\", when = \"x\" } }",
    "format and round": "a = { eav = \"product\", attribute = \"name\", format = \"%!\" }\nb = { eav = \"product\", attribute = \"name\", type = \"int\", round = 2 }",
    "keys": "a = { one = \"x\", on = { a = { eav = \"produt\", attribute = \"name\" }, b = { eav = \"product\" }, c = { eav = \"product\", attribute = \"n\", by = \",\" }, d = { value = 1, attribute = \"n\" } }, value = \"y\" }",
    "a value that needs itself": "[let]\na = { eav = \"product\", attribute = \"name\", default = { expr = \"a\" } }",
});

faults!(lists_of_attributes, fields, {
    "attributes that are not known": "a = { eav = \"setting\" }",
    "what is done to a value": "a = { eav = \"product\", type = \"int\", default = 1, round = 2 }",
    "keys of rows": "a = { eav = \"product\", on = { a = \"id\" }, join = [], keep = \"x\", let = { a = \"a\" }, watch = [] }",
    "conditions": "a = { eav = \"product\", where_sql = \"a = 1)\" }\nb = { eav = \"product\", where_sql = \"id IN (:keys)\" }\nc = { eav = \"product\", map = [{ where_sql = \"\", values = {} }] }",
    "names of members": "a = { eav = \"product\", as = \"x\" }\nb = { eav = \"product\", as = { code = \"x\", value = \"y\" } }\nc = { eav = \"product\", as = { code = \"values\" } }\nd = { one = \"x\", as = { code = \"c\" }, on = { a = \"id\" }, value = \"y\" }",
    "order": "a = { eav = \"product\", order_by = [\"tabel\", \"-key\", \"table_code\"] }\nb = { eav = \"product\", order_by = \"key\" }",
    "exceptions": "a = { eav = \"product\", except = [\"x\", \"x\", 1] }",
    "maps": "a = { eav = \"product\", map = [{ where_sql = \"a = 1\" }, { vales = {} }] }\nb = { eav = \"product\", map = [\"x\"] }\nc = { eav = \"product\", map = [{ values = { a = [1] } }] }",
    "labels": "a = { eav = \"product\", labels = { table = \"\", key = \"x.y\", label = \"l\", owner = { table = \"o\" }, fallback = \"store\" } }\nb = { eav = \"product\", labels = \"x\" }\nc = { column = \"x\", labels = { table = \"t\" } }",
    "paths": "a = { eav = \"product\" }\nidentity2 = { expr = \"a\" }",
});
