"""The README's Python blocks run, one after the other, as a reader would paste them."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.reference import tutorial_dictionary

README = Path(__file__).parents[1] / "README.md"
WORDS = ["well", "done", "good", "work", "great", "nice"]


def python_blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


# Keras 3.15's own saving does not know NumPy 2's copy keyword yet.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 100))
    rows = (f"{word} " + " ".join(f"{x:.5g}" for x in row) for word, row in zip(WORDS, numbers, strict=True))
    Path("glove.6B.100d.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")

    names: dict = {}
    blocks = python_blocks()
    assert len(blocks) >= 6
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)

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
    assert names["matrix"][names["row"]].tobytes() == expected["good"].tobytes()


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_set_up_is_one_command(name: str) -> None:
    match = re.search(
        rf"<!-- command: {name} -->\n```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert match
    assert match[1].startswith("python3 -m venv .venv && ")
    assert match[1].count("\n") == 1
