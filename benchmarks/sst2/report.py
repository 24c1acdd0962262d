"""The report: results → Markdown and a chart."""

import statistics
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from benchmarks.results import Measured, bytes_text, markdown_table, ratio, time_text
from benchmarks.sst2.steps import IMPORT, STEPS
from benchmarks.sst2.variants import VARIANTS

_GOAL = 20
# By Okabe and Ito, whose colours colour-blind readers can tell apart; in the order of the variants.
_COLOURS = ("#E69F00", "#0072B2", "#56B4E9", "#CC79A7", "#009E73", "#D55E00")


def render(results: dict[str, Any]) -> str:
    """Render the results; a half that was not measured is left out."""
    parts = [
        "# SST-2 with GloVe, from raw text to a trained model",
        "Written by `python -m benchmarks.sst2`; `benchmarks/sst2/__init__.py` says what is measured, and by "
        "which rules.",
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
        f"{sentences['train']:,} sentences to train on, {sentences['dev']:,} to decide when to stop, "
        f"{sentences['test']:,} to test, each positive or negative. The embedding has {rows:,} rows of {dim} "
        f"numbers. Of the {covered['words']:,} words of the training sentences GloVe has "
        f"{covered['rate']:.1%}, and of their {covered['tokens']:,} tokens {covered['token_rate']:.2%}; "
        f"{', '.join(covered['missing'][:5])} and the like are missing. Means and standard deviations are "
        f"over {seeds} seeds. The test sentences themselves are a sample: with this many, an accuracy of 80 "
        f"% has a standard error of {(0.8 * 0.2 / sentences['test']) ** 0.5:.1%}, which all variants share."
    )
    table = []
    for variant, label in VARIANTS.items():
        runs = accuracy["runs"][variant]
        test = [run["test"] for run in runs]
        spread = f"{min(test):.1%} to {max(test):.1%}"
        epochs = f"{statistics.mean(run['epochs'] for run in runs):.1f}"
        development = mean_text([run["dev"] for run in runs])
        table.append(
            [label, mean_text(test), spread, development, epochs, f"{accuracy['parameters'][variant]:,}"]
        )
    head = ["embedding", "test accuracy", "least to most", "development", "epochs", "numbers that train"]
    yield markdown_table(head, table)
    yield "![Test accuracy by embedding, a point for each seed](sst2.png)"
    yield _circumstances(accuracy["circumstances"])


def mean_text(values: list[float]) -> str:
    deviation = f" ± {statistics.stdev(values):.1%}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1%}{deviation}"


def _times(times: dict[str, Any]) -> Iterator[str]:
    circumstances = times["circumstances"]
    yield "## From raw text and vectors to model inputs and a layer"
    yield (
        f"The raw sentences of all three parts and the vectors of `{circumstances['vectors']}` "
        f"({bytes_text(circumstances['bytes'])}) → padded matrices of word indices, and a built embedding "
        "layer. The tutorial's way is Keras's legacy `Tokenizer`, a dictionary filled line by line, and a "
        "loop over the vocabulary. glovefast's store was converted once, before "
        f"({time_text(times['convert'])}, the whole process). Each run is a process of its own in which "
        "Keras is imported already; the first time counts, and the second one in the same process stands "
        f"beside it. Medians of {len(times['glovefast'])} turns."
    )
    if times["wrong"]:
        yield f"**glovefast gets no time: {times['wrong']}.**"
        return
    runs = {
        "tutorial's way": [run["first"] for run in times["tutorial"]],
        "glovefast": [run["first"] for run in times["glovefast"]],
        "the second time": [run["again"] for run in times["glovefast"]],
        "the very first": [run["first"] for run in times["very first"]],
    }
    table = []
    for step in STEPS:
        theirs, ours, *others = (Measured([run[step] for run in of_way]) for of_way in runs.values())
        # The tutorial's way imports what Keras has imported already.
        share = "" if step == IMPORT else str(ratio(theirs, ours))
        table.append([step, *(time_text(each.median) for each in (theirs, ours, *others)), share])
    totals = [Measured([sum(run.values()) for run in of_way]) for of_way in runs.values()]
    goal, again, very_first = (ratio(totals[0], each) for each in totals[1:])
    table.append(["**all**", *(time_text(each.median) for each in totals), str(goal)])
    yield markdown_table(["", *runs, "ratio"], table)
    yield (
        "The very first run after an installation from source compiles the kernels and keeps them; a run "
        "from a wheel does not have to. Ratios are the tutorial's time divided by glovefast's first time, "
        "turn by turn."
    )
    judged = [
        "raw text and GloVe text file → ready model inputs and layer, store converted before",
        f"≥ {_GOAL} times faster than the tutorial's way",
        f"{goal} times; the second time in a process {again}; "
        f"the very first run, which compiles, {very_first}",
        "met" if goal.median >= _GOAL else "**missed**",
    ]
    yield markdown_table(["what", "goal", "measured", ""], [judged])
    yield _circumstances(circumstances)


def _circumstances(circumstances: dict[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in circumstances["versions"].items())
    return (
        f"{circumstances['date']}, {circumstances['processors']} processors, {circumstances['system']}; "
        f"{versions}; `{circumstances['command']}`"
    )


def draw(accuracy: dict[str, Any], path: Path) -> None:
    """Draw accuracy by embedding into a file: a point for each seed, mean and standard deviation."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(7.5, 4.2), dpi=160, layout="constrained")
    axes = figure.add_subplot()
    for place, (variant, colour) in enumerate(zip(VARIANTS, _COLOURS, strict=True)):
        values = sorted(run["test"] for run in accuracy["runs"][variant])
        mean = statistics.mean(values)
        # Spread sideways by rank, so that no point hides another.
        x = [place - 0.12 + 0.08 * (rank % 4 - 1.5) for rank in range(len(values))]
        axes.plot(x, values, "o", color=colour, alpha=0.6, markersize=5, markeredgewidth=0)
        spread = statistics.stdev(values) if len(values) > 1 else 0
        axes.errorbar(place + 0.15, mean, spread, fmt="D", color=colour, markersize=7, capsize=5, linewidth=2)
        style = {"color": colour, "va": "center", "weight": "bold", "textcoords": "offset points"}
        axes.annotate(f"{mean:.1%}", (place + 0.15, mean), xytext=(10, 0), **style)
    axes.set_xticks(range(len(VARIANTS)), [fill(label, 20) for label in VARIANTS.values()])
    axes.set_xlim(-0.5, len(VARIANTS) - 0.3)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(visible=True, axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("test accuracy")
    seeds = len(values)
    vectors = Path(accuracy["circumstances"]["vectors"]).stem
    title = f"SST-2 with {vectors}: {seeds} seeds, mean and standard deviation"
    axes.set_title(title, loc="left", fontsize=11)
    figure.savefig(path)
