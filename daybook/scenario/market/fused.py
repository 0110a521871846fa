"""The fused product a b + c, rounded once, as IEEE 754 defines it: the same bits on every machine."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c of three numbers of one precision (for compiled code alone)."""
    if a not in (types.float32, types.float64) or not a == b == c:
        return None

    def generate(context: Any, builder: ir.IRBuilder, found: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return signature(a, a, b, c), generate
