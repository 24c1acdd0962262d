"""`TextColumn` in one process: kinds of batches and columns, nulls, and what it refuses."""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import glovefast
from glovefast.batches import TextColumn
from glovefast.errors import StoreError, TextError, VocabularyError
from glovefast.text import Tokenizer, text_to_word_sequence
from glovefast.vectors import WordVectors
from tests.reference import same_bits

WORDS = ["the", "king", "queen", "new york", "été", "", "rook"]
ROWS = np.random.default_rng(3).normal(size=(len(WORDS), 5)).astype(np.float32)
TEXTS = ["The king, the QUEEN!", None, "", "nobody", "ÉTÉ the\trook", "  ", "king"]
WORD_INDEX = {"the": 1, "king": 2, "été": 3}
ROW_LISTS = [[0, 1, 0, 2], None, [], [-1], [4, 0, 6], [], [1]]
PADDED = [[2, 1], None, [0, 0], [0, 0], [3, 1], [0, 0], [0, 2]]


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return glovefast.save(WORDS, ROWS, tmp_path_factory.mktemp("stores") / "words.glovefast")


@pytest.fixture(scope="module")
def vectors(store) -> WordVectors:
    return glovefast.load(store)


@pytest.fixture(scope="module")
def columns(store) -> dict[str, TextColumn]:
    padded = TextColumn(None, "text", "padded", vocabulary=WORD_INDEX, maxlen=2)
    return {
        "rows": TextColumn(store, "text", "rows"),
        "vector": TextColumn(store, "text", "vector"),
        "padded": padded,
    }


def means_of(texts: list) -> list:
    """The mean of the vectors of each text's known words, added one after the other in float64."""
    means = []
    for text in texts:
        if text is None:
            means.append(None)
            continue
        words = text_to_word_sequence(text) if isinstance(text, str) else text
        rows = [ROWS[WORDS.index(word)].astype(np.float64) for word in words if word in WORDS]
        mean = sum(rows[1:], rows[0]) / len(rows) if rows else np.zeros(5)
        means.append(mean.astype(np.float32).tolist())
    return means


@pytest.fixture(scope="module")
def expected() -> dict[str, list]:
    return {"rows": ROW_LISTS, "vector": means_of(TEXTS), "padded": PADDED}


OUTPUTS = ["rows", "vector", "padded"]
TYPES = {"rows": pa.list_(pa.int32()), "vector": pa.list_(pa.float32(), 5), "padded": pa.list_(pa.int32(), 2)}

# Columns of the same texts in every type that Arrow has for them.
KINDS = {
    "string": pa.array(TEXTS, pa.string()),
    "large_string": pa.array(TEXTS, pa.large_string()),
    "string_view": pa.array(TEXTS, pa.string_view()),
    "dictionary": pa.array(TEXTS, pa.string()).dictionary_encode(),
    "dictionary of large_string": pa.array(TEXTS, pa.large_string()).dictionary_encode(),
    "slice": pa.array(["before", *TEXTS, "behind"]).slice(1, len(TEXTS)),
}
TOKENS = [None if text is None else text_to_word_sequence(text) for text in TEXTS]
TOKEN_KINDS = {
    "list": pa.array(TOKENS, pa.list_(pa.string())),
    "large_list": pa.array(TOKENS, pa.large_list(pa.large_string())),
    "list_view": pa.array(TOKENS, pa.list_view(pa.string())),
    "list of string_view": pa.array(TOKENS, pa.list_(pa.string_view())),
    "list of dictionary": pa.array(TOKENS, pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "slice": pa.array([["before"], *TOKENS, ["behind"]]).slice(1, len(TOKENS)),
    "upper case": pa.array([tokens and [word.upper() for word in tokens] for tokens in TOKENS]),
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", [*KINDS, *(f"tokens: {kind}" for kind in TOKEN_KINDS)])
def test_every_kind_of_column(columns, expected, output, kind):
    array = KINDS[kind] if kind in KINDS else TOKEN_KINDS[kind.removeprefix("tokens: ")]
    table = pa.table({"text": array, "label": list(range(len(array)))})
    column = columns[output]
    result = column(table)
    assert result.schema.names == ["text", "label", f"text_{output}"]
    assert result.schema.field(2) == column.field == pa.field(f"text_{output}", TYPES[output])
    assert result.select(["text", "label"]).equals(table)
    result.validate(full=True)
    assert result.column(2).to_pylist() == expected[output]
    (batch,) = table.to_batches()
    added = column(batch)
    assert isinstance(added, pa.RecordBatch)
    assert added.equals(result.to_batches()[0])


def test_lists_of_one_length(columns):
    pairs = pa.array([["the", "king"], None, ["rook", "nobody"], None], pa.list_(pa.string(), 2))
    for array in (pairs, pairs.slice(1), pairs.slice(2, 1)):
        rows = columns["rows"](pa.table({"text": array}))["text_rows"].to_pylist()
        assert rows == [
            pair and [WORDS.index(word) if word in WORDS else -1 for word in pair]
            for pair in array.to_pylist()
        ]


@pytest.mark.parametrize("output", OUTPUTS)
def test_chunks_stay_as_they_are(columns, expected, output):
    chunked = pa.chunked_array([TEXTS[:3], [], TEXTS[3:4], TEXTS[4:]], pa.string())
    result = columns[output](pa.table({"text": chunked}))
    assert [len(chunk) for chunk in result.column(1).chunks] == [3, 0, 1, 3]
    assert result.column(1).to_pylist() == expected[output]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", [pa.string(), pa.null(), pa.list_(pa.string()), pa.list_(pa.null())])
def test_empty_batches_and_nulls_only(columns, output, kind):
    column = columns[output]
    empty = pa.table({"text": pa.array([], kind)})
    assert column(empty).schema.field(1) == column.field
    assert column(empty).num_rows == 0
    assert column(empty.schema.empty_table()).num_rows == 0
    (batch,) = pa.table({"text": pa.array([], kind)}).combine_chunks().to_batches() or [
        pa.RecordBatch.from_arrays([pa.array([], kind)], names=["text"])
    ]
    assert column(batch).num_rows == 0
    nulls = column(pa.table({"text": pa.array([None, None], kind)}))
    assert nulls.column(1).to_pylist() == [None, None]
    assert nulls.column(1).type == column.field.type


@pytest.mark.parametrize("output", OUTPUTS)
def test_lists(columns, expected, output):
    given = {"text": TEXTS, "label": list(range(7))}
    result = columns[output](given)
    assert list(result) == ["text", "label", f"text_{output}"]
    assert list(given) == ["text", "label"]  # untouched
    cells = result[f"text_{output}"]
    assert [None if cell is None else cell.tolist() for cell in cells] == expected[output]
    dtype = "float32" if output == "vector" else "int32"
    assert {cell.dtype.name for cell in cells if cell is not None} == {dtype}
    for other in (np.array(TEXTS, dtype=object), tuple(TEXTS), pa.array(TEXTS), pa.chunked_array([TEXTS])):
        again = columns[output]({"text": other})[f"text_{output}"]
        assert [None if cell is None else cell.tolist() for cell in again] == expected[output]
    tokens = columns[output]({"text": TOKENS})[f"text_{output}"]
    assert [None if cell is None else cell.tolist() for cell in tokens] == expected[output]
    assert columns[output]({"text": []}) == {"text": [], f"text_{output}": []}


@pytest.mark.parametrize("output", OUTPUTS)
def test_data_frames(columns, expected, output):
    pandas = pytest.importorskip("pandas")
    for dtype in (None, object, "string"):
        index = range(3, 10)
        given = pandas.Series(TEXTS, index, dtype=dtype)
        frame = pandas.DataFrame({"text": given, "label": range(7)}, index)
        result = columns[output](frame)
        assert isinstance(result, pandas.DataFrame)
        assert list(frame.columns) == ["text", "label"]
        assert list(result.index) == list(frame.index)
        cells = result[f"text_{output}"].tolist()
        assert [None if cell is None else cell.tolist() for cell in cells] == expected[output]


def test_nulls_of_pandas_in_lists(columns):
    pandas = pytest.importorskip("pandas")
    for null in (float("nan"), np.float64("nan"), pandas.NA):
        for output, column in columns.items():
            result = column({"text": ["king", null, None]})[f"text_{output}"]
            assert [cell is None for cell in result] == [False, True, True]


@pytest.mark.parametrize("output", OUTPUTS)
def test_tokens_in_other_containers(columns, output):
    tokens = [["the", "king"], ["rook", "nobody"]]
    wanted = [cell.tolist() for cell in columns[output]({"text": tokens})[f"text_{output}"]]
    for kind in (tuple, np.array, lambda text: np.array(text, dtype=object), pa.array):
        given = {"text": [kind(text) for text in tokens]}
        assert [cell.tolist() for cell in columns[output](given)[f"text_{output}"]] == wanted


def test_null_tokens_of_every_container(columns):
    pandas = pytest.importorskip("pandas")
    parquet = pa.table({"text": [["king", None], None]}).to_pandas()  # arrays of objects in a DataFrame
    assert isinstance(parquet["text"][0], np.ndarray)
    for given in (parquet, {"text": pandas.Series([("king", None), None])}, {"text": [("king", None), None]}):
        rows = columns["rows"](given)["text_rows"]
        assert [each if each is None else each.tolist() for each in rows] == [[1, -1], None]
        assert columns["padded"](given)["text_padded"][0].tolist() == [0, 2]


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int8(), pa.string()), None])
@pytest.mark.parametrize("oov_token", [None, "<unk>"])
def test_padded_has_null_tokens_as_missing_words(kind, oov_token):
    tokenizer = Tokenizer(oov_token=oov_token)
    tokenizer.fit_on_texts([["the", "king", "\0"]])  # even a zero byte is a word here
    tokens = [["king", None, "the"], [None], None]
    column = TextColumn(None, "text", "padded", vocabulary=tokenizer, maxlen=3)
    given = {"text": tokens} if kind is None else pa.table({"text": pa.array(tokens, pa.list_(kind))})
    cells = column(given)["text_padded"]
    cells = cells.to_pylist() if kind else [None if cell is None else cell.tolist() for cell in cells]
    wanted = tokenizer.texts_to_padded([["king", "nobody", "the"], ["nobody"]], 3).tolist()
    assert cells == [*wanted, None]


def test_tokens_that_are_null_are_missing_words(columns):
    tokens = [["king", None, "the"], [None]]
    for given in (pa.table({"text": tokens}), {"text": tokens}):
        rows = columns["rows"](given)["text_rows"]
        assert [list(each) for each in (rows.to_pylist() if isinstance(given, pa.Table) else rows)] == [
            [1, -1, 0],
            [-1],
        ]
        means = columns["vector"](given)["text_vector"]
        means = means.to_pylist() if isinstance(given, pa.Table) else [each.tolist() for each in means]
        assert means == means_of([["king", "the"], []])


def test_splitting(store):
    table = pa.table({"text": ["The new york|king"]})
    rows = TextColumn(store, "text", "rows", filters="", split="|", lower=False)(table)
    assert rows["text_rows"].to_pylist() == [[-1, 1]]
    rows = TextColumn(store, "text", "rows", filters="", split="|")(pa.table({"text": ["The|New York|King"]}))
    assert rows["text_rows"].to_pylist() == [[0, 3, 1]]


def test_padded_follows_the_tokenizer(tmp_path):
    texts = ["the king and the queen", "a queen: a king!", "the the the"]
    tokenizer = Tokenizer(num_words=4, oov_token="<unk>", filters="!")
    tokenizer.fit_on_texts(texts)
    wanted = tokenizer.texts_to_padded(texts, 3, "post", "post")
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    for vocabulary in (tokenizer, tmp_path / "tokenizer.json", str(tmp_path / "tokenizer.json")):
        column = TextColumn(
            None, "text", "padded", vocabulary=vocabulary, maxlen=3, padding="post", truncating="post"
        )
        cells = pickle.loads(pickle.dumps(column))({"text": texts})["text_padded"]
        assert same_bits(np.stack(cells), wanted)
    assert len(pickle.dumps(column)) < 1_000  # with the path of a file


def test_a_tokenizer_with_numbers_of_numpy():
    tokenizer = Tokenizer(num_words=np.int64(3), lower=np.bool_(True))
    tokenizer.fit_on_texts(["the king the queen"])
    column = TextColumn(None, "text", "padded", vocabulary=tokenizer, maxlen=np.int64(2))
    assert pickle.loads(pickle.dumps(column))({"text": ["THE queen"]})["text_padded"][0].tolist() == [0, 1]


def test_pooling(store, vectors):
    column = TextColumn(store, "text", "vector", pooling="sif")
    texts = ["the king", "queen", "nobody"]
    assert same_bits(np.stack(column({"text": texts})["text_vector"]), vectors.embed(texts, pooling="sif"))
    assert pickle.loads(pickle.dumps(column)) == column != TextColumn(store, "text", "vector")


def test_names(store):
    column = TextColumn(store, column="title", output="rows", name="ids")
    assert column.name == "ids"
    assert column({"title": ["king"], "text": [1]})["ids"][0].tolist() == [1]
    assert repr(column) == f"<TextColumn 'ids': rows for 'title' of {store}>"
    assert TextColumn(store).name == "text_vector"


# What it refuses.


def test_a_column_that_is_not_there(columns):
    for batch in (pa.table({"title": ["a"], "label": [1]}), {"title": ["a"], "label": [1]}):
        with pytest.raises(TextError, match=r"the batch has no column 'text'; its columns: 'title', 'label'"):
            columns["rows"](batch)
    with pytest.raises(TextError, match="its columns: none"):
        columns["rows"]({})
    twice = pa.table([["a"], ["b"]], names=["text", "text"])
    with pytest.raises(TextError, match="the batch has more than one column 'text'"):
        columns["rows"](twice)


@pytest.mark.parametrize("values", [[1, 2], [1.5], [b"a"], [True], [[1]], [{"a": 1}], [[["a"]]]])
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_column_of_something_else(columns, output, values):
    array = pa.array(values)
    message = rf"the column 'text' holds {array.type}; it must hold texts \(string\) or tokens"
    with pytest.raises(TextError) as caught:
        columns[output](pa.table({"text": array}))
    assert str(caught.value).startswith(
        f"the column 'text' holds {array.type}; it must hold texts (string)"
    ), message
    with pytest.raises(TextError, match="position 0"):
        columns[output]({"text": values})


def test_an_entry_of_a_list_that_is_not_a_text(columns):
    with pytest.raises(TextError, match="the text at position 2 is not a string: 3"):
        columns["rows"]({"text": ["a", None, 3]})
    with pytest.raises(TextError, match="a list of texts, not a str"):
        columns["rows"]({"text": "the king"})


@pytest.mark.parametrize("output", OUTPUTS)
def test_texts_of_arrow_that_are_not_unicode(columns, output):
    texts = pa.array(["king", "abc"])
    data = pa.py_buffer(b"king\xffbc")
    damaged = pa.Array.from_buffers(pa.string(), 2, [None, texts.buffers()[1], data])
    lists = pa.ListArray.from_arrays([0, 1, 2], damaged)
    for array in (damaged, lists):
        with pytest.raises(TextError, match="the text at position 1 is not UTF-8: "):
            columns[output](pa.table({"text": array}))


def test_dictionaries_may_have_more_than_two_gigabytes_of_texts(columns):
    """Decoded, they are large_string, whose offsets have 64 bits; that many would take a minute here."""
    from glovefast.batches.columns import arrow_column

    encoded = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1]), pa.array(["king", "the king"]))
    decoded = arrow_column(encoded.slice(1), "text")
    assert decoded.texts.type == pa.large_string()
    assert decoded.texts.to_pylist() == ["king", "", "the king"]


def test_a_name_that_is_taken(columns, store):
    with pytest.raises(ValueError, match="has a column 'text_rows' already; choose another name="):
        columns["rows"](columns["rows"]({"text": ["king"]}))
    with pytest.raises(ValueError, match="name='text' is the column with the texts"):
        TextColumn(store, "text", "rows", name="text")


@pytest.mark.parametrize("batch", [["the king"], "the king", None, np.array(["king"]), pa.array(["king"])])
def test_what_is_not_a_batch(columns, batch):
    with pytest.raises(TypeError, match=f"pass a pyarrow Table .* not a {type(batch).__name__}"):
        columns["rows"](batch)


def test_what_belongs_to_another_function_of_spark(columns):
    with pytest.raises(TypeError, match=r"not a map; for mapInArrow of Spark, pass column\.map_in_arrow"):
        columns["rows"](map(str, [1]))
    with pytest.raises(TypeError, match=r"map_in_arrow takes record batches, .* not a dict"):
        list(columns["rows"].map_in_arrow([{"text": ["a"]}]))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"output": "matrix"}, ValueError, "output must be one of 'rows', 'vector', 'padded', not 'matrix'"),
        ({"column": 3}, TypeError, "column must be a string, not 3"),
        ({"name": 3}, TypeError, "name must be a string, not 3"),
        ({"split": ""}, ValueError, "split"),
        ({"threads": 0}, ValueError, "threads must be at least 1"),
        ({"output": "rows", "maxlen": 3}, ValueError, "are for output='padded', not for 'rows'"),
        ({"vocabulary": {"a": 1}}, ValueError, "are for output='padded', not for 'vector'"),
        ({"pooling": "median"}, ValueError, "pooling"),
        ({"pooling": ["mean"]}, ValueError, "pooling must be 'mean' or 'sif', not "),
        ({"filters": None}, TypeError, "filters must be a string, not None"),
        ({"store": 3}, TypeError, "vectors must be what .* not a int"),
        (
            {"output": "padded", "vocabulary": {"a": 1}, "maxlen": 1 << 31},
            ValueError,
            "maxlen must be at most 2,147,483,647",
        ),
        (
            {"output": "padded", "vocabulary": {"a": 1 << 31}, "maxlen": 2},
            VocabularyError,
            "index of 'a' must be at most 2,147,483,647",
        ),
        (
            {"output": "padded", "vocabulary": {"a": 1}},
            ValueError,
            "needs maxlen, a positive integer, not None",
        ),
        ({"output": "padded", "vocabulary": {"a": 1}, "maxlen": 0}, ValueError, "not 0"),
        ({"output": "padded", "vocabulary": {"a": 1}, "maxlen": True}, ValueError, "not True"),
        (
            {"output": "padded", "vocabulary": {"a": 1}, "maxlen": 2, "padding": "left"},
            ValueError,
            "padding='left'",
        ),
        (
            {"output": "padded", "maxlen": 2},
            VocabularyError,
            "vocabulary must be a fitted Tokenizer, .* not None",
        ),
        ({"output": "padded", "vocabulary": {}, "maxlen": 2}, VocabularyError, "is empty"),
        (
            {"output": "padded", "vocabulary": {"a": -1}, "maxlen": 2},
            VocabularyError,
            "index of 'a' .* not -1",
        ),
        (
            {"output": "padded", "vocabulary": {"a": True}, "maxlen": 2},
            VocabularyError,
            "index of 'a' .* not True",
        ),
        ({"output": "padded", "vocabulary": {3: 1}, "maxlen": 2}, VocabularyError, "not a string: 3"),
        (
            {"output": "padded", "vocabulary": Tokenizer(analyzer=str.split), "maxlen": 2},
            VocabularyError,
            "analyzer",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) and "vocabulary" not in value else "",
)
def test_arguments_that_cannot_be(store, arguments, error, message):
    with pytest.raises(error, match=message):
        TextColumn(**{"store": store, **arguments})


def test_stores_that_cannot_be(tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        TextColumn(tmp_path / "nothing.glovefast", output="rows")
    with pytest.raises(TypeError, match="output='rows' needs a store"):
        TextColumn(None, output="rows")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(VocabularyError, match="not the JSON of a Tokenizer"):
        TextColumn(None, output="padded", maxlen=2, vocabulary=tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_bytes(b"\xff")
    with pytest.raises(VocabularyError, match=r"tokenizer\.json is not the JSON of a Tokenizer"):
        TextColumn(None, output="padded", maxlen=2, vocabulary=tmp_path / "tokenizer.json")


def test_a_batch_of_a_million_texts(columns):
    """It is looked up piece by piece."""
    texts = pa.array(["the king", "nobody at all", "queen", None] * 250_000)
    table = pa.table({"text": texts})
    rows = columns["rows"](table)["text_rows"].combine_chunks()
    assert rows.slice(999_996).to_pylist() == [[0, 1], [-1, -1, -1], [2], None]
    assert len(rows.flatten()) == 6 * 250_000
    means = columns["vector"](table)["text_vector"].combine_chunks()
    assert means.slice(999_996).to_pylist() == means_of(texts.slice(0, 4).to_pylist())


# Pickling.


@pytest.mark.parametrize("output", OUTPUTS)
def test_pickles(columns, expected, output):
    column = columns[output]
    data = pickle.dumps(column)
    assert len(data) < 1_000
    column({"text": TEXTS})
    copy = pickle.loads(data)
    assert copy == column
    assert hash(copy) == hash(column)
    assert pickle.dumps(column) == pickle.dumps(copy) == data
    cells = copy({"text": TEXTS})[copy.name]
    assert [None if cell is None else cell.tolist() for cell in cells] == expected[output]
    assert pickle.dumps(copy) == data
    assert pickle.loads(pickle.dumps(copy.map_in_arrow)).__self__ == column


def test_the_same_arguments_make_the_same_pickle(store, vectors, monkeypatch):
    """Strings that are one object, and strings that are only equal, are pickled in the same way."""
    one = TextColumn(store, "text", "rows", name="x")
    monkeypatch.chdir(store.parent)
    column = "".join(["te", "xt"])
    other = TextColumn(store.name, column, "".join(["ro", "ws"]), name=chr(120))
    assert (
        pickle.dumps(one)
        == pickle.dumps(other)
        == pickle.dumps(TextColumn(vectors, column, "rows", name="x"))
    )
    assert one != TextColumn(store, "text", "rows")
    assert one != 3


def test_the_fingerprint_of_datasets(columns, store):
    hasher = pytest.importorskip("datasets.fingerprint").Hasher
    for column in columns.values():
        before = hasher.hash(column)
        column({"text": ["king"]})
        assert hasher.hash(column) == hasher.hash(pickle.loads(pickle.dumps(column))) == before
    assert len({hasher.hash(column) for column in columns.values()}) == 3
    assert hasher.hash(TextColumn(store, "text", "rows")) == hasher.hash(columns["rows"])


def test_a_process_opens_the_store_once(columns, store, monkeypatch):
    opened = []
    monkeypatch.setattr(WordVectors, "__init__", lambda *arguments: opened.append(arguments))
    names = ["rows", "vector"]
    data = [pickle.dumps(columns[name]) for name in names * 3]
    monkeypatch.undo()
    from glovefast.batches import opened as module

    module.opened_store.cache_clear()
    made = WordVectors.__init__

    def counted(self, path):
        opened.append(path)
        made(self, path)

    monkeypatch.setattr(WordVectors, "__init__", counted)
    for each in data:
        pickle.loads(each)({"text": ["king"]})
    assert opened == [str(store)]


def test_a_store_and_a_vocabulary_that_moved(store, tmp_path, monkeypatch):
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    shutil.copytree(store, there / "words.glovefast")
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["the king"])
    (there / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    data = [
        pickle.dumps(TextColumn(there / "words.glovefast", "text", "rows")),
        pickle.dumps(
            TextColumn(None, "text", "padded", vocabulary=there / "tokenizer.json", maxlen=2, name="padded")
        ),
    ]
    there.rename(here)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    from glovefast.batches import opened

    opened.opened_store.cache_clear()
    opened.opened_tokenizer.cache_clear()
    monkeypatch.delenv("GLOVEFAST_PATH", raising=False)
    for each, name in zip(data, ("words.glovefast", "tokenizer.json"), strict=True):
        with pytest.raises(StoreError) as caught:
            pickle.loads(each)({"text": ["the king"]})
        kind = "store" if name.endswith("glovefast") else "file"
        assert f"{there / name}: this {kind} was not found on host " in str(caught.value)
        assert f"{tmp_path}/empty (working directory): holds no {kind} of this name" in str(caught.value)
    monkeypatch.setenv("GLOVEFAST_PATH", str(here))
    results = [pickle.loads(each)({"text": ["the king"]}) for each in data]
    assert results[0]["text_rows"][0].tolist() == [0, 1]
    assert results[1]["padded"][0].tolist() == [1, 2]
    for other in (tokenizer.to_json(indent=1).encode(), b"\xff"):
        (here / "tokenizer.json").write_bytes(other)
        opened.opened_tokenizer.cache_clear()
        with pytest.raises(StoreError, match=r"\(GLOVEFAST_PATH\): is another file of this name"):
            pickle.loads(data[1])({"text": ["the king"]})


def test_the_settings_are_plain_data(columns):
    """What a pickle holds is one string, which JSON can read; nothing that is open."""
    function, (settings,) = columns["rows"].__reduce__()
    assert function.__module__ == "glovefast.batches.text_column"
    assert json.loads(settings)["output"] == "rows"
    assert os.fspath(json.loads(settings)["store"]).endswith("words.glovefast")


def test_it_imports_no_engine():
    from tests.test_vectors import run_python

    code = """import sys, glovefast.batches
heavy = {"pyspark", "ray", "datasets", "torch", "tensorflow", "pandas", "numba"}
print(sorted(heavy & sys.modules.keys()))"""
    assert run_python(code) == "[]"
