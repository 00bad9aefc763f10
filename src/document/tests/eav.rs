//! Values that stand in rows of their own: whose they are, which of several wins, lists of them.

use super::{Shop, feed};

const SHOP: &str = "
    CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, maker INTEGER);
    INSERT INTO product VALUES (1, 'A', 3), (2, 'B', NULL), (3, 'C', 1);
    CREATE TABLE store (store_id INTEGER PRIMARY KEY, code TEXT);
    INSERT INTO store VALUES (1, 'de'), (2, 'en');
    CREATE TABLE attribute (attribute_id INTEGER PRIMARY KEY, code TEXT, kind TEXT, backend TEXT, listed INTEGER);
    INSERT INTO attribute VALUES (71, 'name', 'product', 'varchar', 0), (72, 'price', 'product', 'decimal', 1),
        (73, 'colour', 'product', 'int', 1), (74, 'sizes', 'product', 'varchar', 1), (75, 'new', 'product', 'int', 1),
        (76, 'since', 'product', 'datetime', 1), (77, 'sku', 'product', 'static', 1), (78, 'care', 'product', 'varchar', 1),
        (90, 'name', 'category', 'varchar', 0);
    CREATE TABLE value_varchar (id INTEGER PRIMARY KEY, entity_id INTEGER, attribute_id INTEGER, store_id INTEGER, value TEXT);
    CREATE UNIQUE INDEX value_varchar_one ON value_varchar (entity_id, attribute_id, store_id);
    CREATE TABLE value_int (id INTEGER PRIMARY KEY, entity_id INTEGER, attribute_id INTEGER, store_id INTEGER, value INTEGER);
    CREATE UNIQUE INDEX value_int_one ON value_int (entity_id, attribute_id, store_id);
    CREATE TABLE value_decimal (id INTEGER PRIMARY KEY, entity_id INTEGER, attribute_id INTEGER, store_id INTEGER, value DECIMAL(12,4));
    CREATE TABLE value_datetime (id INTEGER PRIMARY KEY, entity_id INTEGER, attribute_id INTEGER, store_id INTEGER, value DATETIME);
    INSERT INTO value_varchar (entity_id, attribute_id, store_id, value) VALUES
        (1, 71, 0, 'Anvil'), (1, 71, 1, 'Amboss'), (2, 71, 0, 'Bolt'), (2, 71, 1, NULL), (3, 71, 2, 'Clamp'),
        (1, 74, 0, '12,10,x'), (1, 78, 0, 'keep \"dry\"'), (2, 74, 0, ''), (1, 90, 0, 'of a category');
    INSERT INTO value_int (entity_id, attribute_id, store_id, value) VALUES
        (1, 73, 0, 10), (2, 73, 0, 11), (1, 75, 0, 1), (2, 75, 0, 0), (3, 75, 0, 7), (3, 73, 0, 99);
    INSERT INTO value_decimal (entity_id, attribute_id, store_id, value) VALUES (1, 72, 0, 12), (1, 72, 2, 12.5), (3, 72, 0, NULL);
    INSERT INTO value_datetime (entity_id, attribute_id, store_id, value) VALUES (1, 76, 0, '2026-11-20 08:30:00');
    CREATE TABLE option (option_id INTEGER PRIMARY KEY, attribute_id INTEGER);
    INSERT INTO option VALUES (10, 73), (11, 73), (12, 74), (13, 74), (99, 78);
    CREATE TABLE option_label (option_id INTEGER, store_id INTEGER, label TEXT, PRIMARY KEY (option_id, store_id));
    INSERT INTO option_label VALUES (10, 0, 'red'), (10, 1, 'rot'), (11, 0, 'blue'), (11, 1, NULL), (12, 0, 'large');
    CREATE TABLE setting (path TEXT, scope TEXT, scope_id INTEGER, value TEXT);
    INSERT INTO setting VALUES ('url', 'stores', 1, 'https://de/'), ('url', 'default', 0, 'https://all/'),
        ('unit', 'default', 0, NULL), ('URL', 'stores', 2, 'not asked for'), ('url', 'websites', 2, 'of no store');
";

const STORES: &str = "[entity]\ntable = \"product\"\nkey = \"id\"\njoin = [{ table = \"store\" }]\n";

const SETS: &str = "
[eav.product]
entity = \"id\"
tables = [\"value_varchar\", \"value_int\", \"value_decimal\", \"value_datetime\"]
columns = { entity = \"entity_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attribute_id\", code = \"code\", where_sql = \"kind = 'product'\" }
fallback = [{ store_id = \"store.store_id\" }, { store_id = 0 }]
[eav.setting]
tables = [\"setting\"]
columns = { attribute = \"path\", value = \"value\" }
fallback = [{ scope = { value = \"stores\" }, scope_id = \"store.store_id\" }, { scope = { value = \"default\" }, scope_id = 0 }]
";

/// Items of products 1 to 3 in the stores `de` and `en`: the fields after id and store.
fn items(fields: &str) -> Vec<String> {
    items_of(fields, SETS)
}

fn items_of(fields: &str, sets: &str) -> Vec<String> {
    let feed =
        feed(&format!("{STORES}[fields]\nid = {{ template = \"{{product.id}}{{store.code}}\" }}\n{fields}\n{sets}"));
    let built = Shop::new(SHOP).build(&feed);
    assert_eq!(built.invalid(), "");
    built.text().lines().map(|line| line.replacen("\"id\":", "", 1)).collect()
}

#[test]
fn the_row_of_the_first_scope_wins_even_if_it_is_null() {
    assert_eq!(
        items(
            "name = { eav = \"product\", attribute = \"name\" }\nprice = { eav = \"product\", attribute = \"price\" }"
        ),
        [
            r#"{"1de","name":"Amboss","price":12}"#,
            r#"{"1en","name":"Anvil","price":12.5}"#,
            r#"{"2de","name":null,"price":null}"#,
            r#"{"2en","name":"Bolt","price":null}"#,
            r#"{"3de","name":null,"price":null}"#,
            r#"{"3en","name":"Clamp","price":null}"#,
        ]
    );
}

#[test]
fn a_use_may_have_scopes_of_its_own() {
    let fields = "own = { eav = \"product\", attribute = \"name\", fallback = [{ store_id = \"store.store_id\" }] }
all = { eav = \"product\", attribute = \"name\", fallback = [{ store_id = 0 }], default = \"-\" }";
    assert_eq!(
        items(fields),
        [
            r#"{"1de","own":"Amboss","all":"Anvil"}"#,
            r#"{"1en","own":null,"all":"Anvil"}"#,
            r#"{"2de","own":null,"all":"Bolt"}"#,
            r#"{"2en","own":null,"all":"Bolt"}"#,
            r#"{"3de","own":null,"all":"-"}"#,
            r#"{"3en","own":"Clamp","all":"-"}"#,
        ]
    );
}

#[test]
fn everything_that_is_done_to_values_is_done_to_these() {
    let fields = "text = { eav = \"product\", attribute = \"price\", type = \"string\" }
round = { eav = \"product\", attribute = \"price\", round = 0 }
day = { eav = \"product\", attribute = \"since\", format = \"%d.%m.%Y\" }
new = { eav = \"product\", attribute = \"new\", map = { \"0\" = \"no\", \"1\" = \"yes\" }, default = \"?\" }
hash = { eav = \"product\", attribute = \"name\", encode = \"base64\" }
loud = { expr = \"upper(name) || '!'\" }
size = { when = \"name is not null\", fields = { sizes = { eav = \"product\", attribute = \"sizes\" } } }
[let]
name = { eav = \"product\", attribute = \"name\", default = { eav = \"product\", attribute = \"sizes\", default = { column = \"sku\" } } }
";
    assert_eq!(
        items(fields),
        [
            r#"{"1de","text":"12","round":12,"day":"20.11.2026","new":"yes","hash":"QW1ib3Nz","loud":"AMBOSS!","size":{"sizes":"12,10,x"}}"#,
            r#"{"1en","text":"12.5","round":13,"day":"20.11.2026","new":"yes","hash":"QW52aWw=","loud":"ANVIL!","size":{"sizes":"12,10,x"}}"#,
            r#"{"2de","text":null,"round":null,"day":null,"new":"no","hash":null,"loud":"!","size":{"sizes":""}}"#,
            r#"{"2en","text":null,"round":null,"day":null,"new":"no","hash":"Qm9sdA==","loud":"BOLT!","size":{"sizes":""}}"#,
            r#"{"3de","text":null,"round":null,"day":null,"new":"?","hash":null,"loud":"C!","size":{"sizes":null}}"#,
            r#"{"3en","text":null,"round":null,"day":null,"new":"?","hash":"Q2xhbXA=","loud":"CLAMP!","size":{"sizes":null}}"#,
        ]
    );
}

#[test]
fn values_of_other_rows_are_read_where_those_rows_are() {
    let fields = "maker = { eav = \"product\", of = \"product.maker\", attribute = \"name\" }
[fields.made]
many = \"product\"
as = \"made\"
on = { maker = \"product.id\" }
fields.of = { eav = \"product\", of = \"product.id\", attribute = \"name\" }
fields.name = { eav = \"product\", attribute = \"name\" }
fields.theirs = { many = \"product\", as = \"p\", on = { id = \"made.maker\" }, value = { eav = \"product\", of = \"made.id\", attribute = \"name\" } }
";
    assert_eq!(
        items(fields),
        [
            r#"{"1de","maker":null,"made":[{"of":"Amboss","name":null,"theirs":[null]}]}"#,
            r#"{"1en","maker":"Clamp","made":[{"of":"Anvil","name":"Clamp","theirs":["Clamp"]}]}"#,
            r#"{"2de","maker":null,"made":[]}"#,
            r#"{"2en","maker":null,"made":[]}"#,
            r#"{"3de","maker":"Amboss","made":[{"of":null,"name":"Amboss","theirs":["Amboss"]}]}"#,
            r#"{"3en","maker":"Anvil","made":[{"of":"Clamp","name":"Anvil","theirs":["Anvil"]}]}"#,
        ]
    );
}

#[test]
fn settings_belong_to_nobody() {
    let fields = "url = { eav = \"setting\", attribute = \"url\" }
unit = { eav = \"setting\", attribute = \"unit\", default = \"lbs\" }
page = { template = \"{url}{sku}\" }
made = { many = \"product\", as = \"made\", on = { maker = \"product.id\" }, value = { eav = \"setting\", attribute = \"url\" } }";
    assert_eq!(
        items(fields)[..3],
        [
            r#"{"1de","url":"https://de/","unit":"lbs","page":"https://de/A","made":["https://de/"]}"#,
            r#"{"1en","url":"https://all/","unit":"lbs","page":"https://all/A","made":["https://all/"]}"#,
            r#"{"2de","url":"https://de/","unit":"lbs","page":"https://de/B","made":[]}"#,
        ]
    );
}

#[test]
fn a_value_decides_over_rows_and_ties_them() {
    let sets = SETS
        .replace("fallback = [{ store_id = \"store.store_id\" }, { store_id = 0 }]", "fallback = [{ store_id = 0 }]");
    let feed = feed(&format!(
        "[entity]\ntable = \"product\"\nkey = \"id\"\nkeep = \"name <> 'Bolt'\"
[fields]
id = \"id\"
name = {{ eav = \"product\", attribute = \"name\", default = \"none\" }}
colour = {{ one = \"option_label\", on = {{ option_id = {{ eav = \"product\", attribute = \"colour\" }}, store_id = 0 }}, value = \"label\" }}
[fields.all]
many = \"product\"
as = \"p\"
on = {{ id = {{ eav = \"product\", of = \"id\", attribute = \"new\" }} }}
value = \"p.sku\"
[fields.others]
many = \"store\"
on = {{ store_id = 1 }}
join = [{{ table = \"product\", as = \"other\", where_sql = \"other.id > 1\" }}]
order_by = [\"-name\"]
keep = \"name is not null\"
let.name = {{ eav = \"product\", of = \"other.id\", attribute = \"name\" }}
value = {{ expr = \"name\" }}
{sets}"
    ));
    let expected = [
        r#"{"id":1,"name":"Anvil","colour":"red","all":["A"],"others":["Bolt"]}"#,
        r#"{"id":3,"name":"none","colour":null,"all":[],"others":["Bolt"]}"#,
    ];
    assert_eq!(Shop::new(SHOP).build(&feed).text().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_the_source_does_not_know_is_null_and_told() {
    let fields = "[fields]\nid = \"id\"
name = { eav = \"product\", attribute = \"nmae\", default = \"none\" }
sku = { eav = \"product\", attribute = \"sku\" }
gone = { one = \"store\", on = { store_id = { eav = \"product\", attribute = \"gone\" } }, value = \"code\" }
list = { eav = \"product\", except = [\"colr\"], where_sql = \"listed = 2\" }
setting = { eav = \"setting\", attribute = \"any/thing\" }
";
    let sets = SETS.replace("code = \"code\",", "code = \"code\", type = \"backend\",");
    let shop = Shop::new(SHOP);
    let feed = feed(&format!("{fields}{}", sets.replace("store.store_id", "id")));
    let documents = shop.build(&feed);
    assert_eq!(
        documents.text().lines().next(),
        Some(r#"{"id":1,"name":"none","sku":null,"gone":null,"list":[],"setting":null}"#)
    );
    let told: Vec<String> = shop
        .plan(&feed)
        .notices
        .list
        .iter()
        .map(|notice| format!("{}: {} ({})", notice.path, notice.message, notice.help.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        told,
        [
            "fields.name.attribute: the source has no attribute `nmae`: it is always null (did you mean `name`?)",
            "fields.sku.attribute: no table of `product` holds the values of `sku`: it is always null (-)",
            "fields.gone.on.store_id.attribute: the source has no attribute `gone`: it is always null (-)",
            "fields.list.except[0]: the source has no attribute `colr` (did you mean `colour`?)",
        ]
    );
}

const LIST: &str = "[fields.attributes]
eav = \"product\"
where_sql = \"listed = 1 -- of all\"
except = [\"care\"]
as = { code = \"attributeCode\", values = \"value\" }
order_by = [\"table\", \"key\"]
labels = { table = \"option_label\", key = \"option_id\", label = \"label\", owner = { table = \"option\", attribute = \"attribute_id\" }, fallback = [{ store_id = \"store.store_id\" }, { store_id = 0 }] }
map = [{ where_sql = \"code = 'new'\", values = { \"0\" = \"no\", \"1\" = true } }]
";

#[test]
fn a_list_has_an_element_for_each_attribute_with_a_value() {
    let expected = [
        r#"{"1de","attributes":[{"attributeCode":"sizes","value":["large","10","x"]},{"attributeCode":"colour","value":["rot"]},{"attributeCode":"new","value":["true"]},{"attributeCode":"price","value":["12.0000"]},{"attributeCode":"since","value":["2026-11-20 08:30:00"]}]}"#,
        r#"{"1en","attributes":[{"attributeCode":"sizes","value":["large","10","x"]},{"attributeCode":"colour","value":["red"]},{"attributeCode":"new","value":["true"]},{"attributeCode":"price","value":["12.5000"]},{"attributeCode":"since","value":["2026-11-20 08:30:00"]}]}"#,
        // A label that is null is none; an empty text is one empty option.
        r#"{"2de","attributes":[{"attributeCode":"sizes","value":[""]},{"attributeCode":"colour","value":["blue"]},{"attributeCode":"new","value":["no"]}]}"#,
        r#"{"2en","attributes":[{"attributeCode":"sizes","value":[""]},{"attributeCode":"colour","value":["blue"]},{"attributeCode":"new","value":["no"]}]}"#,
        // What the map or the options do not have stays.
        r#"{"3de","attributes":[{"attributeCode":"colour","value":["99"]},{"attributeCode":"new","value":["7"]}]}"#,
        r#"{"3en","attributes":[{"attributeCode":"colour","value":["99"]},{"attributeCode":"new","value":["7"]}]}"#,
    ];
    assert_eq!(items(LIST), expected);
    // The same where the source says in which table each attribute's values stand.
    assert_eq!(items_of(LIST, &SETS.replace("code = \"code\",", "code = \"code\", type = \"backend\",")), expected);
}

#[test]
fn a_list_is_ordered_as_it_says() {
    let typed = SETS.replace("code = \"code\",", "code = \"code\", type = \"backend\",");
    let order = |by: &str, sets: &str| {
        let fields = format!("a = {{ eav = \"product\", except = [\"name\"], order_by = {by} }}\n");
        let first = items_of(&fields, sets).remove(0);
        let codes: Vec<_> = first.split("\"code\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        codes.join(" ")
    };
    for (by, expected) in [
        ("[]", "price colour sizes new since care"),
        ("[\"key\"]", "price colour sizes new since care"),
        ("[\"code\"]", "care colour new price since sizes"),
        ("[\"table\"]", "sizes care colour new price since"),
        ("[\"table\", \"code\"]", "care sizes colour new price since"),
    ] {
        assert_eq!(order(by, SETS), expected, "{by}");
        assert_eq!(order(by, &typed), expected, "{by}");
    }
    // care (varchar), colour (int), price (decimal), since (datetime)
    assert_eq!(order("[\"table_code\", \"key\"]", &typed), "sizes care colour new price since");
    assert_eq!(
        order(
            "[\"table_code\", \"code\"]",
            &typed.replace("\"value_varchar\", \"value_int\"", "\"value_int\", \"value_varchar\"")
        ),
        "care sizes colour new price since"
    );
}

#[test]
fn an_empty_list_and_values_that_are_null() {
    let fields = "none = { eav = \"product\", where_sql = \"code = 'since'\", empty = \"null\" }
some = { eav = \"product\", where_sql = \"code = 'name'\", keep_null = true }
only = { when = \"sku = 'A'\", eav = \"product\", where_sql = \"code = 'new'\", map = { \"1\" = \"yes\" } }";
    assert_eq!(
        items(fields)[1..4],
        [
            r#"{"1en","none":[{"code":"since","values":["2026-11-20 08:30:00"]}],"some":[{"code":"name","values":["Anvil"]}],"only":[{"code":"new","values":["yes"]}]}"#,
            r#"{"2de","none":null,"some":[{"code":"name","values":null}],"only":null}"#,
            r#"{"2en","none":null,"some":[{"code":"name","values":["Bolt"]}],"only":null}"#,
        ]
    );
}

#[test]
fn a_list_may_be_a_part_of_an_array_and_stand_in_an_element() {
    let fields = "has = { expr = \"list is not null\" }
[[fields.list]]
empty = \"null\"
eav = \"product\"
where_sql = \"code = 'colour'\"
[[fields.list]]
when = \"sku = 'A'\"
fields = { code = { value = \"more\" }, values = { list = [{ value = \"x\" }] } }
[fields.made]
many = \"product\"
as = \"made\"
on = { maker = \"product.id\" }
fields.a = { eav = \"product\", of = \"product.id\", where_sql = \"code = 'new'\" }
fields.b = { eav = \"product\", where_sql = \"code = 'new'\", encode = \"json\" }
";
    let typed = SETS
        .replace("fallback = [{ store_id = \"store.store_id\" }, { store_id = 0 }]", "fallback = [{ store_id = 0 }]");
    let items = items_of(fields, &typed);
    assert_eq!(
        [&items[0], &items[2], &items[4]],
        [
            r#"{"1de","has":true,"list":[{"code":"colour","values":["10"]},{"code":"more","values":["x"]}],"made":[{"a":[{"code":"new","values":["1"]}],"b":"[{\"code\":\"new\",\"values\":[\"7\"]}]"}]}"#,
            r#"{"2de","has":true,"list":[{"code":"colour","values":["11"]}],"made":[]}"#,
            r#"{"3de","has":true,"list":[{"code":"colour","values":["99"]}],"made":[{"a":[{"code":"new","values":["7"]}],"b":"[{\"code\":\"new\",\"values\":[\"1\"]}]"}]}"#,
        ]
    );
}

#[test]
fn members_of_a_list_may_be_left_out_of_the_hash() {
    let hashes = |excluded: &str, change: &str| {
        let shop = Shop::new(SHOP);
        shop.run(change);
        let fields = "[fields]\nid = \"id\"\na = { eav = \"product\", where_sql = \"code IN ('new', 'care')\" }\n";
        let sets = SETS.replace("store.store_id", "id");
        shop.build(&feed(&format!("exclude_from_hash = [{excluded}]\n{STORES_ALONE}{fields}{sets}"))).hashes()
    };
    let other_value = "UPDATE value_int SET value = value + 100 WHERE attribute_id = 75";
    let other_code = "UPDATE attribute SET code = 'new' WHERE code = 'care'; UPDATE attribute SET code = 'care' WHERE attribute_id = 75";
    for (excluded, change, same) in [
        ("", other_value, false),
        ("\"a.values\"", other_value, true),
        ("\"a.code\"", other_value, false),
        ("\"a.values\"", other_code, false),
        ("\"a.code\"", other_code, true),
        ("\"a.code\", \"a.values\"", other_value, true),
        ("\"a\"", other_value, true),
    ] {
        let (before, after) = (hashes(excluded, ""), hashes(excluded, change));
        assert_eq!(before == after, same, "{excluded} {change}");
    }
}

const STORES_ALONE: &str = "[entity]\ntable = \"product\"\nkey = \"id\"\n";

#[test]
fn between_rows_that_say_the_same_the_primary_key_decides() {
    // The tables have no key over entity, attribute and store.
    let shop = Shop::new(SHOP);
    shop.run("INSERT INTO value_decimal (id, entity_id, attribute_id, store_id, value) VALUES (-5, 1, 72, 0, 5), (-4, 1, 72, 0, 4)");
    let fields = "[fields]\nid = \"id\"\nprice = { eav = \"product\", attribute = \"price\" }\nany = { eav = \"bare\", attribute = \"price\" }\n";
    let bare = "[eav.bare]\nentity = \"id\"\ntables = [\"value_decimal\"]\ncolumns = { entity = \"entity_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attribute_id\", code = \"code\" }\n";
    let feed = feed(&format!("{STORES_ALONE}{fields}{}{bare}", SETS.replace("\"store.store_id\"", "7")));
    assert_eq!(shop.build(&feed).text().lines().next(), Some(r#"{"id":1,"price":5,"any":5}"#));
}

#[test]
fn a_broken_value_spoils_its_own_item() {
    let shop = Shop::new(SHOP);
    shop.run(
        "UPDATE value_varchar SET value = CAST(X'ff' AS TEXT) WHERE entity_id = 2 AND attribute_id = 71;
              UPDATE value_varchar SET value = CAST(X'fe' AS TEXT) WHERE entity_id = 1 AND attribute_id = 78",
    );
    let fields = "[fields]\nid = \"id\"\nname = { eav = \"product\", attribute = \"name\" }
n = { eav = \"product\", attribute = \"sizes\", type = \"int\" }\nlist = { eav = \"product\", where_sql = \"code = 'care'\" }\n";
    let feed = feed(&format!("{STORES_ALONE}{fields}{}", SETS.replace("\"store.store_id\"", "0")));
    let documents = shop.build(&feed);
    assert_eq!(
        documents.invalid(),
        "1: n (value_varchar.value): `12,10,x` is not an integer\n2: name (value_varchar.value): the text is not valid UTF-8\n"
    );
    assert_eq!(documents.text(), "{\"id\":3,\"name\":null,\"n\":null,\"list\":[]}\n");
}

#[test]
fn masked_values_are_quoted_nowhere() {
    let shop = Shop::new(SHOP);
    let fields = "[fields]\nid = \"id\"\nn = { eav = \"product\", attribute = \"sizes\", type = \"int\" }
name = { eav = \"product\", attribute = \"name\", mask = \"redact\" }\n";
    let sets =
        SETS.replace("\"store.store_id\"", "0").replace("code = \"code\",", "code = \"code\", type = \"backend\",");
    let documents = shop.build(&feed(&format!("{STORES_ALONE}{fields}{sets}")));
    assert_eq!(documents.invalid().lines().next(), Some("1: n (value_varchar.value): the value is not an integer"));
}

#[test]
fn what_does_not_fit_the_source_is_said_at_its_place() {
    let fields = "[fields]\nid = \"id\"
a = { eav = \"product\", attribute = \"name\" }
b = { eav = \"product\", of = \"product.idd\", attribute = \"name\", fallback = [{ stor_id = 0 }] }
c = { eav = \"other\", attribute = \"x\" }
d = { eav = \"price\", attribute = \"price\", type = \"bool\", fallback = [{ store_id = \"code\" }] }
e = { eav = \"price\", where_sql = \"listd = 1\" }
f = { eav = \"price\", map = [{ where_sql = \"nix = 1\", values = { a = \"b\" } }] }
g = { eav = \"price\", labels = { table = \"option_labl\", key = \"option_id\", label = \"label\", owner = { table = \"option\", attribute = \"attribute\" } } }
h = { eav = \"price\", labels = { table = \"option_label\", key = \"store_id\", label = \"labl\", owner = { table = \"option\", attribute = \"attribute_id\" } } }
[eav.product]
entity = \"entity_id\"
tables = [\"value_varchar\", \"value_int\"]
columns = { entity = \"entity_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attribute_id\", code = \"code\" }
[eav.other]
tables = [\"value_varchr\", \"value_int\"]
columns = { attribute = \"attribut_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attributeid\", code = \"cod\", type = \"typ\", where_sql = \"kind = 'product'\" }
[eav.price]
entity = \"id\"
tables = [\"value_datetime\"]
columns = { entity = \"entity_id\", attribute = \"attribute_id\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attribute_id\", code = \"code\", where_sql = \"kind = 'product'\" }
[eav.broken]
tables = [\"setting\"]
columns = { attribute = \"path\", value = \"value\" }
attribute = { table = \"attribute\", key = \"attribute_id\", code = \"code\", where_sql = \"knd = 'product'\" }
";
    insta::assert_snapshot!(Shop::new(SHOP).problems(&feed(&format!("{STORES_ALONE}{fields}"))));
}
