"""Pooling with indices, whole and damaged, and with words that collide, compared with a plain loop."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import StoreError
from glovefast.kernels import LOOK_UPS_AT_ONCE, POOLED_AT_ONCE
from glovefast.queries.text_pooling import TextPooler
from glovefast.store.rounded_rows import RoundedRows
from glovefast.text.word_rule import WordRule
from glovefast.vocabulary.word_index import WordIndex
from tests.helpers.colliding import words_in_bucket, words_with_hash
from tests.helpers.switches import SWITCHES, passes_with
from tests.kernels.test_word_lookup import PLACES, TABLES, WANTED, WORDS, index_of
from tests.reference import NumpyIndex, same_bits, text_vector

DIM = 7
MATRIX = np.random.default_rng(5).normal(size=(len(WORDS), DIM)).astype(np.float32)
AS_GIVEN = WordRule.of("", False, " ", False, None)
COLLIDING = [*words_with_hash(0x123456789ABCDEF0, 14), *words_in_bucket(13, 14)]


def made_rows(matrix, dtype):
    """Give a matrix as a store of a type has it, and the float32 numbers that it stands for."""
    if dtype == "float32":
        return matrix, matrix
    numbers = (
        np.clip(matrix * 20, -127, 127).astype(np.int8) if dtype == "int8" else matrix.astype(np.float16)
    )
    scales = np.linspace(0.1, 3, len(matrix), dtype=np.float32) if dtype == "int8" else None
    rows = RoundedRows(numbers, scales)
    return rows, rows[:]


def by_loop(texts, matrix, words=WORDS, **options):
    known = {word: matrix[words.index(word)] for word in words}
    pairs = [text_vector(known, text, matrix.shape[1], **options) for text in texts]
    return np.array([row for row, _ in pairs], dtype=np.float32), [number for _, number in pairs]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_words_as_given(dtype):
    rows, matrix = made_rows(MATRIX, dtype)
    texts = [WANTED, WANTED[::-1], [], COLLIDING, ["missing"], [""], *([word] for word in WANTED)]
    pooled = TextPooler(rows, WordIndex.from_words(WORDS), AS_GIVEN).pool(texts)
    expected, known = by_loop(texts, matrix)
    assert same_bits(pooled.matrix, expected)
    assert pooled.known.tolist() == known


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("dim", [1, POOLED_AT_ONCE, 2 * POOLED_AT_ONCE + 3])
def test_weights_and_a_component(dtype, normalize, dim):
    generator = np.random.default_rng(dim)
    rows, matrix = made_rows(generator.normal(size=(len(WORDS), dim)).astype(np.float32), dtype)
    weights = generator.random(len(WORDS)).astype(np.float32)
    component = generator.normal(size=dim)
    component /= np.linalg.norm(component)
    texts = [WORDS[:9], WORDS[-1:], ["missing"], WANTED]
    pooler = TextPooler(
        rows,
        WordIndex.from_words(WORDS),
        AS_GIVEN,
        weights=weights,
        component=component,
        normalize=normalize,
    )
    weight_of = {word: weights[WORDS.index(word)] for word in WORDS}
    expected, _ = by_loop(texts, matrix, weights=weight_of, component=component, normalize=normalize)
    assert same_bits(pooler.pool(texts).matrix, expected)


@pytest.mark.parametrize(
    "count", [LOOK_UPS_AT_ONCE - 1, LOOK_UPS_AT_ONCE, LOOK_UPS_AT_ONCE + 1, 3 * LOOK_UPS_AT_ONCE]
)
def test_texts_around_the_size_of_a_batch(count):
    texts = [(WANTED * count)[:count], ["word3"]]
    pooled = TextPooler(MATRIX, WordIndex.from_words(WORDS), AS_GIVEN).pool(texts)
    expected, known = by_loop(texts, MATRIX)
    assert same_bits(pooled.matrix, expected)
    assert pooled.known.tolist() == known


def test_rows_of_zeros_and_of_huge_numbers():
    """Normalized, zeros stay zeros; the squares of float32 numbers never overflow."""
    words = ["zeros", "huge", "tiny"]
    matrix = np.array([[0, -0.0], [3e38, -3e38], [1e-45, 0]], dtype=np.float32)
    texts = [["zeros"], ["huge", "huge"], ["tiny"]]
    pooled = TextPooler(matrix, WordIndex.from_words(words), AS_GIVEN, normalize=True).pool(texts)
    assert same_bits(pooled.matrix, by_loop(texts, matrix, words, normalize=True)[0])
    assert np.allclose(np.linalg.norm(pooled.matrix.astype(np.float64), axis=1), [0, 1, 1])


@given(data=st.data())
def test_a_damaged_index(data):
    """The words are found as NumPy finds them, or the index is said to be damaged; nothing else is read."""
    tables = [table.copy() for table in TABLES]
    table = tables[data.draw(st.sampled_from([0, 2, 3]))]
    for place in data.draw(st.lists(st.integers(1, len(table) - 2), min_size=1, max_size=6)):
        table[place] = data.draw(PLACES)
    reference = NumpyIndex(*tables)
    try:
        rows = reference.rows([word.encode() for word in WANTED])
    except IndexError:
        rows = None
    pooler = TextPooler(MATRIX, index_of(*tables), AS_GIVEN)
    if rows is None:
        with pytest.raises(StoreError, match="points outside of the store"):
            pooler.pool([WANTED])
        return
    known = {word: MATRIX[row] for word, row in zip(WANTED, rows, strict=True) if row >= 0}
    expected, number = text_vector(known, WANTED, DIM)
    pooled = pooler.pool([WANTED])
    assert same_bits(pooled.matrix[0], expected)
    assert pooled.known.tolist() == [number]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_fewer_rows_than_words(dtype):
    """A store is refused when it is opened; the kernel does not rely on that."""
    rows, _ = made_rows(MATRIX[:-1], dtype)
    with pytest.raises(StoreError, match="points outside of the store"):
        TextPooler(rows, index_of(*TABLES), AS_GIVEN).pool(pa.array(["word1"]))


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_pooling_with_a_switch(switch, tmp_path):
    passes_with(switch, __file__, "given or component or huge or fewer", tmp_path)
