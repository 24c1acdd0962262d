"""Keep what has been fetched of a file, in parts: each is a file that is named after where it begins.

A part is as long as its file, so nothing else has to be written down while it grows: a process that is killed
leaves what it had, and the next one goes on from there.
"""

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from glovefast.sources.remote import Version

_SUFFIX = ".part"
_VERSION = "version.json"


class KeptParts:
    """The parts of a file, in a directory that only one process uses at a time.

    Parameters
    ----------
    directory : pathlib.Path
        Where they are, or will be; it is made when the first bytes come.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._files: dict[int, int] = {}  # the open files by where their bytes begin
        self._lengths: dict[int, int] = {}
        self.version = self._read_version()
        if self.version is None:
            self.discard()
        else:
            self._open_all()

    def begin(self, version: Version) -> None:
        """Start anew, with the parts of this version."""
        self.discard()
        self.directory.mkdir(parents=True, exist_ok=True)
        if version.is_certain:  # else nobody could tell later what these are parts of
            written = self.directory / f".{_VERSION}"
            written.write_text(json.dumps(asdict(version)), encoding="utf-8")
            written.replace(self.directory / _VERSION)
        self.version = version

    def available(self, position: int) -> int:
        """Count the bytes that are there from a position on, without a gap."""
        found = position
        with self._lock:
            for begin in sorted(self._lengths):
                if begin <= found < begin + self._lengths[begin]:
                    found = begin + self._lengths[begin]
        return found - position

    def next_part(self, position: int) -> int | None:
        """Say where the first part behind a position begins."""
        with self._lock:
            return min((begin for begin in self._lengths if begin > position), default=None)

    def part_around(self, position: int) -> int:
        """Say where the part begins that ends at a position; the position itself if none does."""
        with self._lock:
            ending = (begin for begin, length in self._lengths.items() if begin + length == position)
            return next(ending, position)

    def read(self, position: int, target: memoryview) -> int:
        """Read what is there from a position on, up to the next gap; return the number of bytes."""
        with self._lock:
            for begin, length in self._lengths.items():
                if begin <= position < begin + length:
                    file, room = self._files[begin], min(len(target), begin + length - position)
                    break
            else:
                return 0
        return os.preadv(file, [target[:room]], position - begin)

    def write(self, position: int, data: bytes) -> None:
        """Add bytes behind what is there, or as the beginning of a new part."""
        begin = self.part_around(position)
        with self._lock:
            if begin not in self._files:
                path = self.directory / f"{begin}{_SUFFIX}"
                self._files[begin] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
                self._lengths[begin] = 0
            file, offset = self._files[begin], position - begin
        rest = memoryview(data)
        while rest:
            count = os.pwrite(file, rest, offset)
            rest, offset = rest[count:], offset + count
        with self._lock:
            self._lengths[begin] = offset

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._files.values():
                os.close(file)
            self._files.clear()
            self._lengths.clear()

    def discard(self) -> None:
        """Remove what was fetched."""
        self.close()
        remove_parts(self.directory)

    def _open_all(self) -> None:
        for path in self.directory.glob(f"*{_SUFFIX}"):
            with suppress(ValueError, OSError):
                begin = int(path.name.removesuffix(_SUFFIX))
                file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
                self._files[begin], self._lengths[begin] = file, os.fstat(file).st_size

    def _read_version(self) -> Version | None:
        try:
            return Version.noted(json.loads((self.directory / _VERSION).read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError):
            return None


def remove_parts(directory: Path) -> None:
    """Remove the parts in a directory, and the directory if nothing else is in it."""
    with suppress(OSError):
        for path in list(directory.iterdir()):
            if path.name in (_VERSION, f".{_VERSION}") or path.suffix == _SUFFIX:
                path.unlink(missing_ok=True)
        directory.rmdir()


def size_of_parts(directory: Path) -> int:
    """Count the bytes of all parts in a directory."""
    return sum(path.stat().st_size for path in directory.glob(f"*{_SUFFIX}"))
