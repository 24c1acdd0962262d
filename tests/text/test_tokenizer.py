"""The Tokenizer beside Keras's own: the same on any text, whatever it is made of."""

import copy
import gc
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glovefast.text import Tokenizer, tokenizer_from_json

keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")

# What lowers to something longer, to ASCII or by its neighbors; what combines; what separates elsewhere.
ODD = "aAbBzZ09 .,!-'_\t\n\r\x00\x1c\x85\xa0İI\u0131KÅßẞΣ\u03c3ςÀéÉǅ\u0301\u0307"
ODD += "\u200d\u2028\u3000中👍🏽𐐀\ufeff\ud83d\udc4d"
characters = st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=()))
texts = st.lists(st.text(characters, max_size=40), max_size=6)
words = st.lists(st.lists(st.text(characters, max_size=4), max_size=6), max_size=4)
rules = st.fixed_dictionaries(
    {},
    optional={
        "num_words": st.integers(0, 8),
        "filters": st.text(characters, max_size=5),
        "lower": st.booleans(),
        "split": st.one_of(
            st.text(characters, min_size=1, max_size=2), st.sampled_from([" ", "a", "Z", "é"])
        ),
        "char_level": st.booleans(),
        "oov_token": st.sampled_from(["<unk>", "a", "é", ""]),
    },
)


def assert_same(ours: Tokenizer, theirs: Any) -> None:
    """Compare all attributes, the order of each dictionary that has one included."""
    assert ours.document_count == theirs.document_count
    assert ours.word_counts == theirs.word_counts
    assert list(ours.word_counts.items()) == list(theirs.word_counts.items())
    assert list(ours.word_index.items()) == list(theirs.word_index.items())
    assert list(ours.index_word.items()) == list(theirs.index_word.items())
    assert ours.word_docs == theirs.word_docs
    assert ours.index_docs == theirs.index_docs


@settings(max_examples=300)
@given(texts, texts, rules)
def test_texts(fitted: list[str], others: list[str], rule: dict[str, Any]) -> None:
    ours, theirs = Tokenizer(**rule), keras_text.Tokenizer(**rule)
    for some in (fitted, others):  # the second time the dictionaries are there already
        ours.fit_on_texts(some)
        theirs.fit_on_texts(some)
        sequences = theirs.texts_to_sequences(others + fitted)
        assert ours.texts_to_sequences(others + fitted) == sequences
        assert list(ours.texts_to_sequences_generator(others)) == sequences[: len(others)]
        assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)
        assert_same(ours, theirs)
        assert ours.texts_to_sequences(others + fitted) == sequences


@given(words, st.lists(st.text(characters, max_size=9), max_size=3), rules)
def test_words_and_texts_mixed(lists: list[list[str]], strings: list[str], rule: dict[str, Any]) -> None:
    mixed = [*lists, *strings]
    ours, theirs = Tokenizer(**rule), keras_text.Tokenizer(**rule)
    ours.fit_on_texts(mixed)
    theirs.fit_on_texts(mixed)
    assert ours.texts_to_sequences(mixed[::-1]) == theirs.texts_to_sequences(mixed[::-1])
    assert_same(ours, theirs)


@given(texts, st.sampled_from(["binary", "count", "tfidf", "freq"]), st.sampled_from([None, 3, 50]))
def test_matrices(fitted: list[str], mode: str, num_words: int | None) -> None:
    ours, theirs = Tokenizer(num_words), keras_text.Tokenizer(num_words)
    fitted = [*fitted, "a a b", ""]
    ours.fit_on_texts(fitted)
    theirs.fit_on_texts(fitted)
    assert ours.texts_to_matrix(fitted, mode).tobytes() == theirs.texts_to_matrix(fitted, mode).tobytes()
    sequences = [[1, 2, 2, 99], [], [3]]
    theirs.fit_on_sequences(sequences)
    ours.fit_on_sequences(sequences)
    assert_same(ours, theirs)
    expected = theirs.sequences_to_matrix(sequences, mode)
    assert ours.sequences_to_matrix(sequences, mode).tobytes() == expected.tobytes()


@pytest.mark.parametrize("analyzer", [str.split, lambda text: [text[:2], "", text.upper()], list])
def test_analyzer(analyzer: Any) -> None:
    fitted = ["Well done", "", "ÉÉ ΑΣ ΑΣ.", "done"]
    ours, theirs = Tokenizer(analyzer=analyzer), keras_text.Tokenizer(analyzer=analyzer)
    ours.fit_on_texts(fitted)
    theirs.fit_on_texts(fitted)
    assert_same(ours, theirs)
    assert ours.texts_to_sequences(fitted) == theirs.texts_to_sequences(fitted)


def zipf_texts(number: int, seed: int = 1) -> list[str]:
    """Many texts, more words than the first tables hold, some with characters beyond ASCII."""
    generator = np.random.default_rng(seed)
    ranks = np.minimum(generator.zipf(1.2, (number, 60)), 30_000)
    ends = generator.choice([" ", ", ", ". ", " É "], ranks.shape, p=[0.8, 0.1, 0.09, 0.01])
    return [
        "".join(f"Word{rank:x}{end}" for rank, end in zip(row, row_ends, strict=True))
        for row, row_ends in zip(ranks.tolist(), ends.tolist(), strict=True)
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_many_texts(threads: int) -> None:
    fitted, more = zipf_texts(6_000), zipf_texts(2_000, seed=2)
    ours, theirs = Tokenizer(oov_token="?", num_words=5_000), keras_text.Tokenizer(5_000, oov_token="?")
    for some in (fitted, more):
        ours.fit_on_texts(iter(some), threads=threads)
        theirs.fit_on_texts(some)
        assert ours.texts_to_sequences(fitted, threads=threads) == theirs.texts_to_sequences(fitted)
    assert_same(ours, theirs)
    assert ours.texts_to_sequences(more, threads=threads) == theirs.texts_to_sequences(more)


def test_words_of_every_length() -> None:
    """Blocks of eight bytes, their ends, and words that begin alike."""
    fitted = ["".join(map(str, range(length))) for length in range(40)]
    fitted += [f"{text}x" for text in fitted] + [" ".join(fitted), "x" * 70_000, "y\x00 y y\x00\x00"]
    ours, theirs = Tokenizer(), keras_text.Tokenizer()
    ours.fit_on_texts(fitted)
    theirs.fit_on_texts(fitted)
    assert_same(ours, theirs)
    assert ours.texts_to_sequences(fitted) == theirs.texts_to_sequences(fitted)


def test_a_text_of_many_new_words() -> None:
    """The table grows in the middle of a text, and the text is counted once."""
    text = " ".join(f"{number}abcdefghij{number}" for number in range(20_000))
    ours, theirs = Tokenizer(), keras_text.Tokenizer()
    ours.fit_on_texts([text, text])
    theirs.fit_on_texts([text, text])
    assert_same(ours, theirs)


def test_dictionaries_that_are_changed_hold() -> None:
    both = Tokenizer(oov_token="?"), keras_text.Tokenizer(oov_token="?")
    fitted = ["a b c a", "b d É", "?"]
    for tokenizer in both:
        tokenizer.fit_on_texts(fitted)
        tokenizer.texts_to_sequences(fitted)
        tokenizer.word_index = {word: index for word, index in tokenizer.word_index.items() if index <= 4}
        tokenizer.word_index["new"] = 7
    assert both[0].texts_to_sequences(["a b d new E é"]) == both[1].texts_to_sequences(["a b d new E é"])
    for tokenizer in both:
        del tokenizer.word_index["new"]
    assert both[0].texts_to_sequences(fitted * 9) == both[1].texts_to_sequences(fitted * 9)
    for tokenizer in both:
        tokenizer.word_counts["b"] += 10
        tokenizer.fit_on_texts(["c"])
    assert_same(*both)
    for tokenizer in both:
        tokenizer.oov_token = None
        tokenizer.fit_on_texts(["d d d d d"])
        tokenizer.num_words = 3
    assert both[0].texts_to_sequences(fitted) == both[1].texts_to_sequences(fitted)
    assert_same(*both)


def test_dictionaries_keep_their_identity() -> None:
    tokenizer = Tokenizer()
    counts, docs, by_index = tokenizer.word_counts, tokenizer.word_docs, tokenizer.index_docs
    tokenizer.fit_on_texts(["a b a"])
    assert (dict(counts), dict(docs), dict(by_index)) == ({"a": 2, "b": 1}, {"a": 1, "b": 1}, {1: 1, 2: 1})
    assert type(tokenizer.word_index) is type(tokenizer.index_word) is dict


@pytest.mark.parametrize(
    "word_index", [{"a": None, "b": 2}, {"a": -3}, {"a": 2**40}, {"a": 1.5}, {1: 1, "a": 2}]
)
def test_a_word_index_that_only_a_dictionary_can_hold(word_index: dict[Any, Any]) -> None:
    both = Tokenizer(), keras_text.Tokenizer()
    for tokenizer in both:
        tokenizer.word_index = word_index
    assert both[0].texts_to_sequences(["a b"] * 50) == both[1].texts_to_sequences(["a b"] * 50)


def test_a_large_and_a_small_input_go_two_ways_to_the_same_end() -> None:
    fitted = zipf_texts(300)
    ours = Tokenizer(num_words=200, oov_token="?")
    ours.fit_on_texts(fitted)
    by_columns = ours.texts_to_sequences(fitted)
    assert len(ours.word_index) > 1_000
    assert [ours.texts_to_sequences([text])[0] for text in fitted] == by_columns
    assert ours.texts_to_sequences(fitted) == by_columns


@pytest.mark.parametrize(
    "rule", [{}, {"num_words": 3, "oov_token": "?"}, {"char_level": True, "lower": False}]
)
def test_json_pickle_and_copy(rule: dict[str, Any]) -> None:
    fitted = ["Well done É", "good work, well", "\ud800 done"]
    ours, theirs = Tokenizer(**rule), keras_text.Tokenizer(**rule)
    ours.fit_on_texts(fitted)
    theirs.fit_on_texts(fitted)
    config, expected = ours.get_config(), theirs.get_config()
    for name in ("word_docs", "index_docs"):  # Keras fills these in the order of a set
        assert json.loads(config.pop(name)) == json.loads(expected.pop(name))
    assert config == expected
    sequences = theirs.texts_to_sequences(fitted)
    there = keras_text.tokenizer_from_json(ours.to_json())
    assert there.texts_to_sequences(fitted) == sequences
    for again in (
        tokenizer_from_json(theirs.to_json(indent=1)),
        pickle.loads(pickle.dumps(ours)),
        copy.deepcopy(ours),
    ):
        assert_same(again, theirs)
        assert again.texts_to_sequences(fitted) == sequences
        again.fit_on_texts(["new words"])
        assert again.document_count == 4
    assert_same(ours, theirs)


def test_old_and_unknown_arguments() -> None:
    with pytest.warns(FutureWarning, match="num_words"):
        assert Tokenizer(nb_words=5).num_words == 5
    assert Tokenizer(document_count=3).document_count == 3
    with pytest.raises(TypeError, match="stop_words"):
        Tokenizer(stop_words=[])
    with pytest.raises(ValueError, match="separator"):
        Tokenizer(split="").fit_on_texts(["a"])


def text_files() -> dict[str, list[str]]:
    """The sentences of SST-2 and TREC; each line of a file is a label and a text."""
    given_path = os.environ.get("GLOVEFAST_TEXT_DATA")
    if not given_path:
        pytest.skip("GLOVEFAST_TEXT_DATA is not set to a directory with the files of SST-2 and TREC")
    return {
        path.name: [
            line.split(" ", 1)[1]
            for line in path.read_text("latin-1" if "latin1" in path.name else "utf-8").splitlines()
        ]
        for path in sorted(Path(given_path).glob("*.txt"))
    }


@pytest.mark.parametrize("rule", [{}, {"oov_token": "<unk>", "num_words": 2_000}, {"char_level": True}])
def test_real_texts(rule: dict[str, Any]) -> None:
    ours, theirs = Tokenizer(**rule), keras_text.Tokenizer(**rule)
    files = text_files()
    assert {name.split(".")[0] for name in files} == {"sst2", "trec"}
    for fitted in files.values():
        assert len(fitted) >= 500
        ours.fit_on_texts(fitted)
        theirs.fit_on_texts(fitted)
        for others in files.values():
            assert ours.texts_to_sequences(others) == theirs.texts_to_sequences(others)
    assert_same(ours, theirs)


def test_keras_is_not_imported() -> None:
    script = (
        "import sys; from glovefast.text import Tokenizer; t = Tokenizer(); t.fit_on_texts(['a b']);"
        "t.texts_to_padded(['a']); t.to_json();"
        "sys.exit(bool({'keras', 'tensorflow', 'pandas'} & {*sys.modules}))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_search_for_cycles_is_left_as_it_was(enabled):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a b"])
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        tokenizer.texts_to_sequences(["a", "b"])
        assert gc.isenabled() is enabled
        with pytest.raises(TypeError):
            tokenizer.texts_to_sequences(["a", 1])
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
