"""Draw the time of a conversion against its size: ``python -m benchmarks.chart results.json -o FILE.png``.

The whole processes of the same run as the report's tables, each with the range of its runs.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.results import Results, ResultsError, bytes_text, read_results
from benchmarks.shapes import CONVERTED
from benchmarks.tables import GLOVEFAST

# By row: name, colour, and whether it stands out. Colours after Okabe and Ito, told apart by everybody.
_LINES = {
    "loop": ("the tutorial's loop", "#E69F00"),
    "pandas": ("pandas", "#009E73"),
    "pyarrow": ("pyarrow.csv", "#CC79A7"),
    "polars": ("polars", "#0072B2"),
    GLOVEFAST: ("glovefast", "#D55E00"),
    "floor": ("reading and writing alone", "#888888"),
}


def draw(results: Results, path: Path) -> None:
    """Draw the chart into a file, whose ending names its format."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    figure = Figure(figsize=(7.5, 4.8), dpi=160, layout="constrained")
    axes = figure.add_subplot()
    sizes = {shape: results.texts[shape]["bytes"] for shape in CONVERTED if shape in results.texts}
    for row, (name, colour) in _LINES.items():
        points = [
            (size, measured)
            for shape, size in sizes.items()
            if (measured := results.measured(f"whole-process-{shape}", row))
        ]
        if not points:
            continue
        ours = row == GLOVEFAST
        style = {"color": colour, "linewidth": 2.5 if ours else 1.5, "zorder": 3 if ours else 2}
        x = [size for size, _ in points]
        medians = [measured.median for _, measured in points]
        axes.plot(x, medians, marker="o", markersize=5, linestyle="--" if row == "floor" else "-", **style)
        axes.vlines(x, [min(m.seconds) for _, m in points], [max(m.seconds) for _, m in points], **style)
        axes.annotate(
            name,
            (x[-1], medians[-1]),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            weight="bold" if ours else "normal",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(list(sizes.values()), [bytes_text(size) for size in sizes.values()])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g} s"))
    axes.margins(x=0.08)
    axes.grid(visible=True, which="major", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("embedding text")
    axes.set_title("From text to vectors on disk, the whole process", loc="left")
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chart", description=__doc__.split(":")[0])
    parser.add_argument("results", type=Path, help="what --benchmark-json wrote")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write")
    parsed = parser.parse_args(arguments)
    try:
        draw(read_results(parsed.results), parsed.output)
    except ResultsError as error:
        print(f"{parsed.results}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
