"""Runs a seccomp program as the kernel does, on calls that are only numbers."""

import struct

ALLOW, KILL = "allow", "kill"


def decide(program: bytes, audit: int, number: int, arguments: tuple[int, ...] = ()) -> str | int:
    """What the filter says to this call: allow, kill, or the error number."""
    padded = (*arguments, *([0] * 6))[:6]
    data = struct.pack("<iIQ6Q", number, audit, 0, *(value & (2**64 - 1) for value in padded))
    code = [struct.unpack_from("HBBI", program, place) for place in range(0, len(program), 8)]
    accumulator = place = 0
    while True:
        operation, then, otherwise, value = code[place]
        place += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x06:
            action = value & 0xFFFF0000
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(action, value & 0xFFFF)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[operation]
            place += then if holds else otherwise
