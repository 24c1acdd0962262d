"""Whole lines, cut from a source in whatever sizes."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import FormatError
from glovefast.kernels import PADDING
from glovefast.parser import chunks
from glovefast.parser.chunks import ChunkReader, TextBuffer

TEXTS = st.lists(st.sampled_from([b"\n", b"a", b"bc 1", b" ", b"\r\n", b"long " * 9, b"longer " * 99])).map(
    b"".join
)


class Bytes(io.BytesIO):
    """A source that keeps to what the protocol promises, and no more: full reads, in order."""

    name = "bytes.txt"


def text_of(buffer: TextBuffer) -> bytes:
    return bytes(buffer.array[buffer.begin : buffer.end])


def read_all(text: bytes, buffers: list[TextBuffer], min_lines: int = 1) -> list[bytes]:
    """Read a text in turns into several buffers, and check every promise on the way."""
    reader, parts = ChunkReader(Bytes(text)), []
    while True:
        buffer = buffers[len(parts) % len(buffers)]
        ended = reader.ended
        number = reader.read(buffer, min_lines)
        if number is None:
            break
        assert not ended
        assert number == len(parts)
        assert buffer.begin >= PADDING
        assert len(buffer.array) >= buffer.end + PADDING
        parts.append(text_of(buffer))
    assert reader.ended
    assert reader.read(buffers[0]) is None
    return parts


@given(text=TEXTS, chunk_bytes=st.integers(1, 60), workers=st.integers(1, 3), min_lines=st.integers(1, 4))
def test_the_chunks_are_the_text(text, chunk_bytes, workers, min_lines):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        parts = read_all(text, [TextBuffer() for _ in range(workers)], min_lines)
    missing_newline = b"\n" if text and not text.endswith(b"\n") else b""
    assert b"".join(parts) == text + missing_newline
    assert all(part.endswith(b"\n") for part in parts)
    # The last may hold what is left; no other is shorter than it has to be.
    assert all(part.count(b"\n") >= min_lines for part in parts[:-1])


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("chunk_bytes", [1, 4, 7, 8, 9, 15, 16, 17, 100])
def test_sizes_around_the_end_of_the_text(monkeypatch, chunk_bytes, end):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    parts = read_all(b"the 1 2\nof 3 4 5" + end, [TextBuffer()])
    assert b"".join(parts) == b"the 1 2\nof 3 4 5\n"
    assert len(parts) == (1 if chunk_bytes > 16 else 2)


def test_a_chunk_is_no_longer_than_it_has_to_be(monkeypatch):
    """One long line does not make the chunks behind it long."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 10)
    text = b"a 1\nb 2\n" + b"w" * 100 + b" 1\n" + b"c 1\nd 2\n" * 50
    parts = read_all(text, [TextBuffer(), TextBuffer()])
    assert max(map(len, parts)) < 170
    assert parts[0] == b"a 1\nb 2\n"


def test_nothing_at_all():
    reader, buffer = ChunkReader(Bytes(b"")), TextBuffer()
    assert reader.read(buffer) is None
    assert reader.ended


@pytest.mark.parametrize("text", [b"a 1\nb 2", b"a 1\nb 2\n", b"a 1", b"\n"])
def test_the_end_is_known_where_it_was_seen(text):
    """The layout of a short text depends on it, and not on whether there is a last newline."""
    reader, buffer = ChunkReader(Bytes(text)), TextBuffer()
    assert not reader.ended
    assert reader.read(buffer) == 0
    assert reader.ended
    assert text_of(buffer) == text.removesuffix(b"\n") + b"\n"


@pytest.mark.parametrize("before", [b"", b"a 1\nb 2\n"])
def test_a_line_beyond_all_bounds(monkeypatch, before):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 10)
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 1 << 21)
    longest = b"w" * ((1 << 21) - 3) + b" 1\n"
    assert b"".join(read_all(before + longest, [TextBuffer()])) == before + longest
    with pytest.raises(FormatError, match="a line is longer than 2 MiB") as caught:
        read_all(before + b"<html>" + b"w" * (1 << 21) + b" 1\n", [TextBuffer()])
    assert caught.value.path == "bytes.txt"
    assert f"it begins with '<html>{'w' * 54}'…" in caught.value.reason


def test_errors_of_the_source_come_through():
    class Failing(Bytes):
        def readinto(self, buffer):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        ChunkReader(Failing()).read(TextBuffer())


def lines_of(buffer: TextBuffer, numbers: list[int]) -> list[bytes]:
    begins, ends = buffer.bounds_of_lines(np.array(numbers, dtype=np.int32))
    return [bytes(buffer.bytes[begin:end]) for begin, end in zip(begins, ends, strict=True)]


def test_lines_are_found_again(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 16)
    reader, buffer = ChunkReader(Bytes(b"h\na 1\n\nb\r\nccc 2\nd 4\n")), TextBuffer()
    assert reader.read(buffer) == 0
    assert lines_of(buffer, []) == []
    assert lines_of(buffer, [4, 0, 2, 3]) == [b"ccc 2", b"h", b"", b"b\r"]
    buffer.begin += 2  # as where the first line is a header
    assert lines_of(buffer, [0, 1, 2]) == [b"a 1", b"", b"b\r"]


@pytest.mark.parametrize("blank", [b"\n", b" \r\n"])
def test_rows_behind_many_blank_lines(tmp_path, monkeypatch, blank):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 64)
    for lines in (1, 31, 63, 64, 65, 200):
        source = tmp_path / "v.txt"
        source.write_bytes(blank * lines + b"a 1\n" + blank * lines + b"b 2\n")
        store = glovefast.load(glovefast.convert(source, tmp_path / "v.glovefast", overwrite=True))
        assert store.words.to_pylist() == ["a", "b"]
        assert store.metadata.report.blank_lines == 2 * lines
        source.write_bytes(b"2 1\n" + blank * lines + b"a 1\nb 2\n")
        store = glovefast.load(glovefast.convert(source, tmp_path / "v.glovefast", overwrite=True))
        assert store.metadata.report.header == (2, 1)


def test_blank_lines_without_end(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 64)
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 1 << 20)
    with pytest.raises(FormatError, match="the first 1 MiB are blank lines"):
        glovefast.dry_run(io.BytesIO(b"\n" * (1 << 22)))
