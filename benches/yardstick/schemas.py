"""Shops of other shapes than the yardstick's own: relations within relations by text keys, and wide rows.

Each has its feed in `schemas/NAME`, and the SQL by which the sqlite3 program makes the same documents as nested JSON. That of
relations is put into PostgreSQL and MariaDB too.
"""

import random
import re
import sqlite3
from pathlib import Path

import process
from shop import ServerShop

FEEDS = Path(__file__).resolve().parent / "schemas"


class Deep:
    """Customers, their orders, their lines, the options of each, and the product of a line: all keys are texts."""

    name, feed, key = "deep", "customers", "code"
    nested = """
        SELECT json_object('code', c.code, 'name', c.name, 'email', c.email, 'created_at', c.created_at,
          'region', (SELECT json_object('code', r.code, 'name', r.name) FROM region r WHERE r.code = c.region_code),
          'orders', (SELECT json_group_array(json_object(
              'number', o.number, 'status', o.status, 'total', o.total, 'placed_at', o.placed_at,
              'lines', (SELECT json_group_array(json_object('id', l.id, 'quantity', l.quantity, 'price', l.price, 'sku', l.sku,
                  'product', (SELECT json_object('name', p.name, 'weight', p.weight) FROM product p WHERE p.sku = l.sku),
                  'options', (SELECT json_group_array(json_object('name', x.name, 'value', x.value))
                              FROM line_option x WHERE x.line_id = l.id)))
                FROM order_line l WHERE l.order_number = o.number)))
            FROM customer_order o WHERE o.customer_code = c.code))
        FROM customer c ORDER BY c.code;
    """

    # All tables, as a server streams them in the order of the customers.
    streamed = [
        "SELECT * FROM customer ORDER BY code",
        "SELECT * FROM region",
        "SELECT * FROM product",
        "SELECT * FROM customer_order ORDER BY customer_code",
        "SELECT l.* FROM customer_order o JOIN order_line l ON l.order_number = o.number ORDER BY o.customer_code",
        """SELECT x.* FROM customer_order o JOIN order_line l ON l.order_number = o.number
           JOIN line_option x ON x.line_id = l.id ORDER BY o.customer_code""",
    ]
    tables = """
        CREATE TABLE region (code TEXT PRIMARY KEY, name TEXT);
        CREATE TABLE product (sku TEXT PRIMARY KEY, name TEXT, weight DECIMAL(10, 3));
        CREATE TABLE customer (code TEXT PRIMARY KEY, name TEXT, email TEXT, region_code TEXT, created_at DATETIME);
        CREATE TABLE customer_order (number TEXT PRIMARY KEY, customer_code TEXT, status TEXT, total DECIMAL(12, 4),
            placed_at DATETIME);
        CREATE TABLE order_line (id TEXT PRIMARY KEY, order_number TEXT, sku TEXT, quantity INTEGER, price DECIMAL(12, 4));
        CREATE TABLE line_option (id INTEGER PRIMARY KEY, line_id TEXT, name TEXT, value TEXT);
    """
    indexes = """
        CREATE INDEX order_customer ON customer_order (customer_code);
        CREATE INDEX line_order ON order_line (order_number);
        CREATE INDEX option_line ON line_option (line_id);
    """

    @classmethod
    def fill(cls, shop, customers, pick):
        shop.executescript(cls.tables)
        products = max(customers // 2, 1)
        insert(shop, "region", ((f"R{i:03}", word(pick, 10)) for i in range(50)))
        insert(shop, "product", ((f"SKU-{i:06}", word(pick, 20), round(pick.random() * 10, 3)) for i in range(products)))
        orders, lines, options = [], [], []
        for i in range(customers):
            code = f"C{i:07}"
            insert(shop, "customer", [(code, word(pick, 12), f"{word(pick, 8)}@example.com", f"R{pick.randrange(50):03}",
                                       f"2024-01-{1 + i % 28:02} 10:00:00")])
            for _ in range(pick.randrange(7)):
                number = f"O-{len(orders):09}"
                orders.append((number, code, pick.choice(["new", "paid", "sent"]), round(pick.random() * 500, 2),
                               f"2025-03-{1 + i % 28:02} 11:22:33"))
                for _ in range(1 + pick.randrange(5)):
                    line = f"L-{len(lines):010}"
                    lines.append((line, number, f"SKU-{pick.randrange(products):06}", 1 + pick.randrange(5),
                                  round(pick.random() * 100, 2)))
                    for _ in range(pick.randrange(3)):
                        options.append((len(options), line, pick.choice(["size", "colour"]), word(pick, 6)))
        insert(shop, "customer_order", orders)
        insert(shop, "order_line", lines)
        insert(shop, "line_option", options)
        shop.executescript(cls.indexes)


class Wide:
    """Articles of 55 columns beside their key, a text, and a few barcodes each."""

    name, feed, key = "wide", "articles", "code"
    columns = ([f"text{i}" for i in range(15)] + [f"int{i}" for i in range(15)] + [f"decimal{i}" for i in range(15)]
               + [f"flag{i}" for i in range(5)] + [f"moment{i}" for i in range(5)])
    types = {"text": "TEXT", "int": "INTEGER", "decimal": "DECIMAL(12, 4)", "flag": "BOOLEAN", "moment": "DATETIME"}
    nested = f"""
        SELECT json_object('code', a.code, {", ".join(f"'{column}', a.{column}" for column in columns)},
          'barcodes', (SELECT json_group_array(json_object('ean', b.ean, 'kind', b.kind))
                       FROM barcode b WHERE b.article_code = a.code))
        FROM article a ORDER BY a.code;
    """

    @classmethod
    def fill(cls, shop, articles, pick):
        of = lambda column: column.rstrip("0123456789")
        declared = ", ".join(f"{column} {cls.types[of(column)]}" for column in cls.columns)
        shop.executescript(f"""
            CREATE TABLE article (code TEXT PRIMARY KEY, {declared});
            CREATE TABLE barcode (id INTEGER PRIMARY KEY, article_code TEXT, ean TEXT, kind TEXT);
        """)
        values = {
            "text": lambda: word(pick, pick.randrange(5, 40)),
            "int": lambda: pick.randrange(100_000),
            "decimal": lambda: round(pick.random() * 1000, 2),
            "flag": lambda: pick.randrange(2),
            "moment": lambda: f"2025-{1 + pick.randrange(12):02}-{1 + pick.randrange(28):02} 08:{pick.randrange(60):02}:00",
        }
        value = lambda column: None if pick.random() < 0.1 else values[of(column)]()
        codes = [f"ART-{i:07}" for i in range(articles)]
        insert(shop, "article", ((code, *map(value, cls.columns)) for code in codes))
        barcodes = ((code, str(pick.randrange(10**13)), pick.choice(["ean", "upc"]))
                    for code in codes for _ in range(pick.randrange(4)))
        insert(shop, "barcode", ((i, *barcode) for i, barcode in enumerate(barcodes)))
        shop.executescript("CREATE INDEX barcode_article ON barcode (article_code);")


class SchemaShop:
    """A shop of one of these shapes, made when it is not there yet."""

    def __init__(self, bench, schema, entities):
        self.schema, self.products = schema, entities
        self.file = bench.work / f"{schema.name}{entities}.sqlite"
        self.url = f"sqlite:{self.file}"
        if not self.file.exists():
            unfinished = self.file.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            shop = sqlite3.connect(unfinished)
            schema.fill(shop, entities, random.Random(7))
            shop.execute("ANALYZE")
            shop.commit()
            shop.close()
            unfinished.rename(self.file)
        self.nested_sql = bench.work / f"{schema.name}.sql"
        self.nested_sql.write_text(schema.nested)

    def nested(self, keep=False):
        command = ["sqlite3", "-readonly", "-cmd", "PRAGMA cache_size=-65536", str(self.file)]
        with open(self.nested_sql) as sql:
            return process.run(command, stdin=sql, discard=not keep)


class ServerSchemaShop:
    """Such a shop in PostgreSQL or MariaDB, which servers.sh has started: the rows of the SQLite file."""

    def __init__(self, bench, shop, kind):
        self.schema, self.products = shop.schema, shop.products
        self.server = ServerShop(bench, shop.products, kind, f"{shop.schema.name}{shop.products}")
        self.url = self.server.url
        types = {
            "postgres": {"DATETIME": "timestamp"},
            "mysql": {"TEXT": "varchar(64)", "DATETIME": "datetime"},
        }
        tables = re.sub(r"\b(TEXT|DATETIME)\b", lambda found: types[kind].get(found[0], found[0]), self.schema.tables)
        self.server.create()
        self.server.statement(tables)
        source = sqlite3.connect(f"file:{shop.file}?mode=ro", uri=True)
        names = re.findall(r"CREATE TABLE (\w+)", tables)
        for name in names:
            rows = bench.work / f"{name}.tsv"
            with open(rows, "w", encoding="utf-8") as lines:
                for row in source.execute(f"SELECT * FROM {name}"):
                    lines.write("\t".join("\\N" if value is None else str(value) for value in row) + "\n")
            self.server.copy(name, rows)
            rows.unlink()
        self.server.statement(self.schema.indexes)
        analyze = "VACUUM ANALYZE" if kind == "postgres" else f"ANALYZE TABLE {', '.join(names)}"
        self.server.statement(analyze)
        functions = {"postgres": ("json_build_object", "json_agg"), "mysql": ("json_object", "json_arrayagg")}[kind]
        nested = self.schema.nested.strip().rstrip(";")
        self.nested_sql = nested.replace("json_object", functions[0]).replace("json_group_array", functions[1])

    def nested(self):
        """Seconds of the server's own nested JSON; of PostgreSQL, with workers and without: the faster one."""
        return min(self.server.stream(self.nested_sql, workers) for workers in (0, 2))

    def wire(self):
        """Seconds of all tables as they are streamed to a client."""
        return sum(self.server.stream(sql) for sql in self.schema.streamed)


SCHEMAS = [Deep, Wide]


def word(pick, length):
    return "".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=length))


def insert(shop, table, rows):
    for row in rows:
        shop.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
