"""Bad lines: what is wrong with each, and how a message shows it."""

from dataclasses import dataclass

from glovefast.parser.fields import LINE_END, count_numbers, read_number

_SHOWN_BYTES = 60
# A row with one or two numbers too many may have a word that ends in them: "windows 95", "june 6 1944".
_NUMBERS_IN_A_WORD = 2


@dataclass(frozen=True)
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


def explain_bad_line(line: bytes, dim: int) -> str:
    """Say what is wrong with a line that gave no row.

    Parameters
    ----------
    line : bytes
        The line.
    dim : int
        The numbers a row must have.

    Returns
    -------
    str
        The reason, with the word, the field and its column where there is one.
    """
    text = line.rstrip(LINE_END)
    fields = text.split(b" ")
    word = b" ".join(fields[:-dim])
    if len(fields) > dim:
        column = len(word.decode(errors="replace")) + 2  # in characters, as editors count
        for value in fields[-dim:]:
            if not value:
                return (
                    f"column {column} is empty where a number must follow the word {show(word)}: "
                    "there are two spaces, and a single one separates the fields"
                )
            if read_number(value) is None:
                return f"{show(value)} in column {column}, after the word {show(word)}, is not a number"
            column += len(value.decode()) + 1
    numbers = count_numbers(text)
    if numbers == dim:
        return f"the word would be {show(word)}, which contains numbers; two rows may share this line"
    front = b" ".join(fields[: len(fields) - numbers])
    reason = (
        f"expected {dim} {'number' if dim == 1 else 'numbers'} after the word {show(front)}, found {numbers}"
    )
    if 0 < numbers - dim <= _NUMBERS_IN_A_WORD:
        reason += f"; if the word is {show(word)}, replace its last space with another character"
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
