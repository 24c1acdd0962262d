"""What we want to reach, and how each goal is judged."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.processes import OUT_OF_MEMORY
from benchmarks.results import NotMeasuredError, Results, bytes_text, ratio, three_digits, time_text
from benchmarks.tables import GLOVEFAST, MATRIX_SIZES, TABLES, WANTED_WORDS
from benchmarks.texts import COSTS, LARGEST, MAIN, MANY_WORDS, SHAPES, TUTORIAL

_MAX_BYTES, _MAX_MORE_BYTES = 250e6, 75e6
_MAX_OPENING_SECONDS = 1e-3
_MAX_OPENING_FETCHED_SECONDS = 5e-3
_MAX_BYTES_BESIDE_STORE = 100e6
_FLAT = 1.15
_MAX_ROWS_SECONDS = 20e-6
_MOST_OF_FLOAT32, _MOST_TIME_OF_FLOAT32 = 0.27, 1.0


@dataclass(frozen=True)
class Outcome:
    """A goal's figure in words, and whether it is met; None if it was not measured."""

    measured: str
    met: bool | None


@dataclass(frozen=True)
class Goal:
    """What is measured, on which text (if on one), what we want to reach, and how it is judged."""

    what: str
    shape: str | None
    target: str
    compare: Callable[[Results], Outcome]

    def judge(self, results: Results) -> Outcome:
        """Judge the goal; on texts smaller than they should be it is only measured."""
        try:
            outcome = self.compare(results)
        except NotMeasuredError as error:
            return Outcome(str(error), None)
        text = results.texts.get(self.shape or MAIN)
        if text is None or text["rows"] < SHAPES[self.shape or MAIN].rows:
            return Outcome(outcome.measured, None)
        return outcome


def _faster(what: str, table: str, least: float, than: str, target: str, row: str = GLOVEFAST) -> Goal:
    """Judge how many times faster a row is; at the largest text, a peer may run out of memory."""

    def judge(results: Results) -> Outcome:
        theirs = results.tables.get(table, {}).get(than)
        if shape == LARGEST and isinstance(theirs, str) and theirs.startswith(OUT_OF_MEMORY):
            return Outcome(theirs, results.measured(table, row) is not None)
        times = ratio(results.needed(table, than), results.needed(table, row))
        return Outcome(f"{times} times", times.median >= least)

    shape = TABLES[table].shape
    return Goal(what, shape, f"≥ {least} times {target}", judge)


def _at_most(what: str, table: str, most: float, than: str, target: str, row: str = GLOVEFAST) -> Goal:
    """Judge how many times another row's time a row takes."""

    def judge(results: Results) -> Outcome:
        times = ratio(results.needed(table, row), results.needed(table, than))
        return Outcome(f"{times} times", times.median <= most)

    return Goal(what, TABLES[table].shape if row == GLOVEFAST else None, f"≤ {most} times {target}", judge)


def _in_little_memory(shape: str) -> Goal:
    def judge(results: Results) -> Outcome:
        peak = max(results.needed(f"whole-process-{shape}", GLOVEFAST).peak_bytes)
        threads = results.raw["glovefast"]["processors"]
        return Outcome(f"{bytes_text(peak)} on {threads} threads", peak < _MAX_BYTES)

    return Goal("peak memory of a conversion", shape, f"< {bytes_text(_MAX_BYTES)} on two threads", judge)


def _in_little_more_memory(shape: str) -> Goal:
    def judge(results: Results) -> Outcome:
        peak = max(results.needed(f"whole-process-{shape}", GLOVEFAST).peak_bytes)
        imports = min(results.needed(_START, _IMPORTS).peak_bytes)
        measured = f"{bytes_text(peak)}, {bytes_text(peak - imports)} more"
        return Outcome(measured, peak - imports <= _MAX_MORE_BYTES)

    target = f"≤ `{_IMPORTS}` + {bytes_text(_MAX_MORE_BYTES)}, on two threads"
    return Goal("peak memory of a conversion", shape, target, judge)


def _opens_at_once(results: Results) -> Outcome:
    tables = (f"opening-{MAIN}", f"opening-{MANY_WORDS}")
    small, large = (results.needed(table, GLOVEFAST) for table in tables)
    growth = ratio(large, small)
    peers = [results.measured(table, "gensim") for table in tables]
    beside = " and ".join(time_text(peer.median) for peer in peers if peer)
    return Outcome(
        f"{time_text(small.median)} and {time_text(large.median)}, {growth} times"
        + (f"; gensim {beside}" if beside else ""),
        max(small.median, large.median) <= _MAX_OPENING_SECONDS and growth.median <= _FLAT,
    )


def _opens_what_was_fetched(results: Results) -> Outcome:
    seconds = results.needed("fetch", GLOVEFAST).median
    results.needed("fetch", "first time")  # which has no time if it fetched too much
    return Outcome(time_text(seconds), seconds <= _MAX_OPENING_FETCHED_SECONDS)


def _finds_a_few_rows(results: Results) -> Outcome:
    seconds = results.needed("rows", GLOVEFAST).median
    return Outcome(time_text(seconds), seconds <= _MAX_ROWS_SECONDS)


def _needs_no_more_memory(results: Results) -> Outcome:
    rows = (results.needed("tokenizer-memory", row) for row in (GLOVEFAST, "a tenth"))
    whole, tenth = (max(row.peak_bytes) for row in rows)
    return Outcome(f"{bytes_text(whole)} and {bytes_text(tenth)}", whole <= _FLAT * tenth)


def _evaluates_in_little_memory(results: Results) -> Outcome:
    ours = results.needed("analogies", GLOVEFAST)
    beside = max(ours.peak_bytes) - (ours.stored_bytes or 0)
    return Outcome(f"{bytes_text(beside)}, imports included", beside <= _MAX_BYTES_BESIDE_STORE)


def _takes_less_room(results: Results) -> Outcome:
    small, large = (results.needed("number-types", row).stored_bytes for row in ("int8", GLOVEFAST))
    if not small or not large:
        raise NotMeasuredError("not measured in this run")
    return Outcome(f"{three_digits(small / large)} times", small <= _MOST_OF_FLOAT32 * large)


def _flat(what: str, table: str) -> Goal:
    """Judge how much the time per number differs between sizes."""

    def judge(results: Results) -> Outcome:
        found = [measured for shape in COSTS if (measured := results.measured(table, shape))]
        per_number = [measured.median / measured.numbers for measured in found if measured.numbers]
        if len(per_number) < 2:
            raise NotMeasuredError("not measured in this run")
        least, most = min(per_number), max(per_number)
        times = f"{three_digits(most / least)} times"
        return Outcome(f"{time_text(least)} to {time_text(most)} a number: {times}", most / least <= _FLAT)

    return Goal(f"cost by size: {what}", None, "time per number flat within 15 %", judge)


_PARSED = (MAIN, TUTORIAL, "300d")
_FEW, _SOME, _ = MATRIX_SIZES
_WANTED, _MATRIX = f"store of {WANTED_WORDS:,} wanted words", f"matrix for {WANTED_WORDS:,} words"
_THAN_POLARS, _LOOP, _IMPORTS = (
    "faster than polars",
    "faster than the loop over a dictionary",
    "import numpy, pyarrow",
)
_PROCESS, _FIRST = "text to store, whole process", "the very first run after installation"
_MEMBERS = "four members of a zip, two threads"
_NEW, _START = f"new process: import, load, {_MATRIX}", "start-to-matrix"
_OF_ONE, _OF_MANY, _SEARCHES = "neighbors-of-one", "neighbors-of-many", ("faiss", "usearch")
_NEAR = "new process: import, load, 10 nearest words"
_KERAS = "`fit_on_texts` and `texts_to_sequences`, 25,000 texts of 230 words, one thread"
_POOLED = "25,000 texts of 230 words to mean vectors, one thread"
_ONE, _TWO = "parsing alone, one thread", "parsing alone, two threads"

GOALS = (
    *(_faster(_ONE, f"parse-{each}", 3.5, "fast_float", "as fast as C++ fast_float") for each in _PARSED),
    *(_faster(_TWO, f"parse-{each}", 1.85, GLOVEFAST, "as fast as one", "two threads") for each in _PARSED),
    _faster(_PROCESS, f"whole-process-{TUTORIAL}", 3.5, "polars", _THAN_POLARS),
    _faster(_PROCESS, f"whole-process-{LARGEST}", 8, "polars", f"{_THAN_POLARS}, or it runs out of memory"),
    _at_most("the same", f"whole-process-{LARGEST}", 1.15, "floor", "reading it and writing as many bytes"),
    _faster(_FIRST, "first-run", 2.6, "polars", _THAN_POLARS),
    *map(_in_little_more_memory, (MAIN, "300d")),
    _in_little_memory(LARGEST),
    _faster(f"{_WANTED}, whole process", "wanted-words", 4.5, "polars", _THAN_POLARS),
    _faster(f"{_WANTED}, in process", "in-process", 3, GLOVEFAST, "faster than all words", "wanted words"),
    _at_most("from a zip", "zip", 1.25, "inflate", "inflating and dropping the member"),
    _faster(_MEMBERS, "archive", 1.6, "one by one, one thread", "faster than their work on one thread"),
    _faster("the same", "archive", 1.6, "one by one", "faster than one after the other on all threads"),
    _faster("word2vec's binary format to store", "read-binary", 5, "gensim", "faster than gensim"),
    Goal("`from_pretrained`, second time", None, "≤ 5 ms, and no request", _opens_what_was_fetched),
    Goal("`load`, by the number of words", None, "≤ 1 ms each, no growth with size", _opens_at_once),
    _faster(f"{_MATRIX}, store open", f"matrix-{WANTED_WORDS}", 6.5, "loop", _LOOP),
    _faster(f"the same for {_SOME:,} words", f"matrix-{_SOME}", 2.5, "loop", _LOOP),
    _faster("the same", f"matrix-{_SOME}", 1.5, "gensim batch", "faster than gensim's `key_to_index` way"),
    _at_most(f"the same for {_FEW} words", f"matrix-{_FEW}", 12, "loop", "the loop over a dictionary"),
    Goal("`rows` of 14 words", None, "≤ 20 µs", _finds_a_few_rows),
    _at_most(_NEW, _START, 1.2, _IMPORTS, f"`{_IMPORTS}`"),
    _faster("the same", _START, 10, "loop", "faster than the tutorial's load and loop"),
    _at_most("`import glovefast`", _START, 1.3, _IMPORTS, f"`{_IMPORTS}`", "import glovefast"),
    *(
        _at_most(
            f"{_MATRIX}, {each}", "number-types", _MOST_TIME_OF_FLOAT32, GLOVEFAST, "that of float32", each
        )
        for each in ("float16", "int8")
    ),
    Goal("vectors as int8, with their scales", None, "≤ 0.27 times those of float32", _takes_less_room),
    _at_most("10 nearest words of one word", _OF_ONE, 1.3, "product", "the bare `matrix @ query`"),
    _at_most("10 nearest words of 1,000 words", _OF_MANY, 1.25, "product", "the bare products of blocks"),
    *(_faster("the same", _OF_MANY, 2, each, f"faster than {each}'s exact search") for each in _SEARCHES),
    _at_most(_NEAR, "start-to-neighbors", 1.5, "product", f"`{_IMPORTS}` and one product"),
    _flat("parsing alone", "cost-parse"),
    _flat("text to store, in process", "cost-convert"),
    _faster(_POOLED, "text-vectors", 3, "model2vec", "faster than model2vec's StaticModel"),
    _faster(_KERAS, "tokenizer", 10, "keras", "faster than Keras's legacy Tokenizer"),
    Goal(
        "the same, 1 GB of texts in batches",
        None,
        "≤ 1.15 times the memory of a tenth of them",
        _needs_no_more_memory,
    ),
    _faster("19,544 analogy questions", "analogies", 5, "gensim", "faster than gensim"),
    Goal(
        "peak memory of the same",
        MAIN,
        f"≤ {bytes_text(_MAX_BYTES_BESIDE_STORE)} beyond the mapped store",
        _evaluates_in_little_memory,
    ),
)
