"""Tar archives: read from front to end, never unpacked to disk, with bounds to what is held in memory."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError
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
