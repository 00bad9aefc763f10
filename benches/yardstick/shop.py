"""The synthetic shop of ../shared/bench in SQLite, PostgreSQL and MariaDB, and the engines' own limits on its documents."""

import os
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import process


class Bench:
    """The folder of the yardsticks, and a scratch folder for what they make."""

    def __init__(self, folder, work):
        self.folder, self.work = Path(folder).resolve(), Path(work).resolve()
        if not (self.folder / "gen_shop.py").is_file():
            raise SystemExit(f"yardstick: there is no gen_shop.py in {self.folder}; say --bench FOLDER")
        self.work.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "PGPORT": "55432",
            "MYPORT": "53306",
            "RDPORT": "56379",
            "SRVUSER": "bbsrv",
            **os.environ,
            "WORK": str(self.work),
        }

    def script(self, *command):
        """What one of its scripts prints."""
        command = [str(self.folder / command[0]), *map(str, command[1:])]
        done = subprocess.run(command, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def sql(self, *which):
        """The SQL that makes the documents."""
        command = ["python3", str(self.folder / "limit_sql.py"), *which]
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout

    def shop(self, products, *layout):
        """The folder of a shop of so many products, made when it is not there yet."""
        folder = self.work / "-".join([f"n{products}", *(word.strip("-") for word in layout)])
        if not (folder / "done").exists():
            made = ["python3", str(self.folder / "gen_shop.py"), str(products), str(folder), *layout]
            subprocess.run(made, check=True)
            (folder / "done").touch()
        return folder


class SqliteShop:
    def __init__(self, bench, products, *layout):
        self.products = products
        self.file = bench.shop(products, *layout) / "shop.sqlite"
        self.url = f"sqlite:{self.file}"
        self.nested_sql = bench.work / "nested.sql"
        self.nested_sql.write_text(bench.sql("sqlite", "nested"))

    def nested(self, keep=False):
        """The sqlite3 program making the nested JSON, as limit_sqlite.sh has it."""
        command = ["sqlite3", "-readonly", "-cmd", "PRAGMA cache_size=-65536", str(self.file)]
        with open(self.nested_sql) as sql:
            return process.run(command, stdin=sql, discard=not keep)

    def change_one_percent(self, time):
        shop = sqlite3.connect(self.file)
        with shop:
            shop.execute("UPDATE product SET weight = round(weight + 1, 3) WHERE id % 100 = ?", [time % 100])
        shop.close()


class ServerShop:
    """The shop in PostgreSQL or MariaDB, which servers.sh has started and filled."""

    def __init__(self, bench, products, kind, database):
        self.bench, self.products, self.kind, self.database = bench, products, kind, database
        port = bench.environment["PGPORT" if kind == "postgres" else "MYPORT"]
        user = "postgres" if kind == "postgres" else "root"
        self.url = f"{kind}://{user}@127.0.0.1:{port}/{database}"

    def client(self, database=None):
        """The command of the server's client."""
        database = database or self.database
        if self.kind == "postgres":
            return ["psql", "-qAtX", "-h", "127.0.0.1", "-p", self.bench.environment["PGPORT"], "-U", "postgres", "-d", database]
        return ["mariadb", "-uroot", "-S", str(self.bench.work / "run/my.sock"), "--local-infile=1", "--quick", "-N", database]

    def statement(self, sql, database=None):
        # Several statements of psql's -c are one transaction, in which there is no VACUUM.
        subprocess.run(self.client(database), input=sql, text=True, check=True, stdout=subprocess.DEVNULL)

    def create(self):
        """The database, empty."""
        administrative = "postgres" if self.kind == "postgres" else "mysql"
        charset = "" if self.kind == "postgres" else " CHARACTER SET utf8mb4"
        for sql in (f"DROP DATABASE IF EXISTS {self.database};", f"CREATE DATABASE {self.database}{charset};"):
            self.statement(sql, administrative)

    def copy(self, table, rows):
        """Fills a table from a file of lines with tabs."""
        load = f"\\copy {table} FROM '{rows}'" if self.kind == "postgres" else f"LOAD DATA LOCAL INFILE '{rows}' INTO TABLE {table};"
        self.statement(load)

    def stream(self, sql, workers=0):
        """Seconds until the client has read all of a query, as the scripts of the yardsticks have it. `workers` are
        PostgreSQL's."""
        if self.kind == "postgres":
            sql = f"\\copy ({' '.join(sql.split())}) TO '/dev/null'"
        environment = {**self.bench.environment, "PGOPTIONS": f"-c max_parallel_workers_per_gather={workers} -c jit=off"}
        started = time.monotonic()
        subprocess.run(self.client(), input=sql, text=True, check=True, env=environment, stdout=subprocess.DEVNULL)
        return time.monotonic() - started

    def change_one_percent(self, round):
        self.statement(f"UPDATE product SET weight = round(weight + 1, 3) WHERE id % 100 = {round % 100}")


class Servers:
    """PostgreSQL and MariaDB while a `with` block lasts, which gives their kinds by name."""

    KINDS = {"PostgreSQL": "postgres", "MariaDB": "mysql"}

    def __init__(self, bench):
        self.bench = bench

    def __enter__(self):
        # Its last step starts Redis, which nothing here needs; what is needed shows in the next command.
        script = str(self.bench.folder / "servers.sh")
        subprocess.run([script, "start"], env=self.bench.environment, stdout=subprocess.DEVNULL)
        return self.KINDS

    def filled(self, products):
        """The yardstick's shop in each."""
        database = f"shop{products}"
        self.bench.script("servers.sh", "load", self.bench.shop(products, "--tsv"), database)
        return {name: ServerShop(self.bench, products, kind, database) for name, kind in self.KINDS.items()}

    def __exit__(self, *error):
        self.bench.script("servers.sh", "stop")
        for folder in ("pg", "my", "run"):
            shutil.rmtree(self.bench.work / folder, ignore_errors=True)

    def limits(self, database):
        """Seconds of the wire limit and of the server's own nested JSON, of each server."""
        wire = self.bench.script("limit_wire.sh", database, 1)
        nested = self.bench.script("limit_servers.sh", database, 1)
        seconds = lambda pattern, text: [float(found) for found in re.findall(pattern, text)]
        return {
            "PostgreSQL": {
                "wire": seconds(r"pg copy ([\d.]+)", wire)[0],
                # With workers and without: the faster one.
                "nested": min(seconds(r"pg nested workers=\d+ n=\d+ wall=([\d.]+)", nested)),
            },
            "MariaDB": {
                "wire": seconds(r"mariadb quick ([\d.]+)", wire)[0],
                "nested": seconds(r"mariadb nested n=\d+ wall=([\d.]+)", nested)[0],
            },
        }
