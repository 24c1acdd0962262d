"""The command; `benchmarks.sst2` says what it does."""

import argparse
import datetime
import json
import platform
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.made_file import unpacked
from benchmarks.processes import Command, Run, error_of, run, run_in_turn
from benchmarks.results import versions
from benchmarks.sst2 import PARTS, QUIET, read_sentences
from benchmarks.sst2.report import draw, render
from benchmarks.sst2.steps import disagreement
from benchmarks.sst2.variants import train
from glovefast.threads import processors

RESULTS, REPORT, CHART = "sst2.json", "RESULTS_SST2.md", "sst2.png"
_PACKAGES = ("glovefast", "keras", "tensorflow", "numpy", "pyarrow")


def measure_times(sentences: Path, text: Path, scratch: Path, turns: int) -> dict[str, Any]:
    """Go both ways in turn, each in its own process.

    Returns the seconds of the conversion before (``convert``), what is ``wrong`` with glovefast's result, and
    for each way and turn the seconds of the steps: ``first`` in the process, and perhaps ``again``.
    """
    store, empty = scratch / "vectors.glovefast", scratch / "cache"
    convert = ("-m", "glovefast", "convert", text, "-o", store, "--quiet", "--force")
    _finished(run(Command(convert)))  # compiles if necessary
    (conversion,) = _finished(run(Command(convert, cached=(text,))))
    ours = ("-m", "benchmarks.sst2.steps", "glovefast", sentences, store)
    theirs = ("-m", "benchmarks.sst2.steps", "tutorial", sentences, text)
    result, reference = scratch / "glovefast.npz", scratch / "tutorial.npz"
    _finished(run(Command((*ours, result), environment=QUIET)))  # compiles the rest
    first = {**QUIET, "GLOVEFAST_CACHE_DIR": str(empty)}
    commands = {
        "glovefast": Command(ours, environment=QUIET, cached=(text,)),
        "tutorial": Command((*theirs, reference), environment=QUIET, cached=(text,)),
        "very first": Command(ours, environment=first, removed=(empty,), rounds=1),
    }
    runs = {name: _finished(*done) for name, done in run_in_turn(commands, turns).items()}
    return {
        "convert": conversion.seconds,
        "wrong": disagreement(result, reference),
        **{name: [json.loads(each.output) for each in of_one] for name, of_one in runs.items()},
    }


def _finished(*runs: Run) -> tuple[Run, ...]:
    if error := error_of(runs):
        raise ValueError(error)
    return runs


def _circumstances(arguments: list[str], text: Path) -> dict[str, Any]:
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return {
        "command": f"python -m benchmarks.sst2 {shlex.join(shown)}",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "vectors": text.name,
        "bytes": text.stat().st_size,
        "processors": processors(),
        "system": f"{platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}",
        "versions": versions(_PACKAGES),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sst2", description="SST-2 with GloVe, from raw text to a trained model."
    )
    add = parser.add_argument
    add("--text", type=Path, required=True, help="the directory with sst2.{train,dev,test}.txt")
    add("--vectors", type=Path, required=True, help="embedding text, or a zip archive with one")
    add("-o", "--output", type=Path, default=Path(), help="the directory for results, report and chart")
    add("--only", choices=["times", "accuracy"], help="measure this; keep the other results")
    add("--seeds", type=int, default=10, help="models of each kind (default: %(default)s)")
    add("--epochs", type=int, default=30, help="at most this many (default: %(default)s)")
    add("--turns", type=int, default=7, help="runs of each way (default: %(default)s)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    given = sys.argv[1:] if arguments is None else arguments
    chosen = parser.parse_args(given)
    results_file = chosen.output / RESULTS
    results: dict[str, Any] = {}
    if chosen.only and results_file.exists():
        results = json.loads(results_file.read_text(encoding="utf-8"))
    try:
        for part in PARTS:  # an error in them shows at once, not after the conversion
            read_sentences(chosen.text, part)
        with tempfile.TemporaryDirectory(prefix="glovefast-sst2-") as directory:
            scratch = Path(directory)
            text = unpacked(chosen.vectors, scratch)
            circumstances = {"circumstances": _circumstances(given, text)}
            if chosen.only != "accuracy":
                times = measure_times(chosen.text.resolve(), text, scratch, chosen.turns)
                results["times"] = times | circumstances
            if chosen.only != "times":
                import glovefast

                store = glovefast.convert(text, scratch / "accuracy.glovefast")
                seeds = range(1, chosen.seeds + 1)
                results["accuracy"] = train(chosen.text, store, seeds, chosen.epochs) | circumstances
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    results_file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (chosen.output / REPORT).write_text(render(results), encoding="utf-8")
    if "accuracy" in results:
        draw(results["accuracy"], chosen.output / CHART)
    print(f"{chosen.output / REPORT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
