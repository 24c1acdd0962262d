"""Inflating with ISA-L and with the standard library: the same bytes, the same errors."""

import gzip
import io
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import FormatError
from glovefast.sources.compression import decompressed
from glovefast.sources.inflate import Inflater, open_member
from glovefast.sources.opening import open_source
from glovefast.sources.streams import Stream
from tests.helpers.containers import TEXT, read_all, zipped

LIBRARIES = ("isal", "zlib")


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    """Each of the two libraries in turn."""
    if request.param == "isal":
        pytest.importorskip("isal")
    else:  # None in sys.modules is what makes an import fail
        for name in ("isal", "isal.igzip", "isal.isal_zlib"):
            monkeypatch.setitem(sys.modules, name, None)
    return request.param


def member_of(data: bytes) -> io.RawIOBase:
    archive = zipfile.ZipFile(io.BytesIO(data))
    return open_member(archive, archive.infolist()[0])


def drain(stream, size: int) -> bytes:
    """Read to the end through a buffer of a size."""
    buffer, parts = bytearray(size), []
    while count := stream.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_the_member_and_the_gzip_file_come_out_whole(library, size):
    text = TEXT[: 400 * size]
    with member_of(zipped({"v.txt": text})) as member:
        assert drain(member, size) == text
        assert (type(member).__name__ == "_DeflatedMember") is True
    assert drain(decompressed(Stream(io.BytesIO(gzip.compress(text))), "v.gz"), size) == text
    assert (type(Inflater()._inflater).__module__ == "zlib") is (library == "zlib")


@given(st.binary(max_size=3000), st.integers(1, 5000), st.integers(0, 9))
def test_any_bytes_in_pieces_of_any_size(data, size, level):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr("first", b"in front of it")
        archive.writestr("second", data)
    with zipfile.ZipFile(file) as archive, open_member(archive, archive.getinfo("second")) as member:
        assert drain(member, size) == data


def test_a_stored_member_is_not_inflated():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("v.txt", TEXT)
    assert read_all(io.BytesIO(file.getvalue())) == TEXT


def test_a_long_run_whose_end_waits_in_the_inflater(library):
    """One match makes 258 bytes of a few bits: the input is all read long before the output is."""
    text = b"0" * 1_000_000
    with member_of(zipped({"v.txt": text})) as member:
        assert drain(member, 100) == text


@pytest.mark.parametrize("damage", ["checksum", "cut"])
def test_damage_is_told(library, damage):
    file = io.BytesIO(zipped({"v.txt": TEXT}))
    with zipfile.ZipFile(file) as archive:
        info = archive.infolist()[0]
        if damage == "checksum":
            info.CRC ^= 1
        else:
            info.compress_size //= 2
        with open_member(archive, info) as member:
            expected = zipfile.BadZipFile if damage == "checksum" else EOFError
            with pytest.raises(expected, match=r"v\.txt"):
                drain(member, 5000)


def test_damaged_gzip_data_is_the_same_error_with_both(library):
    data = bytearray(gzip.compress(TEXT))
    data[len(data) // 2 : len(data) // 2 + 8] = bytes(8)
    with pytest.raises(FormatError, match="is damaged and cannot be unpacked"):
        read_all(io.BytesIO(bytes(data)))


def test_damaged_deflated_data_is_the_same_error_with_both(library):
    data = bytearray(zipped({"v.txt": TEXT}))
    packed = zlib.crc32(TEXT).to_bytes(4, "little")
    assert packed in data
    data[200:208] = b"\xff" * 8
    with (
        pytest.raises(FormatError, match="is damaged and cannot be unpacked"),
        open_source(io.BytesIO(bytes(data))) as source,
    ):
        source.readinto(memoryview(bytearray(2 * len(TEXT))))
