"""Tar archives: read from front to end, never unpacked to disk, with bounds to what is held in memory."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, StoreError
from glovefast.sources import tar_archives
from glovefast.sources.opening import open_archive, open_source
from glovefast.vectors import load
from tests.helpers.containers import TEXT, archive_members, read_all, refusal, tarred, zipped

MODES = {"w": "v.tar", "w:gz": "v.tar.gz", "w:bz2": "v.tar.bz2", "w:xz": "v.tar.xz"}
OTHER = b"king 1 2\n"


@pytest.mark.parametrize("chunk_bytes", [7, 5000, 2 * len(TEXT)])
@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", MODES)
def test_every_kind_gives_the_same_bytes(file, mode, tar_format, chunk_bytes):
    folder = "a folder/" * 9  # longer than the field for names
    members = {"./": b"", folder: b"", f"{folder}glove.txt": TEXT}
    path = file(tarred(members, mode, format=tar_format), MODES[mode])
    assert archive_members(path) == [f"{folder}glove.txt"]
    assert read_all(path, chunk_bytes) == TEXT
    with open_source(path) as source:
        assert (source.stem, source.member) == ("glove", f"{folder}glove.txt")
        assert (source.name, source.bytes_total) == (f"{path}!{folder}glove.txt", len(TEXT))
    assert read_all(io.BytesIO(path.read_bytes())) == TEXT


@pytest.mark.parametrize("mode", MODES)
def test_members(file, mode):
    members = {
        "./a.txt": TEXT,
        "__MACOSX/._a.txt": b"\0",
        "b/one.txt": OTHER,
        "b/.hidden": b"x",
        "empty": b"",
    }
    path = file(tarred(members, mode))
    assert archive_members(path) == ["./a.txt", "b/one.txt", "empty"]
    assert read_all(path, member="a.txt") == TEXT
    assert read_all(path, member="one.txt") == OTHER
    assert "holds 3 members: ./a.txt, b/one.txt, empty; choose one" in refusal(path)
    assert refusal(path, "none") == f"{path}: has no member 'none'; it holds: ./a.txt, b/one.txt, empty"
    assert refusal(path, "empty").startswith(f"{path}!empty: is empty: the archive's member has no bytes")
    assert refusal(file(tarred({"folder/": b""}, mode))) == (f"{path}: is a tar archive without files")


def test_two_members_of_one_name(file):
    for data in (tarred_twice(), zipped_twice()):
        path = file(data)
        assert refusal(path, "v.txt") == (
            f"{path}!v.txt: appears 2 times in the archive; unpack the one you want and convert its text"
        )
        assert "appears 2 times in the archive" in refusal(path)


def tarred_twice() -> bytes:
    end = 2 * tarfile.BLOCKSIZE
    one = tarred({"v.txt": OTHER})[: 2 * tarfile.BLOCKSIZE]
    return one + one + bytes(end)


def zipped_twice() -> bytes:
    return zipped({"v.txt": OTHER, "w.txt": OTHER}).replace(b"w.txt", b"v.txt")


def test_conversion(tmp_path):
    path = tmp_path / "glove.tar.gz"
    path.write_bytes(tarred({"x/a.txt": OTHER, "x/b.txt": TEXT}, "w:gz"))
    made = convert_archive(path)
    assert made == [tmp_path / "a.glovefast", tmp_path / "b.glovefast"]
    assert [len(load(store)) for store in made] == [1, 1000]
    assert load(made[0]).metadata.to_dict()["source"] == {
        "name": "glove.tar.gz",
        "member": "x/a.txt",
        "bytes": len(OTHER),
    }
    assert load(convert(path, tmp_path / "c", member="b.txt")).words == load(made[1]).words
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.glovefast", "b.glovefast", "c", path.name]


def test_links_devices_and_directories_are_no_members(file):
    """A link in an archive may point anywhere."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            entry = tarfile.TarInfo(f"kind{kind.decode()}")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    assert archive_members(file(data.getvalue())) == []


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_pipe_needs_a_file(file, compress):
    data = compress(tarred({"v.txt": TEXT}))
    command = [sys.executable, "-c", "import glovefast; print(glovefast.dry_run('-').rows)"]
    piped = subprocess.run(command, input=data, capture_output=True, check=False)
    assert b"<stdin>: is a tar archive in a pipe, but it must be read twice; pass the file" in piped.stderr
    with file(data).open("rb") as redirected:
        done = subprocess.run(command, stdin=redirected, capture_output=True, check=True)
    assert done.stdout == b"1000\n"


def test_a_file_object_is_read_from_where_it_stands(file):
    for mode in MODES:
        with file(b"junk" + tarred({"v.txt": TEXT}, mode)).open("rb") as raw:
            raw.seek(4)
            assert read_all(raw) == TEXT


# Damage


@pytest.mark.parametrize("mode", MODES)
def test_a_half_downloaded_archive(file, mode):
    data = tarred({"a.txt": OTHER, "b.txt": TEXT}, mode)
    for cut in (len(data) // 3, len(data) // 2, 2 * len(data) // 3):
        path = file(data[:cut])
        for member in (None, "b.txt"):
            message = refusal(path, member)
            assert message.startswith((f"{path}: is truncated", f"{path}: is a truncated or damaged tar"))
            assert "download it again" in message


def test_an_archive_cut_within_a_header(file):
    data = tarred({"a.txt": OTHER, "b.txt": TEXT})
    assert "it ends within a header" in refusal(file(data[:1200]), "a.txt")


@given(position=st.integers(0, 4000), value=st.integers(0, 255))
def test_any_one_byte_changed_is_read_or_refused(position, value):
    data = bytearray(tarred({"a.txt": TEXT[:700], "b.txt": OTHER}, format=tarfile.PAX_FORMAT))
    data[position % len(data)] = value
    for member in (None, "a.txt", "b.txt"):
        with suppress(FormatError):
            read_all(io.BytesIO(bytes(data)), member=member)


def test_a_tar_in_a_container_in_a_container(file):
    tar = tarred({"v.txt": TEXT})
    assert "a tar archive inside another container" in refusal(file(zipped({"v.tar": tar})))
    assert "a tar archive inside another container" in refusal(file(tarred({"v.tar": tar})))
    assert "compressed twice" in refusal(file(gzip.compress(lzma.compress(bz2.compress(tar)))))


# Archives made to do harm


def long_header(kind: bytes, size: int) -> bytes:
    entry = tarfile.TarInfo("name")
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


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
        (WHOLE + END + WHOLE + END, "there is something behind its end marker"),
        (WHOLE + END + b"x", "there is something behind its end marker"),
    ):
        path = file(compress(data))
        expected = f"{path}: is a truncated or damaged tar archive ({complaint}); download it again"
        assert refusal(path) == expected
    for end in (END[:512], END, END * 20):
        assert read_all(file(compress(WHOLE + end))) == OTHER


@pytest.mark.parametrize("mode", MODES)
def test_members_in_order_take_one_pass(file, mode, monkeypatch):
    """However many members an archive has, reading all of them takes as many bytes as reading it whole."""
    members = {f"{number}.txt": OTHER * (number % 7 + 1) for number in range(300)}
    path = file(tarred(members, mode))
    with open_archive(path) as archive:
        readinto, counts = tar_archives._ForwardReader.readinto, []

        def counted(reader, buffer) -> int:
            counts.append(readinto(reader, buffer))
            return counts[-1]

        monkeypatch.setattr(tar_archives._ForwardReader, "readinto", counted)
        buffer = memoryview(bytearray(1000))
        for name in archive.members:
            with archive.open(name) as source:
                assert buffer[: source.readinto(buffer)] == members[name]
                assert source.member == name
        assert 0 < sum(counts) <= len(tarred(members))
        for name in reversed(archive.members[-9:]):
            with archive.open(name) as source:
                assert buffer[: source.readinto(buffer)] == members[name]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_all_members_of_an_archive_are_converted_from_one_opening(tmp_path, mode, monkeypatch):
    archive = tmp_path / "glove.tar"
    archive.write_bytes(tarred({f"{number}.txt": OTHER for number in range(20)}, mode))
    opened = []
    forward = tar_archives._ForwardReader
    monkeypatch.setattr(
        tar_archives, "_ForwardReader", lambda *arguments: opened.append(1) or forward(*arguments)
    )
    assert len(convert_archive(archive, threads=1)) == 20
    assert len(opened) == 3  # for its list, its members' first lines and their rows


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_of_many_megabytes_is_not_read_into_memory(file, kind):
    size = 1 << 26
    path = file(gzip.compress(long_header(kind, size) + bytes(size) + tarred({"v.txt": TEXT})))
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
