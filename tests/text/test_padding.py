"""pad_sequences beside Keras's own, and the way from texts to a padded matrix."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.text import Tokenizer, pad_sequences

keras_padding = pytest.importorskip("keras.utils").pad_sequences

ends = st.sampled_from(["pre", "post"])
sequences = st.lists(st.lists(st.integers(-5, 2**31 - 1), max_size=7), min_size=1, max_size=6)


@given(sequences, st.one_of(st.none(), st.integers(1, 9)), ends, ends, st.integers(-3, 3))
def test_sequences(
    lists: list[list[int]], maxlen: int | None, padding: str, truncating: str, value: int
) -> None:
    arguments = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": value}
    expected = keras_padding(lists, **arguments)
    for kind in (lists, pa.array(lists, pa.list_(pa.int64())), pa.array(lists, pa.large_list(pa.int32()))):
        ours = pad_sequences(kind, **arguments)
        assert ours.dtype == expected.dtype
        assert ours.tolist() == expected.tolist()
    chunks = pa.chunked_array([pa.array([[9]]), pa.array([[8], *lists], pa.list_(pa.int64()))]).slice(2)
    assert pad_sequences(chunks, **arguments).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("given_sequences", "arguments"),
    [
        ([[0.5], [1.5, 2.5]], {"dtype": "float32"}),
        ([[1.7, 2], []], {}),
        ([["a"], ["b", "ccc"]], {"dtype": object, "value": "pad"}),
        ([["a"], ["b", "ccc"]], {"dtype": "U5", "value": "pad"}),
        ([[[1, 2]], [], [[3, 4], [5, 6], [7, 8]]], {"maxlen": 2}),
        ([np.array([1, 2]), (3,)], {"dtype": "int64", "value": 9}),
        (np.arange(6).reshape(2, 3), {"maxlen": 2, "truncating": "post"}),
        ([], {"maxlen": 3}),
        ([[], []], {}),
    ],
)
def test_other_items(given_sequences: Any, arguments: dict[str, Any]) -> None:
    ours, theirs = (pad(given_sequences, **arguments) for pad in (pad_sequences, keras_padding))
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("given_sequences", "arguments", "message"),
    [
        (5, {}, "no length"),
        (iter([[1]]), {}, "no length"),
        ([[1], 2], {}, r"position 1 is not a sequence: 2 \(int\)"),
        ([], {}, "maxlen"),
        ([[1]], {"maxlen": -1}, "maxlen=-1"),
        ([[1]], {"padding": "front"}, "padding='front'"),
        ([[1]], {"truncating": "both"}, "truncating='both'"),
        ([[1]], {"value": "pad"}, "value='pad'"),
        ([[[1, 2]], [[1]]], {}, r"position 1 have the shape \(1,\)"),
    ],
)
def test_what_cannot_be_padded(given_sequences: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pad_sequences(given_sequences, **arguments)
    with pytest.raises(ValueError):  # noqa: PT011 - in its own words
        keras_padding(given_sequences, **arguments)


def test_arrow_arrays_that_hold_no_indices() -> None:
    for array in (pa.array(["a"]), pa.array([["a"]]), pa.array([[1, None]]), pa.array([[1], None])):
        with pytest.raises(TypeError, match="lists of integers"):
            pad_sequences(array)
    with pytest.raises(OverflowError, match="int32"):
        pad_sequences(pa.array([[2**31]]))
    assert pad_sequences(pa.array([[2**31]]), dtype="int64").tolist() == [[2**31]]
    with pytest.raises(TypeError, match=r"position 1 holds 'a' \(str\), which is not an index"):
        Tokenizer(num_words=3).sequences_to_matrix([[1], ["a"]])
    with pytest.raises(ValueError, match="position 1 holds an index below 0"):
        Tokenizer(num_words=3).sequences_to_matrix([[1], [-1]])


@given(st.lists(st.text("ab ,é", max_size=12), min_size=1, max_size=5), st.integers(0, 4), ends, ends)
def test_texts_to_padded(texts: list[str], maxlen: int, padding: str, truncating: str) -> None:
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    for length in (maxlen, None):
        matrix = tokenizer.texts_to_padded(texts, length, padding, truncating, value=7)
        lists = tokenizer.texts_to_sequences(texts)
        assert matrix.dtype == np.int32
        assert matrix.tolist() == pad_sequences(lists, length, "int32", padding, truncating, 7).tolist()
    arrow = tokenizer.texts_to_arrow(texts)
    assert arrow.type == pa.list_(pa.int32())
    assert tokenizer.sequences_to_texts(arrow) == tokenizer.sequences_to_texts(arrow.to_pylist())
