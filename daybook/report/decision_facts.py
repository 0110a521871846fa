"""What the day's recorded decisions say: prices seen, names, breakers, and when market time was what.

Records are read as plain JSON and leniently: a report must be written although an older or a foreign record lacks a
field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from daybook.contracts.base import KST, TradingState, Won
from daybook.report.model import BreakerRow
from daybook.storage.database import Database
from daybook.storage.decisions import DecisionRecord, DecisionStore
from daybook.storage.errors import CorruptRecord


@dataclass(frozen=True, slots=True)
class SeenDecision:
    """One decision: real and market time of its look, what it saw and what it proposed."""

    real_time: datetime
    market_time: datetime
    prices_krw: Mapping[str, Won]
    names: Mapping[str, str]
    missing_quotes: tuple[str, ...]
    proposed: int
    left_alone: tuple[str, ...]
    breakers: tuple[Mapping[str, Any], ...]


def read_decisions(database: Database, account: str, day: date) -> tuple[list[SeenDecision], str]:
    """Return the account's decisions of a day, and why they cannot be shown when the journal was altered, else ""."""
    try:
        return seen_decisions(DecisionStore(database).for_day(day), account), ""
    except CorruptRecord as error:
        return [], f"cannot be shown, the journal was altered: {error}"


def seen_decisions(records: Sequence[DecisionRecord], account: str) -> list[SeenDecision]:
    """Return the account's decisions that contain a look at the market, by market time."""
    found = [seen for record in records if (seen := _seen(record, account)) is not None]
    return sorted(found, key=lambda seen: seen.market_time)


def breakers_of(decisions: Sequence[SeenDecision]) -> tuple[BreakerRow, ...]:
    """Return each tripped breaker once, with its first time and the number of decisions it was tripped in."""
    rows: dict[tuple[str, TradingState], BreakerRow] = {}
    for seen in decisions:
        for trip in seen.breakers:
            code, state = str(trip.get("code", "")), TradingState(trip.get("state", "active"))
            known = rows.get((code, state))
            if known is None:
                text = str(trip.get("text", ""))
                rows[code, state] = BreakerRow(at=seen.market_time, code=code, state=state, text=text, decisions=1)
            else:
                rows[code, state] = known.model_copy(update={"decisions": known.decisions + 1})
    return tuple(rows.values())


def _seen(record: DecisionRecord, account: str) -> SeenDecision | None:
    inputs, outputs = record.inputs_value, record.outputs_value
    observation = inputs.get("observation") if isinstance(inputs, dict) else None
    if not isinstance(observation, dict) or not isinstance(outputs, dict):
        return None
    if observation.get("facts", {}).get("account", account) != account:
        return None
    try:
        real_time = datetime.fromisoformat(observation["observed_at"])
        market_time = datetime.fromisoformat(observation["market_time"]).astimezone(KST)
    except (KeyError, ValueError):
        return None
    holdings = observation.get("account", {}).get("holdings", ())
    return SeenDecision(
        real_time=real_time,
        market_time=market_time,
        prices_krw={quote["symbol"]: int(quote["price_krw"]) for quote in observation.get("quotes", ())},
        names={holding["symbol"]: holding["name"] for holding in holdings if holding.get("name")},
        missing_quotes=tuple(observation.get("missing_quotes", ())),
        proposed=len(outputs.get("proposed", ())),
        left_alone=tuple(str(entry.get("code", "")) for entry in outputs.get("left_alone", ())),
        breakers=tuple(outputs.get("breakers", ())),
    )
