"""`convert` with float16 and int8: the stores, what reads them, and rows that a type cannot hold."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.store.metadata import NUMBER_TYPES
from tests import reference

RNG = np.random.default_rng(16)
ROWS, DIM = 300, 20
WORDS = [f"word{row}" for row in range(ROWS)]
NUMBERS = RNG.normal(scale=0.4, size=(ROWS, DIM)).astype(np.float32)
NUMBERS[7] = 0
NUMBERS[8] *= 1e-7
NUMBERS[9, :3] = [-0.0, 6e-8, 60000]
ROUNDED = ["float16", "int8"]


def text_of(words, numbers) -> bytes:
    lines = [" ".join([word, *map(str, row.tolist())]) for word, row in zip(words, numbers, strict=True)]
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("types") / "vectors.txt"
    path.write_bytes(text_of(WORDS, NUMBERS))
    return path


@pytest.fixture(scope="module")
def stores(text) -> dict:
    return {
        dtype: glovefast.load(glovefast.convert(text, text.with_name(dtype), dtype=dtype))
        for dtype in NUMBER_TYPES
    }


def with_numpy_alone(store: Path) -> np.ndarray:
    """Read the matrix as the README says."""
    numbers = np.load(store / "vectors.npy", mmap_mode="r")
    if not (store / "scales.npy").exists():
        return numbers.astype(np.float32)
    return numbers * np.load(store / "scales.npy")[:, None]


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_the_files_hold_what_rounding_gives(stores, dtype):
    numbers = np.load(stores[dtype].path / "vectors.npy")
    assert numbers.dtype == dtype
    if dtype == "float32":
        assert reference.same_bits(numbers, NUMBERS)
    elif dtype == "float16":
        expected = [[reference.float16_bits(number) for number in row] for row in NUMBERS]
        assert numbers.view(np.uint16).tolist() == expected
    else:
        integers, scales = zip(*map(reference.int8_row, NUMBERS), strict=True)
        assert numbers.tolist() == list(integers)
        assert reference.same_bits(np.load(stores[dtype].path / "scales.npy"), np.array(scales))


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_everything_reads_float32(stores, dtype):
    vectors, expected = stores[dtype], with_numpy_alone(stores[dtype].path)
    assert expected.dtype == np.float32
    assert reference.same_bits(np.asarray(vectors), expected)
    assert reference.same_bits(vectors["word9"], expected[9])
    assert reference.same_bits(vectors.get("word7"), expected[7])
    assert reference.same_bits(vectors[["word8", "word2"]], expected[[8, 2]])
    assert not vectors["word9"].flags.writeable
    assert not vectors[["word9"]].flags.writeable
    assert vectors.coverage(["word5", "none"]).hits == 1


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
@pytest.mark.parametrize("many", [False, True])
def test_embedding_matrices(stores, dtype, many):
    """Of rows found one after the other, and of a few among many zeros."""
    vectors, expected = stores[dtype], with_numpy_alone(stores[dtype].path)
    words = ["none", *WORDS[::-1]] if many else ["word5", "none"]
    indices = {word: 40 * place + 1 for place, word in enumerate(words)}
    found = vectors.embedding_matrix(indices)
    wanted = reference.embedding_matrix(
        dict(zip(WORDS, expected, strict=True)), indices, max(indices.values()) + 1, DIM
    )
    assert reference.same_bits(found, wanted)
    assert reference.same_bits(vectors.embedding_matrix(indices, dtype="float64"), wanted.astype("f8"))
    mean = vectors.embedding_matrix({"word1": 0, "none": 1, "word3": 2}, oov="mean")
    assert reference.same_bits(mean[1], expected[[1, 3]].mean(axis=0, dtype=np.float64).astype(np.float32))


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_the_raw_arrays_are_mapped(stores, dtype):
    vectors = stores[dtype]
    assert isinstance(vectors.vectors, np.memmap)
    assert vectors.vectors.dtype == dtype
    assert not vectors.vectors.flags.writeable
    assert (vectors.scales is not None) == (dtype == "int8")
    assert vectors.metadata.dtype == dtype
    assert ("scales.npy" in vectors.metadata.checksums) == (dtype == "int8")
    assert (vectors.dim, len(vectors)) == (DIM, ROWS)


@pytest.mark.parametrize("dtype", ROUNDED)
def test_no_copy_of_rounded_rows_is_refused(stores, dtype):
    with pytest.raises(ValueError, match="need a copy"):
        np.asarray(stores[dtype], copy=False)


@pytest.mark.parametrize("dtype", ROUNDED)
def test_pickles(stores, dtype):
    copy = pickle.loads(pickle.dumps(stores[dtype]))
    assert reference.same_bits(copy["word3"], stores[dtype]["word3"])


def test_another_scale_is_another_store(tmp_path):
    """Rows that differ by a factor have the same int8 numbers."""
    text = tmp_path / "vectors.txt"
    text.write_bytes(b"a 1 2\n")
    vectors = glovefast.load(glovefast.convert(text, tmp_path / "store", dtype="int8"))
    data = pickle.dumps(vectors)
    text.write_bytes(b"a 2 4\n")
    glovefast.convert(text, tmp_path / "store", dtype="int8", overwrite=True)
    with pytest.raises(glovefast.StoreError, match="was replaced by another store"):
        pickle.loads(data)


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_one_thread_and_many_make_the_same(tmp_path, text, stores, dtype):
    one = glovefast.convert(text, tmp_path / "one", dtype=dtype, threads=1)
    for file in stores[dtype].path.iterdir():
        assert (one / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("dtype", ROUNDED)
@pytest.mark.parametrize("options", [{"limit": 100}, {"words": ["word3", "word200"]}, {"limit": 0}])
def test_parts(tmp_path, text, stores, dtype, options):
    vectors = glovefast.load(glovefast.convert(text, tmp_path / "part", dtype=dtype, **options))
    assert len(vectors) == options.get("limit", 2)
    assert glovefast.verify(vectors.path, text).ok
    for word in vectors:
        assert reference.same_bits(vectors[word], stores[dtype][word])


def test_sizes(stores):
    sizes = {dtype: stores[dtype].vectors.nbytes for dtype in NUMBER_TYPES}
    assert sizes["float16"] * 2 == sizes["float32"]
    assert sizes["int8"] + stores["int8"].scales.nbytes == ROWS * (DIM + 4)


BAD = b"a 1 2\nb nan 3\nc 70000 1\nd 4 inf\ne 1e39 1\nf 5 6\n"
BAD_ROWS = {
    "float16": {3: "after the word 'c', number 1 is 70000.0, which is too large for float16"},
    "int8": {
        2: "after the word 'b', number 1 is nan, which cannot be stored as int8",
        4: "after the word 'd', number 2 is inf, which cannot be stored as int8",
        5: "after the word 'e', number 1 is inf, which cannot be stored as int8",
    },
}
KEPT = {
    "float16": {"a": [1, 2], "b": [np.nan, 3], "d": [4, np.inf], "e": [np.inf, 1], "f": [5, 6]},
    "int8": {"a": [1, 2], "c": [70000, 0], "f": [5, 6]},
}


@pytest.mark.parametrize("dtype", ROUNDED)
def test_rows_that_cannot_be_stored_are_bad_rows(tmp_path, dtype):
    text, bad = tmp_path / "vectors.txt", BAD_ROWS[dtype]
    text.write_bytes(BAD)
    line, reason = next(iter(bad.items()))
    with pytest.raises(glovefast.FormatError) as error:
        glovefast.convert(text, dtype=dtype)
    assert (error.value.line, error.value.reason.partition(";")[0]) == (line, reason)
    assert list(tmp_path.iterdir()) == [text]
    checked = glovefast.dry_run(text, dtype=dtype)
    assert [(row.line, row.reason) for row in checked.bad_rows] == list(bad.items())
    store = glovefast.convert(text, dtype=dtype, on_bad_row="skip")
    listed = [json.loads(line) for line in (store / "bad_rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["line"], row["reason"]) for row in listed] == list(bad.items())
    assert not any(row["kept"] for row in listed)
    vectors = glovefast.load(store)
    assert vectors.metadata.report.skipped_rows == len(bad)
    assert vectors.metadata.report.rows_not_finite == (3 if dtype == "float16" else 0)
    assert list(vectors) == list(KEPT[dtype])
    assert np.allclose(np.asarray(vectors), list(KEPT[dtype].values()), rtol=1 / 127, equal_nan=True)
    assert glovefast.verify(store, text).ok


def test_a_refused_row_among_other_bad_rows(tmp_path):
    """In order, each with its own line; a word that was changed is not listed if its row is refused."""
    text = tmp_path / "vectors.txt"
    text.write_bytes(b"a 1 2\nb 1\n\xff nan 1\n\xfe 1 2\nc x 1\nd inf 1\nwanted 3 4\n")
    store = glovefast.convert(text, dtype="int8", on_bad_row="skip", errors="replace")
    listed = [json.loads(line) for line in (store / "bad_rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["line"], row["kept"]) for row in listed] == [
        (2, False),
        (3, False),
        (4, True),
        (5, False),
        (6, False),
    ]
    report = glovefast.load(store).metadata.report
    assert (report.skipped_rows, report.replaced_words) == (4, 1)
    some = glovefast.convert(
        text, tmp_path / "some", dtype="int8", on_bad_row="skip", errors="replace", words=["wanted", "d"]
    )
    listed = [json.loads(line) for line in (some / "bad_rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["line"], row["beginning"]) for row in listed][-1] == (6, "d")
    assert list(glovefast.load(some)) == ["wanted"]
    assert glovefast.verify(some, text).ok


def test_word2vec_binary_files_take_a_type(tmp_path):
    """The same store as from text, and the word's number in place of the line's."""
    rows = [(word, np.array(numbers, dtype="<f4")) for word, numbers in KEPT["float16"].items()]
    source, text = tmp_path / "vectors.bin", tmp_path / "vectors.txt"
    source.write_bytes(b"5 2\n" + b"".join(f"{word} ".encode() + row.tobytes() for word, row in rows))
    text.write_bytes("".join(f"{word} {row[0]} {row[1]}\n" for word, row in rows).encode())
    with pytest.raises(
        glovefast.FormatError, match="word 2: after the word 'b', number 1 is nan, which cannot"
    ):
        glovefast.convert(source, tmp_path / "store", dtype="int8")
    for dtype, options in (("float16", {}), ("int8", {"on_bad_row": "skip"})):
        one = glovefast.convert(source, tmp_path / f"{dtype} of bytes", dtype=dtype, **options)
        other = glovefast.convert(text, tmp_path / f"{dtype} of text", dtype=dtype, **options)
        assert reference.same_bits(np.asarray(glovefast.load(one)), np.asarray(glovefast.load(other)))
        assert list(glovefast.load(one)) == list(glovefast.load(other))
        assert glovefast.verify(one, source).ok


def test_archives_take_a_type(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("one", "two"):
            archive.writestr(f"{name}.txt", text_of(WORDS[:5], NUMBERS[:5]))
    made = glovefast.convert_archive(tmp_path / "a.zip", dtype="int8")
    assert [glovefast.load(store).metadata.dtype for store in made] == ["int8", "int8"]


def test_an_unknown_type(text):
    for function in (glovefast.convert, glovefast.dry_run):
        with pytest.raises(ValueError, match="dtype must be 'float32', 'float16' or 'int8', not 'double'"):
            function(text, dtype="double")
