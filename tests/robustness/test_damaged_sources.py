"""Containers that are cut or damaged, and errors of the system."""

import bz2
import gzip
import io
import lzma
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import FormatError
from glovefast.sources.file_types import HEAD_BYTES
from glovefast.sources.opening import open_source
from tests.helpers.containers import TEXT, archive_members, read_all, refusal, zipped

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
    assert "is damaged and cannot be unpacked (" in refusal(file(bytes(data)))


def test_junk_behind_a_gzip_stream(file):
    path = file(gzip.compress(TEXT) + b"junk" * 9)
    assert refusal(path).startswith(f"{path}: has extra data after the end of the gzip data;")


def test_a_half_downloaded_zip(file):
    data = zipped({"v.txt": LONG_TEXT})
    for cut in (4, 30, 100, len(data) // 2, len(data) - 30, len(data) - 1):
        path = file(data[:cut])
        message = f"{path}: is a truncated or damaged zip archive ("
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
