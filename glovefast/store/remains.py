"""What processes leave of their work for a store or a file: hidden names, and how leftovers are cleaned up.

Only files that glovefast made are removed.
"""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from glovefast.store.checksums import new_checksum
from glovefast.store.files import FILES, MODEL_FILES, MORE_FILES

PARTIAL, RETIRED = ".partial", ".retired"  # equally long
_RANDOM_BYTES = 4
# What most file systems allow for a name, less what surrounds the target's name in a hidden one.
_NAME_BYTES = 255 - len(f"..{'x' * 2 * _RANDOM_BYTES}{PARTIAL}")


def clear_remains(target: Path) -> None:
    """Remove what killed processes left of their work for a target; what a living one writes stays.

    Parameters
    ----------
    target : pathlib.Path
        The name that they would have published under. If a store of that name was just being replaced, on a
        system that cannot do so in one step, it has its name again afterwards.
    """
    for path in remains_of(target):
        if path.suffix == RETIRED:
            settle(path, target)
        else:
            _remove_unless_locked(path, target.name)


def remains_of(target: Path) -> list[Path]:
    """List the hidden directories of processes that work for a target, or were killed meanwhile."""
    remains = re.compile(rf"\.{re.escape(_hidden_stem(target.name))}\.\w{{8}}\.(partial|retired)")
    with suppress(OSError):  # a directory that cannot be listed
        return [path for path in target.parent.iterdir() if remains.fullmatch(path.name)]
    return []


def _hidden_stem(name: str) -> str:
    """Give a name, or as much of a long one as a hidden name has room for, and a checksum of all of it."""
    encoded = os.fsencode(name)
    if len(encoded) <= _NAME_BYTES:
        return name
    checksum = new_checksum(encoded).hexdigest()[:8]
    return f"{encoded[: _NAME_BYTES - 9].decode(errors='ignore')}~{checksum}"


def hidden_path(target: Path) -> Path:
    """Give a hidden name beside a target, with a random part."""
    random = os.urandom(_RANDOM_BYTES).hex()
    return target.with_name(f".{_hidden_stem(target.name)}.{random}{PARTIAL}")


def remove_ours(directory: Path, name: str) -> None:
    """Remove a directory and the files that glovefast made in it; it stays if there is anything else."""
    for file in (*FILES, *MORE_FILES, *MODEL_FILES, name):
        with suppress(OSError):
            if stat.S_ISREG((directory / file).lstat().st_mode):
                (directory / file).unlink()
    with suppress(OSError):
        directory.rmdir()


def remove_store(store: Path) -> None:
    """Remove a store, and what killed processes left beside it; whoever has it open can go on reading it.

    It loses its name first, so that nobody opens one half of it.
    """
    clear_remains(store)
    if store.is_symlink() or not store.is_dir():
        return
    hidden = hidden_path(store)
    store.rename(hidden)
    remove_ours(hidden, store.name)


def _remove_unless_locked(path: Path, name: str) -> None:
    import fcntl

    with suppress(OSError):
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_ours(path, name)
        finally:
            os.close(lock)


def settle(retired: Path, target: Path) -> None:
    """Remove a store that was replaced; if the new one did not come, give it its name back."""
    if not retired.exists():
        return
    if target.exists():
        remove_ours(retired, target.name)
        return
    with suppress(OSError):  # it keeps the other name
        retired.rename(target)
