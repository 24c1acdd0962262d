"""What one process and two at once get done, and what a store costs a host.

``python -m benchmarks.clusters.processes STORE TEXTS VOCABULARY`` prints as JSON the seconds of each output,
with one process and with two, turn by turn, and those to copy and to open the store.
"""

import json
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc

import glovefast
from benchmarks.clusters.texts import SPLITTING, read_batches
from glovefast.batches import TextColumn

BATCHES = 50
TURNS = 5
_OPENINGS = 100


def columns(store: Path, vocabulary: Path) -> dict[str, TextColumn]:
    return {
        "rows": TextColumn(store, "text", "rows", **SPLITTING),
        "vector": TextColumn(store, "text", "vector", **SPLITTING),
        "padded": TextColumn(None, "text", "padded", vocabulary=vocabulary, maxlen=56),
    }


def work(column: TextColumn, texts: Path, barrier, times) -> None:
    """Add the column to the batches again and again, whenever all processes are ready."""
    batches = read_batches(texts, BATCHES)
    column(batches[0])
    for _ in range(TURNS):
        barrier.wait()
        started, processor = time.perf_counter(), time.process_time()
        for batch in batches:
            column(batch)
        times.put((time.perf_counter() - started, time.process_time() - processor))


def turns(column: TextColumn, texts: Path, processes: int) -> Iterator[tuple[float, float]]:
    """Yield for each turn the seconds until all processes have done the work, and those of a processor."""
    context = multiprocessing.get_context("spawn")
    barrier, times = context.Barrier(processes + 1), context.SimpleQueue()
    arguments = (column, texts, barrier, times)
    started = [context.Process(target=work, args=arguments) for _ in range(processes)]
    for process in started:
        process.start()
    for _ in range(TURNS):
        barrier.wait()
        done = [times.get() for _ in started]
        yield max(seconds for seconds, _ in done), sum(processor for _, processor in done) / processes
    for process in started:
        process.join()


def costs(store: Path) -> dict[str, float]:
    """Time a copy of the store on the same disk, and its opening, with its files in the page cache."""
    with tempfile.TemporaryDirectory(dir=store.parent) as directory:
        started = time.perf_counter()
        shutil.copytree(store, Path(directory, "copy"))
        copied = time.perf_counter() - started
    opened = []
    for _ in range(_OPENINGS):
        started = time.perf_counter()
        glovefast.load(store)
        opened.append(time.perf_counter() - started)
    size = sum(path.stat().st_size for path in store.iterdir())
    return {"bytes": size, "copied": copied, "opened": statistics.median(opened)}


def main(store: str, texts: str, vocabulary: str) -> None:
    found = {"costs": costs(Path(store))}
    batches = read_batches(Path(texts), BATCHES)
    found["tokens"] = sum(
        pc.sum(pc.list_value_length(pc.split_pattern(b["text"], " "))).as_py() for b in batches
    )
    for name, column in columns(Path(store), Path(vocabulary)).items():
        found[name] = [list(turns(column, Path(texts), processes)) for processes in (1, 2)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
