"""A loopback HTTP server for stand-ins: answers come from a function, faults from a queue."""

import gzip
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """``status`` 0 closes the connection without an answer."""

    status: int = 200
    content: bytes = b""
    content_type: str = "application/json"


@dataclass
class StandIn:
    """Base of a stand-in: the requests it saw, and the answers that come before its own."""

    requests: list[Request] = field(default_factory=list)
    faults: deque[Answer] = field(default_factory=deque)
    url: str = ""

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.faults.popleft() if self.faults else self.answer(request)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@contextmanager
def serving(handle: Callable[[Request], Answer]) -> Iterator[str]:
    """Serve on a free loopback port; gzip for who accepts it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            request = Request(parts.path, dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()})
            answer = handle(request)
            if not answer.status:
                self.close_connection = True
                return
            content, packed = answer.content, "gzip" in request.headers.get("accept-encoding", "")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            if packed:
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
