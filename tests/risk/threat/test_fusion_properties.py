"""The level under random days: readings come, go, hover and lie; what must hold holds at every step."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.threat_readings import CyberAlert, ThreatReasonCode
from daybook.contracts.threats import FalseAlarm, LevelMove, ThreatMemory
from daybook.risk.threat.finding import ladder_level
from daybook.risk.threat.fusion import assess
from tests.risk.threat.facts import NOW, SETTINGS, account, breach, cyber, inputs, market, operations

figures = st.none() | st.floats(-2, 2) | st.sampled_from([float("nan"), float("inf"), 0.97, -0.03, -0.0299, 0.2])
steps = st.fixed_dictionaries(
    {
        "minutes": st.sampled_from([-5, 0, 1, 10, 30, 600, 5_000]),
        "market": st.none() | st.fixed_dictionaries({"index_change_ratio": figures, "vkospi_percentile": figures}),
        "cyber": st.none()
        | st.fixed_dictionaries(
            {
                "alert": st.none() | st.integers(0, 4).map(lambda level: CyberAlert(level=level)),
                "warnings": st.none() | st.integers(0, 4).map(lambda count: (breach(publishers=count),)),
            }
        ),
        "account": st.none() | st.fixed_dictionaries({"incident": st.none() | st.booleans()}),
        "operations": st.none() | st.fixed_dictionaries({"feed_gap_s": figures, "broker_latency_s": figures}),
        "withdrawn": st.lists(st.sampled_from(list(ThreatReasonCode)), max_size=2),
        "late_s": st.sampled_from([0, 0, 0, 2_000, -500]),
    }
)
_READERS: dict[str, Any] = {"market": market, "cyber": cyber, "account": account, "operations": operations}


@settings(max_examples=150, deadline=None)
@given(day=st.lists(steps, min_size=1, max_size=25))
def test_level_when_days_are_random_then_its_rules_hold(day: list[dict[str, Any]]) -> None:
    memory, now = ThreatMemory(), NOW
    for step in day:
        now += timedelta(minutes=step["minutes"])
        at = now - timedelta(seconds=step["late_s"])
        readings = {name: None if step[name] is None else reader(at, **step[name]) for name, reader in _READERS.items()}
        codes = tuple(step["withdrawn"])
        alarms = (FalseAlarm(by="kim", reason="test", codes=codes),) if codes else ()
        seen, after = assess(inputs(now, **readings, false_alarms=alarms), memory, SETTINGS, now)
        before = {signal.key: signal for signal in memory.signals}
        assert seen.level == max((signal.level for signal in after.signals), default=0)
        if seen.move is not LevelMove.WITHDRAWN:
            assert seen.level >= memory.level - 1
        for signal in after.signals:
            assert signal.level >= signal.reading_level, "a known reading counts at once"
            known = before.get(signal.key)
            if known is not None and signal.key not in seen.withdrawn:
                assert signal.level >= known.level - 1
                if signal.observed_at == known.observed_at and (now - signal.observed_at).total_seconds() > 6 * 3600:
                    assert signal.level == known.level, "unknown never lowers"
        if (
            not codes
            and not any(readings.values())
            and all((now - signal.observed_at).total_seconds() > 6 * 3600 for signal in memory.signals)
        ):
            assert seen.level == memory.level
        for reading in seen.channels:
            assert all(reason.level <= reading.level for reason in reading.reasons)
            assert not (reading.known and any(reason.is_stale for reason in reading.reasons))
        again, same = assess(inputs(now, **readings, false_alarms=alarms), memory, SETTINGS, now)
        assert (again, same) == (seen, after)
        memory = ThreatMemory.model_validate_json(after.model_dump_json())
        assert memory == after


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_ladder_when_values_vary_then_never_below_what_they_reach(values: list[float]) -> None:
    ladder, last = (0.1, 0.2, 0.4, 0.8), 0
    for value in values:
        level = ladder_level(value, ladder, last, 0.1)
        reached = sum(value >= threshold for threshold in ladder)
        assert reached <= level <= max(last, reached)
        assert not level or value >= ladder[level - 1] * 0.9
        last = level


@given(first=st.floats(0, 1), second=st.floats(0, 1), last=st.integers(0, 4))
def test_ladder_when_a_value_is_worse_then_the_level_is_not_lower(first: float, second: float, last: int) -> None:
    ladder = (0.1, 0.2, 0.4, 0.8)
    low, high = sorted((first, second))
    assert ladder_level(low, ladder, last, 0.1) <= ladder_level(high, ladder, last, 0.1)
