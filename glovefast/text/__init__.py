"""Raw text to sequences of indices: Keras's legacy preprocessing, several times faster.

`Tokenizer`, `text_to_word_sequence`, `one_hot`, `hashing_trick` and `pad_sequences` have the arguments, the
attributes and the results of their namesakes in Keras 2, which Keras 3 removed from its public API. They do
not need Keras. This room imports the kernels, the vocabulary's Arrow arrays, threads, progress and errors.
"""

from glovefast.text.padding import pad_sequences
from glovefast.text.progress import TextProgress
from glovefast.text.saved_tokenizers import tokenizer_from_json, tokenizer_from_pickle
from glovefast.text.tokenizer import Tokenizer
from glovefast.text.words import DEFAULT_FILTERS, hashing_trick, one_hot, text_to_word_sequence

__all__ = [
    "DEFAULT_FILTERS",
    "TextProgress",
    "Tokenizer",
    "hashing_trick",
    "one_hot",
    "pad_sequences",
    "text_to_word_sequence",
    "tokenizer_from_json",
    "tokenizer_from_pickle",
]
