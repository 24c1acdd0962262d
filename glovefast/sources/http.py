"""Files on web servers, through urllib3: with the proxies and certificates of the environment."""

import logging
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from glovefast._version import __version__
from glovefast.errors import FetchError, printable
from glovefast.sources.remote import ChangedFileError, InterruptedTransfer, Version

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

_log = logging.getLogger("glovefast")

_CONNECT_SECONDS, _SILENT_SECONDS = 30.0, 60.0  # a server that sends nothing for so long is asked again
_MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # what servers answer while they are busy
_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_ADVICE = {
    401: "pass a name and a password: https://NAME:PASSWORD@HOST/...",
    403: "the server refuses access to it",
    404: "check the address",
    410: "look for a newer address",
}


class HttpRemote:
    """A file on a web server.

    Parameters
    ----------
    address : str
        Its address; a name and a password in it are sent to that server only.

    Raises
    ------
    FetchError
        If the address is not valid.
    """

    def __init__(self, address: str) -> None:
        import urllib3

        try:
            parsed = urllib3.util.parse_url(address)
            if not parsed.host:
                raise ValueError("it has no host")
        except (urllib3.exceptions.LocationParseError, ValueError) as error:
            raise FetchError(address, f"is not a valid address ({error})") from error
        self.address = parsed._replace(auth=None, fragment=None).url
        self._authorization = urllib3.make_headers(basic_auth=parsed.auth) if parsed.auth else {}
        self._managers: dict[str | None, PoolManager] = {}
        self._lock = threading.Lock()  # for the managers: a transfer that was stopped may still ask

    def request(self, begin: int, end: int | None, version: Version | None = None) -> "HttpReply":
        """Ask for bytes; see `glovefast.sources.remote.Remote`."""
        headers = {"Range": f"bytes={begin}-{'' if end is None else end - 1}"}
        mark = _mark_of(version)
        if mark is not None:
            headers["If-Range"] = mark
        reply = self._ask(headers, begin, version if mark is not None else None)
        if reply.in_parts and reply.version.length is None:  # where would a zip archive's end be?
            reply.close()
            reply = self._ask({}, 0, None)
        return reply

    def is_unchanged(self, version: Version) -> bool:
        """Ask whether the file still is of this version; see `glovefast.sources.remote.Remote`."""
        headers = {"Range": "bytes=0-0"}
        if version.etag is not None:
            headers["If-None-Match"] = version.etag
        elif version.modified is not None:
            headers["If-Modified-Since"] = version.modified
        response = self._get(headers)
        try:
            if response.status == 304:
                return True
            now = self._reply(response, 0, None).version
            return version.is_certain and now.is_certain and version.difference(now) is None
        finally:
            response.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()

    def _ask(self, headers: dict[str, str], begin: int, expected: Version | None) -> "HttpReply":
        response = self._get(headers)
        try:
            return self._reply(response, begin, expected)
        except BaseException:
            response.close()
            raise

    def _get(self, headers: dict[str, str]) -> "BaseHTTPResponse":
        """Follow redirects to the answer."""
        address = self.address
        for _ in range(_MAX_REDIRECTS):
            response = self._get_once(address, headers)
            place = response.headers.get("Location")
            if response.status not in _REDIRECTS or place is None:
                return response
            response.drain_conn()
            try:
                target = urljoin(address, place)
                scheme = urlsplit(target).scheme
            except ValueError as error:
                reason = f"the server redirects to {printable(place)}, which is not a valid address ({error})"
                raise FetchError(self.address, reason) from error
            if scheme not in ("http", "https"):
                raise FetchError(
                    self.address, f"the server redirects to {target}, which is not a web address"
                )
            if (urlsplit(address).scheme, scheme) == ("https", "http"):
                raise FetchError(self.address, f"the server redirects to {target}, which is not encrypted")
            address = target
        raise FetchError(self.address, f"the server redirects more than {_MAX_REDIRECTS} times")

    def _get_once(self, address: str, headers: dict[str, str]) -> "BaseHTTPResponse":
        import urllib3

        is_first_host = urlsplit(address).netloc == urlsplit(self.address).netloc
        # Compressed on the way, a part would not be a part of the file.
        sent = {"Accept-Encoding": "identity", "User-Agent": f"glovefast/{__version__}", **headers}
        try:
            return self._manager(address).request(
                "GET",
                address,
                headers=sent | (self._authorization if is_first_host else {}),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_SILENT_SECONDS),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._error_of(error, urlsplit(address).hostname or address) from error

    def _manager(self, address: str) -> "PoolManager":
        """Choose the proxy that the environment names for a host, or none."""
        parts = urlsplit(address)
        proxies: dict[str, str] = getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if proxy is not None and (proxy_bypass(parts.netloc) or not proxy):
            proxy = None
        if proxy is not None and "://" not in proxy:
            proxy = f"http://{proxy}"
        with self._lock:
            if proxy not in self._managers:
                self._managers[proxy] = _new_manager(proxy)
            return self._managers[proxy]

    def _error_of(self, error: Exception, host: str) -> InterruptedTransfer | FetchError:
        """Tell what may pass from what will not."""
        from urllib3 import exceptions

        if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            reason = _between(str(error), "certificate verify failed: ", " (")
            return FetchError(
                self.address,
                f"the certificate of {host} cannot be verified: {reason}; if your network has certificates "
                "of its own, name their file in SSL_CERT_FILE",
            )
        if isinstance(error, exceptions.LocationParseError):
            return FetchError(self.address, f"is not a valid address ({error})")
        if isinstance(error, exceptions.NameResolutionError):
            return InterruptedTransfer(f"cannot find the server {host}", offline=True)
        if isinstance(error, exceptions.ProxyError):
            return InterruptedTransfer("cannot reach the proxy", offline=True)
        if isinstance(error, exceptions.ConnectTimeoutError | exceptions.NewConnectionError):
            reason = _between(str(error), "] ", "") or "no answer"
            return InterruptedTransfer(f"cannot reach {host} ({reason})", offline=True)
        return _interruption(error)

    def _reply(self, response: "BaseHTTPResponse", begin: int, expected: Version | None) -> "HttpReply":
        """Turn an answer into a reply, or into the error that it tells of."""
        status, headers = response.status, response.headers
        version = Version(_length(headers), headers.get("ETag"), headers.get("Last-Modified"))
        if status == 200:
            if version.length is None and "chunked" not in headers.get("Transfer-Encoding", ""):
                _log.warning(
                    "%s: the server does not say how long the file is, so a truncated download may go "
                    "unnoticed",
                    self.address,
                )
            return HttpReply(response, 0, version, in_parts=False)
        answer = f"the server answers {status} {response.reason or ''}".rstrip()
        if status in _PASSING:
            raise InterruptedTransfer(answer, _seconds(headers.get("Retry-After")))
        found = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
        total = int(found[3]) if found and found[3] != "*" else None
        if status == 416 and begin == 0 and total in (None, 0):  # an empty file has no first byte
            response.drain_conn()
            return HttpReply(response, 0, Version(0, version.etag, version.modified), in_parts=True)
        if status == 416:
            raise ChangedFileError.of(self.address, _shorter_than(begin, total))
        if status != 206:
            advice = _ADVICE.get(status, "check the address")
            raise FetchError(self.address, f"{answer}; {advice}")
        if found is None or found[1] is None or int(found[1]) != begin:
            raise FetchError(self.address, "the server sent other bytes than requested")
        version = Version(total, version.etag, version.modified)
        if expected is not None and not version.is_certain:  # it answered to the mark
            version = Version(total, expected.etag, expected.modified)
        return HttpReply(response, begin, version, in_parts=True)


class HttpReply:
    """An answer of a web server; see `glovefast.sources.remote.Reply`."""

    def __init__(self, response: "BaseHTTPResponse", begin: int, version: Version, *, in_parts: bool) -> None:
        self.begin = begin
        self.version = version
        self.in_parts = in_parts
        self._response: Any = response

    def read(self, size: int) -> bytes:
        """Read what has come, at most so many bytes; none at the end."""
        from urllib3 import exceptions

        try:
            data: bytes = self._response.read1(size, decode_content=False)
        except (exceptions.HTTPError, OSError, ValueError) as error:  # ValueError: closed while it was read
            raise _interruption(error) from error
        return data

    def close(self) -> None:
        """Close the connection, or keep it for the next request if all was read."""
        if self._response.length_remaining == 0:
            self._response.release_conn()
        else:
            self._response.close()

    def interrupt(self) -> None:
        """End a read that waits in another thread."""
        with suppress(RuntimeError, ValueError, OSError):  # it has no connection any more
            self._response.shutdown()


def _new_manager(proxy: str | None) -> "PoolManager":
    import ssl

    import urllib3

    context = ssl.create_default_context()  # reads SSL_CERT_FILE and SSL_CERT_DIR
    if proxy is None:
        return urllib3.PoolManager(ssl_context=context)
    login = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context)


def _mark_of(version: Version | None) -> str | None:
    """Give the mark by which a server can tell a version from all others, to the byte; None without one."""
    if version is None or (version.etag is not None and not version.etag.startswith("W/")):
        return None if version is None else version.etag
    return version.modified


def _length(headers: Any) -> int | None:  # noqa: ANN401 - urllib3's
    given = headers.get("Content-Length", "").strip()
    return int(given) if _LENGTH.fullmatch(given) and "Transfer-Encoding" not in headers else None


def _shorter_than(begin: int, total: int | None) -> str:
    now = "less" if total is None else f"{total:,}"
    return f"it had more than {begin:,} bytes, and now has {now}"


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and _LENGTH.fullmatch(retry_after) else None


def _interruption(error: Exception) -> InterruptedTransfer:
    from urllib3 import exceptions

    if isinstance(error, exceptions.ReadTimeoutError):
        return InterruptedTransfer("the server has stopped sending")
    # urllib3 quotes the exception of a library below, which says more, or only counts the bytes.
    cause = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
    if isinstance(cause, exceptions.IncompleteRead | exceptions.InvalidChunkLength):
        return InterruptedTransfer("the connection broke off before the end of the file")
    reason = (cause.strerror if isinstance(cause, OSError) else None) or str(cause)
    return InterruptedTransfer(f"the connection broke off ({printable(reason[:200])})")


def _between(text: str, before: str, after: str) -> str:
    """Cut the reason out of a message that quotes much else."""
    found = text.rpartition(before)[2]
    return (found.partition(after)[0] if after else found).strip()
