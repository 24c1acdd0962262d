"""Texts to indices: by columns, and by the dictionary where that is quicker or nothing else will do."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from glovefast.errors import VocabularyError
from glovefast.text.batches import Callback, Piece, Progress, Texts, count_of, pieces_of
from glovefast.text.dictionaries import WordDictionaries
from glovefast.text.numbering import index_words
from glovefast.text.sequences import Sequences
from glovefast.text.words import WordRule


class TextLookup(WordDictionaries):
    """The half of a `Tokenizer` that looks up; its attributes are those of the Tokenizer."""

    num_words: int | None
    filters: Iterable[str]
    lower: bool
    split: str
    char_level: bool
    oov_token: str | None
    analyzer: Callable[[Any], Iterable[str]] | None

    def _rule(self) -> WordRule:
        return WordRule(self.filters, self.lower, self.split, self.char_level, self.analyzer)

    def _lists(self, texts: Texts, threads: int, progress: Callback | None) -> Iterator[list[int]]:
        """Turn texts into lists of indices."""
        for part in self._parts(texts, threads, progress):
            yield from part if isinstance(part, list) else part.lists()

    def _columns(self, texts: Texts, threads: int, progress: Callback | None) -> Sequences:
        """Turn texts into columns of indices."""
        if self.oov_token is not None and self._index_of_oov() is None:
            raise VocabularyError(f"the oov_token {self.oov_token!r} has no index: call fit_on_texts first")
        return Sequences.joined(
            Sequences.of(part) if isinstance(part, list) else part
            for part in self._parts(texts, threads, progress)
        )

    def _parts(
        self, texts: Texts, threads: int, progress: Callback | None
    ) -> Iterator[Sequences | list[list[Any]]]:
        """Turn texts into sequences, some at a time."""
        total = count_of(texts) if progress else None
        pieces = pieces_of(texts)
        ahead = list(islice(pieces, 2))
        pieces = chain(ahead, pieces)
        if not self._better_by_dictionary(ahead):
            numbering = self._numbering_for(self.num_words, self.oov_token)
            if numbering is not None:
                yield from numbering.sequences(pieces, self._rule(), threads, progress, total)
                return
        rule, done, word_index = self._rule(), 0, self.word_index
        for piece in pieces:
            words = [
                rule.words_of(text, number) for number, text in enumerate(piece.plain(), start=piece.first)
            ]
            done += len(words)
            if progress:
                progress(Progress(done, total))
            yield [index_words(each, word_index, self.num_words, self.oov_token) for each in words]

    def _index_of_oov(self) -> Any:  # noqa: ANN401 - an index, or what the user has put there
        """Give the index of the `oov_token`; None if it has none."""
        if self._table is not None and self._oov == self.oov_token and "word_index" not in self._made:
            return 1  # or another, but it has one
        return self.word_index.get(self.oov_token) if self.oov_token is not None else None

    def _better_by_dictionary(self, ahead: list[Piece]) -> bool:
        """Say whether `word_index` serves few texts sooner than a table of it, or alone knows."""
        if self.oov_token is not None and self._index_of_oov() is None:
            return True  # what is unknown becomes None, as in Keras
        if "word_index" not in self._made or len(ahead) > 1:
            return False
        return sum(piece.words for piece in ahead) < len(self.word_index)
