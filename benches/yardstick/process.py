"""One process run to its end: how long it took, and how much memory was its own."""

import os
import subprocess
import threading
import time
from typing import NamedTuple

# A peak that lasts shorter is missed; reading more often would cost the measured process its core.
SAMPLE_SECONDS = 0.005


class Sample(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds of the process, user and system
    anonymous: float  # peak of RssAnon in MiB: heap and stacks, without pages of mapped files
    output: str


def run(command, stdin=None, discard=False):
    """Runs a command that must succeed. Its output is kept unless it is to be discarded."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.DEVNULL if discard else subprocess.PIPE, stderr=subprocess.PIPE
    )
    peak = []
    watcher = threading.Thread(target=watch_anonymous, args=(process.pid, peak))
    watcher.start()
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    output = b"" if discard else process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    reader.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{errors[0].decode()}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, max(peak, default=0) / 1024, output.decode())


def watch_anonymous(pid, peak):
    """Appends each new maximum of RssAnon, in KiB, until the process is gone."""
    highest = 0
    try:
        # Unbuffered: a buffer would give the first answer for ever.
        with open(f"/proc/{pid}/status", "rb", buffering=0) as status:
            while line := next((line for line in read_anew(status) if line.startswith(b"RssAnon:")), None):
                now = int(line.split()[1])
                if now > highest:
                    highest = now
                    peak.append(now)
                time.sleep(SAMPLE_SECONDS)
    except (FileNotFoundError, ProcessLookupError):
        return


def read_anew(file):
    file.seek(0)
    return file.read(1 << 16).splitlines()
