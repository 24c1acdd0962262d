"""Compressed text is read to its end: each cut and each flipped bit is noticed, or changes nothing."""

import bz2
import errno
import gzip
import io
import lzma
import os
import zipfile

import pyarrow as pa
import pytest

from glovefast.conversion.convert import dry_run
from glovefast.errors import FormatError
from tests.helpers.containers import TEXT, read_all, refusal, tarred, zipped

ROWS = b"".join(b"word%d %.4f -%d.5\n" % (row, row / 7, row) for row in range(12))


def arrow_compressed(codec: str):
    def compress(data: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()

    return compress


def lzma_alone(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


COMPRESSORS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "LZMA": lzma_alone,
    "Zstandard": arrow_compressed("zstd"),
    "LZ4": arrow_compressed("lz4"),
}
# Formats with a checksum over everything; pyarrow writes Zstandard and LZ4 without one.
CHECKED = {
    **{name: COMPRESSORS[name] for name in ("gzip", "bzip2", "xz")},
    "xz with CRC-32": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "two gzip streams": lambda data: in_two(data, gzip.compress),
    "two bzip2 streams": lambda data: in_two(data, bz2.compress),
    "two xz streams": lambda data: in_two(data, lzma.compress, bytes(8)),
    "a deflated member": lambda data: zipped({"v.txt": data}),
    "a stored member": lambda data: zipped({"v.txt": data}, zipfile.ZIP_STORED),
    "a bzip2 member": lambda data: zipped({"v.txt": data}, zipfile.ZIP_BZIP2),
    "an LZMA member": lambda data: zipped({"v.txt": data}, zipfile.ZIP_LZMA),
    # The checksum is far behind the end of the tar archive, as with tar --blocking-factor.
    "tar.gz with a long end": lambda data: gzip.compress(tarred({"v.txt": data}) + bytes(400_000)),
    "tar.xz with a long end": lambda data: lzma.compress(tarred({"v.txt": data}) + bytes(400_000)),
    "tar.gz": lambda data: tarred({"v.txt": data}, "w:gz"),
    "tar.bz2": lambda data: tarred({"v.txt": data}, "w:bz2"),
    "tar.xz": lambda data: tarred({"v.txt": data}, "w:xz"),
}


def in_two(data: bytes, compress, padding: bytes = b"") -> bytes:
    return compress(data[:90]) + padding + compress(data[90:]) + padding


def is_noticed_or_harmless(data: bytes) -> bool:
    """Tell whether damaged data is refused, by whatever reads it last, or gives the same rows."""
    try:
        text = read_all(io.BytesIO(data))
    except FormatError:
        return True
    if text == ROWS:
        return True
    try:
        return bool(dry_run(io.BytesIO(data), threads=1).error)
    except FormatError:
        return True


@pytest.mark.parametrize("container", CHECKED)
def test_every_cut_is_noticed_or_harmless(container):
    data = CHECKED[container](ROWS)
    assert read_all(io.BytesIO(data)) == ROWS
    missed = [cut for cut in range(len(data)) if not is_noticed_or_harmless(data[:cut])]
    # A file cut between two streams is a whole file of the first.
    assert all(read_all(io.BytesIO(data[:cut])) == ROWS[:90] for cut in missed)
    padding = 8 if "xz" in container else 0
    assert missed == list(range(missed[0], missed[0] + padding + 1) if "two" in container else [])


@pytest.mark.slow
@pytest.mark.parametrize("container", CHECKED)
def test_every_flipped_bit_is_noticed_or_harmless(container):
    data = CHECKED[container](ROWS)
    missed = []
    for position in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        if not is_noticed_or_harmless(bytes(damaged)):
            missed.append(position)
    assert missed == []


@pytest.mark.parametrize("compression", ["LZMA", "Zstandard", "LZ4"])
def test_every_cut_is_noticed_without_a_checksum(compression):
    """Each of these formats says where it ends."""
    data = COMPRESSORS[compression](ROWS)
    assert [cut for cut in range(len(data)) if not is_noticed_or_harmless(data[:cut])] == []


@pytest.mark.parametrize("chunk_bytes", [1, 4097, 2 * len(TEXT)])
@pytest.mark.parametrize("compression", COMPRESSORS)
def test_every_compression_is_read(compression, chunk_bytes):
    data = COMPRESSORS[compression](TEXT)
    assert read_all(io.BytesIO(data), chunk_bytes) == TEXT
    assert read_all(io.BytesIO(data * 3), chunk_bytes) == TEXT * 3


def skippable(data: bytes, number: int = 0) -> bytes:
    return bytes([0x50 + number]) + b"\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


@pytest.mark.parametrize("compression", ["Zstandard", "LZ4"])
def test_skippable_frames(file, compression):
    """pzstd begins each file with one."""
    packed = COMPRESSORS[compression](TEXT)
    for number in (0, 9, 15):
        for frame in (skippable(b"", number), skippable(b"size", number), skippable(b"a", number) * 3):
            assert read_all(file(frame + packed + frame + packed + frame)) == TEXT * 2
    assert read_all(file(skippable(bytes(4000)) + packed)) == TEXT
    assert "it unpacks to nothing" in refusal(file(skippable(b"size")))
    assert read_all(file(skippable(bytes(100_000)) + COMPRESSORS["Zstandard"](TEXT))) == TEXT
    text = b"P*M\x18 0.5 1.5\n"
    assert read_all(file(text)) == text


@pytest.mark.parametrize("zeros", [1, 4, 512, 200_000])
@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "LZMA"])
def test_padding_between_and_behind_streams(compression, zeros):
    padded = COMPRESSORS[compression](TEXT) + bytes(zeros)
    assert read_all(io.BytesIO(padded * 2)) == TEXT * 2


@pytest.mark.parametrize("rest", [b"x", b"garbage!", b"junk" * 9, bytes(600) + b"\n", TEXT])
@pytest.mark.parametrize("compression", COMPRESSORS)
def test_something_else_behind_the_end(file, compression, rest):
    path = file(COMPRESSORS[compression](TEXT) + rest)
    if (compression, rest) == ("LZ4", b"x"):  # a stream begins with four bytes
        assert refusal(path).startswith(f"{path}: is truncated: ")
    else:
        expected = f"{path}: has extra data after the end of the {compression} data; "
        assert refusal(path).startswith(expected)


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz"])
def test_a_second_stream_cut_within_its_first_bytes(file, compression):
    data = COMPRESSORS[compression](TEXT)
    for cut in (1, 2, 5):
        path = file(data + data[:cut])
        assert refusal(path).startswith(f"{path}: is truncated: ")


@pytest.mark.parametrize("field", [0x08, 0x10])
def test_a_gzip_header_whose_name_or_comment_does_not_end(file, field):
    path = file(b"\x1f\x8b\x08" + bytes([field]) + bytes(6) + b"x" * 3_000_000)
    assert refusal(path).startswith(f"{path}: is truncated: ")
    named = b"\x1f\x8b\x08" + bytes([field]) + bytes(6) + b"x" * 3_000_000 + b"\0"
    assert read_all(file(named + gzip.compress(TEXT)[10:])) == TEXT


def test_words_that_look_like_a_compressed_stream(file):
    for word in (b"BZh91AY", b"(\xb5/", b"]\0\0", b"\x1f\x8b"):
        text = word + b" 0.5 1.5\n"
        assert read_all(file(text)) == text


def test_a_compression_that_pyarrow_was_built_without(file, monkeypatch):
    def not_built(*arguments) -> None:
        raise pa.ArrowNotImplementedError("Support for codec 'zstd' not built")

    monkeypatch.setattr(pa, "CompressedInputStream", not_built)
    path = file(COMPRESSORS["Zstandard"](TEXT))
    assert refusal(path).startswith(
        f"{path}: cannot be unpacked by Python (Support for codec 'zstd' not built)"
    )


class Stalling(io.RawIOBase):
    """A file that fails after its first bytes, as one on a network does."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data[: len(data) // 2])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self._file.readinto(buffer)
        if not count:
            raise TimeoutError("timed out")
        return count


class Failing(io.BytesIO):
    """A file that cannot be read from some byte on."""

    name = "vectors.zst"

    def __init__(self, data: bytes, readable: int) -> None:
        super().__init__(data)
        self._readable = readable

    def readinto(self, buffer) -> int:
        if self.tell() >= self._readable:
            raise OSError(errno.EINVAL, "Invalid argument")
        return super().readinto(memoryview(buffer)[:100])


@pytest.mark.parametrize("readable", [0, 4096])
@pytest.mark.parametrize("compression", [*COMPRESSORS, "none"])
def test_errors_of_the_system_name_the_source(compression, readable):
    data = COMPRESSORS.get(compression, bytes)(os.urandom(9999).hex().encode() + b" 1\n")
    with pytest.raises(OSError, match=r"Invalid argument: 'vectors\.zst'$") as caught:
        read_all(Failing(data, readable))
    assert caught.value.filename == "vectors.zst"


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_errors_of_the_system_pass_through(compression):
    with pytest.raises(TimeoutError):
        read_all(Stalling(COMPRESSORS[compression](TEXT)))
