"""Where texts come from, what is refused, and what their words are in columns."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.errors import GlovefastError, TextError, VocabularyError
from glovefast.text import TextProgress, Tokenizer, hashing_trick, one_hot, text_to_word_sequence
from glovefast.vocabulary.training_vocabulary import training_vocabulary

keras_text = pytest.importorskip("keras.src.legacy.preprocessing.text")

TEXTS = ["Well done!", "Good work, ΚΑΛΟΣ well", "", "done\tDONE é", "\x00 nul"]


def sources() -> dict[str, Any]:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    return {
        "list": TEXTS,
        "generator": (text for text in TEXTS),
        "dict keys": dict.fromkeys(TEXTS).keys(),
        "NumPy objects": np.array(TEXTS, dtype=object),
        "NumPy strings": np.array(TEXTS),
        "NumPy variable strings": np.array(TEXTS, dtype=np.dtypes.StringDType()),
        "Arrow": pa.array(TEXTS),
        "large Arrow": pa.array(TEXTS, pa.large_string()),
        "Arrow view": pa.array(TEXTS, pa.string_view()),
        "dictionary": pa.array(TEXTS).dictionary_encode(),
        "slice": pa.array(["no", *TEXTS, "no"]).slice(1, len(TEXTS)),
        "chunks": pa.chunked_array([TEXTS[:2], [], TEXTS[2:]], pa.string()),
        "pandas": pandas.Series(TEXTS, index=range(5, 0, -1)),
        "pandas column": pandas.DataFrame({"text": TEXTS})["text"],
        "pandas Arrow": pandas.Series(TEXTS, dtype=pandas.ArrowDtype(pa.string())),
        "polars": polars.Series(TEXTS),
        "batches of Arrow": iter([pa.array(TEXTS[:2]), pa.array([], pa.string()), pa.array(TEXTS[2:])]),
        "batches of tuples": iter([tuple(TEXTS[:4]), tuple(TEXTS[4:])]),
        "batches and texts": iter([np.array(TEXTS[:1]), *TEXTS[1:4], polars.Series(TEXTS[4:])]),
        "words in Arrow": pa.array([text_to_word_sequence(text) for text in TEXTS]),
    }


@pytest.mark.parametrize("kind", sources())
@pytest.mark.parametrize("rule", [{}, {"lower": False}, {"filters": "eé"}], ids=["plain", "as they are", "é"])
def test_every_source_gives_the_same(kind: str, rule: dict[str, Any]) -> None:
    if kind == "words in Arrow" and rule:
        pytest.skip("these are words already")
    expected = keras_text.Tokenizer(**rule)
    expected.fit_on_texts(TEXTS)
    tokenizer = Tokenizer(**rule)
    tokenizer.fit_on_texts(sources()[kind])
    assert list(tokenizer.word_counts.items()) == list(expected.word_counts.items())
    assert tokenizer.word_docs == expected.word_docs
    assert tokenizer.document_count == len(TEXTS)
    sequences = expected.texts_to_sequences(TEXTS)
    fresh = Tokenizer(**rule)
    fresh.fit_on_texts(TEXTS)  # with no dictionary made, so that the columns are used
    assert fresh.texts_to_sequences(sources()[kind]) == sequences
    assert fresh.texts_to_arrow(sources()[kind]).to_pylist() == sequences


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", b"b"], r"position 1 is not a string: b'b' \(bytes\)"),
        (["a", "b", None], r"position 2 is not a string: None \(NoneType\)"),
        ([3.5], r"position 0 is not a string: 3.5 \(float\)"),
        (["x" * 600_000] * 3 + [7], r"position 3 is not a string: 7 \(int\)"),
        (iter([pa.array(["a"]), pa.array(["b", None])]), r"position 2 is not a string: None"),
        (np.array(["a", np.nan], dtype=object), r"position 1 is not a string: nan \(float\)"),
        (np.array([b"a"]), r"position 0 is not a string: b'a' \(bytes\)"),
        (np.array([["a"]]), r"shape \(1, 1\)"),
        (pa.array([1]), "int64"),
        (pa.array([b"a"]), "binary"),
        ([["a", 5]], r"word at position 1 of the text at position 0 is not a string: 5 \(int\)"),
        (["a", [None]], r"word at position 0 of the text at position 1 is not a string: None"),
        ("text", r"'text' \(str\)"),
        (b"text", r"b'text' \(bytes\)"),
        (None, r"None \(NoneType\)"),
        (5, r"5 \(int\)"),
        (pa.table({"a": ["b"]}), "a whole Table"),
        (pa.record_batch({"a": ["b"]}), "a whole RecordBatch"),
    ],
)
def test_what_is_no_text(texts: Any, message: str) -> None:
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a a b"])
    with pytest.raises(TextError, match=message) as raised:
        tokenizer.fit_on_texts(texts)
    assert isinstance(raised.value, GlovefastError)
    assert tokenizer.word_counts == {"a": 2, "b": 1}  # as if nothing had been given
    assert tokenizer.document_count == 1
    if not isinstance(texts, Iterator):
        with pytest.raises(TextError, match=message):
            tokenizer.texts_to_sequences(texts)
        with pytest.raises(TextError, match=message):
            Tokenizer(oov_token="?").texts_to_sequences(texts)


def test_a_whole_frame_is_no_column() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for frame in (pandas.DataFrame({"text": TEXTS}), polars.DataFrame({"text": TEXTS})):
        with pytest.raises(TextError, match="whole DataFrame"):
            Tokenizer().fit_on_texts(frame)


def test_an_analyzer_that_gives_no_words() -> None:
    with pytest.raises(
        TextError, match=r"word at position 0 of the text at position 1 is not a string: 2 \(int\)"
    ):
        Tokenizer(analyzer=lambda text: [len(text)] if text == "bb" else [text]).fit_on_texts(["a", "bb"])


def test_counts_that_are_none() -> None:
    tokenizer = Tokenizer()
    tokenizer.word_counts["a"] = "many"
    with pytest.raises(VocabularyError, match=r"word_counts\['a'\] must be an integer, not 'many'"):
        tokenizer.fit_on_texts(["a"])


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_threads(threads: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"threads must be "):
        Tokenizer().fit_on_texts(["a"], threads=threads)


def test_a_tokenizer_that_was_not_fitted() -> None:
    ours, theirs = Tokenizer(), keras_text.Tokenizer()
    assert ours.texts_to_sequences(["a b", ""]) == theirs.texts_to_sequences(["a b", ""]) == [[], []]
    ours, theirs = Tokenizer(oov_token="?"), keras_text.Tokenizer(oov_token="?")
    assert ours.texts_to_sequences(["a b"]) == theirs.texts_to_sequences(["a b"]) == [[None, None]]
    with pytest.raises(VocabularyError, match=r"oov_token '[?]' has no index"):
        ours.texts_to_padded(["a b"])
    for mode in ("binary", "tfidf"):
        with pytest.raises(ValueError, match="fit_on_texts"):
            Tokenizer().texts_to_matrix(["a"], mode)
    with pytest.raises(ValueError, match="fit_on_texts"):
        Tokenizer(num_words=3).texts_to_matrix(["a"], "tfidf")
    with pytest.raises(ValueError, match="mode='often'"):
        Tokenizer(num_words=3).texts_to_matrix(["a"], "often")


def test_progress() -> None:
    reports: list[TextProgress] = []
    texts = ["word " * 100_000] * 7
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts, progress=reports.append)
    assert reports[-1] == TextProgress(7, 7)
    assert [report.texts for report in reports] == sorted({report.texts for report in reports})
    assert len(reports) > 3
    reports.clear()
    tokenizer.texts_to_padded(iter(texts), 5, progress=reports.append)
    assert reports[-1] == TextProgress(7, None)


class Bar:
    """Stands in for tqdm's."""

    made: ClassVar[list["Bar"]] = []

    def __init__(self, total: int | None, **_arguments: Any) -> None:
        self.total, self.n, self.closed = total, 0, False
        self.made.append(self)

    def update(self, number: int) -> None:
        self.n += number

    def close(self) -> None:
        self.closed = True


def test_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glovefast.text.progress.bar_class", lambda: Bar)
    Bar.made.clear()
    texts = ["word " * 100_000] * 7
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts, progress=True)
    tokenizer.texts_to_sequences(iter(texts), progress=True)
    tokenizer.texts_to_arrow(texts, progress=True)
    tokenizer.texts_to_padded(texts, 3, progress=True)
    with pytest.raises(TextError):
        tokenizer.fit_on_texts([*texts, 5], progress=True)
    assert [(bar.total, bar.closed) for bar in Bar.made] == [
        (7, True),
        (None, True),
        (7, True),
        (7, True),
        (8, True),
    ]
    assert [bar.n for bar in Bar.made[:4]] == [7] * 4
    tokenizer.fit_on_texts(texts, progress=False)
    tokenizer.fit_on_texts(["a"], progress=None)
    assert len(Bar.made) == 5
    with pytest.raises(TypeError, match="progress must be a function, True, False or None, not int"):
        tokenizer.fit_on_texts(texts, progress=1)  # type: ignore[arg-type]


def test_batches_are_read_one_by_one() -> None:
    """Of texts that do not fit in memory only some are there at a time."""
    alive = largest = 0

    class Batch(tuple):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def batches() -> Iterator[tuple[str, ...]]:
        nonlocal alive, largest
        for number in range(40):
            alive += 1
            largest = max(largest, alive)
            yield Batch([f"word{number} " * 60_000])

    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(batches(), threads=2)
    assert len(tokenizer.word_index) == tokenizer.document_count == 40
    assert largest <= 2


def test_words_of_one_text() -> None:
    assert text_to_word_sequence("Well  done, ÉÉ!") == ["well", "done", "éé"]
    for text in (b"a", None, 3):
        with pytest.raises(TextError, match=type(text).__name__):
            text_to_word_sequence(text)
    for arguments in ({}, {"lower": False}, {"filters": "lé", "split": "o"}, {"filters": ""}):
        for text in (*TEXTS, "ΑΣ İ K \u2028", "a\x1fb"):
            theirs = keras_text.text_to_word_sequence(text, **arguments)
            assert text_to_word_sequence(text, **arguments) == theirs
            assert one_hot(text, 50, **arguments) == keras_text.one_hot(text, 50, **arguments)
            expected = keras_text.hashing_trick(text, 9, "md5", **arguments)
            assert hashing_trick(text, 9, "md5", **arguments) == expected
    assert hashing_trick("a b", 5, len, analyzer=str.split) == [2, 2]
    with pytest.raises(ValueError, match="sha"):
        hashing_trick("a", 5, "sha")


def test_it_is_a_training_vocabulary(tmp_path: Any) -> None:
    (tmp_path / "words.2d.txt").write_text("done 1 2\nwell 3 4\n?? 5 6\n")
    vectors = glovefast.load(glovefast.convert(tmp_path / "words.2d.txt"))
    for rule in ({}, {"num_words": 3}, {"oov_token": "??"}, {"oov_token": "well", "num_words": 4}):
        ours, theirs = Tokenizer(**rule), keras_text.Tokenizer(**rule)
        ours.fit_on_texts(TEXTS)
        theirs.fit_on_texts(TEXTS)
        matrix, expected = vectors.embedding_matrix(ours), vectors.embedding_matrix(theirs)
        assert matrix.tobytes() == expected.tobytes()
        assert matrix.any()
        assert training_vocabulary(ours).oov_tokens == training_vocabulary(theirs).oov_tokens
