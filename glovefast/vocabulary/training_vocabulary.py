"""Convert a training vocabulary of any kind to words and the indices that a model sees.

Each kind is recognized by the methods and attributes of the object, so that Keras, Transformers and
scikit-learn are not imported. `training_vocabulary` describes the rules of each kind.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from glovefast.errors import VocabularyError
from glovefast.vocabulary.arrow import as_string_array, integer_array
from glovefast.vocabulary.word_indices import positional_words, warn_of_counts, words_and_indices

# How vocabularies write padding; none of these is a word of a language.
PADDING_TOKENS = frozenset({"", "[PAD]", "<pad>", "<PAD>"})
OOV_TOKEN = "[UNK]"  # noqa: S105 - the default of Keras's lookup layers, not a password
# The GloVe tool writes <unk>, word2vec trainers <UNK> and Keras's layers [UNK].
UNKNOWN_TOKENS = ("<unk>", "<UNK>", OOV_TOKEN)


class _FittedTokenizer(Protocol):
    word_index: Any
    num_words: Any
    oov_token: Any


class _LookupLayer(Protocol):
    def get_vocabulary(self) -> Any: ...  # noqa: ANN401 - words, or numbers in IntegerLookup


class _SubwordTokenizer(Protocol):
    def get_vocab(self) -> Any: ...  # noqa: ANN401 - a dictionary


class _Vectorizer(Protocol):
    vocabulary_: Any


AnyVocabulary: TypeAlias = (
    "TrainingVocabulary | Mapping[str, int] | Sequence[str] | NDArray[Any] | pa.Array | pa.ChunkedArray"
    " | _FittedTokenizer | _LookupLayer | _SubwordTokenizer | _Vectorizer"
)


@dataclass(frozen=True, eq=False)
class TrainingVocabulary:
    """The words of a training vocabulary and their indices.

    Attributes
    ----------
    words : pyarrow.StringArray
        The n words to look up, in the order of their indices, without padding and out-of-vocabulary tokens.
    indices : numpy.ndarray
        (n,) int64, ascending and unique: each word's row in the embedding matrix.
    input_dim : int
        The number of rows of the embedding matrix: one more than the largest possible index.
    padding_indices : numpy.ndarray
        int64: the rows for padding, which are always zero. These are index 0 if no word has it, and the rows
        of a leading empty string, a mask token or a padding token.
    oov_indices : numpy.ndarray
        (m,) int64: the rows for words outside the vocabulary.
    oov_tokens : tuple of str
        The m names of `oov_indices`, such as ``[UNK]``.
    """

    words: pa.StringArray
    indices: NDArray[np.int64]
    input_dim: int
    padding_indices: NDArray[np.int64]
    oov_indices: NDArray[np.int64]
    oov_tokens: tuple[str, ...]


def training_vocabulary(vocabulary: AnyVocabulary) -> TrainingVocabulary:
    """Convert a user's vocabulary to words and indices.

    Parameters
    ----------
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        - A mapping from word to index (``Tokenizer.word_index``, scikit-learn's ``vocabulary_``,
          ``get_vocab()``). The matrix has one row more than the largest index, and rows without a word (gaps,
          and row 0 of a ``word_index``) are zero. A padding token at index 0 is padding: the empty string, as
          in a dictionary made from a ``TextVectorization`` vocabulary, ``[PAD]``, ``<pad>`` or ``<PAD>``.
          ``[UNK]`` before all words is out-of-vocabulary. If most rows have no word, a warning says that the
          values may be counts.
        - A fitted legacy Keras ``Tokenizer``. Its `num_words` drops the words from that index on, as in its
          ``texts_to_sequences``. The row of its `oov_token` is out-of-vocabulary.
        - An adapted ``TextVectorization`` or ``StringLookup`` layer, with the indices that it emits.
          The row of the mask token is padding, and all `num_oov_indices` rows are out-of-vocabulary.
          A layer with an output mode other than "int" that pads to `max_tokens` has `max_tokens` rows.
        - A Hugging Face tokenizer, from Transformers or Tokenizers. Its ``get_vocab()`` is used as a mapping,
          including added tokens. The row of its padding token is padding, and the row of its unknown token is
          out-of-vocabulary, if it has them.
        - A fitted ``CountVectorizer`` or ``TfidfVectorizer`` of scikit-learn. Its ``vocabulary_`` is used, in
          which index 0 is an ordinary word.
        - A sequence of words, a NumPy array or an Arrow array. The position is the index, and a word may
          occur more than once. A padding token at position 0 is padding, and ``[UNK]`` before all words is
          out-of-vocabulary, as in the result of ``get_vocabulary()``.
        - A `TrainingVocabulary`, which is returned unchanged.

    Returns
    -------
    TrainingVocabulary
        The words in the order of their indices, the number of rows, and the rows that are not words.

    Raises
    ------
    VocabularyError
        If `vocabulary` is of another kind (a ``collections.Counter``, for example), is empty, not fitted or
        not adapted; if a word is not a string or not valid Unicode; if an index is not an integer, is
        negative, belongs to two words, or is larger than ``16 * words + 1,000,000``. The message names the
        word and the index.
    """
    given: Any = vocabulary
    if type(given) is dict:
        return _from_mapping(given)
    if isinstance(given, TrainingVocabulary):
        return given
    if is_fitted_tokenizer(given):
        return _from_fitted_tokenizer(given)
    for method, make in _MAKERS.items():
        if callable(getattr(given, method, None)):
            return make(given)
    if isinstance(given, Counter):
        raise VocabularyError(
            "a Counter holds counts, not indices; pass the list of its words, the most frequent first: "
            "[word for word, count in counter.most_common()]"
        )
    if isinstance(given, Mapping):
        return _from_mapping(given)
    if isinstance(given, Sequence | pa.Array | pa.ChunkedArray) or hasattr(given, "__array__"):
        words = positional_words(given)
        return _without_leading_specials(words, np.arange(len(words), dtype=np.int64))
    raise VocabularyError(
        f"{type(given).__name__} is not a training vocabulary; pass a dictionary from word to index, a "
        "list or array of words, a fitted Tokenizer, an adapted TextVectorization or StringLookup layer, a "
        "tokenizer with get_vocab(), or a fitted CountVectorizer"
    )


def _from_mapping(mapping: Mapping[Any, Any]) -> TrainingVocabulary:
    words, indices = words_and_indices(mapping)
    warn_of_counts(indices)
    return _without_leading_specials(words, indices)


def is_fitted_tokenizer(vocabulary: object) -> bool:
    """Recognize a legacy Keras ``Tokenizer``, or an object or a layer like it, by its attributes."""
    offers = all(hasattr(vocabulary, name) for name in ("num_words", "oov_token"))
    return offers and isinstance(getattr(vocabulary, "word_index", None), Mapping)


def _from_fitted_tokenizer(tokenizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - any such object
    """Apply `num_words` and `oov_token`, which ``word_index`` ignores."""
    if not tokenizer.word_index:
        raise VocabularyError("the Tokenizer has no words yet; call fit_on_texts first")
    words, indices = words_and_indices(tokenizer.word_index)
    # The end is len(word_index) + 1, unless the oov_token is also a word of the texts: then index 1 is empty,
    # and the last index is still in use. Keras treats num_words=0 as None.
    end = int(indices[-1]) + 1
    if tokenizer.num_words:
        end = max(1, min(math.ceil(tokenizer.num_words), end))  # Keras accepts num_words=1e4
        kept = int(np.searchsorted(indices, end))
        words, indices = words.slice(0, kept), indices[:kept]
    token = tokenizer.oov_token
    if token is None or token not in tokenizer.word_index:
        return _assemble(words, indices, end)
    oov_index = int(tokenizer.word_index[token])
    # The index of the oov_token is emitted even if num_words excludes it.
    return _assemble(words, indices, max(end, oov_index + 1), oov={oov_index: token})


def _from_layer(layer: Any) -> TrainingVocabulary:  # noqa: ANN401 - any such object
    """Ask a Keras lookup layer for its words and work out which of its indices are not words."""
    if not hasattr(layer, "adapt"):  # a tokenizer of keras_hub: a plain list, with special tokens anywhere
        words = positional_words(layer.get_vocabulary())
        return _without_leading_specials(words, np.arange(len(words), dtype=np.int64))
    kind = type(layer).__name__
    try:
        listed = layer.get_vocabulary(include_special_tokens=False)
    except UnicodeDecodeError as error:
        raise VocabularyError(
            f"the {kind} layer has the word {error.object!r:.100}, which is not UTF-8; adapt the layer to "
            "UTF-8 text, for example to tf.strings.unicode_transcode(texts, 'LATIN1', 'UTF-8')"
        ) from error
    if not len(listed):
        raise VocabularyError(
            f"the {kind} layer has no words yet; call its adapt() or set_vocabulary() first"
        )
    if not isinstance(listed[0], str):
        raise VocabularyError(f"the {kind} layer's vocabulary has values such as {listed[0]}, not words")
    words = as_string_array(listed)
    size = int(layer.vocabulary_size())
    specials = size - len(words)
    # TextVectorization has no num_oov_indices: it has one such index, after the mask if it emits indices.
    oov_count = min(specials, getattr(layer, "num_oov_indices", 1))
    oov_token = getattr(layer, "oov_token", None) or OOV_TOKEN
    config = layer.get_config()
    if config.get("output_mode", "int") != "int" and config.get("pad_to_max_tokens"):
        size = max(size, config["max_tokens"])
    return TrainingVocabulary(
        words=words,
        indices=np.arange(specials, specials + len(words), dtype=np.int64),
        input_dim=size,
        padding_indices=np.arange(specials - oov_count, dtype=np.int64),
        oov_indices=np.arange(specials - oov_count, specials, dtype=np.int64),
        oov_tokens=(oov_token,) * oov_count,
    )


def _from_subword_tokenizer(tokenizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - any such object
    """Use ``get_vocab()`` as a mapping; set aside the padding and the unknown token if they are known."""
    mapping = tokenizer.get_vocab()
    if not isinstance(mapping, Mapping):
        kind = type(tokenizer).__name__
        raise VocabularyError(f"get_vocab() of the {kind} must return a dictionary, not {mapping!r:.100}")
    words, indices = words_and_indices(mapping)
    input_dim = int(indices[-1]) + 1
    allowed = range(input_dim)  # tokenizers without such a token say None or -1
    padding, unknown, unknown_token = _special_tokens(tokenizer, mapping)
    return _assemble(
        words,
        indices,
        input_dim,
        padding=(padding,) if padding in allowed else (),
        oov={unknown: unknown_token} if unknown in allowed else {},
    )


def _special_tokens(tokenizer: Any, mapping: Mapping[str, int]) -> tuple[Any, Any, str]:  # noqa: ANN401
    """Find the index of the padding token, and the index and the name of the unknown token."""
    if hasattr(tokenizer, "pad_token_id") or hasattr(tokenizer, "unk_token_id"):  # Transformers
        unknown = getattr(tokenizer, "unk_token_id", None)
        return (
            getattr(tokenizer, "pad_token_id", None),
            unknown,
            str(getattr(tokenizer, "unk_token", OOV_TOKEN)),
        )
    # The tokenizers package: the padding token is a setting. The model knows the unknown token, but Unigram
    # does not tell it.
    settings: Mapping[str, Any] = getattr(tokenizer, "padding", None) or {}
    paddings: list[Any] = [settings.get("pad_token"), *sorted(PADDING_TOKENS)]
    padding = next((mapping[token] for token in paddings if token in mapping), None)
    unknowns: list[Any] = [getattr(getattr(tokenizer, "model", None), "unk_token", None), *UNKNOWN_TOKENS]
    unknown_token = next((token for token in unknowns if token in mapping), OOV_TOKEN)
    return padding, mapping.get(unknown_token), unknown_token


def _from_vectorizer(vectorizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - any such object
    """Use the ``vocabulary_`` of a fitted vectorizer of scikit-learn."""
    mapping = getattr(vectorizer, "vocabulary_", None)
    kind = type(vectorizer).__name__
    if mapping is None:
        raise VocabularyError(f"the {kind} has no vocabulary_ yet; call its fit() first")
    if not isinstance(mapping, Mapping):
        raise VocabularyError(f"vocabulary_ of the {kind} must be a dictionary, not {mapping!r:.100}")
    words, indices = words_and_indices(mapping)
    return _assemble(words, indices, int(indices[-1]) + 1)


def _without_leading_specials(words: pa.StringArray, indices: NDArray[np.int64]) -> TrainingVocabulary:
    """Set aside what Keras's lookup layers put before their words: padding, then ``[UNK]`` rows."""
    start = 1 if indices[0] == 0 and words[0].as_py() in PADDING_TOKENS else 0
    end = start
    while end < len(words) and indices[end] == end and words[end].as_py() == OOV_TOKEN:
        end += 1
    return _assemble(
        words,
        indices,
        int(indices[-1]) + 1,
        padding=range(start),
        oov=dict.fromkeys(range(start, end), OOV_TOKEN),
    )


def _assemble(
    words: pa.StringArray,
    indices: NDArray[np.int64],
    input_dim: int,
    padding: Sequence[int] = (),
    oov: Mapping[int, str] = MappingProxyType({}),
) -> TrainingVocabulary:
    """Set aside the rows that are not words: padding before OOV; index 0 without a word is padding."""
    names = {index: token for index, token in oov.items() if index not in padding}
    if (padding or names) and indices.size:
        special = np.array(sorted({*padding, *names}), dtype=np.int64)
        words, indices = _without(special, words, indices)
    if 0 not in names and 0 not in padding and not (indices.size and indices[0] == 0):
        padding = (0, *padding)
    return TrainingVocabulary(
        words=words,
        indices=indices,
        input_dim=input_dim,
        padding_indices=np.array(padding, dtype=np.int64),
        oov_indices=np.array(list(names), dtype=np.int64),
        oov_tokens=tuple(names.values()),
    )


def _without(
    special: NDArray[np.int64], words: pa.StringArray, indices: NDArray[np.int64]
) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Leave out the words of some ascending indices."""
    places = np.searchsorted(indices, special)
    places = places[indices[places.clip(max=len(indices) - 1)] == special]
    leading = len(places)
    if leading and places[-1] == leading - 1:  # the usual case, without Arrow's take, whose import is slow
        return words.slice(leading), indices[leading:]
    is_word = np.ones(len(indices), dtype=np.bool_)
    is_word[places] = False
    return words.take(integer_array(np.flatnonzero(is_word))), indices[is_word]


# The method that identifies each kind of object.
_MAKERS: dict[str, Callable[[Any], TrainingVocabulary]] = {
    "get_vocabulary": _from_layer,
    "get_vocab": _from_subword_tokenizer,
    "get_feature_names_out": _from_vectorizer,
}
