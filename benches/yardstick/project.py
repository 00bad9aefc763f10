"""A feedmill project over a shop, and its runs; each run says what it must have done."""

import json
import subprocess
from pathlib import Path

import process

FEEDS = Path(__file__).resolve().parent / "feeds"


class Receiver:
    """The consumer, in a process of its own, while a `with` block lasts."""

    def __init__(self, program, delay_ms=0):
        self.command = [str(program), str(delay_ms)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


class Project:
    def __init__(self, folder, program, shop, receiver, batch_size=100, feed="products", feeds=FEEDS):
        """`receiver` is a URL, or None for a file."""
        self.folder, self.program, self.shop, self.feed = Path(folder), str(program), shop, feed
        self.folder.mkdir(parents=True, exist_ok=True)
        self.forget()
        target = f'url = "{receiver}"' if receiver else 'format = "file"\npath = "out"'
        (self.folder / "feedmill.toml").write_text(
            f'feeds_dir = "{feeds}"\n[source]\nurl = "{shop.url}"\n[defaults]\nbatch_size = {batch_size}\n'
            f"[consumers.receiver]\n{target}\n"
        )

    def forget(self):
        """Nothing was ever sent."""
        for file in self.folder.glob("feedmill.db*"):
            file.unlink()

    def command(self, *arguments):
        return process.run([self.program, *arguments, "--config", str(self.folder / "feedmill.toml"), "--output", "json"])

    def reindex(self, threads, *arguments, **expected):
        """A run whose counters must be as expected."""
        sample = self.command("reindex", self.feed, "--no-progress", "--thread-count", str(threads), *arguments)
        summary = json.loads(sample.output)
        for counter, value in {"outcome": "complete", **expected}.items():
            if summary[counter] != value:
                raise SystemExit(f"{self.folder}: {counter} is {summary[counter]}, not {value}: {sample.output}")
        return sample

    def everything_new(self, threads):
        self.forget()
        return self.reindex(threads, exported=self.shop.products)

    def nothing_changed(self, threads):
        return self.reindex(threads, unchanged=self.shop.products)

    def one_percent_changed(self, threads, time):
        self.shop.change_one_percent(time)
        return self.reindex(threads, exported=self.shop.products // 100)

    def partial(self, ids):
        return self.reindex(1, "--ids", ",".join(map(str, ids)), unchanged=len(ids))

    def documents(self):
        """Those of a consumer that is a file."""
        with open(self.folder / "out" / f"{self.feed}.ndjson", encoding="utf-8") as lines:
            yield from lines
