"""Text files as pieces of text, none of which ends inside a word."""

import codecs
from collections.abc import Iterator

from glovefast.errors import FormatError
from glovefast.sources.file_types import binary_header
from glovefast.sources.source import Source

_BLOCK_BYTES = 1 << 20
_LONGEST_WORD = 1 << 24
_LONGEST_LINE = 1 << 24


def read_pieces(source: Source) -> Iterator[str]:
    """Read UTF-8 text in pieces of about 1 MiB, no matter how long its lines are.

    Parameters
    ----------
    source : Source
        The text, as opened by `glovefast.sources.opening.open_source`.

    Yields
    ------
    str
        The next piece. All but the last end with a newline or a space, so no word is cut, and its lower case
        does not depend on where the pieces end.

    Raises
    ------
    FormatError
        If the text is not UTF-8 (with the line), is in word2vec's binary format, or has 16 million characters
        without a space or newline.
    OSError
        If the text cannot be read.
    """
    if binary_header(source.head) is not None:
        raise FormatError(source.name, None, "is in word2vec's binary format, not text; pass the text itself")
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
                f"is not UTF-8 ({error.reason}); convert it, for example with: "
                "iconv -f LATIN1 -t UTF-8 FILE > NEW_FILE",
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
                f"has no space in {len(begun):,} characters; check that it is text with words",
            )
        if piece:
            yield piece
    if text:
        yield text


def read_lines(source: Source) -> Iterator[list[str]]:
    """Read the lines of UTF-8 text, those of about 1 MiB at a time.

    Parameters
    ----------
    source : Source
        The text, as opened by `glovefast.sources.opening.open_source`.

    Yields
    ------
    list of str
        The next lines, without what ends them.

    Raises
    ------
    FormatError
        As for `read_pieces`, and if a line has more than 16 million characters.
    OSError
        If the text cannot be read.
    """
    done, begun, length = 0, [], 0
    for piece in read_pieces(source):
        begun.append(piece)
        length += len(piece)
        if "\n" in piece:
            *lines, last = "".join(begun).split("\n")
            yield [line.removesuffix("\r") for line in lines]
            done, begun, length = done + len(lines), [last], len(last)
        if length > _LONGEST_LINE:
            reason = f"has more than {_LONGEST_LINE:,} characters; write one text per line"
            raise FormatError(source.name, done + 1, reason)
    if length:
        yield ["".join(begun).removesuffix("\r")]
