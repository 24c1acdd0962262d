"""The same small model on several embedding layers."""

import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sst2 import PARTS, QUIET, read_sentences
from benchmarks.sst2.steps import LENGTH

LEARNED, FROZEN, TUNED, MISSING = "learned", "frozen", "fine-tuned", "missing rows"
ROUNDED = {"frozen float16": "float16", "frozen int8": "int8"}
VARIANTS = {
    LEARNED: "learned from the sentences alone",
    FROZEN: "GloVe, frozen",
    **{variant: f"GloVe as {dtype}, frozen" for variant, dtype in ROUNDED.items()},
    MISSING: "GloVe, only the rows of missing words trained",
    TUNED: "GloVe, fine-tuned",
}

_BATCH = 50
_PATIENCE = 4
_FILTERS, _WIDTH = 64, 3
_RATE_BEFORE, _RATE_BEHIND = 0.3, 0.5


def train(directory: Path, store: Path, seeds: Iterable[int], epochs: int) -> dict[str, Any]:
    """Train every variant with every seed, and print a line for each run.

    Returns
    -------
    dict
        ``runs``: for each variant, a list of dictionaries with ``seed``, ``test``, ``dev`` (accuracies),
        ``epochs`` and ``seconds`` of training; ``parameters``: how many numbers of each variant train;
        ``coverage`` of the training vocabulary; ``sentences``: how many each part has; ``shape`` of the
        layer.
    """
    os.environ.update(QUIET)
    import tensorflow

    import glovefast
    from glovefast.text import Tokenizer

    tensorflow.config.experimental.enable_op_determinism()
    sentences, labels = {}, {}
    for part in PARTS:
        sentences[part], of_part = read_sentences(directory, part)
        labels[part] = np.array(of_part, dtype=np.float32)
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(sentences["train"])
    inputs = {part: tokenizer.texts_to_padded(texts, LENGTH) for part, texts in sentences.items()}
    vectors = glovefast.load(store)
    with tempfile.TemporaryDirectory(prefix="glovefast-sst2-") as scratch:
        stores = {
            variant: glovefast.load(glovefast.save(vectors, Path(scratch, dtype), dtype=dtype))
            for variant, dtype in ROUNDED.items()
        }  # their files stay mapped
    covered = vectors.explain_coverage(tokenizer).before
    runs: dict[str, list[dict[str, Any]]] = {variant: [] for variant in VARIANTS}
    parameters: dict[str, int] = {}
    for seed in seeds:
        for variant, label in VARIANTS.items():
            layer = _layer(variant, stores.get(variant, vectors), tokenizer, seed)
            model = _model(layer, seed)
            parameters[variant] = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
            runs[variant].append({"seed": seed, **_fit(model, inputs, labels, epochs)})
            print(f"{label}, seed {seed}: test accuracy {runs[variant][-1]['test']:.4f}", flush=True)
    return {
        "runs": runs,
        "parameters": parameters,
        "coverage": {**covered.to_dict(), "missing": covered.missing[:10], "missing_counts": None},
        "sentences": {part: len(texts) for part, texts in sentences.items()},
        "shape": [len(tokenizer.word_index) + 1, vectors.dim],
    }


def _layer(variant: str, vectors: Any, tokenizer: Any, seed: int) -> Any:
    """Make the embedding layer of a variant; words without a vector start at random."""
    import keras

    from glovefast.keras import embedding_layer, partly_trainable_layer

    keras.utils.set_random_seed(seed)
    if variant == LEARNED:
        return keras.layers.Embedding(len(tokenizer.word_index) + 1, vectors.dim)
    if variant == MISSING:
        return partly_trainable_layer(vectors, tokenizer, oov="normal", seed=seed)
    return embedding_layer(vectors, tokenizer, oov="normal", seed=seed, trainable=variant == TUNED)


def _model(embedding: Any, seed: int) -> Any:
    """Make a convolution over three words, the maximum of each filter, and a decision.

    The smallest of the models in Kim, "Convolutional neural networks for sentence classification", 2014,
    https://aclanthology.org/D14-1181.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            embedding,
            keras.layers.Dropout(_RATE_BEFORE),
            keras.layers.Conv1D(_FILTERS, _WIDTH, padding="same", activation="relu"),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dropout(_RATE_BEHIND),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _fit(model: Any, inputs: dict[str, Any], labels: dict[str, Any], epochs: int) -> dict[str, Any]:
    """Train until the development sentences say stop; use the test sentences once."""
    import keras

    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=_PATIENCE, restore_best_weights=True
    )
    started = time.perf_counter()
    history = model.fit(
        inputs["train"],
        labels["train"],
        batch_size=_BATCH,
        epochs=epochs,
        validation_data=(inputs["dev"], labels["dev"]),
        callbacks=[best],
        verbose=0,
    ).history["val_accuracy"]
    seconds = time.perf_counter() - started
    test = model.evaluate(inputs["test"], labels["test"], verbose=0, return_dict=True)
    return {"test": test["accuracy"], "dev": max(history), "epochs": len(history), "seconds": seconds}
