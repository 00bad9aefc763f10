-- The demo shop: what a small shop's database looks like. feedmill only reads it.

CREATE TABLE website (
    id   INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE store_view (
    id         INTEGER PRIMARY KEY,
    website_id INTEGER NOT NULL REFERENCES website (id),
    code       TEXT NOT NULL UNIQUE,
    locale     TEXT NOT NULL,
    currency   TEXT NOT NULL,
    base_url   TEXT NOT NULL,
    active     BOOLEAN NOT NULL
);

CREATE TABLE tax_class (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    rate DECIMAL(5, 2) NOT NULL
);

CREATE TABLE brand (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    country_code TEXT NOT NULL
);

CREATE TABLE category (
    id        INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES category (id),
    name      TEXT NOT NULL,
    path      TEXT NOT NULL UNIQUE,
    position  INTEGER NOT NULL
);

CREATE TABLE product (
    id           INTEGER PRIMARY KEY,
    sku          TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    short_name   TEXT,
    url_key      TEXT NOT NULL,
    brand_id     INTEGER REFERENCES brand (id),
    tax_class_id INTEGER REFERENCES tax_class (id),
    price        DECIMAL(10, 2) NOT NULL,
    weight       DECIMAL(8, 3),
    width        INTEGER,
    height       INTEGER,
    status       TEXT NOT NULL,
    visibility   INTEGER NOT NULL,
    extra        JSON,
    created_at   DATETIME NOT NULL,
    updated_at   DATETIME NOT NULL
);
CREATE INDEX product_brand ON product (brand_id);

CREATE TABLE product_website (
    product_id INTEGER NOT NULL REFERENCES product (id),
    website_id INTEGER NOT NULL REFERENCES website (id),
    PRIMARY KEY (product_id, website_id)
);

CREATE TABLE category_product (
    category_id INTEGER NOT NULL REFERENCES category (id),
    product_id  INTEGER NOT NULL REFERENCES product (id),
    position    INTEGER NOT NULL,
    PRIMARY KEY (product_id, category_id)
);
CREATE INDEX category_product_category ON category_product (category_id);

CREATE TABLE product_image (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product (id),
    path       TEXT NOT NULL,
    label      TEXT NOT NULL,
    position   INTEGER NOT NULL,
    disabled   BOOLEAN NOT NULL
);
CREATE INDEX product_image_product ON product_image (product_id);

CREATE TABLE product_option (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product (id),
    title      TEXT NOT NULL,
    sort_order INTEGER NOT NULL
);
CREATE INDEX product_option_product ON product_option (product_id);

CREATE TABLE product_option_value (
    id         INTEGER PRIMARY KEY,
    option_id  INTEGER NOT NULL REFERENCES product_option (id),
    sku        TEXT NOT NULL,
    title      TEXT NOT NULL,
    price      DECIMAL(10, 2) NOT NULL,
    sort_order INTEGER NOT NULL
);
CREATE INDEX product_option_value_option ON product_option_value (option_id);

CREATE TABLE stock_item (
    product_id INTEGER NOT NULL REFERENCES product (id),
    warehouse  TEXT NOT NULL,
    quantity   INTEGER NOT NULL,
    PRIMARY KEY (product_id, warehouse)
);

CREATE TABLE review (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product (id),
    stars      INTEGER NOT NULL,
    written_at DATETIME NOT NULL
);
CREATE INDEX review_product ON review (product_id);
