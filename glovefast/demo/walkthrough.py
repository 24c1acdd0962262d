"""The worked example of `glovefast demo`: the Keras embedding tutorial in one go.

Ten short documents are classified three times: with an embedding learned from them alone, with pretrained
vectors that stay as they are, and with the same vectors trained further.
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
from glovefast.demo.tutorial_loop import fit_word_index, one_hot, split_words
from glovefast.matrix.coverage import Coverage
from glovefast.progress import Progress
from glovefast.store.atomic import published_whole

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
# At this rate all three fits are right for good after 10 epochs at most (20 seeds tried, on the sample and on
# glove.6B.50d), so 50 leave a wide margin for the arithmetic of other machines. With Adam's own 0.001 some
# seeds end at 0.9.
LEARNING_RATE = 0.05
SEED = 7

LEARNED_WEIGHTS = "learned_weights.npy"
TRAINED_VECTORS = "trained_vectors.glovefast"

_STANDARD_ERROR = 2


@dataclass(frozen=True)
class DemoResult:
    """What came of the demo.

    Attributes
    ----------
    vectors_file : pathlib.Path
        The embedding text or the store that was used.
    rows, dim : int
        Its shape.
    coverage : Coverage
        Which of the documents' words have a vector.
    learned_accuracy, frozen_accuracy, trained_accuracy : float
        The accuracies of the three fits on the ten documents, 0 to 1.
    steps : tuple of Step
        The times, glovefast's and the tutorial's.
    bit_identical : bool or None
        Whether the tutorial's loop gives the same matrix to the last bit; None where it did not run.
    learned_weights : pathlib.Path
        The first model's embedding: (50, 8) float32 in a ``.npy`` file.
    trained_vectors : pathlib.Path
        The third model's embedding as a store.
    """

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
        """Give numbers, strings, lists and dictionaries only, as JSON has them."""
        return {
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
    """Work through the tutorial.

    Parameters
    ----------
    vectors_file : str, path-like or None
        Embedding text, as `convert` takes it, or a store; None for the sample that comes with the
        package. Nothing is written beside it: its store is made in a temporary directory.
    report : callable
        Takes what there is to tell, a line or a few at once.
    member : str, optional
        The zip archive's member; not needed if it has only one.
    output : str or path-like, optional
        The directory for what was learned, made if it is not there; what an earlier demo left in it is
        replaced. By default a new temporary one, which is kept.
    progress : callable, optional
        Called during the conversion; see `glovefast.conversion.convert`.

    Returns
    -------
    DemoResult
        Accuracies, times and paths.

    Raises
    ------
    DependencyError
        If Keras or its backend is not installed.
    FormatError, StoreError, OSError
        If the vectors cannot be read or the results not written.
    """
    given = SAMPLE if vectors_file is None else Path(vectors_file)
    given.stat()  # a mistyped path is an error at once, not after the first part
    classifier = _Classifier(report)
    # Imports Keras, so not before the classifier has hidden what that prints.
    from glovefast.keras import embedding_layer, save_embedding

    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
    results = Path(tempfile.mkdtemp(prefix="glovefast-demo-") if output is None else output)
    report("Ten remarks about schoolwork, 1 for praise and 0 for blame:")
    report("\n".join(f"  {label}  {text}" for text, label in DOCUMENTS))

    report("\n1. An embedding learned from the documents alone\n")
    learned_accuracy = _learn(classifier, results / LEARNED_WEIGHTS, report)

    report("\n2. Pretrained vectors, left as they are\n")
    word_index = fit_word_index(text for text, _ in DOCUMENTS)
    sequences = [[word_index[word] for word in split_words(text)] for text, _ in DOCUMENTS]
    working_directory = tempfile.mkdtemp(prefix="glovefast-demo-store-")
    try:
        compared = compare(given, word_index, working_directory, member=member, progress=progress)
        vectors = compared.vectors
        covered = vectors.coverage(word_index)
        _report_vectors(given, compared, covered, report)
        frozen_accuracy = classifier.fit(embedding_layer(vectors, word_index), sequences)

        report("\n3. The same vectors, trained further\n")
        layer = embedding_layer(vectors, word_index, trainable=True)
        trained_accuracy = classifier.fit(layer, sequences)
    finally:
        shutil.rmtree(working_directory, ignore_errors=True)
    trained_vectors = save_embedding(layer, word_index, results / TRAINED_VECTORS, overwrite=True)
    report(f"its embedding, for glovefast.load: {trained_vectors}")

    report(f"\nTimes\n\n{time_table(compared.steps)}")
    if given == SAMPLE:
        report(
            f"\nThe sample has {len(vectors)} rows, so setting up the parser outweighs reading them. A real "
            "file shows the difference: glovefast demo --vectors glove.6B.50d.txt"
        )
    return DemoResult(
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
    """The tutorial's model for the ten documents, made anew for each embedding layer."""

    def __init__(self, report: Callable[[str], None]) -> None:
        with _hidden_import_messages():
            from glovefast.keras.installed import keras
        self.keras = keras
        self._report = report

    def padded(self, sequences: list[list[int]]) -> NDArray[np.int32]:
        """Fill the documents' indices up with zeros, behind: (10, 4)."""
        matrix: NDArray[np.int32] = self.keras.utils.pad_sequences(sequences, LENGTH, padding="post")
        return matrix

    def fit(self, embedding: Any, sequences: list[list[int]]) -> float:  # noqa: ANN401 - a Keras layer
        """Train on all documents; give the accuracy on them."""
        keras = self.keras
        keras.utils.set_random_seed(SEED)
        inputs = self.padded(sequences)
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
    """Learn an embedding from the documents; save its weights, give the accuracy."""
    encoded = [one_hot(text, HASH_INDICES) for text, _ in DOCUMENTS]
    report(f"encoded: {encoded}\npadded:\n{classifier.padded(encoded)}")
    classifier.keras.utils.set_random_seed(SEED)  # the layer's initializer takes its seed at once
    layer = classifier.keras.layers.Embedding(HASH_INDICES, LEARNED_DIMENSIONS)
    accuracy = classifier.fit(layer, encoded)
    with published_whole(destination) as partial, partial.open("wb") as file:
        np.save(file, layer.get_weights()[0], allow_pickle=False)
    report(f"its embedding, {HASH_INDICES} x {LEARNED_DIMENSIONS}: {destination}")
    return accuracy


def _report_vectors(
    source: Path, compared: Comparison, covered: Coverage, report: Callable[[str], None]
) -> None:
    vectors, matrix = compared.vectors, compared.matrix
    report(f"{source}: {len(vectors):,} vectors of {vectors.dim} dimensions")
    if source == SAMPLE:
        report("(made up, for this demo)")
    report(f"the documents' words\n{covered}")
    report(f"matrix: {matrix.shape[0]} x {matrix.shape[1]}, row 0 for padding; {compared.verdict}")


@contextmanager
def _hidden_import_messages() -> Iterator[None]:
    """Keep off the terminal what TensorFlow's libraries tell while they load, unless it does not succeed.

    TensorFlow 2.21 writes to file descriptor 2 before it looks at TF_CPP_MIN_LOG_LEVEL.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        terminal = os.dup(_STANDARD_ERROR)
    except OSError:  # closed: nothing to keep anything off
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
