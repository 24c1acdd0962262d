"""The sample that comes with the package."""

import numpy as np

from glovefast.data import make_sample
from glovefast.demo import SAMPLE
from tests.reference import read_rows, tutorial_dictionary


def test_script_makes_the_same_bytes_again():
    assert make_sample.SAMPLE == SAMPLE
    assert make_sample.make_sample().encode() == SAMPLE.read_bytes()


def test_sample_is_small_embedding_text_under_a_name_of_its_own():
    text = SAMPLE.read_bytes()
    assert len(text) < 200_000
    assert "glove" not in SAMPLE.name.lower()
    words, vectors = read_rows(text, make_sample.DIMENSIONS)
    assert len(words) == len(set(words)) >= 300
    assert np.isfinite(vectors).all()
    assert text.decode().splitlines()[0].split(" ")[1:] == [f"{value:.5g}" for value in vectors[0]]


def test_praise_and_blame_lie_apart():
    vectors = {word: vector / np.linalg.norm(vector) for word, vector in tutorial_dictionary(SAMPLE).items()}
    praise = np.array([vectors[word] for word in ("good", "great", "excellent", "lovely", "clear")])
    blame = np.array([vectors[word] for word in ("bad", "poor", "weak", "careless", "wrong")])
    assert (praise @ praise.T).mean() > 0.3 > (praise @ blame.T).mean()
    assert (blame @ blame.T).mean() > 0.3
