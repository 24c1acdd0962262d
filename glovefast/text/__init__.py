"""From raw text to sequences of indices, as Keras's legacy preprocessing does it, in a fraction of the time.

`Tokenizer`, `text_to_word_sequence`, `one_hot`, `hashing_trick` and `pad_sequences` have the arguments, the
attributes and the results of the functions and the class of these names in Keras 2, which Keras 3 has moved
out of its public API. Keras is not needed for them.
"""

from glovefast.text.batches import Progress
from glovefast.text.padding import pad_sequences
from glovefast.text.tokenizer import Tokenizer, tokenizer_from_json
from glovefast.text.words import DEFAULT_FILTERS, hashing_trick, one_hot, text_to_word_sequence

__all__ = [
    "DEFAULT_FILTERS",
    "Progress",
    "Tokenizer",
    "hashing_trick",
    "one_hot",
    "pad_sequences",
    "text_to_word_sequence",
    "tokenizer_from_json",
]
