"""Files that fsspec opens: s3://, gs://, hf://, ftp:// and others, each with a package of its own."""

from typing import Any

from glovefast.errors import DependencyError, FetchError
from glovefast.sources.remote import InterruptedTransfer, Version

_PACKAGES = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "az": "adlfs",
    "sftp": "paramiko",
}


class FileSystemRemote:
    """A file that fsspec opens; see `glovefast.sources.remote.Remote`.

    Parameters
    ----------
    address : str
        Its address.

    Raises
    ------
    DependencyError
        If fsspec, or the package that it needs for this kind of address, is not installed.
    FetchError
        If there is no such kind of address.
    """

    def __init__(self, address: str) -> None:
        package = _PACKAGES.get(address.partition("://")[0].lower())
        try:
            import fsspec
        except ImportError as error:
            packages = " ".join(filter(None, ["fsspec", package]))
            reason = f"needs the package fsspec; install it with: pip install {packages}"
            raise DependencyError(f"{address}: {reason}") from error
        try:
            self._system, self._path = fsspec.core.url_to_fs(address)
        except ImportError as error:
            advice = f"; install it with: pip install {package}" if package else ""
            reason = f"cannot be fetched, because a package is missing ({error}){advice}"
            raise DependencyError(f"{address}: {reason}") from error
        except Exception as error:  # each of its packages has errors of its own
            raise FetchError(address, f"cannot be opened by fsspec ({error}); check the address") from error
        self.address = address

    def request(self, begin: int, end: int | None, version: Version | None = None) -> "FileReply":
        """Open the file at a place."""
        now = self._version()
        file = self._reached(lambda: self._system.open(self._path, "rb"))
        if now.length is None:
            begin, end = 0, None
        return FileReply(self, file, begin, end, now)

    def is_unchanged(self, version: Version) -> bool:
        """Look whether the file still is of this version."""
        return version.is_certain and version.difference(self._version()) is None

    def close(self) -> None:
        """Do nothing: fsspec keeps its connections."""

    def _version(self) -> Version:
        info: dict[str, Any] = self._reached(lambda: self._system.info(self._path))
        if info.get("type") == "directory":
            raise FetchError(self.address, "is a directory; pass the address of a file")
        marks = [info.get(name) for name in ("ETag", "etag", "md5", "blob_id")]
        times = [info.get(name) for name in ("LastModified", "mtime", "updated", "created", "modify")]
        etag, modified = (next((str(each) for each in few if each), None) for few in (marks, times))
        return Version(info.get("size"), etag, modified)

    def _reached(self, ask: Any) -> Any:  # noqa: ANN401 - what fsspec gives
        try:
            return ask()
        except FileNotFoundError as error:
            raise FetchError(self.address, "there is no such file; check the address") from error
        except PermissionError as error:
            raise FetchError(self.address, f"access is refused ({error}); check your credentials") from error
        except Exception as error:  # each of its packages has errors of its own
            raise InterruptedTransfer(f"it cannot be read ({error})", offline=True) from error


class FileReply:
    """The bytes of a file from a place on; see `glovefast.sources.remote.Reply`."""

    def __init__(
        self,
        remote: FileSystemRemote,
        file: Any,  # noqa: ANN401
        begin: int,
        end: int | None,
        version: Version,
    ) -> None:
        self.begin = begin
        self.version = version
        self.in_parts = version.length is not None
        self._remote = remote
        self._file = file
        self._left = None if end is None else end - begin
        remote._reached(lambda: file.seek(begin))

    def read(self, size: int) -> bytes:
        """Read the next bytes; none at the end."""
        wanted = size if self._left is None else min(size, self._left)
        data: bytes = self._remote._reached(lambda: self._file.read(wanted))
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def interrupt(self) -> None:
        """Do nothing: fsspec's reads end by themselves."""
