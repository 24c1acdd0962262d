"""Publishing files with one rename, so that readers see them whole or not at all.

Until then, the files are in a hidden directory beside their target, ``.NAME.xxxxxxxx.partial``, which its
writer keeps locked. The lock ends with the process, however it ends: an unlocked directory was left by a
process that was killed, and the next process that writes under the same name removes it.

Only files that glovefast made are removed or replaced. Once the rename is done, nothing fails any more: what
cannot be cleaned up is reported as a warning of the logger ``glovefast``.
"""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from glovefast.store.destination import not_a_regular_file
from glovefast.store.remains import RETIRED, clear_remains, hidden_path, remove_ours, settle
from glovefast.store.renames import exchange, rename_without_replacing

_log = logging.getLogger("glovefast")

# The errors of a rename to a name that a directory or a file has already.
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)
# No space, no more of the user's quota, no larger files for this process (ulimit -f).
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_MADE = "no directory can be made here; choose another destination"
_ELSEWHERE = "choose another destination (destination, -o)"
_NOT_OURS_TO_WRITE = (errno.EACCES, errno.EROFS)
_ATTEMPTS = 100  # to make a hidden directory, while others take its name or clear it away


class Partial:
    """A hidden directory beside a target, on the same file system, locked until it is put in its place.

    A context manager: entering makes the directory; leaving removes what is still in it.

    Parameters
    ----------
    target : pathlib.Path
        The name for the directory, or for a file in it; resolved, so that a link stays a link.

    Attributes
    ----------
    path : pathlib.Path
        The directory.
    is_published : bool
        Whether the directory was put in its place.

    Raises
    ------
    OSError
        On entering, if no directory can be made there.
    """

    path: Path

    def __init__(self, target: Path) -> None:
        self._target = target
        self._lock: int | None = None
        self.is_published = False

    def __enter__(self) -> Self:
        for _ in range(_ATTEMPTS):
            self._make_locked()
            if self._lock is not None:
                return self
        raise OSError(errno.EAGAIN, _NOT_MADE, str(self._target.parent))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()

    def _make_locked(self) -> None:
        """Make the directory and lock it; not if another process cleared it away before it was locked."""
        import fcntl  # which Windows lacks

        self.path = hidden_path(self._target)
        lock, is_made = None, False
        try:
            self.path.mkdir()
            is_made = True
            lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            # Network file systems may lack locks on directories; then nothing is ever cleared away there.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.exists():
                self._lock = lock
        except FileExistsError:  # another process has the same random name
            pass
        except BaseException as error:
            with suppress(OSError):
                self.path.rmdir()
            if isinstance(error, FileNotFoundError) and self.path.parent.is_dir():
                if is_made:
                    return  # cleared away before it was locked
                error.strerror = _NOT_MADE
            if isinstance(error, OSError):
                if error.errno in _NOT_OURS_TO_WRITE:
                    error.strerror = f"{os.strerror(error.errno)}; {_ELSEWHERE}"
                error.filename = str(self._target.parent)  # the hidden name says nothing to a user
            raise
        finally:
            if lock is not None and self._lock is None:
                os.close(lock)

    def discard(self) -> None:
        """Remove the directory: unpublished files, or the store that was replaced."""
        try:
            self._remove()
        except (KeyboardInterrupt, MemoryError):  # removing takes its time; nothing stays
            with suppress(MemoryError):
                self._remove()
            if not self.is_published:
                raise
        finally:
            if self._lock is not None:
                os.close(self._lock)

    def _remove(self) -> None:
        retired = self.path.with_suffix(RETIRED)
        settle(retired, self._target)
        remove_ours(self.path, self._target.name)
        for left in (self.path, retired):
            if self.is_published and os.path.lexists(left):
                _log.warning("%s is complete, but what it replaced cannot be removed: %s", self._target, left)

    def put_in_place(self, overwrite: bool) -> None:
        """Publish the directory under its target's name; `discard` then removes what had the name before.

        Once the directory has its name, this returns whatever happens, an interrupt included.

        Parameters
        ----------
        overwrite : bool
            Exchange the directory with one that has the name already: in one step where the system can
            (Linux), else in two renames.

        Raises
        ------
        FileExistsError
            If the name is taken and `overwrite` is false.
        OSError
            If the directory cannot be renamed. What was there is still there.
        """
        _sync(self.path)
        identity = self.path.stat()
        try:
            while not self._take_name(overwrite):
                # The system has no exchange in one step: for an instant the old store has another name.
                with suppress(FileNotFoundError):  # another process has just taken it away
                    self._target.rename(self.path.with_suffix(RETIRED))
        except BaseException:
            if not _is_at(self._target, identity):
                raise
        self.is_published = True
        _sync_parent(self._target)

    def _take_name(self, overwrite: bool) -> bool:
        """Take the target's name; false if another directory must be moved away first."""
        try:
            self.path.rename(self._target)  # replaces nothing but an empty directory
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            if not overwrite:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._target)) from None
            return exchange(self.path, self._target)
        return True


@contextmanager
def published_whole(target: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a name to write a file under; once it is written, a rename gives the file its own name.

    Parameters
    ----------
    target : pathlib.Path
        The file's own name.
    overwrite : bool
        Replace a regular file that has the name already.

    Yields
    ------
    pathlib.Path
        The name to write under, on the same file system. If writing fails, nothing is left behind.

    Raises
    ------
    FileExistsError
        If something has the name, and `overwrite` is false or it is not a regular file.
    """
    resolved = target.resolve()
    clear_remains(resolved)
    with named_if_full(target), Partial(resolved) as partial:
        file = partial.path / resolved.name
        yield file
        _sync(file)
        identity = file.stat()
        try:
            if overwrite:
                _replace(file, resolved)
            else:
                rename_without_replacing(file, resolved)
        except BaseException:
            if not _is_at(resolved, identity):
                raise
        partial.is_published = True
        _sync_parent(resolved)


@contextmanager
def named_if_full(target: Path) -> Iterator[None]:
    """Name the target in the error of a full disk; a write knows only the number of its file."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_IS_FULL and error.filename is None:
            error.filename = str(target)
        raise


def _replace(file: Path, target: Path) -> None:
    if problem := not_a_regular_file(target):
        raise FileExistsError(errno.EEXIST, problem, str(target))
    file.replace(target)


def _is_at(path: Path, identity: os.stat_result) -> bool:
    """Say whether a path leads to a file or directory that was looked at before."""
    try:
        return os.path.samestat(path.stat(), identity)
    except OSError:
        return False


def _sync_parent(path: Path) -> None:
    """Wait until the new name of something that was published is on the disk; warn if that fails."""
    try:
        _sync(path.parent)
    except KeyboardInterrupt:
        pass
    except (OSError, MemoryError) as error:
        _log.warning("%s is complete, but may be lost if the power fails now: %s", path, error)


def _sync(path: Path) -> None:
    """Wait until a file, or the entries of a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot do so for directories
            raise
    finally:
        os.close(descriptor)
