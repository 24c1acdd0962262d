"""Open files in directories that others can write to, where anything may have a file's name."""

import errno
import os
import stat
from io import FileIO

# The errors for a file that is not regular: a FIFO, a device or a link, and a link that came in between.
NOT_REGULAR = (errno.ENOTSUP, errno.ELOOP)

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


def open_regular_file(path: str | os.PathLike[str], directory: int | None = None) -> FileIO:
    """Open a regular file for reading: not a FIFO, which may wait forever, nor a device, nor a link.

    Parameters
    ----------
    path : str or path-like
        The file, relative to `directory` if that is given.
    directory : int, optional
        The descriptor of an open directory.

    Raises
    ------
    IsADirectoryError
        If it is a directory.
    OSError
        If it is missing or cannot be opened; with an `errno` in `NOT_REGULAR` if it is not a regular file.
    """

    def open_here(path: str, flags: int) -> int:
        # Looked at before it is opened, since opening alone does something to a device.
        status = os.stat(path, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(status, path)
        return os.open(path, flags | _FLAGS, dir_fd=directory)

    file = FileIO(os.fspath(path), opener=open_here)
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise _refusal(status, os.fspath(path))
    return file


def _refusal(status: os.stat_result, path: str) -> OSError:
    if stat.S_ISDIR(status.st_mode):
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    return OSError(errno.ENOTSUP, "is not a regular file", path)
