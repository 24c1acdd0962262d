"""Stores: opening and everything that can be wrong with one, writing vectors from memory, atomic."""

import errno
import json
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from glovefast.errors import StoreError
from glovefast.store import atomic, remains, renames
from glovefast.store.atomic import Partial, published_whole
from glovefast.store.export.writing import write_vectors
from glovefast.store.metadata import SourceInfo
from glovefast.store.reading import open_store
from glovefast.store.writing import write_store
from glovefast.vectors import load
from tests.reference import same_bits

WORDS = [f"word{row}" for row in range(100)]
VECTORS = np.random.default_rng(5).normal(size=(100, 7)).astype(np.float32)


@pytest.fixture
def store(tmp_path) -> Path:
    return write_store(tmp_path / "store", pa.array(WORDS), VECTORS, source=SourceInfo(name="memory"))


def refusal(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        load(path)
    assert caught.value.path == str(path)
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    return caught.value.reason


def test_a_store_holds_what_was_written(store):
    opened = open_store(store)
    assert opened.path == store
    assert same_bits(np.array(opened.vectors), VECTORS)
    assert isinstance(opened.vectors, np.memmap)
    assert not opened.vectors.flags.writeable
    assert opened.vocabulary.words.to_pylist() == WORDS
    assert opened.metadata.source == SourceInfo(name="memory")
    assert (opened.metadata.rows, opened.metadata.dim) == (100, 7)
    assert open_store(str(store)).metadata == opened.metadata


def test_any_array_of_numbers_is_written_as_float32(tmp_path):
    write_store(tmp_path / "ints", pa.array(["a", "b"]), np.array([[1, 2], [3, 4]], order="F"))
    assert same_bits(np.array(load(tmp_path / "ints").vectors), np.array([[1, 2], [3, 4]], "f4"))
    write_store(tmp_path / "cut", pa.array(WORDS)[10:20], VECTORS[10:20, ::2])
    cut = load(tmp_path / "cut")
    assert cut.words.to_pylist() == WORDS[10:20]
    assert same_bits(np.array(cut.vectors), np.ascontiguousarray(VECTORS[10:20, ::2]))
    assert cut.rows(WORDS[9:12]).tolist() == [-1, 0, 1]


def test_a_store_without_rows(tmp_path):
    write_store(tmp_path / "empty", pa.array([], pa.string()), np.empty((0, 3)))
    empty = load(tmp_path / "empty")
    assert (len(empty), empty.dim, empty.vectors.shape) == (0, 3, (0, 3))
    assert empty.words.to_pylist() == empty.index_to_key == []
    assert empty.rows(["a", ""]).tolist() == [-1, -1]
    assert "a" not in empty
    assert empty[[]].shape == (0, 3)


@pytest.mark.parametrize("vectors", [VECTORS[:99], VECTORS[0], np.zeros((100, 7, 1))])
def test_words_and_vectors_must_fit(tmp_path, vectors):
    with pytest.raises(ValueError, match="expected 100 vectors"):
        write_store(tmp_path / "store", pa.array(WORDS), vectors)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store(tmp_path):
    (tmp_path / "vectors.txt").write_text("the 0.1 0.2\n")
    assert refusal(tmp_path / "vectors.txt") == (
        f"is a file, not a store; convert embedding text first: glovefast convert {tmp_path / 'vectors.txt'}"
    )
    (tmp_path / "my vectors.txt").write_text("the 0.1 0.2\n")
    assert refusal(tmp_path / "my vectors.txt").endswith(f"glovefast convert '{tmp_path / 'my vectors.txt'}'")
    assert refusal(tmp_path / "nothing").startswith("does not exist; make a store")
    assert refusal(tmp_path) == "is not a glovefast store: it has no metadata.json"
    for text in ('{"format": "other"}', "[]", "{}", '"glovefast"'):
        (tmp_path / "metadata.json").write_text(text)
        assert refusal(tmp_path) == "is not a glovefast store: its metadata.json is from another program"


def test_a_file_of_a_store(store):
    for name in ("vectors.npy", "metadata.json"):
        assert refusal(store / name) == f"is a file in a store; pass the store instead: {store}"


def change_metadata(store: Path, **changes) -> None:
    metadata = json.loads((store / "metadata.json").read_text())
    (store / "metadata.json").write_text(json.dumps({**metadata, **changes}))


@pytest.mark.parametrize("version", [3, 99, 0, True, None, "2"])
def test_another_format(store, version):
    change_metadata(store, format_version=version)
    reason = refusal(store)
    assert reason.startswith(f"has format version {version!r}, and this glovefast ")
    assert reason.endswith("reads version 2; update glovefast")


def test_a_store_of_version_1_names_the_command_that_makes_it_anew(store):
    change_metadata(store, format_version=1)
    assert refusal(store) == (
        "has format version 1, which is no longer read; convert its source again: "
        f"glovefast convert SOURCE -o {store} --force"
    )


def test_what_is_added_later_does_no_harm(store):
    change_metadata(store, license="PDDL")
    (store / "more.arrow").touch()
    assert load(store).metadata.other == {"license": "PDDL"}


def cut_in_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def without_the_last_byte(data: bytes) -> bytes:
    return data[:-1]


def nothing(data: bytes) -> bytes:
    return b""


def zeros(data: bytes) -> bytes:
    return bytes(len(data))


def pickled(data: bytes) -> bytes:
    """What a program that opens pickles would run."""
    return b"\x80\x04cos\nsystem\n(S'exit 1'\ntR."


@pytest.mark.parametrize("file", ["vectors.npy", "vocabulary.arrow", "index.arrow", "metadata.json"])
@pytest.mark.parametrize("damage", [cut_in_half, without_the_last_byte, nothing, zeros, pickled])
def test_damaged_files(store, file, damage):
    data = (store / file).read_bytes()
    if file == "metadata.json":
        data = data.rstrip()
    (store / file).write_bytes(damage(data))
    reason = refusal(store)
    assert reason.startswith(f"the store is damaged: {file} ")
    assert reason.endswith("; convert its source again")


@pytest.mark.parametrize("file", ["vectors.npy", "vocabulary.arrow", "index.arrow"])
def test_missing_files(store, file):
    (store / file).unlink()
    assert refusal(store).startswith(f"the store is damaged: {file} cannot be mapped")


@pytest.mark.parametrize("file", ["vectors.npy", "vocabulary.arrow", "index.arrow"])
def test_no_changed_byte_is_taken_for_another_trouble(store, tmp_path, file):
    """In the data it is not seen on opening; all else is a StoreError, whatever NumPy and Arrow raise."""
    data = (store / file).read_bytes()
    refused = 0
    for position in [*range(min(len(data), 600)), *range(max(0, len(data) - 600), len(data))]:
        changed = bytearray(data)
        changed[position] ^= 0xFF
        (store / file).write_bytes(changed)
        try:
            open_store(store)
        except StoreError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rows": 99}, "vocabulary.arrow has 100 entries, but metadata.json says 99"),
        ({"rows": -1}, "metadata.json has no valid 'rows'"),
        ({"rows": "100"}, "metadata.json has no valid 'rows'"),
        ({"rows": True}, "metadata.json has no valid 'rows'"),
        (
            {"dim": 8},
            "vectors.npy must contain (100, 8) float32, but its header says "
            "\"{'descr': '<f4', 'fortran_order': False, 'shape': (100, 7), }\"",
        ),
        ({"dim": None}, "metadata.json has no valid 'dim'"),
        (
            {"dtype": "float64"},
            "metadata.json says that the numbers are 'float64', not one of float32, float16, int8",
        ),
    ],
)
def test_metadata_that_contradicts_the_files(store, changes, reason):
    change_metadata(store, **changes)
    assert refusal(store) == f"the store is damaged: {reason}; convert its source again"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("glovefast_version", 2),
        ("source", "text.txt"),
        ("source.name", None),
        ("source.name", 7),
        ("source.member", []),
        ("source.bytes", -1),
        ("source.bytes", 1e300),
        ("options", []),
        ("options.errors", 1),
        ("options.on_bad_row", {}),
        ("report", []),
        ("report.header", "3 2"),
        ("report.header", [3]),
        ("report.header", [3, None]),
        ("report.skipped_rows", "many"),
        ("report.skipped_rows", True),
        ("report.blank_lines", 2**63),
        ("limit", "7"),
        ("limit", -1),
        ("wanted", 5),
        ("wanted.words", None),
        ("wanted.hits", 1.5),
        ("wanted.misses", "0"),
        ("wanted.found_by", {}),
        ("wanted.found_by", ["exact"]),
        ("wanted.found_by.name", 1),
        ("wanted.first_missing", [1]),
        ("checksums", []),
        ("checksums", {"vectors.npy": 1}),
        ("dtype", None),
        ("rows", 2**31),
        ("dim", 2**23 + 1),
    ],
)
def test_a_value_of_the_wrong_type(store, run, key, value):
    """It is named, also by the commands that show it."""
    metadata = json.loads((store / "metadata.json").read_text())
    metadata["wanted"] = {"words": 3, "hits": 2, "misses": 1, "found_by": [{"name": "exact", "words": 2}]}
    metadata["wanted"]["first_missing"] = ["a"]
    metadata["options"] = {"errors": "strict", "on_bad_row": "raise"}
    metadata["report"] = {"header": None}
    (store / "metadata.json").write_text(json.dumps(metadata))
    assert load(store).metadata.wanted.misses == 1
    *groups, name = key.split(".")
    values = metadata
    for group in groups:
        values = values[group]
    if isinstance(values, list):
        values = values[0]
    values[name] = value
    (store / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(StoreError, match=rf"metadata\.json has no valid '{key}(\.\w+)?'"):
        load(store)
    code, output, errors = run("info", str(store.resolve()))
    assert (code, output, errors.count("\n")) == (1, "", 1)


def test_files_that_do_not_belong_together(store, tmp_path):
    other = write_store(tmp_path / "other", pa.array(["a", "b"]), np.zeros((2, 7)))
    for file, reason in [
        (
            "vectors.npy",
            "vectors.npy must contain (100, 7) float32, but its header says "
            "\"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 7), }\"",
        ),
        ("vocabulary.arrow", "vocabulary.arrow has 2 entries, but metadata.json says 100"),
        ("index.arrow", "index.arrow does not index 100 words"),
    ]:
        mixed = tmp_path / f"mixed {file}"
        shutil.copytree(store, mixed)
        shutil.copy(other / file, mixed / file)
        assert refusal(mixed) == f"the store is damaged: {reason}; convert its source again"
    shutil.copy(store / "index.arrow", store / "vocabulary.arrow")
    assert "vocabulary.arrow cannot be mapped (it has columns ['bucket'] of types " in refusal(store)


@pytest.mark.parametrize("array", [VECTORS.astype("f8"), VECTORS.astype(">f4"), np.asfortranarray(VECTORS)])
def test_vectors_of_another_kind(store, array):
    np.save(store / "vectors.npy", array)
    reason = refusal(store)
    assert "vectors.npy must contain (100, 7) float32, but its header says " in reason
    assert array.dtype.str in reason


def test_a_file_that_may_not_be_read_is_not_damaged(store, monkeypatch):
    open_file = os.open

    def refuse(name, *arguments, **options):
        if name == "vocabulary.arrow":
            raise PermissionError(13, "Permission denied", name)
        return open_file(name, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as caught:
        load(store)
    assert caught.value.filename == str(store / "vocabulary.arrow")


def publish(target: Path, content: str, overwrite: bool = True) -> None:
    with Partial(target) as partial:
        (partial.path / "vectors.npy").write_text(content)
        partial.put_in_place(overwrite)


@pytest.mark.parametrize("exchange", [True, False])
def test_put_in_place(tmp_path, monkeypatch, exchange):
    """With the exchange in one step that Linux has, and without."""
    if not exchange:
        monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    target = tmp_path / "target"
    for content in ("first", "second", "third"):
        publish(target, content)
        assert (target / "vectors.npy").read_text() == content
        assert [path.name for path in tmp_path.iterdir()] == ["target"]
    with pytest.raises(FileExistsError, match=r"exists.*target"):
        publish(target, "fourth", overwrite=False)
    assert (target / "vectors.npy").read_text() == "third"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the exchange is a call of Linux's")
def test_the_exchange_is_in_one_step(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").write_text("other")
    assert atomic.exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one").read_text() == "other"
    assert (tmp_path / "other").is_dir()
    assert not atomic.exchange(tmp_path / "one", tmp_path / "nothing")


@pytest.mark.parametrize("failing", [{2}, {3}, {3, 4}])
def test_an_old_store_survives_whatever_fails(tmp_path, monkeypatch, failing):
    """Where the way back fails too, it still exists under its other name, and gets its own from the next."""
    monkeypatch.setattr(atomic, "exchange", lambda one, other: False)
    target = tmp_path / "target"
    publish(target, "old")
    rename, calls = Path.rename, []

    def fail(path, name):
        calls.append(path)
        if len(calls) in failing:
            raise OSError(5, "Input/output error")
        return rename(path, name)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(OSError, match="Input/output error"):
            publish(target, "new")
    if 4 in failing:
        assert [path.read_text() for path in tmp_path.glob(".target.*.retired/vectors.npy")] == ["old"]
        remains.clear_remains(target)
    assert (target / "vectors.npy").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_file_is_published_whole(tmp_path):
    target = tmp_path / "file"
    for content in ("first", "second"):
        with published_whole(target, overwrite=True) as partial:
            partial.write_text(content)
            assert not target.exists() or target.read_text() == "first"
        assert target.read_text() == content
    with pytest.raises(OSError, match="nowhere"), published_whole(target, overwrite=True) as partial:
        partial.rename(tmp_path / "nowhere" / "file")
    assert target.read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("kind", ["fifo", "device", "socket", "directory", "link to a fifo"])
def test_only_regular_files_are_replaced(tmp_path, kind, overwrite):
    """Neither by text nor by what else is published, also if it appears while the file is written."""
    target = tmp_path / "vectors.txt"
    make_node(target, kind)
    inode = target.lstat().st_ino
    words, vectors = pa.array(["a"]), np.zeros((1, 2), np.float32)
    with pytest.raises(StoreError, match=r"not a regular file|is a directory|already exists"):
        write_vectors(target, words, vectors, "glove", overwrite=overwrite)
    with pytest.raises(FileExistsError), published_whole(target, overwrite) as partial:
        partial.touch()
    assert target.lstat().st_ino == inode
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]


def make_node(path: Path, kind: str) -> None:
    if kind == "directory":
        path.mkdir()
    elif kind == "socket":
        try:
            os.mknod(path, stat.S_IFSOCK | 0o600)
        except PermissionError:
            pytest.skip("sockets cannot be made here")
    elif kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))  # as /dev/null
        except PermissionError:
            pytest.skip("only root makes devices")
    else:
        os.mkfifo(path.with_name("a pipe") if "link" in kind else path)
        if "link" in kind:
            path.symlink_to("a pipe")


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    """With Linux's rename that replaces nothing, with a hard link, and where there are neither."""
    target = tmp_path / "file"

    def refuse(*arguments):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    for step in ("rename", "link", "neither"):
        if step == "link":
            monkeypatch.setattr(renames, "_renameat2", lambda *arguments: False)
        if step == "neither":
            monkeypatch.setattr(renames.os, "link", refuse)
        with pytest.raises(FileExistsError), published_whole(target, overwrite=False) as partial:
            [path.write_text(text) for path, text in ((partial, "ours"), (target, "theirs"))]
        assert target.read_text() == "theirs"
        target.unlink()
        with published_whole(target, overwrite=False) as partial:
            partial.write_text("ours")
        assert target.read_text() == "ours"
        target.unlink()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("home", "name"), [(Path, "mkdir"), (os, "open"), (Path, "exists")])
def test_an_interrupt_just_after_the_hidden_directory_is_made(tmp_path, monkeypatch, home, name):
    original = getattr(home, name)

    def interrupted(*arguments, **options):
        result = original(*arguments, **options)
        if name == "open":
            os.close(result)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(home, name, interrupted)
        with pytest.raises(KeyboardInterrupt), Partial(tmp_path / "target"):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mkdir", "exists"])
def test_where_no_directory_can_be_made(tmp_path, monkeypatch, name):
    """As in /proc, where the system says that a directory to be made is missing, however often one tries."""
    original = getattr(Path, name)
    tries = []

    def fail(path, *arguments, **options):
        if path.suffix != ".partial":
            return original(path, *arguments, **options)
        tries.append(path)
        if len(tries) > 1000:
            pytest.fail("it tries for ever")
        if name == "mkdir":
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        path.rmdir()
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, fail)
        with pytest.raises(OSError, match="no directory can be made here") as caught:
            publish(tmp_path / "target", "new")
    assert caught.value.filename == str(tmp_path)
    assert len(tries) == 1 or name == "exists"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["fifo", "device", "socket", "directory", "link to a fifo"])
def test_only_regular_files_are_removed(tmp_path, monkeypatch, caplog, kind):
    """What has the name of a store's file when a store is replaced, or in what a killed process left."""
    target, take_name = tmp_path / "target", atomic.Partial._take_name

    def late(partial, overwrite):
        (target / "vectors.npy").unlink()
        make_node(target / "vectors.npy", kind)
        return take_name(partial, overwrite)

    publish(target, "old")
    with monkeypatch.context() as patch:
        patch.setattr(atomic.Partial, "_take_name", late)
        publish(target, "new")
    assert (target / "vectors.npy").read_text() == "new"
    (left,) = tmp_path.glob(".target.*.partial")
    assert f"target is complete, but what it replaced cannot be removed: {left}" in caplog.text
    remains.clear_remains(target)
    assert os.path.lexists(left / "vectors.npy")


@pytest.mark.parametrize("failing", [(os, "fsync"), (Path, "rmdir")])
def test_no_memory_after_the_rename(tmp_path, monkeypatch, failing):
    """What was published is complete, whatever fails behind it; and the old store is removed."""
    target, take_name = tmp_path / "target", atomic.Partial._take_name
    original = getattr(*failing)

    def fail_once(*arguments, **options):
        monkeypatch.setattr(*failing, original)
        raise MemoryError

    def fail_from_now_on(partial, overwrite):
        taken = take_name(partial, overwrite)
        monkeypatch.setattr(*failing, fail_once)
        return taken

    publish(target, "old")
    monkeypatch.setattr(atomic.Partial, "_take_name", fail_from_now_on)
    publish(target, "new")
    assert getattr(*failing) is original
    assert (target / "vectors.npy").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
