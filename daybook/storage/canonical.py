"""Canonical JSON and digests.

Digests are taken over canonical bytes before storage and never over a value read back from a database, because MySQL
sorts the keys of a JSON column again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from daybook.storage.errors import StorageUsageError

Json = Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None
"""Anything the standard library can write as JSON."""


def canonical_json(value: Json) -> str:
    """Return ``value`` as JSON with sorted keys, no spaces and no escapes; refuses NaN and infinities."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StorageUsageError(f"a value cannot be written as JSON: {error}") from error


def json_text(text_or_value: Json) -> str:
    """Return a JSON text as it is, so that its digest stays true, or a value that is not a text as canonical JSON."""
    if not isinstance(text_or_value, str):
        return canonical_json(text_or_value)
    try:
        json.loads(text_or_value)
    except json.JSONDecodeError as error:
        raise StorageUsageError(f"a text is not JSON: {error}") from error
    return text_or_value


def digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def message_json(message: BaseModel) -> str:
    """Return a message as canonical JSON, times as they are."""
    return canonical_json(message.model_dump(mode="json"))


def message_digest(message: BaseModel) -> str:
    """Return a message's digest; the same moment in another offset gives the same digest."""
    return digest(canonical_json(_portable(message.model_dump(mode="python"))))


def _portable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return {str(key): _portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
