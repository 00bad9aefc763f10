"""The synthetic shop of ../shared/bench in SQLite, PostgreSQL and MariaDB, and the engines' own limits on its documents."""

import os
import re
import shutil
import sqlite3
import subprocess
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

    def statement(self, sql):
        if self.kind == "postgres":
            port = self.bench.environment["PGPORT"]
            client = ["psql", "-qAtX", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", self.database, "-c"]
        else:
            client = ["mariadb", "-uroot", "-S", str(self.bench.work / "run/my.sock"), self.database, "-e"]
        subprocess.run([*client, sql], check=True, stdout=subprocess.DEVNULL)

    def change_one_percent(self, time):
        self.statement(f"UPDATE product SET weight = round(weight + 1, 3) WHERE id % 100 = {time % 100}")


class Servers:
    """PostgreSQL and MariaDB while a `with` block lasts, filled with one shop."""

    def __init__(self, bench, products):
        self.bench, self.products, self.database = bench, products, f"shop{products}"

    def __enter__(self):
        folder = self.bench.shop(self.products, "--tsv")
        # Its last step starts Redis, which nothing here needs; what is needed shows in the next command.
        script = str(self.bench.folder / "servers.sh")
        subprocess.run([script, "start"], env=self.bench.environment, stdout=subprocess.DEVNULL)
        self.bench.script("servers.sh", "load", folder, self.database)
        kinds = {"PostgreSQL": "postgres", "MariaDB": "mysql"}
        return {name: ServerShop(self.bench, self.products, kind, self.database) for name, kind in kinds.items()}

    def __exit__(self, *error):
        self.bench.script("servers.sh", "stop")
        for folder in ("pg", "my", "run"):
            shutil.rmtree(self.bench.work / folder, ignore_errors=True)

    def limits(self):
        """Seconds of the wire limit and of the server's own nested JSON, of each server."""
        wire = self.bench.script("limit_wire.sh", self.database, 1)
        nested = self.bench.script("limit_servers.sh", self.database, 1)
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
