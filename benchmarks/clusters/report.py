"""The report: results → Markdown."""

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.results import Measured, bytes_text, markdown_table, ratio, three_digits, time_text

_MOST_BYTES, _LEAST_SCALING, _LEAST_SPEED, _LEAST_MEMORY = 20e6, 1.8, 5, 10
_OUTPUTS = ("rows", "vector", "padded")
_GOALS = ["what", "goal", "measured", ""]


def render(results: dict[str, Any]) -> str:
    """Render the results; a part that was not measured is left out."""
    parts = [
        "# TextColumn in the engines of clusters, on one host",
        "Written by `python -m benchmarks.clusters`; `benchmarks/clusters/__init__.py` says what it is.",
    ]
    for name, of_part in (("memory", _memory), ("processes", _processes), ("spark", _spark)):
        if name in results:
            parts += [*of_part(results[name]), _circumstances(results[name]["circumstances"])]
    return "\n\n".join(parts) + "\n"


def _memory(memory: dict[str, Any]) -> Iterator[str]:
    yield "## Private memory of a worker for the store"
    rows, most = [], 0.0
    for engine, by_workers in memory.items():
        if engine == "circumstances":
            continue
        for workers, (zeros, store) in by_workers.items():
            more = statistics.median(store) - statistics.median(zeros)
            most = max(most, more)
            cells = [engine, workers, *map(bytes_text, map(statistics.median, (zeros, store)))]
            rows.append([*cells, f"{more / 1e6:.1f} MB"])
    yield markdown_table(["engine", "workers", "a column of zeros", "TextColumn", "for the store"], rows)
    yield "Medians over the workers. A mean vector for each text; the libraries are loaded in both cases."
    met = "met" if most <= _MOST_BYTES else "**missed**"
    what = "a worker's private memory for the store, 2 and 8 workers, each engine"
    yield markdown_table(_GOALS, [[what, "≤ 20 MB", f"at most {most / 1e6:.1f} MB", met]])


def _processes(found: dict[str, Any]) -> Iterator[str]:
    yield "## One process and two"
    tokens, rows, scaling = found["tokens"], [], {}
    for output in _OUTPUTS:
        (one, one_processor), (two, two_processor) = (
            [Measured(list(each)) for each in zip(*turns, strict=True)] for turns in found[output]
        )
        slower = ratio(two, one)
        scaling[output] = 2 / slower.median
        dearer = ratio(two_processor, one_processor)
        speed = f"{tokens / one.median / 1e6:.1f} million"
        rows.append([output, speed, three_digits(scaling[output]), three_digits(2 / dearer.median)])
    head = ["output", "tokens a second, one process", "two do times as much", "by processor time"]
    yield markdown_table(head, rows)
    yield (
        "Medians of the turns. By processor time, the last column says what two processors would give that "
        "nobody else uses."
    )
    least = min(scaling.values())
    met = "met" if least >= _LEAST_SCALING else "**missed**"
    what = "throughput of `TextColumn` from one process to two on two processors"
    measured = ", ".join(f"{output} {three_digits(scaling[output])}" for output in _OUTPUTS)
    yield markdown_table(_GOALS, [[what, f"≥ {_LEAST_SCALING} times", measured, met]])
    costs = found["costs"]
    yield (
        f"A host copies the store ({bytes_text(costs['bytes'])}) in {time_text(costs['copied'])} on its own "
        f"disk, and a process opens it in {time_text(costs['opened'])}."
    )


def _spark(spark: dict[str, Any]) -> Iterator[str]:
    yield "## Beside a dictionary that is broadcast on Spark"
    ours, theirs = spark["glovefast"], spark["dictionary"]
    if {run["digest"] for run in ours} != {run["digest"] for run in theirs}:
        yield "**glovefast gets no time: its vectors are not those of the dictionary.**"
        return
    labels = {
        "glovefast": "`TextColumn`",
        "dictionary": "a broadcast dictionary, `numpy.mean`",
        "zeros": "zeros",
    }
    rows = []
    for name, label in labels.items():
        runs = spark[name]
        tasks, job = (time_text(statistics.median(run[each] for run in runs)) for each in ("tasks", "job"))
        python, java = (
            time_text(statistics.median(run["processor"][each] for run in runs))
            for each in ("python", "java")
        )
        rows.append([label, tasks, job, python, java, bytes_text(_worker(runs))])
    head = ["", "the tasks", "the whole job", "processor: Python", "Java", "private memory of a worker"]
    yield markdown_table(head, rows)
    yield (
        f"1 million texts to mean vectors, two workers; {len(ours)} sessions each, in turn, medians. Zeros "
        "are what the engine takes for the same column without any look-up. The dictionary was made before "
        f"({time_text(statistics.median(run['prepared'] for run in theirs))})."
    )
    faster = ratio(*(Measured([run["tasks"] for run in runs]) for runs in (theirs, ours)))
    smaller = _worker(theirs) / _worker(ours)
    goals = [
        ["from the start to the end of the job's tasks", f"≥ {_LEAST_SPEED} times faster", f"{faster} times"],
        ["private memory of a worker", "a tenth", f"1 / {three_digits(smaller)}"],
    ]
    met = [faster.median >= _LEAST_SPEED, smaller >= _LEAST_MEMORY]
    yield markdown_table(
        _GOALS, [[*goal, "met" if is_met else "**missed**"] for goal, is_met in zip(goals, met, strict=True)]
    )


def _worker(runs: list[dict[str, Any]]) -> float:
    return statistics.median(each for run in runs for each in run["memory"])


def _circumstances(circumstances: dict[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in circumstances["versions"].items())
    return (
        f"{circumstances['date']}, {circumstances['processors']} processors, {circumstances['system']}; "
        f"{versions}; {circumstances['vectors']}; `{circumstances['command']}`"
    )
