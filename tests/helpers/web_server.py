"""A web server on the loopback that counts what it sends, and misbehaves as it is told."""

import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Handler = http.server.BaseHTTPRequestHandler


@dataclass
class WebServer:
    """What the server has, and what it did.

    Attributes
    ----------
    files : dict
        The files by their paths.
    ranges : bool
        Whether it answers range requests with parts.
    etag, modified : str or None
        What it says of every file's version.
    faults : list
        Called with the handler instead of the usual answer, each for one request, in order; None for a usual
        answer, and so when there are no more.
    requests : list
        The headers of the requests that came.
    sent : int
        The bytes of files that were sent.
    """

    files: dict[str, bytes]
    ranges: bool = True
    etag: str | None = '"1"'
    modified: str | None = None
    with_length: bool = True
    faults: list[Callable[[Any], None] | None] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    sent: int = 0
    address: str = ""

    def asked(self, name: str) -> list[str | None]:
        """List a header of all requests."""
        return [headers[name] for headers in self.requests]

    def forget(self) -> None:
        """Count from nothing again."""
        self.requests.clear()
        self.sent = 0

    def body(self, handler: Handler, *, status: int | None = None, begin: int | None = None) -> bytes:
        """Send the headers of the usual answer; return what should follow."""
        data = self.files.get(handler.path)
        if data is None:
            handler.send_response(404)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return b""
        if self.etag is not None and handler.headers["If-None-Match"] == self.etag:
            handler.send_response(304)
            handler.end_headers()
            return b""
        if self.modified is not None and handler.headers["If-Modified-Since"] == self.modified:
            handler.send_response(304)
            handler.end_headers()
            return b""
        length = len(data)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers["Range"] or "")
        mark = handler.headers["If-Range"]
        if asked and self.ranges and (mark is None or mark in (self.etag, self.modified)):
            first = int(asked[1])
            last = min(int(asked[2]) if asked[2] else length - 1, length - 1)
            if first >= length:
                handler.send_response(416)
                handler.send_header("Content-Range", f"bytes */{length}")
                data = b""
            else:
                handler.send_response(status or 206)
                shown = first if begin is None else begin
                handler.send_header("Content-Range", f"bytes {shown}-{last}/{length}")
                data = data[first : last + 1]
        else:
            handler.send_response(status or 200)
        for name, mark in (("ETag", self.etag), ("Last-Modified", self.modified)):
            if mark is not None:
                handler.send_header(name, mark)
        if self.with_length:
            handler.send_header("Content-Length", str(len(data)))
        else:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        return data

    def send(self, handler: Handler, data: bytes) -> None:
        """Count bytes of a file, and send them: in this order, since who has them may look at the count."""
        self.sent += len(data)
        if self.with_length:
            handler.wfile.write(data)
        else:
            for piece in (data[:1000], data[1000:]):
                if piece:
                    handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.flush()

    def answer(self, handler: Handler) -> None:
        """Answer as usual."""
        data = self.body(handler)
        self.send(handler, data)
        if not self.with_length:
            handler.wfile.write(b"0\r\n\r\n")


def cut_after(count: int) -> Callable[[Any], None]:
    """Send so many bytes of the body that was promised, and close the connection."""

    def fault(handler: Any) -> None:
        web: WebServer = handler.server.web
        web.send(handler, web.body(handler)[:count])
        handler.close_connection = True

    return fault


def status(code: int, **headers: str) -> Callable[[Any], None]:
    """Answer with a status and nothing else."""

    def fault(handler: Any) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return fault


@contextmanager
def serving(files: dict[str, bytes], context: Any = None, **options: Any) -> Iterator[WebServer]:
    """Serve files; with an SSL context over https."""
    web = WebServer(files, **options)

    class Answering(Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - the library's name
            web.requests.append(self.headers)
            fault = web.faults.pop(0) if web.faults else None
            try:
                (fault or web.answer)(self)
            except OSError:  # the client has gone
                self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.web = web
    server.handle_error = lambda *_arguments: None  # clients that refuse a certificate, for example
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.address = f"{'https' if context else 'http'}://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
