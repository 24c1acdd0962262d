"""From raw text and vectors to model inputs and a layer, step by step, in one process.

``python -m benchmarks.sst2.steps glovefast TEXT_DIRECTORY STORE [RESULT.npz]``
``python -m benchmarks.sst2.steps tutorial TEXT_DIRECTORY VECTORS.txt [RESULT.npz]``

It prints the seconds of each step as JSON: of the first time in the process and, for glovefast, of the
second.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sst2 import PARTS, QUIET, read_sentences

LENGTH = 56  # sentences of SST-2 have at most 56 words, in the Treebank's tokens

IMPORT = "import the library"
READ = "read the sentences"
FIT = "number the words of the training sentences"
ENCODE = "sentences to padded sequences"
VECTORS = "the vectors: open the store, or read the text"
LAYER = "the embedding matrix and the layer"
STEPS = (IMPORT, READ, FIT, ENCODE, VECTORS, LAYER)

Step = Callable[[str], Any]
Inputs = dict[str, np.ndarray]


def with_glovefast(directory: Path, store: Path, step: Step) -> tuple[Inputs, Any]:
    with step(IMPORT):
        import glovefast
        from glovefast.keras import embedding_layer
        from glovefast.text import Tokenizer
    with step(READ):
        sentences = {part: read_sentences(directory, part)[0] for part in PARTS}
    with step(FIT):
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(sentences["train"])
    with step(ENCODE):
        inputs = {part: tokenizer.texts_to_padded(texts, LENGTH) for part, texts in sentences.items()}
    with step(VECTORS):
        vectors = glovefast.load(store)
    with step(LAYER):
        layer = embedding_layer(vectors, tokenizer)
    return inputs, layer


def in_the_tutorials_way(directory: Path, text: Path, step: Step) -> tuple[Inputs, Any]:
    with step(IMPORT):
        from keras.layers import Embedding
        from keras.src.legacy.preprocessing.text import Tokenizer
        from keras.utils import pad_sequences
    with step(READ):
        sentences = {part: read_sentences(directory, part)[0] for part in PARTS}
    with step(FIT):
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(sentences["train"])
    with step(ENCODE):
        inputs = {
            part: pad_sequences(tokenizer.texts_to_sequences(texts), LENGTH)
            for part, texts in sentences.items()
        }
    with step(VECTORS):
        embeddings_index = {}
        with text.open(encoding="utf-8") as file:
            for line in file:
                values = line.split()
                coefficients = np.asarray(values[1:], dtype="float32")
                embeddings_index[values[0]] = coefficients
    with step(LAYER):
        vocabulary_size = len(tokenizer.word_index) + 1
        matrix = np.zeros((vocabulary_size, len(coefficients)))
        for word, index in tokenizer.word_index.items():
            vector = embeddings_index.get(word)
            if vector is not None:
                matrix[index] = vector
        layer = Embedding(vocabulary_size, matrix.shape[1], weights=[matrix], trainable=False)
        layer.build()
    return inputs, layer


WAYS: dict[str, Callable[[Path, Path, Step], tuple[Inputs, Any]]] = {
    "glovefast": with_glovefast,
    "tutorial": in_the_tutorials_way,
}


def disagreement(result: Path, reference: Path) -> str | None:
    with np.load(result) as ours, np.load(reference) as theirs:
        for name in theirs.files:
            one, other = ours[name], theirs[name]
            if one.shape != other.shape or one.dtype != other.dtype or one.tobytes() != other.tobytes():
                return f"the {name} are not the same as the tutorial's way gives"
    return None


def main(arguments: list[str]) -> None:
    name, directory, vectors, *result = arguments
    os.environ.update(QUIET)
    import keras

    keras.layers.Embedding(2, 2).build()
    report = {}
    for turn in ("first", "again") if name == "glovefast" else ("first",):
        seconds: dict[str, float] = {}

        @contextmanager
        def step(name: str, seconds: dict[str, float] = seconds) -> Iterator[None]:
            started = time.perf_counter()
            yield
            seconds[name] = time.perf_counter() - started

        inputs, layer = WAYS[name](Path(directory), Path(vectors), step)
        report[turn] = seconds
        if result:
            np.savez(result[0], weights=layer.get_weights()[0], **inputs)
        del inputs, layer
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1:])
