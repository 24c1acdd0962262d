"""The chart of accuracy by embedding: a point for each seed, beside them mean and standard deviation."""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.sst2.variants import FROZEN, LEARNED, MISSING, TUNED

# By variant: name and colour. The colours are Okabe and Ito's, which colour-blind readers can tell apart.
_VARIANTS = {
    LEARNED: ("learned from\nthe sentences", "#E69F00"),
    FROZEN: ("GloVe,\nfrozen", "#0072B2"),
    MISSING: ("GloVe, only missing\nwords' rows trained", "#009E73"),
    TUNED: ("GloVe,\nfine-tuned", "#D55E00"),
}


def draw(accuracy: dict[str, Any], path: Path) -> None:
    """Draw the chart into a file, whose ending names its format."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(7.5, 4.2), dpi=160, layout="constrained")
    axes = figure.add_subplot()
    for place, (variant, (_, colour)) in enumerate(_VARIANTS.items()):
        values = sorted(run["test"] for run in accuracy["runs"][variant])
        mean = statistics.mean(values)
        # Spread sideways by rank, so that no point hides another.
        x = [place - 0.12 + 0.08 * (rank % 4 - 1.5) for rank in range(len(values))]
        axes.plot(x, values, "o", color=colour, alpha=0.6, markersize=5, markeredgewidth=0)
        spread = statistics.stdev(values) if len(values) > 1 else 0
        axes.errorbar(place + 0.15, mean, spread, fmt="D", color=colour, markersize=7, capsize=5, linewidth=2)
        style = {"color": colour, "va": "center", "weight": "bold", "textcoords": "offset points"}
        axes.annotate(f"{mean:.1%}", (place + 0.15, mean), xytext=(10, 0), **style)
    axes.set_xticks(range(len(_VARIANTS)), [name for name, _ in _VARIANTS.values()])
    axes.set_xlim(-0.5, len(_VARIANTS) - 0.3)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(visible=True, axis="y", color="#DDDDDD", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("test accuracy")
    seeds = len(accuracy["runs"][FROZEN])
    vectors = Path(accuracy["circumstances"]["vectors"]).stem
    title = f"SST-2 with {vectors}: {seeds} seeds, mean and standard deviation"
    axes.set_title(title, loc="left", fontsize=11)
    figure.savefig(path)
