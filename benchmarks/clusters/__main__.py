"""The command; `benchmarks.clusters` says what it does."""

import argparse
import datetime
import json
import platform
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.clusters.memory import ENGINES
from benchmarks.clusters.report import render
from benchmarks.clusters.texts import write_texts
from benchmarks.made_file import unpacked
from benchmarks.processes import Command, error_of, in_turn, run
from benchmarks.results import versions
from benchmarks.sst2 import read_sentences
from glovefast.text import Tokenizer
from glovefast.threads import processors

RESULTS, REPORT = "clusters.json", "RESULTS_CLUSTERS.md"
PARTS = ("memory", "processes", "spark")
WORKERS = (2, 8)
_PACKAGES = ("glovefast", "pyspark", "ray", "datasets", "pyarrow", "numpy")


def _measured(*arguments: object) -> Any:
    """Run a module of this package in a process of its own; give what it prints last."""
    done = run(Command(("-m", *map(str, arguments))))
    if error := error_of([done]):
        raise ValueError(f"{arguments[0]}: {error}")
    return json.loads(done.output.splitlines()[-1])


def measure_memory(store: Path, texts: Path, dim: int) -> dict[str, Any]:
    """Return for each engine and number of workers the private bytes of each, without a store and with it."""
    module = "benchmarks.clusters.memory"
    return {
        engine: {
            str(workers): [_measured(module, engine, work, texts, workers, dim) for work in ("zeros", store)]
            for workers in WORKERS
        }
        for engine in ENGINES
    }


def measure_spark(store: Path, texts: Path, turns: int) -> dict[str, list[Any]]:
    """Return the runs of each way, in turn, each in a session of its own."""
    runs: dict[str, list[Any]] = {"glovefast": [], "dictionary": [], "zeros": []}
    for _, name in in_turn(runs, turns):
        runs[name].append(_measured("benchmarks.clusters.spark_jobs", name, store, texts))
    return runs


def _circumstances(arguments: list[str], text: Path, tokens: int) -> dict[str, Any]:
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return {
        "command": f"python -m benchmarks.clusters {shlex.join(shown)}",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "vectors": text.name,
        "tokens": tokens,
        "processors": processors(),
        "system": f"{platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}",
        "versions": versions(_PACKAGES),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clusters",
        description="TextColumn in the engines of clusters, on one host.",
    )
    add = parser.add_argument
    add("--text", type=Path, required=True, help="the directory with sst2.{train,dev,test}.txt")
    add("--vectors", type=Path, required=True, help="embedding text, or a zip archive with one")
    add("-o", "--output", type=Path, default=Path(), help="the directory for results and report")
    add("--only", choices=PARTS, help="measure this; keep the other results")
    add("--turns", type=int, default=2, help="sessions of Spark for each way (default: %(default)s)")
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
        with tempfile.TemporaryDirectory(prefix="glovefast-clusters-") as directory:
            import glovefast

            scratch = Path(directory)
            text = unpacked(chosen.vectors, scratch)
            store = glovefast.convert(text, scratch / "vectors.glovefast")
            tokens = write_texts(chosen.text, scratch / "texts")
            circumstances = {"circumstances": _circumstances(given, text, tokens)}
            if chosen.only in {None, "processes"}:
                tokenizer = Tokenizer(num_words=20_000)
                tokenizer.fit_on_texts(read_sentences(chosen.text, "train")[0])
                (scratch / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
                module = "benchmarks.clusters.processes"
                found = _measured(module, store, scratch / "texts", scratch / "tokenizer.json")
                results["processes"] = found | circumstances
            if chosen.only in {None, "memory"}:
                dim = glovefast.load(store).dim
                results["memory"] = measure_memory(store, scratch / "texts", dim) | circumstances
            if chosen.only in {None, "spark"}:
                results["spark"] = measure_spark(store, scratch / "texts", chosen.turns) | circumstances
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    results_file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (chosen.output / REPORT).write_text(render(results), encoding="utf-8")
    print(f"{chosen.output / REPORT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
