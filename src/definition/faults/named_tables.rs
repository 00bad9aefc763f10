//! Faults of tables that values name.

use super::{Case, entity, fields, told};

faults!(named_tables, fields, {
    "braces": "a = { many = \"x_{id\", on = { p = \"id\" }, value = \"v\" }\nb = { many = \"x_}\", on = { p = \"id\" }, value = \"v\" }\nc = { many = \"x_{}\", on = { p = \"id\" }, value = \"v\" }",
    "an unknown table": "a = { many = \"x_{stor.id}\", on = { p = \"id\" }, value = \"v\" }",
    "its own columns": "a = { many = \"x_{a.id}\", on = { p = \"id\" }, value = \"v\" }",
});

faults!(named_tables_of_the_entity, entity, {
    "the table itself": "table = \"product_{id}\"\nkey = \"id\"",
    "a join without a name": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"x_{product.id}\" }]",
    "a table that comes later": "table = \"product\"\nkey = \"id\"\njoin = [{ table = \"x_{store.id}\", as = \"x\" }, { table = \"store\" }]",
});
