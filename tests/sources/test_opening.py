"""Where the bytes come from: every container, read whole from files, file objects and pipes."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import subprocess
import sys
import zipfile
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.conversion.convert import convert
from glovefast.sources.file_types import HEAD_BYTES
from glovefast.sources.opening import open_source
from glovefast.vectors import load
from tests.helpers.containers import COMPRESSIONS, TEXT, read_all, tarred, zipped
from tests.helpers.waiting import written

# Containers, whole


@pytest.mark.parametrize("chunk_bytes", [1, 7, HEAD_BYTES, HEAD_BYTES + 1, len(TEXT), 2 * len(TEXT)])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_chunk_size_gives_the_same_bytes(file, compression, chunk_bytes):
    assert read_all(file(COMPRESSIONS[compression](TEXT)), chunk_bytes) == TEXT


@pytest.mark.parametrize("chunk_bytes", [1, 7, HEAD_BYTES + 1, 2 * len(TEXT)])
@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_zip_method_and_chunk_size_gives_the_same_bytes(file, method, chunk_bytes):
    assert read_all(file(zipped({"vectors.txt": TEXT}, method)), chunk_bytes) == TEXT


@given(
    text=st.binary(min_size=1, max_size=3 * HEAD_BYTES).map(lambda data: b"the 1\n" + data),
    compression=st.sampled_from(list(COMPRESSIONS)),
    chunk_bytes=st.integers(1, 4 * HEAD_BYTES),
)
def test_any_bytes_behind_a_row_come_through(text, compression, chunk_bytes):
    assert read_all(io.BytesIO(COMPRESSIONS[compression](text)), chunk_bytes) == text


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_concatenated_streams_are_one_text(file, compress):
    assert read_all(file(compress(TEXT[:5000]) + compress(TEXT[5000:]))) == TEXT


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_container_is_told_by_its_bytes_not_its_name(file, compression):
    assert read_all(file(COMPRESSIONS[compression](TEXT), "vectors.zip")) == TEXT


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("glove.6B.50d.txt", "glove.6B.50d"),
        ("glove.6B.50d.txt.gz", "glove.6B.50d"),
        ("glove.6B.50d", "glove.6B.50d"),
        ("wiki.en.vec", "wiki.en"),
        ("VECTORS.TXT.XZ", "VECTORS"),
        ("v.bz2", "v"),
    ],
)
def test_names(file, name, stem):
    path = file(TEXT, name)
    with open_source(path) as source:
        assert (source.name, source.stem, source.member) == (str(path), stem, None)
        assert (source.bytes_read, source.bytes_total) == (0, len(TEXT))


def test_a_path_may_be_a_string_and_a_source_can_be_closed_twice(file):
    source = open_source(str(file(TEXT)))
    source.close()
    source.close()
    with pytest.raises(ValueError, match="closed"):
        source.readinto(memoryview(bytearray(2 * HEAD_BYTES)))


def test_a_compressed_file_counts_its_compressed_bytes(file):
    data = gzip.compress(TEXT)
    with open_source(file(data)) as source:
        assert source.bytes_total == len(data)
        assert 0 <= source.bytes_read <= len(data)


def test_a_byte_order_mark_is_passed_over(file):
    for wrap in (*COMPRESSIONS.values(), lambda data: zipped({"v": data})):
        path = file(wrap(b"\xef\xbb\xbf" + TEXT))
        assert read_all(path) == TEXT


MARK = b"\xef\xbb\xbf"
MARKED = {
    **COMPRESSIONS,
    "zip": lambda data: zipped({"v": data}),
    "tar": lambda data: tarred({"v": data}),
    "tar.xz": lambda data: tarred({"v": data}, "w:xz"),
}


@pytest.mark.parametrize("text", [b"the 0.1 0.2\nof 0.3 0.4\n", b"2 2\nthe 0.1 0.2\nof 0.3 0.4\n"])
@pytest.mark.parametrize("wrapping", MARKED)
def test_a_byte_order_mark_is_not_part_of_the_first_word_or_the_header(tmp_path, wrapping, text):
    data = MARKED[wrapping](MARK + text)
    assert load(convert(io.BytesIO(data), tmp_path / "made")).words.to_pylist() == ["the", "of"]
    report = glovefast.verify(tmp_path / "made", io.BytesIO(data))
    assert report.problems == ()


def test_a_byte_order_mark_in_a_pipe(tmp_path):
    """Its bytes may come one by one."""
    assert read_all(ShortReads(MARK + TEXT)) == TEXT
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write(file: IO[bytes]) -> None:
        for byte in MARK + b"the 0.1\n":
            file.write(bytes([byte]))
            file.flush()

    with written(pipe, write):
        assert load(convert(pipe, tmp_path / "made")).words.to_pylist() == ["the"]


def test_two_byte_order_marks_are_one_and_a_word(file):
    assert read_all(file(MARK + MARK + b"the 0.1\n")) == MARK + b"the 0.1\n"


def test_the_real_file_comes_through_whole(glove_6b_50d):
    digest = hashlib.md5(usedforsecurity=False)
    with open_source(glove_6b_50d) as source:
        assert source.stem == "glove.6B.50d"
        buffer = memoryview(bytearray(1 << 20))
        while count := source.readinto(buffer):
            digest.update(buffer[:count])
        assert source.bytes_read == source.bytes_total
    assert digest.hexdigest() == "0fac3659c38a4c0e9432fe603de60b12"


# File objects and pipes


class ShortReads:
    """A stream as a network gives it: no `readinto`, no `seek`, a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 13))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_stream_with_short_reads_fills_the_buffer(compression):
    assert read_all(ShortReads(COMPRESSIONS[compression](TEXT)), 1000) == TEXT


def test_a_file_object_is_read_from_where_it_stands_and_left_open(file):
    with file(b"junk" + TEXT).open("rb") as raw:
        raw.seek(4)
        assert read_all(raw) == TEXT
        assert not raw.closed
        raw.seek(4)
        with open_source(raw) as source:
            assert source.name == raw.name
            assert source.stem is None
            assert source.bytes_total == len(TEXT)


def test_a_zip_in_memory_is_read():
    with open_source(io.BytesIO(zipped({"a/v.txt": TEXT}))) as source:
        assert (source.name, source.stem, source.member) == ("<stream>!a/v.txt", "v", "a/v.txt")
    assert read_all(io.BytesIO(zipped({"a/v.txt": TEXT}))) == TEXT


def test_a_text_file_object_is_a_programming_error(file):
    with file(TEXT).open(encoding="utf-8") as text, pytest.raises(TypeError, match="binary mode"):
        open_source(text)
    with pytest.raises(TypeError, match="not int"):
        open_source(3)


def test_a_stream_that_gives_text_is_a_programming_error():
    class Text:
        def read(self, size: int) -> str:
            return "the 1"

    with pytest.raises(TypeError, match="binary mode"):
        open_source(Text())


def test_a_non_blocking_stream_is_refused():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with os.fdopen(reader, "rb", buffering=0) as raw, os.fdopen(writer, "wb"), pytest.raises(BlockingIOError):
        open_source(raw)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_named_pipe_is_read(tmp_path, compression):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    with written(pipe, COMPRESSIONS[compression](TEXT)), open_source(pipe) as source:
        assert (source.name, source.stem, source.bytes_total) == (str(pipe), None, None)
        buffer = memoryview(bytearray(2 * len(TEXT)))
        assert source.readinto(buffer) == len(TEXT)
    assert buffer[: len(TEXT)] == TEXT


STANDARD_INPUT_PROGRAM = """
import sys
from glovefast.errors import FormatError
from glovefast.sources.opening import open_source
try:
    with open_source("-") as source:
        buffer = memoryview(bytearray(1 << 20))
        count = source.readinto(buffer)
        print(source.name, source.stem, source.bytes_total, file=sys.stderr)
        sys.stdout.buffer.write(buffer[:count])
except FormatError as error:
    print(error, file=sys.stderr)
"""


def run_on_standard_input(**arguments) -> tuple[bytes, str]:
    command = [sys.executable, "-c", STANDARD_INPUT_PROGRAM]
    done = subprocess.run(command, capture_output=True, check=True, **arguments)
    return done.stdout, done.stderr.decode().strip()


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_standard_input_is_read_through_a_pipe(compression):
    data = COMPRESSIONS[compression](TEXT)
    assert run_on_standard_input(input=data) == (TEXT, "<stdin> None None")


def test_a_zip_on_standard_input_needs_a_file(file):
    data = zipped({"v.txt": TEXT})
    output, message = run_on_standard_input(input=data)
    assert output == b""
    assert message.startswith("<stdin>: is a zip archive in a pipe")
    with file(data).open("rb") as redirected:
        assert run_on_standard_input(stdin=redirected) == (TEXT, f"<stdin>!v.txt v {len(TEXT)}")


def test_closed_standard_input_is_an_error_of_the_system(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="standard input is closed"):
        open_source("-")
