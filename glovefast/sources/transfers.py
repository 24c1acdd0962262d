"""Fetch a file from a server while it is read: only what is read, and only what was not fetched before.

A thread of its own fetches into `KeptParts`: the network never waits for the parser, and the parser waits
only for bytes that have not come yet.
"""

import errno
import io
import os
import threading
from collections.abc import Callable
from typing import Any

from glovefast.sources.attempts import Attempts
from glovefast.sources.file_types import HEAD_BYTES
from glovefast.sources.kept_parts import KeptParts
from glovefast.sources.remote import ChangedFileError, InterruptedTransfer, Remote, Reply
from glovefast.threads import no_thread_left

Report = Callable[[int, int | None], None]

_READ_BYTES = 1 << 18
# A read at another place fetches at least so much. At the end, a zip archive has the list of its members.
_BLOCK_BYTES = 1 << 13
_REPORT_SECONDS = 0.1


class RemoteFile(io.RawIOBase):
    """A file on a server, as a file object that can be read anywhere while it is fetched.

    Parameters
    ----------
    remote : Remote
        The file.
    parts : KeptParts
        Where its bytes are kept. What is there already is not fetched again if it is of the same version.
    report : callable, optional
        Called with the bytes fetched and the file's size about ten times a second while a read waits.

    Attributes
    ----------
    name : str
        The address.
    version : Version
        What the server says of the file.
    failure : Exception or None
        Why nothing more can be read. Libraries that read the file may turn the error into one of their own.

    Raises
    ------
    FetchError
        If the server does not give the file.
    """

    def __init__(self, remote: Remote, parts: KeptParts, report: Report | None = None) -> None:
        super().__init__()
        self.name = remote.address
        self.failure: Exception | None = None
        self._remote = remote
        self._parts = parts
        self._report = report
        self._position = self._read_to = 0
        self._arrived = threading.Condition()
        self._cancelled = False
        self._transfer: _Transfer | None = None
        self._attempts = Attempts(remote.address)
        self._open()

    def _open(self) -> None:
        """Learn what the server says of the file, and get its first bytes, which show its type."""
        kept = self._parts.version
        reply = self._attempts.repeat(lambda: self._remote.request(0, HEAD_BYTES if kept is None else 1))
        self.version = reply.version
        if kept != reply.version or not reply.in_parts:
            self._parts.begin(reply.version)
        self.length = reply.version.length
        end = None if self.length is None else min(self.length, HEAD_BYTES)
        if not reply.in_parts:
            end = self.length
        self._start(_Transfer(self, 0, end, reply))
        if self.length is None:  # a file whose size is unknown cannot be read from its end
            self._wait_until(lambda: self.length is not None)

    def readable(self) -> bool:
        """Report that the file is readable."""
        return True

    def seekable(self) -> bool:
        """Report that any part of the file can be read."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Choose the position of the next read."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length or 0}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer with the next bytes, waiting until they arrive; with fewer only at the end."""
        target = memoryview(buffer).cast("B")
        target = target[: max(0, (self.length or 0) - self._position)]
        filled = 0
        while filled < len(target):
            count = self._parts.read(self._position, target[filled:])
            if count:
                filled += count
                self._position += count
            else:
                self._fetch(self._position, len(target) - filled)
        self._read_to = self._position
        return filled

    def will_need(self, begin: int, end: int) -> None:
        """Begin to fetch these bytes, in place of any others."""
        with self._arrived:
            is_coming = self._transfer is not None and self._transfer.covers(begin)
            if not is_coming and self._parts.available(begin) < end - begin:
                self._start(_Transfer(self, begin, min(end, self.length or 0)))

    def stop_waiting(self) -> None:
        """Make a `readinto` that waits in another thread, and all later ones, raise OSError (ECANCELED)."""
        with self._arrived:
            self._cancelled = True
            self._arrived.notify_all()
        self._attempts.stop()

    def close(self) -> None:
        """End the transfer; what was fetched is kept."""
        if not self.closed:
            self.stop_waiting()
            self._stop_transfer()
            self._remote.close()
            self._parts.close()
        super().close()

    def _fetch(self, position: int, size: int) -> None:
        """Wait until the byte at a position is there; fetch it, and more, if it is not being fetched."""
        with self._arrived:
            is_coming = self._transfer is not None and self._transfer.covers(position)
            # It may have come, with the end of its transfer, since the reader looked for it.
            if not is_coming and not self._parts.available(position):
                length = self.length or 0
                begin, end = position, min(length, position + max(size, _BLOCK_BYTES))
                if position == self._read_to > 0:  # somebody reads on and on
                    end = length
                elif position >= length - _BLOCK_BYTES:
                    begin = max(0, length - _BLOCK_BYTES)
                self._start(_Transfer(self, begin, end))
        self._wait_until(lambda: self._parts.available(position) > 0)

    def _wait_until(self, is_there: Callable[[], bool]) -> None:
        while True:
            with self._arrived:
                if self._cancelled:
                    raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
                if is_there():
                    return
                if self.failure is not None:
                    raise self.failure
                transfer = self._transfer
                if transfer is None or transfer.has_ended:
                    return
                self._arrived.wait(_REPORT_SECONDS if self._report else None)
            if report := self._report:
                report(transfer.position, self.length)

    def stop_reporting(self) -> None:
        """Report no more: what reads the file reports from now on."""
        self._report = None

    def _start(self, transfer: "_Transfer") -> None:
        """Begin a transfer in place of the one under way, unless nothing more can be read."""
        with self._arrived:
            if self._cancelled or self.failure is not None:
                return
            self._stop_transfer()
            self._transfer = transfer
            try:
                transfer.thread.start()
            except RuntimeError:
                transfer.has_ended = True
                raise no_thread_left() from None

    def _stop_transfer(self) -> None:
        with self._arrived:
            if self._transfer is not None:
                self._transfer.stop()


class _Transfer:
    """A range of the file on its way, in a thread of its own."""

    def __init__(self, file: RemoteFile, begin: int, end: int | None, reply: Reply | None = None) -> None:
        self.begin, self.end = begin, end
        self.position = begin
        self.thread = threading.Thread(target=self._run, name="glovefast fetch", daemon=True)
        self._file = file
        self._reply = reply
        self._stopped = False
        self.has_ended = False

    def covers(self, position: int) -> bool:
        """Say whether a byte is on its way; called with the file's lock."""
        return not self.has_ended and self.begin <= position and (self.end is None or position < self.end)

    def stop(self) -> None:
        with self._file._arrived:
            self._stopped = self.has_ended = True
            reply = self._reply
        if reply is not None:
            reply.interrupt()

    def _run(self) -> None:
        file = self._file
        failure: Exception | None = None
        try:
            while not self._stopped and not self._is_complete():
                try:
                    self._follow()
                except InterruptedTransfer as error:
                    if not self._stopped:
                        file._attempts.wait_after(error)
        except Exception as error:  # whatever it is, the reader must not wait for ever
            failure = error
            if isinstance(error, OSError) and error.errno is not None:  # on a full disk, for example
                failure = OSError(error.errno, error.strerror, str(file._parts.directory))
        if self._reply is not None:  # what it brings is there already
            self._reply.close()
        with file._arrived:
            if not self._stopped:
                file.failure = failure
            self.has_ended = True
            file._arrived.notify_all()

    def _is_complete(self) -> bool:
        """Pass over what is there; say whether that is all."""
        self.position += self._file._parts.available(self.position)
        return self.end is not None and self.position >= self.end

    def _follow(self) -> None:
        """Ask for what is missing, and take what comes."""
        file, reply = self._file, self._reply
        if reply is None:
            # Without a version, what came before is asked for again, and must be the same.
            begin = self.position if file.version.is_certain else file._parts.part_around(self.position)
            next_part = file._parts.next_part(self.position)
            end = self.end if next_part is None or self.end is None else min(self.end, next_part)
            reply = file._remote.request(begin, end, file.version)
        with file._arrived:
            self._reply = reply
            if self._stopped:
                reply.close()
                return
        try:
            if difference := file.version.difference(reply.version):
                raise ChangedFileError.of(file.name, difference)
            self._take(reply)
        finally:
            reply.close()
            self._reply = None

    def _take(self, reply: Reply) -> None:
        before, offset = self.position, reply.begin
        while (self.end is None or offset < self.end) and (data := reply.read(_READ_BYTES)):
            data = data if self.end is None else data[: self.end - offset]  # a server may send more
            if not self._keep(offset, data):
                return
            offset += len(data)
            if offset > self.position:
                self.position = offset
                self._file._attempts.has_brought_something()
        if self.end is None:
            with self._file._arrived:
                self.end = self._file.length = offset
                self._file._arrived.notify_all()
        elif self.position == before < self.end:
            raise InterruptedTransfer(f"the server sent nothing from byte {before:,} on")

    def _keep(self, offset: int, data: bytes) -> bool:
        """Keep bytes, or compare them with those that are there; false if nobody wants them any more."""
        file, rest = self._file, memoryview(data)
        while rest:
            if there := min(len(rest), file._parts.available(offset)):
                kept = memoryview(bytearray(there))
                count = file._parts.read(offset, kept)
                if kept[:count] != rest[:count]:
                    difference = f"its bytes from {offset:,} on differ"
                    raise ChangedFileError.of(file.name, difference)
            else:
                next_part = file._parts.next_part(offset)
                count = len(rest) if next_part is None else min(len(rest), next_part - offset)
                with file._arrived:
                    if self._stopped:
                        return False
                    file._parts.write(offset, bytes(rest[:count]))
                    file._arrived.notify_all()
            rest, offset = rest[count:], offset + count
        return True
