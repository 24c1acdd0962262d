"""Bad lines: what is wrong with each, and how a message shows it."""

from dataclasses import dataclass

from glovefast.parser.fields import SINGLE_SPACE, Separator, is_word, read_number

_SHOWN_BYTES = 60
CARRIAGE_RETURNS = (
    "the lines end in a carriage return alone; replace it first, for example with: tr '\\r' '\\n'"
)


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
