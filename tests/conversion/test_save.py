"""`save`: every kind of words and matrices becomes the same store, and what cannot be one is refused."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.store.array_reports import ArrayReport
from glovefast.store.float32_rows import Float32Rows
from tests.helpers.verified import problems
from tests.reference import same_bits

RNG = np.random.default_rng(3)
ROWS, DIM = 50, 6
WORDS = [*(f"word{row}" for row in range(ROWS - 2)), "new york", "word3"]
NUMBERS = RNG.normal(size=(ROWS, DIM)).astype(np.float32)
NUMBERS[5] = [0.0, -0.0, 1e-45, 3.4e38, -1, 1]
LISTS = pa.FixedSizeListArray.from_arrays(pa.array(NUMBERS.reshape(-1)), DIM)


class Tensor:
    """What a tensor of PyTorch is here: an array only once it is detached and on the processor."""

    def __init__(self, numbers, steps=("detach", "cpu")):
        self._numbers, self._steps = numbers, steps

    def detach(self):
        return Tensor(self._numbers, self._steps[1:] if self._steps[:1] == ("detach",) else self._steps)

    def cpu(self):
        return Tensor(self._numbers, self._steps[1:] if self._steps[:1] == ("cpu",) else self._steps)

    def __array__(self, dtype=None, copy=None):
        if self._steps:
            raise RuntimeError("call detach() and cpu() first")
        return self._numbers


class KeyedVectors:
    def __init__(self, words, vectors):
        self.index_to_key, self.vectors = words, vectors


def mapped(directory: Path, matrix) -> np.memmap:
    np.save(directory / "matrix.npy", matrix)
    return np.load(directory / "matrix.npy", mmap_mode="r")


MATRICES = {
    "array": lambda directory: NUMBERS,
    "Fortran order": lambda directory: np.asfortranarray(NUMBERS),
    "big-endian": lambda directory: NUMBERS.astype(">f4"),
    "float64": lambda directory: NUMBERS.astype("f8"),
    "longdouble": lambda directory: NUMBERS.astype(np.longdouble),
    "not contiguous": lambda directory: np.repeat(NUMBERS, 2, axis=1)[:, ::2],
    "mapped": lambda directory: mapped(directory, NUMBERS),
    "mapped, Fortran order": lambda directory: mapped(directory, np.asfortranarray(NUMBERS)),
    "lists": lambda directory: NUMBERS.tolist(),
    "tensor": lambda directory: Tensor(NUMBERS),
    "fixed-size lists": lambda directory: LISTS,
    "a slice of them": lambda directory: pa.concat_arrays([LISTS[:3], LISTS])[3:],
    "chunks of them": lambda directory: pa.chunked_array([LISTS[:7], LISTS[7:7], LISTS[7:]]),
    "lists of float64": lambda directory: pa.array(NUMBERS.tolist(), pa.list_(pa.float64())),
    "large lists": lambda directory: pa.array(NUMBERS.tolist(), pa.large_list(pa.float32())),
}
WORD_LISTS = {
    "list": WORDS,
    "tuple": tuple(WORDS),
    "array": np.array(WORDS),
    "objects": np.array(WORDS, dtype=object),
    "Arrow": pa.array(WORDS),
    "large strings": pa.array(WORDS, pa.large_string()),
    "dictionary": pa.array(WORDS).dictionary_encode(),
    "chunks": pa.chunked_array([WORDS[:9], WORDS[9:]]),
}


def check(store: Path) -> None:
    vectors = glovefast.load(store)
    assert vectors.words.to_pylist() == WORDS
    assert same_bits(np.asarray(vectors), NUMBERS)
    assert vectors.metadata.report == ArrayReport(duplicate_words=1)
    assert (vectors.metadata.dtype, vectors.metadata.options) == ("float32", None)
    assert same_bits(vectors["word3"], NUMBERS[3])
    assert problems(store) == []


@pytest.mark.parametrize("kind", MATRICES)
def test_every_kind_of_matrix(tmp_path, kind):
    store = glovefast.save(WORDS, MATRICES[kind](tmp_path), tmp_path / "store")
    assert store == tmp_path / "store"
    check(store)


@pytest.mark.parametrize("kind", WORD_LISTS)
def test_every_kind_of_words(tmp_path, kind):
    check(glovefast.save(WORD_LISTS[kind], NUMBERS, str(tmp_path / "store")))


def test_words_that_can_be_read_once(tmp_path):
    check(glovefast.save(iter(WORDS), NUMBERS, tmp_path / "store"))


def test_frames(tmp_path):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = polars.DataFrame({"word": WORDS, "vector": NUMBERS})
    check(glovefast.save(frame["word"], frame["vector"], tmp_path / "polars"))
    check(glovefast.save(pandas.Series(WORDS), pandas.DataFrame(NUMBERS), tmp_path / "pandas"))


def test_bfloat16(tmp_path):
    """The types of ml_dtypes, which TensorFlow and JAX use, are not NumPy's own."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    numbers = NUMBERS.astype(ml_dtypes.bfloat16)
    vectors = glovefast.load(glovefast.save(WORDS, numbers, tmp_path / "store"))
    assert same_bits(np.asarray(vectors), numbers.astype(np.float32))


def test_keyed_vectors(tmp_path):
    check(glovefast.save(KeyedVectors(WORDS, NUMBERS), tmp_path / "store"))
    gensim = pytest.importorskip("gensim.models")
    keyed = gensim.KeyedVectors(DIM)
    keyed.add_vectors(WORDS[:-1], NUMBERS[:-1])
    vectors = glovefast.load(glovefast.save(keyed, tmp_path / "gensim"))
    assert same_bits(np.asarray(vectors), NUMBERS[:-1])
    assert vectors.words.to_pylist() == keyed.index_to_key
    assert vectors.metadata.source.name == "gensim.KeyedVectors"


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_a_store_in_another_type(tmp_path, dtype):
    """As if the text were converted again; and back to float32, which keeps what is left."""
    numbers = NUMBERS.clip(-4, 4)
    vectors = glovefast.load(glovefast.save(WORDS, numbers, tmp_path / "float32"))
    text = "".join(
        f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, numbers.tolist(), strict=True)
    )
    (tmp_path / "vectors.txt").write_text(text, "utf-8")
    converted = glovefast.convert(tmp_path / "vectors.txt", dtype=dtype)
    smaller = glovefast.load(glovefast.save(vectors, tmp_path / "smaller", dtype=dtype))
    for name in ("vectors.npy", "vocabulary.arrow", "index.arrow", *(["scales.npy"] * (dtype == "int8"))):
        assert (smaller.path / name).read_bytes() == (converted / name).read_bytes()
    back = glovefast.load(glovefast.save(smaller, tmp_path / "back"))
    assert same_bits(np.asarray(back), np.asarray(smaller))
    assert smaller.metadata.source.name == "float32"
    assert glovefast.verify(smaller.path, tmp_path / "vectors.txt").ok


def test_the_source_is_told(tmp_path):
    def source_of(matrix):
        return glovefast.load(
            glovefast.save(WORDS, matrix, tmp_path / "store", overwrite=True)
        ).metadata.source

    matrix = mapped(tmp_path, NUMBERS)
    size = (tmp_path / "matrix.npy").stat().st_size
    assert (source_of(matrix).name, source_of(matrix).bytes) == ("matrix.npy", size)
    assert (source_of(NUMBERS).name, source_of(NUMBERS).bytes) == ("numpy.ndarray", None)
    assert source_of(LISTS).name == "pyarrow.FixedSizeListArray"


def test_a_mapped_matrix_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("glovefast.store.writing._PIECE_NUMBERS", 7 * DIM)
    seen, read = [], Float32Rows.__getitem__

    def watched(rows, part):
        seen.append((part.start, part.stop))
        assert rows._matrix.base is not None  # mapped still, not a copy
        return read(rows, part)

    monkeypatch.setattr(Float32Rows, "__getitem__", watched)
    check(glovefast.save(WORDS, mapped(tmp_path, NUMBERS), tmp_path / "store"))
    assert seen == [(first, first + 7) for first in range(0, ROWS, 7)]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u4", "i8", "u8", "f2"])
def test_integers_and_small_floats(tmp_path, dtype):
    limits = np.iinfo(dtype) if dtype[0] in "iu" else np.finfo(dtype)
    numbers = np.array([[1, 2], [limits.min, limits.max], [0, 100]], dtype=dtype)
    vectors = glovefast.load(glovefast.save(["a", "b", "c"], numbers, tmp_path / "store"))
    assert same_bits(np.asarray(vectors), numbers.astype(np.float32))
    assert vectors.metadata.report.rounded_rows == (dtype in ("u4", "i8", "u8"))


def test_what_float32_rounds_is_counted(tmp_path):
    floats = np.array([[0.1, 1], [0.5, np.nan], [np.inf, 2], [1e-60, 0]])
    integers = np.array([[2**24 + 1, 0], [2**24, 1], [2**62, -(2**62)], [-(2**53) - 1, 0]])
    report = glovefast.load(glovefast.save(["a"], floats[:1], tmp_path / "one")).metadata.report
    assert report == ArrayReport(rounded_rows=1)
    report = glovefast.load(glovefast.save(list("abcd"), floats, tmp_path / "floats")).metadata.report
    assert report == ArrayReport(rounded_rows=2, rows_not_finite=2)
    report = glovefast.load(glovefast.save(list("abcd"), integers, tmp_path / "integers")).metadata.report
    assert report == ArrayReport(rounded_rows=2)


def test_rows_that_are_not_finite_are_warned_of(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="glovefast"):
        glovefast.save(["a", "b"], np.array([[1, np.nan], [np.inf, 2]]), tmp_path / "store")
    assert caplog.messages == ["numpy.ndarray: 2 rows have nan or infinite numbers"]


def test_progress(tmp_path, monkeypatch):
    monkeypatch.setattr("glovefast.store.writing._PIECE_NUMBERS", 20 * DIM)
    reports = []
    glovefast.save(WORDS, NUMBERS.astype("f8"), tmp_path / "store", progress=reports.append)
    assert [(each.rows, each.bytes_read) for each in reports] == [(n, n * DIM * 8) for n in (20, 40, 50)]
    assert {(each.bytes_total, each.source) for each in reports} == {(ROWS * DIM * 8, "numpy.ndarray")}
    with pytest.raises(TypeError, match="progress must be a function"):
        glovefast.save(WORDS, NUMBERS, tmp_path / "other", progress="bar")


ONE = np.ones((1, 2))
REFUSED = {
    "fewer words": (
        ["a"],
        np.ones((2, 2)),
        "float32",
        "pass one word for each row (words: 1, rows: 2)",
    ),
    "fewer rows": (["a", "b"], ONE, "float32", "pass one word for each row (words: 2, rows: 1)"),
    "one dimension": (
        ["a"],
        np.ones(1),
        "float32",
        "the matrix must be (words, dimensions), not of shape (1,)",
    ),
    "three": (
        ["a"],
        np.ones((1, 1, 1)),
        "float32",
        "the matrix must be (words, dimensions), not of shape (1, 1, 1)",
    ),
    "no columns": (
        ["a"],
        np.ones((1, 0)),
        "float32",
        "the matrix must be (words, dimensions), not of shape (1, 0)",
    ),
    "nothing": (
        [],
        np.ones((0, 2)),
        "float32",
        "the matrix must be (words, dimensions), not of shape (0, 2)",
    ),
    "no words": ([], ONE, "float32", "there are no words to save"),
    "objects": (["a"], ONE.astype(object), "float32", "the matrix holds object instead of real numbers"),
    "complex": (["a"], ONE.astype(complex), "float32", "the matrix holds complex128 instead of real numbers"),
    "bool": (["a"], ONE.astype(bool), "float32", "the matrix holds bool instead of real numbers"),
    "a structure": (["a"], np.zeros((1, 1), "i4,i4"), "float32", "instead of real numbers"),
    "a string": (["a"], "matrix.npy", "float32", "the matrix holds <U10 instead of real numbers"),
    "None": (["a"], None, "float32", "the matrix holds object instead of real numbers"),
    "ragged": (["a", "b"], [[1], [1, 2]], "float32", "the matrix cannot become a NumPy array: "),
    "masked": (
        ["a"],
        np.ma.masked_array(ONE, mask=[[True, False]]),
        "float32",
        "the matrix has masked numbers; fill them first",
    ),
    "ragged lists": (
        ["a", "b"],
        pa.array([[1.0], [1.0, 2.0]]),
        "float32",
        "the lists of the matrix must have one length: ",
    ),
    "nulls": (
        ["a", "b"],
        pa.array([[1.0], None]),
        "float32",
        "the matrix has nulls; fill or drop them first",
    ),
    "null numbers": (
        ["a"],
        pa.array([[1.0, None]], pa.list_(pa.float32(), 2)),
        "float32",
        "the matrix has nulls; fill or drop them first",
    ),
    "Arrow numbers": (
        ["a"],
        pa.array([1.0]),
        "float32",
        "the matrix must be an Arrow column of lists, not of double",
    ),
    "Arrow strings": (["a"], pa.array([["x"]]), "float32", "the matrix holds string instead of real numbers"),
    "not a string": (["a", 3], np.ones((2, 2)), "float32", "the entry at position 1 is not a string: 3"),
    "None as a word": (
        ["a", None],
        np.ones((2, 2)),
        "float32",
        "the entry at position 1 is not a string: None",
    ),
    "a lone surrogate": (
        ["\ud800"],
        ONE,
        "float32",
        r"the word '\ud800' at position 0 is not valid Unicode (a lone surrogate)",
    ),
    "a set": (
        {"a", "b"},
        np.ones((2, 2)),
        "float32",
        "words must have an order, and those of a set have none",
    ),
    "a single string": ("ab", ONE, "float32", "expected a list of words, not a single str: 'ab'"),
    "too large for float32": (
        ["a"],
        ONE * 1e39,
        "float32",
        "the word 'a' has numbers that are too large for float32 in the matrix",
    ),
    "too large for float16": (
        ["a"],
        ONE * 65520,
        "float16",
        "row 0, the word 'a': number 1 is 65520.0, which is too large for float16; choose another dtype",
    ),
    "nan in int8": (
        ["a", "b"],
        np.array([[1, 2], [3, np.nan]]),
        "int8",
        "row 1, the word 'b': number 2 is nan, which cannot be stored as int8; choose another dtype",
    ),
    "an unknown type": (["a"], ONE, "f8", "dtype must be 'float32', 'float16' or 'int8', not 'f8'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_a_store(tmp_path, case):
    words, matrix, dtype, reason = REFUSED[case]
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared
        glovefast.save(words, matrix, tmp_path / "store", dtype=dtype)
    assert str(error.value).startswith(reason) or reason in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_do_not_fit_together(tmp_path):
    keyed, target = KeyedVectors(["a"], ONE), tmp_path / "store"

    class Model:
        wv = keyed

    for arguments, reason in [
        ((["a"], target), "save needs words, a matrix and a destination"),
        ((keyed, ONE, target), "KeyedVectors has its own matrix: save\\(keyed_vectors, destination\\)"),
        ((keyed, ONE), "the destination must be a path, not ndarray"),
        ((Model(), target), "pass the vectors of the Model: save\\(model.wv, destination\\)"),
    ]:
        with pytest.raises(TypeError, match=reason):
            glovefast.save(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_store(tmp_path):
    store = glovefast.save(["a"], ONE, tmp_path / "store")
    with pytest.raises(glovefast.StoreError, match="already exists"):
        glovefast.save(["b"], ONE, store)
    glovefast.save(["b"], ONE, store, dtype="int8", overwrite=True)
    assert sorted(path.name for path in store.iterdir()) == [
        "index.arrow",
        "metadata.json",
        "scales.npy",
        "vectors.npy",
        "vocabulary.arrow",
    ]
    glovefast.save(["c"], ONE, store, overwrite=True)
    assert not (store / "scales.npy").exists()
    assert list(glovefast.load(store)) == ["c"]
    assert list(tmp_path.iterdir()) == [store]
    with pytest.raises(glovefast.StoreError, match="is not a glovefast store"):
        glovefast.save(["a"], ONE, tmp_path, overwrite=True)


def test_a_failing_matrix_leaves_nothing(tmp_path, monkeypatch):
    def fail(rows, part):
        raise OSError(5, "cannot be read")

    monkeypatch.setattr(Float32Rows, "__getitem__", fail)
    with pytest.raises(OSError, match="cannot be read"):
        glovefast.save(WORDS, NUMBERS, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []
