"""The README's commands and Python blocks run, one after the other, as a reader would paste them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.cli import main
from tests.helpers.backends import needs_tensorflow
from tests.reference import tutorial_dictionary

README = Path(__file__).parents[1] / "README.md"
WORDS = ["well", "done", "good", "work", "great", "nice"]


NOT_RUN = "<!-- not run by the tests: needs a network -->"
NEEDS = re.compile(r"<!-- needs (\w+) -->")  # a block that needs a library beside those of the test command


def blocks(kind: str) -> list[tuple[str, str]]:
    """Give the README's blocks of code with their languages, without those that need more than the tests."""
    text = README.read_text(encoding="utf-8")
    found = re.findall(r"^(<!--[^\n]*-->\n)?```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [
        (language, code)
        for comment, language, code in found
        if language in kind.split() and comment.strip() != NOT_RUN and not NEEDS.match(comment)
    ]


@needs_tensorflow
def test_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 100))
    rows = (f"{word} " + " ".join(f"{x:.5g}" for x in row) for word, row in zip(WORDS, numbers, strict=True))
    Path("glove.6B.100d.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")

    names: dict = {}
    assert len(blocks("python")) >= 6
    for language, code in blocks("bash python"):
        if language == "python":
            exec(compile(code, str(README), "exec"), names)
        elif code.startswith("glovefast "):
            for line in code.splitlines():
                assert main(shlex.split(line, comments=True)[1:]) == 0

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


def blocks_by_library() -> list[tuple[str, str]]:
    """Give the blocks that need another library, with its name."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^{NEEDS.pattern}\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("library", "code"), blocks_by_library(), ids=lambda part: part.split("\n")[0])
def test_blocks_that_need_another_library(tmp_path: Path, library: str, code: str) -> None:
    pytest.importorskip(library)
    word_index = {"well": 1, "done": 2, "good": 3, "nobody": 4}
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 100)).astype(np.float32)
    vectors = glovefast.load(glovefast.save(WORDS, numbers, tmp_path / "made.glovefast"))
    matrix = vectors.embedding_matrix(word_index)
    names: dict = {"vectors": vectors, "word_index": word_index, "matrix": matrix}
    exec(compile(code, str(README), "exec"), names)
    rows = np.asarray(names["rows"])  # what a block looks up for the indices 3 and 0
    assert rows.tobytes() == matrix[[3, 0]].tobytes()


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_set_up_is_one_command(name: str) -> None:
    match = re.search(
        rf"<!-- command: {name} -->\n```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert match
    assert match[1].startswith("python3 -m venv .venv && ")
    assert match[1].count("\n") == 1


def test_a_reader_finds_things_by_heading() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert {
        "Quick start",
        "Installation",
        "Sources",
        "Looking up words",
        "Embedding matrices",
        "Out-of-vocabulary words",
        "Filtering while converting",
        "Saving and exporting",
        "Command line",
        "Input handling",
        "File format",
        "Guarantees",
        "Limitations",
        "Benchmarks",
    } <= set(re.findall(r"^## (.*)$", text, re.MULTILINE))


def test_only_the_first_block_is_not_run() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(NOT_RUN) == 1
    assert text.index(NOT_RUN) == text.index("<!--")
    assert 'from_pretrained("glove.6B.100d")' in text.partition(NOT_RUN)[2].partition("```\n")[0]


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert len(local) >= 4
    assert [target for target in local if not (README.parent / target).exists()] == []
