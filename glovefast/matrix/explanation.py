"""Why words are missing from a store: what would find them, as tables, JSON and Arrow."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import pyarrow as pa

from glovefast.matrix.coverage import Coverage
from glovefast.matrix.fallbacks import Fallback, fallback_name
from glovefast.matrix.tables import html_table, number_and_share, share_cell, shown


@dataclass(frozen=True)
class Remedy:
    """What one remedy alone finds of the missing words.

    Attributes
    ----------
    name : str
        The name of a fallback (``lower``, ``strip+lower``), or of a way to split words
        (`glovefast.matrix.word_forms.SPLITS`).
    words : int
        The number of missing words that it finds; a split finds a word if it finds every part.
    tokens : int or None
        How often they occur; None without counts.
    examples : tuple of (str, str)
        The most frequent of them, each with what is found: a form, or the parts with spaces between them.
    """

    name: str
    words: int
    tokens: int | None
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why words of a training vocabulary are missing, and what would find them; prints as tables.

    Attributes
    ----------
    before : Coverage
        The coverage with the fallbacks that were given.
    remedies : tuple of Remedy
        What each word form alone would find of the words missing in `before`, most tokens first; without the
        forms that find nothing.
    fallback : tuple of str or callable
        The suggested chain, ready for the argument `fallback`: the fallbacks that were given, then more.
    after : Coverage
        The coverage with that chain; its `found_by` shows what each entry gains.
    splits : tuple of Remedy
        What splitting the words missing in `before` would find, each part by itself or by the chain. A
        fallback maps a word to one other word, so splitting is up to the tokenizer.
    splits_after : tuple of Remedy
        The same for the words that are still missing in `after`.
    found : dict
        Each word that the chain adds to `before`, with the name of the fallback and the form that is found.
    """

    before: Coverage
    remedies: tuple[Remedy, ...]
    fallback: tuple[Fallback, ...]
    after: Coverage
    splits: tuple[Remedy, ...]
    splits_after: tuple[Remedy, ...]
    found: dict[str, tuple[str, str]]

    def to_table(self) -> pa.Table:
        """Make an Arrow table of the words missing in `before`, in its order.

        Returns
        -------
        pyarrow.Table
            Columns ``word``, ``count`` (int64, null without counts), ``fallback`` and ``form``: the entry of
            the suggested chain that finds the word, and the form that is found; null for a word that stays
            missing.
        """
        words, counts = self.before.missing, self.before.missing_counts
        ways = [self.found.get(word, (None, None)) for word in words]
        columns = {
            "word": pa.array(words, pa.string()),
            "count": pa.nulls(len(words), pa.int64()) if counts is None else pa.array(counts, pa.int64()),
            "fallback": pa.array([name for name, _ in ways], pa.string()),
            "form": pa.array([form for _, form in ways], pa.string()),
        }
        return pa.table(columns)

    def to_dict(self) -> dict[str, Any]:
        """Convert to a dictionary that JSON can hold, with fallbacks by their names."""
        return {
            "before": self.before.to_dict(),
            "remedies": [asdict(remedy) for remedy in self.remedies],
            "fallback": [fallback_name(entry) for entry in self.fallback],
            "after": self.after.to_dict(),
            "splits": [asdict(split) for split in self.splits],
            "splits_after": [asdict(split) for split in self.splits_after],
            "found": {word: list(way) for word, way in self.found.items()},
        }

    def __repr__(self) -> str:
        chain = self._suggestion() if self._suggests() else "no further fallback"
        return f"<Explanation: {self.before.misses:,} of {self.before.words:,} words missing, {chain}>"

    def __str__(self) -> str:
        parts = [
            "\n".join([title, *([] if table is None else [str(table)])]) for title, table in self._parts()
        ]
        return "\n\n".join([str(self.before), *parts])

    def _repr_html_(self) -> str:
        html = [self.before._repr_html_()]
        for title, table in self._parts():
            html.append(f"<p>{escape(title)}</p>")
            if table is not None:
                html.append(table._repr_html_())
        return "\n".join(html)

    def _suggests(self) -> bool:
        """Say whether the chain has more fallbacks than were given."""
        return len(self.after.found_by) > len(self.before.found_by)

    def _suggestion(self) -> str:
        """Write the chain as an argument."""
        names = [repr(entry) if isinstance(entry, str) else fallback_name(entry) for entry in self.fallback]
        return f"suggested: fallback=({', '.join(names)}{',' if len(names) == 1 else ''})"

    def _parts(self) -> Iterator[tuple[str, "Coverage | _Remedies | None"]]:
        """List the titles and tables that follow the first coverage."""
        if self.remedies:
            title = "of the missing words, each form alone would find"
            yield title, _Remedies(self.remedies, self.before)
        if self._suggests():
            yield self._suggestion(), self.after
        elif self.before.misses:
            yield "no other fallback is worth adding", None
        if self.splits:
            title = "of the missing words, the tokenizer could split these into words that are found"
            yield title, _Remedies(self.splits, self.before)
        if self.splits_after and self.splits_after != self.splits:
            title = "the same for the words that the suggested fallbacks leave missing"
            yield title, _Remedies(self.splits_after, self.after)


class _Remedies:
    """Remedies as a table, each with its share of the words and tokens that a coverage lacks."""

    def __init__(self, remedies: Sequence[Remedy], among: Coverage) -> None:
        self._remedies = remedies
        self._among = among

    def __str__(self) -> str:
        width = max(len(remedy.name) for remedy in self._remedies)
        lines = []
        for remedy in self._remedies:
            cells = [f"{remedy.name:<{width}}", f"{share_cell(remedy.words, self._among.misses)} words"]
            if remedy.tokens is not None and self._among.token_misses is not None:
                cells.append(f"{share_cell(remedy.tokens, self._among.token_misses)} tokens")
            lines.append("  ".join([*cells, _examples(remedy)]))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for remedy in self._remedies:
            cells = [remedy.name, *number_and_share(remedy.words, self._among.misses)]
            if remedy.tokens is not None and self._among.token_misses is not None:
                cells += number_and_share(remedy.tokens, self._among.token_misses)
            rows.append([*cells, _examples(remedy)])
        heading = ["remedy", "words", "", *([] if self._among.token_misses is None else ["tokens", ""])]
        return html_table([*heading, "examples"], rows)


def _examples(remedy: Remedy) -> str:
    arrow = "\N{RIGHTWARDS ARROW}"
    return ", ".join(f"{shown(word)} {arrow} {form}" for word, form in remedy.examples)
