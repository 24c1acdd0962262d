"""Containers of embedding text made in memory, and how their tests read them."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import pytest

from glovefast.errors import FormatError
from glovefast.sources.opening import open_archive, open_source

TEXT = b"".join(b"word%d %.4f -%d.5 1e-%d\n" % (row, row / 7, row, row % 9) for row in range(1000))
COMPRESSIONS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)  # without the time, which would be in the names of test cases
            entry.compress_type, entry.external_attr = compression, 0o600 << 16
            archive.writestr(entry, data)
    return file.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w", **options) -> bytes:
    """Make a tar archive; `mode` is "w:gz" and so on for a compressed one."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, **options) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            if name.endswith("/"):
                entry.type = tarfile.DIRTYPE
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
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


def archive_members(path) -> list[str]:
    with open_archive(path) as archive:
        return archive.members


def refusal(source, member: str | None = None) -> str:
    with pytest.raises(FormatError) as caught:
        read_all(source, member=member)
    return str(caught.value)
