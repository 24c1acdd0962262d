"""The cache of stores: each is named after its source and the options that made it.

::

    stores/NAME-KEY.glovefast   a store
    stores/NAME-KEY.json        what it was made of; its time is that of the last use
    stores/NAME-KEY.lock        locked by the process that makes the store
    downloads/NAME-KEY/         what has come of a file that is still being fetched
    files/                      what users put there by hand, which is never removed

The compiled kernels are beside these folders.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glovefast.cache_directory import cache_directory, expanded
from glovefast.store.checksums import new_checksum
from glovefast.store.files import SUFFIX

_STORES, _DOWNLOADS, _FILES = "stores", "downloads", "files"
_KEY_CHARACTERS = 16
_LONGEST_NAME = 100  # bytes
_OURS = re.compile(rf"(.+-[0-9a-f]{{{_KEY_CHARACTERS}}})\.(?:glovefast|json|lock)")
_UNUSUAL = re.compile(r"[^\w.+-]")
_NOT_WRITABLE = "{}; choose another cache directory (cache_dir=, --cache-dir, GLOVEFAST_CACHE_DIR)"


def chosen_cache(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Choose the directory of the cache: the caller's if there is one, with ``~`` for the home directory."""
    return expanded(cache_dir) if cache_dir else cache_directory()


@dataclass(frozen=True)
class Entry:
    """The place of one store in the cache.

    Attributes
    ----------
    cache : pathlib.Path
        The directory of the cache.
    name : str
        What its files are called, without their suffixes.
    """

    cache: Path
    name: str

    @classmethod
    def of(cls, cache_dir: str | os.PathLike[str] | None, stem: str, made_of: Mapping[str, Any]) -> "Entry":
        """Name the store that is made of these things: a source and options, as JSON has them."""
        described = json.dumps(made_of, sort_keys=True, default=repr).encode("utf-8", "surrogateescape")
        key = new_checksum(described).hexdigest()[:_KEY_CHARACTERS]
        name = _UNUSUAL.sub("_", stem).encode()[:_LONGEST_NAME].decode(errors="ignore")
        return cls(chosen_cache(cache_dir), f"{name}-{key}")

    @property
    def store(self) -> Path:
        """The store."""
        return self.cache / _STORES / (self.name + SUFFIX)

    @property
    def downloads(self) -> Path:
        """The directory for what has been fetched so far."""
        return self.cache / _DOWNLOADS / self.name

    @property
    def by_hand(self) -> Path:
        """The directory for files that users fetched themselves."""
        return self.cache / _FILES

    @property
    def _note(self) -> Path:
        return self.store.with_suffix(".json")

    def note_use(self) -> None:
        """Note that the store was used now, if the cache can be written."""
        with suppress(OSError):
            os.utime(self._note)

    def note_origin(self, origin: Mapping[str, Any]) -> None:
        """Note what the store was made of."""
        from glovefast.store.atomic import published_whole

        with _advised(), published_whole(self._note, overwrite=True) as written:
            written.write_text(json.dumps(origin), encoding="utf-8")

    def origin(self) -> dict[str, Any]:
        """Give what the store was made of; empty if that is not known."""
        try:
            origin = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return origin if isinstance(origin, dict) else {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process make this store meanwhile; wait for one that does.

        Raises
        ------
        OSError
            If the cache cannot be written.
        """
        with _advised():
            self.store.parent.mkdir(parents=True, exist_ok=True)
            lock = self._lock()
            while lock is None:
                _log("waiting for another process that is making %s", self.store)
                lock = self._lock(waits=True)
        try:
            yield
        finally:
            if not self.store.exists() and not self.downloads.exists():  # nothing came of it
                with suppress(OSError):
                    self._note.unlink(missing_ok=True)
                    self.store.with_suffix(".lock").unlink(missing_ok=True)
            os.close(lock)

    def _lock(self, *, waits: bool = False) -> int | None:
        """Lock the store; None if another process has locked it, unless this one `waits`."""
        path = self.store.with_suffix(".lock")
        while True:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                if not _lock_file(lock, waits=waits):
                    os.close(lock)
                    return None
                if os.path.samestat(os.fstat(lock), path.stat()):
                    return lock
            except FileNotFoundError:  # another process has cleared the cache
                pass
            except BaseException:
                os.close(lock)
                raise
            os.close(lock)

    def remove(self) -> int | None:
        """Remove the store and all that belongs to it; None if a process is making it.

        Returns
        -------
        int or None
            How many bytes that freed.
        """
        from glovefast.sources.kept_parts import remove_parts
        from glovefast.store.remains import clear_remains, remove_store

        lock = self._lock()
        if lock is None:
            return None
        try:
            freed = self.size() + self._unfinished_size()
            remove_store(self.store)
            remove_parts(self.downloads)
            clear_remains(self._note)
            for path in (self._note, self.store.with_suffix(".lock")):
                path.unlink(missing_ok=True)
            return freed
        finally:
            os.close(lock)

    def is_called(self, name: str) -> bool:
        """Say whether a name means this store: its file name, or the source that it was made of."""
        return name in (self.name, self.store.name, str(self.store), self.origin().get("source"))

    def is_there(self) -> bool:
        """Say whether there is a store, or the beginning of one."""
        from glovefast.store.remains import remains_of

        return self.store.is_dir() or self.downloads.is_dir() or bool(remains_of(self.store))

    def size(self) -> int:
        """Count the bytes of the store's files."""
        return _size_of_files(self.store)

    def _unfinished_size(self) -> int:
        """Count the bytes of what was fetched or written for a store that is not complete."""
        from glovefast.sources.kept_parts import size_of_parts
        from glovefast.store.remains import remains_of

        return size_of_parts(self.downloads) + sum(map(_size_of_files, remains_of(self.store)))

    def describe(self) -> dict[str, Any]:
        """Describe the store for a list."""
        from datetime import UTC, datetime

        with suppress(OSError):
            used = datetime.fromtimestamp(self._note.stat().st_mtime, UTC).isoformat(timespec="seconds")
            return {**self._described(), "last_used": used}
        return {**self._described(), "last_used": None}

    def _described(self) -> dict[str, Any]:
        origin = self.origin()
        source, member, options = (origin.get(name) for name in ("source", "member", "options"))
        return {
            "store": str(self.store),
            "source": source if isinstance(source, str) else None,
            "member": member if isinstance(member, str) else None,
            "options": options if isinstance(options, dict) else {},
            "bytes": self.size(),
            "unfinished_bytes": self._unfinished_size(),
        }


def entries(cache_dir: str | os.PathLike[str] | None = None) -> list[Entry]:
    """List the stores in a cache, finished or not."""
    return [entry for entry in _all_entries(cache_dir) if entry.is_there()]


def _all_entries(cache_dir: str | os.PathLike[str] | None) -> list[Entry]:
    cache = chosen_cache(cache_dir)
    names = set()
    with suppress(OSError):
        matches = (_OURS.fullmatch(path.name) for path in (cache / _STORES).iterdir())
        names = {match[1] for match in matches if match}
    return [Entry(cache, name) for name in sorted(names)]


def clear(cache_dir: str | os.PathLike[str] | None = None) -> tuple[int, list[Path]]:
    """Remove all stores of a cache; see `remove`."""
    return remove(_all_entries(cache_dir))


def remove(chosen: Iterable[Entry]) -> tuple[int, list[Path]]:
    """Remove stores; give the bytes that this freed, and the stores that stay because they are being made."""
    freed, busy = 0, []
    for entry in chosen:
        with _advised():
            size = entry.remove()
        if size is None:
            busy.append(entry.store)
        else:
            freed += size
    return freed, busy


def _size_of_files(directory: Path) -> int:
    with suppress(OSError):
        return sum(file.lstat().st_size for file in directory.iterdir())
    return 0


@contextmanager
def _advised() -> Iterator[None]:
    """Say what to do about a cache that cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.strerror:
            reason = error.strerror.partition("; ")[0]  # without advice that is for other files
            error.strerror = _NOT_WRITABLE.format(reason)
        raise


def _log(message: str, *values: object) -> None:
    import logging  # most calls find their store and have nothing to say

    logging.getLogger("glovefast").info(message, *values)


def _lock_file(file: int, *, waits: bool) -> bool:
    """Lock a file until it is closed, or until the process ends; false if another process has locked it.

    Where there are no locks, this does nothing.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:  # a network file system without locks
        _log("the cache cannot be locked (%s); two processes may do the same work", error)
    return True
