"""Putting a finished directory in its place with one rename, so that readers see it whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def make_partial(target: Path) -> Path:
    """Make a hidden directory beside a target, on the same file system, to be put in its place later."""
    return Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))


def put_in_place(directory: Path, target: Path) -> None:
    """Publish a finished directory under its name.

    Parameters
    ----------
    directory : pathlib.Path
        The directory, beside the target.
    target : pathlib.Path
        Its name to be. A directory that has the name already is exchanged with the new one in one step
        (Linux), then removed.
    """
    # mkdtemp makes a directory that only its owner can enter; this one has the rights of any new directory.
    directory.chmod(0o777 & ~_umask())
    if not target.exists():
        directory.rename(target)
        return
    if _exchange(directory, target):
        shutil.rmtree(directory, ignore_errors=True)
        return
    # No exchange in one step on this system: for an instant only the old store's other name exists.
    retired = make_partial(target) / target.name
    try:
        target.rename(retired)
        try:
            directory.rename(target)
        except OSError:
            retired.rename(target)
            raise
    except OSError:
        with suppress(OSError):
            retired.parent.rmdir()  # only if it is empty: the old store is never removed for nothing
        raise
    shutil.rmtree(retired.parent, ignore_errors=True)


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
    directory = make_partial(resolved)
    try:
        yield directory / resolved.name
        (directory / resolved.name).replace(resolved)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically with Linux's renameat2; false where that is not possible."""
    import ctypes

    at_fdcwd, rename_exchange = -100, 2  # from <fcntl.h> and <linux/fs.h>
    try:
        renameat2: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return renameat2(at_fdcwd, os.fsencode(one), at_fdcwd, os.fsencode(other), rename_exchange) == 0


def _umask() -> int:
    """Read the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
