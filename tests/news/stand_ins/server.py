"""A loopback HTTP server with faults: slow, silent, cut short."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
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
    """``status`` 0 closes without an answer; ``promised`` more bytes are announced than sent."""

    status: int = 200
    content: bytes = b"{}"
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    promised: int = 0


class StandIn:
    """Base: the requests it saw, and the answers that come before its own."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: deque[Answer] = deque()
        self.url = ""

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.faults.popleft() if self.faults else self.answer(request)


@contextmanager
def serving(stand_in: StandIn) -> Iterator[str]:
    """Serve on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            answer = stand_in.handle(Request(parts.path, query, {k.lower(): v for k, v in self.headers.items()}))
            if answer.delay_s:
                time.sleep(answer.delay_s)
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content) + answer.promised))
            self.end_headers()
            try:
                self.wfile.write(answer.content)
            except OSError:
                self.close_connection = True
            if answer.promised:
                self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stand_in.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
