"""Idempotency keys: the same key with the same body is the same request, whoever retries it.

The API keeps nothing: keys and body digests live in the workflows they started.
"""

import hashlib
from typing import Annotated, Any

from fastapi import Header, Request
from pydantic import BaseModel

from api.errors import ApiProblem
from api.security import Caller
from daybook.storage.canonical import canonical_json

_PATTERN = r"^[A-Za-z0-9._-]{1,100}$"
_DESCRIPTION = "1-100 of A-Z a-z 0-9 . _ -; the same key with the same body gives the same answer"

OptionalKey = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=_PATTERN, description=f"optional: {_DESCRIPTION}")
]
RequiredKey = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=_PATTERN, description=f"required: {_DESCRIPTION}")
]


def required(key: str | None) -> str:
    """Return a key that must be there.

    Raises:
        ApiProblem: 400 when it is missing.
    """
    if key is None:
        raise ApiProblem(
            400, "idempotency_key_missing", "send the header Idempotency-Key, e.g. a UUID made once per request"
        )
    return key


def scoped(caller: Caller, key: str) -> str:
    """Return the key as the desk keeps it: callers do not share keys."""
    return f"{caller.name}/{key}"


def body_digest(request: Request, body: BaseModel) -> str:
    """Return the digest of what is asked: method, path and validated body, independent of how it was written."""
    asked: dict[str, Any] = {
        "method": request.method,
        "path": request.url.path,
        "body": body.model_dump(mode="json"),
    }
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()
