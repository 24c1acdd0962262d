"""An embedding layer that trains some of its rows and never moves the others."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glovefast.keras.backend import keras
from glovefast.keras.filling import initializer_of

FROZEN = -1


@keras.saving.register_keras_serializable(package="glovefast")
class PartlyTrainableEmbedding(keras.layers.Layer):
    """An embedding that trains only some of its rows; `glovefast.keras.partly_trainable_layer` makes it.

    The rows that train are a weight of their own. The others are a weight that is not trainable: no optimizer
    sees them, so that weight decay, momentum and averaging cannot move them, as they can move rows whose
    gradients are set to zero.

    Parameters
    ----------
    input_dim : int
        The number of rows: one more than the largest index.
    output_dim : int
        Numbers per row.
    num_trainable_rows : int
        How many of the rows train. The weights record which ones (`trainable_indices`), so that the
        configuration stays small; a layer made from a configuration alone holds zeros and trains its first
        rows.
    embeddings_regularizer, embeddings_constraint
        As for ``keras.layers.Embedding``, for the rows that train.
    mask_zero : bool
        Whether index 0 is padding that the following layers skip.
    **kwargs
        Arguments of every Keras layer: ``name``, ``trainable``, ``dtype``.

    Raises
    ------
    ValueError
        If a number is not a positive integer, or `num_trainable_rows` is more than `input_dim`.

    Notes
    -----
    The weights are ``learned_rows`` (num_trainable_rows, output_dim); ``frozen_rows`` (input_dim,
    output_dim), zero for a row that trains; and ``places`` (input_dim,), the place of each row among the
    learned ones, -1 for a frozen row.
    """

    built: bool

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        num_trainable_rows: int,
        *,
        embeddings_regularizer: Any = None,  # noqa: ANN401 - Keras's own
        embeddings_constraint: Any = None,  # noqa: ANN401
        mask_zero: bool = False,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        sizes = {"input_dim": input_dim, "output_dim": output_dim, "num_trainable_rows": num_trainable_rows}
        for argument, size in sizes.items():
            if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
                raise ValueError(f"{argument} must be a positive integer, not {size!r}")
        if num_trainable_rows > input_dim:
            raise ValueError(f"num_trainable_rows={num_trainable_rows} is more than input_dim={input_dim}")
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.num_trainable_rows = num_trainable_rows
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = keras.constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False  # it would round indices that are floats, and the rows
        self._initial: tuple[Any, ...] = ("zeros", "zeros", self._first_places)

    @classmethod
    def from_rows(cls, rows: ArrayLike, trainable_indices: ArrayLike, **arguments: Any) -> Self:  # noqa: ANN401
        """Make a layer and fill it.

        Parameters
        ----------
        rows : array_like
            (input_dim, output_dim): all rows.
        trainable_indices : array_like
            The rows that train, as integers.
        **arguments
            Arguments of the class other than the three numbers.

        Returns
        -------
        PartlyTrainableEmbedding
            A built layer.
        """
        table = np.asarray(rows)
        indices = np.unique(np.asarray(trainable_indices, dtype=np.int64))
        input_dim, output_dim = table.shape
        layer = cls(input_dim, output_dim, len(indices), **arguments)
        layer.fill(table, indices)
        return layer

    def fill(self, rows: NDArray[Any], trainable_indices: NDArray[np.int64]) -> None:
        """Build the layer with its rows.

        Parameters
        ----------
        rows : numpy.ndarray
            (input_dim, output_dim): all rows.
        trainable_indices : numpy.ndarray
            (trainable_rows,) int64, ascending: the rows that train.
        """
        places = np.full(self.input_dim, FROZEN, dtype=np.int64)
        places[trainable_indices] = np.arange(self.num_trainable_rows)
        frozen = rows.copy()
        frozen[trainable_indices] = 0
        self._initial = tuple(map(initializer_of, (rows[trainable_indices], frozen, places)))
        self.build()
        self._initial = ()

    def build(self, input_shape: Any = None) -> None:  # noqa: ANN401 - the shape of the indices does not matter
        """Make the weights."""
        if self.built:
            return
        learned, frozen, places = self._initial
        self._learned = self.add_weight(
            name="learned_rows",
            shape=(self.num_trainable_rows, self.output_dim),
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
        """The rows that train, as ascending int64."""
        places = np.asarray(keras.ops.convert_to_numpy(self._places))
        return np.flatnonzero(places != FROZEN)

    @property
    def embeddings(self) -> Any:  # noqa: ANN401 - a tensor
        """All rows, learned and frozen ones in their places: a new tensor (input_dim, output_dim)."""
        return self._rows(np.arange(self.input_dim))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the class above has
        if name == "enable_lora":  # an AttributeError, so that loops with hasattr skip the layer
            raise AttributeError(
                f"the layer {self.name!r} keeps its vectors frozen, so it cannot enable LoRA: use "
                "embedding_layer(..., trainable=True) and enable_lora() of that layer, or train more rows "
                "with trainable_rows"
            )
        above = getattr(super(), "__getattr__", None)  # torch.nn.Module has one
        if above is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return above(name)

    def call(self, inputs: Any) -> Any:  # noqa: ANN401
        """Look up rows: takes integers of any shape, and adds a dimension."""
        if keras.backend.standardize_dtype(inputs.dtype) not in ("int32", "int64"):
            inputs = keras.ops.cast(inputs, "int32")
        return keras.ops.cast(self._rows(inputs), self.compute_dtype)

    def _rows(self, indices: Any) -> Any:  # noqa: ANN401
        # As a column: of one dimension, Keras's take with torch cannot be exported to ONNX (aten::ravel).
        places = keras.ops.take(keras.ops.expand_dims(self._places, -1), indices, axis=0)
        # A frozen row also takes the first learned one, but passes no gradient to it.
        learned = keras.ops.convert_to_tensor(self._learned)
        # A single learned row needs no look-up, whose clipped gradient makes XLA fail (TensorFlow 2.21).
        if self.num_trainable_rows > 1:
            learned = keras.ops.take(learned, keras.ops.squeeze(keras.ops.maximum(places, 0), -1), axis=0)
        frozen = keras.ops.take(self._frozen, indices, axis=0)
        return keras.ops.where(places != FROZEN, learned, frozen)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ANN401
        """Mask index 0 if `mask_zero` is true."""
        return keras.ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Add the dimension of the rows."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """Make the configuration: everything but the weights."""
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "num_trainable_rows": self.num_trainable_rows,
            "embeddings_regularizer": keras.regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": keras.constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
        }

    def _first_places(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ANN401
        places = np.arange(shape[0])
        places[self.num_trainable_rows :] = FROZEN
        return keras.ops.convert_to_tensor(places, dtype=dtype)
