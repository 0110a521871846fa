"""A stand-in that speaks ``/v1/systemone`` and ``/v1/decisions`` over HTTP, with faults; it keeps what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LABELS = ("trading_execution", "news_analysis", "strategy_generation", "market_research", "general_query")


def shares(best: str, share: float = 0.92) -> dict[str, float]:
    """Return probabilities in which ``best`` has ``share`` and the others the rest."""
    rest = (1 - share) / (len(LABELS) - 1)
    return {label: share if label == best else rest for label in LABELS}


def system_one(best: str = "news_analysis", share: float = 0.92, **more: Any) -> dict[str, Any]:
    """Return an answer of Ollama's System One."""
    answer = {"type": "choice", "choice": best, "probabilities": shares(best, share), "confidence": 0.8, **more}
    return {"model": "julia-1", "answers": {"intent": answer}, "usage": {"input_tokens": 210, "output_tokens": 1}}


def decisions(best: str = "news_analysis", share: float = 0.92, **more: Any) -> dict[str, Any]:
    """Return an answer of OpenAI's decision endpoint."""
    rows = [{"value": label, "probability": part} for label, part in shares(best, share).items()]
    answer = {"type": "choice", "name": "intent", "choice": best, "probabilities": rows, "confidence": 0.8, **more}
    usage = {
        "input_tokens": 230,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 231,
    }
    return {"answers": [answer], "model": "gpt-6-luna", "usage": usage}


@dataclass
class DecisionServer:
    """What the server answers next, and what it was asked."""

    url: str = ""
    status: int = 200
    answer: object = None
    raw: bytes | None = None
    delay_s: float = 0.0
    breaks_off: bool = False
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[DecisionServer]:
    """Serve on a free loopback port until the end of the block."""
    state = DecisionServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(body))
            )
            time.sleep(state.delay_s)
            reply = state.raw if state.raw is not None else json.dumps(state.answer).encode()
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply) + (10 if state.breaks_off else 0)))
            self.end_headers()
            try:
                self.wfile.write(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            if state.breaks_off:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
