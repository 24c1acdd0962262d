"""Archives made to do harm: one line of error, in little memory and linear time; never a path elsewhere."""

import gzip
import io
import tarfile
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, StoreError
from glovefast.sources import tar_archives
from glovefast.vectors import load
from tests.helpers.containers import TEXT, archive_members, read_all, refusal, tarred, zipped

OTHER = b"king 1 2\n"


def entry(name: str, size: int, **fields) -> bytes:
    """Make a member's header with any size; numbers beyond 8 GiB and below 0 are written in base 256."""
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    made.size = size
    return made.tobuf(tarfile.GNU_FORMAT)


END = bytes(2 * tarfile.BLOCKSIZE)
WHOLE = entry("v.txt", len(OTHER)) + OTHER.ljust(tarfile.BLOCKSIZE, b"\0")


def extended(text: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return entry("x", len(text), type=kind) + text + bytes(-len(text) % tarfile.BLOCKSIZE)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("size", [2**62, 2**80, 8**11, -1, -512, -1024, -(2**40)])
def test_a_size_that_cannot_be(file, compress, size):
    for members in (entry("a.txt", size), WHOLE + entry("a.txt", size), WHOLE + entry("a", size) + WHOLE):
        path = file(compress(members + END))
        assert refusal(path).startswith(f"{path}: is a truncated or damaged tar archive (")


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("size", ["99999999999999999999", "-512", "-1024", "1.5", "x", "9" * 5000])
def test_a_size_in_an_extended_header_that_cannot_be(file, compress, size):
    record = b" size=" + size.encode() + b"\n"
    length = next(n for n in range(8000) if n == len(str(n)) + len(record))
    data = compress(WHOLE + extended(str(length).encode() + record) + WHOLE.replace(b"v.txt", b"w.txt") + END)
    with suppress(FormatError):  # tarfile ignores a size that is not a number
        assert read_all(file(data), member="v.txt") == OTHER


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("kind", [tarfile.XGLTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_thousands_of_headers_of_one_member(file, compress, kind):
    header = extended(b"6 a=b\n" if kind != tarfile.GNUTYPE_LONGNAME else b"v.txt", kind)
    assert read_all(file(compress(header * 3 + WHOLE + END))) == OTHER
    path = file(compress(header * 3000 + WHOLE + END))
    assert refusal(path).startswith(f"{path}: is a truncated or damaged tar archive (")


def test_a_header_of_digits(file):
    """Regular expressions of older versions of tarfile take quadratic time for it."""
    path = file(extended(b"1" * 900_000) + WHOLE + END)
    assert "a number of more than 100 digits" in refusal(path)


@pytest.mark.parametrize("count", ["4", "99999999", "-1", "x"])
def test_a_sparse_map_that_does_not_end(file, count):
    header = extended(b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n")
    path = file(header + entry("v.txt", 1 << 30) + f"{count}\n".encode() + b"1\n" * 300)
    assert refusal(path).startswith(f"{path}: is a truncated or damaged tar archive (")


def test_an_old_sparse_map_that_does_not_end(file):
    header = bytearray(entry("v.txt", 1 << 30, type=tarfile.GNUTYPE_SPARSE))
    header[482] = 1  # it goes on in the next block
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    path = file(bytes(header))
    assert refusal(path).startswith(f"{path}: is a truncated or damaged tar archive (")


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_members_are_never_lost_in_silence(file, compress):
    """To tarfile, a damaged header, a missing end and a second archive all look like the end."""
    for data, complaint in (
        (WHOLE + WHOLE.replace(b"v.txt", b"w.txt") + END, "a damaged header"),  # its checksum is wrong now
        (WHOLE, "it ends without an end marker"),
        (WHOLE + WHOLE[:100], "it ends within a header"),
        (WHOLE + END + WHOLE + END, "there is data after its end marker"),
        (WHOLE + END + b"x", "there is data after its end marker"),
    ):
        path = file(compress(data))
        expected = f"{path}: is a truncated or damaged tar archive ({complaint}); download it again"
        assert refusal(path) == expected
    for end in (END[:512], END, END * 20):
        assert read_all(file(compress(WHOLE + end))) == OTHER


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_of_many_megabytes_is_not_read_into_memory(file, kind):
    size = 1 << 26
    path = file(gzip.compress(entry("name", size, type=kind) + bytes(size) + tarred({"v.txt": TEXT})))
    tracemalloc.start()
    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "is a truncated or damaged tar archive (a header of more than 1,048,576" in message
    assert peak < size / 4


def test_an_archive_of_nothing_but_names(file, monkeypatch):
    monkeypatch.setattr(tar_archives, "_MAX_MEMBERS", 50)
    members = {f"{number}.txt": b"" for number in range(51)}
    assert refusal(file(tarred(members))).endswith("holds more than 50 files; unpack it first")
    del members["50.txt"]
    assert len(archive_members(file(tarred(members)))) == 50


def test_a_sparse_member_is_refused_but_not_overlooked(file):
    """Its size is only said, not stored: a few bytes could stand for any number of zeros."""
    data = bytearray(tarred({"v.txt": b"the 0.5\n"}, format=tarfile.GNU_FORMAT))
    header = tarfile.TarInfo.frombuf(bytes(data[:512]), "utf-8", "strict")
    header.type = tarfile.GNUTYPE_SPARSE
    data[:512] = header.tobuf(tarfile.GNU_FORMAT)
    path = file(bytes(data))
    assert archive_members(path) == ["v.txt"]
    for member in (None, "v.txt"):
        assert refusal(path, member).startswith(
            f"{path}!v.txt: is stored as a sparse file; unpack the archive"
        )
    with pytest.raises(FormatError, match="is stored as a sparse file"):
        convert_archive(path)


@pytest.mark.parametrize("name", ["../../evil.txt", "/evil.txt", "a/../../evil.txt", "/../evil.txt"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_members_name_leads_nowhere(tmp_path, name, pack):
    """Only its last part names the store, and the store lies where it was asked for."""
    (tmp_path / "sub").mkdir()
    archive = tmp_path / "sub" / "glove.archive"
    archive.write_bytes(pack({name: OTHER}))
    assert archive_members(archive) == [name]
    assert convert_archive(archive, tmp_path / "sub" / "stores") == [tmp_path / "sub/stores/evil.glovefast"]
    assert convert(archive) == tmp_path / "sub/evil.glovefast"
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.glovefast")) == [
        "sub/evil.glovefast",
        "sub/stores/evil.glovefast",
    ]
    assert not Path("/evil.glovefast").exists()


@pytest.mark.parametrize("name", ["a/..", "..", ".", ".txt"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_members_name_that_names_no_store(tmp_path, name, pack):
    archive = tmp_path / "glove.archive"
    archive.write_bytes(pack({name: OTHER}))
    for convert_all in (convert, convert_archive):
        with pytest.raises(FormatError, match="without files"):
            convert_all(archive)
    with pytest.raises(StoreError, match="cannot derive a store name from this source; pass a destination"):
        convert(archive, member=name)
    assert [each.name for each in tmp_path.iterdir()] == ["glove.archive"]
    assert len(load(convert(archive, tmp_path / "made", member=name))) == 1


def test_a_members_name_with_a_nul(tmp_path):
    archive = tmp_path / "glove.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as made:
        entry = tarfile.TarInfo("v.txt")
        entry.size, entry.pax_headers = len(OTHER), {"path": "a\0b.txt"}
        made.addfile(entry, io.BytesIO(OTHER))
    assert archive_members(archive) == ["a\0b.txt"]
    for convert_all in (convert, convert_archive):
        with pytest.raises(StoreError, match="cannot derive a store name from this source"):
            convert_all(archive)
