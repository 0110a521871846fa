"""Fault injection: a list of rules, from a file at the start or from ``POST /paper/faults`` at run time.

The file is YAML or JSON: a list of rules (or a mapping with the list under ``rules``).

.. code-block:: yaml

    - match: {path: order}        # tr_id and/or path; an empty match is every call
      after: 3                    # from the 3rd matching call on (default 1)
      times: 2                    # at most twice (default 1, or no end with a probability; 0: no end)
      fault: accept_then_drop
    - match: {tr_id: VTTC8434R}
      probability: 0.2            # each matching call with this chance, drawn from the rule's own seed
      seed: 7
      fault: egw00215
    - {match: {path: notice}, fault: late_notice, seconds: 2}

``path`` is one of the names below, or a part of the request's path. Names: ``order`` (buy and sell), ``buy``,
``sell``, ``cancel``, ``modify``, ``balance``, ``ccld`` (day's orders), ``open_orders``, ``orderable``,
``sellable``, ``price``, ``book``, ``chart``, ``holiday``, ``token``, ``hashkey``; ``trading`` and ``quotations``
are all of a group. For the stream: ``notice`` (order and fill notices) and ``frame`` (any frame sent). ``tr_id``
is compared as sent; for the stream it is the TR of the frame, so ``{tr_id: H0STCNT0}`` matches its trades.

========================  ===============================================================================
fault                     what the client meets
========================  ===============================================================================
accept_then_drop          processed (an order is accepted), then the connection closes without a reply
http_500_after_accept     processed, then a bare HTTP 500
egw00301_after_accept     processed, then the gateway's timeout (HTTP 500 EGW00301)
truncated_json            processed, HTTP 200 whose JSON stops in the middle
slow                      processed, the reply waits ``seconds``; with ``before: true`` processing waits too
early_notice              an order's notices are sent first, the reply waits ``seconds`` (default 0.3)
egw00201, egw00215        refused by a rate limit, not processed
egw00123                  every token is really expired, not processed
reset                     the connection is reset (RST), not processed
html_502                  an HTML page with HTTP 502, not processed
blank_envelope            maintenance: rt_cd 1 with blank code and text, not processed
empty_ccld                the day's orders without rows; totals stay right (the mock host's habit)
lagging_ccld              orders of the last ``seconds`` (real time) are missing from order lists
duplicate_balance_row     the first balance row comes twice
empty_balance             no balance rows and no totals; with ``keep_totals: true`` the totals stay
duplicate_notice          the notice is sent twice
late_notice               the notice is sent ``seconds`` later
lost_notice               the notice is never sent
ws_drop                   the WebSocket connection is cut instead of sending the frame
========================  ===============================================================================
"""

import json
import random
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from daybook.contracts.base import Message


class FaultKind(StrEnum):
    """What goes wrong."""

    ACCEPT_THEN_DROP = "accept_then_drop"
    HTTP_500_AFTER_ACCEPT = "http_500_after_accept"
    EGW00301_AFTER_ACCEPT = "egw00301_after_accept"
    TRUNCATED_JSON = "truncated_json"
    SLOW = "slow"
    EARLY_NOTICE = "early_notice"
    EGW00201 = "egw00201"
    EGW00215 = "egw00215"
    EGW00123 = "egw00123"
    RESET = "reset"
    HTML_502 = "html_502"
    BLANK_ENVELOPE = "blank_envelope"
    EMPTY_CCLD = "empty_ccld"
    LAGGING_CCLD = "lagging_ccld"
    DUPLICATE_BALANCE_ROW = "duplicate_balance_row"
    EMPTY_BALANCE = "empty_balance"
    DUPLICATE_NOTICE = "duplicate_notice"
    LATE_NOTICE = "late_notice"
    LOST_NOTICE = "lost_notice"
    WS_DROP = "ws_drop"


NOTICE_FAULTS = frozenset({FaultKind.DUPLICATE_NOTICE, FaultKind.LATE_NOTICE, FaultKind.LOST_NOTICE})
FRAME_FAULTS = frozenset({FaultKind.WS_DROP})
CALL_FAULTS = frozenset(FaultKind) - NOTICE_FAULTS - FRAME_FAULTS


class FaultMatch(Message):
    """Which calls a rule looks at; blank fields match all."""

    tr_id: str = ""
    path: str = ""


class FaultRule(Message):
    """One rule of the list; see the module's docstring for the meaning of each field."""

    fault: FaultKind
    match: FaultMatch = FaultMatch()
    name: str = ""
    after: int = Field(default=1, ge=1)
    times: int | None = Field(default=None, ge=0)
    probability: float | None = Field(default=None, gt=0, le=1)
    seed: int = 0
    seconds: float | None = Field(default=None, ge=0, le=600)
    before: bool = False
    keep_totals: bool = False

    @property
    def limit(self) -> int | None:
        """How often the rule may fire; None for no end."""
        if self.times is None:
            return 1 if self.probability is None else None
        return self.times or None

    def seconds_or(self, default_s: float) -> float:
        """Return the rule's seconds, or a default."""
        return default_s if self.seconds is None else self.seconds


class FaultFileError(ValueError):
    """A rule list cannot be read; the message is one line."""


class FaultBook:
    """The rules in force and what they did."""

    def __init__(self, rules: Iterable[FaultRule] = ()) -> None:
        self.replace(rules)

    def replace(self, rules: Iterable[FaultRule]) -> None:
        """Put new rules in force and forget the counts of the old ones."""
        self.rules = tuple(rules)
        self._matched: Counter[int] = Counter()
        self._fired: Counter[int] = Counter()
        self._randoms = [random.Random(rule.seed) for rule in self.rules]  # noqa: S311

    def take(self, kinds: frozenset[FaultKind], tr_id: str, path: str, names: frozenset[str]) -> list[FaultRule]:
        """Count a call and return the rules of ``kinds`` that fire on it, in the list's order."""
        fired = []
        for index, rule in enumerate(self.rules):
            if rule.fault not in kinds or not _matches(rule.match, tr_id, path, names):
                continue
            self._matched[index] += 1
            if self._matched[index] < rule.after or (rule.limit is not None and self._fired[index] >= rule.limit):
                continue
            if rule.probability is not None and self._randoms[index].uniform(0, 1) >= rule.probability:
                continue
            self._fired[index] += 1
            fired.append(rule)
        return fired

    def counts(self) -> dict[str, Any]:
        """Return how often each fault, and each rule, fired."""
        by_fault: Counter[str] = Counter()
        for index, rule in enumerate(self.rules):
            by_fault[rule.fault.value] += self._fired[index]
        return {
            "fired": dict(by_fault),
            "rules": [
                {
                    "name": rule.name,
                    "fault": rule.fault.value,
                    "match": rule.match.model_dump(),
                    "matched": self._matched[index],
                    "fired": self._fired[index],
                }
                for index, rule in enumerate(self.rules)
            ],
        }


def _matches(match: FaultMatch, tr_id: str, path: str, names: frozenset[str]) -> bool:
    if match.tr_id and match.tr_id != tr_id:
        return False
    return not match.path or match.path in names or match.path in path


_RULES: TypeAdapter[list[FaultRule]] = TypeAdapter(list[FaultRule])


def parse_rules(data: object) -> list[FaultRule]:
    """Return the rules of decoded YAML or JSON; raises ``FaultFileError`` with a one-line message."""
    if isinstance(data, dict):
        data = data.get("rules")
    try:
        return _RULES.validate_python(data if data is not None else [])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the list"
        raise FaultFileError(f"fault rule {where}: {first['msg']}") from error


def read_rules(path: Path) -> list[FaultRule]:
    """Return the rules of a YAML or JSON file; raises ``FaultFileError`` with a one-line message."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise FaultFileError(f"fault file {path}: {error.strerror or error}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise FaultFileError(f"fault file {path}: {' '.join(str(error).split())}") from error
    try:
        return parse_rules(data)
    except FaultFileError as error:
        raise FaultFileError(f"fault file {path}: {error}") from error
