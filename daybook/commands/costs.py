"""``daybook costs``: what models were asked, how much of it was cached, what it cost and what is left of the budget."""

import calendar
import re
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from daybook.commands.screen import aligned, labelled
from daybook.commands.support import AsJson, fail, ledger, parse_day, print_json, print_text, settings, today
from daybook.settings import LlmSettings
from daybook.storage.llm_call_records import MICRO, CostGrouping, CostSum
from daybook.storage.llm_calls import LlmCallStore

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_LONGEST_KEY = 24


class By(StrEnum):
    """What the table has a line for."""

    MODEL = "model"
    PURPOSE = "purpose"
    PROVIDER = "provider"
    RUN = "run"
    DAY = "day"


def costs(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD or today, in Korea.")] = "",
    month: Annotated[str, typer.Option(help="YYYY-MM, or this.")] = "",
    by: Annotated[By, typer.Option(metavar="WHAT", help="model, purpose, provider, run or day.")] = By.MODEL,
    as_json: AsJson = False,
) -> None:
    """Show what the calls of models cost: raw tokens, billed-equivalent tokens, won and dollars, and the budget left.

    Billed-equivalent tokens are fresh input tokens of the same model that would have cost as much. A call that is
    still running, or whose worker died, counts with the highest cost it can have.
    """
    if day and month:
        fail("give --day or --month, not both")
    since, until = _month(month) if month else (parse_day(day or "today"),) * 2
    configured = settings()
    with ledger(configured) as database:
        store = LlmCallStore(database)
        total = store.sums(since, until)[0]
        groups = store.sums(since, until, CostGrouping(by.value))
        reasons = store.reasons(since, until)
        budget = _budget(store, configured.llm)
    if as_json:
        print_json(
            {
                "since": since,
                "until": until,
                "total": _row(total),
                "by": by.value,
                "groups": [_row(group) for group in groups],
                "failures": reasons,
                "budget": budget,
            }
        )
    elif not total.calls:
        print_text("\n".join([f"no model was asked {_span(since, until)}", *_budget_lines(budget)]))
    else:
        print_text("\n".join(_lines(total, groups, reasons, budget, by, _span(since, until))))


def _month(text: str) -> tuple[date, date]:
    plain = text.strip().lower()
    if plain == "this":
        plain = f"{today():%Y-%m}"
    if not _MONTH.fullmatch(plain):
        fail(f"{text[:_LONGEST_KEY]!r} is not a month; write it as 2026-03, or this")
    year, month = map(int, plain.split("-"))
    if year < 1:
        fail(f"there is no month {plain}; write it as 2026-03, or this")
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _span(since: date, until: date) -> str:
    return f"on {since}" if since == until else f"from {since} to {until}"


def _budget(store: LlmCallStore, llm: LlmSettings) -> dict[str, dict[str, float]]:
    now = today()
    spans = {
        "today": (llm.daily_budget_krw, now, now),
        "this month": (llm.monthly_budget_krw, *_month("this")),
    }
    shown = {}
    for name, (budget_krw, since, until) in spans.items():
        spent_micro = store.spent_micro_krw(since, until)
        left_micro = max(budget_krw * MICRO - spent_micro, 0)
        shown[name] = {"budget_krw": budget_krw, "spent_krw": spent_micro / MICRO, "left_krw": left_micro / MICRO}
    return shown


def _row(one: CostSum) -> dict[str, Any]:
    row = asdict(one)
    row["cached_share"] = round(one.cached_share, 4)
    row["cost_krw"] = one.cost_micro_krw / MICRO
    row["cost_usd"] = one.cost_micro_usd / MICRO
    return row


def _lines(
    total: CostSum,
    groups: list[CostSum],
    reasons: dict[str, int],
    budget: dict[str, dict[str, float]],
    by: By,
    span: str,
) -> list[str]:
    rows = [_cells(group.key or "(none)", group) for group in groups]
    if len(groups) > 1:
        rows.append(_cells("total", total))
    head = [by.value, "calls", "in", "cached", "out", "billed", "won", "USD"]
    lines = [f"models {span} (KST)", *aligned(head, rows, right=set(range(1, len(head))))]
    answered = total.settled
    if answered:
        lines.append(labelled("latency", f"{total.latency_ms / max(answered + total.failed, 1) / 1000:.1f} s a call"))
    if total.reserved:
        lines.append(labelled("reserved", f"{total.reserved} still running or broken off; counted at the highest cost"))
    if reasons:
        shown = ", ".join(f"{reason} {count}" for reason, count in reasons.items())
        lines.append(labelled("no answer", shown))
    return [*lines, *_budget_lines(budget)]


def _cells(key: str, one: CostSum) -> list[str]:
    return [
        key if len(key) <= _LONGEST_KEY else key[: _LONGEST_KEY - 1] + "…",
        f"{one.calls:,}",
        f"{one.input_tokens:,}",
        f"{one.cached_share:.0%}",
        f"{one.output_tokens:,}",
        f"{one.billed_equivalent_tokens:,.0f}",
        f"{one.cost_micro_krw / MICRO:,.2f}",
        f"{one.cost_micro_usd / MICRO:.4f}",
    ]


def _budget_lines(budget: dict[str, dict[str, float]]) -> list[str]:
    return [
        labelled(
            "budget" if number == 0 else "", f"{name}: {row['left_krw']:,.2f} of {row['budget_krw']:,.0f} won left"
        )
        for number, (name, row) in enumerate(budget.items())
    ]
