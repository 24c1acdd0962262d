"""Chunks for several workers: in order, read by one at a time, and ahead where reading takes long."""

import gzip
import io
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from glovefast.conversion import chunk_queue
from glovefast.conversion.chunk_queue import ChunkQueue
from glovefast.conversion.convert import convert
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.parser.blocks import BlockParser
from glovefast.parser.chunks import PADDING, ChunkReader, TextBuffer
from glovefast.sources.opening import open_archive, open_source
from glovefast.vectors import load
from tests.helpers.containers import zipped
from tests.helpers.waiting import PATIENCE, written

ROWS = b"".join(b"word%d %d 0.5\n" % (row, row) for row in range(3000))


class CountedReader:
    """A reader of so many chunks, each of some bytes; says when a number of them is read."""

    def __init__(self, number: int, chunk_bytes: int = 10, error: Exception | None = None) -> None:
        self.number, self.chunk_bytes, self.error = number, chunk_bytes, error
        self.chunks, self.ended = 0, False
        self.reading = threading.Lock()
        self.changed = threading.Condition()

    def read(self, buffer: TextBuffer, min_lines: int = 1) -> int | None:
        assert self.reading.acquire(blocking=False), "two workers read at once"
        with self.changed:
            if self.chunks == self.number:
                self.reading.release()
                if self.error:
                    raise self.error
                return None
            buffer.begin, buffer.end = PADDING, PADDING + self.chunk_bytes
            self.chunks += 1
            self.changed.notify_all()
            self.reading.release()
            return self.chunks - 1

    def wait_for(self, chunks: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.chunks >= chunks, PATIENCE)


def taken(queue: ChunkQueue, *, alone: bool = False) -> int | None:
    chunk = queue.take(alone=alone)
    if chunk is None:
        return None
    queue.give_back(chunk.buffer)
    return chunk.number


@pytest.mark.parametrize("reads_ahead", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_each_chunk_goes_to_one_worker_in_order(reads_ahead, workers):
    queue = ChunkQueue(CountedReader(500), reads_ahead=reads_ahead)

    def work() -> list[int]:
        found = []
        while (number := taken(queue, alone=workers == 1)) is not None:
            found.append(number)
        return found

    with ThreadPoolExecutor(workers) as pool:
        each = [work.result() for work in [pool.submit(work) for _ in range(workers)]]
    assert all(numbers == sorted(numbers) for numbers in each)
    assert sorted(number for numbers in each for number in numbers) == list(range(500))
    assert queue.is_exhausted


def test_it_reads_ahead_only_so_far():
    """As many chunks as are allowed, or bytes; then the worker that has read them parses, too."""
    for chunk_bytes, ahead in ((10, chunk_queue._AHEAD_CHUNKS), (3 << 20, 2), (8 << 20, 1)):
        reader = CountedReader(100, chunk_bytes)
        assert taken(ChunkQueue(reader, reads_ahead=True)) == 0
        assert reader.chunks == ahead


@pytest.mark.parametrize(("reads_ahead", "alone"), [(False, False), (False, True), (True, True)])
def test_it_reads_what_is_taken_at_once(reads_ahead, alone):
    reader = CountedReader(3)
    queue = ChunkQueue(reader, reads_ahead=reads_ahead)
    for number in range(3):
        assert taken(queue, alone=alone) == number
        assert reader.chunks == number + 1
    assert taken(queue, alone=alone) is None


def test_what_is_read_is_given_before_the_error():
    queue = ChunkQueue(CountedReader(2, error=FormatError("text", None, "is damaged")), reads_ahead=True)
    assert [taken(queue) for _ in range(3)] == [0, 1, None]
    assert str(queue.error) == "text: is damaged"


def test_one_that_is_stopped_gives_nothing_more():
    queue = ChunkQueue(CountedReader(9), reads_ahead=True)
    assert taken(queue) == 0
    assert not queue.is_exhausted
    queue.stop()
    assert taken(queue) is None
    assert queue.is_exhausted


def test_it_is_not_exhausted_while_another_worker_reads():
    """Else the next member of an archive would be read from the same stream."""
    held, reader = threading.Event(), CountedReader(9)
    read = reader.read

    def slow(buffer, min_lines=1):
        begun.set()
        assert held.wait(PATIENCE)
        return read(buffer, min_lines)

    begun = threading.Event()
    reader.read = slow
    queue = ChunkQueue(reader, reads_ahead=False)
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(taken, queue)
        assert begun.wait(PATIENCE)
        queue.stop()
        assert not queue.is_exhausted
        held.set()
        assert work.result() is None
    assert queue.is_exhausted


def test_buffers_are_used_again():
    made = []
    queue = ChunkQueue(CountedReader(200), reads_ahead=True)
    while chunk := queue.take(alone=False):
        made.append(id(chunk.buffer))
        queue.give_back(chunk.buffer)
    assert len(set(made)) <= chunk_queue._AHEAD_CHUNKS + 1


# Which sources are read ahead of the workers


def test_what_takes_long_to_read(tmp_path):
    packed, plain, archive = tmp_path / "a.txt.gz", tmp_path / "a.txt", tmp_path / "a.zip"
    packed.write_bytes(gzip.compress(ROWS))
    plain.write_bytes(ROWS)
    for path, is_slow in ((packed, True), (plain, False)):
        with open_source(path) as source:
            assert source.is_slow is is_slow
    for method, is_slow in ((zipfile.ZIP_DEFLATED, True), (zipfile.ZIP_STORED, False)):
        archive.write_bytes(zipped({"a.txt": ROWS}, method))
        with open_source(archive) as source:
            assert source.is_slow is is_slow
    os.mkfifo(tmp_path / "pipe")
    with written(tmp_path / "pipe", ROWS), open_source(tmp_path / "pipe") as source:
        assert source.is_slow
        while source.readinto(memoryview(bytearray(1 << 16))):
            pass


@pytest.mark.parametrize("way", ["zip", "gzip", "pipe"])
def test_a_worker_reads_on_while_another_one_parses(tmp_path, monkeypatch, way):
    """The worker with the first chunk parses until three more have been read."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2000)
    path = tmp_path / "text"
    if way == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(zipped({"text.txt": ROWS}) if way == "zip" else gzip.compress(ROWS))
    read, parse = ChunkReader.read, BlockParser.parse
    counted, held = threading.Condition(), []

    def count(reader, *arguments):
        number = read(reader, *arguments)
        with counted:
            counted.notify_all()
        readers.add(reader)
        return number

    def wait(parser, buffer):
        if not held:
            held.append(parser)
            with counted:
                assert counted.wait_for(
                    lambda: readers and max(each.chunks for each in readers) >= 4, PATIENCE
                )
        return parse(parser, buffer)

    readers: set[ChunkReader] = set()
    monkeypatch.setattr(ChunkReader, "read", count)
    monkeypatch.setattr(BlockParser, "parse", wait)
    with written(path, ROWS) if way == "pipe" else nullcontext():
        store = convert(path, tmp_path / "made", threads=2)
    assert len(load(store)) == 3000
    assert held


# Several members of an archive at once


def test_members_of_a_zip_are_read_in_turn_and_at_the_same_time(tmp_path):
    """In small pieces, one member after the other, of a file and of an object that is none."""
    texts = {f"{name}.txt": ROWS.replace(b"word", name.encode()) for name in "abc"}
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2):
        path = tmp_path / f"{method}.zip"
        path.write_bytes(zipped(texts, method))
        with open_archive(path) as archive:
            assert archive.reads_in_parallel
            opened = [archive.open(name) for name in texts]
            read = [b""] * 3
            while True:
                buffer = bytearray(997)
                pieces = [bytes(buffer[: source.readinto(memoryview(buffer))]) for source in opened]
                read = [text + piece for text, piece in zip(read, pieces, strict=True)]
                if not any(pieces):
                    break
            assert read == list(texts.values())
    with open_archive(io.BytesIO(path.read_bytes())) as archive:
        assert not archive.reads_in_parallel


def test_an_archive_that_is_unpacked_by_the_object_it_comes_from(tmp_path):
    """Its descriptor leads to the packed bytes, so it says nothing."""
    path = tmp_path / "a.zip.gz"
    path.write_bytes(gzip.compress(zipped({"a.txt": ROWS})))
    with gzip.open(path) as unpacked, open_archive(unpacked) as archive:
        assert not archive.reads_in_parallel
        with archive.open() as source:
            buffer = bytearray(2 * len(ROWS))
            assert bytes(buffer[: source.readinto(memoryview(buffer))]) == ROWS
