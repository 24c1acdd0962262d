"""Embedding layers of PyTorch that start with the vectors of a store."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glovefast.errors import VocabularyError
from glovefast.torch.installed import torch
from glovefast.vectors import WordVectors, opened
from glovefast.vocabulary.training_vocabulary import TrainingVocabulary

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from glovefast.matrix.fallbacks import Fallback
    from glovefast.matrix.match import Match
    from glovefast.matrix.out_of_vocabulary import OutOfVocabulary
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary

_AUTO = "auto"
_DTYPES = ("float16", "bfloat16", "float32", "float64")


def embedding_layer(
    vectors: WordVectors | str | os.PathLike[str],
    vocabulary: "AnyVocabulary | Match",
    *,
    oov: "OutOfVocabulary" = "zeros",
    fallback: "Fallback | Iterable[Fallback]" = (),
    seed: int | None = None,
    freeze: bool = True,
    padding_idx: int | Literal["auto"] | None = "auto",
    dtype: "torch.dtype | DTypeLike" = "float32",
    **torch_arguments: Any,  # noqa: ANN401 - PyTorch's own
) -> "torch.nn.Embedding":
    """Make a PyTorch ``Embedding`` layer that holds the vectors of a training vocabulary.

    The layer is what ``torch.nn.Embedding.from_pretrained`` makes, on the CPU: a model with it is moved,
    saved, exported and compiled without glovefast. Its weight is the embedding matrix itself, not a copy.

    Parameters
    ----------
    vectors : WordVectors, str or path-like
        The vectors, or the path of their store.
    vocabulary : mapping, tokenizer, layer, sequence of str, array or Match
        The training vocabulary; see `WordVectors.embedding_matrix`.
    oov : str, array_like or callable
        What fills the rows without a vector: ``"zeros"``, ``"mean"``, ``"normal"``, ``"unk"``, a vector, or a
        callable word -> vector; see `WordVectors.embedding_matrix`.
    fallback : str, callable, or iterable of them
        Other forms to look up for missing words, such as ``("lower", "strip")``; see
        `WordVectors.embedding_matrix`.
    seed : int, optional
        Makes ``oov="normal"`` repeatable.
    freeze : bool
        Whether training leaves the vectors as they are, as in ``from_pretrained``.
    padding_idx : int, "auto" or None
        The row that training leaves zero even if `freeze` is false. ``"auto"`` is the first padding row of
        the vocabulary, if it has one.
    dtype : torch.dtype or dtype_like
        float16, bfloat16 (both round the vectors), float32 or float64.
    **torch_arguments
        More arguments of ``from_pretrained``: ``max_norm`` (which scales frozen rows down, too, where they
        are looked up), ``norm_type``, ``scale_grad_by_freq`` and ``sparse``.

    Returns
    -------
    torch.nn.Embedding
        A layer with a weight of shape (input_dim, dim).

    Raises
    ------
    VocabularyError
        If the vocabulary cannot be used, or `padding_idx` is the row of a word or of an out-of-vocabulary
        token.
    StoreError
        If `vectors` is a path without a store.
    TypeError
        If `vectors` is neither vectors nor a path, or `padding_idx` is not an integer.
    ValueError
        If `padding_idx` is outside the vocabulary, or `dtype` is not one of the four.
    """
    vectors = opened(vectors)
    match = vectors.match(vocabulary, fallback)
    padding_row = _padding_row(padding_idx, match.target)
    numbers = _dtype_name(dtype)
    rounded = numbers == "bfloat16"  # which NumPy does not have
    matrix = vectors.embedding_matrix(match, oov=oov, seed=seed, dtype="float32" if rounded else numbers)
    weight = torch.from_numpy(matrix)
    return torch.nn.Embedding.from_pretrained(
        weight.to(torch.bfloat16) if rounded else weight,
        freeze=freeze,
        padding_idx=padding_row,
        **torch_arguments,
    )


def _padding_row(padding_idx: Any, training: TrainingVocabulary) -> int | None:  # noqa: ANN401 - checked here
    """Find the row for padding, and make sure that it is not a word's."""
    if padding_idx is None:
        return None
    if isinstance(padding_idx, str) and padding_idx == _AUTO:
        return int(training.padding_indices[0]) if training.padding_indices.size else None
    if isinstance(padding_idx, bool) or not isinstance(padding_idx, int | np.integer):
        raise TypeError(f'padding_idx must be an integer, "auto" or None, not {padding_idx!r}')
    rows = training.input_dim
    if not -rows <= padding_idx < rows:
        raise ValueError(f"padding_idx={padding_idx} is outside the vocabulary's {rows} rows")
    row = int(padding_idx) % rows
    name = None
    if (place := np.flatnonzero(training.indices == row)).size:
        name = training.words[place[0]].as_py()
    elif (place := np.flatnonzero(training.oov_indices == row)).size:
        name = training.oov_tokens[place[0]]
    if name is not None:
        raise VocabularyError(
            f"padding_idx={padding_idx} is the row of {name!r}, so that row would not train: give the "
            "vocabulary a padding row, or leave padding_idx out"
        )
    return row


def _dtype_name(dtype: Any) -> str:  # noqa: ANN401 - checked here
    """Name a floating-point type of PyTorch or NumPy."""
    name = str(dtype).removeprefix("torch.")
    if name != "bfloat16" and not isinstance(dtype, torch.dtype):
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = "unknown"
    if name not in _DTYPES:
        raise ValueError(f"dtype must be {', '.join(_DTYPES)}, not {dtype!r}")
    return name
