"""Lists of words in files, one word per line."""

import sys
from pathlib import Path

from glovefast.errors import FormatError, GlovefastError


def read_word_list(path: Path) -> list[str]:
    """Read a list of words, one per line; a word may contain any white space except a newline.

    Parameters
    ----------
    path : pathlib.Path
        The file, in UTF-8 with or without a byte order mark; ``-`` is standard input.

    Returns
    -------
    list of str
        The words; an empty line is an empty word.

    Raises
    ------
    FormatError
        If the file is empty, or not UTF-8 (with the line).
    OSError
        If the file cannot be read.
    """
    if str(path) == "-":
        if sys.stdin is None:
            raise GlovefastError("standard input is closed; pipe the list of words into the command")
        name, data = "<stdin>", sys.stdin.buffer.read()
    else:
        name, data = str(path), path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(name, line, f"is not UTF-8 ({error.reason}); convert the list of words") from error
    if not text:
        raise FormatError(name, None, "is empty; write one word per line")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
