"""Putting what was written in its place with one rename, so that readers see it whole or not at all.

Until then it lies in a hidden directory beside its target, ``.NAME.xxxxxxxx.partial``, which its writer keeps
locked. The lock ends with the process, however that ends: what is not locked was left by one that was killed,
and the next one that writes under the same name clears it away.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

# What a rename says where a directory or a file has the name already.
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


class Partial:
    """A hidden directory beside a target, on the same file system, locked until it is put in its place.

    A context manager: what is still in the directory at the end is removed.

    Parameters
    ----------
    target : pathlib.Path
        The name that the directory, or a file in it, shall have; resolved, so that a link stays a link.

    Attributes
    ----------
    path : pathlib.Path
        The directory.

    Raises
    ------
    OSError
        If no directory can be made there.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path, self._lock = _make_locked(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()

    def discard(self) -> None:
        """Remove the directory: unpublished files, or the store that was replaced."""
        try:
            shutil.rmtree(self.path, ignore_errors=True)
        except KeyboardInterrupt:  # a large store takes its time, and nothing shall be left all the same
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        finally:
            os.close(self._lock)

    def put_in_place(self, overwrite: bool) -> None:
        """Publish the directory under its target's name; `discard` then removes what had the name before.

        Parameters
        ----------
        overwrite : bool
            Exchange the directory with the one that has the name already: in one step where the system can
            (Linux), else in two renames.

        Raises
        ------
        FileExistsError
            If something has the name already, and `overwrite` is false.
        OSError
            If it cannot be renamed. What was there is there still.
        """
        # mkdtemp makes a directory for its owner alone; a store has the rights of any new directory.
        self.path.chmod(0o777 & ~_umask())
        _sync(self.path)
        retired = self.path.with_suffix(".retired")
        try:
            while not self._take_name(overwrite):
                # No exchange in one step on this system: for an instant the old store has another name.
                with suppress(FileNotFoundError):  # or another process has just taken it away
                    self._target.rename(retired)
        finally:
            _settle(retired, self._target)
        _sync(self._target.parent)

    def _take_name(self, overwrite: bool) -> bool:
        """Take the target's name; false if another directory must be moved away first."""
        try:
            self.path.rename(self._target)  # takes the place of nothing but an empty directory
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            if not overwrite:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._target)) from None
            return _exchange(self.path, self._target)
        return True


@contextmanager
def published_whole(target: Path) -> Iterator[Path]:
    """Give a name to write a file under; once it is written, the file gets its own name by a rename.

    Parameters
    ----------
    target : pathlib.Path
        The file's own name; a file that has it already is replaced.

    Yields
    ------
    pathlib.Path
        The name to write under, on the same file system. If the writing fails, nothing is left behind.
    """
    resolved = target.resolve()
    clear_remains(resolved)
    with Partial(resolved) as partial:
        file = partial.path / resolved.name
        yield file
        _sync(file)
        file.replace(resolved)
        _sync(resolved.parent)


def clear_remains(target: Path) -> None:
    """Remove what killed processes left of their work for a target; what a living one writes stays.

    Parameters
    ----------
    target : pathlib.Path
        The name that they would have published under. If the store of that name was just being replaced, on
        a system that cannot do so in one step, it has its name again afterwards.
    """
    remains = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}\.(partial|retired)")
    with suppress(OSError):  # a directory that cannot be listed: they stay
        for path in list(target.parent.iterdir()):
            if not (match := remains.fullmatch(path.name)):
                continue
            if match[1] == "retired":
                _settle(path, target)
            else:
                _remove_unless_locked(path)


def _make_locked(target: Path) -> tuple[Path, int]:
    """Make a hidden directory beside a target and lock it; give it and the lock's file descriptor."""
    import fcntl  # which Windows lacks

    while True:
        try:
            path = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        except OSError as error:
            error.filename = str(target.parent)  # the hidden name says nothing to a user
            raise
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            # Network file systems may have no locks on directories; then nobody clears anything away there.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)
        except FileNotFoundError:
            pass
        except KeyboardInterrupt:
            path.rmdir()
            raise
        # Another process has cleared it away in the instant in which it was not locked.


def _remove_unless_locked(path: Path) -> None:
    import fcntl

    with suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)


def _settle(retired: Path, target: Path) -> None:
    """Remove a store that was replaced; where the new one did not come, give it its name back."""
    if not retired.exists():
        return
    if not target.exists():
        with suppress(OSError):  # it still has the other name
            retired.rename(target)
    else:
        shutil.rmtree(retired, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically with Linux's renameat2; false where that is not possible."""
    import ctypes

    at_fdcwd, rename_exchange = -100, 2  # from <fcntl.h> and <linux/fs.h>
    try:
        renameat2: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return renameat2(at_fdcwd, os.fsencode(one), at_fdcwd, os.fsencode(other), rename_exchange) == 0


def _sync(path: Path) -> None:
    """Wait until a file, or a directory's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that does not do so for directories
            raise
    finally:
        os.close(descriptor)


def _umask() -> int:
    """Read the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
