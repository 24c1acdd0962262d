"""The fields of a line, and which of them are numbers."""

# What may follow a row on its line.
LINE_END = b" \r"


def read_number(value: bytes) -> float | None:
    """Read a number as ``numpy.asarray(fields, dtype="float32")`` does before it rounds, or give None.

    Besides decimal numbers these are ``nan``, ``inf``, ``1_000`` and the digits of other alphabets.
    """
    try:
        return float(value.decode())
    except ValueError:
        return None


def count_numbers(line: bytes) -> int:
    """Count the numbers at the end of a row; the first field is a word even if it looks like a number."""
    count = 0
    for value in reversed(line.rstrip(LINE_END).split(b" ")[1:]):
        if read_number(value) is None:
            break
        count += 1
    return count
