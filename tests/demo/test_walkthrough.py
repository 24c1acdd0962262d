"""The whole demo, on the sample and on the real file."""

import json
import os
import shutil

import numpy as np
import pytest

import glovefast
from glovefast.demo import walkthrough as demo
from glovefast.demo.tutorial_loop import fill_matrix
from tests.demo.test_side_by_side import WORD_INDEX as WITH_ANOTHER
from tests.reference import tutorial_dictionary

WORD_INDEX = {word: index for word, index in WITH_ANOTHER.items() if word != "zebrafinch"}


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """Where the demo finds the system's temporary directory."""
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("system")
        patch.setattr("tempfile.tempdir", str(directory))
        yield directory


@pytest.fixture(scope="module")
def shown():
    """The lines of the demo on the sample."""
    return []


@pytest.fixture(scope="module")
def result(temporary, shown):
    pytest.importorskip("keras")
    return demo.run(None, shown.append)


def test_every_fit_gets_every_document_right(result):
    assert (result.learned_accuracy, result.frozen_accuracy, result.trained_accuracy) == (1, 1, 1)


def test_matrix_is_the_tutorials(result):
    assert result.bit_identical is True
    assert (result.rows, result.dim) == (len(tutorial_dictionary(demo.SAMPLE)), 50)
    assert (result.coverage.hits, result.coverage.misses) == (len(WORD_INDEX), 0)


def test_what_was_learned_is_kept_and_nothing_else(result, temporary):
    weights = np.load(result.learned_weights, allow_pickle=False)
    assert (weights.shape, weights.dtype) == ((50, 8), np.float32)
    trained = glovefast.load(result.trained_vectors)
    assert trained.words.to_pylist() == list(WORD_INDEX)
    pretrained = fill_matrix(tutorial_dictionary(demo.SAMPLE), WORD_INDEX, 50)
    moved = np.abs(trained.vectors - pretrained[1:])
    assert 0 < moved.max() < 5
    assert list(temporary.iterdir()) == [result.learned_weights.parent]
    assert {path.name for path in result.learned_weights.parent.iterdir()} == {
        demo.LEARNED_WEIGHTS,
        demo.TRAINED_VECTORS,
    }


def test_each_part_is_shown(result, shown):
    text = "\n".join(shown)
    keras = pytest.importorskip("keras")
    assert text.startswith(f"Keras {keras.__version__} on {result.backend}\n")
    assert result.backend == keras.backend.backend()
    assert all(remark in text for remark, _ in demo.DOCUMENTS)
    assert "encoded: [[22, 29], " in text
    assert "[[22 29  0  0]\n [15 28 43  0]\n" in text
    assert text.count("accuracy after 50 epochs: 1.000") == 3
    assert "Trainable params: 201 " in text  # frozen: the last layer alone
    assert "Trainable params: 1,551 " in text
    assert "the tutorial's loop gives the same matrix, bit for bit" in text
    assert str(result.learned_weights) in text
    assert "tutorial loop" in text


def test_result_goes_through_json(result):
    told = json.loads(json.dumps(result.to_dict()))
    assert told["frozen_accuracy"] == 1
    assert told["backend"] == result.backend
    assert told["coverage"]["hits"] == len(WORD_INDEX)
    assert [step["name"] for step in told["steps"]] == ["read the text", "open the store", "build the matrix"]
    assert told["trained_vectors"] == str(result.trained_vectors)


def test_again_with_a_file_and_a_directory_of_ones_own(result, temporary, tmp_path):
    source = tmp_path / "mine" / "vectors.txt"
    source.parent.mkdir()
    shutil.copy(demo.SAMPLE, source)
    before = set(temporary.iterdir())
    seen = []
    again = demo.run(source, lambda line: None, output=tmp_path / "made" / "here", progress=seen.append)
    assert again.learned_weights == tmp_path / "made" / "here" / demo.LEARNED_WEIGHTS
    assert list(source.parent.iterdir()) == [source]
    assert set(temporary.iterdir()) == before
    assert seen[-1].rows == again.rows
    # The same seed, the same numbers; another seed's differ by about 0.05.
    np.testing.assert_allclose(np.load(again.learned_weights), np.load(result.learned_weights), atol=1e-4)
    first, second = glovefast.load(result.trained_vectors), glovefast.load(again.trained_vectors)
    np.testing.assert_allclose(second.vectors, first.vectors, atol=1e-4)


def test_mistyped_path_is_an_error_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown = []
    with pytest.raises(FileNotFoundError, match="nowhere"):
        demo.run(tmp_path / "nowhere.txt", shown.append)
    assert shown == []
    assert list(tmp_path.iterdir()) == []


def test_real_file(glove_6b_50d, tmp_path):
    pytest.importorskip("keras")
    result = demo.run(glove_6b_50d, lambda line: None, output=tmp_path)
    assert (result.rows, result.dim) == (400_000, 50)
    assert result.bit_identical is True
    assert result.coverage.misses == 0
    assert (result.learned_accuracy, result.frozen_accuracy, result.trained_accuracy) == (1, 1, 1)


def test_messages_of_an_import_are_shown_only_if_it_fails(capfd):
    with demo._hidden_import_messages():
        os.write(2, b"good to know\n")
    assert capfd.readouterr().err == ""

    def failing():
        with demo._hidden_import_messages():
            os.write(2, b"the reason why\n")
            raise ImportError("no")

    with pytest.raises(ImportError):
        failing()
    assert capfd.readouterr().err == "the reason why\n"
