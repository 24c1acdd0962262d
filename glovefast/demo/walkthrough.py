"""The worked example of `glovefast demo`: the Keras embedding tutorial from start to end.

It classifies ten short documents three times: with an embedding learned from them alone, with frozen
pretrained vectors, and with the same vectors fine-tuned.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glovefast.demo.sample import SAMPLE
from glovefast.demo.side_by_side import Comparison, Step, compare, time_table
from glovefast.matrix.coverage import Coverage
from glovefast.progress import Progress
from glovefast.store.atomic import published_whole
from glovefast.text import Tokenizer, hashing_trick, pad_sequences

DOCUMENTS = (
    ("Splendid essay!", 1),
    ("A thoughtful answer", 1),
    ("Clear and careful work", 1),
    ("Wonderful progress", 1),
    ("Lovely handwriting", 1),
    ("Careless spelling", 0),
    ("A confused answer", 0),
    ("Too many mistakes", 0),
    ("Homework is late again", 0),
    ("Not your best work", 0),
)
LENGTH = 4
HASH_INDICES = 50
LEARNED_DIMENSIONS = 8
EPOCHS = 50
# At this rate, all three fits reach and keep an accuracy of 1 within 10 epochs (20 seeds, on the sample and
# on glove.6B.50d). 50 epochs leave a wide margin for the arithmetic of other machines. With Adam's default of
# 0.001, some seeds end at 0.9.
LEARNING_RATE = 0.05
SEED = 7

LEARNED_WEIGHTS = "learned_weights.npy"
TRAINED_VECTORS = "trained_vectors.glovefast"

_STANDARD_ERROR = 2


@dataclass(frozen=True)
class DemoResult:
    """The results of the demo.

    Attributes
    ----------
    backend : str
        What Keras ran on: ``"tensorflow"``, ``"jax"`` or ``"torch"``.
    vectors_file : pathlib.Path
        The text file or store of word vectors.
    rows, dim : int
        Its shape.
    coverage : Coverage
        Which of the documents' words have a vector.
    learned_accuracy, frozen_accuracy, trained_accuracy : float
        The accuracies of the three fits on the ten documents, from 0 to 1.
    steps : tuple of Step
        The times of glovefast and of the tutorial's loop.
    bit_identical : bool or None
        Whether the tutorial's loop gives the same matrix, bit for bit; None if it did not run.
    learned_weights : pathlib.Path
        The first model's embedding, (50, 8) float32 in a ``.npy`` file.
    trained_vectors : pathlib.Path
        The third model's embedding as a store.
    """

    backend: str
    vectors_file: Path
    rows: int
    dim: int
    coverage: Coverage
    learned_accuracy: float
    frozen_accuracy: float
    trained_accuracy: float
    steps: tuple[Step, ...]
    bit_identical: bool | None
    learned_weights: Path
    trained_vectors: Path

    def to_dict(self) -> dict[str, Any]:
        """Convert the results to numbers, strings, lists and dictionaries for JSON."""
        return {
            "backend": self.backend,
            "vectors_file": str(self.vectors_file),
            "rows": self.rows,
            "dim": self.dim,
            "coverage": self.coverage.to_dict(),
            "learned_accuracy": self.learned_accuracy,
            "frozen_accuracy": self.frozen_accuracy,
            "trained_accuracy": self.trained_accuracy,
            "steps": [asdict(step) for step in self.steps],
            "bit_identical": self.bit_identical,
            "learned_weights": str(self.learned_weights),
            "trained_vectors": str(self.trained_vectors),
        }


def run(
    vectors_file: str | os.PathLike[str] | None,
    report: Callable[[str], None],
    *,
    member: str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DemoResult:
    """Run the tutorial's examples.

    Parameters
    ----------
    vectors_file : str, path-like or None
        Word vectors: any source of `convert`, or a store. None uses the sample in the package. Nothing is
        written beside the source; the store is created in a temporary directory.
    report : callable
        Called with the text to show, one line or a few at a time.
    member : str, optional
        The archive's member; not needed if it has only one.
    output : str or path-like, optional
        The directory for the results, created if missing; the results of an earlier demo are replaced. By
        default a new temporary directory, which is kept.
    progress : callable, optional
        Called during the conversion; see `glovefast.convert`.

    Returns
    -------
    DemoResult
        Accuracies, times and paths.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed.
    FormatError, StoreError, OSError
        If the vectors cannot be read or the results cannot be written.
    """
    given = SAMPLE if vectors_file is None else Path(vectors_file)
    given.stat()  # a mistyped path is an error at once, not after the first part
    classifier = _Classifier(report)
    # This imports Keras, so it waits until the classifier has hidden the messages of that import.
    from glovefast.keras import embedding_layer, save_embedding

    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
    results = Path(tempfile.mkdtemp(prefix="glovefast-demo-") if output is None else output)
    report(f"Keras {classifier.keras.__version__} on {classifier.backend}\n")
    report("Ten remarks about schoolwork, labeled 1 for praise and 0 for blame:")
    report("\n".join(f"  {label}  {text}" for text, label in DOCUMENTS))

    report("\n1. An embedding learned from the documents alone\n")
    learned_accuracy = _learn(classifier, results / LEARNED_WEIGHTS, report)

    report("\n2. Pretrained vectors, frozen\n")
    texts = [text for text, _ in DOCUMENTS]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    inputs = tokenizer.texts_to_padded(texts, maxlen=LENGTH, padding="post")
    working_directory = tempfile.mkdtemp(prefix="glovefast-demo-store-")
    try:
        compared = compare(given, tokenizer.word_index, working_directory, member=member, progress=progress)
        vectors = compared.vectors
        covered = vectors.coverage(tokenizer)
        _report_vectors(given, compared, covered, report)
        frozen_accuracy = classifier.fit(embedding_layer(vectors, tokenizer, trainable=False), inputs)

        report("\n3. The same vectors, fine-tuned\n")
        layer = embedding_layer(vectors, tokenizer, trainable=True)
        trained_accuracy = classifier.fit(layer, inputs)
    finally:
        shutil.rmtree(working_directory, ignore_errors=True)
    trained_vectors = save_embedding(layer, tokenizer, results / TRAINED_VECTORS, overwrite=True)
    report(f'The fine-tuned embedding: glovefast.load("{trained_vectors}")')

    report(f"\nTimes\n\n{time_table(compared.steps)}")
    if given == SAMPLE:
        report(
            f"\nThe sample has only {len(vectors)} rows, so most of the time is start-up. A real file shows "
            "the difference: glovefast demo --vectors glove.6B.50d.txt"
        )
    return DemoResult(
        backend=classifier.backend,
        vectors_file=given,
        rows=len(vectors),
        dim=vectors.dim,
        coverage=covered,
        learned_accuracy=learned_accuracy,
        frozen_accuracy=frozen_accuracy,
        trained_accuracy=trained_accuracy,
        steps=compared.steps,
        bit_identical=compared.bit_identical,
        learned_weights=results / LEARNED_WEIGHTS,
        trained_vectors=trained_vectors,
    )


class _Classifier:
    """Trains the tutorial's model on the ten documents, a new one for each embedding layer."""

    def __init__(self, report: Callable[[str], None]) -> None:
        with _hidden_import_messages():
            from glovefast.keras.backend import keras
        self.keras = keras
        self.backend: str = keras.backend.backend()
        self._report = report

    def fit(self, embedding: Any, inputs: NDArray[np.int32]) -> float:  # noqa: ANN401 - a Keras layer
        """Train on the documents, (10, 4) int32; return the accuracy on them."""
        keras = self.keras
        keras.utils.set_random_seed(SEED)
        labels = np.array([label for _, label in DOCUMENTS])
        output = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((LENGTH,)), embedding, keras.layers.Flatten(), output])
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
        model.summary(print_fn=lambda text, **_: self._report(text.rstrip()))
        model.fit(inputs, labels, epochs=EPOCHS, verbose=0)
        accuracy = float(model.evaluate(inputs, labels, verbose=0, return_dict=True)["accuracy"])
        self._report(f"accuracy after {EPOCHS} epochs: {accuracy:.3f}")
        return accuracy


def _learn(classifier: _Classifier, destination: Path, report: Callable[[str], None]) -> float:
    """Learn an embedding from the documents, save its weights and return the accuracy."""
    # The tutorial's one_hot uses Python's hash, which differs between processes; md5 does not.
    encoded = [hashing_trick(text, HASH_INDICES, "md5") for text, _ in DOCUMENTS]
    inputs = pad_sequences(encoded, maxlen=LENGTH, padding="post")
    report(f"encoded: {encoded}\npadded:\n{inputs}")
    classifier.keras.utils.set_random_seed(SEED)  # the layer's initializer takes its seed at once
    layer = classifier.keras.layers.Embedding(HASH_INDICES, LEARNED_DIMENSIONS)
    accuracy = classifier.fit(layer, inputs)
    with published_whole(destination, overwrite=True) as partial, partial.open("wb") as file:
        np.save(file, layer.get_weights()[0], allow_pickle=False)
    report(f"The learned embedding, {HASH_INDICES} × {LEARNED_DIMENSIONS}: {destination}")
    return accuracy


def _report_vectors(
    source: Path, compared: Comparison, covered: Coverage, report: Callable[[str], None]
) -> None:
    vectors, matrix = compared.vectors, compared.matrix
    report(f"{source}: {len(vectors):,} vectors of {vectors.dim} dimensions")
    if source == SAMPLE:
        report("(made up for this demo)")
    report(f"The words of the documents:\n{covered}")
    report(f"matrix: {matrix.shape[0]} × {matrix.shape[1]}, row 0 for padding; {compared.verdict}")


@contextmanager
def _hidden_import_messages() -> Iterator[None]:
    """Hide what TensorFlow's libraries print while they are imported, unless the import fails.

    TensorFlow 2.21 writes to file descriptor 2 before it reads TF_CPP_MIN_LOG_LEVEL.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        terminal = os.dup(_STANDARD_ERROR)
    except OSError:  # standard error is closed
        yield
        return
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), _STANDARD_ERROR)
        succeeded = False
        try:
            yield
            succeeded = True
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(terminal, _STANDARD_ERROR)
            os.close(terminal)
            if not succeeded:
                messages.seek(0)
                os.write(_STANDARD_ERROR, messages.read())
