"""A small assembler for classic BPF as seccomp reads it: load a word of the call, compare, answer."""

import struct
from collections.abc import Sequence
from typing import Final

LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
OFFSET_NUMBER, OFFSET_ARCHITECTURE = 0, 4
KILL: Final = 0x80000000
ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000
_INSTRUCTION: Final = struct.Struct("HBBI")

Instruction = tuple[int, int, int, int]


def load(offset: int) -> Instruction:
    """Load the word at this offset of the kernel's seccomp_data."""
    return (LOAD_WORD, 0, 0, offset)


def low(argument: int) -> Instruction:
    """Load the low word of an argument (both architectures are little endian)."""
    return load(16 + 8 * argument)


def high(argument: int) -> Instruction:
    """Load the high word of an argument."""
    return load(20 + 8 * argument)


def jump(operation: int, value: int, *, then: int, otherwise: int) -> Instruction:
    """Compare the loaded word; skip so many instructions."""
    return (operation, then, otherwise, value)


def answer(action: int) -> Instruction:
    """End the filter with this action."""
    return (RETURN, 0, 0, action)


def refuse(error_number: int) -> Instruction:
    """End the filter: the call fails with this error."""
    return answer(ERRNO | error_number)


def only_for(number: int, body: Sequence[Instruction]) -> list[Instruction]:
    """Run the body for this system call alone; every path of the body must end in an answer."""
    return [load(OFFSET_NUMBER), jump(JUMP_EQUAL, number, then=0, otherwise=len(body)), *body]


def assemble(program: Sequence[Instruction]) -> bytes:
    """The bytes the kernel takes.

    Raises:
        ValueError: Longer than the kernel's limit of 4,096 instructions.
    """
    if len(program) > 4096:
        raise ValueError("the filter is longer than the kernel takes")
    return b"".join(_INSTRUCTION.pack(code, then, otherwise, value) for code, then, otherwise, value in program)
