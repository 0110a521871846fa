"""A decision as it is kept: what it saw, by digest, and what it proposed."""

from datetime import date

from daybook.contracts.base import AwareDatetime, Message


class DecisionRecord(Message):
    """One decision. ``inputs`` is canonical JSON, whose SHA-256 is ``inputs_digest``."""

    decision_id: str
    account: str
    day: date
    kind: str
    inputs: str
    inputs_digest: str
    outputs: str
    market_time: AwareDatetime
