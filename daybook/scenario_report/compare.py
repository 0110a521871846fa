"""The difference of two runs: what went in, which data and seeds, and what came out."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot

from pydantic import JsonValue

from daybook.contracts.base import KST
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import Estimate, PlanName, ScenarioResult
from daybook.scenario_report.wording import estimate_percent, estimate_won, percent, short_id, signed_won, won

_CLEAR = 2.0
"""Standard errors between two figures before they are called different."""


@dataclass(frozen=True)
class Difference:
    """One thing in both runs. ``change`` is empty where a difference says nothing."""

    label_ko: str
    label_en: str
    first: str
    second: str
    change: str = ""
    is_clear: bool | None = None
    """For estimates: whether they are two standard errors apart, taken as independent, which is careful."""

    @property
    def is_equal(self) -> bool:
        """Whether both runs say the same."""
        return self.first == self.second


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side: changed inputs by their path, where the runs come from, figures and positions."""

    inputs: tuple[Difference, ...]
    origin: tuple[Difference, ...]
    figures: tuple[Difference, ...]
    positions: tuple[Difference, ...]

    @property
    def is_repeat(self) -> bool:
        """Whether the same input ran on the same data: every figure must then be equal, bit by bit."""
        return not self.inputs and all(row.is_equal for row in self.origin)


def compare_runs(
    first: ScenarioResult,
    second: ScenarioResult,
    first_scenario: Scenario | None = None,
    second_scenario: Scenario | None = None,
) -> Comparison:
    """Return what differs between two runs; inputs only where both scenarios are given."""
    inputs: tuple[Difference, ...] = ()
    if first_scenario is not None and second_scenario is not None:
        inputs = tuple(_inputs(first_scenario, second_scenario))
    return Comparison(inputs, _origin(first, second), tuple(_figures(first, second)), tuple(_positions(first, second)))


def _inputs(first: Scenario, second: Scenario) -> Iterator[Difference]:
    one = dict(_leaves(first.model_dump(mode="json"), ""))
    two = dict(_leaves(second.model_dump(mode="json"), ""))
    for path in sorted(one.keys() | two.keys()):
        if one.get(path) != two.get(path):
            yield Difference(path, path, one.get(path, "–"), two.get(path, "–"))


def _leaves(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Walk a scenario; threats and controls go by id, so that one more does not shift the rest."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and all(isinstance(row, dict) and "id" in row for row in value):
        for row in value:
            if isinstance(row, dict):
                yield from _leaves(row, f"{path}.{row['id']}")
    elif isinstance(value, list):
        yield path, ", ".join(str(row) for row in value) or "–"
    else:
        yield path, "–" if value is None else str(value)


def _origin(first: ScenarioResult, second: ScenarioResult) -> tuple[Difference, ...]:
    def row(label_ko: str, label_en: str, values: tuple[object, object]) -> Difference:
        return Difference(label_ko, label_en, str(values[0]), str(values[1]))

    days = tuple(f"{run.data.as_of.astimezone(KST):%Y-%m-%d %H:%M}" for run in (first, second))
    return (
        row("입력 해시", "input hash", (first.input_hash, second.input_hash)),
        row("데이터 해시", "data hash", (first.data.id, second.data.id)),
        row("데이터 기준", "data as of", (days[0], days[1])),
        row("데이터 출처", "data source", (first.data.source, second.data.source)),
        row("난수 씨앗", "seed", (first.seed, second.seed)),
        row("시나리오 수", "scenarios", (first.scenarios, second.scenarios)),
        row("엔진", "engine", (first.engine_version, second.engine_version)),
    )


def _figures(first: ScenarioResult, second: ScenarioResult) -> Iterator[Difference]:
    yield _amount("예산", "budget", first.budget_krw, second.budget_krw)
    yield Difference("위협 단계", "threat level", str(first.threat_level), str(second.threat_level))
    one, two = first.plan(PlanName.OPTIMISED), second.plan(PlanName.OPTIMISED)
    if one is not None and two is not None:
        old, new = one.figures, two.figures
        yield _won("기대 자산", "expected wealth", old.expected_wealth_krw, new.expected_wealth_krw)
        yield _won("VaR", "VaR", old.var_krw, new.var_krw)
        yield _won("CVaR", "CVaR", old.cvar_krw, new.cvar_krw)
        yield _chance("손실 확률", "P(loss)", old.loss_probability, new.loss_probability)
        yield _chance("파산선 이탈", "P(ruin)", old.ruin_probability, new.ruin_probability)
        yield _amount("주식", "stocks", one.stocks_krw, two.stocks_krw)
        yield _amount("헤지", "hedges", one.hedges_krw, two.hedges_krw)
        yield _amount("현금", "cash", one.cash_krw, two.cash_krw)
    yield _amount("보호 지출", "spent on controls", first.protection.spend_krw, second.protection.spend_krw)
    yield _amount(
        "위협의 연 손실", "threat loss a year", first.protection.annual_loss_after_krw,
        second.protection.annual_loss_after_krw,
    )  # fmt: skip
    taken = [", ".join(short_id(row.id) for row in run.controls if row.step) or "–" for run in (first, second)]
    yield Difference("통제", "controls", taken[0], taken[1])


def _positions(first: ScenarioResult, second: ScenarioResult) -> Iterator[Difference]:
    rows = [{row.code: row for row in (*run.allocation, *run.hedges)} for run in (first, second)]
    for code in sorted(rows[0].keys() | rows[1].keys()):
        one, two = rows[0].get(code), rows[1].get(code)
        named = one or two
        shares = (one.shares if one else 0, two.shares if two else 0)
        if named is not None and shares[0] != shares[1]:
            label = f"{named.name} {code}".strip()
            yield Difference(label, code, f"{shares[0]:,}", f"{shares[1]:,}", signed_won(shares[1] - shares[0]))


def _amount(label_ko: str, label_en: str, first: int, second: int) -> Difference:
    return Difference(label_ko, label_en, won(first), won(second), signed_won(second - first))


def _won(label_ko: str, label_en: str, first: Estimate, second: Estimate) -> Difference:
    change = signed_won(second.value - first.value)
    return Difference(label_ko, label_en, estimate_won(first), estimate_won(second), change, _is_clear(first, second))


def _chance(label_ko: str, label_en: str, first: Estimate, second: Estimate) -> Difference:
    change = percent(second.value - first.value, 2).removesuffix("%") + "%p"
    is_clear = _is_clear(first, second)
    return Difference(label_ko, label_en, estimate_percent(first), estimate_percent(second), change, is_clear)


def _is_clear(first: Estimate, second: Estimate) -> bool:
    gap = abs(second.value - first.value)
    return gap > 0 and gap >= _CLEAR * hypot(first.standard_error, second.standard_error)
