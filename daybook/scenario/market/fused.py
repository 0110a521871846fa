"""The fused product a b + c, rounded once, as IEEE 754 defines it: the same bits on every machine."""

from typing import Any

from numba.core import types
from numba.extending import intrinsic


def _fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c of three numbers of one precision (for compiled code alone)."""
    if a not in (types.float32, types.float64) or not a == b == c:
        return None

    def generate(context: Any, builder: Any, found: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, b, c), generate


fma: Any = intrinsic(_fma)
