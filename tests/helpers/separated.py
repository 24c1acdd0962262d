"""Embedding text with any separators, and what the parser makes of it."""

import io

import numpy as np
from numpy.typing import NDArray

from glovefast.parser.blocks import BlockParser
from glovefast.parser.chunks import ChunkReader, TextBuffer
from glovefast.parser.row_layout import infer_layout

SEPARATORS = (
    *(" ", "  ", "\t", "\t\t", " \t", "\t ", ",", ", ", " ,", " , ", ";", "; ", "|", " | ", ":", ": ", "="),
    *("\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}"),
)
WORDS = ("the", "of", "</s>", ",", "w2v", "caf\u00e9")
PHRASES = ("new york", "of", "los angeles", ".", "at the time", "caf\u00e9 au lait")
NUMBERS = ("0.1", "-0.25", "3", "4.5e-05", "-7", "0.125", "0.5", "1", "-0.75", "2.5", "0.6", "-0.3")
DIM = 3


class Bytes(io.BytesIO):
    """A text in memory with the name of a source."""

    name = "vectors.txt"


def made(
    words: tuple[str, ...],
    glue: str,
    between: str,
    *,
    header: bool,
    numbers: tuple[str, ...] = NUMBERS,
    dim: int = DIM,
) -> tuple[bytes, NDArray[np.float32]]:
    """Write rows with one separator after the words and one between the numbers; give the numbers as well."""
    rows = [[numbers[(dim * row + n) % len(numbers)] for n in range(dim)] for row in range(len(words))]
    lines = [f"{len(words)} {dim}"] if header else []
    lines += [word + glue + between.join(row) for word, row in zip(words, rows, strict=True)]
    return ("\n".join(lines) + "\n").encode(), np.array(rows, dtype="float32")


def read(text: bytes, **options) -> tuple[list[str], NDArray[np.float32], list[str]]:
    """Read a text as a conversion does: its words, its rows, and the reasons of its bad lines."""
    reader, buffer = ChunkReader(Bytes(text)), TextBuffer()
    reader.read(buffer, min_lines=2)
    sample = bytes(buffer.bytes[buffer.begin : buffer.end])
    layout = infer_layout(sample, "vectors.txt", whole=reader.ended, **options)
    if layout.header:
        buffer.begin += sample.index(b"\n") + 1
    block = BlockParser(layout.dim, separator=layout.separator, dim_is_certain=layout.dim_is_certain).parse(
        buffer
    )
    return block.words.to_pylist(), block.rows, [bad.reason for bad in block.bad_lines if not bad.kept]
