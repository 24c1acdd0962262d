"""Many readers of one store: processes, threads, and a store that is replaced under them."""

import io
import multiprocessing
import pickle
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from glovefast.conversion.convert import convert
from glovefast.errors import StoreError
from glovefast.store import reading as opening
from glovefast.store.writing import write_store
from glovefast.vectors import WordVectors, load
from tests.helpers.waiting import PATIENCE, line_of
from tests.reference import same_bits

WORDS = [f"word{row}" for row in range(5000)]
NUMBERS = np.random.default_rng(3).normal(size=(len(WORDS), 50)).astype(np.float32)
QUERY = ["none", *WORDS[::7]]


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return write_store(tmp_path_factory.mktemp("readers") / "store", pa.array(WORDS), NUMBERS)


def look_up(vectors: WordVectors) -> tuple[bytes, list[int], bool, str]:
    """Use a store in every way; give what came out, to be compared with what another process gets."""
    return (
        vectors.embedding_matrix(QUERY, oov="mean").tobytes(),
        vectors.rows(QUERY).tolist(),
        "word77" in vectors,
        vectors.words[4999].as_py() + vectors.index_to_key[3],
    )


# Processes and threads

# From Python 3.12 on, a fork with threads around gives a warning; that it works here is what is tested.
FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@FORKS
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_in_other_processes(store, method):
    """Handed over to workers that were forked, spawned or started by a fork server."""
    vectors = load(store)
    expected = look_up(vectors)
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:  # fails if a worker dies
        assert list(pool.map(look_up, [vectors] * 4)) == [expected] * 4


@FORKS
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here")
def test_inherited_by_a_fork(store):
    """Not pickled at all, and used in the child before the parent has used it."""
    fork, vectors = multiprocessing.get_context("fork"), load(store)
    receiving, sending = fork.Pipe(duplex=False)
    child = fork.Process(target=lambda: sending.send(look_up(vectors)))
    child.start()
    sending.close()  # else the end of a child that sends nothing would not be seen
    answer = receiving.recv()
    child.join()
    assert child.exitcode == 0
    assert answer == look_up(vectors)


def test_in_threads(store):
    expected = look_up(load(store))
    for _ in range(5):
        vectors, start = load(store), threading.Barrier(8)

        def at_once(vectors=vectors, start=start):
            start.wait(PATIENCE)
            return look_up(vectors)

        with ThreadPoolExecutor(8) as pool:
            assert [work.result() for work in [pool.submit(at_once) for _ in range(8)]] == [expected] * 8


def test_little_is_pickled(store):
    vectors = load(store)
    look_up(vectors)
    assert len(pickle.dumps(vectors)) < 1000


ONLY_OPEN = """
import sys, glovefast
vectors = glovefast.load(sys.argv[1])
print("done", flush=True)
sys.stdin.read()
"""
READ = ONLY_OPEN.replace("print", 'vectors.embedding_matrix([f"word{row}" for row in range(5000)]); print')


def proportional_kilobytes(process: subprocess.Popen, store: Path) -> int:
    """Add up what a process has of the store's files in memory, pages it shares by its share of them."""
    total, of_the_store = 0, False
    for line in Path(f"/proc/{process.pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            of_the_store = f"{store}/" in line
        elif of_the_store and line.startswith("Pss:"):
            total += int(line.split()[1])
    return total


def measured(store: Path, processes: int, program: str = READ) -> int:
    """Let processes use a store; add up their memory of it while all have it open."""
    command = [sys.executable, "-c", program, str(store)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    try:
        for process in started:
            line_of(process, "done\n")
        return sum(proportional_kilobytes(process, store) for process in started)
    finally:
        for process in started:
            process.communicate()


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system has no /proc/PID/smaps")
def test_processes_share_the_pages_of_a_store(store):
    alone, together = measured(store, 1), measured(store, 8)
    assert alone >= 0.9 * (store / "vectors.npy").stat().st_size / 1024  # it is mapped, and was read
    assert together <= 1.2 * alone


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system has no /proc/PID/smaps")
def test_opening_reads_next_to_nothing(tmp_path):
    """Counted are also the pages that the kernel maps around those that are touched, 64 KiB and more."""
    words = pa.array([f"a longer word for more bytes {row}" for row in range(100_000)])
    store = write_store(tmp_path / "store", words, np.zeros((len(words), 2)))
    kilobytes = sum(file.stat().st_size for file in store.iterdir()) / 1024
    assert measured(store, 1, ONLY_OPEN) < kilobytes / 4


# A store that is replaced


def replace(store: Path, text: bytes = b"c 5 6 7\n") -> Path:
    return convert(io.BytesIO(text), store, overwrite=True)


@pytest.fixture
def small(tmp_path) -> Path:
    return convert(io.BytesIO(b"a 1 2\nb 3 4\n"), tmp_path / "store.glovefast")


def test_a_reader_keeps_what_it_has_and_says_when_it_is_replaced(small):
    old = load(small)
    assert old.is_current()
    assert load(small).is_current()
    replace(small)
    assert not old.is_current()
    assert (old["b"].tolist(), old.rows(["a", "c"]).tolist()) == ([3, 4], [0, -1])
    assert (old.words.to_pylist(), "b" in old) == (["a", "b"], True)
    assert same_bits(old.embedding_matrix(["", "b"]), np.array([[0, 0], [3, 4]], "f4"))
    new = old.reload()
    assert type(new) is WordVectors
    assert (new["c"].tolist(), new.is_current()) == ([5, 6, 7], True)
    assert old["a"].tolist() == [1, 2]
    again = replace(small, b"c 5 6 7\n")  # the same once more is another store, too
    assert not new.is_current()
    assert new.reload().path == again


def test_a_store_that_is_gone(small):
    vectors = load(small)
    shutil.rmtree(small)
    assert not vectors.is_current()
    assert vectors["b"].tolist() == [3, 4]
    with pytest.raises(StoreError, match="does not exist"):
        vectors.reload()
    small.write_text("a file")
    assert not vectors.is_current()


def test_a_link_that_is_turned_to_another_store(small, tmp_path):
    other = convert(io.BytesIO(b"c 5 6 7\n"), tmp_path / "other")
    link = tmp_path / "current"
    link.symlink_to(small)
    vectors = load(link)
    assert vectors.is_current()
    link.unlink()
    link.symlink_to(other)
    assert not vectors.is_current()
    assert vectors.reload()["c"].tolist() == [5, 6, 7]


def test_another_working_directory(small, monkeypatch):
    monkeypatch.chdir(small.parent)
    vectors = load(small.name)
    monkeypatch.chdir("/")
    assert vectors.is_current()
    assert vectors.reload()["a"].tolist() == [1, 2]
    assert pickle.loads(pickle.dumps(vectors))["a"].tolist() == [1, 2]


def test_a_worker_does_not_get_another_store(small):
    """The same words and vectors it may get: converted once more, say."""
    pickled = pickle.dumps(load(small))
    replace(small, b"a 1 2\nb 3 4\n")
    assert pickle.loads(pickled)["b"].tolist() == [3, 4]
    for text in (b"a 1 2\nb 3 5\n", b"b 1 2\na 3 4\n"):
        replace(small, text)
        with pytest.raises(StoreError, match="was replaced by another store after"):
            pickle.loads(pickled)


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("at", ["metadata.json", "vocabulary.arrow", "index.arrow", "vectors.npy"])
def test_replaced_between_the_opening_of_two_files(small, tmp_path, monkeypatch, at, removed):
    """All files are those of one store: the old one's while they are there, then the new one's."""
    open_file, replaced = opening.StoreDirectory.open, []

    def replace_before(directory, name):
        if name == at and not replaced:
            replaced.append(name)
            if not removed:
                small.rename(tmp_path / "old")
            replace(small, b"x 7 8\ny 9 9\n")  # of the same shape
        return open_file(directory, name)

    monkeypatch.setattr(opening.StoreDirectory, "open", replace_before)
    vectors = load(small)
    assert replaced == [at]
    expected = {"x": [7, 8], "y": [9, 9]} if removed else {"a": [1, 2], "b": [3, 4]}
    assert {word: vectors[word].tolist() for word in vectors} == expected
    assert vectors.is_current() is removed


@pytest.mark.skipif(sys.platform != "linux", reason="the exchange in one step is Linux's")
def test_opened_while_it_is_replaced_again_and_again(tmp_path):
    """Two stores that take turns: what is opened is one of them, whole."""
    store, texts = tmp_path / "store", [b"a 1 2\n" * 9, b"b 3 4 5\n" * 20]
    replace(store, texts[0])
    ended, loaded, loads = threading.Event(), threading.Condition(), 0

    def take_turns():
        try:
            for turn in range(60):
                replace(store, texts[turn % 2])
                if turn % 7 == 0:  # now and then the reader opens this very store from start to end
                    with loaded:
                        last = loads + 2
                        loaded.wait_for(lambda last=last: loads >= last or ended.is_set())
        finally:
            ended.set()

    def look(vectors):
        word = vectors.words[0].as_py()
        rows, vector = {"a": (9, [1, 2]), "b": (20, [3, 4, 5])}[word]
        assert (len(vectors), vectors[word].tolist()) == (rows, vector)
        assert vectors.vectors[-1].tolist() == vector
        return word

    seen = set()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(take_turns)
        try:
            while not ended.is_set():
                seen.add(look(load(store)))
                with loaded:
                    loads += 1
                    loaded.notify_all()
        finally:
            with loaded:
                ended.set()
                loaded.notify_all()
        work.result()
    assert seen == {"a", "b"}
