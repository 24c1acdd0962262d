"""What we want to reach, each goal with the way in which it is judged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.processes import OUT_OF_MEMORY
from benchmarks.results import Results, bytes_text, ratio, three_digits, time_text
from benchmarks.shapes import COSTS, LARGEST, MAIN, MANY_WORDS, SHAPES, TUTORIAL
from benchmarks.tables import GLOVEFAST, TABLES, WANTED_WORDS

_MAX_BYTES = 250e6
_MAX_OPENING_SECONDS = 1e-3
_FLAT = 1.15


@dataclass(frozen=True)
class Outcome:
    """What came of a goal: the figure in words, and whether it is met; None if it was not measured."""

    measured: str
    met: bool | None


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes
    ----------
    what : str
        What is measured.
    shape : str or None
        The text it is measured on, if it is one.
    target : str
        What we want to reach.
    compare : callable
        Results → Outcome.
    """

    what: str
    shape: str | None
    target: str
    compare: Callable[[Results], Outcome]

    def judge(self, results: Results) -> Outcome:
        """Say what came of it; measured on texts that are smaller than they should be, nothing did."""
        outcome = self.compare(results)
        text = results.texts.get(self.shape or MAIN)
        if text is None or text["rows"] < SHAPES[self.shape or MAIN].rows:
            return Outcome(outcome.measured, None)
        return outcome


def _faster(table: str, least: float, than: str, row: str = GLOVEFAST, out_of_memory_will_do: bool = False):
    """Judge how many times faster a row is than another one of its table."""

    def judge(results: Results) -> Outcome:
        theirs = results.tables.get(table, {}).get(than)
        if out_of_memory_will_do and isinstance(theirs, str) and theirs.startswith(OUT_OF_MEMORY):
            return Outcome(theirs, results.measured(table, row) is not None)
        return _compare(results, table, than, row, lambda found: found >= least)

    return judge


def _at_most(table: str, most: float, than: str, row: str = GLOVEFAST):
    """Judge how many times the time of another row a row takes."""
    return lambda results: _compare(results, table, row, than, lambda found: found <= most)


def _compare(results: Results, table: str, one: str, other: str, is_met: Callable[[float], bool]) -> Outcome:
    measured = [results.measured(table, row) for row in (one, other)]
    for row, found in zip((one, other), measured, strict=True):
        if found is None:
            return Outcome(f"{TABLES[table].rows[row]}: {results.missing(table, row)}", None)
    found_ratio = ratio(*measured)
    return Outcome(f"{found_ratio} times", is_met(found_ratio.median))


def _in_little_memory(table: str) -> Callable[[Results], Outcome]:
    """Judge the peak memory of a conversion: of its largest run."""

    def judge(results: Results) -> Outcome:
        measured = results.measured(table, GLOVEFAST)
        if measured is None:
            return Outcome(results.missing(table, GLOVEFAST), None)
        peak = max(measured.peak_bytes)
        threads = results.raw["glovefast"]["processors"]
        return Outcome(f"{bytes_text(peak)} on {threads} threads", peak < _MAX_BYTES)

    return judge


def _opens_at_once(results: Results) -> Outcome:
    tables = (f"opening-{MAIN}", f"opening-{MANY_WORDS}")
    small, large = (results.measured(table, GLOVEFAST) for table in tables)
    if small is None or large is None:
        return Outcome("not measured in this run", None)
    growth = ratio(large, small)
    peers = [results.measured(table, "gensim") for table in tables]
    beside = " and ".join(time_text(peer.median) for peer in peers if peer)
    return Outcome(
        f"{time_text(small.median)} and {time_text(large.median)}, {growth} times"
        + (f"; gensim {beside}" if beside else ""),
        max(small.median, large.median) <= _MAX_OPENING_SECONDS and growth.median <= _FLAT,
    )


def _needs_no_more_memory(results: Results) -> Outcome:
    """Judge whether memory grows with the texts."""
    rows = [results.measured("tokenizer-memory", row) for row in (GLOVEFAST, "a tenth")]
    if None in rows:
        return Outcome("not measured in this run", None)
    whole, tenth = (max(row.peak_bytes) for row in rows if row)
    return Outcome(f"{bytes_text(whole)} and {bytes_text(tenth)}", whole <= _FLAT * tenth)


def _flat(table: str, shapes: Iterable[str]) -> Callable[[Results], Outcome]:
    """Judge by how much the time per number differs between sizes."""

    def judge(results: Results) -> Outcome:
        per_number = {
            shape: measured.median / measured.numbers
            for shape in shapes
            if (measured := results.measured(table, shape)) and measured.numbers
        }
        if len(per_number) < 2:
            return Outcome("not measured in this run", None)
        least, most = min(per_number.values()), max(per_number.values())
        return Outcome(
            f"{time_text(least)} to {time_text(most)} a number: {three_digits(most / least)} times",
            most / least <= _FLAT,
        )

    return judge


def _parse_goals() -> Iterable[Goal]:
    for shape in (MAIN, TUTORIAL, "300d"):
        yield Goal(
            "parsing alone, one thread",
            shape,
            "≥ 3.5 times as fast as C++ fast_float",
            _faster(f"parse-{shape}", 3.5, "fast_float"),
        )
    for shape in (MAIN, TUTORIAL, "300d"):
        yield Goal(
            "parsing alone, two threads",
            shape,
            "≥ 1.85 times as fast as one",
            _faster(f"parse-{shape}", 1.85, GLOVEFAST, row="two threads"),
        )


def _memory_goals() -> Iterable[Goal]:
    for shape in (MAIN, "300d", LARGEST):
        yield Goal(
            "peak memory of a conversion",
            shape,
            f"< {bytes_text(_MAX_BYTES)} on two threads",
            _in_little_memory(f"whole-process-{shape}"),
        )


def _cost_goals() -> Iterable[Goal]:
    for table, what in (("cost-parse", "parsing alone"), ("cost-convert", "text to store, in process")):
        yield Goal(
            f"cost by size: {what}",
            None,
            "time per number flat within 15 %",
            _flat(table, COSTS),
        )


GOALS = (
    *_parse_goals(),
    Goal(
        "text to store, whole process",
        TUTORIAL,
        "≥ 3 times faster than polars",
        _faster(f"whole-process-{TUTORIAL}", 3, "polars"),
    ),
    Goal(
        "text to store, whole process",
        LARGEST,
        "≥ 8 times faster than polars, or it runs out of memory",
        _faster(f"whole-process-{LARGEST}", 8, "polars", out_of_memory_will_do=True),
    ),
    Goal(
        "the very first run after installation",
        TUTORIAL,
        "≥ 2 times faster than polars",
        _faster("first-run", 2, "polars"),
    ),
    *_memory_goals(),
    Goal(
        f"store of {WANTED_WORDS:,} wanted words, whole process",
        TUTORIAL,
        "≥ 4 times faster than polars",
        _faster("wanted-words", 4, "polars"),
    ),
    Goal(
        f"store of {WANTED_WORDS:,} wanted words, in process",
        TUTORIAL,
        "≥ 3 times faster than all words",
        _faster("in-process", 3, GLOVEFAST, row="wanted words"),
    ),
    Goal(
        "from a zip",
        MAIN,
        "≤ 1.15 times inflating the member to nowhere",
        _at_most("zip", 1.15, "inflate"),
    ),
    Goal("`load`, by the number of words", None, "≤ 1 ms each, no growth with size", _opens_at_once),
    Goal(
        f"matrix for {WANTED_WORDS:,} words, store open",
        MAIN,
        "≥ 6 times faster than the loop over a dictionary",
        _faster(f"matrix-{WANTED_WORDS}", 6, "loop"),
    ),
    Goal(
        f"new process: import, load, matrix for {WANTED_WORDS:,} words",
        MAIN,
        "≤ 1.5 times `import numpy, pyarrow`",
        _at_most("start-to-matrix", 1.5, "import numpy, pyarrow"),
    ),
    Goal(
        "the same",
        MAIN,
        "≥ 10 times faster than the tutorial's load and loop",
        _faster("start-to-matrix", 10, "loop"),
    ),
    Goal(
        "`import glovefast`",
        None,
        "≤ 1.3 times `import numpy, pyarrow`",
        _at_most("start-to-matrix", 1.3, "import numpy, pyarrow", row="import glovefast"),
    ),
    *_cost_goals(),
    Goal(
        "`fit_on_texts` and `texts_to_sequences`, 25,000 texts of 230 words, one thread",
        None,
        "≥ 10 times faster than Keras's legacy Tokenizer",
        _faster("tokenizer", 10, "keras"),
    ),
    Goal(
        "the same, 1 GB of texts in batches",
        None,
        "≤ 1.15 times the memory of a tenth of them",
        _needs_no_more_memory,
    ),
)
