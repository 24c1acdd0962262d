"""The methods of `WordVectors` that find neighbors."""

from functools import cached_property
from typing import TYPE_CHECKING

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.queries.row_similarities import RowSimilarities
    from glovefast.store.rounded_rows import Rows


class NeighbourMethods:
    """Methods that compare vectors by cosine; each loads its code when first called."""

    _index: WordIndex
    _array: "Rows"

    @cached_property
    def _similarities(self) -> "RowSimilarities":
        """The rows as they are compared, with their norms once they are made."""
        from glovefast.queries.row_similarities import RowSimilarities

        return RowSimilarities(self._array, self._index.duplicate_rows())


def similarities_of(vectors: NeighbourMethods) -> "RowSimilarities":
    """Give the rows of vectors as they are compared, made once for each open store."""
    return vectors._similarities
