"""Does a feature know the future? Lagged information, a placebo, and features of a past that was cut off or garbled.

A leaked label has a rank correlation near 1 with the return, keeps most of it one session later (labels overlap) and
has lost it all a whole label later; an honest signal that lasts decays smoothly. So each feature is looked at again
``horizon`` + 1 sessions late. The truncation test needs no statistics: a feature of session t that changes when the
sessions after t are removed, or replaced by garbage, has looked at them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray
from daybook.advice.features.feature import Feature
from daybook.advice.information import InformationSummary, session_ics, summarise
from daybook.advice.labels import ranked_labels
from daybook.advice.panel import Panel

IMPLAUSIBLE_IC = 0.10
"""A monthly rank correlation nobody sustains on daily data: a leak until proved otherwise."""

COLLAPSE_RATIO = 0.25
"""What an honest signal of that strength keeps at least of its correlation a label later."""

PLACEBO_T = 4.0


class LeakVerdict(StrEnum):
    """What the tests say about a feature."""

    CLEAN = "clean"
    SUSPICIOUS = "suspicious"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One feature's correlations at lag 0, lag 1 and a whole label late, its placebo, and what they mean."""

    name: str
    ic: float
    t: float
    ic_lag_one: float
    ic_late: float
    ic_placebo: float
    truncation_invariant: bool
    verdict: LeakVerdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeakReport:
    """All features; ``late_lag`` is the sessions of the late look."""

    rows: tuple[LeakRow, ...]
    late_lag: int

    @property
    def leaks(self) -> tuple[str, ...]:
        """The names of features that leak."""
        return tuple(row.name for row in self.rows if row.verdict is LeakVerdict.LEAK)


def leak_report(panel: Panel, features: Sequence[Feature], *, horizon: int = 20, seed: int = 0) -> LeakReport:
    """Test every feature of ``features`` on ``panel``; ``seed`` draws the placebo's order and the garbage."""
    labels = ranked_labels(panel, horizon)
    return LeakReport(tuple(_row(panel, feature, labels, horizon, seed) for feature in features), horizon + 1)


def lagged_information(
    values: FloatArray, labels: FloatArray, lags: Sequence[int], horizon: int
) -> dict[int, InformationSummary]:
    """Return the information of raw ``values`` seen so many sessions late."""
    return {
        lag: summarise(session_ics(values[: len(values) - lag], labels[lag:]), horizon)
        for lag in lags
        if lag < len(values)
    }


def placebo_ic(values: FloatArray, labels: FloatArray, seed: int, horizon: int) -> InformationSummary:
    """Return the information of values whose sessions were shuffled, which has to be none.

    Each symbol's mean label is taken off first: which symbols did well over the whole panel is known to any feature of
    past returns, whatever the order of its sessions.
    """
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(values))
    known = np.isfinite(labels)
    mean = np.where(known, labels, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return summarise(session_ics(values[order], labels - mean), horizon)


def is_truncation_invariant(panel: Panel, feature: Feature, seed: int = 0, cuts: int = 3) -> bool:
    """Return whether the feature's values up to a session stay, bit for bit, when later ones are gone or garbage."""
    whole = feature.compute(panel)
    for cut in _cuts(panel, cuts):
        past = feature.compute(panel.until(cut))
        garbled = feature.compute(garbled_after(panel, cut, seed))
        same = np.array_equal(past, whole[:cut], equal_nan=True)
        if not same or not np.array_equal(garbled[:cut], whole[:cut], equal_nan=True):
            return False
    return True


def _cuts(panel: Panel, count: int) -> list[int]:
    """Return so many cuts spread over the panel, and as many right after gaps, where filling backwards would show."""
    sessions = panel.shape[0]
    spread = np.linspace(sessions / 3, sessions - 1, count).astype(int)
    has_gap: BoolArray = np.any(np.isnan(panel.close_krw[:-1]), axis=1)
    gaps = np.flatnonzero(has_gap) + 1
    after_gaps = gaps[np.linspace(0, gaps.size - 1, min(count, gaps.size)).astype(int)]
    return sorted({int(cut) for cut in (*spread, *after_gaps) if 0 < cut < sessions})


def garbled_after(panel: Panel, sessions: int, seed: int = 0) -> Panel:
    """Return the panel with everything after its first ``sessions`` sessions replaced by noise."""
    random = np.random.Generator(np.random.PCG64(seed))

    def garbled(values: FloatArray) -> FloatArray:
        result = values.copy()
        tail = result[sessions:]
        tail[:] = np.abs(random.standard_normal(tail.shape)) * 1e5 + 1.0
        return result

    member = panel.member.copy()
    member[sessions:] = random.random(member[sessions:].shape) < 0.5
    return replace(
        panel,
        close_krw=garbled(panel.close_krw),
        turnover_krw=garbled(panel.turnover_krw),
        member=member,
        foreign_net_krw=None if panel.foreign_net_krw is None else garbled(panel.foreign_net_krw),
        institution_net_krw=None if panel.institution_net_krw is None else garbled(panel.institution_net_krw),
        fundamentals={name: garbled(values) for name, values in panel.fundamentals.items()},
        signals={name: garbled(values) for name, values in panel.signals.items()},
    )


def _row(panel: Panel, feature: Feature, labels: FloatArray, horizon: int, seed: int) -> LeakRow:
    values = np.where(panel.member, feature.compute(panel), np.nan)
    information = lagged_information(values, labels, (0, 1, horizon + 1), horizon)
    now = information[0]
    late = information[horizon + 1].mean if horizon + 1 in information else float("nan")
    placebo = placebo_ic(values, labels, seed, horizon)
    invariant = is_truncation_invariant(panel, feature, seed)
    reasons: list[str] = []
    verdict = LeakVerdict.CLEAN
    if abs(now.mean) > IMPLAUSIBLE_IC:
        verdict = LeakVerdict.SUSPICIOUS
        reasons.append(f"a rank correlation of {now.mean:+.3f} is more than anybody sustains")
        if not late * np.sign(now.mean) >= COLLAPSE_RATIO * abs(now.mean):
            verdict = LeakVerdict.LEAK
            reasons.append(f"it is {late:+.3f} when seen {horizon + 1} sessions late: it ends where the label ends")
    if np.isfinite(placebo.t) and abs(placebo.t) > PLACEBO_T:
        verdict = max(verdict, LeakVerdict.SUSPICIOUS, key=list(LeakVerdict).index)
        reasons.append(f"it has t {placebo.t:+.1f} with its sessions shuffled, where nothing can be left")
    if not invariant:
        verdict = LeakVerdict.LEAK
        reasons.append("its values change when later sessions are removed or garbled")
    lag_one = information[1].mean if 1 in information else float("nan")
    return LeakRow(feature.name, now.mean, now.t, lag_one, late, placebo.mean, invariant, verdict, tuple(reasons))
