"""Keys of random streams: the same seed and stream name give the same draws on any machine."""

import hashlib


def stream_key(seed: int, stream: str) -> int:
    """Return the 64-bit key of a named stream of a seed, the first eight bytes of a SHA-256.

    Streams in use: ``plan`` for the scenarios a plan is made from, ``fresh`` for those it is judged on, and
    ``block-0``, ``block-1``, ... for the seed blocks of the next million.

    Raises
    ------
    ValueError
        When the seed is negative or the name is empty.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or above, not {seed}")
    if not stream:
        raise ValueError("a random stream needs a name")
    return int.from_bytes(hashlib.sha256(f"{seed}\n{stream}".encode()).digest()[:8], "little")
