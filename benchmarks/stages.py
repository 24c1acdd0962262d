"""Where the time of one conversion goes, stage by stage: ``python -m benchmarks.stages TEXT [--runs N]``.

A process of its own converts the text as the command does, with a clock around the parts that follow one
another; what runs inside them on several threads is one stage. Prints a table with the medians and ranges,
after one run that does not count. No contender is timed this way: the wrapped parts are our own.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES = (
    "Python starts",
    "the command is imported",
    "NumPy, pyarrow and the library are imported",
    "the kernels are loaded",
    "rows are read, parsed and written",
    "the index is built",
    "the store is published",
    "the process ends",
)


_INSIDE = "from benchmarks import stages; stages.inside()"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--words", type=Path, help="convert only the words of this list")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        runs = [
            run_once(arguments.text, Path(directory, "text.glovefast"), arguments.words)
            for _ in range(arguments.runs + 1)
        ][1:]
    print(table(runs))


def run_once(text: Path, store: Path, words: Path | None = None) -> dict[str, float]:
    """Convert once; the seconds of each stage."""
    shutil.rmtree(store, ignore_errors=True)
    options = ["--words", str(words)] if words else []
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    done = subprocess.run(
        [sys.executable, "-c", _INSIDE, "convert", str(text), "-o", str(store), "--quiet", *options],
        capture_output=True,
        text=True,
        check=True,
    )
    end = time.clock_gettime(time.CLOCK_MONOTONIC)
    marks = json.loads(done.stderr.splitlines()[-1])
    # What is measured inside another stage is taken off it.
    marks["rows are read, parsed and written"] -= marks["the kernels are loaded"]
    marks["the index is built"] -= marks["the store is published"]
    seconds = {stage: marks[stage] for stage in STAGES[1:-1]}
    return {STAGES[0]: marks["begun"] - start, **seconds, STAGES[-1]: end - marks["ended"]}


def inside() -> None:
    """Convert in this process, and write the stages' seconds to standard error as JSON."""
    marks = {"begun": time.clock_gettime(time.CLOCK_MONOTONIC)}

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*values, **named)
            finally:
                marks[stage] = marks.get(stage, 0) + time.perf_counter() - begun

        return call

    def import_command() -> Any:
        from glovefast import __main__, cli
        from glovefast.cli import running  # noqa: F401 - `main` would import it later

        return cli.main, __main__.leave

    def import_library() -> None:
        from glovefast.conversion import pipeline as conversion
        from glovefast.parser import blocks as parser
        from glovefast.store import writing as store

        for stage, owner, name in (
            ("the kernels are loaded", parser, "load_kernels"),
            ("rows are read, parsed and written", conversion.Conversion, "_parse_all"),
            ("the index is built", conversion.Conversion, "_publish"),
            ("the store is published", store.StoreWriter, "publish"),
        ):
            setattr(owner, name, timed(stage, getattr(owner, name)))

    main, leave = timed("the command is imported", import_command)()
    timed("NumPy, pyarrow and the library are imported", import_library)()
    code = main(sys.argv[1:])
    marks["ended"] = time.clock_gettime(time.CLOCK_MONOTONIC)
    print(json.dumps(marks), file=sys.stderr)
    leave(code)


def table(runs: list[dict[str, float]]) -> str:
    """Render the runs as Markdown."""
    lines = ["| stage | median | range |", "| --- | ---: | ---: |"]
    totals = [sum(run.values()) for run in runs]
    for stage, seconds in [(stage, [run[stage] for run in runs]) for stage in STAGES] + [("all", totals)]:
        milliseconds = [1000 * each for each in (statistics.median(seconds), min(seconds), max(seconds))]
        lines.append("| {} | {:.0f} ms | {:.0f} to {:.0f} ms |".format(stage, *milliseconds))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
