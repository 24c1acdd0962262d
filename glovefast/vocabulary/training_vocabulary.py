"""A training vocabulary, in whatever form a user has it, as words and the indices a model sees for them.

Every kind is told apart by what the object offers, so that neither Keras nor Transformers nor scikit-learn is
imported here. The rules of each kind stand at `training_vocabulary`.
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

# Where a vocabulary has a word for padding, it is one of these; none of them is a word of a language.
PADDING_TOKENS = frozenset({"", "[PAD]", "<pad>", "<PAD>"})
OOV_TOKEN = "[UNK]"  # noqa: S105 - the default of Keras's lookup layers, not a password
# The GloVe tool writes <unk>; the others are how word2vec trainers and Keras's layers spell it.
UNKNOWN_TOKENS = ("<unk>", "<UNK>", OOV_TOKEN)

# An index this far beyond the number of words is a mistake (a hash, a code point), not a vocabulary with
# gaps: its matrix would be nearly all zeros, and at 300 dimensions each million rows takes 1.2 GB.
LARGEST_SPREAD = 16
SMALLEST_LIMIT = 1_000_000


class _FittedTokenizer(Protocol):
    word_index: Any
    num_words: Any
    oov_token: Any


class _LookupLayer(Protocol):
    def get_vocabulary(self) -> Any: ...  # noqa: ANN401 - a list of words, or of numbers in IntegerLookup


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
        The n words to look up, in the order of their indices; without padding and out-of-vocabulary tokens.
    indices : numpy.ndarray
        (n,) int64, ascending and unique: the row of the embedding matrix that belongs to each word.
    input_dim : int
        Rows of the embedding matrix: one more than the largest index that can occur.
    padding_indices : numpy.ndarray
        int64: the rows that stand for padding and are always zero: index 0 where no word has it, and the
        rows of an empty string in front, a mask token or a padding token.
    oov_indices : numpy.ndarray
        (m,) int64: the rows that stand for words outside the vocabulary.
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
    """Make words and indices of what a user has.

    Parameters
    ----------
    vocabulary : mapping, tokenizer, layer, sequence of str or array
        - A mapping word to index (``Tokenizer.word_index``, scikit-learn's ``vocabulary_``, ``get_vocab()``):
          as many rows as the largest index and one; rows without a word (gaps, and 0 in a ``word_index``)
          stay zero. A padding token at index 0 (the empty string, as in a dictionary made of a
          ``TextVectorization`` vocabulary, ``[PAD]``, ``<pad>`` or ``<PAD>``) is padding, and ``[UNK]`` in
          front of all words is out-of-vocabulary.
        - A fitted legacy Keras ``Tokenizer``: its `num_words` drops the words from that index on, as its
          ``texts_to_sequences`` does; the row of its `oov_token` is out-of-vocabulary.
        - An adapted ``TextVectorization`` or ``StringLookup`` layer: index as the layer emits it. The mask
          token's row is padding, all `num_oov_indices` rows are out-of-vocabulary. An output mode that
          counts, padded to `max_tokens`, has that many rows.
        - A Hugging Face tokenizer, of Transformers or of Tokenizers: its ``get_vocab()`` as a mapping, added
          tokens included; the rows of its padding and its unknown token are padding and out-of-vocabulary,
          where it has them.
        - A fitted ``CountVectorizer`` or ``TfidfVectorizer`` of scikit-learn: its ``vocabulary_``; index 0 is
          a word there as every other.
        - A sequence of words, a NumPy or an Arrow array: the position is the index, and a word may stand
          more than once. A padding token at position 0 is padding and ``[UNK]`` in front of all words is
          out-of-vocabulary, as in what ``get_vocabulary()`` returns.
        - A `TrainingVocabulary`, which is returned as it is.

    Returns
    -------
    TrainingVocabulary
        Words in the order of their indices, input_dim, and the rows that are not words.

    Raises
    ------
    VocabularyError
        If `vocabulary` is none of these (a ``collections.Counter`` is none), is empty, not fitted or not
        adapted; if a word is no string or is not valid Unicode; if an index is no integer, is negative,
        belongs to two words, or is larger than ``16 * words + 1,000,000``. The message names the word and the
        index.
    """
    given: Any = vocabulary
    if isinstance(given, TrainingVocabulary):
        return given
    if is_fitted_tokenizer(given):
        return _from_fitted_tokenizer(given)
    for method, make in _MAKERS.items():
        if callable(getattr(given, method, None)):
            return make(given)
    if isinstance(given, Counter):
        raise VocabularyError(
            "a Counter holds counts, not indices: give the list of its words, the most frequent first: "
            "[word for word, count in counter.most_common()]"
        )
    if isinstance(given, Mapping):
        return _without_leading_specials(*_from_mapping(given))
    if isinstance(given, Sequence | pa.Array | pa.ChunkedArray) or hasattr(given, "__array__"):
        words = _positional_words(given)
        return _without_leading_specials(words, np.arange(len(words), dtype=np.int64))
    raise VocabularyError(
        f"a {type(given).__name__} is no training vocabulary: give a dictionary word -> index, a list or "
        "array of words, a fitted Tokenizer, an adapted TextVectorization or StringLookup layer, a "
        "tokenizer with get_vocab(), or a fitted CountVectorizer"
    )


def is_fitted_tokenizer(vocabulary: object) -> bool:
    """Tell a legacy Keras ``Tokenizer`` (or what behaves like one) by what it offers."""
    offers = all(hasattr(vocabulary, name) for name in ("texts_to_sequences", "num_words", "oov_token"))
    return offers and isinstance(getattr(vocabulary, "word_index", None), Mapping)


def non_integer_item(mapping: Mapping[Any, Any]) -> tuple[Any, Any] | None:
    """Find the first item of a mapping whose value is no integer; a bool is none."""
    kinds = set(map(type, mapping.values()))
    wrong = tuple(kind for kind in kinds if kind is bool or not issubclass(kind, int | np.integer))
    return next(item for item in mapping.items() if type(item[1]) in wrong) if wrong else None


def _from_fitted_tokenizer(tokenizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - known by what it offers
    """Apply `num_words` and `oov_token`, which ``word_index`` itself ignores."""
    if not tokenizer.word_index:
        raise VocabularyError("the Tokenizer has no words yet: call fit_on_texts first")
    words, indices = _from_mapping(tokenizer.word_index)
    # One index past the last word is len(word_index) + 1, except where the oov_token is also a word of the
    # texts: it then leaves index 1 empty, and the last index is still used. Keras takes num_words=0 for None.
    end = int(indices[-1]) + 1
    if tokenizer.num_words:
        end = max(1, min(math.ceil(tokenizer.num_words), end))  # Keras takes num_words=1e4, too
        kept = int(np.searchsorted(indices, end))
        words, indices = words.slice(0, kept), indices[:kept]
    token = tokenizer.oov_token
    if token is None or token not in tokenizer.word_index:
        return _assemble(words, indices, end)
    oov_index = int(tokenizer.word_index[token])
    # The oov_token's index is emitted even where num_words would forbid it.
    return _assemble(words, indices, max(end, oov_index + 1), oov={oov_index: token})


def _from_layer(layer: Any) -> TrainingVocabulary:  # noqa: ANN401 - known by what it offers
    """Ask a Keras lookup layer for its words and work out which of its indices are no words."""
    if not hasattr(layer, "adapt"):  # a tokenizer of keras_hub: a plain list, special tokens at any place
        words = _positional_words(layer.get_vocabulary())
        return _without_leading_specials(words, np.arange(len(words), dtype=np.int64))
    kind = type(layer).__name__
    listed = layer.get_vocabulary(include_special_tokens=False)
    if not len(listed):
        raise VocabularyError(
            f"the {kind} layer has no words yet: call its adapt() or set_vocabulary() first"
        )
    if not isinstance(listed[0], str):
        raise VocabularyError(f"the {kind} layer's vocabulary holds no words but {listed[0]} and the like")
    words = as_string_array(listed)
    size = int(layer.vocabulary_size())
    specials = size - len(words)
    # TextVectorization does not say num_oov_indices: it has one, behind the mask where its output is indices.
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


def _from_subword_tokenizer(tokenizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - known by what it offers
    """Take ``get_vocab()`` as a mapping; set aside the padding and the unknown token where they are known."""
    mapping = tokenizer.get_vocab()
    if not isinstance(mapping, Mapping):
        raise VocabularyError(
            f"the {type(tokenizer).__name__}'s get_vocab() gives no dictionary but a {type(mapping).__name__}"
        )
    words, indices = _from_mapping(mapping)
    input_dim = int(indices[-1]) + 1
    allowed = range(input_dim)  # tokenizers without such a token have None, some -1
    padding, unknown, unknown_token = _special_tokens(tokenizer, mapping)
    return _assemble(
        words,
        indices,
        input_dim,
        padding=(padding,) if padding in allowed else (),
        oov={unknown: unknown_token} if unknown in allowed else {},
    )


def _special_tokens(tokenizer: Any, mapping: Mapping[str, int]) -> tuple[Any, Any, str]:  # noqa: ANN401
    """Find the index of the padding token, that of the unknown token, and the latter's name."""
    if hasattr(tokenizer, "pad_token_id") or hasattr(tokenizer, "unk_token_id"):  # Transformers
        unknown = getattr(tokenizer, "unk_token_id", None)
        return (
            getattr(tokenizer, "pad_token_id", None),
            unknown,
            str(getattr(tokenizer, "unk_token", OOV_TOKEN)),
        )
    # The tokenizers package: what is padded with is a setting, and index 0 where nobody chose; the model
    # knows the unknown token, but Unigram does not tell.
    settings: Mapping[str, Any] = getattr(tokenizer, "padding", None) or {}
    paddings: list[Any] = [settings.get("pad_token"), *sorted(PADDING_TOKENS)]
    padding = next((mapping[token] for token in paddings if token in mapping), None)
    unknowns: list[Any] = [getattr(getattr(tokenizer, "model", None), "unk_token", None), *UNKNOWN_TOKENS]
    unknown_token = next((token for token in unknowns if token in mapping), OOV_TOKEN)
    return padding, mapping.get(unknown_token), unknown_token


def _from_vectorizer(vectorizer: Any) -> TrainingVocabulary:  # noqa: ANN401 - known by what it offers
    """Take the ``vocabulary_`` that fitting gave a vectorizer of scikit-learn."""
    mapping = getattr(vectorizer, "vocabulary_", None)
    kind = type(vectorizer).__name__
    if mapping is None:
        raise VocabularyError(f"the {kind} has no vocabulary_ yet: call its fit() first")
    if not isinstance(mapping, Mapping):
        raise VocabularyError(f"the {kind}'s vocabulary_ is no dictionary but a {type(mapping).__name__}")
    words, indices = _from_mapping(mapping)
    return _assemble(words, indices, int(indices[-1]) + 1)


def _from_mapping(mapping: Mapping[Any, Any]) -> tuple[pa.StringArray, NDArray[np.int64]]:
    """Check a mapping word to index; give the words in the order of their indices, and the indices."""
    if not mapping:
        raise VocabularyError("the training vocabulary is empty")
    words = as_string_array(list(mapping))
    indices = _as_indices(mapping)
    if np.any(indices[1:] <= indices[:-1]):
        order = np.argsort(indices, kind="stable")
        words, indices = words.take(integer_array(order)), indices[order]
    first, last = int(indices[0]), int(indices[-1])
    if first < 0:
        raise VocabularyError(f"the word {words[0].as_py()!r} has the index {first}: indices start at 0")
    if last >= LARGEST_SPREAD * len(words) + SMALLEST_LIMIT:
        raise VocabularyError(
            f"the word {words[-1].as_py()!r} has the index {last}, far beyond a vocabulary of {len(words)} "
            f"words: at most {LARGEST_SPREAD * len(words) + SMALLEST_LIMIT - 1} is allowed for so many"
        )
    shared = np.flatnonzero(indices[1:] == indices[:-1])
    if shared.size:
        at = int(shared[0])
        raise VocabularyError(
            f"the words {words[at].as_py()!r} and {words[at + 1].as_py()!r} share the index {indices[at]}"
        )
    return words, indices


def _as_indices(mapping: Mapping[Any, Any]) -> NDArray[np.int64]:
    """Make an array of a mapping's values; every one must be an integer (a bool is none)."""
    wrong = non_integer_item(mapping)
    if wrong is not None:
        raise VocabularyError(f"the word {wrong[0]!r} has the index {wrong[1]!r}, which is no integer")
    try:
        return np.fromiter(mapping.values(), dtype=np.int64, count=len(mapping))
    except OverflowError:
        word, index = max(mapping.items(), key=lambda item: abs(int(item[1])))
        raise VocabularyError(f"the word {word!r} has the index {index}, far beyond any vocabulary") from None


def _positional_words(words: Any) -> pa.StringArray:  # noqa: ANN401 - any sequence or array
    """Check a sequence or array of words."""
    if not isinstance(words, Sequence | pa.Array | pa.ChunkedArray | np.ndarray):
        words = np.asarray(words)
    if isinstance(words, np.ndarray) and words.ndim != 1:
        raise VocabularyError(f"an array of words has one dimension; this one has the shape {words.shape}")
    array = as_string_array(words)
    if not len(array):
        raise VocabularyError("the training vocabulary is empty")
    return array


def _without_leading_specials(words: pa.StringArray, indices: NDArray[np.int64]) -> TrainingVocabulary:
    """Set aside what Keras's lookup layers put in front of their words: padding, then ``[UNK]`` rows."""
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
    """Set aside the rows that are no words: padding before OOV; index 0 without a word is padding."""
    names = {index: token for index, token in oov.items() if index not in padding}
    special = np.array([*padding, *names], dtype=np.int64)
    if np.isin(special, indices).any():
        is_word = np.isin(indices, special, invert=True)
        words, indices = words.take(integer_array(np.flatnonzero(is_word))), indices[is_word]
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


# What an object offers tells what it is.
_MAKERS: dict[str, Callable[[Any], TrainingVocabulary]] = {
    "get_vocabulary": _from_layer,
    "get_vocab": _from_subword_tokenizer,
    "get_feature_names_out": _from_vectorizer,
}
