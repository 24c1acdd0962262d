"""The methods of `WordVectors` that turn texts into vectors."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from glovefast.store.rounded_rows import Rows
    from glovefast.text.pieces import Texts
    from glovefast.text.progress import Callback


class TextVectorMethods:
    """Methods that take texts; each loads its code when first called."""

    _index: WordIndex
    _array: "Rows"

    def embed(
        self,
        texts: "Texts",
        pooling: Literal["mean"] = "mean",
        *,
        normalize: bool = False,
        filters: Iterable[str] | None = None,
        lower: bool = True,
        split: str = " ",
        threads: int | None = None,
        progress: "Callback | bool | None" = None,
    ) -> NDArray[np.float32]:
        """Turn each text into a vector: the mean of the vectors of its words.

        Words that the store does not have are passed over. A text without any known word, and a null, gets
        zeros.

        Parameters
        ----------
        texts : iterable of str or of lists of str, array, column, or iterator of batches
            n texts, as for `glovefast.text.Tokenizer.fit_on_texts`. A text may be a list of words, which are
            lowered but not split.
        pooling : {"mean"}
            How the vectors of a text's words become one.
        normalize : bool
            Divide each vector by its length.
        filters, lower, split
            How texts are split, as in `glovefast.text.Tokenizer`, with the same defaults.
        threads : int, optional
            The number of threads. The default is one per processor. The result does not depend on it.
        progress : callable or bool, optional
            True shows a bar. A function is called with a `TextProgress` after each piece of the texts.

        Returns
        -------
        numpy.ndarray
            (n, dim) float32.

        Raises
        ------
        TextError
            If a text or a word is not a string; the message names its position and its type.
        StoreError
            If the store's index is damaged.
        ValueError
            If `pooling` is unknown.
        """
        from glovefast.queries.text_vectors import embed

        return embed(
            self._array,
            self._index,
            texts,
            pooling,
            normalize=normalize,
            filters=filters,
            lower=lower,
            split=split,
            threads=threads,
            progress=progress,
        )
