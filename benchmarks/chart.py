"""Draw the time of a conversion against its size: ``python -m benchmarks.chart results.json -o FILE.png``.

The chart shows the whole processes of the report's tables, each with the range of its runs.
"""

import math
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from benchmarks.results import Results, bytes_text, run_command
from benchmarks.tables import GLOVEFAST
from benchmarks.texts import CONVERTED

# By row: name and color. The colors are Okabe and Ito's, which color-blind readers can tell apart.
_LINES = {
    "loop": ("the tutorial's loop", "#E69F00"),
    "pandas": ("pandas", "#009E73"),
    "pyarrow": ("pyarrow.csv", "#CC79A7"),
    "polars": ("polars", "#0072B2"),
    GLOVEFAST: ("glovefast", "#D55E00"),
    "floor": ("only reading and writing", "#888888"),
}


def draw(results: Results, path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    figure = Figure(figsize=(7.5, 4.8), dpi=160, layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log")
    sizes = {shape: results.texts[shape]["bytes"] for shape in CONVERTED if shape in results.texts}
    ends = {}
    for row, (_, color) in _LINES.items():
        points = [
            (size, measured)
            for shape, size in sizes.items()
            if (measured := results.measured(f"whole-process-{shape}", row))
        ]
        if not points:
            continue
        style = {"color": color, "linewidth": 2.5 if row == GLOVEFAST else 1.5}
        x, y = [size for size, _ in points], [measured.median for _, measured in points]
        axes.plot(x, y, marker="o", markersize=5, linestyle="--" if row == "floor" else "-", **style)
        seconds = [measured.seconds for _, measured in points]
        axes.vlines(x, list(map(min, seconds)), list(map(max, seconds)), **style)
        ends[row] = (x[-1], y[-1])
    heights = _apart({row: math.log10(y) for row, (_, y) in ends.items()}, axes)
    for row, (x_end, _) in ends.items():
        name, color = _LINES[row]
        weight = "bold" if row == GLOVEFAST else "normal"
        style = {"color": color, "va": "center", "weight": weight, "textcoords": "offset points"}
        axes.annotate(name, (x_end, 10 ** heights[row]), xytext=(9, 0), **style)
    axes.set_xticks(list(sizes.values()), [bytes_text(size) for size in sizes.values()])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g} s"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, which="major", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("embedding text")
    axes.set_title("From embedding text to words and vectors on disk, the whole process", loc="left")
    figure.savefig(path)


def _apart(heights: dict[str, float], axes: Any) -> dict[str, float]:
    """Move overlapping labels apart; a line of text is a 22nd part of the axes."""
    low, high = axes.get_ylim()
    least = (math.log10(high) - math.log10(low)) / 22
    placed: dict[str, float] = {}
    below = -math.inf
    for row in sorted(heights, key=heights.__getitem__):
        below = placed[row] = max(heights[row], below + least)
    return placed


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks.chart", description=__doc__.split(":")[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write")
    return run_command(arguments, parser, lambda results, given: draw(results, given.output))


if __name__ == "__main__":
    sys.exit(main())
