"""Uniform numbers of an event, each a function of the event's identity and of what the number is for.

The identity is 64 random bits; number c of it is SplitMix64's output c from that state (Steele, Lea, Flood 2014).
So a number depends on nothing drawn before it: changing one threat's rate, adding a threat or cutting the work
elsewhere leaves every other event as it was, which is what makes before and after comparable.
"""

import hashlib
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from daybook.scenario.arrays import FloatArray

Bits = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


class Channel(IntEnum):
    """What a uniform decides."""

    THIN = 1
    DAY = 2
    MARKET = 3
    SECTOR = 4
    SECTOR_PICK = 5
    NAME = 6
    NAME_PICK = 7
    DIRECT = 8
    OUTAGE = 9
    TRIGGER = 10


def tag(text: str) -> int:
    """Return 64 bits that stand for a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def mixed(bits: Bits) -> Bits:
    """Return SplitMix64's finaliser of each element."""
    out = bits ^ (bits >> np.uint64(30))
    out *= np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(27)
    out *= np.uint64(0x94D049BB133111EB)
    out ^= out >> np.uint64(31)
    return out


def uniform(identity: Bits, channel: Channel) -> FloatArray:
    """Return numbers strictly between 0 and 1, one for each identity."""
    return from_bits(mixed(identity + np.uint64((_GOLDEN * int(channel)) & _MASK)))


def child(identity: Bits, edge: str) -> Bits:
    """Return the identities of events set off through an edge such as ``T08_api_key_leak>T07_account_takeover``."""
    return mixed(identity ^ np.uint64(tag(edge)))


def from_bits(bits: Bits) -> FloatArray:
    """Return (top 52 bits + 1/2) / 2^52; with 53 bits the largest would round to 1."""
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
