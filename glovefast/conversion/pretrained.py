"""Open pretrained vectors by a name, an address or a path; convert them into the cache the first time."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glovefast.conversion.cache import Entry
from glovefast.conversion.pretrained_source import PretrainedSource, pretrained_source
from glovefast.errors import StoreError
from glovefast.progress import Callback, checked_progress, shows_progress
from glovefast.store.checksums import new_checksum
from glovefast.store.metadata import FLOAT32, FORMAT_VERSION
from glovefast.store.rounding import checked_number_type
from glovefast.vectors import WordVectors

if TYPE_CHECKING:
    from glovefast.conversion.options import Options
    from glovefast.matrix.fallbacks import Fallback
    from glovefast.parser.decoding import ErrorsRule
    from glovefast.store.rounding import NumberType
    from glovefast.vocabulary.training_vocabulary import AnyVocabulary


@shows_progress
def from_pretrained(
    source: str | os.PathLike[str],
    *,
    member: str | None = None,
    words: "AnyVocabulary | None" = None,
    fallback: "Fallback | Iterable[Fallback]" = (),
    dim: int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    limit: int | None = None,
    threads: int | None = None,
    encoding: str = "utf-8",
    errors: "ErrorsRule" = "strict",
    on_bad_row: Literal["raise", "skip"] = "raise",
    dtype: "NumberType" = "float32",
    cache_dir: str | os.PathLike[str] | None = None,
    refresh: bool = False,
    progress: Callback | bool | None = None,
) -> WordVectors:
    """Open pretrained vectors: fetched and converted the first time, opened in milliseconds from then on.

    Parameters
    ----------
    source : str or path-like
        A published name, such as ``"glove.6B.100d"`` (``glovefast fetch --list`` shows them all); an address
        (``https://``, and with fsspec ``s3://``, ``hf://`` and others); a file that `convert` takes; or a
        store, which is opened where it is. An existing file or store of a name comes before published
        vectors.
    member : str, optional
        The archive's member; not needed if there is only one.
    words, fallback, dim, header, separator, limit, threads, encoding, errors, on_bad_row, dtype
        As in `convert`. Other options make another store.
    cache_dir : str or path-like, optional
        The directory of the cache; by default ``GLOVEFAST_CACHE_DIR``, or ``glovefast`` in
        ``XDG_CACHE_HOME`` or in ``~/.cache``. A file that the machine cannot fetch can be put there by hand;
        the error says where.
    refresh : bool
        Ask the server whether the file has changed, and fetch it again if so. A file of this machine that
        was changed needs no asking.
    progress : callable or bool, optional
        As in `convert`. While a whole file has to come first, its bytes are reported, without rows.

    Returns
    -------
    WordVectors
        The open store. Processes that ask for the same at the same time convert it once.

    Raises
    ------
    FetchError
        If the file cannot be fetched. What came is kept, and the next call goes on from there.
    FormatError, StoreError, VocabularyError, OSError, ValueError, TypeError
        As `convert` raises them; a FileNotFoundError also if no published vectors have the name.
    DependencyError
        If the address needs a package that is not installed.

    Notes
    -----
    Of a zip archive on a server that answers range requests, only the list of members and the member are
    fetched, and they are parsed while they arrive. Proxies and certificates are those of the environment:
    ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``.
    """
    asked = Asked(
        source,
        member=member,
        words=words,
        fallback=fallback,
        dim=dim,
        header=header,
        separator=separator,
        limit=limit,
        threads=threads,
        encoding=encoding,
        errors=errors,
        on_bad_row=on_bad_row,
        dtype=dtype,
        cache_dir=cache_dir,
        progress=progress,
    )
    return asked.open(refresh=refresh)


class Asked:
    """Pretrained vectors and the options to convert them with.

    Parameters
    ----------
    source, member, words, fallback, cache_dir, progress
        As in `from_pretrained`.
    **options
        The other options of `convert`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        member: str | None = None,
        words: "AnyVocabulary | None" = None,
        fallback: "Fallback | Iterable[Fallback]" = (),
        cache_dir: str | os.PathLike[str] | None = None,
        progress: Callback | bool | None = None,
        **options: Any,  # noqa: ANN401 - each has its own type
    ) -> None:
        self.source: PretrainedSource = pretrained_source(source, member)
        self._words = words
        self._fallback = fallback if isinstance(fallback, str) or callable(fallback) else tuple(fallback)
        self._progress = checked_progress(progress)
        self._options = options | {
            "dtype": checked_number_type(options.get("dtype", FLOAT32)),
            "encoding": _checked_encoding(options.get("encoding", _DEFAULTS["encoding"])),
        }
        self._made_of = {"source": self.source.shown, "member": member, "options": self._described()}
        if self.source.store is not None and not self.has_no_options:
            raise StoreError(self.source.store, "is a store already; open it without conversion options")
        self.entry = Entry.of(
            cache_dir,
            self.source.stem,
            {**self._made_of, "source": self.source.identity, "format": FORMAT_VERSION},
        )

    def open(self, *, refresh: bool = False) -> WordVectors:
        """Open the store; make it first if it is not there."""
        if self.source.store is not None:
            return WordVectors(self.source.store)
        entry = self.entry
        if not refresh and os.path.isdir(entry.store):  # noqa: PTH112 - the quickest way
            try:
                vectors = WordVectors(entry.store)
            except StoreError:  # damaged, or just removed
                pass
            else:
                entry.note_use()
                return vectors
        store, _ = self.make(refresh=refresh)
        return WordVectors(store)

    @property
    def has_no_options(self) -> bool:
        """Whether the source alone tells the store in the cache."""
        return self._made_of["member"] is None and not self._made_of["options"]

    def make(self, *, refresh: bool = False) -> tuple[Path, bool]:
        """Make the store in the cache if it is not there; give its place, and whether it is new."""
        if self.source.store is not None:
            WordVectors(self.source.store)  # raises if it is damaged
            return self.source.store, False
        from glovefast.conversion.fetching import make_store

        is_new = make_store(self.source, self.entry, self._checked(), self._made_of, refresh=refresh)
        return self.entry.store, is_new

    def make_at(self, destination: Path, *, overwrite: bool, refresh: bool = False) -> tuple[Path, bool]:
        """Make the store outside of the cache; give its place, and whether it is more than a copy."""
        if self.source.store is not None:
            raise StoreError(self.source.store, "is a store already; copy it instead")
        from glovefast.conversion.fetching import make_store_at

        return make_store_at(
            self.source, self.entry, self._checked(), destination, overwrite=overwrite, refresh=refresh
        )

    def _checked(self) -> "Options":
        from glovefast.conversion.options import Options, wanted_words

        wanted = wanted_words(self._words, self._fallback)
        return Options(**self._options, progress=self._progress, wanted=wanted)

    def _described(self) -> dict[str, Any]:
        """Describe the options that decide what the store becomes, leaving out defaults."""
        unlike_default = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self._options.items()
            if name != "threads" and value is not None and value != _DEFAULTS.get(name)
        }
        if self._words is not None or self._fallback:
            unlike_default["words"] = self._fingerprint()
        return unlike_default

    def _fingerprint(self) -> str:
        """Tell the wanted words and their other forms from all others."""
        wanted = self._checked().wanted
        kept = wanted.kept.words.to_pylist() if wanted is not None else []
        checksum = new_checksum()
        for word in sorted(kept):  # rows stay in the order of the source
            checksum.update(b"%d " % len(encoded := word.encode()) + encoded)
        return str(checksum.hexdigest())


def _checked_encoding(encoding: str) -> str:
    """Give each encoding one name; most calls name none and load no codecs."""
    if encoding == _DEFAULTS["encoding"]:
        return encoding
    from glovefast.parser.decoding import checked_encoding

    return checked_encoding(encoding)


_DEFAULTS = {"encoding": "utf-8", "errors": "strict", "on_bad_row": "raise", "dtype": "float32"}
