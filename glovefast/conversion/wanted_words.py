"""The words of a training vocabulary, and all other words that its embedding matrix may need."""

from collections.abc import Iterable

from glovefast.errors import VocabularyError
from glovefast.matrix.coverage import coverage
from glovefast.matrix.fallbacks import Fallback, as_fallbacks, other_forms
from glovefast.store.wanted import FoundBy, Wanted
from glovefast.vocabulary.training_vocabulary import UNKNOWN_TOKENS, AnyVocabulary, training_vocabulary
from glovefast.vocabulary.word_index import WordIndex

# Metadata is read whenever a store is opened, so it lists only some of the missing words.
_LISTED = 10


class WantedWords:
    """The words of an embedding text that a training vocabulary needs.

    Parameters
    ----------
    training : mapping, tokenizer, layer, sequence of str or array
        The training vocabulary; see `glovefast.vocabulary.training_vocabulary.training_vocabulary`.
    fallback : str, callable, or iterable of them
        The other forms of its words to keep as well.

    Attributes
    ----------
    kept : WordIndex
        Every word whose row an embedding matrix may need, whatever else is found: the words, their other
        forms, and the tokens for unknown words (`UNKNOWN_TOKENS`).

    Raises
    ------
    VocabularyError
        If the training vocabulary cannot be used, or has no words besides padding and out-of-vocabulary
        tokens.
    ValueError, TypeError
        If a fallback cannot be used; as in `glovefast.matrix.embedding_matrix.embedding_matrix`.
    """

    def __init__(self, training: AnyVocabulary, fallback: Fallback | Iterable[Fallback] = ()) -> None:
        self._fallbacks = as_fallbacks(fallback)
        self._training = training_vocabulary(training)
        words = self._training.words.to_pylist()
        if not words:
            raise VocabularyError("the vocabulary has no words to keep, only special tokens")
        kept = dict.fromkeys(words)
        for each in self._fallbacks:
            kept.update(dict.fromkeys(other_forms(words, each)[1]))
        self.kept = WordIndex.from_words(list(kept | dict.fromkeys(UNKNOWN_TOKENS)))

    def found_in(self, vocabulary: WordIndex) -> Wanted:
        """Count how many of the training vocabulary's words a store has, and which fallback found them."""
        found = coverage(vocabulary, self._training, fallback=self._fallbacks)
        return Wanted(
            words=found.words,
            hits=found.hits,
            misses=found.misses,
            found_by=tuple(FoundBy(name=way.name, words=way.words) for way in found.found_by),
            first_missing=tuple(found.missing[:_LISTED]),
        )

    def none_found(self, name: str) -> VocabularyError:
        """Make the error for a source in which none of the words was found."""
        count = len(self._training.words)
        missing = "the only wanted word is not" if count == 1 else f"none of the {count:,} wanted words is"
        return VocabularyError(
            f"{missing} in {name}: check that it has their "
            "language and case, or keep other forms of the words too (fallback=, --fallback)"
        )
