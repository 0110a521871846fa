"""A bare WebSocket client for tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from daybook.paper.notices import StreamCipher
from tests.paper.front.kis_caller import APP_SECRET, KisCaller


class KisStream:
    """One connection; replies and data frames come in the order they arrive."""

    def __init__(self, connection: ClientConnection, approval_key: str) -> None:
        self.connection = connection
        self.approval_key = approval_key
        self.ciphers: dict[str, StreamCipher] = {}

    def ask(self, tr_id: str, tr_key: str, tr_type: str = "1", **header: str) -> dict[str, Any]:
        """Send a request and return its reply, passing over data frames."""
        message = {
            "header": {
                "approval_key": self.approval_key,
                "custtype": "P",
                "tr_type": tr_type,
                "content-type": "utf-8",
                **header,
            },
            "body": {"input": {"tr_id": tr_id, "tr_key": tr_key}},
        }
        return self.say(json.dumps(message))

    def say(self, text: str) -> dict[str, Any]:
        """Send any text and return the reply to it."""
        self.connection.send(text)
        while True:
            received = self.connection.recv(timeout=5)
            assert isinstance(received, str)
            if received[0] == "{":
                reply: dict[str, Any] = json.loads(received)
                if reply["header"]["tr_id"] == "PINGPONG":
                    continue
                output = reply["body"].get("output")
                if output:
                    self.ciphers[reply["header"]["tr_id"]] = StreamCipher(output["key"], output["iv"])
                return reply

    def frame(self, tr_id: str, timeout_s: float = 5.0) -> tuple[int, list[str]]:
        """Return count and fields of the next data frame of a TR, decrypted."""
        while True:
            received = self.connection.recv(timeout=timeout_s)
            assert isinstance(received, str)
            if received[0] not in "01":
                continue
            flag, frame_id, count, payload = received.split("|")
            if frame_id != tr_id:
                continue
            if flag == "1":
                payload = self.ciphers[tr_id].decrypt(payload)
            return int(count), payload.split("^")


def code(reply: dict[str, Any]) -> str:
    """Return the OPSP code of a reply."""
    value: str = reply["body"]["msg_cd"]
    return value


def approval_key(caller: KisCaller) -> str:
    request = {"grant_type": "client_credentials", "appkey": caller.app_key, "secretkey": APP_SECRET}
    value: str = caller.client.post("/oauth2/Approval", json=request).json()["approval_key"]
    return value


@contextmanager
def streaming(caller: KisCaller, path: str = "/tryitout") -> Iterator[KisStream]:
    """Open a connection with an approval key of the caller's app key."""
    url = str(caller.client.base_url).replace("http", "ws", 1).rstrip("/") + path
    with connect(url, compression=None, open_timeout=5, close_timeout=1) as connection:
        yield KisStream(connection, approval_key(caller))
