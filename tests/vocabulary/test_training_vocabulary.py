"""Training vocabularies made of mappings, sequences, arrays and tokenizers with get_vocab()."""

import subprocess
import sys
from collections import Counter, OrderedDict
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glovefast.errors import GlovefastError, VocabularyError
from glovefast.vocabulary.training_vocabulary import training_vocabulary
from glovefast.vocabulary.word_indices import LARGEST_SPREAD, SMALLEST_LIMIT
from tests.helpers.cases import case_name


def pairs(training):
    """Give the words with their indices."""
    return dict(zip(training.words.to_pylist(), training.indices.tolist(), strict=True))


def check_whole(training):
    """Hold what every TrainingVocabulary promises: sorted, in range, each row of one kind only."""
    assert training.indices.dtype == np.int64
    assert training.words.type == pa.string()
    assert len(training.words) == len(training.indices)
    assert np.all(np.diff(training.indices) > 0)
    rows = [*training.indices, *training.padding_indices, *training.oov_indices]
    assert len(set(rows)) == len(rows)
    assert all(0 <= row < training.input_dim for row in rows)
    assert len(training.oov_tokens) == len(training.oov_indices)


# Mappings


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.integers(0, 60), min_size=1))
def test_mapping_keeps_every_word_at_its_index(mapping):
    mapping = {word: index for word, index in mapping.items() if list(mapping.values()).count(index) == 1}
    mapping.pop("[UNK]", None)
    if not mapping:
        return
    training = training_vocabulary(mapping)
    check_whole(training)
    assert pairs(training) == mapping
    assert training.input_dim == max(mapping.values()) + 1
    assert training.padding_indices.tolist() == ([] if 0 in mapping.values() else [0])
    assert training.oov_indices.size == 0


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_mapping_of_any_class(kind):
    assert pairs(training_vocabulary(kind({"b": 5, "a": 1}))) == {"a": 1, "b": 5}


@pytest.mark.parametrize("integer", [np.int32, np.uint8, np.int64])
def test_mapping_with_numpy_integers(integer):
    training = training_vocabulary({"b": integer(2), "a": 1})
    assert pairs(training) == {"a": 1, "b": 2}
    assert type(training.input_dim) is int


def test_words_come_in_the_order_of_their_indices():
    training = training_vocabulary({"c": 3, "a": 7, "b": 1})
    assert training.words.to_pylist() == ["b", "c", "a"]
    assert training.indices.tolist() == [1, 3, 7]


def test_mapping_made_of_a_layers_vocabulary_has_its_special_rows():
    training = training_vocabulary({"": 0, "[UNK]": 1, "the": 2})
    check_whole(training)
    assert pairs(training) == {"the": 2}
    assert training.padding_indices.tolist() == [0]
    assert training.oov_indices.tolist() == [1]
    assert training.oov_tokens == ("[UNK]",)


@pytest.mark.parametrize("mapping", [{"the": 0, "[UNK]": 1, "": 2}, {"the": 0, "[UNK]": 7}])
def test_unk_elsewhere_is_a_word_as_every_other(mapping):
    training = training_vocabulary(mapping)
    assert pairs(training) == mapping
    assert training.oov_indices.size == training.padding_indices.size == 0


def test_unk_behind_a_gap_is_a_word_as_every_other():
    training = training_vocabulary({"": 0, "[UNK]": 3, "the": 4})
    check_whole(training)
    assert pairs(training) == {"[UNK]": 3, "the": 4}
    assert training.oov_indices.size == 0


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"cat": -1}, ["'cat'", "-1"]),
        ({"cat": 1, "dog": 1}, ["'cat'", "'dog'", "index 1"]),
        ({"cat": 1, "dog": 1.0}, ["'dog'", "1.0", "not an integer"]),
        ({"cat": 1, "dog": "2"}, ["'dog'", "'2'", "not an integer"]),
        ({"cat": 1, "dog": True}, ["'dog'", "True", "not an integer"]),
        ({"cat": 1, "dog": np.True_}, ["'dog'", "True", "not an integer"]),
        ({"cat": 1, "dog": None}, ["'dog'", "None", "not an integer"]),
        ({"cat": 1, 7: 2}, ["position 1", "7"]),
        ({"cat": 1, None: 2}, ["position 1", "None"]),
        ({"cat": 1, b"dog": 2}, ["position 1", "b'dog'"]),
        ({"cat": 1, "\ud800": 2}, ["position 1", "surrogate"]),
        ({"cat": 1, "dog": 10**30}, ["'dog'", str(10**30)]),
        ({"cat": 1, "dog": -(10**30)}, ["'dog'", str(-(10**30))]),
        (Counter({"cat": 2, "dog": 1}), ["Counter", "counts", "list"]),
        ({}, ["empty"]),
    ],
)
@pytest.mark.filterwarnings("ignore:In future, it will be an error for 'np.bool':DeprecationWarning")
def test_mapping_that_cannot_be_used(mapping, said):
    with pytest.raises(VocabularyError) as caught:
        training_vocabulary(mapping)
    assert isinstance(caught.value, GlovefastError)
    for part in said:
        assert part in str(caught.value)


def test_index_far_beyond_the_words_is_refused_at_the_documented_bound():
    limit = LARGEST_SPREAD * 2 + SMALLEST_LIMIT
    assert training_vocabulary({"a": 1, "b": limit - 1}).input_dim == limit
    with pytest.raises(VocabularyError, match=rf"'b' has the index {limit}, far beyond .* 2 words"):
        training_vocabulary({"a": 1, "b": limit})


@pytest.mark.parametrize("counts", [{"the": 12, "cat": 5, "sat": 2}, {"a": 6, "b": 3, "c": 1}])
def test_values_that_look_like_counts_are_told(counts, caplog):
    assert pairs(training_vocabulary(counts)) == counts
    (warning,) = caplog.messages
    assert f"only 3 of the rows 0 to {max(counts.values())} have a word; if the values are counts" in warning


@pytest.mark.parametrize(
    "indices", [{"the": 1, "cat": 2, "sat": 3}, {"a": 4, "b": 2, "c": 1}, {"a": 60, "b": 9}]
)
def test_indices_with_few_gaps_are_not_taken_for_counts(indices, caplog):
    assert pairs(training_vocabulary(indices)) == indices
    assert caplog.messages == []


def test_equal_counts_are_refused_with_what_to_pass():
    with pytest.raises(VocabularyError, match=r"'cat' and 'sat' share the index 1; if the values are counts"):
        training_vocabulary(OrderedDict(the=2, cat=1, sat=1))


# Sequences and arrays


@pytest.mark.parametrize(
    "words",
    [
        ["the", "cat", "été", "cat"],
        ("the", "cat", "été", "cat"),
        np.array(["the", "cat", "été", "cat"]),
        np.array(["the", "cat", "été", "cat"], dtype=">U7"),
        np.array(["the", "cat", "été", "cat"], dtype=object),
        [np.str_("the"), "cat", "été", "cat"],
        pa.array(["the", "cat", "été", "cat"]),
        pa.array(["the", "cat", "été", "cat"], pa.large_string()),
        pa.array(["no", "the", "cat", "été", "cat", "no"])[1:5],
        pa.array(["the", "cat", "été", "cat"]).dictionary_encode(),
        pa.chunked_array([["the"], [], ["cat", "été", "cat"]]),
        pa.chunked_array([pa.array(["the", "cat"]), pa.array(["été", "cat"])]).dictionary_encode(),
    ],
    ids=case_name,
)
def test_position_is_the_index(words):
    training = training_vocabulary(words)
    check_whole(training)
    assert training.words.to_pylist() == ["the", "cat", "été", "cat"]
    assert training.indices.tolist() == [0, 1, 2, 3]
    assert training.input_dim == 4
    assert training.padding_indices.size == training.oov_indices.size == 0


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1 has no StringDType")
def test_numpy_string_dtype():
    words = ["the", "été", "a" * 40]
    assert training_vocabulary(np.array(words, dtype=np.dtypes.StringDType())).words.to_pylist() == words


class HoldsArray:
    """What pandas and polars series offer."""

    def __init__(self, words):
        self.words = words

    def __array__(self, dtype=None, copy=None):
        return np.array(self.words, dtype=object)


def test_anything_that_makes_an_array():
    assert pairs(training_vocabulary(HoldsArray(["a", "b"]))) == {"a": 0, "b": 1}


@pytest.mark.parametrize(
    ("words", "padding", "oov", "left"),
    [
        (["", "[UNK]", "a", "", "[UNK]"], [0], [1], {"a": 2, "": 3, "[UNK]": 4}),
        (["", "[UNK]", "[UNK]", "a"], [0], [1, 2], {"a": 3}),
        (["[UNK]", "[UNK]", "a"], [], [0, 1], {"a": 2}),
        (["", "a"], [0], [], {"a": 1}),
        (["[PAD]", "[UNK]", "a"], [0], [1], {"a": 2}),
        (["<pad>", "<unk>", "a"], [0], [], {"<unk>": 1, "a": 2}),
        (["a", "[PAD]"], [], [], {"a": 0, "[PAD]": 1}),
        ([""], [0], [], {}),
        (["a", "", "[UNK]"], [], [], {"a": 0, "": 1, "[UNK]": 2}),
    ],
)
def test_special_rows_in_front_of_a_list(words, padding, oov, left):
    training = training_vocabulary(words)
    check_whole(training)
    assert training.padding_indices.tolist() == padding
    assert training.oov_indices.tolist() == oov
    assert training.oov_tokens == ("[UNK]",) * len(oov)
    assert pairs(training) == left
    assert training.input_dim == len(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cat", "single str: 'cat'"),
        (b"cat", "single bytes"),
        (["cat", None], "position 1.*None"),
        (["cat", 3], "position 1.*3"),
        (np.array([1, 2]), "position 0.*1"),
        (np.array([b"cat"]), "position 0.*b'cat'"),
        (np.array([["cat"]]), r"shape \(1, 1\)"),
        (np.array("cat"), r"shape \(\)"),
        (pa.array(["cat", None]), "position 1.*None"),
        (pa.array([1.5]), "position 0.*1.5"),
        ([], "empty"),
        (pa.array([], pa.string()), "empty"),
        (None, "NoneType is not a training vocabulary"),
        (7, "int is not a training vocabulary"),
        ({"cat"}, "set is not a training vocabulary"),
        (iter(["cat"]), "not a training vocabulary"),
    ],
    ids=case_name,
)
def test_words_that_cannot_be_used(words, said):
    with pytest.raises(VocabularyError, match=said):
        training_vocabulary(words)


def test_training_vocabulary_passes_through():
    training = training_vocabulary(["a"])
    assert training_vocabulary(training) is training


# Tokenizers with get_vocab()


class SubwordTokenizer:
    """What a Hugging Face tokenizer offers, and no more than is needed here."""

    def __init__(self, vocab, **attributes):
        self.vocab = vocab
        self.vocab_size = 2
        self.__dict__.update(attributes)

    def get_vocab(self):
        return self.vocab


def test_subword_tokenizer_counts_added_tokens():
    training = training_vocabulary(SubwordTokenizer({"##s": 1, "cat": 0, "<new>": 4}))
    check_whole(training)
    assert pairs(training) == {"cat": 0, "##s": 1, "<new>": 4}
    assert training.input_dim == 5
    assert training.padding_indices.size == training.oov_indices.size == 0


def test_subword_tokenizer_with_special_tokens():
    vocab = {"[PAD]": 0, "[CLS]": 1, "<unk>": 2, "cat": 3}
    training = training_vocabulary(SubwordTokenizer(vocab, pad_token_id=0, unk_token_id=2, unk_token="<unk>"))
    check_whole(training)
    assert pairs(training) == {"[CLS]": 1, "cat": 3}
    assert training.padding_indices.tolist() == [0]
    assert training.oov_indices.tolist() == [2]
    assert training.oov_tokens == ("<unk>",)


@pytest.mark.parametrize("ids", [{"pad_token_id": None, "unk_token_id": None}, {"pad_token_id": -1}])
def test_subword_tokenizer_without_special_tokens(ids):
    training = training_vocabulary(SubwordTokenizer({"a": 0, "b": 1}, **ids))
    assert pairs(training) == {"a": 0, "b": 1}
    assert training.padding_indices.size == training.oov_indices.size == 0


def test_padding_that_is_also_the_unknown_token_stays_padding():
    training = training_vocabulary(SubwordTokenizer({"<eos>": 1, "a": 0}, pad_token_id=1, unk_token_id=1))
    assert training.padding_indices.tolist() == [1]
    assert training.oov_indices.size == 0


def test_get_vocab_that_is_no_dictionary():
    with pytest.raises(
        VocabularyError, match=r"get_vocab\(\) of the SubwordTokenizer must return a dictionary, not \["
    ):
        training_vocabulary(SubwordTokenizer(["a"]))


class ListTokenizer:
    """A tokenizer whose get_vocabulary() takes no arguments and that cannot be adapted, as in keras_hub."""

    def get_vocabulary(self):
        return ["[PAD]", "[UNK]", "a"]


def test_get_vocabulary_of_what_is_no_lookup_layer():
    training = training_vocabulary(ListTokenizer())
    assert pairs(training) == {"a": 2}
    assert (training.padding_indices.tolist(), training.oov_indices.tolist()) == ([0], [1])


def test_no_library_is_imported_to_tell_them_apart():
    code = (
        "import sys; from glovefast.vocabulary.training_vocabulary import training_vocabulary;"
        "training_vocabulary({'a': 1});"
        "print([name for name in ('keras', 'tensorflow', 'transformers', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
