"""Texts to vectors, compared with a plain loop over one text after the other."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import CoverageWarning, TextError
from glovefast.text import text_to_word_sequence
from glovefast.threads import processors
from tests import reference

WORDS = [
    "the",
    "king",
    "été",
    "",
    "a" * 8,
    "b" * 9,
    "c" * 70,
    "o'clock",
    "Upper",
    "the",
    "nul\0nul",
    "x",
]
# Few known words are the point of many of these tests; one looks for the warning.
pytestmark = pytest.mark.filterwarnings("ignore::glovefast.CoverageWarning")

NUMBER_TYPES = ["float32", "float16", "int8"]


def made_store(path, words=WORDS, dim=19, dtype="float32"):
    matrix = np.random.default_rng(len(words)).normal(size=(len(words), dim)).astype(np.float32)
    matrix[0] = -0.0
    return glovefast.load(glovefast.save(words, matrix, path, dtype=dtype))


@pytest.fixture(scope="module", params=NUMBER_TYPES)
def vectors(request, tmp_path_factory):
    return made_store(tmp_path_factory.mktemp("stores") / "made.glovefast", dtype=request.param)


def by_loop(vectors, texts, **options):
    """Split, look up and add up in Python; a text may be a list of words."""
    known = {word: vectors[word] for word in vectors}
    rows = []
    for text in texts:
        words = text_to_word_sequence(text) if isinstance(text, str) else [word.lower() for word in text]
        rows.append(reference.text_vector(known, words, vectors.dim, **options)[0])
    return np.array(rows, dtype=np.float32).reshape(len(texts), vectors.dim)


TEXTS = [
    "The king, the KING!",
    "",
    "!?,.",
    "zebrafinch",
    "Été été x",
    "a" * 8 + " " + "b" * 9 + "\n" + "c" * 70,
    "nul\0nul the",
    "Σ ΑΣ \ud800 the",
    "the",
    "king " * 1_000,
]


def test_texts(vectors):
    assert reference.same_bits(vectors.embed(TEXTS), by_loop(vectors, TEXTS))
    assert reference.same_bits(vectors.embed(TEXTS, normalize=True), by_loop(vectors, TEXTS, normalize=True))


def test_a_mean_is_the_mean_of_numpy(vectors):
    words = ["the", "king", "x"]
    mean = vectors[words].mean(axis=0, dtype=np.float64).astype(np.float32)
    assert reference.same_bits(vectors.embed(["the king x"])[0], mean)


def test_zeros_keep_their_sign(vectors):
    assert np.signbit(vectors["the"]).all() == (vectors.metadata.dtype != "int8")
    assert reference.same_bits(vectors.embed(["the the"])[0], vectors["the"].copy())


def test_given_words(vectors):
    texts = [["The", "king"], [], ["zebrafinch"], ["", "É", "ÉTÉ"], ["nul\0nul", "\ud800"], ["b" * 9] * 300]
    assert reference.same_bits(vectors.embed(texts), by_loop(vectors, texts))
    tuples = pa.array([tuple(text) for text in texts[:4]])
    assert reference.same_bits(vectors.embed(tuples), by_loop(vectors, texts[:4]))


def test_words_with_capitals(vectors):
    assert not vectors.embed(["Upper"]).any()
    assert reference.same_bits(vectors.embed(["Upper"], lower=False)[0], vectors["Upper"].copy())
    assert reference.same_bits(vectors.embed([["Upper"]], lower=False)[0], vectors["Upper"].copy())


def test_the_rule_of_the_tokenizer(vectors):
    found = vectors.embed(["the_king|été", "o'clock"], filters="|", split="_")
    assert reference.same_bits(found, by_loop(vectors, [["the", "king", "été"], ["o'clock"]]))


STRING_TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


@pytest.mark.parametrize("kind", STRING_TYPES, ids=str)
def test_arrow_texts(vectors, kind):
    texts = ["The king", None, "x", "", "Été"]
    plain = [text or "" for text in texts]
    array = pa.array(texts, kind)
    assert reference.same_bits(vectors.embed(array), by_loop(vectors, plain))
    assert reference.same_bits(vectors.embed(array.slice(2, 2)), by_loop(vectors, plain[2:4]))
    chunked = pa.chunked_array([array, array.slice(1), array.slice(0, 0)])
    assert reference.same_bits(vectors.embed(chunked), by_loop(vectors, plain + plain[1:]))


@pytest.mark.parametrize("words", STRING_TYPES[:2], ids=str)
@pytest.mark.parametrize("make", [pa.list_, pa.large_list, pa.list_view], ids=lambda make: make.__name__)
def test_arrow_lists_of_words(vectors, make, words):
    texts = [["the"], ["The", "king"], None, [], ["x", None, "a" * 8]]
    plain = [[word for word in text or [] if word is not None] for text in texts]
    array = pa.array(texts, make(words))
    assert reference.same_bits(vectors.embed(array), by_loop(vectors, plain))
    for part in (array.slice(0, 2), array.slice(1, 1), array.slice(3)):
        expected = [[word for word in text or [] if word is not None] for text in part.to_pylist()]
        assert reference.same_bits(vectors.embed(part), by_loop(vectors, expected))


def test_nulls_have_no_words(vectors):
    texts = ["the", None, float("nan"), ["x", None], pa.scalar(None).as_py()]
    plain = ["the", "", "", ["x"], ""]
    assert reference.same_bits(vectors.embed(texts), by_loop(vectors, plain))
    assert reference.same_bits(
        vectors.embed(np.array(["x", None], dtype=object)), by_loop(vectors, ["x", ""])
    )
    assert not vectors.embed(pa.nulls(3)).any()


def test_columns_of_pandas_and_polars(vectors):
    expected = by_loop(vectors, ["the king", "", "", "x"])
    pandas = pytest.importorskip("pandas")
    texts = ["the king", None, float("nan"), "x"]
    for column in (
        pandas.Series(texts, dtype=object),
        pandas.Series(["the king", pandas.NA, None, "x"], dtype="string"),
        pandas.Series([["the", "king"], None, [], ["x"]]),
        pandas.Series(["the king", None, "", "x"], dtype=pandas.ArrowDtype(pa.string())),
    ):
        assert reference.same_bits(vectors.embed(column), expected)
    polars = pytest.importorskip("polars")
    assert reference.same_bits(vectors.embed(polars.Series(["the king", None, "", "x"])), expected)
    assert reference.same_bits(vectors.embed(polars.Series([["the", "king"], None, [], ["x"]])), expected)


def test_no_texts(vectors):
    for texts in ([], pa.array([], pa.string()), iter([]), np.array([], dtype=str)):
        assert vectors.embed(texts).shape == (0, vectors.dim)


def test_iterators_of_texts_and_of_batches(vectors):
    expected = by_loop(vectors, TEXTS[:4])
    assert reference.same_bits(vectors.embed(iter(TEXTS[:4])), expected)
    batches = iter([pa.array(TEXTS[:1]), np.array(TEXTS[1:3]), (TEXTS[3],)])
    assert reference.same_bits(vectors.embed(batches), expected)


@pytest.mark.parametrize("texts", [["the", 5], [["the", 5]], [b"the"], [["the"], [["x"]]]])
def test_texts_that_are_no_texts(vectors, texts):
    with pytest.raises(TextError, match="position"):
        vectors.embed(texts)


@pytest.mark.parametrize("texts", ["the king", b"the", 5, {"a": 1}, pa.array([1]), np.zeros((2, 2))])
def test_what_is_no_source_of_texts(vectors, texts):
    with pytest.raises(TextError):
        vectors.embed(texts)


def test_an_unknown_pooling(vectors):
    with pytest.raises(ValueError, match="pooling must be"):
        vectors.embed(["the"], pooling="max")


@pytest.mark.parametrize("make", [pa.string, lambda: pa.list_(pa.string())], ids=["strings", "lists"])
def test_damaged_arrow_arrays(vectors, make):
    is_strings = make is pa.string
    good = pa.array(["the", "x", "king"] if is_strings else [["the"], ["x"], ["king"]], make())
    children = [] if is_strings else [good.values]
    end = 8 if is_strings else 3
    for offsets in ([0, 2**30, 2**30, end], [0, -5, 1, end], [0, 3, 1, end]):  # Arrow checks the ends itself
        buffers = good.buffers()[: 3 if is_strings else 2]
        buffers[1] = pa.py_buffer(np.array(offsets, dtype=np.int32))
        bad = pa.Array.from_buffers(good.type, 3, buffers, children=children)
        with pytest.raises(TextError, match="damaged"):
            vectors.embed(bad)


def test_any_number_of_threads_gives_the_same(vectors):
    texts = [f"the king {'x' * (number % 5)} {number}" for number in range(9_000)]
    one = vectors.embed(texts, threads=1)
    assert reference.same_bits(one[:50], by_loop(vectors, texts[:50]))
    for threads in (2, 5):
        assert reference.same_bits(vectors.embed(texts, threads=threads), one)
    assert reference.same_bits(vectors.embed(texts, threads=max(2, processors())), one)


LETTERS = st.sampled_from(
    ["the", "king", "été", "x", "a" * 8, " ", "\n", ",", "!", "\0", "Σ", "İ", "\ud800", "X"]
)


@given(texts=st.lists(st.lists(LETTERS, max_size=30).map("".join), max_size=5))
def test_any_texts(vectors, texts):
    assert reference.same_bits(vectors.embed(texts), by_loop(vectors, texts))
    words = [text.split(" ") for text in texts]
    assert reference.same_bits(vectors.embed(words), by_loop(vectors, words))


def test_counts_of_known_words(vectors):
    matrix, counts = vectors.embed(TEXTS, return_counts=True)
    assert reference.same_bits(matrix, vectors.embed(TEXTS))
    assert counts.dtype == np.int64
    assert counts.tolist() == [4, 0, 0, 0, 3, 3, 2, 1, 1, 1_000]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 7, 2_048, 5_000, 10_000])
def test_batches(vectors, size, threads):
    texts = [f"the king {'x ' * (number % 5)}" for number in range(5_001)]
    whole = vectors.embed(texts)
    batches = list(vectors.embed(iter(texts), batch_size=size, threads=threads))
    assert [len(batch) for batch in batches] == [min(size, 5_001 - begin) for begin in range(0, 5_001, size)]
    assert reference.same_bits(np.concatenate(batches), whole)
    counted = list(vectors.embed(texts[:10], batch_size=4, return_counts=True))
    assert [counts.tolist() for _, counts in counted] == [[2, 3, 4, 5], [6, 2, 3, 4], [5, 6]]


def test_batches_are_read_as_they_are_needed(vectors):
    """However long an iterator is, only what the threads work on is in memory."""
    taken = 0

    def texts():
        nonlocal taken
        while True:
            taken += 1
            yield "the king " * 10_000

    batches = vectors.embed(texts(), batch_size=3, threads=2)
    for _ in range(4):
        assert len(next(batches)) == 3
    assert taken < 200
    batches.close()
    assert list(vectors.embed(iter([]), batch_size=3)) == []


@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (1.5, TypeError)]
)
def test_wrong_sizes_of_batches(vectors, size, error):
    with pytest.raises(error, match="batch_size"):
        vectors.embed(["the"], batch_size=size)


def test_fallbacks(vectors):
    texts = ["Upper UPPER x,", ["(the)", "THE", "qwx"], "", ["ete\ud800"], ["ÉTÉ"]]
    forms = {"Upper": "Upper", "UPPER": "Upper", "x,": "x", "(the)": "the", "THE": "the", "ÉTÉ": "été"}
    found, counts = vectors.embed(
        texts, filters="", lower=False, fallback=("title", "strip+lower"), return_counts=True
    )
    words = [text.split() if isinstance(text, str) else text for text in texts]
    known = {word: vectors[form] for word, form in forms.items()}
    expected = [reference.text_vector(known, each, vectors.dim) for each in words]
    assert reference.same_bits(found, np.array([row for row, _ in expected]))
    assert counts.tolist() == [number for _, number in expected] == [3, 2, 0, 0, 1]
    assert not vectors.embed(["qwx"], fallback="upper").any()


def test_fallbacks_change_nothing_that_is_found(vectors):
    texts = [*TEXTS, *(f"the king {number}" for number in range(5_000))]
    assert reference.same_bits(vectors.embed(texts, fallback="strip"), vectors.embed(texts))
    assert reference.same_bits(
        vectors.embed(texts, "sif", fallback="strip", threads=3), vectors.embed(texts, "sif", threads=1)
    )


def test_a_fallback_with_an_unknown_name(vectors):
    with pytest.raises(ValueError, match="loewr"):
        vectors.embed(["the"], fallback="loewr")


@pytest.mark.filterwarnings("error")
def test_hardly_any_text_with_a_known_word(vectors):
    vectors.embed(["the", *[""] * 19])
    vectors.embed([])
    with pytest.warns(
        CoverageWarning, match=r"only 1 of 21 texts have a word of .*made\.glovefast"
    ) as caught:
        vectors.embed(["the", *["qwx"] * 20])
    assert caught[0].filename == __file__
    with pytest.warns(CoverageWarning, match="none of 2 texts has a word"):
        list(vectors.embed(iter(["qwx", None]), batch_size=1))


def test_progress(vectors):
    seen = []
    vectors.embed(["the"] * 5_000, progress=seen.append, threads=2)
    assert [each.texts for each in seen] == [2_048, 4_096, 5_000]
    assert {each.total for each in seen} == {5_000}


def test_a_long_word(tmp_path):
    word = "y" * 1_000_000
    vectors = made_store(tmp_path / "long.glovefast", [word, "x"], 5)
    texts = [f"{word} x", f"{word}y x", "x " * 300_000]
    assert reference.same_bits(vectors.embed(texts), by_loop(vectors, texts))


@pytest.mark.parametrize("dim", [1, 2, 15, 16, 17, 32, 50, 100])
@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_dimensions(tmp_path, dim, dtype):
    words = [f"word{number}" for number in range(40)]
    vectors = made_store(tmp_path / "store", words, dim, dtype)
    texts = [" ".join(words), "word39", "word0 word39 word38", "missing word7"]
    assert reference.same_bits(vectors.embed(texts), by_loop(vectors, texts))


@pytest.mark.filterwarnings("ignore:overflow")
def test_large_numbers(tmp_path):
    matrix = np.array([[3e38, np.inf, np.nan], [3e38, 1, 1], [1e-45, -np.inf, 1]], dtype=np.float32)
    vectors = glovefast.load(glovefast.save(["a", "b", "c"], matrix, tmp_path / "store"))
    found = vectors.embed(["a b", "b c", "a c"])
    assert found[0].tolist()[:2] == [np.float32(3e38), np.inf]
    assert np.isnan(found[0, 2])
    assert np.isnan(found[2, 1])


class OfAnotherLength:
    """Texts that are not as many as their length says, as a progress bar with a wrong total."""

    def __init__(self, texts, length):
        self._texts = texts
        self._length = length

    def __len__(self):
        return self._length

    def __iter__(self):
        return iter(self._texts)


@pytest.mark.parametrize("length", [0, 1, 4999, 5001, 20_000])
def test_a_length_that_lies(tmp_path, length):
    """Rows that no text has would hold whatever was in memory."""
    vectors = made_store(tmp_path / "made.glovefast")
    texts = ["the king", "o'clock", "qwx", "x"] * 1250
    expected, known = vectors.embed(texts, return_counts=True)
    found, found_known = vectors.embed(OfAnotherLength(texts, length), return_counts=True, threads=2)
    assert reference.same_bits(found, expected)
    assert found_known.tolist() == known.tolist()


def test_arrays_of_words_with_nulls(vectors):
    """pandas gives the lists of a Parquet file as NumPy arrays of objects."""
    words = [["king", None, "x"], [None], ["x"]]
    cells = [np.array(each, dtype=object) for each in words]
    expected, known = vectors.embed(words, return_counts=True)
    found, found_known = vectors.embed(cells, return_counts=True)
    assert reference.same_bits(found, expected)
    assert found_known.tolist() == known.tolist() == [2, 0, 1]
