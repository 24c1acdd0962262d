"""Kill conversions and look at what they leave behind; the tests run this as a command of its own.

    python -m tests.robustness.killing DIRECTORY --random 300 --seed 12    # at random moments
    python -m tests.robustness.killing DIRECTORY --rows 2000               # at every call that touches a file
    python -m tests.robustness.killing DIRECTORY --rows 2000 --interrupt   # Ctrl-C instead of a kill

It creates the directory, which must be empty, and prints as JSON what was there after the kills. It fails
at the first store that is neither the old one nor the new one, or that the next run does not clean up.

The parent loads everything once and forks for every run, so that a run takes some milliseconds and a killed
one affects no other.
"""

import argparse
import json
import mmap
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import glovefast
from glovefast.errors import StoreError
from glovefast.kernels.load import load_kernels
from glovefast.parser import chunks
from glovefast.store import atomic, remains
from tests.helpers.files import names

NAME = "made.glovefast"
INTERRUPTED = 130
FILES = ("index.arrow", "metadata.json", "vectors.npy", "vocabulary.arrow")
# What Python tells its audit hooks of: https://docs.python.org/3/library/audit_events.html
ON_DISK = ("open", "os.", "shutil.", "tempfile.")


class Runs:
    """Conversions of two texts into one store, in a directory of their own."""

    def __init__(self, directory: Path, rows: int, bad_rows: bool) -> None:
        self.directory = directory
        self.store = directory / NAME
        self.whole: dict[str, list[bytes]] = {}
        for name in ("old", "new"):
            text = b"".join(b"%s%d %d.25 -%d\n" % (name.encode(), row, row, row) for row in range(rows))
            (directory / f"{name}.txt").write_bytes(text + (b"bad\n" if bad_rows else b""))
            finish(self.start(name))
            self.whole[name] = contents(self.store)
        assert self.whole["old"] != self.whole["new"]

    def start(self, name: str, prepare: Callable[[], None] = lambda: None) -> int:
        """Fork a process that converts one of the texts; give its id."""
        process = os.fork()
        if process:
            return process
        status = 1
        try:
            prepare()
            glovefast.convert(
                self.directory / f"{name}.txt", self.store, overwrite=True, threads=2, on_bad_row="skip"
            )
            status = 0
        except KeyboardInterrupt:
            status = INTERRUPTED
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def clear(self) -> None:
        """Begin anew, as where there was no store yet."""
        shutil.rmtree(self.store)

    def check_killed(self, possible: set[str | None]) -> str | None:
        """Look at what a killed run left; say which store is there, None for none."""
        found = None
        if self.store.exists():
            there = contents(self.store)
            found = next((name for name, whole in self.whole.items() if whole == there), "half")
            assert len(glovefast.load(self.store)) == len(glovefast.load(self.store).words)
        assert found in possible, f"{found} store where {possible} may be"
        for path in self.directory.glob(".*"):  # what opens is whole
            try:
                glovefast.load(path)
            except StoreError:
                continue
            assert contents(path) in self.whole.values(), path
        return found

    def check_finished(self, name: str) -> None:
        """Look at what a run left that was not killed, after one that was."""
        assert contents(self.store) == self.whole[name]
        assert names(self.directory) == sorted([NAME, "new.txt", "old.txt"])


def contents(store: Path) -> list[bytes]:
    """Read a store's files through: there are these and no others."""
    assert [name for name in names(store) if name != "bad_rows.jsonl"] == list(FILES)
    return [(store / name).read_bytes() for name in names(store)]


def finish(process: int) -> None:
    _, status = os.waitpid(process, 0)
    assert status == 0, f"a run that was not killed ended with status {status}"


def killed_after(seconds: float, process: int) -> bool:
    """Kill a process after some time; false if it was faster."""
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1] == signal.SIGKILL


def stop_at(event: int, number: signal.Signals, sent: mmap.mmap | None = None) -> Callable[[], None]:
    """Make a process send itself a signal at its n-th call that has to do with files.

    `sent` is set to 1 if it does.
    """

    def prepare() -> None:
        count = 0

        def hook(name: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if name.startswith(ON_DISK) and name != "os.kill":
                count += 1  # first, since an interrupt ends this function
                if count == event + 1:
                    if sent:
                        sent[0] = 1
                    os.kill(os.getpid(), number)

        sys.addaudithook(hook)

    return prepare


def kill_at_random(runs: Runs, times: int, seed: int) -> dict[str, int]:
    """Kill runs at random moments; count what was there afterwards."""
    generator = random.Random(seed)
    counts = {"killed": 0}
    first = False
    while counts["killed"] < times:
        started = time.perf_counter()
        finish(runs.start("old"))
        seconds = time.perf_counter() - started  # of this very moment: other work may share the machine
        runs.check_finished("old")
        if first:
            runs.clear()
        killed = killed_after(generator.uniform(0, seconds), runs.start("new"))
        there = runs.check_killed({None, "new"} if first else {"old", "new"})
        left = len(list(runs.directory.glob(".*.partial")))
        for key in ("killed" if killed else "finished", f"{there} store", f"{left} left behind"):
            counts[key] = counts.get(key, 0) + 1
        first = not first
    finish(runs.start("old"))
    runs.check_finished("old")
    return counts


def kill_at_every_call(runs: Runs, replaced: bool, exchange: bool) -> dict[str, int]:
    """Kill runs at each of their calls that have to do with files, one after the other."""
    if not exchange:  # as on a system that cannot exchange two names in one step
        atomic.exchange = lambda one, other: False
    counts: dict[str, int] = {}
    event = 0
    while True:
        if not replaced:
            runs.clear()
        process = runs.start("new", stop_at(event, signal.SIGKILL))
        if os.waitpid(process, 0)[1] != signal.SIGKILL:
            break
        possible = {"old" if replaced else None, "new"}
        # Without the exchange there is an instant without a store; the next run finds the old one again.
        there = runs.check_killed(possible if exchange else possible | {None})
        if replaced and there is None:
            remains.clear_remains(runs.store)
            runs.check_killed({"old"})
        key = f"{there} store"
        counts[key] = counts.get(key, 0) + 1
        finish(runs.start("old"))
        runs.check_finished("old")
        event += 1
    runs.check_killed({"new"})
    return counts


def interrupt_at_every_call(runs: Runs) -> dict[str, int]:
    """Interrupt runs, as Ctrl-C does, at each of their calls: they clean up themselves.

    One that is interrupted once the new store is in its place has succeeded.
    """
    counts: dict[str, int] = {}
    event = 0
    sent = mmap.mmap(-1, 1)  # shared with the processes that are forked
    finish(runs.start("old"))
    while True:
        sent[0] = 0
        status = os.waitpid(runs.start("new", stop_at(event, signal.SIGINT, sent)), 0)[1]
        if not sent[0]:
            break
        there = runs.check_killed({"old", "new"})
        assert os.waitstatus_to_exitcode(status) == (0 if there == "new" else INTERRUPTED), (
            event,
            there,
            status,
        )
        key = f"{there} store"
        counts[key] = counts.get(key, 0) + 1
        left = [path.name for path in runs.directory.glob(".*")]
        assert left == [], f"{left} after an interrupt at call {event}"
        finish(runs.start("old"))
        event += 1
    return counts


def main() -> None:
    """Kill runs as the arguments say, and print what was there afterwards."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("directory", type=Path)
    arguments.add_argument("--random", type=int, metavar="TIMES", help="kill this many, at random moments")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--first", action="store_true", help="with no store there before")
    arguments.add_argument("--no-exchange", action="store_true")
    arguments.add_argument("--bad-rows", action="store_true")
    arguments.add_argument("--interrupt", action="store_true", help="as Ctrl-C does")
    chosen = arguments.parse_args()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    load_kernels("find_separators", "parse_rows")
    if chosen.random is None:
        chunks.CHUNK_BYTES = 10_000
    runs = Runs(chosen.directory, chosen.rows, chosen.bad_rows)
    if chosen.interrupt:
        counts = interrupt_at_every_call(runs)
    elif chosen.random is None:
        counts = kill_at_every_call(runs, not chosen.first, not chosen.no_exchange)
    else:
        counts = kill_at_random(runs, chosen.random, chosen.seed)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
