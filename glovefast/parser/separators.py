"""The separators of a row's fields, and which fields are numbers."""

import re
from contextlib import suppress
from dataclasses import dataclass

from glovefast.errors import shortened
from glovefast.kernels import NUMBERS_IN_DAMAGE, WHITESPACE

_BLANKS = b" \t"
_RUN_OF_BLANKS = re.compile(rb"[ \t]+")
# Characters that occur in numbers or end a line; others in words, so that only ASCII punctuation is left.
_NOT_A_SEPARATOR = re.compile(r"[^\x00-\x7f]|[0-9A-Za-z.+\-_\r\n\0]")


@dataclass(frozen=True)
class Separator:
    """What separates the fields of a row.

    Attributes
    ----------
    code : int
        For the kernels: a byte, or `WHITESPACE` for runs of spaces and tabs.
    """

    code: int = ord(" ")

    @property
    def line_end(self) -> bytes:
        """The characters to ignore at the end of a line."""
        return b" \r" if self.code == ord(" ") else b" \t\r" + self.byte

    @property
    def byte(self) -> bytes:
        """The separator as it stands between the fields of a message."""
        return b" " if self.code == WHITESPACE else bytes([self.code])

    def split(self, line: bytes) -> list[bytes]:
        """Split a line into its fields; without blanks around them unless the space separates."""
        row = line.rstrip(self.line_end)
        return self.split_word(row.lstrip(_BLANKS) if self.code == WHITESPACE else row)

    def split_word(self, word: bytes) -> list[bytes]:
        """Split a word, or a line without its end, into its fields."""
        if self.code == WHITESPACE:
            return _RUN_OF_BLANKS.split(word)
        fields = word.split(self.byte)
        return fields if self.code == ord(" ") else [field.strip(_BLANKS) for field in fields]

    def count_numbers(self, line: bytes) -> int:
        """Count the numbers at the end of a row; the first field is a word even if it looks like a number."""
        fields = self.split(line)[1:]
        with suppress(ValueError):
            return len(list(map(float, fields)))  # nearly all rows have nothing but numbers
        count = 0
        for value in reversed(fields):
            if read_number(value) is None:
                break
            count += 1
        return count


SINGLE_SPACE = Separator()


def separator_of(option: str | None) -> Separator:
    """Read the option `separator`.

    Parameters
    ----------
    option : str or None
        One ASCII character, or ``"whitespace"``; None for the single space.

    Returns
    -------
    Separator
        What separates the fields.

    Raises
    ------
    ValueError, TypeError
        If the option is neither.
    """
    if option is None:
        return SINGLE_SPACE
    if not isinstance(option, str):
        raise TypeError(f"separator must be a string, not {type(option).__name__}")
    if option == "whitespace":
        return Separator(WHITESPACE)
    if len(option) != 1 or _NOT_A_SEPARATOR.match(option):
        raise ValueError(
            f"separator={shortened(option)} must be 'whitespace' or one ASCII character that cannot be part "
            "of a number, such as a tab or a comma"
        )
    return Separator(ord(option))


def read_number(value: bytes) -> float | None:
    """Read a number as ``numpy.asarray(fields, dtype="float32")`` does before it rounds, or give None.

    Besides decimal numbers these are ``nan``, ``inf``, ``1_000`` and the digits of other alphabets.
    """
    try:
        return float(value.decode())
    except ValueError:
        return None


def is_word(fields: list[bytes], dim: int, *, dim_is_certain: bool) -> bool:
    """Tell a word with spaces from a row with too many numbers (two rows in one line, another dimension).

    Parameters
    ----------
    fields : list of bytes
        Everything before the last `dim` fields of a row.
    dim : int
        Numbers per row.
    dim_is_certain : bool
        Whether the file or the user states the dimension. Then a word may end in numbers ("windows 95"),
        unless they are so many that two rows seem to share the line.

    Returns
    -------
    bool
        False if a number stands directly before the vector, or if there are two after the first field, or if
        a carriage return, which ends a line in old files, follows a number.
    """
    if any(b"\r" in field for field in fields[1:]) and _ends_a_row(fields):
        return False
    numbers = [read_number(field) is not None for field in fields[1:]]
    ends_in_number = numbers[-1:] == [True]
    if not dim_is_certain:
        return sum(numbers) < 2 and not ends_in_number
    return sum(numbers) < max(2 + ends_in_number, min(dim, NUMBERS_IN_DAMAGE))


def _ends_a_row(fields: list[bytes]) -> bool:
    """Tell whether a carriage return follows a number."""
    before = False
    for field in fields[1:]:
        front, carriage_return, _ = field.partition(b"\r")
        if carriage_return and (before if not front else read_number(front) is not None):
            return True
        before = read_number(field) is not None
    return False


def is_quoted(fields: list[bytes], separator: Separator) -> bool:
    """Tell whether a word contains the separator in double quotes, as tables with commas have it.

    Unless blanks separate: phrases in quotes are words.
    """
    if separator.byte in (b" ", b"\t") or len(fields) < 2:
        return False
    return fields[0].startswith(b'"') and fields[-1].endswith(b'"')
