"""Where the time of one conversion goes, stage by stage: ``python -m benchmarks.stages TEXT [--runs N]``.

A new process converts the text as the command does, with a clock around the parts that follow one another;
what runs inside a part on several threads counts as one stage. The command prints medians and ranges,
after one run that does not count. Only our own parts are timed this way, never a contender.
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
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.results import markdown_table

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
# The functions whose time is that of a stage: module, class (if any) and name.
_TIMED = {
    STAGES[3]: ("glovefast.parser.blocks", "", "load_kernels"),
    STAGES[4]: ("glovefast.conversion.pipeline", "Conversion", "_parse_all"),
    STAGES[5]: ("glovefast.conversion.pipeline", "Conversion", "_read_all"),
    STAGES[6]: ("glovefast.store.writing", "StoreWriter", "publish"),
}
_INSIDE = "from benchmarks import stages; stages.inside()"


def run_once(text: Path, store: Path, words: Path | None = None) -> dict[str, float]:
    """Convert once; return the seconds of each stage."""
    shutil.rmtree(store, ignore_errors=True)
    options = ["--words", str(words)] if words else []
    command = [sys.executable, "-c", _INSIDE, "convert", str(text), "-o", str(store), "--quiet", *options]
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    end = time.clock_gettime(time.CLOCK_MONOTONIC)
    marks = json.loads(done.stderr.splitlines()[-1])
    # A stage that is measured inside another one is subtracted from it.
    marks[STAGES[5]] -= marks[STAGES[4]]
    marks[STAGES[4]] -= marks[STAGES[3]]
    inner = {stage: marks[stage] for stage in STAGES[1:-1]}
    return {STAGES[0]: marks["begun"] - start, **inner, STAGES[-1]: end - marks["ended"]}


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
        for stage, (module, owner, name) in _TIMED.items():
            home = getattr(import_module(module), owner) if owner else import_module(module)
            setattr(home, name, timed(stage, getattr(home, name)))

    main, leave = timed(STAGES[1], import_command)()
    timed(STAGES[2], import_library)()
    code = main(sys.argv[1:])
    marks["ended"] = time.clock_gettime(time.CLOCK_MONOTONIC)
    print(json.dumps(marks), file=sys.stderr)
    leave(code)


def table(runs: list[dict[str, float]]) -> str:
    columns = {stage: [1000 * run[stage] for run in runs] for stage in STAGES}
    columns["all"] = [1000 * sum(run.values()) for run in runs]
    rows = [
        (stage, f"{statistics.median(times):.0f} ms", f"{min(times):.0f} to {max(times):.0f} ms")
        for stage, times in columns.items()
    ]
    return markdown_table(("stage", "median", "range"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--words", type=Path, help="convert only the words of this list")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        store = Path(directory, "text.glovefast")
        print(table([run_once(given.text, store, given.words) for _ in range(given.runs + 1)][1:]))


if __name__ == "__main__":
    main()
