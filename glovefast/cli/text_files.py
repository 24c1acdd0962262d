"""Text files as pieces of text, each cut off where a word ends."""

import codecs
from collections.abc import Iterator

from glovefast.errors import FormatError
from glovefast.sources.source import Source

_BLOCK_BYTES = 1 << 20
_LONGEST_WORD = 1 << 24


def read_pieces(source: Source) -> Iterator[str]:
    """Read UTF-8 text in pieces of about 1 MiB, however long its lines are.

    Parameters
    ----------
    source : Source
        The text, as `glovefast.sources.opening.open_source` opens it.

    Yields
    ------
    str
        The next piece. It ends with a newline or a space (at the end of the text with whatever is left), so
        that no word is cut, nor what decides about its lower case.

    Raises
    ------
    FormatError
        If the text is not UTF-8, with the line; if 16 million characters pass without a space or newline.
    OSError
        If it cannot be read.
    """
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, begun = 0, ""
    while True:
        count = source.readinto(buffer)
        try:
            text = begun + decoder.decode(buffer[:count], final=count == 0)
        except UnicodeDecodeError as error:
            line = lines + error.object.count(b"\n", 0, error.start) + 1
            raise FormatError(
                source.name,
                line,
                f"is not UTF-8 ({error.reason}); convert the text, for example with: iconv -f LATIN1",
            ) from error
        if count == 0:
            break
        end = max(text.rfind(" "), text.rfind("\n")) + 1
        piece, begun = text[:end], text[end:]
        lines += piece.count("\n")
        if len(begun) > _LONGEST_WORD:
            raise FormatError(
                source.name,
                lines + 1,
                f"has no space in {len(begun):,} characters; check that it is text with spaces between words",
            )
        if piece:
            yield piece
    if text:
        yield text
