"""Where the bytes come from: every container, cut and damaged in every way, and files that are no text."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import FormatError
from glovefast.signatures import HEAD_BYTES
from glovefast.sources import archive_members, open_source

TEXT = b"".join(b"word%d %.4f -%d.5 1e-%d\n" % (row, row / 7, row, row % 9) for row in range(1000))
COMPRESSIONS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def patched(archive: bytes, local_offset: int, central_offset: int, value: int) -> bytes:
    """Put a 16-bit field into each member's local and central header."""
    data = bytearray(archive)
    for magic, offset in ((b"PK\x03\x04", local_offset), (b"PK\x01\x02", central_offset)):
        position = data.find(magic)
        while position >= 0:
            struct.pack_into("<H", data, position + offset, value)
            position = data.find(magic, position + 4)
    return bytes(data)


def read_all(source, chunk_bytes: int = 1 << 16, member: str | None = None) -> bytes:
    """Read as the converter does, and hold `readinto` and `bytes_read` to their promises."""
    with open_source(source, member) as opened:
        buffer = memoryview(bytearray(chunk_bytes))
        parts, positions = [], [opened.bytes_read]
        while count := opened.readinto(buffer):
            parts.append(bytes(buffer[:count]))
            positions.append(opened.bytes_read)
        assert opened.readinto(buffer) == 0
        assert all(len(part) == chunk_bytes for part in parts[:-1])
        assert positions == sorted(positions)
        if opened.bytes_total is not None:
            assert opened.bytes_read == opened.bytes_total
    return b"".join(parts)


def refusal(source, member: str | None = None) -> str:
    with pytest.raises(FormatError) as caught:
        read_all(source, member=member)
    return str(caught.value)


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "vectors.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


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
    writer = threading.Thread(target=lambda: pipe.write_bytes(COMPRESSIONS[compression](TEXT)))
    writer.start()
    with open_source(pipe) as source:
        assert (source.name, source.stem, source.bytes_total) == (str(pipe), None, None)
        buffer = memoryview(bytearray(2 * len(TEXT)))
        assert source.readinto(buffer) == len(TEXT)
    writer.join()
    assert buffer[: len(TEXT)] == TEXT


STANDARD_INPUT_PROGRAM = """
import sys
from glovefast.errors import FormatError
from glovefast.sources import open_source
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


# Members of archives

SIZES = {f"glove.6B.{dim}d.txt": b"the " + b"0.5 " * dim + b"\n" for dim in (50, 100, 200, 300)}


def test_one_file_needs_no_name(file):
    extras = {
        "folder/": b"",
        "__MACOSX/._v.txt": b"\0\5\x16\7",
        ".DS_Store": b"\0\0\0\1",
        "folder/.hidden": b"x",
    }
    path = file(zipped({**extras, "folder/glove.6B.50d.txt": TEXT}), "glove.zip")
    assert archive_members(path) == ["folder/glove.6B.50d.txt"]
    with open_source(path) as source:
        assert source.name == f"{path}!folder/glove.6B.50d.txt"
        assert (source.stem, source.member) == ("glove.6B.50d", "folder/glove.6B.50d.txt")
        assert (source.bytes_read, source.bytes_total) == (0, len(TEXT))
    assert read_all(path) == TEXT


def test_of_several_members_one_must_be_chosen(file):
    path = file(zipped(SIZES), "glove.6B.zip")
    assert archive_members(path) == list(SIZES)
    assert refusal(path) == (
        f"{path}: holds 4 members: {', '.join(SIZES)}; "
        "choose one with --member NAME (member=...), or convert each of them with --all (convert_archive)"
    )
    for name, text in SIZES.items():
        assert read_all(path, member=name) == text
    assert read_all(path, member="300d.txt") == SIZES["glove.6B.300d.txt"]


def test_a_member_goes_by_its_base_name_or_by_the_end_of_its_name(file):
    path = file(zipped({"a/one.txt": b"a 1\n", "b/one.txt": b"b 1\n", "b/someone.txt": b"c 1\n"}))
    assert read_all(path, member="a/one.txt") == b"a 1\n"
    assert read_all(path, member="someone.txt") == b"c 1\n"
    assert read_all(path, member="meone.txt") == b"c 1\n"
    assert "has 2 members that end in 'one.txt': a/one.txt, b/one.txt" in refusal(path, "one.txt")


@pytest.mark.parametrize("member", ["glove.6B.25d.txt", "", "glove"])
def test_a_member_that_is_not_there(file, member):
    path = file(zipped(SIZES))
    assert refusal(path, member) == f"{path}: has no member {member!r}; it holds: {', '.join(SIZES)}"


def test_long_lists_of_members_are_cut(file):
    path = file(zipped({f"{number}.txt": TEXT for number in range(25)}))
    assert "19.txt and 5 more; choose one" in refusal(path)


def test_an_archive_without_files(file):
    path = file(zipped({}))
    assert refusal(path) == f"{path}: is a zip archive without any file in it"
    assert refusal(path, "x") == f"{path}: has no member 'x'; it holds: no files"
    assert archive_members(path) == []


def test_a_member_of_what_is_no_archive(file):
    for data in (TEXT, gzip.compress(TEXT)):
        path = file(data)
        assert refusal(path, "v.txt") == f"{path}: is not a zip archive, so it has no member 'v.txt'"
        with pytest.raises(FormatError, match="is not a zip archive"):
            archive_members(path)


def test_an_encrypted_member(file):
    path = file(patched(zipped({"v.txt": TEXT}), 6, 8, 0x1))
    assert refusal(path).startswith(f"{path}!v.txt: is encrypted; unpack the archive with its password")


def test_an_unsupported_method(file):
    path = file(patched(zipped({"v.txt": TEXT}), 8, 10, 9))
    assert refusal(path).startswith(f"{path}!v.txt: cannot be unpacked by Python (")


def test_a_wrong_checksum(file):
    data = zipped({"v.txt": TEXT}, zipfile.ZIP_STORED)
    assert data.count(b"word500 ") == 1
    path = file(data.replace(b"word500 ", b"word5OO "))
    assert refusal(path).startswith(f"{path}!v.txt: is damaged and cannot be unpacked (Bad CRC-32")


def test_an_empty_member(file):
    path = file(zipped({"v.txt": b""}))
    assert refusal(path).startswith(f"{path}!v.txt: is empty")


def test_a_container_in_a_container(file):
    inner = zipped({"v.txt": TEXT})
    assert "is a zip archive inside another container" in refusal(file(zipped({"v.zip": inner})))
    assert "is a zip archive inside another container" in refusal(file(gzip.compress(inner)))
    assert "compressed a second time" in refusal(file(zipped({"v.txt.gz": gzip.compress(TEXT)})))
    assert "compressed a second time" in refusal(file(lzma.compress(bz2.compress(TEXT))))


# Containers, cut and damaged

NOISE = np.random.default_rng(7).bytes(30_000).hex().encode()
LONG_TEXT = b"".join(b"%b 0.5\n" % NOISE[start : start + 60] for start in range(0, len(NOISE), 60))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_cut_anywhere_is_an_error_that_says_so(file, compress):
    data = compress(LONG_TEXT)
    cuts = [20, 100, len(data) // 2, len(data) - 9, len(data) - 5, len(data) - 1]
    for cut in cuts:
        path = file(data[:cut])
        assert refusal(path) == f"{path}: is truncated: the compressed data ends too early; download it again"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_damaged_inside_is_an_error(file, compress):
    data = bytearray(compress(LONG_TEXT))
    for position in (len(data) // 3, len(data) // 2):
        data[position : position + 8] = bytes(255 - byte for byte in data[position : position + 8])
    path = file(bytes(data))
    assert refusal(path).startswith(f"{path}: is ")


def test_a_wrong_gzip_checksum(file):
    data = bytearray(gzip.compress(TEXT))
    data[-8] ^= 1
    assert "is damaged and cannot be unpacked (CRC check failed" in refusal(file(bytes(data)))


def test_junk_behind_a_gzip_stream(file):
    assert "is damaged and cannot be unpacked (Not a gzipped file" in refusal(
        file(gzip.compress(TEXT) + b"junk")
    )


def test_a_half_downloaded_zip(file):
    data = zipped({"v.txt": LONG_TEXT})
    for cut in (4, 30, 100, len(data) // 2, len(data) - 30, len(data) - 1):
        path = file(data[:cut])
        message = f"{path}: is a truncated or damaged zip archive, download it again"
        assert refusal(path).startswith(message)
        with pytest.raises(FormatError, match="truncated or damaged zip archive"):
            archive_members(path)


def test_a_zip_with_damaged_data_or_headers(file):
    data = zipped({"v.txt": LONG_TEXT})
    middle = len(data) // 2
    path = file(data[:middle] + bytes(200) + data[middle + 200 :])
    assert refusal(path).startswith(f"{path}!v.txt: is damaged and cannot be unpacked (")
    path = file(data.replace(b"PK\x01\x02", b"PK\x01\x03"))
    assert refusal(path).startswith(f"{path}: is a truncated or damaged zip archive")
    path = file(b"PK\x03\x04" + bytes(26) + data[30:])
    assert refusal(path).startswith(f"{path}!v.txt: is damaged")


@given(position=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_zip_with_any_one_byte_changed_is_read_or_refused(position, value):
    text = TEXT[:2000]
    data = bytearray(zipped({"v.txt": text}))
    data[position % len(data)] = value
    with suppress(FormatError), open_source(io.BytesIO(bytes(data))) as source:
        buffer = memoryview(bytearray(2 * len(text)))
        count = source.readinto(buffer)
        assert source.readinto(buffer[count:]) == 0
        assert buffer[:count] == text


def test_errors_of_the_system_stay_what_they_are():
    class Failing(io.RawIOBase):
        def __init__(self) -> None:
            self._file = io.BytesIO(gzip.compress(LONG_TEXT)[: 4 * HEAD_BYTES])

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            count = self._file.readinto(buffer)
            if count == 0:
                raise TimeoutError("timed out")
            return count

    with pytest.raises(TimeoutError):
        read_all(Failing())


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "none.txt")
    with pytest.raises(FileNotFoundError):
        archive_members(tmp_path / "none.zip")


# Files that are no embedding text


def tar_bytes() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("glove.txt")
        entry.size = len(TEXT)
        archive.addfile(entry, io.BytesIO(TEXT))
    return file.getvalue()


def npy_bytes() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 4), np.float32))
    return file.getvalue()


def parquet_bytes() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"word": ["the"], "x": [0.5]}), file)
    return file.getvalue()


def arrow_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("x", pa.float32())])) as writer:
        writer.write_table(pa.table({"x": pa.array([1.0], pa.float32())}))
    return sink.getvalue().to_pybytes()


def word2vec_binary_bytes() -> bytes:
    vectors = np.random.default_rng(3).normal(size=(30, 40)).astype("<f4")
    rows = (b"word%d " % row + vectors[row].tobytes() + b"\n" for row in range(30))
    return b"30 40\n" + b"".join(rows)


FOREIGN = {
    "html": (b"<!DOCTYPE html>\n<html><head>", "is an HTML page"),
    "html public": (b'<!doctype HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">', "is an HTML page"),
    "html after white space": (b"\xef\xbb\xbf \r\n\t<HTML lang='en'>\n", "is an HTML page"),
    "html after a comment": (b"<!-- saved -->\n<html>\n", "is an HTML page"),
    "xml": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "is an XML document"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "is a Git LFS pointer"),
    "utf-16": ("the 0.1 0.2\n".encode("utf-16"), "is UTF-16 text; convert it to UTF-8"),
    "utf-16-be": (b"\xfe\xff" + "the 0.1\n".encode("utf-16-be"), "is UTF-16 text"),
    "npy": (npy_bytes(), "is a NumPy array"),
    **{
        f"pickle {protocol}": (pickle.dumps({"the": [0.5]}, protocol), "is a Python pickle")
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file"),
    "sqlite": (b"SQLite format 3\0" + bytes(100), "is an SQLite database"),
    "pdf": (b"%PDF-1.7\r%\xe2\xe3\xcf\xd3\r\n1 0 obj", "is a PDF document"),
    "parquet": (parquet_bytes(), "is a Parquet or Arrow file"),
    "arrow": (arrow_bytes(), "is a Parquet or Arrow file"),
    "elf": (Path(sys.executable).resolve().read_bytes()[:5000], "is a program"),
    "fasttext": (b"\xba\x16\x4f\x2f\x0c\0\0\0" + bytes(100), "is a fastText binary model"),
    "tar": (tar_bytes(), "is a tar archive; unpack it"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00", "is compressed with Zstandard"),
    "lz4": (b"\x04\x22\x4d\x18\x64\x40", "is compressed with LZ4"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "is a 7-Zip archive"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "is a RAR archive"),
    "word2vec binary": (word2vec_binary_bytes(), "is in word2vec's binary format"),
    "bare floats": (np.random.default_rng(5).normal(size=3000).tobytes(), "is a binary file"),
    "zeros": (bytes(5000), "is a binary file"),
    "empty": (b"", "is empty: it holds no bytes at all"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_embedding_text_is_named(file, kind):
    data, message = FOREIGN[kind]
    path = file(data)
    assert refusal(path).startswith(f"{path}: {message}")
    assert refusal(file(gzip.compress(data))).startswith(f"{path}: {message.split(':')[0]}")
    assert refusal(file(zipped({"v.txt": data}))).startswith(f"{path}!v.txt: {message.split(':')[0]}")


def test_a_directory_and_a_store_are_told_apart(tmp_path):
    from glovefast.store import write_store

    assert "is a directory; give the embedding text file in it" in refusal(tmp_path)
    store = write_store(tmp_path / "s.glovefast", pa.array(["a"]), np.ones((1, 2), np.float32), {})
    assert refusal(store) == f"{store}: is a store already; glovefast.load opens it"


def long_row(word: bytes, dim: int = 300) -> bytes:
    return word + b" " + b" ".join(b"%.18e" % (value / 7) for value in range(dim)) + b"\n"


EMBEDDING_TEXTS = {
    "tags": b"< 0.1 0.2\n<html> 0.1 0.2\n",
    "html as a word": b"<html 0.1 0.2\n",
    "doctype as a word": b"<!doctype html 0.1 0.2\n",
    "xml as a word": b"<?xml 0.1 0.2\n",
    "pdf as a word": b"%PDF-1.4 0.1 0.2\n",
    "magics as words": b"PAR1 0.1\nARROW1 0.1\nRar! 0.5\n7z 0.5\n",
    "bzip2 as a word": b"BZh91 0.1 0.2\n",
    "parquet as a word": b"PAR1 0.1 0.2\n",
    "version as a word": b"version 0.1 0.2\n",
    "ustar at its place": b"a" * 256 + b" ustar 0.5\n",
    "a header": b"2 3\nthe 0.1 0.2 0.3\nof 1 2 3\n",
    "a header and damaged words": b"9 1\n" + b"\xef\xf0\xe8\xe2\xe5\xf2 0.5\n" * 9,
    "words in another encoding": b"\xef\xf0\xe8\xe2\xe5\xf2\xef\xf0\xe8\xe2\xe5\xf2 1\n" * 900,
    "words of control characters": b"\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7 -1.5e-3\n",
    "a word of NULs without a line's end": b"\0" * 100 + b" .5",
    "long rows": long_row("日本".encode()) + long_row(b"the"),
    "a long row of damaged bytes": long_row(b"\x93\x94\x96"),
    "windows": b"the 0.1 0.2 \r\nof 1 2 \r\n",
    "one field": b"x",
    "blank lines": b"\n\n\nthe 1\n",
}


@pytest.mark.parametrize("kind", EMBEDDING_TEXTS)
def test_embedding_text_is_never_taken_for_something_else(file, kind):
    assert read_all(file(EMBEDDING_TEXTS[kind])) == EMBEDDING_TEXTS[kind]
