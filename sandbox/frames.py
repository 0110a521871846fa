"""Length-prefixed JSON: four bytes of length (big endian), then UTF-8 JSON."""

import json
import os
import struct
from collections.abc import Callable
from typing import Any

from sandbox.errors import ProtocolError

HEADER = struct.Struct(">I")
CHUNK_BYTES = 65_536


def encode(value: Any) -> bytes:
    """One frame. Raises ValueError for what JSON cannot say."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    return HEADER.pack(len(body)) + body


def parse(body: bytes | bytearray) -> dict[str, Any]:
    """The object in a frame's body, whoever wrote it.

    Raises:
        ProtocolError: Not UTF-8, not JSON, not an object, nested beyond the parser, or a constant JSON does not have.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProtocolError(f"a frame that is not JSON: {type(error).__name__}") from None
    if type(value) is not dict:
        raise ProtocolError("a frame that is not an object")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class FrameBuffer:
    """Collects the bytes of one frame at a time from a sender who may be hostile."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> bytes | None:
        """Add bytes; the body of the first frame as soon as it is whole.

        Raises:
            ProtocolError: The announced length is over the limit.
        """
        self._buffer += chunk
        if len(self._buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(self._buffer)
        if length > self._max_bytes:
            raise ProtocolError(f"a frame of {length} bytes; at most {self._max_bytes} are read")
        if len(self._buffer) < HEADER.size + length:
            return None
        body = bytes(self._buffer[HEADER.size : HEADER.size + length])
        del self._buffer[: HEADER.size + length]
        return body


def write_all(fd: int, data: bytes) -> None:
    """Write everything to a blocking descriptor."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(read: Callable[[int], bytes], max_bytes: int) -> bytes | None:
    """One frame's body from a blocking reader; None at a clean end before the first byte.

    Raises:
        ProtocolError: The end came inside a frame, or the frame is over the limit.
    """
    header = _read_exactly(read, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise ProtocolError("the end came inside a frame")
    (length,) = HEADER.unpack(header)
    if length > max_bytes:
        raise ProtocolError(f"a frame of {length} bytes; at most {max_bytes} are read")
    body = _read_exactly(read, length)
    if len(body) < length:
        raise ProtocolError("the end came inside a frame")
    return body


def _read_exactly(read: Callable[[int], bytes], size: int) -> bytes:
    parts = []
    left = size
    while left:
        chunk = read(min(left, CHUNK_BYTES))
        if not chunk:
            break
        parts.append(chunk)
        left -= len(chunk)
    return b"".join(parts)
