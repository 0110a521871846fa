"""The one spelling of a call's arguments, and its digest."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces and ASCII only; NaN and infinities are refused (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def arguments_digest(arguments: dict[str, Any]) -> str:
    """SHA-256 of the arguments' canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(arguments).encode("ascii")).hexdigest()
