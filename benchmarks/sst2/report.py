"""The report: results → Markdown."""

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.results import Measured, bytes_text, ratio, time_text
from benchmarks.sst2.steps import IMPORT, STEPS
from benchmarks.sst2.variants import VARIANTS

_GOAL = 20


def render(results: dict[str, Any]) -> str:
    """Render what was measured; a half that was not is left out."""
    parts = [
        "# SST-2 with GloVe, from raw text to a trained model",
        "Written by `python -m benchmarks.sst2`; what is measured, and by which rules, stands in "
        "`benchmarks/sst2/__init__.py`.",
    ]
    if "accuracy" in results:
        parts += _accuracy(results["accuracy"])
    if "times" in results:
        parts += _times(results["times"])
    return "\n\n".join(parts) + "\n"


def _accuracy(accuracy: dict[str, Any]) -> Iterator[str]:
    sentences, (rows, dim) = accuracy["sentences"], accuracy["shape"]
    seeds = len(next(iter(accuracy["runs"].values())))
    covered = accuracy["coverage"]
    yield "## Accuracy"
    yield (
        f"{sentences['train']:,} sentences to train on, {sentences['dev']:,} to say when to stop, "
        f"{sentences['test']:,} to test, each positive or negative. The embedding has {rows:,} rows of {dim} "
        f"numbers. Of the {covered['words']:,} words of the training sentences GloVe has "
        f"{covered['rate']:.1%}, and of their {covered['tokens']:,} tokens {covered['token_rate']:.2%}; "
        f"missing are {', '.join(covered['missing'][:5])} and the like. Means and standard deviations over "
        f"{seeds} seeds. The test sentences themselves are a sample: with so many, an accuracy of 80 % has a "
        f"standard error of {(0.8 * 0.2 / sentences['test']) ** 0.5:.1%}, which all variants share."
    )
    table = [["embedding", "test accuracy", "least to most", "development", "epochs", "numbers that train"]]
    for variant, label in VARIANTS.items():
        runs = accuracy["runs"][variant]
        test = [run["test"] for run in runs]
        table.append(
            [
                label,
                mean_text(test),
                f"{min(test):.1%} to {max(test):.1%}",
                mean_text([run["dev"] for run in runs]),
                f"{statistics.mean(run['epochs'] for run in runs):.1f}",
                f"{accuracy['parameters'][variant]:,}",
            ]
        )
    yield _table(table)
    yield "![Test accuracy by embedding, a point for each seed](sst2.png)"
    yield _circumstances(accuracy["circumstances"])


def mean_text(values: list[float]) -> str:
    """Write accuracies as mean ± standard deviation."""
    deviation = f" ± {statistics.stdev(values):.1%}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1%}{deviation}"


def _times(times: dict[str, Any]) -> Iterator[str]:
    circumstances = times["circumstances"]
    yield "## From raw text and vectors to model inputs and a layer"
    yield (
        f"The raw sentences of all three parts and the vectors of `{circumstances['vectors']}` "
        f"({bytes_text(circumstances['bytes'])}) → padded matrices of word indices, and a built embedding "
        "layer. The tutorial's way is Keras's legacy `Tokenizer`, a dictionary filled line by line, and a "
        "loop over the vocabulary. glovefast's store was converted before, once "
        f"({time_text(times['convert'])}, the whole process). Each run is a process of its own in which "
        "Keras is imported already; the first time counts, and the second one in the same process stands "
        f"beside it. Medians of {len(times['glovefast'])} turns."
    )
    if times["wrong"]:
        yield f"**glovefast gets no time: {times['wrong']}.**"
        return
    columns = {
        "tutorial's way": [run["first"] for run in times["tutorial"]],
        "glovefast": [run["first"] for run in times["glovefast"]],
        "the second time": [run["again"] for run in times["glovefast"]],
        "the very first": [run["first"] for run in times["very first"]],
    }
    table = [["", *columns, "ratio"]]
    for step in STEPS:
        seconds = {name: Measured([run[step] for run in runs]) for name, runs in columns.items()}
        table.append(_row(step, seconds))
    totals = {name: Measured([sum(run.values()) for run in runs]) for name, runs in columns.items()}
    table.append(_row("**all**", totals))
    yield _table(table)
    yield (
        "The very first run after an installation from source compiles the kernels and keeps them; from a "
        "wheel it does not have to. Ratios are those of the tutorial's way to glovefast's first time, turn "
        "by turn."
    )
    theirs, *ours = totals.values()
    goal, again, very_first = (ratio(theirs, each) for each in ours)
    yield _table(
        [
            ["what", "goal", "measured", ""],
            [
                "raw text and GloVe text file → ready model inputs and layer, store converted before",
                f"≥ {_GOAL} times faster than the tutorial's way",
                f"{goal} times; the second time in a process {again}; the very first run, which "
                f"compiles, {very_first}",
                "met" if goal.median >= _GOAL else "**missed**",
            ],
        ]
    )
    yield _circumstances(circumstances)


def _row(name: str, seconds: dict[str, Measured]) -> list[str]:
    cells = [time_text(measured.median) for measured in seconds.values()]
    # What the tutorial's way imports is there with Keras already.
    share = "" if name == IMPORT else str(ratio(seconds["tutorial's way"], seconds["glovefast"]))
    return [name, *cells, share]


def _circumstances(circumstances: dict[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in circumstances["versions"].items())
    return (
        f"{circumstances['date']}, {circumstances['processors']} processors, {circumstances['system']}; "
        f"{versions}; `{circumstances['command']}`"
    )


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    return "\n".join(map(_line, [head, ["---", *["---:"] * (len(head) - 1)], *body]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
