"""A fitted `Tokenizer` as a Keras layer: strings in, padded indices out, by TensorFlow's operations alone."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from glovefast.errors import DependencyError, VocabularyError
from glovefast.keras.backend import keras
from glovefast.keras.lower_case import lower_case
from glovefast.text.words import DEFAULT_FILTERS, replacements

_LEFT_OUT = -1
_LARGEST = np.iinfo(np.int32).max


@keras.saving.register_keras_serializable(package="glovefast")
class TokenizerLayer(keras.layers.Layer):
    """A fitted ``Tokenizer`` as a layer; `glovefast.keras.text_vectorization` makes it.

    The layer takes strings, and outputs what the Tokenizer's ``texts_to_sequences`` and then
    ``pad_sequences`` give, for every text. Only the 66 code points that are no characters, such as U+FFFF,
    are read as U+FFFD by older versions of TensorFlow (2.18). The layer is a vocabulary like the Tokenizer
    itself, without the words that `num_words` excludes.

    Parameters
    ----------
    word_index : mapping or str
        The index of each word, as a dictionary or as JSON.
    num_words, filters, lower, split, char_level, oov_token
        The Tokenizer's attributes of these names.
    maxlen, padding, truncating, value
        As for `glovefast.text.pad_sequences`.
    **kwargs
        Arguments of every Keras layer, such as ``name``.

    Raises
    ------
    DependencyError
        If the backend of Keras is not TensorFlow.
    VocabularyError
        If an index is not an integer from 0 to 2,147,483,647, or the `oov_token` has no index.
    ValueError
        If another argument is of the wrong kind.
    """

    built: bool

    def __init__(
        self,
        word_index: Mapping[str, int] | str,
        *,
        num_words: float | None = None,
        filters: Iterable[str] = DEFAULT_FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        maxlen: int | None = None,
        padding: str = "pre",
        truncating: str = "pre",
        value: int = 0,
        **kwargs: Any,  # noqa: ANN401 - Keras's own
    ) -> None:
        if keras.backend.backend() != "tensorflow":
            raise DependencyError(
                "a model that takes strings needs the backend tensorflow, but Keras runs on "
                f"{keras.backend.backend()}: set KERAS_BACKEND=tensorflow before Keras is imported, or give "
                "the model tokenizer.texts_to_padded(texts)"
            )
        if maxlen is not None and (not _is_integer(maxlen) or maxlen < 1):
            raise ValueError(f"maxlen must be a positive integer or None, not {maxlen!r}")
        for argument, end in {"padding": padding, "truncating": truncating}.items():
            if end not in ("pre", "post"):
                raise ValueError(f"{argument} must be 'pre' or 'post', not {end!r}")
        if not _is_integer(value) or abs(value) > _LARGEST:
            raise ValueError(f"value must be an integer of 32 bits, not {value!r}")
        if not char_level and (not isinstance(split, str) or not split or not _is_unicode(split)):
            raise ValueError(f"split must be a string of at least one character, not {split!r}")
        super().__init__(trainable=False, **kwargs)
        self.supports_jit = False  # XLA has no strings
        self.num_words = num_words
        self.filters = "" if char_level else "".join(map(chr, replacements(filters, split)))
        self.lower = bool(lower)
        self.split = split
        self.char_level = bool(char_level)
        self.oov_token = oov_token
        self.maxlen = None if maxlen is None else int(maxlen)
        self.padding = padding
        self.truncating = truncating
        self.value = int(value)
        given = json.loads(word_index) if isinstance(word_index, str) else word_index
        used = _used(given, num_words, oov_token)
        self._word_index = json.dumps(used)  # a dictionary would be tracked, word by word
        # The Tokenizer drops empty words, even if the oov_token is empty.
        entries = {word: index for word, index in used.items() if _is_unicode(word)} | {"": _LEFT_OUT}
        others = _LEFT_OUT if oov_token is None else used[oov_token]
        self._index_of_place = np.array([others, *entries.values()], dtype=np.int32)
        # Old versions of Keras (3.6) export no tables but those of their own layers. With a dot, no word is
        # [UNK] or ends with a zero byte, which NumPy cuts off.
        self._places = keras.layers.StringLookup(vocabulary=[word + "." for word in entries], mask_token=None)

    @property
    def word_index(self) -> dict[str, int]:
        """The index of each word that the layer knows."""
        return dict(json.loads(self._word_index))

    def with_word_index(self, word_index: Mapping[str, int]) -> "TokenizerLayer":
        """Make a layer with the same settings and other words, of which `num_words` excludes none."""
        config = {**self.get_config(), "word_index": word_index, "num_words": None}
        layer: TokenizerLayer = type(self).from_config(config)
        return layer

    def build(self, input_shape: Any = None) -> None:  # noqa: ANN401 - it does not matter
        """Mark the layer as built: it has no weights."""
        self._places.built = self.built = True

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - texts or tensors
        """Turn texts into indices: a tensor, an array or a list of strings, or one string."""
        import tensorflow as tf

        if not isinstance(inputs, keras.KerasTensor) and not tf.is_tensor(inputs):
            inputs = tf.constant(inputs, dtype=tf.string)
        return super().__call__(inputs, **kwargs)

    def call(self, inputs: Any) -> Any:  # noqa: ANN401 - tensors
        """Turn strings of the shape (n,), (n, 1) or () into indices (n, maxlen) or (maxlen,)."""
        import tensorflow as tf

        self.compute_output_spec(inputs)
        words = self._words_of(tf.reshape(inputs, [-1]))
        places = self._places(tf.strings.join([words.flat_values, "."]))
        indices = words.with_flat_values(tf.gather(self._index_of_place, places))
        indices = tf.ragged.boolean_mask(indices, indices != _LEFT_OUT)
        if self.maxlen is not None:
            indices = indices[:, -self.maxlen :] if self.truncating == "pre" else indices[:, : self.maxlen]
        if self.padding == "pre":
            indices = tf.reverse(indices, [1])
        padded = indices.to_tensor(self.value, shape=(None, self.maxlen))
        if self.padding == "pre":
            padded = tf.reverse(padded, [1])
        return padded if inputs.shape.rank else padded[0]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Replace a last dimension of 1, or add one."""
        shape = tuple(input_shape)
        if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
            raise ValueError(
                f"the layer {self.name!r} takes strings of the shape (n,) or (n, 1), not {shape}: make the "
                'input with keras.Input((), dtype="string")'
            )
        return (*shape[:1], self.maxlen)

    def compute_output_spec(self, inputs: Any) -> Any:  # noqa: ANN401 - a KerasTensor
        """Give the shape and the type of the output; check the input."""
        if (dtype := keras.backend.standardize_dtype(inputs.dtype)) != "string":
            raise TypeError(
                f"the layer {self.name!r} takes strings, not {dtype}: make the input with "
                'keras.Input((), dtype="string")'
            )
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        """Make the configuration: the settings and the words."""
        config: dict[str, Any] = super().get_config()
        del config["trainable"]
        settings = "num_words filters lower split char_level oov_token maxlen padding truncating value"
        config |= {name: getattr(self, name) for name in settings.split()}
        return config | {"word_index": self._word_index}

    def _words_of(self, texts: Any) -> Any:  # noqa: ANN401 - tensors
        """Split texts as the Tokenizer does, but keep the empty strings between two separators."""
        import tensorflow as tf

        if self.lower:
            texts = lower_case().of_texts(texts)
        if self.char_level:
            return tf.strings.unicode_split(texts, "UTF-8")
        filters = "".join(f"\\x{{{ord(each):x}}}" for each in self.filters if _is_unicode(each))
        if filters:
            texts = tf.strings.regex_replace(texts, f"[{filters}]", self.split.replace("\\", r"\\"))
        return tf.strings.split(texts, self.split)


def _used(word_index: Mapping[Any, Any], num_words: float | None, oov_token: str | None) -> dict[str, int]:
    """Leave out what `num_words` excludes, but not the `oov_token`; check the rest."""
    if oov_token is not None and oov_token not in word_index:
        raise VocabularyError(f"the oov_token {oov_token!r} has no index: call fit_on_texts first")
    used = {}
    for word, index in word_index.items():
        if not isinstance(word, str):
            raise VocabularyError(f"word_index has a word that is not a string: {word!r}")
        if not _is_integer(index) or not 0 <= index <= _LARGEST:
            raise VocabularyError(
                f"the word {word!r} has the index {index!r}: it must be an integer from 0 to {_LARGEST:,}"
            )
        kept = _is_unicode(word) and (not num_words or index < num_words)
        if kept or word == oov_token:
            used[word] = int(index)
    return used


def _is_integer(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_unicode(text: str) -> bool:
    """Say whether a string can be UTF-8: lone surrogates cannot, so that no text of TensorFlow has them."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
