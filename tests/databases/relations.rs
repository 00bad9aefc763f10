//! Every way of relating tables.

use super::Agreement;

const SHOP: &str = "
CREATE TABLE brand (id INTEGER PRIMARY KEY, name VARCHAR(50), country CHAR(2));
INSERT INTO brand VALUES (1, 'Acme', 'us'), (2, 'Öko', 'de');
CREATE TABLE thing (id INTEGER PRIMARY KEY, sku VARCHAR(50) NOT NULL, brand_id INTEGER, status VARCHAR(20), width INTEGER, height INTEGER);
INSERT INTO thing VALUES (1, 'A', 1, 'live', 10, 20), (2, 'B', 2, 'live', NULL, NULL), (3, 'C', NULL, 'draft', 3, NULL), (4, 'D', 9, 'live', 4, 4);
CREATE TABLE image (id INTEGER PRIMARY KEY, thing_id INTEGER, path VARCHAR(100), label VARCHAR(100), place INTEGER, disabled INTEGER NOT NULL);
INSERT INTO image VALUES (1, 1, 'a1.jpg', 'front', 2, 0), (2, 1, 'a2.jpg', 'back', 1, 0), (3, 1, 'a3.jpg', 'gone', 0, 1), (4, 2, 'b1.jpg', '', 1, 0),
  (5, 1, 'a5.jpg', 'any', NULL, 0), (6, NULL, 'x.jpg', 'none', 1, 0), (7, 1, 'a7.jpg', 'same', 1, 0);
CREATE TABLE category (id INTEGER PRIMARY KEY, path VARCHAR(100), parent_id INTEGER);
INSERT INTO category VALUES (1, 'home', NULL), (2, 'home/garden', 1), (3, 'toys', NULL);
CREATE TABLE category_thing (category_id INTEGER, thing_id INTEGER, place INTEGER, PRIMARY KEY (category_id, thing_id));
INSERT INTO category_thing VALUES (1, 1, 5), (2, 1, 5), (3, 1, 1), (3, 2, 1), (2, 4, NULL);
CREATE TABLE choice (id INTEGER PRIMARY KEY, thing_id INTEGER, title VARCHAR(50), place INTEGER);
INSERT INTO choice VALUES (1, 1, 'Size', 1), (2, 1, 'Colour', 2), (3, 2, 'Size', 1);
CREATE TABLE choice_value (id INTEGER PRIMARY KEY, choice_id INTEGER, sku VARCHAR(50), price DECIMAL(12,4));
INSERT INTO choice_value VALUES (1, 1, 'S', 1.5000), (2, 1, 'M', 2.2500), (3, 2, 'red', NULL), (4, 9, 'none', 0);
CREATE TABLE lang (code VARCHAR(5) PRIMARY KEY, active INTEGER);
INSERT INTO lang VALUES ('de', 1), ('en', 1), ('fr', 0);
CREATE TABLE title (thing_id INTEGER, lang VARCHAR(5), words VARCHAR(100), PRIMARY KEY (thing_id, lang));
INSERT INTO title VALUES (1, 'de', 'Amboss'), (1, 'en', 'Anvil'), (2, 'en', 'Bolt'), (3, 'fr', 'Clou');
CREATE TABLE review (id INTEGER PRIMARY KEY, thing_id INTEGER, stars INTEGER, day DATE);
INSERT INTO review VALUES (1, 1, 5, '2026-01-01'), (2, 1, 4, '2026-11-20'), (3, 1, 3, '2026-11-21'), (4, 2, 1, '2026-01-01'), (5, 7, 1, '2026-01-01');
CREATE VIEW living AS SELECT id, sku, brand_id FROM thing WHERE status = 'live';
";

const ENTITY: &str = "[entity]\ntable = \"thing\"\nkey = \"id\"\n";

#[test]
fn one_many_and_nested() {
    Agreement::over(SHOP)
        .fields(
            "one",
            "brand = { one = \"brand\", on = { id = \"brand_id\" }, fields = { name = \"name\", country = \"country\" } }\nname = { one = \"brand\", on = { id = \"brand_id\" }, value = \"name\" }",
            &[
                r#"{"id":1,"brand":{"name":"Acme","country":"us"},"name":"Acme"}"#,
                r#"{"id":2,"brand":{"name":"Öko","country":"de"},"name":"Öko"}"#,
                r#"{"id":3,"brand":null,"name":null}"#,
                r#"{"id":4,"brand":null,"name":null}"#,
            ],
        )
        .fields(
            "many",
            "[fields.images]\nmany = \"image\"\non = { thing_id = \"id\" }\nwhere_sql = \"disabled = 0\"\nkeep = \"label <> ''\"\norder_by = [\"place\", \"-id\"]\nfields = { path = \"path\", label = \"label\" }",
            &[
                r#"{"id":1,"images":[{"path":"a5.jpg","label":"any"},{"path":"a7.jpg","label":"same"},{"path":"a2.jpg","label":"back"},{"path":"a1.jpg","label":"front"}]}"#,
                r#"{"id":2,"images":[]}"#,
                r#"{"id":3,"images":[]}"#,
                r#"{"id":4,"images":[]}"#,
            ],
        )
        .fields(
            "first_of_many",
            "image = { one = \"image\", on = { thing_id = \"id\" }, where_sql = \"disabled = 0\", order_by = [\"-place\"], value = \"path\" }\nnone = { many = \"image\", on = { thing_id = \"id\" }, where_sql = \"disabled = 2\", empty = \"null\", value = \"path\" }",
            &[
                r#"{"id":1,"image":"a1.jpg","none":null}"#,
                r#"{"id":2,"image":"b1.jpg","none":null}"#,
                r#"{"id":3,"image":null,"none":null}"#,
                r#"{"id":4,"image":null,"none":null}"#,
            ],
        )
        .fields(
            "nested",
            "[fields.choices]\nmany = \"choice\"\non = { thing_id = \"id\" }\norder_by = [\"-place\"]\nfields.title = \"title\"\nfields.values = { many = \"choice_value\", on = { choice_id = \"id\" }, order_by = [\"sku\"], fields = { sku = \"sku\", price = \"price\" } }",
            &[
                r#"{"id":1,"choices":[{"title":"Colour","values":[{"sku":"red","price":null}]},{"title":"Size","values":[{"sku":"M","price":2.25},{"sku":"S","price":1.5}]}]}"#,
                r#"{"id":2,"choices":[{"title":"Size","values":[]}]}"#,
                r#"{"id":3,"choices":[]}"#,
                r#"{"id":4,"choices":[]}"#,
            ],
        )
        .fields(
            "an_object_of_the_row",
            "size = { when = \"width is not null\", fields = { width = \"width\", height = \"height\" } }",
            &[
                r#"{"id":1,"size":{"width":10,"height":20}}"#,
                r#"{"id":2,"size":null}"#,
                r#"{"id":3,"size":{"width":3,"height":null}}"#,
                r#"{"id":4,"size":{"width":4,"height":4}}"#,
            ],
        )
        .holds();
}

#[test]
fn joins_of_every_kind() {
    let join = |join: &str, fields: &str| format!("{ENTITY}join = [{join}]\n[fields]\n{fields}\n");
    Agreement::over(SHOP)
        .case(
            "inner_join",
            &join("{ table = \"brand\", on = { id = \"brand_id\" } }", "id = \"id\"\nbrand = \"brand.name\""),
            &[r#"{"id":1,"brand":"Acme"}"#, r#"{"id":2,"brand":"Öko"}"#],
        )
        .case(
            "optional_join",
            &join("{ table = \"brand\", optional = true, on = { id = \"brand_id\" }, where_sql = \"brand.country = 'de'\" }", "id = \"id\"\nbrand = { column = \"brand.name\", default = \"none\" }"),
            &[
                r#"{"id":1,"brand":"none"}"#,
                r#"{"id":2,"brand":"Öko"}"#,
                r#"{"id":3,"brand":"none"}"#,
                r#"{"id":4,"brand":"none"}"#,
            ],
        )
        .case(
            "cross_join",
            &join("{ table = \"lang\", where_sql = \"lang.active = 1\" }, { table = \"title\", optional = true, on = { thing_id = \"thing.id\", lang = \"lang.code\" } }", "id = { template = \"{thing.sku}-{lang.code}\" }\nwords = \"title.words\""),
            &[
                r#"{"id":"A-de","words":"Amboss"}"#,
                r#"{"id":"A-en","words":"Anvil"}"#,
                r#"{"id":"B-de","words":null}"#,
                r#"{"id":"B-en","words":"Bolt"}"#,
                r#"{"id":"C-de","words":null}"#,
                r#"{"id":"C-en","words":null}"#,
                r#"{"id":"D-de","words":null}"#,
                r#"{"id":"D-en","words":null}"#,
            ],
        )
        .case(
            "literals_in_on",
            &join("{ table = \"lang\", on = { code = { value = \"en\" }, active = 1 } }, { table = \"title\", on = { thing_id = \"thing.id\", lang = \"lang.code\" } }", "id = \"id\"\nwords = \"title.words\""),
            &[r#"{"id":1,"words":"Anvil"}"#, r#"{"id":2,"words":"Bolt"}"#],
        )
        .case(
            "where_sql_of_the_entity",
            "[entity]\ntable = \"thing\"\nkey = \"id\"\nwhere_sql = \"thing.status <> 'draft' -- no drafts\"\n[fields]\nid = \"id\"\n",
            &[r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":4}"#],
        )
        .fields(
            "link_table",
            "[fields.categories]\nmany = \"category_thing\"\non = { thing_id = \"id\" }\njoin = [{ table = \"category\", on = { id = \"category_id\" } }]\norder_by = [\"place\", \"-category.path\"]\nvalue = \"category.path\"",
            &[
                r#"{"id":1,"categories":["toys","home/garden","home"]}"#,
                r#"{"id":2,"categories":["toys"]}"#,
                r#"{"id":3,"categories":[]}"#,
                r#"{"id":4,"categories":["home/garden"]}"#,
            ],
        )
        .fields(
            "a_table_twice",
            "[fields.categories]\nmany = \"category_thing\"\non = { thing_id = \"id\" }\njoin = [{ table = \"category\", on = { id = \"category_id\" } }, { table = \"category\", as = \"up\", optional = true, on = { id = \"category.parent_id\" } }]\nfields = { path = \"category.path\", up = \"up.path\" }",
            &[
                r#"{"id":1,"categories":[{"path":"home","up":null},{"path":"home/garden","up":"home"},{"path":"toys","up":null}]}"#,
                r#"{"id":2,"categories":[{"path":"toys","up":null}]}"#,
                r#"{"id":3,"categories":[]}"#,
                r#"{"id":4,"categories":[{"path":"home/garden","up":"home"}]}"#,
            ],
        )
        .fields(
            "composite_keys",
            "[fields.langs]\nmany = \"lang\"\non = { active = 1 }\norder_by = [\"-code\"]\nfields.code = \"code\"\nfields.words = { one = \"title\", on = { thing_id = \"thing.id\", lang = \"lang.code\" }, value = \"words\" }",
            &[
                r#"{"id":1,"langs":[{"code":"en","words":"Anvil"},{"code":"de","words":"Amboss"}]}"#,
                r#"{"id":2,"langs":[{"code":"en","words":"Bolt"},{"code":"de","words":null}]}"#,
                r#"{"id":3,"langs":[{"code":"en","words":null},{"code":"de","words":null}]}"#,
                r#"{"id":4,"langs":[{"code":"en","words":null},{"code":"de","words":null}]}"#,
            ],
        )
        .holds();
}

#[test]
fn queries_where_a_table_may_stand() {
    Agreement::over(SHOP)
        .fields(
            "counts_and_sums",
            "[fields.rating]\none = { sql = \"SELECT thing_id, COUNT(*) AS reviews, SUM(stars) AS stars, AVG(stars) AS mean, MAX(day) AS newest FROM review WHERE thing_id IN (:keys) GROUP BY thing_id\" }\non = { thing_id = \"id\" }\nfields = { reviews = \"reviews\", stars = { column = \"stars\", type = \"integer\" }, mean = { column = \"mean\", type = \"decimal\", round = 2 }, newest = { column = \"newest\", type = \"date\" } }",
            &[
                r#"{"id":1,"rating":{"reviews":3,"stars":12,"mean":4,"newest":"2026-11-21"}}"#,
                r#"{"id":2,"rating":{"reviews":1,"stars":1,"mean":1,"newest":"2026-01-01"}}"#,
                r#"{"id":3,"rating":null}"#,
                r#"{"id":4,"rating":null}"#,
            ],
        )
        .fields(
            "many_rows_of_a_query",
            "[fields.votes]\nmany = { sql = \"SELECT thing_id, stars * 10 AS points FROM review WHERE thing_id IN (:keys) AND day <= :today\" }\non = { thing_id = \"id\" }\norder_by = [\"points\"]\nvalue = \"points\"",
            &[r#"{"id":1,"votes":[40,50]}"#, r#"{"id":2,"votes":[10]}"#, r#"{"id":3,"votes":[]}"#, r#"{"id":4,"votes":[]}"#],
        )
        .fields(
            "a_query_without_keys",
            "[fields.codes]\nmany = { sql = \"SELECT code, active FROM lang\" }\non = { active = 1 }\norder_by = [\"code\"]\nvalue = \"code\"",
            &[
                r#"{"id":1,"codes":["de","en"]}"#,
                r#"{"id":2,"codes":["de","en"]}"#,
                r#"{"id":3,"codes":["de","en"]}"#,
                r#"{"id":4,"codes":["de","en"]}"#,
            ],
        )
        .fields(
            "today_in_where_sql",
            "[fields.reviews]\nmany = \"review\"\non = { thing_id = \"id\" }\nwhere_sql = \"day <= :today\"\nvalue = \"id\"",
            &[r#"{"id":1,"reviews":[1,2]}"#, r#"{"id":2,"reviews":[4]}"#, r#"{"id":3,"reviews":[]}"#, r#"{"id":4,"reviews":[]}"#],
        )
        .fields(
            "a_query_in_a_nested_level",
            "[fields.choices]\nmany = \"choice\"\non = { thing_id = \"id\" }\nfields.title = \"title\"\nfields.skus = { many = { sql = \"SELECT choice_id, sku FROM choice_value WHERE choice_id IN (:keys)\" }, on = { choice_id = \"id\" }, order_by = [\"sku\"], value = \"sku\" }",
            &[
                r#"{"id":1,"choices":[{"title":"Size","skus":["M","S"]},{"title":"Colour","skus":["red"]}]}"#,
                r#"{"id":2,"choices":[{"title":"Size","skus":[]}]}"#,
                r#"{"id":3,"choices":[]}"#,
                r#"{"id":4,"choices":[]}"#,
            ],
        )
        .fields(
            "a_query_with_everything_awkward_in_it",
            "[fields.odd]\none = { sql = \"\"\"\nSELECT thing_id, 'a ''quoted'' :keys ? $1 text' AS words, -- :today\n  /* :keys ? */ 5 AS \"Mixed Name\"\nFROM review WHERE thing_id IN (:keys) AND stars = 5\n\"\"\" }\non = { thing_id = \"id\" }\nfields = { words = \"words\", mixed = \"Mixed Name\" }",
            &[
                r#"{"id":1,"odd":{"words":"a 'quoted' :keys ? $1 text","mixed":5}}"#,
                r#"{"id":2,"odd":null}"#,
                r#"{"id":3,"odd":null}"#,
                r#"{"id":4,"odd":null}"#,
            ],
        )
        .holds();
}

#[test]
fn names_that_must_be_quoted_and_views() {
    let tables = format!(
        r#"{SHOP}
        CREATE TABLE "Order" ("Id" INTEGER PRIMARY KEY, "select" VARCHAR(20), "Größe m²" INTEGER, "a ""b"" `c`" INTEGER);
        INSERT INTO "Order" VALUES (1, 'x', 2, 3);
        CREATE TABLE "order line" ("Order" INTEGER, "key" INTEGER, "from" VARCHAR(20), PRIMARY KEY ("Order", "key"));
        INSERT INTO "order line" VALUES (1, 2, 'b'), (1, 1, 'a');
        CREATE VIEW "Order View" AS SELECT "Id" AS "ID", "select" AS "Select" FROM "Order";"#
    );
    let quoted = r#"[entity]
table = "Order"
key = "Id"
[fields]
id = "Id"
select = "Order.select"
size = "Größe m²"
abc = 'a "b" `c`'
lines = { many = "order line", on = { Order = "Id" }, value = "from" }
"#;
    Agreement::over(&tables)
        .case("quoted", quoted, &[r#"{"id":1,"select":"x","size":2,"abc":3,"lines":["a","b"]}"#])
        .case(
            "view_with_quoted_names",
            "[entity]\ntable = \"Order View\"\nkey = \"ID\"\n[fields]\nid = \"ID\"\nselect = \"Select\"\n",
            &[r#"{"id":1,"select":"x"}"#],
        )
        .case(
            "view_as_entity_and_relation",
            "[entity]\ntable = \"living\"\nkey = \"id\"\n[fields]\nid = \"id\"\nsku = \"sku\"\nsame = { many = \"living\", as = \"other\", on = { brand_id = \"living.brand_id\" }, order_by = [\"sku\"], value = \"sku\" }",
            &[r#"{"id":1,"sku":"A","same":["A"]}"#, r#"{"id":2,"sku":"B","same":["B"]}"#, r#"{"id":4,"sku":"D","same":["D"]}"#],
        )
        .holds();
}
