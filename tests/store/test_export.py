"""Exports: what other tools read back, bit for bit, and where nothing is written."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glovefast
from glovefast.errors import StoreError, VocabularyError
from glovefast.store.export.formats import FORMATS, exported_files
from glovefast.store.writing import write_store
from tests.reference import same_bits

WORDS = ["the", "été", "new-york", "cat", '"', "...", "\u0085", "sat", "1990", "of"]
VECTORS = np.random.default_rng(8).normal(size=(len(WORDS), 6)).astype(np.float32)
VECTORS[3] = [0.0, -0.0, 1e-45, 3.4028235e38, np.inf, -np.inf]
NAMES = {
    "glove": "x.txt",
    "word2vec": "x.vec",
    "word2vec-binary": "x.bin",
    "parquet": "x.parquet",
    "projector": "x.tsv",
    "static-model": "x",
}


@pytest.fixture
def vectors(tmp_path):
    return glovefast.load(write_store(tmp_path / "store", pa.array(WORDS), VECTORS))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def contents(path: Path, file_format: str) -> list[bytes]:
    return [file.read_bytes() for file in exported_files(path, file_format)]


def made(tmp_path, words, rows=None):
    rows = np.ones((len(words), 2), np.float32) if rows is None else np.asarray(rows, np.float32)
    return glovefast.load(write_store(tmp_path / "made", pa.array(words, pa.string()), rows))


# What other libraries read


def test_gensim_reads_the_binary_format_and_writes_the_same(vectors, place):
    gensim = pytest.importorskip("gensim")
    path = vectors.export(place / "x.bin")
    read = gensim.models.KeyedVectors.load_word2vec_format(path, binary=True)
    assert read.index_to_key == WORDS
    assert same_bits(read.vectors, VECTORS)
    read.save_word2vec_format(place / "gensim.bin", binary=True)
    assert path.read_bytes() == (place / "gensim.bin").read_bytes()


@given(
    st.lists(st.text(st.characters(exclude_characters=" \n", exclude_categories=["Cs"])), min_size=1),
    st.data(),
)
def test_binary_words_and_bits_come_back(tmp_path_factory, words, data):
    tmp_path = tmp_path_factory.mktemp("binary")
    bits = data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=9 * len(words), max_size=9 * len(words)))
    rows = np.array(bits, dtype=np.uint32).view(np.float32).reshape(-1, 9)
    path = made(tmp_path, words, rows).export(tmp_path / "x.bin")
    expected = b"".join(word.encode() + b" " + row.tobytes() for word, row in zip(words, rows, strict=True))
    assert path.read_bytes() == b"%d 9\n" % len(words) + expected


@pytest.mark.parametrize("name", ["x.txt", "x.vec", "x.bin"])
def test_glovefast_converts_it_again(vectors, place, name):
    again = glovefast.load(glovefast.convert(vectors.export(place / name)))
    assert again.words.to_pylist() == WORDS
    assert same_bits(np.asarray(again), VECTORS)


def test_pandas_polars_and_duckdb_read_parquet(vectors, place):
    path = vectors.export(place / "x.parquet")
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    duckdb = pytest.importorskip("duckdb")
    frame = pandas.read_parquet(path)
    assert frame["word"].tolist() == WORDS
    assert same_bits(np.stack(frame["vector"]), VECTORS)
    frame = polars.read_parquet(path)
    assert frame["word"].to_list() == WORDS
    assert same_bits(frame["vector"].to_numpy(), VECTORS)
    rows = duckdb.execute("select word, vector from read_parquet(?)", [str(path)]).fetchall()
    assert [word for word, _ in rows] == WORDS
    assert same_bits(np.array([vector for _, vector in rows], np.float32), VECTORS)


def test_model2vec_opens_the_folder(tmp_path, place):
    model2vec = pytest.importorskip("model2vec")
    rows = np.nan_to_num(VECTORS, posinf=1, neginf=-1)
    path = made(tmp_path, WORDS, rows).export(place / "model")
    model = model2vec.StaticModel.from_pretrained(path)
    assert same_bits(model.embedding, np.vstack([rows, np.zeros(6, np.float32)]))
    assert list(model.tokens) == [*WORDS, "[UNK]"]
    # Unknown words do not count, capitals do not matter, and punctuation is a word of its own.
    chosen = [WORDS.index(word) for word in ("the", "cat", "...", "été")]
    np.testing.assert_array_equal(model.encode("The unknown CAT... Été"), rows[chosen].mean(axis=0))


def test_sentence_transformers_opens_the_folder(tmp_path, place):
    library = pytest.importorskip("sentence_transformers")
    rows = np.nan_to_num(VECTORS, posinf=1, neginf=-1)
    path = made(tmp_path, WORDS, rows).export(place / "model")
    model = library.SentenceTransformer(str(path), device="cpu")
    np.testing.assert_allclose(model.encode("The cat"), rows[[0, 3]].mean(axis=0), rtol=1e-6)


def test_safetensors_reads_the_numbers_in_place(vectors, place):
    safetensors = pytest.importorskip("safetensors.numpy")
    path = vectors.export(place / "model")
    embeddings = safetensors.load_file(path / "model.safetensors")["embeddings"]
    assert same_bits(embeddings[:-1], VECTORS)
    assert not embeddings[-1].any()


@pytest.mark.parametrize("token", ["<unk>", "<UNK>", "[UNK]"])
def test_a_token_for_unknown_words_that_the_store_has(tmp_path, place, token):
    tokenizers = pytest.importorskip("tokenizers")
    path = made(tmp_path, [*WORDS, token]).export(place / "model")
    tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == len(WORDS) + 1
    assert tokenizer.encode("the nowhere").ids == [0, len(WORDS)]


def test_a_vocabulary_with_capitals_keeps_them(tmp_path, place):
    tokenizers = pytest.importorskip("tokenizers")
    path = made(tmp_path, ["The", "the", "New_York"]).export(place / "model")
    tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    assert tokenizer.encode("the The THE New_York").ids == [1, 0, 3, 2]


def test_a_tokenizer_written_in_pieces(tmp_path, place, monkeypatch):
    monkeypatch.setattr("glovefast.store.export.static_model._WORDS_AT_ONCE", 3)
    words = [*WORDS, "\\", "\t", "", " ", '\\"', "\U0001d518", "\x00"]
    path = made(tmp_path, words).export(place / "model")
    vocabulary = json.loads((path / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    assert list(vocabulary.items()) == [(word, row) for row, word in enumerate([*words, "[UNK]"])]


def test_a_tokenizer_has_no_word_twice(tmp_path, place, caplog):
    safetensors = pytest.importorskip("safetensors.numpy")
    rows = np.arange(10).reshape(5, 2)
    path = made(tmp_path, ["a", "b", "a", "c", "b"], rows).export(place / "model")
    assert "left out 2 duplicate words" in caplog.text
    embeddings = safetensors.load_file(path / "model.safetensors")["embeddings"]
    assert embeddings.tolist() == [[0, 1], [2, 3], [6, 7], [0, 0]]
    twice = glovefast.save(["a", "a"], rows[:2], tmp_path / "twice")
    glovefast.load(twice).export(path, overwrite=True)
    assert "left out 1 duplicate word;" in caplog.text


def test_the_tables_of_the_projector(vectors, place):
    path = vectors.export(place / "x.tsv")
    lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    read = np.array([line.split("\t") for line in lines], dtype=np.float32)
    assert same_bits(read, VECTORS)
    assert (place / "x_metadata.tsv").read_text("utf-8") == "".join(f"{word}\n" for word in WORDS)


# Without a file


def test_arrow_reads_the_memory_of_the_store(vectors):
    table = pa.table(vectors)
    assert table.schema == pa.schema([("word", pa.string()), ("vector", pa.list_(pa.float32(), 6))])
    assert table["word"].to_pylist() == WORDS
    (chunk,) = table["vector"].chunks
    assert same_bits(np.asarray(chunk.values).reshape(-1, 6), VECTORS)
    assert chunk.values.buffers()[1].address == vectors.vectors.ctypes.data
    assert table["word"].chunk(0).buffers()[2].address == vectors.words.buffers()[2].address


def test_the_memory_stays_when_the_store_is_forgotten(tmp_path):
    table = pa.table(made(tmp_path, ["a", "b"], [[1, 2], [3, 4]]))
    assert table.to_pylist() == [{"word": "a", "vector": [1, 2]}, {"word": "b", "vector": [3, 4]}]


def test_polars_reads_the_vectors(vectors):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(vectors)
    assert frame.schema == {"word": polars.String, "vector": polars.Array(polars.Float32, 6)}
    assert frame["word"].to_list() == WORDS
    assert same_bits(frame["vector"].to_numpy(), VECTORS)


def test_duckdb_reads_the_vectors(vectors):
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.sql("select word, vector from vectors where word like '%a%'").fetchall()
    assert [word for word, _ in rows] == ["cat", "sat"]
    assert same_bits(np.array([vector for _, vector in rows], np.float32), VECTORS[[3, 7]])


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_a_store_of_rounded_numbers_gives_float32(tmp_path, place, monkeypatch, dtype):
    rows = np.nan_to_num(VECTORS, posinf=1, neginf=-1).clip(-9, 9)
    rounded = glovefast.load(write_store(tmp_path / "rounded", pa.array(WORDS), rows, dtype=dtype))
    expected = made(tmp_path, WORDS, np.asarray(rounded))
    monkeypatch.setattr("glovefast.store.export.pieces.PIECE_NUMBERS", 18)
    table = pa.table(rounded)
    assert table["vector"].num_chunks == 4
    assert table.combine_chunks().equals(pa.table(expected).combine_chunks())
    (place / "expected").mkdir()
    for file_format, name in NAMES.items():
        path = rounded.export(place / name)
        assert contents(path, file_format) == contents(
            expected.export(place / "expected" / name), file_format
        )
    path = rounded.export(place / "some.bin", ["of", "cat"])
    assert path.read_bytes() == expected.export(place / "expected" / "some.bin", ["of", "cat"]).read_bytes()


# In pieces, in part


@pytest.mark.parametrize("file_format", FORMATS)
def test_pieces_make_the_same_files(vectors, place, monkeypatch, file_format):
    name = NAMES[file_format]
    (place / "pieces").mkdir()
    whole = contents(vectors.export(place / name), file_format)
    reports = []
    monkeypatch.setattr("glovefast.store.export.pieces.PIECE_NUMBERS", 13)
    monkeypatch.setattr("glovefast.store.export.parquet._ROW_GROUP_NUMBERS", 13)
    path = vectors.export(place / "pieces" / name, progress=reports.append)
    if file_format == "parquet":
        import pyarrow.parquet as pq

        assert pq.ParquetFile(path).num_row_groups == 5
        assert pq.read_table(path).equals(pq.read_table(place / name))
    else:
        assert contents(path, file_format) == whole
    assert [report.rows for report in reports] == [0, 2, 4, 6, 8, 10]
    assert (reports[-1].bytes_read, reports[-1].bytes_total) == (VECTORS.nbytes, VECTORS.nbytes)


@pytest.mark.parametrize("words", [["of", "none", "cat"], {"cat": 2, "none": 3, "of": 1}])
def test_some_words_in_their_order(vectors, place, caplog, words):
    path = vectors.export(place / "x.bin", words)
    expected = b"".join(word.encode() + b" " + VECTORS[WORDS.index(word)].tobytes() for word in ("of", "cat"))
    assert path.read_bytes() == b"2 6\n" + expected
    assert f"{vectors.path} lacks 1 of 3 words, which are left out: 'none'" in caplog.text


@pytest.mark.parametrize(
    ("words", "said"), [(["no", "none"], "has none of the 2 words"), (["no"], "does not have the word")]
)
def test_no_words(vectors, place, words, said):
    with pytest.raises(VocabularyError, match=f"{said}, so there is nothing to write"):
        vectors.export(place / "x.bin", words)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_store_without_rows(tmp_path, place, file_format):
    empty = made(tmp_path, [], np.empty((0, 3)))
    path = empty.export(place / NAMES[file_format])
    assert all(file.exists() for file in exported_files(path, file_format))
    assert pa.table(empty).num_rows == 0


# Words that a format cannot hold


@pytest.mark.parametrize(
    ("name", "word", "problem"),
    [
        ("x.txt", "", "is empty, which text cannot store"),
        ("x.txt", "new york", "contains a space or line break, which text cannot store"),
        ("x.vec", "a\rb", "contains a space or line break, which text cannot store"),
        ("x.bin", "new york", "contains a space or newline, which word2vec's binary format cannot store"),
        ("x.bin", "\na", "contains a space or newline, which word2vec's binary format cannot store"),
        ("x.tsv", "a\tb", "contains a tab or line break, which the projector's metadata cannot store"),
        ("x.tsv", "", "is empty or blank, which the projector's metadata cannot store"),
        ("x.tsv", "\u00a0\u3000", "is empty or blank, which the projector's metadata cannot store"),
    ],
)
def test_words_that_cannot_be_written(tmp_path, place, name, word, problem):
    with pytest.raises(VocabularyError) as caught:
        made(tmp_path, ["the", word]).export(place / name)
    assert str(caught.value) == f"the word {word!r} {problem}; save as a store or as .parquet instead"
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("name", ["x.bin", "x.parquet", "x"])
def test_words_that_only_some_formats_can_hold(tmp_path, place, name):
    words = ["the", "", "a\tb", "a\rb"]
    path = made(tmp_path, words).export(place / name)
    if name == "x.parquet":
        assert pa.parquet.read_table(path)["word"].to_pylist() == words
    elif name == "x.bin":
        assert glovefast.load(glovefast.convert(path)).words.to_pylist() == words


# Where to write


@pytest.mark.parametrize(
    ("name", "file_format"),
    [("x.TXT", None), ("folder/", None), ("folder", None), ("x.vec", "glove"), ("x.y", "parquet")],
)
def test_the_ending_or_the_format_decides(vectors, place, name, file_format):
    path = vectors.export(f"{place}/{name}", file_format=file_format)
    if name.startswith("folder"):
        assert (path / "model.safetensors").exists()
    elif name == "x.y":
        assert path.read_bytes().startswith(b"PAR1")
    else:
        assert path.read_bytes().startswith(b"the ")


@pytest.mark.parametrize("name", ["x.csv", "x.safetensors", "x.glovefast", "x.50d"])
def test_endings_that_are_none(vectors, place, name):
    with pytest.raises(
        ValueError, match=r"is not one of \.txt, \.vec, \.bin, \.parquet, \.tsv; end it in one"
    ):
        vectors.export(place / name)
    with pytest.raises(ValueError, match="unknown file_format 'csv': choose one of 'glove'"):
        vectors.export(place / name, file_format="csv")


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_exists_is_replaced_only_on_request(vectors, tmp_path, place, file_format):
    path = place / NAMES[file_format]
    other = made(tmp_path, ["other"])
    other.export(path)
    before = contents(path, file_format)
    with pytest.raises(StoreError, match="already exists; choose another destination"):
        vectors.export(path)
    assert contents(path, file_format) == before
    names = sorted(place.iterdir())
    vectors.export(path, overwrite=True)
    assert contents(path, file_format) != before
    assert sorted(place.iterdir()) == names


def test_one_of_two_tables_exists(vectors, place):
    (place / "x_metadata.tsv").write_text("mine")
    with pytest.raises(StoreError, match=r"x_metadata\.tsv: already exists"):
        vectors.export(place / "x.tsv")
    assert [each.name for each in place.iterdir()] == ["x_metadata.tsv"]


@pytest.mark.parametrize("extra", ["notes.txt", "onnx"])
def test_a_folder_with_other_files_is_not_replaced(vectors, place, extra):
    path = vectors.export(place / "model")
    (path / extra).mkdir()
    with pytest.raises(StoreError, match="is not a model that glovefast exported, so it is not replaced"):
        vectors.export(path, overwrite=True)
    assert (path / extra).exists()
    assert (path / "model.safetensors").exists()


@pytest.mark.parametrize("config", [None, "{}", "[]", "not JSON", "[" * 100_000])
def test_a_model_of_others_is_not_replaced(vectors, place, config):
    path = vectors.export(place / "model")
    (path / "config.json").unlink()
    if config is not None:
        (path / "config.json").write_text(config)
    with pytest.raises(StoreError, match="is not a model that glovefast exported"):
        vectors.export(path, overwrite=True)


def test_a_store_and_a_directory_are_not_replaced(vectors, place):
    with pytest.raises(StoreError, match="is not a model that glovefast exported"):
        vectors.export(vectors.path, overwrite=True, file_format="static-model")
    with pytest.raises(StoreError, match="is a directory; give the name of a file"):
        vectors.export(place, overwrite=True, file_format="glove")
    with pytest.raises(StoreError, match="is inside the store"):
        vectors.export(vectors.path / "x.txt")
    assert len(glovefast.load(vectors.path)) == len(WORDS)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_full_disk_leaves_only_what_was_there(vectors, tmp_path, place, monkeypatch, file_format):
    path = place / NAMES[file_format]
    made(tmp_path, ["other"]).export(path)
    before, names = contents(path, file_format), sorted(place.iterdir())

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        vectors.export(path, overwrite=True)
    assert Path(caught.value.filename) in [*exported_files(path, file_format), path]
    assert contents(path, file_format) == before
    assert sorted(place.iterdir()) == names


def test_what_a_killed_export_left_is_removed(vectors, place):
    left = place / ".model.0123abcd.partial"
    left.mkdir()
    (left / "model.safetensors").write_text("half")
    (left / "tokenizer.json").write_text("half")
    vectors.export(place / "model")
    assert [each.name for each in place.iterdir()] == ["model"]


def test_a_link_stays_a_link(vectors, tmp_path, place):
    made(tmp_path, ["other"]).export(place / "real.bin")
    (place / "link.bin").symlink_to(place / "real.bin")
    vectors.export(place / "link.bin", overwrite=True)
    assert (place / "link.bin").is_symlink()
    assert (place / "real.bin").read_bytes().startswith(b"10 6\nthe ")


def test_importing_and_loading_import_no_writers():
    import subprocess
    import sys

    code = (
        "import sys, glovefast.vectors; late = ('glovefast.store.export.', 'pyarrow.parquet'); "
        "print([name for name in sys.modules if name.startswith(late)])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "['glovefast.store.export.methods']\n"
