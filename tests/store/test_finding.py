"""A store that is opened again: where it is looked for, and which one is refused."""

import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glovefast.conversion.convert import convert
from glovefast.errors import StoreError
from glovefast.vectors import WordVectors, load

NAME = "words.glovefast"


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """A store, and an empty directory to work in."""
    text = tmp_path / "words.txt"
    text.write_bytes(b"king 1 2\nqueen 3 4\n")
    for name in ("empty", "made", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.delenv("GLOVEFAST_PATH", raising=False)
    return convert(text, tmp_path / "made" / NAME)


@pytest.fixture
def pickled(made) -> bytes:
    return pickle.dumps(load(made))


@pytest.fixture
def other(tmp_path) -> Path:
    """A store of the same name and shape with another number in it."""
    text = tmp_path / "others.txt"
    text.write_bytes(b"king 1 2\nqueen 3 5\n")
    return convert(text, tmp_path / "other" / NAME)


def moved(store: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    return store.rename(to)


def found(pickled: bytes) -> Path:
    vectors = pickle.loads(pickled)
    assert isinstance(vectors, WordVectors)
    assert vectors["queen"].tolist() == [3, 4]
    assert vectors.is_current()
    return vectors.path


class JavaError(Exception):
    """As Py4J raises it after the end of a session."""


def spark_with(monkeypatch, root: Path | type[Exception]) -> None:
    """Make this process look like one of Spark's, or like one without a session."""

    def root_directory() -> str:
        if isinstance(root, type):
            raise root
        return str(root)

    spark = SimpleNamespace(SparkFiles=SimpleNamespace(getRootDirectory=root_directory))
    monkeypatch.setitem(sys.modules, "pyspark", spark)


def test_the_path_comes_first(made, pickled, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "path" / NAME)
    monkeypatch.setenv("GLOVEFAST_PATH", str(tmp_path / "path"))
    assert found(pickled) == made


def test_then_the_directories_of_the_search_path(made, pickled, other, tmp_path, monkeypatch):
    place = moved(made, tmp_path / "third" / NAME)
    directories = [tmp_path / "nothing", other.parent, place.parent]
    monkeypatch.setenv("GLOVEFAST_PATH", os.pathsep.join(["", *map(str, directories)]))
    assert found(pickled) == place


def test_then_what_spark_shipped(made, pickled, other, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOVEFAST_PATH", str(other.parent))
    place = moved(made, tmp_path / "root" / NAME)
    spark_with(monkeypatch, tmp_path / "root")
    assert found(pickled) == place


@pytest.mark.parametrize(
    "place",
    [
        f"{NAME}/{NAME}",  # an archive of the directory, unpacked under its name
        f"{NAME}.zip/{NAME}",
        f"vectors/{NAME}",  # archive.zip#vectors
        "vectors",  # an archive of the files, without their directory
    ],
)
@pytest.mark.parametrize("by_spark", [True, False])
def test_an_archive_is_unpacked_under_any_name(made, pickled, tmp_path, monkeypatch, place, by_spark):
    (tmp_path / "root" / "aside").mkdir(parents=True)
    moved(made, tmp_path / "root" / place)
    if by_spark:
        spark_with(monkeypatch, tmp_path / "root")
    else:
        monkeypatch.chdir(tmp_path / "root")
    assert found(pickled) == tmp_path / "root" / place


@pytest.mark.parametrize("error", [AssertionError, AttributeError, JavaError])
def test_a_process_of_spark_without_a_session(made, pickled, monkeypatch, error):
    spark_with(monkeypatch, error)
    place = moved(made, Path.cwd() / NAME)
    assert found(pickled) == place


def test_the_error_names_every_place(made, pickled, other, tmp_path, monkeypatch):
    shutil.rmtree(made)
    damaged = tmp_path / "damaged" / NAME
    shutil.copytree(other, damaged)
    (damaged / "vectors.npy").write_bytes(b"short")
    closed = tmp_path / "loop" / NAME
    closed.parent.mkdir()
    closed.symlink_to(closed)
    directories = [tmp_path / "nothing", other.parent, damaged.parent, closed.parent]
    monkeypatch.setenv("GLOVEFAST_PATH", os.pathsep.join(map(str, directories)))
    (tmp_path / "root").mkdir()
    spark_with(monkeypatch, tmp_path / "root")
    with pytest.raises(StoreError) as caught:
        pickle.loads(pickled)
    assert caught.value.path == str(made)
    first, *lines, advice = str(caught.value).splitlines()
    assert first.startswith(f"{made}: this store was not found on host ")
    assert [line.strip() for line in lines[:3]] == [
        f"{made}: does not exist",
        f"{tmp_path}/nothing/{NAME} (GLOVEFAST_PATH): does not exist",
        f"{other} (GLOVEFAST_PATH): is another store of this name",
    ]
    assert lines[3].startswith(f"  {damaged} (GLOVEFAST_PATH): the store is damaged: vectors.npy must ")
    assert lines[4].startswith(f"  {closed} (GLOVEFAST_PATH): cannot be read (Too many levels")
    assert [line.strip() for line in lines[5:]] == [
        f"{tmp_path}/root (SparkFiles): holds no store of this name",
        f"{tmp_path}/empty (working directory): holds no store of this name",
    ]
    assert advice.startswith("Copy the store to this host, set GLOVEFAST_PATH ")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_error_says_that_there_is_no_search_path(made, pickled):
    shutil.rmtree(made)
    with pytest.raises(StoreError, match=r"\n  GLOVEFAST_PATH is not set\n"):
        pickle.loads(pickled)


def test_a_store_of_another_version(made, pickled):
    metadata = made / "metadata.json"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace('"format_version": 2', '"format_version": 3'), encoding="utf-8")
    with pytest.raises(StoreError, match=rf"\n  {made}: has format version 3, and this glovefast .* update"):
        pickle.loads(pickled)


def test_another_store_in_its_place(made, pickled, other):
    shutil.rmtree(made)
    moved(other, made)
    with pytest.raises(StoreError, match="was replaced by another store after it was pickled"):
        pickle.loads(pickled)


def test_a_store_without_checksums_is_known_at_its_own_place_only(made, tmp_path, monkeypatch):
    metadata = made / "metadata.json"
    metadata.write_text(
        re.sub('"checksums": {.*?}', '"checksums": {}', metadata.read_text(), flags=re.DOTALL)
    )
    pickled = pickle.dumps(load(made))
    assert found(pickled) == made
    monkeypatch.setenv("GLOVEFAST_PATH", str(tmp_path))
    moved(made, tmp_path / NAME)
    with pytest.raises(StoreError, match=r"words.glovefast \(GLOVEFAST_PATH\): has no checksums to compare"):
        pickle.loads(pickled)


def test_a_working_directory_that_was_deleted(made, pickled, tmp_path, monkeypatch):
    Path.cwd().rmdir()
    assert found(pickled) == made
    there = moved(made, tmp_path / "there" / NAME)
    with pytest.raises(StoreError, match=f"{made}: does not exist\n  GLOVEFAST_PATH is not set"):
        pickle.loads(pickled)
    monkeypatch.setenv("GLOVEFAST_PATH", str(there.parent))
    assert found(pickled) == there


def test_a_store_that_was_moved_costs_no_search_for_its_neighbors(made, pickled, tmp_path):
    """What helps people to find a file they mistyped takes time, and workers mistype nothing."""
    place = moved(made, tmp_path / "empty" / NAME)
    code = """import pickle, sys
path = pickle.loads(bytes.fromhex(sys.argv[1])).path
print(path, "glovefast.sources.names" in sys.modules)"""
    run = subprocess.run(
        [sys.executable, "-c", code, pickled.hex()], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [str(place), "False"]
