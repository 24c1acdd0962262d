"""The words of a training vocabulary, and all other words that its embedding matrix may need."""

from collections.abc import Iterable
from typing import Any

from glovefast.errors import VocabularyError
from glovefast.matrix.coverage import coverage
from glovefast.matrix.fallbacks import Fallback, as_fallbacks, other_forms
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS, AnyVocabulary, training_vocabulary
from glovefast.vocabulary.word_index import WordIndex

# Metadata is read whenever a store is opened, so that not all of the missing words stand in it.
_LISTED = 10


class WantedWords:
    """What of an embedding text a training vocabulary needs.

    Parameters
    ----------
    training : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    fallback : str, callable, or iterable of them
        The other forms of its words that are needed as well.

    Attributes
    ----------
    kept : WordIndex
        Every word whose row an embedding matrix may need, whatever else is found: the words, each one's other
        forms, and the words that stand for unknown ones (`UNKNOWN_TOKENS`).

    Raises
    ------
    VocabularyError
        If the training vocabulary cannot be used, or holds no words but padding and out-of-vocabulary tokens.
    ValueError, TypeError
        If a fallback cannot be used; as in `glovefast.matrix.embedding_matrix.embedding_matrix`.
    """

    def __init__(self, training: AnyVocabulary, fallback: Fallback | Iterable[Fallback] = ()) -> None:
        self._fallbacks = as_fallbacks(fallback)
        self._training = training_vocabulary(training)
        words = self._training.words.to_pylist()
        if not words:
            raise VocabularyError("there is no word to keep: the vocabulary has none but tokens")
        kept = dict.fromkeys(words)
        for each in self._fallbacks:
            kept.update(dict.fromkeys(other_forms(words, each)[1]))
        self.kept = WordIndex.from_words(list(kept | dict.fromkeys(UNKNOWN_TOKENS)))

    def coverage(self, vocabulary: WordIndex) -> dict[str, Any]:
        """Say how many of the training vocabulary's words a store has, and which fallback found them.

        Returns
        -------
        dict
            Numbers under the names that `Coverage` has for them, and of the missing words the first ones.
        """
        found = coverage(vocabulary, self._training, fallback=self._fallbacks)
        return {
            "words": found.words,
            "hits": found.hits,
            "misses": found.misses,
            "found_by": [{"name": way.name, "words": way.words} for way in found.found_by],
            "first_missing": list(found.missing[:_LISTED]),
        }

    def none_found(self, name: str) -> VocabularyError:
        """Make the error for a source in which not one of the words was found."""
        return VocabularyError(
            f"not one of the {len(self._training.words):,} words that are wanted is in {name}: check that "
            "it is of their language and case, or keep other forms of them, too (fallback=, --fallback)"
        )
