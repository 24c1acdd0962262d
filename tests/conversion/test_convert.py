"""From text to store: whatever stands in the text, however it is cut, read and written."""

import errno
import io
import json
import os
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glovefast
from glovefast import threads as threads_module
from glovefast.cli.summary import describe_report
from glovefast.conversion.convert import convert
from glovefast.errors import FormatError
from glovefast.parser import chunks
from glovefast.parser.blocks import BlockParser
from glovefast.parser.chunks import ChunkReader
from glovefast.progress import Progress
from glovefast.vectors import WordVectors, load
from tests.helpers.waiting import PATIENCE
from tests.reference import read_rows, same_bits

TRICKY_WORDS = [
    *(
        "the",
        "",
        " ",
        "  ",
        ". . .",
        "at name@domain.com",
        "or contact name@domain.com",
        " lead",
        "two  spaces",
    ),
    *(
        ".\N{NO-BREAK SPACE}.\N{NO-BREAK SPACE}.",
        "\x85",
        "\u2028",
        "\u3000",
        "\x0b",
        "\x1c",
        "\ttab",
        "cr\rcr",
    ),
    *(
        "nan",
        "infinity",
        "inf",
        "7e7",
        "59e59",
        "0_2",
        "1.5",
        "-0",
        "400000",
        "5 and more",
        "1e400",
        "null and",
    ),
    *(
        "none",
        "na",
        "nat",
        "null",
        "n/a",
        '"',
        '""',
        "'",
        "#",
        ",",
        "a,b",
        "a;b",
        "\\",
        "\\n",
        "-",
        "<unk>",
        "<",
    ),
    *("é", "e\u0301", "日本", "\N{REPLACEMENT CHARACTER}" * 3, "𝄞", "\x00", "a\x00", "w" * 300),
]
NUMBERS = [
    "0.418",
    "-6.3681e-05",
    "1",
    "-1",
    "-0.0",
    "0.12345678901234567",
    "nan",
    "-inf",
    "1e-45",
    "1_0",
    "5.",
]
CHUNK_BYTES = [1, 30, 64, 333, chunks.CHUNK_BYTES]
THREADS = [1, 2, 5]


def is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def is_clear(word: str) -> bool:
    """Leave out words of which a part may be taken for the row's first numbers."""
    first, *later = word.split(" ")
    later_numbers = list(map(is_number, later))
    tabbed = "\t" in first and is_number(first.rpartition("\t")[2])
    return sum(later_numbers) < 2 and later_numbers[-1:] != [True] and not tabbed


WORDS = st.one_of(
    st.sampled_from(TRICKY_WORDS),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=12),
    # A carriage return behind a number ends a row; such words are bad rows, which have tests of their own.
    st.text(" .a1é\r\t", max_size=8).filter(lambda word: "\r" not in word or "1" not in word),
).filter(is_clear)


@st.composite
def texts(draw):
    """Embedding text of any kind: the text without its header, the header, the dimension."""
    dim = draw(st.integers(1, 5))
    numbers = st.one_of(st.sampled_from(NUMBERS), st.floats(width=32).map(lambda value: f"{value:.5g}"))
    row = st.tuples(WORDS, st.lists(numbers, min_size=dim, max_size=dim))
    rows = draw(st.lists(row, min_size=1, max_size=12))
    lines = []
    for word, values in rows:
        lines.append(" ".join([word, *values]) + draw(st.sampled_from(["", "", " ", "\r", " \r", "\r "])))
        lines += draw(st.lists(st.sampled_from(["", " ", "\r"]), max_size=2))
    header = draw(st.sampled_from([None, (len(rows), dim), (2519370, dim)]))
    return "\n".join(lines).encode() + draw(st.sampled_from([b"", b"\n"])), header, dim


def converted(text: bytes, directory: Path, **options) -> WordVectors:
    return load(convert(io.BytesIO(text), directory / "made.glovefast", overwrite=True, **options))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=texts(), chunk_bytes=st.sampled_from(CHUNK_BYTES), threads=st.integers(1, 3), told=st.booleans())
def test_any_text(tmp_path, made, chunk_bytes, threads, told):
    text, header, dim = made
    words, rows = read_rows(text, dim)
    options = {"threads": threads, "separator": " "}  # whatever the few words have in common
    if told or dim == 1:  # a row of one dimension may look like a header
        options |= {"header": header is not None, "dim": dim}
    first_line = b"" if header is None else b"%d %d\n" % header
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        vectors = converted(first_line + text, tmp_path, **options)
    assert vectors.words.to_pylist() == words
    assert same_bits(np.array(vectors.vectors), rows)
    assert vectors.rows(words).tolist() == [words.index(word) for word in words]
    assert vectors.metadata.report.to_dict() == {
        "header": None if header is None else list(header),
        "rows_promised": header[0] if header and header[0] != len(words) else None,
        "blank_lines": sum(not line.strip(b" \r") for line in text.removesuffix(b"\n").split(b"\n")),
        "duplicate_words": len(words) - len(set(words)),
        "words_with_spaces": sum(" " in word for word in words),
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": 0,
        "rows_not_wanted": 0,
        "rows_not_finite": int((~np.isfinite(rows).all(axis=1)).sum()),
    }


@pytest.mark.parametrize("dim", [2, 25, 300])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_words_that_other_readers_lose(tmp_path, dim, line_end):
    """As in the published files, with a header and without a newline at the end."""
    assert all(map(is_clear, TRICKY_WORDS))
    rows = np.random.default_rng(4).normal(size=(len(TRICKY_WORDS), dim)).astype(np.float32)
    lines = [" ".join([word, *map(repr, row)]) for word, row in zip(TRICKY_WORDS, rows.tolist(), strict=True)]
    vectors = converted(line_end.join([f"{len(lines)} {dim}", *lines]).encode(), tmp_path)
    assert vectors.words.to_pylist() == TRICKY_WORDS
    assert same_bits(np.array(vectors.vectors), rows)
    assert all(same_bits(vectors[word].copy(), row) for word, row in zip(TRICKY_WORDS, rows, strict=True))


# Six rows and three blank lines.
LIMITED = b"4 2\nfirst 1 2\n\n. . 3 4\nfirst 5 6\n\n\nlast 7 8\nlast 7 8\nnew york 9 10\n"


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("chunk_bytes", [1, 14, 24, 1000])
@pytest.mark.parametrize(
    ("limit", "blank_lines", "duplicate_words", "words_with_spaces"),
    [(0, 0, 0, 0), (1, 0, 0, 0), (2, 1, 0, 1), (3, 1, 1, 1), (4, 3, 1, 1), (6, 3, 2, 2), (7, 3, 2, 2)],
)
def test_limit(
    tmp_path, monkeypatch, threads, chunk_bytes, limit, blank_lines, duplicate_words, words_with_spaces
):
    """The first rows are kept, and only what stands before the last of them is counted."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    vectors = converted(LIMITED, tmp_path, limit=limit, threads=threads)
    words, rows = read_rows(LIMITED.removeprefix(b"4 2\n"), 2)
    assert vectors.words.to_pylist() == words[:limit]
    assert same_bits(np.array(vectors.vectors), rows[:limit])
    assert vectors.metadata.report.to_dict() == {
        "header": [4, 2],
        "rows_promised": 4 if limit is None or limit > 6 else None,
        "blank_lines": blank_lines,
        "duplicate_words": duplicate_words,
        "words_with_spaces": words_with_spaces,
        "replaced_words": 0,
        "merged_words": 0,
        "skipped_rows": 0,
        "rows_not_wanted": 0,
        "rows_not_finite": 0,
    }


class Truncated(io.BytesIO):
    """A compressed file that ends in the middle."""

    def readinto(self, buffer):
        count = super().readinto(buffer)
        if not count:
            raise EOFError
        return count


@pytest.fixture
def read_ahead(monkeypatch):
    """Let no chunk be parsed before another worker has met the end of what can be read."""
    met = threading.Event()
    read, parse = ChunkReader.read, BlockParser.parse

    def read_or_tell(reader, *arguments, **options):
        try:
            return read(reader, *arguments, **options)
        except FormatError:
            met.set()
            raise

    def parse_late(block_parser, buffer):
        assert met.wait(PATIENCE)
        return parse(block_parser, buffer)

    monkeypatch.setattr(ChunkReader, "read", read_or_tell)
    monkeypatch.setattr(BlockParser, "parse", parse_late)


# More than is looked at before the first chunk is read, and two chunks.
FIRST_CHUNK, REST = b"".join(b"word%03d %03d 0.5\n" % (row, row) for row in range(400)), b"word 1 2\n" * 100


@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.parametrize("limit", [0, 1, 399, 400])
def test_the_limit_comes_before_what_cannot_be_read(tmp_path, monkeypatch, read_ahead, threads, limit):
    """With one worker it would not be read."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", len(FIRST_CHUNK))
    made = convert(Truncated(FIRST_CHUNK + REST), tmp_path / "made", limit=limit, threads=threads)
    assert len(load(made)) == limit


@pytest.mark.parametrize("limit", [None, 401, 10_000])
@pytest.mark.parametrize(
    ("first", "error"), [(b"word 1 x\n", "line 401: 'x'"), (b"", "is truncated: the compressed data ends")]
)
def test_what_cannot_be_read_comes_after_bad_rows(tmp_path, monkeypatch, read_ahead, limit, first, error):
    text = FIRST_CHUNK + first
    monkeypatch.setattr(chunks, "CHUNK_BYTES", len(text))
    with pytest.raises(FormatError, match=error):
        convert(Truncated(text + REST), tmp_path / "made", limit=limit, threads=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_nothing_is_read_behind_an_error(tmp_path, monkeypatch, threads):
    """A disk that fails once: what it gives afterwards does not fill the limit."""

    class Failing(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() >= len(FIRST_CHUNK) and not self.failed:
                self.failed = True
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().readinto(buffer)

    monkeypatch.setattr(chunks, "CHUNK_BYTES", len(FIRST_CHUNK))
    source = Failing(FIRST_CHUNK + REST * 100)
    source.failed = False
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        convert(source, tmp_path / "made", limit=450, threads=threads)
    assert source.failed
    assert list(tmp_path.iterdir()) == []


def test_the_store_is_the_same_however_it_is_made(tmp_path, monkeypatch):
    text = b"".join(b"word%d %d.25 -0.%d nan\n" % (row % 900, row, row) for row in range(1000))
    (tmp_path / "text.txt").write_bytes(text + b"caf\xe9 1 2 3\nbad 1 2\n")
    made = []
    for number, (threads, chunk_bytes) in enumerate([(1, 1 << 19), (2, 1000), (3, 64), (5, 10)]):
        monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        options = {"threads": threads, "errors": "replace", "on_bad_row": "skip"}
        store = convert(tmp_path / "text.txt", tmp_path / f"{number}.glovefast", **options)
        files = sorted(store.iterdir())
        made.append([(file.name.lstrip("0123"), file.read_bytes()) for file in files])
    assert len(made[0]) == 5
    assert made[0] == made[1] == made[2] == made[3]


def test_what_is_on_disk(tmp_path):
    """Readable with NumPy, pyarrow and json alone; each checksum is the one of its file."""
    text = b"6 2\nking 0.5 -1\n\n. . 1e-05 nan\nking 2 3\nqueen 4 5\ncaf\xe9 6 7\nbad 8\n"
    (tmp_path / "odd!name.2d.txt").write_bytes(text)
    store = convert(tmp_path / "odd!name.2d.txt", errors="replace", on_bad_row="skip")
    assert store == tmp_path / "odd!name.2d.glovefast"
    words = ["king", ". .", "king", "queen", "caf\N{REPLACEMENT CHARACTER}"]
    vectors = np.load(store / "vectors.npy", mmap_mode="r")
    assert (vectors.dtype.str, vectors.shape, vectors.flags.c_contiguous) == ("<f4", (5, 2), True)
    assert same_bits(np.array(vectors), np.array([[0.5, -1], [1e-5, np.nan], [2, 3], [4, 5], [6, 7]], "f4"))
    table = pa.ipc.open_file(store / "vocabulary.arrow").read_all()
    assert table.schema == pa.schema([pa.field("word", pa.string(), nullable=False)])
    assert table.to_pydict() == {"word": words}
    metadata = json.loads((store / "metadata.json").read_text("utf-8"))
    own = metadata["checksums"].pop("metadata.json")
    with_zeros = f"xxh3_128:{'0' * 32}"
    assert own == checksum((store / "metadata.json").read_bytes().replace(own.encode(), with_zeros.encode()))
    assert metadata == {
        "format": "glovefast",
        "format_version": 2,
        "glovefast_version": glovefast.__version__,
        "rows": 5,
        "dim": 2,
        "dtype": "float32",
        "source": {"name": "odd!name.2d.txt", "member": None, "bytes": len(text)},
        "options": {
            "dim": None,
            "separator": None,
            "encoding": "utf-8",
            "errors": "replace",
            "on_bad_row": "skip",
        },
        "report": {
            "header": [6, 2],
            "rows_promised": None,
            "blank_lines": 1,
            "duplicate_words": 1,
            "words_with_spaces": 1,
            "replaced_words": 1,
            "skipped_rows": 1,
            "merged_words": 0,
            "rows_not_wanted": 0,
            "rows_not_finite": 1,
        },
        "checksums": {
            "vectors.npy": checksum(np.array(vectors).tobytes()),
            "vocabulary.arrow": checksum((store / "vocabulary.arrow").read_bytes()),
            "index.arrow": checksum((store / "index.arrow").read_bytes()),
            "bad_rows.jsonl": checksum((store / "bad_rows.jsonl").read_bytes()),
        },
    }
    assert sorted(file.name for file in store.iterdir()) == [
        *("bad_rows.jsonl", "index.arrow", "metadata.json", "vectors.npy", "vocabulary.arrow"),
    ]


def checksum(data: bytes) -> str:
    return f"xxh3_128:{xxhash.xxh3_128_hexdigest(data)}"


@pytest.mark.parametrize("threads", THREADS)
def test_progress(tmp_path, threads):
    text = b"".join(b"word%d 1 2 3 4 5 6 7 8 9\n" % row for row in range(100_000))
    (tmp_path / "text.txt").write_bytes(text)
    seen = []
    convert(tmp_path / "text.txt", threads=threads, progress=seen.append)
    assert all(isinstance(progress, Progress) for progress in seen)
    assert seen[-1] == Progress(len(text), len(text), 100_000, str(tmp_path / "text.txt"))
    for earlier, later in pairwise(seen):
        assert earlier.bytes_read <= later.bytes_read
        assert earlier.rows <= later.rows
    assert {(progress.bytes_total, progress.source) for progress in seen} == {
        (len(text), str(tmp_path / "text.txt"))
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_progress_that_raises_ends_the_work(tmp_path, monkeypatch, error):
    def stop(progress):
        raise error

    class Endless(io.BytesIO):
        """Nothing but the error ends it."""

        def readinto(self, buffer):
            return super().readinto(buffer) or (self.seek(0), super().readinto(buffer))[1]

    monkeypatch.setattr(chunks, "CHUNK_BYTES", 600)
    with pytest.raises(error):
        convert(Endless(b"a 1 2\n" * 100_000), tmp_path / "made", progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"dim": 0},
        {"dim": -1},
        {"limit": -1},
        {"threads": 0},
        {"errors": "ignore"},
        {"errors": ""},
        {"on_bad_row": "warn"},
    ],
)
def test_choices_out_of_range(tmp_path, options):
    (name, value), *_ = options.items()
    with pytest.raises(ValueError, match=f"{name}.*{value!r}"):
        convert(tmp_path / "not even looked for", **options)


@pytest.mark.parametrize(
    ("option", "value"), [("limit", 2.5), ("limit", True), ("dim", "5"), ("threads", 1.0), ("progress", 3)]
)
def test_options_of_the_wrong_type(tmp_path, option, value):
    (tmp_path / "made.txt").write_text("a 1 2\n")
    with pytest.raises(TypeError, match=option):
        glovefast.convert(tmp_path / "made.txt", **{option: value})
    assert [path.name for path in tmp_path.iterdir()] == ["made.txt"]


def test_a_store_says_that_it_was_cut_off(tmp_path):
    (tmp_path / "made.txt").write_text("3 2\na 1 2\nb 1 2\nc 1 2\n")
    cut = glovefast.load(glovefast.convert(tmp_path / "made.txt", tmp_path / "cut.glovefast", limit=2))
    whole = glovefast.load(glovefast.convert(tmp_path / "made.txt", tmp_path / "whole.glovefast", limit=4))
    assert cut.metadata.limit == 2
    assert whole.metadata.limit is None
    assert describe_report(cut.metadata.to_dict()) == [
        "limited to the first 2 rows",
        "the header says 3 rows and 2 dimensions",
    ]
    assert describe_report(whole.metadata.to_dict()) == ["the header says 3 rows and 2 dimensions"]


@pytest.mark.parametrize("promised", [0, 2, 3, 4, 5, 6, 1_000_000])
@pytest.mark.parametrize("function", ["convert", "dry_run"])
def test_a_header_that_promises_another_number_of_rows(tmp_path, caplog, promised, function):
    """It is told in the log and in the report; it may count bad rows or not."""
    text = b"%d 2\na 1 2\nb 1\nc 3 4\n\nd 5 6\ne x 7\n" % promised
    if function == "convert":
        report = glovefast.load(
            convert(io.BytesIO(text), tmp_path / "made", on_bad_row="skip", threads=2)
        ).metadata.report
    else:
        report = glovefast.dry_run(io.BytesIO(text), on_bad_row="skip").report
    wrong = not 3 <= promised <= 5
    assert report.rows_promised == (promised if wrong else None)
    assert report.header == (promised, 2)
    logged = f"<stream>: the header promises {promised:,} rows, but there are 3"
    assert [record.getMessage() for record in caplog.records] == [logged] * wrong


def test_a_header_is_not_judged_where_reading_stops_early(tmp_path, caplog):
    for limit, promised in ((2, None), (3, None), (4, 9)):
        report = glovefast.dry_run(io.BytesIO(b"9 2\na 1 2\nb 3 4\nc 5 6\n"), limit=limit).report
        assert report.rows_promised == promised
    report = glovefast.dry_run(io.BytesIO(b"3 2\na 1 2\nb 3 4\nc 5 6\n"), words=["b"]).report
    assert (report.rows_promised, report.rows_not_wanted) == (None, 2)


def test_rows_that_are_not_finite_are_counted_and_kept(tmp_path, caplog):
    text = b"a 1 2\nb nan 4\nc 5 -inf\nd 1e39 6\ne inf nan\nf 7 8\n"
    store = glovefast.load(convert(io.BytesIO(text), tmp_path / "made"))
    assert store.metadata.report.rows_not_finite == 4
    assert len(store) == 6
    assert glovefast.dry_run(io.BytesIO(text)).report.rows_not_finite == 4
    assert caplog.messages == ["<stream>: 4 rows have nan or infinite numbers"] * 2


@pytest.mark.parametrize("available", [0, 1, 2, 3])
def test_a_system_that_has_no_threads_left(tmp_path, monkeypatch, available):
    """With one thread, or two, the work is done all the same; without any, an error says why."""
    start, left = threading.Thread.start, [available]

    def start_some(thread):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    text = b"".join(b"word%d %d 1\n" % (row, row) for row in range(100))
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 50)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start_some)
        if available < 2:  # the first of them hands rows to the disk
            with pytest.raises(OSError, match="cannot start a thread; end other programs, or raise"):
                convert(io.BytesIO(text), tmp_path / "made", threads=3)
            assert list(tmp_path.iterdir()) == []
            return
        convert(io.BytesIO(text), tmp_path / "made", threads=3)
    assert len(glovefast.load(tmp_path / "made")) == 100


def test_more_threads_than_are_of_use(monkeypatch):
    most = max(64, threads_module.processors())
    assert threads_module.checked_threads(10**9) == most
    assert threads_module.checked_threads(64) == 64
