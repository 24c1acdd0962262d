"""Renames that the standard library lacks: one that replaces nothing, and one that exchanges two names."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCHANGE = -100, 1, 2  # from Linux's <fcntl.h> and <linux/fs.h>


def rename_without_replacing(file: Path, target: Path) -> None:
    """Rename a file to a name that is free; FileExistsError if it is taken."""
    if _renameat2(file, target, _RENAME_NOREPLACE):
        return
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        file.rename(target)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; false where that is not possible."""
    return _renameat2(one, other, _RENAME_EXCHANGE)


def _renameat2(one: Path, other: Path, flags: int) -> bool:
    """Call Linux's renameat2; false if it fails, or the system lacks it."""
    import ctypes

    try:
        renameat2: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), flags) == 0
