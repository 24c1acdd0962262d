"""Bad lines: what is wrong with each, and how a message shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glovefast import kernels
from glovefast.kernels.load import load_kernels
from glovefast.parser.separators import SINGLE_SPACE, Separator, is_quoted, is_word, read_number

_SHOWN_BYTES = 60
_EXPLAINED_AT_ONCE = 4096
_NOWHERE = -1  # the place of a line that is not looked at again
CARRIAGE_RETURNS = (
    "the lines end in a carriage return alone; replace it first, for example with: tr '\\r' '\\n'"
)


class LinesOfText(Protocol):
    """The text that has the bad lines."""

    array: NDArray[np.uint8]
    end: int

    def bounds_of_lines(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the begin and the newline of lines by their numbers, counted from 0."""
        ...


@dataclass(slots=True)
class BadLine:
    """A line that gives no row, or whose word was changed.

    Attributes
    ----------
    line : int
        Its number: in a `Block` counted from 0 at the block's first line, later from 1 at the file's.
    reason : str
        What is wrong with it.
    beginning : str
        The first bytes of the line, as text.
    changed_word : bytes or None
        The word as it stands in the line, if the line gave a row with a changed word.
    """

    line: int
    reason: str
    beginning: str
    changed_word: bytes | None = None

    @property
    def kept(self) -> bool:
        """Whether the line gave a row."""
        return self.changed_word is not None


@dataclass(slots=True)
class ExplainedLines:
    """Some bad lines; the attributes hold those of `BadLine`, line by line."""

    numbers: NDArray[np.int32]
    reasons: list[str]
    beginnings: list[str]
    changed_words: list[bytes | None]


class BadLines:
    """The bad lines of a block, in order.

    They are explained only when they are asked for: a chunk may consist of half a million of them.

    Parameters
    ----------
    buffer : TextBuffer or None
        The text; it must not change while lines are asked for. None if all lines are added with `add`.
    numbers : numpy.ndarray
        (n,) int32: the lines without a row, counted from 0.
    dim : int
        The numbers that a row must have.
    separator : Separator
        What separates the fields.

    Attributes
    ----------
    numbers : numpy.ndarray
        (n,) int32, ascending: the lines, as the block counts them.
    """

    def __init__(
        self, buffer: LinesOfText | None, numbers: NDArray[np.int32], dim: int, separator: Separator
    ) -> None:
        self._buffer = buffer
        self._dim = dim
        self._separator = separator
        self._places = self.numbers = np.sort(numbers)
        self._known: dict[int, BadLine] = {}
        self._refused: dict[int, BadLine] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[BadLine]:
        for lines in self.explained():
            numbers = lines.numbers.tolist()
            yield from map(BadLine, numbers, lines.reasons, lines.beginnings, lines.changed_words)

    def explained(self) -> Iterator[ExplainedLines]:
        """Explain all lines, some thousands at once."""
        if not len(self):
            return
        known = self._lines_known()
        is_unknown = np.array([bad is None for bad in known], dtype=np.bool_)
        buffer = self._buffer
        if buffer and is_unknown.any():
            begins, ends = buffer.bounds_of_lines(self._places[is_unknown])
            text = buffer.array[: buffer.end].tobytes()
        first = 0  # of the lines that are still unknown
        for begin in range(0, len(self), _EXPLAINED_AT_ONCE):
            some = slice(begin, begin + _EXPLAINED_AT_ONCE)
            those_known = [bad for bad in known[some] if bad]
            lines = ExplainedLines(
                self.numbers[some],
                [bad.reason for bad in those_known],
                [bad.beginning for bad in those_known],
                [bad.changed_word for bad in those_known],
            )
            count = len(lines.numbers) - len(those_known)
            if count and buffer:
                here = slice(first, first + count)
                reasons = self._reasons(buffer, text, begins[here], ends[here])
                bounds = zip(begins[here].tolist(), ends[here].tolist(), strict=True)
                beginnings = beginnings_of([text[start:end] for start, end in bounds])
                places = np.flatnonzero(is_unknown[some]).tolist()
                for index, reason, beginning in zip(places, reasons, beginnings, strict=True):
                    lines.reasons.insert(index, reason)
                    lines.beginnings.insert(index, beginning)
                    lines.changed_words.insert(index, None)
            first += count
            yield lines

    def _lines_known(self) -> list[BadLine | None]:
        """Give what `add` and `refuse` said of each line; None for the others."""
        known = list(map(self._known.get, self._places.tolist()))
        for index in np.flatnonzero(self._places == _NOWHERE).tolist():
            known[index] = self._refused[int(self.numbers[index])]
        return known

    def _reasons(
        self, buffer: LinesOfText, text: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> list[str]:
        """Say what is wrong with the numbers or the words of lines."""
        explanations = np.empty(kernels.EXPLANATION_LENGTH * len(begins), dtype=np.int64)
        load_kernels("explain_lines").explain_lines(
            buffer.array,
            begins,
            ends,
            self._separator.code,
            self._dim,
            np.empty(int((ends - begins).max()) + 1, dtype=np.int32),
            np.empty(1, dtype=np.float32),
            explanations,
        )
        columns = explanations.reshape(-1, kernels.EXPLANATION_LENGTH).T.tolist()
        expected = f"expected {self._dim} {'number' if self._dim == 1 else 'numbers'} after the word"
        reasons = []
        for begin, end, code, word_end, value, value_end, count in zip(
            begins.tolist(), ends.tolist(), *columns, strict=True
        ):
            if code == kernels.UNEXPLAINED:
                reasons.append(explain_bad_line(text[begin:end], self._dim, self._separator))
                continue
            word = show(text[begin:word_end])
            if code == kernels.IS_NO_NUMBER:
                reason = _no_number(show(text[value:value_end]), _column(text, begin, value), word)
            elif code == kernels.IS_EMPTY:
                reason = _empty_field(_column(text, begin, value), word, self._separator)
            elif code == kernels.NUMBERS_IN_WORD:
                reason = _numbers_in_word(word)
            elif value < 0:
                reason = f"{expected} {word}, found {count}"
            else:
                reason = f"{expected} {word}, found {count}{_advice(show(text[begin:value]), self._dim)}"
            reasons.append(reason)
        return reasons

    def add(self, bad_lines: Sequence[BadLine]) -> None:
        """Add lines that are explained already; before `renumber`."""
        if not bad_lines:  # the union would import numpy.ma, which takes 12 ms
            return
        self._known |= {bad.line: bad for bad in bad_lines}
        added = np.fromiter((bad.line for bad in bad_lines), dtype=np.int32, count=len(bad_lines))
        self._places = self.numbers = np.union1d(self.numbers, added)

    def refuse(self, bad_lines: Sequence[BadLine]) -> None:
        """Add lines that gave a row which is refused, in place of what else is said of them."""
        added = np.fromiter((bad.line for bad in bad_lines), dtype=np.int32, count=len(bad_lines))
        self.keep(~np.isin(self.numbers, added))
        self._refused |= {bad.line: bad for bad in bad_lines}
        numbers = np.concatenate([self.numbers, added])
        places = np.concatenate([self._places, np.full_like(added, _NOWHERE)])
        order = np.argsort(numbers)
        self.numbers, self._places = numbers[order], places[order]

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Forget all lines but some."""
        self.numbers, self._places = self.numbers[kept], self._places[kept]

    def renumber(self, numbers: NDArray[np.int32]) -> None:
        """Count lines in another way: give line i the number ``numbers[i]``, which ascend."""
        self.numbers = numbers[self.numbers]


def explain_bad_line(line: bytes, dim: int, separator: Separator = SINGLE_SPACE) -> str:
    """Say what is wrong with a line that gave no row.

    Parameters
    ----------
    line : bytes
        The line.
    dim : int
        The numbers a row must have.
    separator : Separator
        What separates the fields.

    Returns
    -------
    str
        The reason, with the word, the field and its column where there is one.
    """
    fields = separator.split(line)
    word = separator.byte.join(fields[:-dim])
    if len(fields) > dim:
        column = len(word.decode(errors="replace")) + 2  # in characters, as editors count
        for value in fields[-dim:]:
            if not value:
                return _empty_field(column, show(word), separator)
            if read_number(value) is None:
                return _no_number(show(value), column, show(word))
            column += len(value.decode()) + 1
    numbers = separator.count_numbers(line)
    if len(fields) > dim and is_quoted(fields[:-dim], separator):
        return (
            f"the word would be {show(word)}, with the quotes; write the words without quotes, "
            "separated by a character that none of them contains"
        )
    if b"\r" in word and not is_word(fields[:-dim], dim, dim_is_certain=True):
        return f"the word would be {show(word)}; a carriage return in this line ends a row"
    if numbers == dim:
        return _numbers_in_word(show(word))
    front = separator.byte.join(fields[: len(fields) - numbers])
    reason = (
        f"expected {dim} {'number' if dim == 1 else 'numbers'} after the word {show(front)}, found {numbers}"
    )
    if numbers > dim and is_word(fields[:-dim], dim, dim_is_certain=True):
        reason += _advice(show(word), dim)
    return reason


def _empty_field(column: int, word: str, separator: Separator) -> str:
    two = "spaces" if separator == SINGLE_SPACE else "separators"
    return (
        f"column {column} is empty where a number must follow the word {word}: "
        f"there are two {two}, and a single one separates the fields"
    )


def _no_number(value: str, column: int, word: str) -> str:
    return f"{value} in column {column}, after the word {word}, is not a number"


def _numbers_in_word(word: str) -> str:
    return f"the word would be {word}, which contains numbers; two rows may share this line"


def _advice(word: str, dim: int) -> str:
    return f"; if the word is {word}, state the dimension (dim={dim}, --dim {dim})"


def _column(text: bytes, begin: int, position: int) -> int:
    """Count characters, as editors do, up to a position in the line that begins at `begin`."""
    before = text[begin:position]
    return 1 + (len(before) if before.isascii() else len(before.decode(errors="replace")))


def show(text: bytes) -> str:
    """Quote the beginning of some bytes for a message: as text if they are UTF-8, else as bytes."""
    shown = text if len(text) <= _SHOWN_BYTES else _beginning(text)
    try:
        quoted = repr(shown.decode())
    except UnicodeDecodeError:
        quoted = repr(shown)
    return quoted if shown is text else quoted + "…"


def beginning_of(line: bytes) -> str:
    r"""Give the beginning of a line as text, without its end; bytes that are not UTF-8 become ``\xNN``."""
    return beginnings_of([line])[0]


def beginnings_of(lines: Sequence[bytes]) -> list[str]:
    """Give the beginnings of lines, as `beginning_of` does."""
    if not lines:
        return []
    whole = [line.rstrip(b"\r") for line in lines]
    shown = [line if len(line) <= _SHOWN_BYTES else _beginning(line) for line in whole]
    # Decoding all of them at once takes half the time, or a fifth where bytes are not UTF-8.
    texts = b"\n".join(shown).decode(errors="backslashreplace").split("\n")
    if len(texts) != len(shown):  # a word of the binary format has a newline
        texts = [each.decode(errors="backslashreplace") for each in shown]
    return [
        text if len(line) <= _SHOWN_BYTES else text + "…" for text, line in zip(texts, whole, strict=True)
    ]


def _beginning(text: bytes) -> bytes:
    """Cut bytes off behind the first ones, but never inside a character."""
    end = _SHOWN_BYTES
    while end < len(text) and text[end] & 0xC0 == 0x80 and end > _SHOWN_BYTES - 4:
        end -= 1
    return text[:end]
