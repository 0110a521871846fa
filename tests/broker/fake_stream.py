"""A KIS WebSocket server on loopback that a test scripts frame by frame."""

import base64
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

KEY, IV = "k" * 32, "i" * 16


def encrypted(text: str) -> str:
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(KEY.encode()), modes.CBC(IV.encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def trade_fields(width: int = 47, symbol: str = "005930", price: str = "70500") -> list[str]:
    fields = ["0"] * width
    fields[0:3] = [symbol, "093015", price]
    fields[10:15] = ["70600", "70500", "12", "1234567", "87000000000"]
    fields[21], fields[35] = "1", "N"
    return fields


def book_fields(width: int = 63) -> list[str]:
    fields = ["0"] * width
    fields[0:2] = ["005930", "093016"]
    fields[3], fields[13], fields[23], fields[33], fields[47] = "70600", "70500", "30", "40", "70550"
    return fields


def notice_fields(width: int = 26, *, account: str = "8765432101", is_fill: bool = True, **changes: str) -> list[str]:
    fields = [""] * width
    fields[0:17] = [
        "canaryhts",
        account,
        changes.get("number", "0000008637"),
        changes.get("original", ""),
        "02",
        changes.get("request", "0"),
        "00",
        "0",
        "005930",
        changes.get("shares", "4"),
        changes.get("price", "70500"),
        "093017",
        changes.get("refused", "0"),
        "2" if is_fill else "1",
        changes.get("accepted", "2"),
        "00950",
        "10",
    ]
    fields[17] = "홍길동"
    fields[-2], fields[-1] = "삼성전자", "70500"
    return fields


def frame(tr_id: str, *records: list[str], flag: str = "0") -> str:
    payload = "^".join("^".join(record) for record in records)
    return f"{flag}|{tr_id}|{len(records):03d}|{encrypted(payload) if flag == '1' else payload}"


class StreamServer:
    """What the clients sent, and a way to send to the latest of them. ``refuse`` maps a TR to an OPSP code."""

    def __init__(self) -> None:
        self.subscriptions: queue.Queue[tuple[str, str]] = queue.Queue()
        self.texts: queue.Queue[str] = queue.Queue()
        self.paths: list[str] = []
        self.approvals: list[str] = []
        self.refuse: dict[str, str] = {}
        self.connections: queue.Queue[ServerConnection] = queue.Queue()
        self._current: ServerConnection | None = None
        self.url = ""

    def handle(self, connection: ServerConnection) -> None:
        self._current = connection
        assert connection.request is not None
        self.paths.append(connection.request.path)
        try:
            for message in connection:
                self._receive(connection, str(message))
        except ConnectionClosed:
            return

    def _receive(self, connection: ServerConnection, text: str) -> None:
        loaded = json.loads(text)
        if "body" not in loaded:
            self.texts.put(text)
            return
        wanted = loaded["body"]["input"]
        tr_id, tr_key = wanted["tr_id"], wanted["tr_key"]
        self.approvals.append(loaded["header"]["approval_key"])
        code = self.refuse.get(tr_id)
        body = {
            "rt_cd": "1" if code else "0",
            "msg_cd": code or "OPSP0000",
            "msg1": "SUBSCRIBE",
            "output": {"iv": IV, "key": KEY},
        }
        connection.send(json.dumps({"header": {"tr_id": tr_id, "tr_key": tr_key, "encrypt": "N"}, "body": body}))
        self.subscriptions.put((tr_id, tr_key))

    def send(self, text: str) -> None:
        assert self._current is not None
        self._current.send(text)

    def drop(self) -> None:
        assert self._current is not None
        self._current.close()


@contextmanager
def stream_server() -> Iterator[StreamServer]:
    """Serve on a free port until the block ends."""
    script = StreamServer()
    server: Server = serve(script.handle, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
