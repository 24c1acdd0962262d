"""The sample that comes with the package."""

import numpy as np

from glovefast.demo import sample, walkthrough
from tests.reference import read_rows, tutorial_dictionary


def test_script_makes_the_same_bytes_again():
    assert walkthrough.SAMPLE == sample.SAMPLE
    assert sample.make_sample().encode() == sample.SAMPLE.read_bytes()


def test_sample_is_small_embedding_text_under_a_name_of_its_own():
    text = sample.SAMPLE.read_bytes()
    assert len(text) < 200_000
    assert "glove" not in sample.SAMPLE.name.lower()
    words, vectors = read_rows(text, sample.DIMENSIONS)
    assert len(words) == len(set(words)) >= 300
    assert np.isfinite(vectors).all()
    assert text.decode().splitlines()[0].split(" ")[1:] == [f"{value:.5g}" for value in vectors[0]]


def test_praise_and_blame_lie_apart():
    vectors = {
        word: vector / np.linalg.norm(vector) for word, vector in tutorial_dictionary(sample.SAMPLE).items()
    }
    praise = np.array([vectors[word] for word in ("good", "great", "excellent", "lovely", "clear")])
    blame = np.array([vectors[word] for word in ("bad", "poor", "weak", "careless", "wrong")])
    assert (praise @ praise.T).mean() > 0.3 > (praise @ blame.T).mean()
    assert (blame @ blame.T).mean() > 0.3
