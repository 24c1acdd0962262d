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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matrices import fill_matrix, read_embeddings_index
from benchmarks.sst2 import PARTS, QUIET, read_sentences

LENGTH = 56  # sentences of SST-2 have at most 56 words, in the Treebank's tokens

IMPORT = "import the library"
READ = "read the sentences"
FIT = "number the words of the training sentences"
ENCODE = "sentences to padded sequences"
VECTORS = "the vectors: open the store, or read the text"
LAYER = "the embedding matrix and the layer"
STEPS = (IMPORT, READ, FIT, ENCODE, VECTORS, LAYER)

# Of one way: the tokenizer's class, and how texts become padded sequences, a file vectors, and these a layer.
Way = tuple[Callable[[], Any], Callable[..., Any], Callable[[Path], Any], Callable[..., Any]]


def with_glovefast() -> Way:
    import glovefast
    from glovefast.keras import embedding_layer
    from glovefast.text import Tokenizer

    def pad(tokenizer: Any, texts: list[str]) -> np.ndarray:
        return tokenizer.texts_to_padded(texts, LENGTH)

    return Tokenizer, pad, glovefast.load, embedding_layer


def in_the_tutorials_way() -> Way:
    from keras.layers import Embedding
    from keras.src.legacy.preprocessing.text import Tokenizer
    from keras.utils import pad_sequences

    def pad(tokenizer: Any, texts: list[str]) -> np.ndarray:
        return pad_sequences(tokenizer.texts_to_sequences(texts), LENGTH)

    def make_layer(embeddings_index: dict[str, np.ndarray], tokenizer: Any) -> Any:
        matrix = fill_matrix(embeddings_index, tokenizer.word_index, float)
        layer = Embedding(*matrix.shape, weights=[matrix], trainable=False)
        layer.build()
        return layer

    return Tokenizer, pad, read_embeddings_index, make_layer


WAYS = {"glovefast": with_glovefast, "tutorial": in_the_tutorials_way}


def go(name: str, directory: Path, source: Path) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Go one way; return the seconds of each step, and the inputs and the layer's weights."""
    clock = [time.perf_counter()]

    def done() -> None:
        clock.append(time.perf_counter())

    make_tokenizer, pad, open_vectors, make_layer = WAYS[name]()
    done()
    sentences = {part: read_sentences(directory, part)[0] for part in PARTS}
    done()
    tokenizer = make_tokenizer()
    tokenizer.fit_on_texts(sentences["train"])
    done()
    inputs = {part: pad(tokenizer, texts) for part, texts in sentences.items()}
    done()
    vectors = open_vectors(source)
    done()
    layer = make_layer(vectors, tokenizer)
    done()
    seconds = dict(zip(STEPS, np.diff(clock).tolist(), strict=True))
    return seconds, {**inputs, "weights": layer.get_weights()[0]}


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
        report[turn], given = go(name, Path(directory), Path(vectors))
        for file in result:
            np.savez(file, **given)
        del given
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1:])
