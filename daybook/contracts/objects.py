"""What stands in the object store: bytes by their own digest, and what they are."""

from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message

Digest = str


class ObjectKind(StrEnum):
    """What an object holds."""

    ARRAYS = "arrays"
    MARKET_DATA = "market_data"
    QUOTES = "quotes"
    ORDERS = "orders"
    REPORT = "report"
    EVIDENCE = "evidence"
    SCENARIO = "scenario"


class ObjectRef(Message):
    """An object by the SHA-256 of its bytes; equal bytes are one object."""

    digest: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    kind: ObjectKind


class ObjectEntry(Message):
    """A name under which an object was kept: ``owner`` is a day, a run or an action, ``name`` a path within it."""

    owner: str = Field(max_length=120)
    name: str = Field(max_length=200)
    ref: ObjectRef
    at: AwareDatetime
