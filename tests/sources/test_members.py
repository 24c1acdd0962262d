"""Zip archives: which member is meant, and members that cannot be read."""

import bz2
import gzip
import io
import lzma
import threading
import zipfile
from pathlib import Path

import pytest

from glovefast.errors import FormatError
from glovefast.sources import members
from glovefast.sources.opening import open_source
from glovefast.sources.zip_archives import ZipArchive
from glovefast.store.files import FILES, MORE_FILES
from tests.helpers.containers import TEXT, archive_members, patched, read_all, refusal, zipped
from tests.helpers.waiting import PATIENCE

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
    guess = "did you mean glove.6B.50d.txt? It" if "25d" in member else "it"
    assert refusal(path, member) == f"{path}: has no member {member!r}; {guess} holds: {', '.join(SIZES)}"


@pytest.mark.parametrize("member", ["100d", "glove.6b.100D.txt", "glove.6B.100d", "x/glove.6B.100d.text"])
def test_a_member_that_is_nearly_named(file, member):
    path = file(zipped({f"folder/{name}": text for name, text in SIZES.items()}))
    assert f"has no member {member!r}; did you mean folder/glove.6B.100d.txt? It holds: " in refusal(
        path, member
    )


def test_long_lists_of_members_are_cut(file):
    path = file(zipped({f"{number}.txt": TEXT for number in range(25)}))
    assert "19.txt and 5 more; choose one" in refusal(path)


def test_two_archives_one_behind_the_other(file):
    one, two = zipped({"one.txt": TEXT}), zipped({"two.txt": b"b 1\n"})
    with_comment = io.BytesIO(one)
    with zipfile.ZipFile(with_comment, "a") as archive:
        archive.comment = b"about " * 1000
    several = (one + two, two + one, one + zipped({}), with_comment.getvalue() + two, one + two[:-20])
    for data in (*several, with_comment.getvalue() + two[:50]):
        path = file(data)
        assert refusal(path).startswith(f"{path}: is two or more zip archives, one behind the other, ")
        with pytest.raises(FormatError, match="is two or more zip archives"):
            archive_members(path)
    assert read_all(file(with_comment.getvalue())) == TEXT
    holding = b"a 1\n" + one
    assert read_all(file(zipped({"one.txt": holding}, zipfile.ZIP_STORED))) == holding


def test_text_beside_files_of_another_program_is_not_a_store(file):
    path = file(zipped({"metadata.json": b"{}", "vectors.npy": b"\x93NUMPY", "v.txt": TEXT}))
    assert archive_members(path) == ["metadata.json", "vectors.npy", "v.txt"]
    assert read_all(path, member="v.txt") == TEXT
    store = {"metadata.json": b"{}", "vectors.npy": b"", "vocabulary.arrow": b"", "index.arrow": b""}
    assert read_all(file(zipped({**store, "v.txt": TEXT})), member="v.txt") == TEXT
    assert "v.txt" in archive_members(file(zipped({**store, "v.txt": TEXT})))
    assert "holds a store" in refusal(file(zipped({f"s/{name}": data for name, data in store.items()})))


def test_every_file_that_a_store_may_have_is_known():
    known = {*members.FILES_OF_A_STORE, *members._OTHER_FILES_OF_A_STORE}
    assert known == {*FILES, *MORE_FILES}


@pytest.mark.parametrize("name", [Path("v.txt"), b"v.txt", ["v.txt"], 3])
def test_the_name_of_a_member_is_a_string(file, name):
    with pytest.raises(TypeError, match=f"member must be a string, not {type(name).__name__}"):
        open_source(file(zipped({"v.txt": TEXT})), name)


def test_an_archive_without_files(file):
    path = file(zipped({}))
    assert refusal(path) == f"{path}: is a zip archive without files"
    assert refusal(path, "x") == f"{path}: has no member 'x'; it holds: no files"
    assert archive_members(path) == []


def test_a_member_of_what_is_no_archive(file):
    for data in (TEXT, gzip.compress(TEXT)):
        path = file(data)
        assert refusal(path, "v.txt") == f"{path}: is not an archive, so it has no member 'v.txt'"
        with pytest.raises(FormatError, match="is not an archive"):
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


def test_a_member_without_a_name(file):
    data = zipped({"v.txt": TEXT, "w.txt": TEXT})
    place = data.rindex(b"PK\x01\x02")  # the last entry of the directory, whose name becomes a comment
    unnamed = data[: place + 28] + b"\0\0" + data[place + 30 : place + 32] + b"\x05\0" + data[place + 34 :]
    assert archive_members(file(unnamed)) == ["v.txt"]
    assert read_all(file(unnamed)) == TEXT


def test_a_size_in_the_directory_that_is_wrong(file):
    data = zipped({"v.txt": TEXT})
    for size in (len(TEXT) - 1, len(TEXT) + 1, 2**32 - 2):
        place = data.rindex(b"PK\x01\x02") + 24
        path = file(data[:place] + size.to_bytes(4, "little") + data[place + 4 :])
        with (
            open_source(path) as source,
            pytest.raises(FormatError, match="is damaged and cannot be unpacked"),
        ):
            source.readinto(memoryview(bytearray(2 * len(TEXT))))


def test_an_empty_member(file):
    path = file(zipped({"v.txt": b""}))
    assert refusal(path).startswith(f"{path}!v.txt: is empty")


def test_a_container_in_a_container(file):
    inner = zipped({"v.txt": TEXT})
    assert "is a zip archive inside another container" in refusal(file(zipped({"v.zip": inner})))
    assert "is a zip archive inside another container" in refusal(file(gzip.compress(inner)))
    assert "compressed twice" in refusal(file(zipped({"v.txt.gz": gzip.compress(TEXT)})))
    assert "compressed twice" in refusal(file(lzma.compress(bz2.compress(TEXT))))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_a_member_is_opened_while_another_thread_reads_one(file, monkeypatch, packing):
    """Though the other one is between looking for its place in the archive and reading there."""
    path = file(b"")
    texts = {"one.txt": b"one 0.5\n" * 9000, "two.txt": b"two 0.25\n" * 9000}
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("one.txt", texts["one.txt"], packing)
        made.writestr("two.txt", texts["two.txt"], zipfile.ZIP_DEFLATED)
    begun, wanted, done = threading.Event(), threading.Event(), threading.Event()
    open_zip_member, found = zipfile.ZipFile.open, {}

    class Slow(io.FileIO):
        def read(self, size=-1):
            if begun.is_set() and threading.current_thread() is threading.main_thread():
                wanted.set()
                assert done.wait(PATIENCE)
            return super().read(size)

    def open_slowly(*arguments):
        opened = open_zip_member(*arguments)
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            assert wanted.wait(PATIENCE)
        return opened

    def read(member):
        whole = bytearray(len(texts[member]) + 1)
        filled = 0
        while count := member_bytes[member].readinto(memoryview(whole)[filled:]):
            filled += count
        found[member] = bytes(whole[:filled])

    def open_and_read():
        member_bytes["two.txt"] = archive.open("two.txt")[0]
        done.set()
        read("two.txt")

    monkeypatch.setattr(zipfile.ZipFile, "open", open_slowly)
    with Slow(path) as raw:
        archive = ZipArchive(str(path), raw)
        member_bytes = {"one.txt": archive.open("one.txt")[0]}
        other = threading.Thread(target=open_and_read)
        other.start()
        assert begun.wait(PATIENCE)
        try:
            read("one.txt")
        finally:
            other.join(PATIENCE)
    assert found == texts
