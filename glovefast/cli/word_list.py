"""Lists of words in files, one word per line."""

import sys
from pathlib import Path

from glovefast.errors import FormatError, GlovefastError


def read_word_list(path: Path, encoding: str = "utf-8") -> list[str]:
    """Read a list of words, one per line; a word may contain any white space except a newline.

    Parameters
    ----------
    path : pathlib.Path
        The file, in UTF-8 with or without a byte order mark; ``-`` is standard input.
    encoding : str
        The encoding of a file that is not UTF-8.

    Returns
    -------
    list of str
        The words; an empty line is an empty word.

    Raises
    ------
    FormatError
        If the file is empty, compressed, or not UTF-8 (with the line).
    OSError
        If the file cannot be read.
    """
    if str(path) == "-":
        if sys.stdin is None:
            raise GlovefastError("standard input is closed; pipe the list of words into the command")
        name, data = "<stdin>", sys.stdin.buffer.read()
    else:
        name, data = str(path), path.read_bytes()
    _check_not_packed(name, data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            which = "UTF-8" if encoding == "utf-8" else f"UTF-8 or {encoding}"
            reason = f"is not {which} ({error.reason}); convert the list of words"
            raise FormatError(name, line, reason) from error
    if not text:
        raise FormatError(name, None, "is empty; write one word per line")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _check_not_packed(name: str, data: bytes) -> None:
    """Raise FormatError if the list is compressed or a zip archive."""
    from glovefast.sources.compression import compression_of
    from glovefast.sources.zip_archives import ZIP_MAGIC

    packed = compression_of(data)
    if data.startswith(ZIP_MAGIC):
        packed = "zip", "unzip"
    if packed:
        how = f"{packed[1]} {'-p' if packed[1] == 'unzip' else '-dc'} FILE | glovefast ..."
        raise FormatError(name, None, f"is packed with {packed[0]}; unpack it first, or pipe it: {how}")
