"""Texts to vectors with the real glove.6B.50d: what is near in meaning is near in numbers."""

import os
from pathlib import Path

import numpy as np
import pytest

import glovefast
from glovefast.text import text_to_word_sequence
from tests.reference import same_bits, text_vector

TEXTS = [
    "The striker scored twice in the second half, and the team won the championship final.",
    "A late goal by the captain gave the club its third victory of the season.",
    "Add the chopped onions, garlic and butter, and bake it in the oven for an hour.",
    "Stir the sugar into the cream and pour the sauce over the cake.",
    "The central bank raised interest rates, and shares fell on the stock market.",
    "Investors sold bonds after inflation and unemployment grew faster than expected.",
    "Physicists measured the mass of the particle with a detector at the laboratory.",
    "The experiment shows how electrons emit energy in a magnetic field.",
]


@pytest.fixture(scope="module")
def vectors(glove_6b_50d, tmp_path_factory):
    return glovefast.load(
        glovefast.convert(glove_6b_50d, tmp_path_factory.mktemp("real") / "store.glovefast")
    )


@pytest.mark.parametrize("pooling", ["mean", "sif", "fitted"])
def test_the_nearest_text_has_the_same_topic(vectors, pooling):
    how = vectors.fit_sif(TEXTS) if pooling == "fitted" else pooling
    found = vectors.embed(TEXTS, how, normalize=True)
    similar = found @ found.T
    np.fill_diagonal(similar, -1)
    assert similar.argmax(axis=1).tolist() == [1, 0, 3, 2, 5, 4, 7, 6]


def test_texts_of_films_equal_a_plain_loop(vectors):
    directory = os.environ.get("GLOVEFAST_TEXT_DATA")
    if not directory:
        pytest.skip("GLOVEFAST_TEXT_DATA is not set to a directory with the files of SST-2")
    texts = Path(directory, "sst2.dev.txt").read_text("utf-8").splitlines()
    found, counts = vectors.embed(texts, return_counts=True)
    sif = vectors.fit_sif(texts)
    weighted = vectors.embed(texts, sif)
    for number, text in enumerate(texts[::4]):
        words = text_to_word_sequence(text)
        known = {word: vectors[word] for word in words if word in vectors}
        expected = text_vector(known, words, vectors.dim)
        assert same_bits(found[4 * number], expected[0])
        assert counts[4 * number] == expected[1]
        weights = {word: sif.weights[vectors.rows([word])[0]] for word in known}
        expected = text_vector(known, words, vectors.dim, weights=weights, component=sif.component)
        assert same_bits(weighted[4 * number], expected[0])
