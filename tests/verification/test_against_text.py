"""`verify` with the text that a store was made of: every word and every number, bit for bit."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.conversion.convert import convert
from glovefast.errors import FormatError, StoreError
from glovefast.parser import chunks
from glovefast.store.writing import write_store
from glovefast.verification.verify import verify
from tests.helpers.containers import tarred, zipped
from tests.helpers.verified import BAD_LINES, NUMBERS, WORDS, problems, text_of
from tests.robustness.hostile import reseal


@pytest.fixture
def store(tmp_path) -> Path:
    text = io.BytesIO(text_of(bad_lines=BAD_LINES))
    return convert(text, tmp_path / "made.glovefast", on_bad_row="skip")


def test_the_text_that_a_store_was_made_of(store):
    for bad_lines in ([], BAD_LINES):
        text = io.BytesIO(text_of(bad_lines=bad_lines))
        result = verify(store, text)
        assert (result.against, result.rows_compared) == ("<stream>", 64)
        assert list(result.problems) == (
            [] if bad_lines else ["<stream> has 0 bad rows, and 2 were left out of the store"]
        )


def changed(row, column, value):
    numbers = NUMBERS.copy()
    numbers[row, column] = value
    return text_of(numbers=numbers, bad_lines=BAD_LINES)


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        (
            changed(10, 2, 0.25),
            f"row 10 is not line 13 of <stream>, 'word10': number 3 is {NUMBERS[10, 2]!s} in the store and "
            "0.25 in the text",
        ),
        (
            changed(3, 0, np.nan),
            f"row 3 is not line 4 of <stream>, 'word3': number 1 is {NUMBERS[3, 0]!s} in the store and "
            "nan (0x7fc00000) in the text",
        ),
        (
            text_of([*WORDS[:61], "ete", *WORDS[62:]], bad_lines=BAD_LINES),
            "row 61 is not line 64 of <stream>: the word is 'été' in the store and 'ete' in the text",
        ),
        (
            text_of(WORDS[:-1], NUMBERS[:-1], BAD_LINES),
            "<stream> ends before row 63 of the store, ''",
        ),
        (
            text_of(bad_lines=BAD_LINES) + b"more 1 2 3\n",
            "line 67 of <stream> has the word 'more', and the store ends before it, with row 63",
        ),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1 << 20, 100])
def test_the_first_difference_is_named(store, monkeypatch, text, difference, chunk_bytes):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    result = verify(store, io.BytesIO(text))
    assert result.problems == (difference,)


def test_every_number_counts(tmp_path):
    """Bit for bit: the sign of zero, and the smallest step."""
    store = convert(io.BytesIO(b"a 0 1\nb nan 2\n"), tmp_path / "store")
    assert verify(store, io.BytesIO(b"a 0.0 1e0\nb nan 2.00000000001\n")).ok
    for text in (b"a -0 1\nb nan 2\n", b"a 0 1.0000001\nb nan 2\n", b"a 0 1\nb -nan 2\n"):
        assert not verify(store, io.BytesIO(text)).ok


def test_a_bad_row_in_the_text_of_a_store_without(tmp_path):
    store = convert(io.BytesIO(b"a 0 1\nb 1 2\n"), tmp_path / "store")
    assert problems(store, io.BytesIO(b"a 0 1\nx 0\nb 1 2\n")) == [
        "line 2 of <stream> cannot be read: expected 2 numbers after the word 'x', found 1"
    ]


@pytest.mark.parametrize("options", [{}, {"limit": 3}, {"words": ["b", "d", "none"]}])
def test_whatever_the_conversion_was_told(tmp_path, options):
    text = b"4 2\na 1 2\n\nb 3 4\nc 5 6\ncaf\xe9 7 8\nd 9 10\nb 11 12\n"
    store = convert(io.BytesIO(text), tmp_path / "store", errors="replace", header=True, **options)
    result = verify(store, io.BytesIO(text))
    assert (result.problems, result.rows_compared) == ((), glovefast.load(store).metadata.rows)
    assert not verify(store, io.BytesIO(text.replace(b"b 3 4", b"b 3 5"))).ok
    assert not verify(store, io.BytesIO(text.replace(b"b 3 4\n", b""))).ok


def test_bad_rows_of_wanted_words_that_the_store_lacks(tmp_path):
    text = b"a 1 2\nb 1 x\nc 1 y\n"
    options = {"words": ["a", "b"], "on_bad_row": "skip"}
    store = convert(io.BytesIO(text), tmp_path / "store", **options)
    assert glovefast.load(store).metadata.report.skipped_rows == 1
    assert problems(store, io.BytesIO(text)) == []
    assert problems(store, io.BytesIO(text + b"a 1 x\na 2 x\n")) == [
        "<stream> has 2 bad rows, and 1 were left out of the store"
    ]


def test_metadata_with_an_encoding_that_cannot_be_used(store):
    reseal(store, options={"encoding": "idna"})
    with pytest.raises(StoreError, match=r"metadata\.json cannot be used: encoding='idna'"):
        verify(store, io.BytesIO(text_of()))


def test_a_header_is_expected_where_there_was_one(tmp_path):
    store = convert(io.BytesIO(b"2 2\na 1 2\nb 3 4\n"), tmp_path / "store")
    with pytest.raises(FormatError, match="is not a header"):
        verify(store, io.BytesIO(b"a 1 2\nb 3 4\n"))


def test_a_header_may_precede_the_rows_of_a_text_without_one(tmp_path):
    rows = b"a 1 2\nb 3 4\n"
    store = convert(io.BytesIO(rows), tmp_path / "store")
    assert problems(store, io.BytesIO(b"2 2\n" + rows)) == []
    assert problems(store, io.BytesIO(b"2 2\na 1 2\nb 3 5\n")) == [
        "row 1 is not line 3 of <stream>, 'b': number 2 is 4.0 in the store and 5.0 in the text"
    ]
    with pytest.raises(FormatError, match="the header says 3 numbers per row, but the rows have 2"):
        verify(store, io.BytesIO(b"2 3\n" + rows))


def test_no_header_is_passed_over_where_it_was_a_row(tmp_path):
    rows = b"2 1\n3 4\n"
    store = convert(io.BytesIO(rows), tmp_path / "one", header=False)
    assert problems(store, io.BytesIO(rows)) == []
    skipped = convert(io.BytesIO(b"2 2\na 1 2\n"), tmp_path / "two", header=False, on_bad_row="skip")
    assert problems(skipped, io.BytesIO(b"2 2\na 1 2\n")) == []


@pytest.mark.parametrize("pack", [zipped, tarred, lambda members: tarred(members, "w:gz")])
def test_the_member_that_it_was_made_of(tmp_path, pack):
    (tmp_path / "two.zip").write_bytes(pack({"one.txt": b"a 1 2\n", "two.txt": b"b 3 4\n"}))
    store = convert(tmp_path / "two.zip", tmp_path / "store", member="two.txt")
    (tmp_path / "two.txt").write_text("b 3 4\n")
    assert verify(store, tmp_path / "two.zip").ok
    assert verify(store, str(tmp_path / "two.txt")).ok
    assert not verify(store, tmp_path / "two.zip", member="one.txt").ok


def test_a_store_written_from_memory_against_text(tmp_path):
    store = write_store(tmp_path / "store", pa.array(["a", "b"]), np.array([[1, 2], [3, 4]]))
    assert verify(store, io.BytesIO(b"a 1 2\nb 3 4\n")).ok
    assert verify(store, io.BytesIO(b"2 2\na 1 2\nb 3 4\n")).ok


def test_a_text_is_not_compared_with_a_store_that_cannot_be_opened(store):
    (store / "vectors.npy").write_bytes(b"")
    result = verify(store, io.BytesIO(text_of()))
    assert not result.ok
    assert (result.against, result.rows_compared) == (None, 0)


def test_metadata_that_names_no_known_rule(store):
    reseal(store, options={"errors": "\0"})
    with pytest.raises(StoreError, match=r"metadata\.json cannot be used: errors='\\x00'"):
        verify(store, io.BytesIO(text_of()))


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_rounded_stores(tmp_path, dtype):
    store = convert(
        io.BytesIO(text_of(bad_lines=BAD_LINES)), tmp_path / "store", on_bad_row="skip", dtype=dtype
    )
    result = verify(store, io.BytesIO(text_of(bad_lines=BAD_LINES)))
    assert (result.problems, result.rows_compared) == ((), len(WORDS))
    numbers = NUMBERS.copy()
    numbers[9, 2] *= 1 + 1e-6  # which rounding takes away, unless it is the largest of its row
    assert verify(store, io.BytesIO(text_of(numbers=numbers, bad_lines=BAD_LINES))).ok


def changed_bit(store: Path, name: str, row: int, bytes_each: int) -> None:
    """Flip the last bit of a number, and make all checksums right."""
    data = bytearray((store / name).read_bytes())
    data[128 + row * bytes_each] ^= 1
    (store / name).write_bytes(data)
    reseal(store)


@pytest.mark.parametrize(
    ("dtype", "name", "bytes_each"),
    [("float32", "vectors.npy", 12), ("float16", "vectors.npy", 6), ("int8", "vectors.npy", 3)],
)
def test_every_bit_of_a_number_counts(tmp_path, dtype, name, bytes_each):
    store = convert(io.BytesIO(text_of()), tmp_path / "store", dtype=dtype)
    changed_bit(store, name, 9, bytes_each)
    assert verify(store).ok
    (problem,) = problems(store, io.BytesIO(text_of()))
    stored = np.load(store / name)[9, 0]
    assert problem.startswith(
        f"row 9 is not line 10 of <stream>, 'word9': number 1 is {stored!s} in the store and"
    )


def test_every_bit_of_a_scale_counts(tmp_path):
    store = convert(io.BytesIO(text_of()), tmp_path / "store", dtype="int8")
    right = np.load(store / "scales.npy")[9]
    changed_bit(store, "scales.npy", 9, 4)
    (problem,) = problems(store, io.BytesIO(text_of()))
    found = np.load(store / "scales.npy")[9]
    assert problem.endswith(f"'word9': its scale is {found!s} in the store and {right!s} by the text")


def test_numbers_of_other_types_with_their_bits(tmp_path):
    """The sign of zero and of nan."""
    store = convert(io.BytesIO(b"a 0 nan\n"), tmp_path / "store", dtype="float16")
    assert problems(store, io.BytesIO(b"a -0 nan\n"))[0].endswith(
        "number 1 is 0.0 in the store and -0.0 in the text"
    )
    assert problems(store, io.BytesIO(b"a 0 -nan\n"))[0].endswith(
        "number 2 is nan (0x7e00) in the store and nan (0xfe00) in the text"
    )


def test_a_row_that_the_type_cannot_hold(tmp_path):
    store = convert(io.BytesIO(b"a 1 2\nb 3 4\n"), tmp_path / "store", dtype="int8")
    (problem,) = problems(store, io.BytesIO(b"a 1 2\nb inf 4\n"))
    assert "cannot be read: after the word 'b', number 1 is inf, which cannot be stored as int8" in problem
