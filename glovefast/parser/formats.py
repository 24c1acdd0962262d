"""Text or word2vec's binary format: the reader and the parser for what a source holds."""

from typing import Protocol

from glovefast.errors import FormatError
from glovefast.parser.blocks import Block, BlockParser
from glovefast.parser.chunks import ByteSource, ChunkReader, TextBuffer
from glovefast.parser.decoding import UTF_8
from glovefast.parser.row_layout import Layout
from glovefast.parser.word2vec_binary import BinaryBlockParser, BinaryRowReader
from glovefast.sources.file_types import binary_header
from glovefast.vocabulary.word_index import WordIndex


class SourceWithHead(ByteSource, Protocol):
    """A source whose first bytes can be inspected before they are read."""

    @property
    def head(self) -> bytes:
        """The first bytes."""
        ...


class Parser(Protocol):
    """What turns a chunk into a block."""

    def parse(self, buffer: TextBuffer) -> Block:
        """Parse a chunk; the block is valid until the next call."""
        ...


def reader_of(
    source: SourceWithHead,
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
) -> ChunkReader | BinaryRowReader:
    """Choose the reader for what a source holds; its first bytes tell.

    Parameters
    ----------
    source : SourceWithHead
        The source, with nothing read yet.
    dim, header, separator
        As in `glovefast.conversion.convert.convert`.

    Raises
    ------
    FormatError
        If the source is in word2vec's binary format, and `dim`, `header` or `separator` does not fit it.
    """
    found = binary_header(source.head)
    if found is None:
        return ChunkReader(source)
    if header is False:
        reason = "is in word2vec's binary format, which has a header; leave out header=False (--no-header)"
        raise FormatError(source.name, None, reason)
    if separator not in (None, " "):
        reason = (
            "is in word2vec's binary format, where a space follows each word and nothing separates the "
            "numbers; leave out separator (--separator)"
        )
        raise FormatError(source.name, None, reason)
    return BinaryRowReader(source, found, dim)


def parser_for(
    layout: Layout, errors: str = "strict", wanted: WordIndex | None = None, encoding: str = UTF_8
) -> Parser:
    """Make a parser for rows that look as `layout` says; the options are those of `BlockParser`."""
    if layout.is_binary:
        return BinaryBlockParser(layout.dim, errors, wanted, encoding=encoding)
    return BlockParser(
        layout.dim,
        errors,
        wanted,
        encoding=encoding,
        separator=layout.separator,
        dim_is_certain=layout.dim_is_certain,
    )
