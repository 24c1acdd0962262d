"""Sources made to do harm: bounded memory and a clear error, or a right store; never a path elsewhere."""

import gzip
import io
import os
import tracemalloc

import numpy as np
import pytest

import glovefast
from glovefast.conversion import tally
from glovefast.conversion.convert import convert, dry_run
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.vectors import load
from tests.helpers.containers import tarred, zipped
from tests.helpers.files import names
from tests.helpers.waiting import written
from tests.reference import read_rows, same_bits

MEGABYTE = 1 << 20
PACKINGS = {
    "gzip": gzip.compress,
    "zip": lambda text: zipped({"v.txt": text}),
    "tar.gz": lambda text: tarred({"v.txt": text}, "w:gz"),
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """What is held at once is a chunk and what comes of it; how large one is, is chosen for speed."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", MEGABYTE // 4)


class Traced:
    """Measure what Python and NumPy hold at most while something is done."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *error):
        self.peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


# Bombs


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_bomb_without_a_newline(file, tmp_path, monkeypatch, packing):
    """A few kilobytes that unpack to much more than is read of them."""
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 2 * MEGABYTE)
    bomb = file(PACKINGS[packing](b"the 0.5\n" + b"x" * 64 * MEGABYTE))
    assert bomb.stat().st_size < MEGABYTE
    with (
        Traced() as memory,
        pytest.raises(FormatError, match=r"longer than 2 MiB; it begins with 'xxxxxxxxxx"),
    ):
        convert(bomb, threads=1)
    assert memory.peak < 16 * MEGABYTE
    assert names(tmp_path) == ["vectors.txt"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_bomb_of_rows_is_converted_in_little_memory(file, packing):
    """The disk is the bound, and what fills it is what was asked for."""
    rows, dim = 2000, 4000
    bomb = file(PACKINGS[packing]((b"w" + b" 0" * dim + b"\n") * rows))
    assert bomb.stat().st_size < MEGABYTE / 10
    with Traced() as memory:
        vectors = load(convert(bomb, threads=1))
    assert vectors.vectors.shape == (rows, dim)
    assert vectors.vectors.nbytes == 4 * rows * dim > 30 * MEGABYTE
    assert memory.peak < 24 * MEGABYTE


def test_a_bomb_of_blank_lines(file):
    bomb = file(gzip.compress(b"the 0.5\n" + b"\n" * 40 * MEGABYTE))
    with Traced() as memory:
        report = dry_run(bomb, threads=1)
    assert (report.rows, report.report.blank_lines) == (1, 40 * MEGABYTE)
    assert memory.peak < 40 * MEGABYTE  # for the first chunk, whose every line is looked at


def test_a_file_of_nothing_but_bad_rows(file, tmp_path):
    """Their list goes to the disk as they are met."""
    convert(file(b"the 0.5 0.5\n"), overwrite=True)  # the first conversion of a process also loads modules
    peaks = []
    for count in (5_000, 20_000):
        source = file(b"the 0.5 0.5\n" * 200 + (b"x" * 1000 + b"\n") * count)
        with Traced() as memory:
            convert(source, on_bad_row="skip", threads=1, overwrite=True)
        peaks.append(memory.peak)
        with (tmp_path / "vectors.glovefast" / "bad_rows.jsonl").open("rb") as listed:
            assert sum(1 for _ in listed) == count
    assert peaks[1] < peaks[0] + 4 * MEGABYTE  # each entry of the list takes half a kilobyte and more


# A line without an end


def test_a_line_of_two_gigabytes(tmp_path):
    """A file with a hole, of which little is read; the bound is the real one."""
    source = tmp_path / "vectors.txt"
    with source.open("wb") as file:
        file.write(b"the 0.5 1\n")
        file.truncate(2 << 30)
    with Traced() as memory, pytest.raises(FormatError) as caught:
        convert(source, threads=1)
    assert str(caught.value).startswith(
        f"{source}: not embedding text: a line is longer than 16 MiB; it begins"
    )
    assert memory.peak < 80 * MEGABYTE
    assert names(tmp_path) == ["vectors.txt"]


@pytest.mark.parametrize("endless", [b"x", b"0.5 ", b"word 0.5 ", b" ", b"\r"])
def test_a_line_without_end_from_a_pipe(tmp_path, monkeypatch, endless):
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 2 * MEGABYTE)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    counts = []

    def write(file):
        file.write(b"the 0.5 1\nof ")
        while True:
            counts.append(file.write(endless * 5000))

    with (
        written(pipe, write),
        Traced() as memory,
        pytest.raises(FormatError, match="a line is longer than 2 MiB"),
    ):
        convert(pipe, tmp_path / "made", threads=1)
    assert memory.peak < 16 * MEGABYTE
    assert sum(counts) < 4 * MEGABYTE
    assert names(tmp_path) == ["pipe"]


def test_the_longest_line_that_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", MEGABYTE)
    for length, is_read in ((MEGABYTE // 2, True), (MEGABYTE * 2, False)):
        text = b"the 0.5 1\n" + b"w" * length + b" 2 3\n"
        if is_read:
            assert len(load(convert(io.BytesIO(text), tmp_path / "made")).words[1].as_py()) == length
        else:
            with pytest.raises(FormatError, match="a line is longer than 1 MiB"):
                convert(io.BytesIO(text), tmp_path / "other")


# Numbers, headers, NULs


@pytest.mark.parametrize("digits", [300, 10_000, 1_000_000])
def test_numbers_of_many_digits(tmp_path, digits):
    fields = [
        "1" * digits,
        "0." + "3" * digits,
        "1" + "0" * digits + f"e-{digits}",
        "-0." + "0" * digits + "1",
    ]
    fields += [f"9e{'0' * digits}1", "1e" + "9" * digits, "1e-" + "9" * digits, "0" * digits + ".5"]
    text = b"".join(b"word %b 1\n" % field.encode() for field in fields)
    vectors = load(convert(io.BytesIO(text), tmp_path / "made"))
    with np.errstate(over="ignore"):
        assert same_bits(np.array(vectors.vectors), read_rows(text, 2)[1])


@pytest.mark.parametrize("rows", [10**15, 10**17, 10**18 - 1])
def test_a_header_that_promises_too_much(tmp_path, rows):
    with Traced() as memory:
        vectors = load(convert(io.BytesIO(b"%d 2\nthe 1 2\nof 3 4\n" % rows), tmp_path / "made", threads=1))
    assert len(vectors) == 2
    assert vectors.metadata.report.header == (rows, 2)
    assert (tmp_path / "made" / "vectors.npy").stat().st_size == 128 + 2 * 2 * 4
    assert memory.peak < 24 * MEGABYTE


@pytest.mark.parametrize("header", [b"2 1000000000000", b"9223372036854775807 2", b"2 99999999999999999999"])
def test_a_header_that_cannot_be(tmp_path, header):
    with pytest.raises(FormatError) as caught:
        convert(io.BytesIO(header + b"\nthe 1 2\nof 3 4\n"), tmp_path / "made")
    assert caught.value.line == 1
    assert names(tmp_path) == []


@pytest.mark.parametrize("dim", [10**7, 10**12, 2**63])
def test_a_dimension_that_no_line_can_have(tmp_path, dim):
    with pytest.raises(ValueError, match=f"dim must be between 1 and 8,388,608, not {dim}"):
        convert(io.BytesIO(b"the 1 2\n"), tmp_path / "made", dim=dim)


def test_nul_bytes(tmp_path):
    text = b"the 1 2\n\0 3 4\na\0b 5 6\n\0\0\0 7 8\n\0a\0 9 1\n"
    vectors = load(convert(io.BytesIO(text), tmp_path / "made"))
    words = ["the", "\0", "a\0b", "\0\0\0", "\0a\0"]
    assert vectors.words.to_pylist() == words
    assert vectors.rows([*words, "", "\0\0", "a"]).tolist() == [0, 1, 2, 3, 4, -1, -1, -1]
    assert [vectors[word][0] for word in words] == [1, 3, 5, 7, 9]
    for number in (b"1\0", b"\0001", b"1\0002", b"\0"):
        with pytest.raises(FormatError, match="is not a number"):
            convert(io.BytesIO(b"the 1 2\nof %b 2\n" % number), tmp_path / "other")


@pytest.mark.parametrize(
    ("bound", "text"), [("MAX_ROWS", b"a 1\n" * 60), ("_MAX_WORD_BYTES", b"ten bytes! 1\n" * 6)]
)
def test_more_than_a_store_can_hold(tmp_path, monkeypatch, bound, text):
    monkeypatch.setattr(tally, bound, 59)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 20)
    with pytest.raises(FormatError, match="a store holds at most"):
        convert(io.BytesIO(text), tmp_path / "made")
    assert names(tmp_path) == []
    assert len(load(convert(io.BytesIO(text), tmp_path / "made", limit=5))) == 5
    monkeypatch.setattr(tally, bound, 60)
    assert len(load(convert(io.BytesIO(text), tmp_path / "whole"))) == text.count(b"\n")


def test_words_of_a_megabyte(tmp_path):
    words = ["a" * MEGABYTE, "a" * MEGABYTE + "b", "é" * MEGABYTE]
    text = "".join(f"{word} 0.5 1\n" for word in words).encode()
    vectors = load(convert(io.BytesIO(text), tmp_path / "made"))
    assert vectors.rows([*words, "a"]).tolist() == [0, 1, 2, -1]


def test_an_error_shows_little_of_a_long_line(tmp_path):
    with pytest.raises(glovefast.FormatError) as caught:
        convert(
            io.BytesIO(b"the 1 2\n" + b"w" * MEGABYTE + b" " + b"x" * MEGABYTE + b" 3\n"), tmp_path / "made"
        )
    assert len(str(caught.value)) < 500


def test_a_chunk_of_nothing_but_short_bad_lines_takes_the_memory_of_a_chunk(file):
    """Each is explained alone: all at once, the half a million of a chunk took 200 MB for each worker."""
    convert(file(b"the 0.5 0.5\n"), overwrite=True)
    source = file(b"the 0.5 0.5\n" * 200 + b"x\n" * 200_000)
    with Traced() as memory:
        convert(source, on_bad_row="skip", threads=1, overwrite=True)
    assert memory.peak < 48 * MEGABYTE
