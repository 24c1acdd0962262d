"""`WordVectors`: look-ups by word, gensim's names, and what a process that only looks up has to load."""

import copy
import io
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast import errors
from glovefast.conversion.convert import convert
from glovefast.errors import VocabularyError
from glovefast.vectors import WordVectors, load
from tests.helpers.html_tables import cells
from tests.reference import same_bits

WORDS = ["king", "queen", "rook", "king", "new york", "", "été", "queen"]
ROWS = np.random.default_rng(6).normal(size=(len(WORDS), 5)).astype(np.float32)
FIRST = {"king": 0, "queen": 1, "rook": 2, "new york": 4, "": 5, "été": 6}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    lines = [" ".join([word, *map(repr, row)]) for word, row in zip(WORDS, ROWS.tolist(), strict=True)]
    source = io.BytesIO("\n".join(lines).encode())
    return convert(source, tmp_path_factory.mktemp("vectors") / "pieces.glovefast")


@pytest.fixture
def vectors(store) -> WordVectors:
    return load(store)


def test_shape_and_words(vectors, store):
    assert (len(vectors), vectors.dim, vectors.vector_size) == (8, 5, 5)
    assert vectors.path == store
    assert vectors.words.to_pylist() == WORDS
    assert isinstance(vectors.vectors, np.memmap)
    assert same_bits(np.array(vectors.vectors), ROWS)
    assert vectors.metadata.report.duplicate_words == 2
    assert repr(vectors) == f"<WordVectors {str(store)!r}: 8 words, 5 dimensions>"


def test_in_a_notebook(vectors, store, tmp_path):
    assert cells(vectors._repr_html_()) == [
        ["store", str(store)],
        ["words", "8"],
        ["dimensions", "5"],
        ["first words", "king, queen, rook, king, new york, '', été, queen"],
    ]
    odd = load(convert(io.BytesIO(b"<script>alert(1)</script> 1 2\n" + b"a&b 3 4\n" * 11), tmp_path / "odd"))
    html = odd._repr_html_()
    assert "<script>" not in html
    assert cells(html)[3][1] == ", ".join(["<script>alert(1)</script>", *["a&b"] * 9, "..."])


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_smaller_numbers_are_named(dtype, tmp_path):
    small = load(convert(io.BytesIO(b"king 1 2\n"), tmp_path / "small", dtype=dtype))
    assert repr(small) == f"<WordVectors {str(small.path)!r}: 1 words, 2 dimensions, {dtype}>"
    assert cells(small._repr_html_())[2:] == [
        ["dimensions", "2"],
        ["numbers", dtype],
        ["first words", "king"],
    ]


def test_as_an_array_of_numpy(vectors):
    array = np.asarray(vectors)
    assert same_bits(array.copy(), ROWS)
    assert np.shares_memory(array, vectors.vectors)
    assert not array.flags.writeable
    assert np.shares_memory(np.array(vectors, copy=False), vectors.vectors)
    copied = np.array(vectors)
    assert not np.shares_memory(copied, vectors.vectors)
    copied[0] = 0
    assert same_bits(np.array(vectors), ROWS)
    assert np.array_equal(np.asarray(vectors, dtype="float64"), ROWS.astype("float64"))
    with pytest.raises(ValueError, match="copy"):
        np.array(vectors, dtype="float16", copy=False)
    assert np.asarray(vectors).shape == (len(vectors), vectors.dim)


def test_iterating_gives_the_words_in_row_order(vectors):
    assert list(vectors) == WORDS
    assert all(word in vectors for word in vectors)


@pytest.mark.parametrize("word", FIRST)
def test_one_word(vectors, word):
    """Every kind of look-up finds the first row of a word that occurs more than once."""
    row = FIRST[word]
    assert same_bits(vectors[word].copy(), ROWS[row])
    assert same_bits(vectors.get(word).copy(), ROWS[row])
    assert same_bits(vectors[[word]], ROWS[row : row + 1])
    assert vectors.rows([word]).tolist() == [row]
    assert vectors.key_to_index[word] == row
    assert word in vectors
    assert np.str_(word) in vectors
    assert same_bits(vectors[np.str_(word)].copy(), ROWS[row])
    assert np.shares_memory(vectors[word], vectors.vectors)


@pytest.mark.parametrize(
    "word", ["King", "kin", "kings", "new", " ", "\0", "e\u0301te\u0301", "\ud800", "x" * 10_000]
)
def test_a_missing_word(vectors, word):
    assert word not in vectors
    assert vectors.get(word) is None
    assert vectors.get(word, "default") == "default"
    with pytest.raises(KeyError) as caught:
        vectors[word]
    assert caught.value.args == (word,)


@pytest.mark.parametrize("key", [None, 0, b"king", ("king",), 1.5])
def test_what_is_no_word_is_not_found(vectors, key):
    assert key not in vectors
    assert vectors.get(key) is None
    assert vectors.get(key, 7) == 7


@pytest.mark.parametrize("key", [None, 0, b"king", [0], [None]])
def test_what_is_no_word_is_no_key(vectors, key):
    with pytest.raises(VocabularyError):
        vectors[key]


@pytest.mark.parametrize("kind", [list, tuple, np.array, iter, lambda words: dict.fromkeys(words).keys()])
def test_several_words(vectors, kind):
    words = ["queen", "", "king", "new york"]
    assert same_bits(vectors[kind(words)], ROWS[[1, 5, 0, 4]])
    assert same_bits(vectors[["king"] * 3], ROWS[[0, 0, 0]])
    assert vectors[[]].shape == (0, 5)


@pytest.mark.parametrize("kind", [list, tuple, np.array, iter])
def test_several_words_of_which_some_are_missing(vectors, kind):
    with pytest.raises(KeyError) as caught:
        vectors[kind(["king", "pawn", "queen"])]
    assert caught.value.args == ("pawn",)
    with pytest.raises(KeyError) as caught:
        vectors[kind(["pawn", "king", "knight"])]
    assert caught.value.args == ("'pawn', 'knight'",)
    with pytest.raises(KeyError) as caught:
        vectors[kind([f"pawn{number}" for number in range(8)])]
    assert caught.value.args == ("'pawn0', 'pawn1', 'pawn2', 'pawn3', 'pawn4' and 3 more",)


def test_rows(vectors):
    assert vectors.rows(["queen", "pawn", "king", "été"]).tolist() == [1, -1, 0, 6]
    assert vectors.rows(WORDS).tolist() == [0, 1, 2, 0, 4, 5, 6, 1]
    with pytest.raises(VocabularyError, match="position 1 is not a string: 3"):
        vectors.rows(["king", 3])


def test_nothing_can_be_written(vectors):
    for array in (vectors.vectors, vectors["king"], vectors.get("king"), vectors[["king"]]):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        vectors["king"].setflags(write=True)


def test_names_of_gensim(vectors):
    assert vectors.index_to_key == WORDS
    assert vectors.key_to_index == FIRST
    assert list(vectors.key_to_index) == list(FIRST)  # in the order of the rows
    assert vectors.index_to_key is vectors.index_to_key
    assert vectors.key_to_index is vectors.key_to_index


def king_of(vectors: WordVectors) -> list[float]:
    return vectors["king"].tolist()


@pytest.mark.parametrize(
    "renewed", [copy.copy, copy.deepcopy, lambda vectors: pickle.loads(pickle.dumps(vectors))]
)
def test_pickled_by_path(vectors, renewed):
    other = renewed(vectors)
    assert type(other) is WordVectors
    assert other.path == vectors.path
    assert king_of(other) == ROWS[0].tolist()
    assert len(pickle.dumps(vectors)) < 500


def test_pickled_by_the_whole_path(store, monkeypatch):
    monkeypatch.chdir(store.parent)
    pickled = pickle.dumps(load(store.name))
    monkeypatch.chdir("/")
    assert king_of(pickle.loads(pickled)) == ROWS[0].tolist()


def test_in_another_process(vectors):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(king_of, (vectors,)) == ROWS[0].tolist()


def test_a_store_that_is_replaced_stays_what_it_was(tmp_path):
    """An open store keeps the old files; opening it again gives the new ones."""
    convert(io.BytesIO(b"a 1 2\nb 3 4\n"), tmp_path / "store")
    old = load(tmp_path / "store")
    convert(io.BytesIO(b"c 5 6 7\n"), tmp_path / "store", overwrite=True)
    assert (old["b"].tolist(), old.rows(["a", "c"]).tolist()) == ([3, 4], [0, -1])
    assert load(tmp_path / "store")["c"].tolist() == [5, 6, 7]


def run_python(code: str, *arguments: object) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


HEAVY = "sorted({'numba', 'llvmlite', 'keras', 'tensorflow', 'pandas', 'click'} & sys.modules.keys())"


def test_importing_costs_next_to_nothing():
    code = f"import sys, glovefast; print({HEAVY}, 'numpy' in sys.modules, 'pyarrow' in sys.modules)"
    assert run_python(code) == "[] False False"


def test_looking_up_takes_no_compiler(store):
    code = f"""import sys, glovefast
vectors = glovefast.load(sys.argv[1])
vectors["king"], vectors[["king", "queen"]], vectors.rows(["king"]), vectors.get("pawn")
vectors.embedding_matrix({{"king": 1, "pawn": 2}}), vectors.coverage(["king", "pawn"])
vectors.key_to_index, vectors.metadata
print({HEAVY})"""
    run_python(code, store)  # a source tree compiles its kernels at their first use
    assert run_python(code, store) == "[]"


def test_building_a_matrix_imports_nothing_for_what_a_store_may_have(store):
    code = """import sys, glovefast
glovefast.load(sys.argv[1]).embedding_matrix({"king": 1, "pawn": 2})
rare = ["conversion", "progress", "sources", "store.array_reports", "store.wanted", "store.writing"]
print([name for name in rare if f"glovefast.{name}" in sys.modules], "shlex" in sys.modules)"""
    run_python(code, store)  # a source tree compiles its kernels at their first use
    assert run_python(code, store) == "[] False"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "import glovefast.conversion.convert",
        "from glovefast.conversion.convert import Progress",
        "glovefast.convert_archive",
        "glovefast.Progress",
        "glovefast.load",
        "import importlib; importlib.import_module('glovefast.conversion.convert')",
    ],
)
def test_convert_is_the_function_whatever_is_imported_first(before):
    code = f"import glovefast\n{before}\nprint(callable(glovefast.convert), glovefast.convert.__name__)"
    assert run_python(code) == "True convert"


def test_public_names():
    assert set(glovefast.__all__) <= set(dir(glovefast))
    for name in glovefast.__all__:
        assert getattr(glovefast, name) is not None
    with pytest.raises(AttributeError, match="module 'glovefast' has no attribute 'nothing'"):
        glovefast.nothing  # noqa: B018


def test_every_error_is_public():
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception | Warning)
    }
    assert {getattr(glovefast, error.__name__) for error in defined} == defined


def test_modules_are_imported_on_first_use():
    code = f"""import sys, glovefast
print('glovefast.text' in sys.modules, glovefast.text.Tokenizer.__name__, {HEAVY})
from glovefast import *
print('keras' in sys.modules, 'keras' in dir(glovefast))"""
    assert run_python(code) == "False Tokenizer []\nFalse True"


@pytest.mark.keras
def test_the_keras_side_is_imported_on_first_use():
    pytest.importorskip("keras")
    code = "import sys, glovefast; print(glovefast.keras.embedding_layer.__name__, 'keras' in sys.modules)"
    assert run_python(code) == "embedding_layer True"


def test_a_function_that_names_the_package_can_be_sent_to_workers():
    cloudpickle = pytest.importorskip("cloudpickle")
    assert len(cloudpickle.dumps(glovefast)) < 500
    code = """import cloudpickle, glovefast
def loaded(path):
    return len(glovefast.load(path))
print(cloudpickle.dumps(loaded).hex())"""
    assert pickle.loads(bytes.fromhex(run_python(code))).__name__ == "loaded"
