"""The README's Python blocks run, one after the other, as a reader would paste them; its figures are real."""

import re
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.cli import main
from glovefast.text import text_to_word_sequence
from tests.helpers.backends import needs_tensorflow
from tests.helpers.readme import NOT_RUN, README, blocks, blocks_by_library, table_rows, text
from tests.reference import same_bits, text_vector, tutorial_dictionary

WORDS = ["well", "done", "good", "work", "great", "nice"]


@needs_tensorflow
def test_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("models that take strings need the backend TensorFlow")
    pytest.importorskip("matplotlib")
    import tensorflow as tf

    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 100))
    rows = (f"{word} " + " ".join(f"{x:.5g}" for x in row) for word, row in zip(WORDS, numbers, strict=True))
    Path("glove.6B.100d.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    Path("questions-words.txt").write_text(": made\nwell good done great\n", encoding="utf-8")
    Path("wordsim353.tsv").write_text("good\tgreat\t9\nwell\tdone\t5\nwork\tnice\t1\n", encoding="utf-8")

    names: dict = {}
    assert len(blocks("python")) >= 13
    for _, code in blocks("python"):
        exec(compile(code, str(README), "exec"), names)

    # What the reader has at the end is what the text promises.
    expected = tutorial_dictionary(Path("glove.6B.100d.txt"))
    layer_rows = names["layer"].get_weights()[0]
    for word, index in names["word_index"].items():
        assert layer_rows[index].tobytes() == expected.get(word, np.zeros(100, "float32")).tobytes()
    assert names["learned"]["good"].tobytes() == expected["good"].tobytes()
    assert names["partly"].trainable_indices.tolist() == [6, 7]
    assert names["grown"].vocabulary == {**names["with_oov"], "nice": 8}
    assert names["grown"].not_found == ("qwxz",)
    assert names["text"].get_vocabulary() == ["", "[UNK]", *WORDS]
    assert names["explained"].fallback == ("lower", "strip", "strip+lower")
    for query, neighbors in zip(["good", "work"], names["found"], strict=True):
        assert neighbors == names["vectors"].most_similar(query, topn=3)
    means, known = zip(
        *(text_vector(expected, text_to_word_sequence(each), 100) for each in names["texts"]), strict=True
    )
    assert same_bits(names["means"], np.stack(means))
    assert names["known"].tolist() == list(known) == [2, 2, 3, 2]
    np.testing.assert_allclose(np.linalg.norm(names["sentences"], axis=1), 1, rtol=1e-6)
    texts = tf.constant(names["texts"])
    predictions = names["served"].predict(texts, verbose=0)
    assert predictions.shape == (4, 4, 100)
    model = tf.saved_model.load("saved_model")
    assert same_bits(model.serve(texts).numpy(), predictions)
    assert [each is None for each in names["table"]["text_vector"].to_pylist()] == [False, True, False]
    assert same_bits(names["stacked"](names["texts"]), names["means"])
    assert all(Path(name).read_bytes().startswith(b"\x89PNG") for name in ("map.png", "coverage.png"))
    restored = np.max(np.abs(names["small"] - names["matrix"]), axis=1)  # int8 numbers, by NumPy alone
    assert (restored <= np.max(np.abs(names["matrix"]), axis=1) / 253).all()
    assert Path("cache/stores").is_dir()
    assert sorted(path.name for path in Path().glob("learned*")) == [
        "learned.bin",
        "learned.glovefast",
        "learned.parquet",
        "learned.tsv",
        "learned_metadata.tsv",
    ]
    assert names["matrix"][names["row"]].tobytes() == expected["good"].tobytes()


@pytest.mark.parametrize(("library", "code"), blocks_by_library(), ids=lambda part: part.split("\n")[0])
def test_blocks_that_need_another_library(tmp_path: Path, library: str, code: str) -> None:
    pytest.importorskip(library)
    word_index = {"well": 1, "done": 2, "good": 3, "nobody": 4}
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 100)).astype(np.float32)
    vectors = glovefast.load(glovefast.save(WORDS, numbers, tmp_path / "made.glovefast"))
    matrix = vectors.embedding_matrix(word_index)
    names: dict = {"glovefast": glovefast, "vectors": vectors, "word_index": word_index, "matrix": matrix}
    exec(compile(code, str(README), "exec"), names)
    rows = names["rows"]  # what a block looks up for the indices 3 and 0
    rows = rows.detach().numpy() if library == "torch" else np.asarray(rows)
    assert rows.tobytes() == matrix[[3, 0]].tobytes()


def test_neighbors_of_ten_words(glove_6b_50d: Path, tmp_path: Path) -> None:
    """The README shows the neighbors in the real glove.6B.50d as they come out."""
    vectors = glovefast.load(glovefast.convert(glove_6b_50d, tmp_path / "glove.6B.50d.glovefast"))
    shown = {word: cell for row in table_rows("Word") for word, cell in (row[:2], row[2:])}
    assert len(shown) == 10
    for (word, cell), neighbors in zip(shown.items(), vectors.nearest(list(shown), 4), strict=True):
        assert cell == ", ".join(f"{neighbor} {cosine:.2f}" for neighbor, cosine in neighbors), word


def test_the_table_of_commands_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    told = {name for row in table_rows("Command") for name in re.findall(r"`glovefast (\w+)", row[0])}
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0]
    assert told | {"demo"} == set(re.findall(r"^  (\w+)", listed, re.MULTILINE))


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_set_up_is_one_command(name: str) -> None:
    match = re.search(rf"<!-- command: {name} -->\n```bash\n(.*?)```", text(), re.DOTALL)
    assert match
    assert match[1].startswith("python3 -m venv .venv && ")
    assert match[1].count("\n") == 1


def test_a_reader_finds_things_by_heading() -> None:
    assert len(text().splitlines()) <= 300
    assert {
        "Quick start",
        "Installation",
        "Sources",
        "Looking up words",
        "Embedding matrices",
        "Out-of-vocabulary words",
        "Neighbors, analogies, evaluation",
        "Tokenizing text, models that take strings",
        "Text vectors, pictures",
        "PyTorch and JAX without Keras",
        "Spark, Ray and other engines",
        "Filtering while converting",
        "Saving and exporting",
        "Command line",
        "Input handling",
        "File format",
        "Guarantees",
        "Limitations",
        "Benchmarks",
    } <= set(re.findall(r"^## (.*)$", text(), re.MULTILINE))


def test_only_the_first_block_is_not_run() -> None:
    assert text().count(NOT_RUN) == 1
    assert text().index(NOT_RUN) == text().index("<!--")
    assert 'from_pretrained("glove.6B.100d")' in text().partition(NOT_RUN)[2].partition("```\n")[0]


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", text())
    local = [target for target in targets if "://" not in target]
    assert len(local) >= 4
    for target in local:
        path, _, section = target.partition("#")
        assert (README.parent / path).exists(), target
        if section:
            headings = re.findall(r"^## (.*)$", (README.parent / path).read_text("utf-8"), re.MULTILINE)
            assert section in [heading.lower().replace(" ", "-") for heading in headings]
