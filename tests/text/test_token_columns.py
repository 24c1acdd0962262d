"""Columns whose cells are lists of tokens: one text each, whatever holds them; and columns of sequences."""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glovefast
from glovefast.errors import TextError
from glovefast.text import Tokenizer, pad_sequences

TOKENS = [["Well", "done"], ["good work"], [], ["well", "É", "well"]]
EXPECTED = [[1, 2], [3], [], [1, 4, 1]]
PAIRS = [["good", "work"], ["well", "done"]]
SEQUENCES = [[1, 2], [3], [], [2, 2]]
SEQUENCE_PAIRS = [[1, 2], [3, 1]]


def objects(cells: Iterable[Any]) -> Any:
    """Make an array of objects, also of cells that are arrays of one length."""
    cells = list(cells)
    column = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        column[place] = cell
    return column


def pandas_series(cells: Iterable[Any], **arguments: Any) -> Any:
    return pytest.importorskip("pandas").Series(cells, **arguments)


def pandas_arrow(cells: Any) -> Any:
    return pandas_series(cells, dtype=pytest.importorskip("pandas").ArrowDtype(cells.type))


def polars_series(cells: Any) -> Any:
    return pytest.importorskip("polars").Series(cells)


COLUMNS: dict[str, Callable[[list[list[Any]], Any], Any]] = {
    "lists": lambda rows, _: rows,
    "arrays in a list": lambda rows, _: [np.array(row, dtype=object) for row in rows],
    "arrays in an array": lambda rows, _: objects(np.array(row, dtype=object) for row in rows),
    "lists in an array": lambda rows, _: objects(rows),
    "tuples in an array": lambda rows, _: objects(map(tuple, rows)),
    "Arrow": lambda rows, kind: pa.array(rows, pa.list_(kind)),
    "large Arrow": lambda rows, kind: pa.array(rows, pa.large_list(kind)),
    "Arrow view": lambda rows, kind: pa.array(rows, pa.list_view(kind)),
    "slice": lambda rows, kind: pa.array([rows[1], *rows, rows[0]], pa.list_(kind)).slice(1, len(rows)),
    "chunks": lambda rows, kind: pa.chunked_array([rows[:1], [], rows[1:]], pa.list_(kind)),
    "pandas": lambda rows, _: pandas_series(
        [np.array(row, dtype=object) for row in rows], index=[9, 8, 7, 6]
    ),
    "tuples in pandas": lambda rows, _: pandas_series([*map(tuple, rows)]),
    "pandas Arrow": lambda rows, kind: pandas_arrow(pa.array(rows, pa.list_(kind))),
    "polars": lambda rows, kind: polars_series(pa.array(rows, pa.list_(kind))),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_each_cell_is_one_text(kind: str) -> None:
    column = COLUMNS[kind](TOKENS, pa.string())
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(column)
    assert tokenizer.document_count == len(TOKENS)
    for _ in range(2):  # the second time by the dictionary
        assert tokenizer.texts_to_sequences(column) == EXPECTED
        assert tokenizer.texts_to_arrow(column).to_pylist() == EXPECTED
        assert list(tokenizer.texts_to_sequences_generator(column)) == EXPECTED
        assert tokenizer.word_index == {"well": 1, "done": 2, "good work": 3, "é": 4}
    assert len(tokenizer.texts_to_matrix(column)) == len(TOKENS)


@pytest.mark.parametrize("dtype", ["U9", "object", np.dtypes.StringDType()])
def test_words_are_not_cut_at_a_nul(dtype: Any) -> None:
    tokenizer = Tokenizer(filters="", lower=False)
    for column in (np.array(["a\0b", "\0a"], dtype=dtype), [np.array(["a\0b", "\0a"], dtype=dtype)]):
        tokenizer.fit_on_texts(column)
    assert tokenizer.word_counts == {"a\0b": 2, "\0a": 2}


def test_a_column_read_back_from_parquet(tmp_path: Path) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pq.write_table(pa.table({"tokens": TOKENS, "label": [0, 1, 0, 1]}), tmp_path / "texts.parquet")
    frame = pandas.read_parquet(tmp_path / "texts.parquet")
    assert isinstance(frame["tokens"][0], np.ndarray)
    columns = (
        frame["tokens"],
        frame["tokens"].to_numpy(),
        frame["tokens"].tolist(),
        frame[frame["label"] >= 0]["tokens"],
        polars.read_parquet(tmp_path / "texts.parquet")["tokens"],
        pq.read_table(tmp_path / "texts.parquet")["tokens"],
    )
    for column in columns:
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(column)
        assert len(tokenizer.texts_to_padded(column)) == len(frame["label"])
        assert tokenizer.texts_to_sequences(column) == EXPECTED
        if not isinstance(column, list):  # as batches
            assert tokenizer.texts_to_sequences(iter([column, column])) == EXPECTED * 2


@pytest.mark.parametrize(
    "options", [{}, {"lower": False}, {"char_level": True}, {"filters": "o", "split": "_"}]
)
@pytest.mark.parametrize("make", [pa.list_, pa.large_list])
def test_words_are_read_where_arrow_has_them(options: dict[str, Any], make: Any) -> None:
    """As the same words in Python: lowered by the kernel, neither split nor filtered."""
    cells = [["Well", "DONE", "a-b C"], [], ["x" * 100, "", "Nul\0", "well"], ["Zz"] * 99]
    expected, found = Tokenizer(**options), Tokenizer(**options)
    expected.fit_on_texts(cells)
    for column in (
        pa.array(cells, make(pa.string())),
        pa.array([["no"], *cells], make(pa.string())).slice(1),
    ):
        found = Tokenizer(**options)
        found.fit_on_texts(column)
        assert found.word_index == expected.word_index
        assert found.texts_to_sequences(column) == expected.texts_to_sequences(cells)


@pytest.mark.parametrize("offsets", [[0, 2**30, 2**30, 3], [0, -5, 1, 3], [0, 3, 1, 3]])
@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.string())], ids=str)
def test_damaged_arrow_arrays(offsets: list[int], kind: pa.DataType) -> None:
    """Their offsets would lead the kernel out of the text; Arrow itself checks the ends only."""
    good = pa.array(["a", "b", "c"] if pa.types.is_string(kind) else [["a"], ["b"], ["c"]], kind)
    data = good.buffers()[2:3] if pa.types.is_string(kind) else []
    buffers = [None, pa.py_buffer(np.array(offsets, np.int32)), *data]
    children = [] if data else [good.values]
    with pytest.raises(TextError, match="the Arrow array of texts is damaged"):
        Tokenizer().fit_on_texts(pa.Array.from_buffers(kind, 3, buffers, children=children))


def test_lists_of_one_length() -> None:
    columns = [pa.array(PAIRS, pa.list_(pa.string(), 2)), objects(map(np.array, PAIRS))]
    polars = pytest.importorskip("polars")
    columns.append(polars.Series(PAIRS, dtype=polars.Array(polars.String, 2)))
    for column in columns:
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(column)
        assert tokenizer.texts_to_sequences(column) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (pa.array([["a"], None]), "text at position 1 is not a string: None"),
        (objects([["a"], None]), "text at position 1 is not a string: None"),
        (objects([["a"], float("nan")]), "text at position 1 is not a string: nan"),
        (
            pa.array([["a"], ["b", None]]),
            "word at position 1 of the text at position 1 is not a string: None",
        ),
        ([np.array(["a", None])], "word at position 1 of the text at position 0 is not a string: None"),
        (pa.array([["a"]] * 2 + [[None]]), "word at position 0 of the text at position 2"),
        (
            pa.array([[["a"]]]),
            r"word at position 0 of the text at position 0 is not a string: \['a'\] \(list\)",
        ),
        (objects([["a"], np.array([["a"]])]), "word at position 0 of the text at position 1"),
        (objects([["a"], [np.array(["a"])]]), "word at position 0 of the text at position 1"),
        ([np.array([1, 2])], r"word at position 0 of the text at position 0 is not a string: 1 \(int\)"),
        ([{"a"}], "text at position 0 is not a string: {'a'}"),
        (pa.array([{"a": 1}]), "struct"),
        (np.array(PAIRS), r"shape \(2, 2\)"),
        ({"text": ["a"]}, "a whole dict"),
    ],
)
def test_cells_that_are_not_texts(texts: Any, message: str) -> None:
    for use in (Tokenizer().fit_on_texts, Tokenizer().texts_to_sequences, Tokenizer().texts_to_arrow):
        with pytest.raises(TextError, match=message):
            use(texts)


def test_a_list_of_polars_series_says_which_of_two_it_is() -> None:
    column = polars_series(pa.array(TOKENS))
    with pytest.raises(TextError, match="pass the whole column, or pass an iterator of batches"):
        Tokenizer().fit_on_texts(list(column))


@pytest.mark.parametrize(
    "made",
    [tuple, pa.array, lambda words: pa.chunked_array([words]), "Series", lambda words: (tuple(words),)],
)
def test_a_list_of_what_may_be_batches_is_refused(made: Any) -> None:
    if made == "Series":
        made = pytest.importorskip("pandas").Series
    batches = [made(words) for words in PAIRS]
    for texts in (batches, tuple(batches), [PAIRS[0], batches[1]]):
        tokenizer = Tokenizer()
        for use in (tokenizer.fit_on_texts, tokenizer.texts_to_sequences, tokenizer.texts_to_arrow):
            with pytest.raises(
                TextError, match=r"may be the words of one text or a batch of texts: .*iter\("
            ):
                use(texts)
        assert not tokenizer.word_counts


def test_a_series_of_tuples_holds_the_words_of_each_text() -> None:
    column = pytest.importorskip("pandas").Series([*map(tuple, PAIRS)])
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(column)
    assert tokenizer.texts_to_sequences(column) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("kind", COLUMNS)
def test_sequences_in_columns(kind: str) -> None:
    column = COLUMNS[kind](SEQUENCES, pa.int16())
    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_sequences(column)
    assert tokenizer.document_count == len(SEQUENCES)
    assert tokenizer.index_docs == {1: 1, 2: 2, 3: 1}
    assert {*map(type, tokenizer.index_docs)} == {int}  # to_json needs it
    tokenizer.index_word = {1: "a", 2: "b", 3: "c"}
    assert tokenizer.sequences_to_texts(column) == ["a b", "c", "", "b b"]
    expected = Tokenizer(num_words=4).sequences_to_matrix(SEQUENCES, "count").tolist()
    assert tokenizer.sequences_to_matrix(column, "count").tolist() == expected
    assert pad_sequences(column).tolist() == [[1, 2], [0, 3], [0, 0], [2, 2]]
    assert pad_sequences(column, dtype="int64").tolist() == [[1, 2], [0, 3], [0, 0], [2, 2]]


def test_sequences_of_one_length_or_empty() -> None:
    assert pad_sequences(pa.array(SEQUENCE_PAIRS, pa.list_(pa.uint8(), 2))).tolist() == SEQUENCE_PAIRS
    assert pad_sequences(pa.array([[], []]), 1).tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (pa.array([[1], None]), "position 1 is null"),
        (pa.array([[9], [1], [2, None]]).slice(1), "position 1 holds a null"),
        (pa.chunked_array([[[1]], [[2], None]]), "position 2 is null"),
        (pa.array([[0.5]]), "lists of integers, not list<"),
        (pa.array([[[1]]]), "lists of integers, not list<"),
        ([[1], None], r"position 1 is not a sequence: None \(NoneType\)"),
        ([[1], 2], r"position 1 is not a sequence: 2 \(int\)"),
        ([[1], "2"], r"position 1 is not a sequence: '2' \(str\)"),
    ],
)
def test_cells_that_are_not_sequences(sequences: Any, message: str) -> None:
    tokenizer = Tokenizer(num_words=4)
    for use in (tokenizer.fit_on_sequences, tokenizer.sequences_to_matrix, tokenizer.sequences_to_texts):
        with pytest.raises(TypeError, match=message):
            use(sequences)
    assert (tokenizer.document_count, tokenizer.index_docs) == (0, {})  # nothing was counted


def test_arrow_arrays_are_used_without_pandas() -> None:
    """Arrow's own conversions to NumPy types import pandas before pyarrow 26."""
    for path in Path(glovefast.__file__).parent.rglob("*.py"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert not {name for name in names if name.startswith("to_pandas")}, path
