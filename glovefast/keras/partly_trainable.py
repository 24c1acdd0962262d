"""An embedding layer in which some rows train and the others never move."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glovefast.keras.installed import keras

FROZEN = -1


@keras.saving.register_keras_serializable(package="glovefast")
class PartlyTrainableEmbedding(keras.layers.Layer):
    """An embedding of which only some rows train; made by `glovefast.keras.partly_trainable_layer`.

    The rows that train are a weight of their own. The others lie in a weight that is not trainable, so that
    no optimizer ever sees them: neither weight decay nor momentum nor an average over the steps moves them,
    as they would with gradients that are set to zero.

    Parameters
    ----------
    input_dim : int
        Rows: one more than the largest index.
    output_dim : int
        Numbers per row.
    trainable_rows : int
        How many of the rows train. Which ones is in the layer's weights (`trainable_indices`), so that a
        configuration stays small; a layer made from its configuration alone trains its first rows, and
        holds zeros.
    embeddings_regularizer, embeddings_constraint
        As of ``keras.layers.Embedding``, for the rows that train.
    mask_zero : bool
        Whether index 0 is padding that the layers behind shall pass over.
    **kwargs
        What every Keras layer takes: ``name``, ``trainable``, ``dtype``.

    Raises
    ------
    ValueError
        If a number is no positive integer, or more rows shall train than there are.

    Notes
    -----
    Its weights are ``learned_rows`` (trainable_rows, output_dim); ``frozen_rows`` (input_dim, output_dim),
    zero where the row trains; and ``places`` (input_dim,), the place of each row among the learned ones,
    -1 for a frozen one.
    """

    built: bool

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        trainable_rows: int,
        *,
        embeddings_regularizer: Any = None,  # noqa: ANN401 - Keras's own
        embeddings_constraint: Any = None,  # noqa: ANN401
        mask_zero: bool = False,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        sizes = {"input_dim": input_dim, "output_dim": output_dim, "trainable_rows": trainable_rows}
        for argument, size in sizes.items():
            if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
                raise ValueError(f"{argument} is a positive integer, not {size!r}")
        if trainable_rows > input_dim:
            raise ValueError(f"trainable_rows={trainable_rows} is more than input_dim={input_dim}")
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.trainable_rows = trainable_rows
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = keras.constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False  # indices that come as floats would be rounded, and so would the rows
        self._initial: tuple[Any, ...] = ("zeros", "zeros", self._first_places)

    @classmethod
    def from_rows(cls, rows: ArrayLike, trainable_indices: ArrayLike, **arguments: Any) -> Self:  # noqa: ANN401
        """Make a layer that is built and filled.

        Parameters
        ----------
        rows : array_like
            (input_dim, output_dim): all rows.
        trainable_indices : array_like
            Integers, each once: the rows that train.
        **arguments
            What the class takes besides the three numbers.
        """
        table = np.asarray(rows)
        indices = np.unique(np.asarray(trainable_indices, dtype=np.int64))
        input_dim, output_dim = table.shape
        layer = cls(input_dim, output_dim, len(indices), **arguments)
        layer.fill(table, indices)
        return layer

    def fill(self, rows: NDArray[Any], trainable_indices: NDArray[np.int64]) -> None:
        """Build the layer with what it shall hold.

        Parameters
        ----------
        rows : numpy.ndarray
            (input_dim, output_dim): all rows.
        trainable_indices : numpy.ndarray
            (trainable_rows,) int64, ascending: the rows that train.
        """
        places = np.full(self.input_dim, FROZEN, dtype=np.int64)
        places[trainable_indices] = np.arange(self.trainable_rows)
        frozen = rows.copy()
        frozen[trainable_indices] = 0
        self._initial = tuple(map(_handed_over, (rows[trainable_indices], frozen, places)))
        self.build()
        self._initial = ()

    def build(self, input_shape: Any = None) -> None:  # noqa: ANN401 - the shape of the indices does not matter
        """Make the weights."""
        if self.built:
            return
        learned, frozen, places = self._initial
        self._learned = self.add_weight(
            name="learned_rows",
            shape=(self.trainable_rows, self.output_dim),
            initializer=learned,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self._frozen = self.add_weight(
            name="frozen_rows", shape=(self.input_dim, self.output_dim), initializer=frozen, trainable=False
        )
        self._places = self.add_weight(
            name="places", shape=(self.input_dim,), dtype="int", initializer=places, trainable=False
        )
        self.built = True

    @property
    def trainable_indices(self) -> NDArray[np.int64]:
        """The rows that train: int64, ascending."""
        places = np.asarray(keras.ops.convert_to_numpy(self._places))
        return np.flatnonzero(places != FROZEN)

    @property
    def embeddings(self) -> Any:  # noqa: ANN401 - a tensor
        """All rows, learned and frozen ones in their places: (input_dim, output_dim), a new tensor."""
        return self._rows(np.arange(self.input_dim))

    def call(self, inputs: Any) -> Any:  # noqa: ANN401
        """Look rows up: integers of any shape in, one more dimension out."""
        if keras.backend.standardize_dtype(inputs.dtype) not in ("int32", "int64"):
            inputs = keras.ops.cast(inputs, "int32")
        return keras.ops.cast(self._rows(inputs), self.compute_dtype)

    def _rows(self, indices: Any) -> Any:  # noqa: ANN401
        places = keras.ops.take(self._places, indices, axis=0)
        # A frozen row looks at the first learned one, too, and passes no gradient on to it.
        learned = keras.ops.convert_to_tensor(self._learned)
        # A single one needs no look-up, and XLA fails on clipping the gradient of one (TensorFlow 2.21).
        if self.trainable_rows > 1:
            learned = keras.ops.take(learned, keras.ops.maximum(places, 0), axis=0)
        frozen = keras.ops.take(self._frozen, indices, axis=0)
        return keras.ops.where(keras.ops.expand_dims(places != FROZEN, -1), learned, frozen)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ANN401
        """Mask index 0 where `mask_zero` says so."""
        return keras.ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Add the dimension of the rows."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """Say how to make the layer anew, without its weights."""
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "trainable_rows": self.trainable_rows,
            "embeddings_regularizer": keras.regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": keras.constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
        }

    def _first_places(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ANN401
        places = np.arange(shape[0])
        places[self.trainable_rows :] = FROZEN
        return keras.ops.convert_to_tensor(places, dtype=dtype)


def _handed_over(values: NDArray[Any]) -> Any:  # noqa: ANN401
    """Make an initializer of values that are there."""

    def hand_over(shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ANN401
        return keras.ops.convert_to_tensor(values, dtype=dtype)

    return hand_over
