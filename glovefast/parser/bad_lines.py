"""Bad lines: what is wrong with each, and how a message shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glovefast.parser.separators import SINGLE_SPACE, Separator, is_quoted, is_word, read_number

_SHOWN_BYTES = 60
_EXPLAINED_AT_ONCE = 4096
_NOWHERE = -1  # the place of a line that is not looked at again
CARRIAGE_RETURNS = (
    "the lines end in a carriage return alone; replace it first, for example with: tr '\\r' '\\n'"
)


class LinesOfText(Protocol):
    """The text that has the bad lines."""

    def lines(self, numbers: Sequence[int]) -> list[bytes]:
        """Give lines by their numbers, counted from 0."""
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


class BadLines:
    """The bad lines of a block, in order.

    Each is explained only when it is asked for: a chunk may consist of half a million of them.

    Parameters
    ----------
    buffer : TextBuffer
        The text; it must not change while lines are asked for.
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
        self, buffer: LinesOfText, numbers: NDArray[np.int32], dim: int, separator: Separator
    ) -> None:
        self._buffer = buffer
        self._dim = dim
        self._separator = separator
        self._places = self.numbers = np.sort(numbers)
        self._explained: dict[int, BadLine] = {}
        self._refused: dict[int, BadLine] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[BadLine]:
        for begin in range(0, len(self.numbers), _EXPLAINED_AT_ONCE):
            numbers = self.numbers[begin : begin + _EXPLAINED_AT_ONCE].tolist()
            places = self._places[begin : begin + _EXPLAINED_AT_ONCE].tolist()
            lines = iter(self._buffer.lines([place for place in places if place != _NOWHERE]))
            for number, place in zip(numbers, places, strict=True):
                if place == _NOWHERE:
                    yield self._refused[number]
                    continue
                line = next(lines)
                if bad := self._explained.get(place):
                    yield replace(bad, line=number)
                else:
                    reason = explain_bad_line(line, self._dim, self._separator)
                    yield BadLine(number, reason, beginning_of(line))

    def add(self, bad_lines: Sequence[BadLine]) -> None:
        """Add lines that are explained already; before `renumber`."""
        if not bad_lines:  # the union would import numpy.ma, which takes 12 ms
            return
        self._explained |= {bad.line: bad for bad in bad_lines}
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
                two = "spaces" if separator == SINGLE_SPACE else "separators"
                return (
                    f"column {column} is empty where a number must follow the word {show(word)}: "
                    f"there are two {two}, and a single one separates the fields"
                )
            if read_number(value) is None:
                return f"{show(value)} in column {column}, after the word {show(word)}, is not a number"
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
        return f"the word would be {show(word)}, which contains numbers; two rows may share this line"
    front = separator.byte.join(fields[: len(fields) - numbers])
    reason = (
        f"expected {dim} {'number' if dim == 1 else 'numbers'} after the word {show(front)}, found {numbers}"
    )
    if numbers > dim and is_word(fields[:-dim], dim, dim_is_certain=True):
        reason += f"; if the word is {show(word)}, state the dimension (dim={dim}, --dim {dim})"
    return reason


def show(text: bytes) -> str:
    """Quote the beginning of some bytes for a message: as text if they are UTF-8, else as bytes."""
    shown = _beginning(text)
    try:
        quoted = repr(shown.decode())
    except UnicodeDecodeError:
        quoted = repr(shown)
    return quoted + "…" * (len(shown) < len(text))


def beginning_of(line: bytes) -> str:
    r"""Give the beginning of a line as text, without its end; bytes that are not UTF-8 become ``\xNN``."""
    line = line.rstrip(b"\r")
    shown = _beginning(line)
    return shown.decode(errors="backslashreplace") + "…" * (len(shown) < len(line))


def _beginning(text: bytes) -> bytes:
    """Cut bytes off behind the first ones, but never inside a character."""
    end = _SHOWN_BYTES
    while end < len(text) and text[end] & 0xC0 == 0x80 and end > _SHOWN_BYTES - 4:
        end -= 1
    return text[:end]
