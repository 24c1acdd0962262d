"""Where a store goes, what is there already, and what is left where the work fails."""

import errno
import gzip
import io
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from glovefast.conversion import bad_rows
from glovefast.conversion.convert import convert, convert_archive
from glovefast.errors import FormatError, StoreError
from glovefast.store import atomic, remains
from glovefast.store import writing as store
from glovefast.vectors import load
from tests.helpers.files import names, names_here
from tests.helpers.waiting import PATIENCE

TEXT = b"king 1 2\nqueen 3 4\n"
OTHER = b"rook 5 6\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(path: Path | str) -> list[str]:
    return load(path).words.to_pylist()


def write_archive(path: Path | str, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("glove.6B.50d.txt", "glove.6B.50d.glovefast"),
        ("wiki.en.vec", "wiki.en.glovefast"),
        ("glove.6B.50d.txt.gz", "glove.6B.50d.glovefast"),
        ("vectors.gz", "vectors.glovefast"),
        ("glove.6B.50d", "glove.6B.50d.glovefast"),
    ],
)
@pytest.mark.parametrize("folder", [".", "folder"])
def test_beside_the_source(here, source, destination, folder):
    Path(folder).mkdir(exist_ok=True)
    path = Path(folder, source)
    path.write_bytes(gzip.compress(TEXT) if source.endswith("gz") else TEXT)
    assert convert(path) == Path(folder, destination)
    assert convert(str(here / path), overwrite=True) == here / folder / destination
    assert words(here / folder / destination) == ["king", "queen"]


def test_beside_the_archive_named_after_the_member():
    Path("folder").mkdir()
    write_archive("folder/glove.zip", {"deep/wiki_seed_123.txt": TEXT, "other.txt": OTHER})
    assert convert("folder/glove.zip", member="wiki_seed_123.txt") == Path("folder/wiki_seed_123.glovefast")
    metadata = load("folder/wiki_seed_123.glovefast").metadata
    assert metadata.to_dict()["source"] == {
        "name": "glove.zip",
        "member": "deep/wiki_seed_123.txt",
        "bytes": len(TEXT),
    }


@pytest.mark.parametrize("destination", ["made", Path("made.glovefast"), "sub/made"])
def test_a_given_destination(destination):
    Path("sub").mkdir()
    Path("text.txt").write_bytes(TEXT)
    assert convert("text.txt", destination) == Path(destination)
    assert words(destination) == ["king", "queen"]


def test_pipes_and_file_objects_need_a_destination(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    with pytest.raises(StoreError, match="<stdin>: cannot derive a store name from this source; pass"):
        convert("-")
    with pytest.raises(StoreError, match="cannot derive a store name from this source"):
        convert(io.BytesIO(TEXT))
    Path("text.txt").write_bytes(TEXT)
    with Path("text.txt").open("rb") as file, pytest.raises(StoreError, match="cannot derive a store name"):
        convert(file)
    assert names_here() == ["text.txt"]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert words(convert("-", "made")) == ["king", "queen"]
    assert load("made").metadata.to_dict()["source"] == {
        "name": "<stdin>",
        "member": None,
        "bytes": len(TEXT),
    }


def test_a_pipe_that_gives_little_at_a_time():
    text = b"".join(b"word%d 1 2\n" % row for row in range(20_000))
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb", buffering=0) as file:
            for start in range(0, len(text), 999):
                file.write(text[start : start + 999])

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        path = convert(pipe, "made")
    writer.join(PATIENCE)
    assert words(path) == [f"word{row}" for row in range(20_000)]
    assert load(path).metadata.source.bytes == len(text)


def test_what_is_there_stays_unless_it_may_be_replaced():
    convert(io.BytesIO(OTHER), "made")
    with pytest.raises(StoreError, match="made: already exists; choose another destination"):
        convert(io.BytesIO(TEXT), "made")
    with pytest.raises(FormatError):
        convert(io.BytesIO(b"bad"), "made", overwrite=True)
    assert words("made") == ["rook"]
    assert words(convert(io.BytesIO(TEXT), "made", overwrite=True)) == ["king", "queen"]
    assert names_here() == ["made"]


def test_a_destination_is_looked_at_before_the_source():
    convert(io.BytesIO(OTHER), "made")
    with pytest.raises(StoreError, match="made: already exists"):
        convert("no such file", "made")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "there",
    ["file", "directory", "with foreign metadata", "with metadata that is no object", "dangling link"],
)
def test_what_is_no_store_is_never_replaced(there, overwrite):
    if there == "file":
        Path("made").write_text("mine")
    elif there == "dangling link":
        Path("made").symlink_to("nowhere/at/all")
    else:
        Path("made").mkdir()
        Path("made/mine").touch()
    if "metadata" in there:
        Path("made/metadata.json").write_text('{"format": "mine"}' if "foreign" in there else "[]")
    with pytest.raises((StoreError, FileNotFoundError)):
        convert(io.BytesIO(TEXT), "made", overwrite=overwrite)
    assert names_here() == ["made"]
    assert Path("made").is_symlink() or Path("made").is_file() or Path("made/mine").is_file()


@pytest.mark.parametrize("there", ["nothing", "file", "foreign metadata"])
def test_a_directory_gets_the_store_inside(there):
    Path("text.50d.txt").write_bytes(TEXT)
    write_archive("archive.zip", {"deep/member.txt": TEXT})
    Path("folder").mkdir()
    if there != "nothing":
        Path("folder/metadata.json").write_text('{"format": "mine"}' if "foreign" in there else "[]")
    before = names(Path("folder"))
    assert convert("text.50d.txt", "folder") == Path("folder/text.50d.glovefast")
    assert convert("archive.zip", "folder/") == Path("folder/member.glovefast")
    assert names(Path("folder")) == sorted([*before, "member.glovefast", "text.50d.glovefast"])
    with pytest.raises(StoreError, match=r"folder/text\.50d\.glovefast: already exists"):
        convert("text.50d.txt", "folder")
    assert convert("text.50d.txt", "folder", overwrite=True) == Path("folder/text.50d.glovefast")
    with pytest.raises(StoreError, match="already exists"):
        convert("text.50d.txt", "folder/text.50d.glovefast")


@pytest.mark.parametrize("name", ["mine.txt", "subfolder"])
def test_a_store_with_files_of_others_is_not_replaced(name):
    convert(io.BytesIO(OTHER), "made")
    if name == "subfolder":
        Path("made", name).mkdir()
    else:
        Path("made", name).touch()
    with pytest.raises(StoreError, match=f"that do not belong to a store, so it is not replaced.*: {name}"):
        convert(io.BytesIO(TEXT), "made", overwrite=True)
    assert words("made") == ["rook"]
    assert Path("made", name).exists()


@pytest.mark.parametrize("kind", ["fifo", "link", "directory"])
@pytest.mark.parametrize("name", ["vectors.npy", "bad_rows.jsonl"])
def test_a_store_is_not_replaced_if_a_name_of_its_files_belongs_to_something_else(name, kind):
    convert(io.BytesIO(OTHER), "made")
    path = Path("made", name)
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("index.arrow")
    else:
        path.mkdir()
    with pytest.raises(StoreError, match=f"that do not belong to a store, so it is not replaced.*: {name}"):
        convert(io.BytesIO(TEXT), "made", overwrite=True)
    assert names_here() == ["made"]
    assert path.is_symlink() or not path.is_file()
    assert os.path.lexists(path)


def test_what_appears_in_a_store_while_it_is_replaced_stays(monkeypatch, caplog):
    """The store that was replaced keeps it under its hidden name, and a warning says where."""
    convert(io.BytesIO(OTHER), "made")
    take_name = atomic.Partial._take_name

    def late(partial, overwrite):
        Path("made/mine").touch()
        return take_name(partial, overwrite)

    monkeypatch.setattr(atomic.Partial, "_take_name", late)
    convert(io.BytesIO(TEXT), "made", overwrite=True)
    assert words("made") == ["king", "queen"]
    (left,) = Path().glob(".made.*.partial")
    assert names(left) == ["mine"]
    assert f"made is complete, but what it replaced cannot be removed: {left.absolute()}" in caplog.text


@pytest.mark.parametrize("length", [255, 246, 245, 237, 236, 200])
@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_long_name(length, letter, tmp_path):
    """Its hidden name is shorter, and what a killed process left of it is found again."""
    name = letter * (length // len(letter.encode()))
    for text in (TEXT, OTHER):
        Path(remains.hidden_path(tmp_path / name)).mkdir()
        convert(io.BytesIO(text), name, overwrite=True)
        assert names_here() == [name]
    assert words(name) == ["rook"]


def test_a_name_that_is_too_long_is_refused_before_any_work():
    with pytest.raises(OSError, match="File name too long"):
        convert("not even looked for", "x" * 256)
    assert names_here() == []


def test_a_directory_is_made_with_the_rights_of_a_new_one_without_a_look_at_the_umask(monkeypatch):
    """It belongs to the process: another thread's files would get the rights of the moment."""
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the umask was set"))
    convert(io.BytesIO(TEXT), "made")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("failing", ["fsync", "open"])
def test_what_fails_after_the_rename_does_not_fail_the_conversion(monkeypatch, caplog, overwrite, failing):
    if overwrite:
        convert(io.BytesIO(OTHER), "made")
    take_name = atomic.Partial._take_name

    def fail_from_now_on(partial, overwrite):
        taken = take_name(partial, overwrite)
        patch.setattr(atomic.os, failing, no_space)
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(atomic.Partial, "_take_name", fail_from_now_on)
        assert convert(io.BytesIO(TEXT), "made", overwrite=overwrite) == Path("made")
    assert "made is complete, but may be lost if the power fails now" in caplog.text


def test_a_replaced_store_that_cannot_be_removed_is_named(monkeypatch, caplog):
    convert(io.BytesIO(OTHER), "made")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", no_space)
        convert(io.BytesIO(TEXT), "made", overwrite=True)
    assert words("made") == ["king", "queen"]
    (left,) = Path().glob(".made.*.partial")
    assert str(left.absolute()) in caplog.text
    convert(io.BytesIO(OTHER), "made", overwrite=True)
    assert names_here() == ["made"]


def test_a_missing_folder():
    with pytest.raises(StoreError, match=r"the directory .*sub does not exist; make it first"):
        convert(io.BytesIO(TEXT), "sub/made")
    assert names_here() == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_link_stays_a_link(exists):
    """The store is written where the link points to."""
    Path("disk").mkdir()
    if exists:
        convert(io.BytesIO(OTHER), "disk/made")
    Path("link").symlink_to("disk/made")
    assert words(convert(io.BytesIO(TEXT), "link", overwrite=True)) == ["king", "queen"]
    assert Path("link").is_symlink()
    assert words("disk/made") == ["king", "queen"]
    assert names(Path("disk")) == ["made"]


@pytest.mark.parametrize("what", ["store", "directory"])
def test_somebody_else_was_faster(what):
    """What appears at the destination while the text is read is not replaced without being asked."""

    def take_the_name(progress):
        convert(io.BytesIO(OTHER), "made") if what == "store" else Path("made/mine").mkdir(parents=True)

    with pytest.raises(StoreError, match="made: already exists"):
        convert(io.BytesIO(TEXT), "made", progress=take_the_name)
    assert names_here() == ["made"]
    assert words("made") == ["rook"] if what == "store" else names(Path("made")) == ["mine"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_rights_of_any_new_directory(mask):
    before = os.umask(mask)
    try:
        Path("plain").mkdir()
        convert(io.BytesIO(TEXT), "made")
        assert Path("made").stat().st_mode == Path("plain").stat().st_mode
    finally:
        assert os.umask(before) == mask


def no_space(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize(
    ("home", "name"),
    [
        (store.os, "pwrite"),
        (store.os, "fsync"),
        (store, "write_column"),
        (store.Partial, "put_in_place"),
        (bad_rows, "_json"),
        (Path, "rename"),
        (Path, "open"),
    ],
)
def test_a_full_disk_leaves_nothing(monkeypatch, home, name, replaced):
    if replaced:
        convert(io.BytesIO(OTHER + b"bad\n"), "made.glovefast", on_bad_row="skip")
    before = names_here()
    options = {"on_bad_row": "skip", "overwrite": replaced, "threads": 3}
    with monkeypatch.context() as patch:
        if name == "rename":  # as where the system cannot exchange two names in one step
            patch.setattr(atomic, "exchange", lambda one, other: False)
        patch.setattr(home, name, no_space)
        with pytest.raises(OSError, match="No space left"):
            convert(io.BytesIO(TEXT + b"bad\n"), "made.glovefast", **options)
    assert names_here() == before
    if replaced:
        assert words("made.glovefast") == ["rook"]
        assert '"line": 2' in Path("made.glovefast/bad_rows.jsonl").read_text()


ARCHIVE = {"a.txt": TEXT, "sub/b.vec": OTHER, "__MACOSX/._a.txt": b"\0", "sub/": b"", ".hidden": b""}


@pytest.mark.parametrize("directory", [None, "stores", "new/deep"])
def test_every_member_of_an_archive(directory):
    Path("stores").mkdir()
    Path("here").mkdir()
    write_archive("here/archive.zip", ARCHIVE)
    made = convert_archive("here/archive.zip", directory)
    folder = Path(directory or "here")
    assert made == [folder / "a.glovefast", folder / "b.glovefast"]
    assert [words(path) for path in made] == [["king", "queen"], ["rook"]]
    assert load(made[1]).metadata.to_dict()["source"] == {
        "name": "archive.zip",
        "member": "sub/b.vec",
        "bytes": len(OTHER),
    }
    with pytest.raises(StoreError, match="already exists"):
        convert_archive("here/archive.zip", directory)
    made = convert_archive("here/archive.zip", directory, overwrite=True, limit=1, threads=1)
    assert [words(path) for path in made] == [["king"], ["rook"]]


def test_members_that_would_be_one_store():
    write_archive("archive.zip", {"one/vectors.txt": TEXT, "two/vectors.vec": OTHER})
    with pytest.raises(
        StoreError,
        match=r"both one/vectors\.txt and two/vectors\.vec would become this store; convert them one by one",
    ):
        convert_archive("archive.zip", "stores")
    assert names_here() == ["archive.zip"]


def test_an_archive_is_looked_at_before_any_work():
    write_archive("archive.zip", ARCHIVE)
    convert(io.BytesIO(OTHER), "b.glovefast")
    with pytest.raises(StoreError, match=r"b\.glovefast: already exists"):
        convert_archive("archive.zip")
    with pytest.raises(ValueError, match="threads must be at least 1, not 0"):
        convert_archive("archive.zip", "stores", threads=0)
    assert names_here() == ["archive.zip", "b.glovefast"]


def test_a_member_that_is_bad():
    write_archive("archive.zip", {"a.txt": TEXT, "b.txt": b"bad x 1\nrook 1 2\n", "c.txt": OTHER})
    with pytest.raises(FormatError) as caught:
        convert_archive("archive.zip")
    assert (caught.value.path, caught.value.line) == ("archive.zip!b.txt", 1)
    assert names_here() == ["a.glovefast", "archive.zip"]
    made = convert_archive("archive.zip", on_bad_row="skip", overwrite=True)
    assert [words(path) for path in made] == [["king", "queen"], ["rook"], ["rook"]]
    assert Path("b.glovefast/bad_rows.jsonl").is_file()


@pytest.mark.parametrize("directory", ["new", "new/deep"])
@pytest.mark.parametrize("bad", ["a.txt", "b.txt"])
def test_an_archive_that_fails_leaves_no_empty_directory(directory, bad):
    write_archive("archive.zip", {"a.txt": TEXT, "b.txt": TEXT, bad: b"bad x 1\nrook 1 2\nking 1 2\n"})
    with pytest.raises(FormatError):
        convert_archive("archive.zip", directory)
    assert names_here() == ["archive.zip", *(["new"] if bad == "b.txt" else [])]


def test_no_archive_or_an_empty_one():
    write_archive("archive.zip", {"__MACOSX/._a.txt": b"\0"})
    Path("text.txt").write_bytes(TEXT)
    with pytest.raises(FormatError, match=r"archive\.zip: is an archive without files"):
        convert_archive("archive.zip", "stores")
    with pytest.raises(FormatError, match=r"text\.txt: is not an archive"):
        convert_archive("text.txt", "stores")
    assert names_here() == ["archive.zip", "text.txt"]


def test_a_process_that_is_killed_leaves_no_store():
    """Only the hidden directory stays, which nobody takes for a store."""
    code = "import io, os, sys\nfrom glovefast import convert\n"
    code += "convert(io.BytesIO(b'a 1 2\\n'), 'made', progress=lambda progress: os.kill(os.getpid(), 9))"
    run = subprocess.run([sys.executable, "-c", code], check=False)
    assert run.returncode == -9
    assert [name for name in names_here() if not name.startswith(".made.")] == []
