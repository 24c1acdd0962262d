"""The methods of `WordVectors` that hand its words and vectors to other tools."""

import os
from typing import TYPE_CHECKING, Any

from glovefast.vocabulary.word_index import WordIndex

if TYPE_CHECKING:
    from pathlib import Path

    from glovefast.progress import Callback
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


class ExportMethods:
    """Methods that write or hand on all vectors; each loads its code when first called."""

    _index: WordIndex
    _array: Any
    path: "Path"

    def export(
        self,
        path: str | os.PathLike[str],
        words: "AnyVocabulary | None" = None,
        *,
        file_format: str | None = None,
        overwrite: bool = False,
        progress: "Callback | bool | None" = None,
    ) -> "Path":
        """Write the vectors in a format that other tools read.

        The numbers keep their bits in every format; in text, nan only stays nan. What is written appears
        whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Where to write. The ending decides the format:

            - ``.txt``: text as GloVe writes it, a word and its numbers on each line (``glove``).
            - ``.vec``: the same below a line ``rows dim``, as word2vec and fastText write it (``word2vec``).
            - ``.bin``: word2vec's binary format (``word2vec-binary``).
            - ``.parquet``: the columns ``word`` and ``vector``, a list of fixed size (``parquet``).
            - ``.tsv``: the vectors for the TensorBoard projector, and in ``NAME_metadata.tsv`` beside them
              the words (``projector``).
            - no ending, or ``/`` at the end: a folder that model2vec's ``StaticModel`` and
              sentence-transformers' ``StaticEmbedding`` open (``static-model``). Its tokenizer splits texts
              at white space and around punctuation. It makes them lower case if hardly any word has
              capitals. sentence-transformers counts unknown words as ``<unk>``, ``<UNK>`` or ``[UNK]`` if
              the store has one of them, or as zeros; model2vec leaves them out. Of duplicate words only the
              first is written.
        words : mapping, tokenizer, layer, sequence of str or array, optional
            Write only these words, in their order: any vocabulary that `embedding_matrix` takes. Words that
            the store does not have are left out, with a warning of the logger ``glovefast``.
        file_format : str, optional
            The format, whatever the ending: one of the names above.
        overwrite : bool
            Replace a file that exists, or a folder that was exported.
        progress : callable or bool, optional
            Called with a `Progress` as the writing goes on; True shows a bar.

        Returns
        -------
        pathlib.Path
            The file or folder.

        Raises
        ------
        StoreError
            If the destination exists (and `overwrite` is false), is not of its kind, or cannot be made where
            it is.
        VocabularyError
            If a word cannot be written in the format (one with a space as text, for example), or if `words`
            cannot be used or none of them is in the store.
        OSError
            If the file cannot be written.
        ValueError, TypeError
            If the ending or an argument cannot be used.
        """
        from glovefast.store.export.writing import export

        return export(
            self._index,
            self._array,
            path,
            words,
            store=str(self.path),
            file_format=file_format,
            overwrite=overwrite,
            progress=progress,
        )

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give Arrow the columns ``word`` and ``vector``, a list of fixed size, without a copy.

        ``pyarrow.table(vectors)``, ``polars.DataFrame(vectors)`` and DuckDB read them this way. The rows of
        a float16 or int8 store become float32 on the way, which takes a copy.
        """
        from glovefast.store.export.arrow_table import table_stream

        return table_stream(self._index.words, self._array).__arrow_c_stream__(requested_schema)
