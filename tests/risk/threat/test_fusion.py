import json
from datetime import timedelta
from typing import Any

import pytest

from daybook.contracts.threat_readings import CyberAlert, Sidecar, ThreatChannel, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.contracts.threats import FalseAlarm, LevelMove, ThreatMemory
from daybook.risk.threat.fusion import assess
from tests.risk.threat.facts import (
    HELD,
    NOW,
    SETTINGS,
    Desk,
    account,
    breach,
    cyber,
    inputs,
    market,
    operations,
)

FALL = ThreatReasonCode.INDEX_FALL


def alarm(*codes: ThreatReasonCode, **changes: object) -> FalseAlarm:
    return FalseAlarm.model_validate({"by": "kim", "reason": "a faulty print", "codes": codes, **changes})


def test_level_when_everything_is_calm_then_zero_and_every_channel_known() -> None:
    seen = Desk().look()
    assert (seen.level, seen.move) == (0, LevelMove.STEADY)
    assert all(reading.known and reading.level == 0 and reading.age_s == 0 for reading in seen.channels)
    assert seen.channel(ThreatChannel.MARKET).missing == (ThreatReasonCode.MARKET_SENTIMENT,)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"market": market(index_change_ratio=-0.0149)}, 0),
        ({"market": market(index_change_ratio=-0.015)}, 1),
        ({"market": market(index_change_ratio=-0.051)}, 3),
        ({"market": market(index_change_ratio=-0.0877)}, 4),
        ({"market": market(vkospi_percentile=0.97)}, 3),
        ({"market": market(index_drawdown_ratio=0.21)}, 3),
        ({"market": market(sidecar=Sidecar.SELL)}, 2),
        ({"market": market(sidecar=Sidecar.BUY)}, 1),
        ({"market": market(circuit_breaker_stage=1)}, 4),
        ({"market": market(sentiment=-0.8, sentiment_stories=30)}, 1),
        ({"market": market(sentiment=-0.8, sentiment_stories=3)}, 0),
        ({"cyber": cyber(alert=CyberAlert(level=3))}, 3),
        ({"cyber": cyber(warnings=(breach(severity=0.2),))}, 1),
        ({"cyber": cyber(warnings=(breach(severity=0.9),))}, 2),
        ({"cyber": cyber(warnings=(breach(publishers=2, severity=0.6),))}, 3),
        ({"cyber": cyber(warnings=(breach(publishers=4, severity=0.8),))}, 4),
        ({"cyber": cyber(warnings=(breach(disclosed=True),))}, 5),
        ({"cyber": cyber(warnings=(breach(publishers=4, severity=0.9, symbols=("005930",)),))}, 1),
        ({"cyber": cyber(warnings=(breach(NOW - timedelta(days=4), publishers=4, severity=0.9),))}, 0),
        ({"cyber": cyber(warnings=(breach(NOW + timedelta(days=1), publishers=4, severity=0.9),))}, 0),
        ({"account": account(failed_logins=10)}, 3),
        ({"account": account(strange_logins=1)}, 4),
        ({"account": account(strange_tokens=1)}, 4),
        ({"account": account(incident=True)}, 5),
        ({"account": account(strange_logins=1, strange_orders=1)}, 5),
        ({"account": account(strange_orders=1)}, 0),
        ({"operations": operations(broker_errors=50)}, 4),
        ({"operations": operations(broker_calls=3, broker_errors=3)}, 0),
        ({"operations": operations(broker_latency_s=2)}, 2),
        ({"operations": operations(token_failures=3)}, 3),
        ({"operations": operations(feed_gap_s=61)}, 2),
        ({"operations": operations(worker_silent_s=300)}, 4),
        ({"operations": operations(unknown_order_s=61)}, 2),
        ({"operations": operations(clock_skew_s=-1.5)}, 2),
        ({"operations": operations(database_latency_s=3)}, 3),
    ],
)
def test_level_when_one_figure_is_bad_then_its_own(changes: dict[str, Any], level: int) -> None:
    seen = Desk().look(**changes)
    assert seen.level == level
    for reason in seen.reasons:
        assert reason.text_ko
        assert reason.text_en
        assert not reason.is_stale


def test_level_when_several_channels_speak_then_the_highest_with_all_reasons() -> None:
    seen = Desk().look(market=market(index_change_ratio=-0.03), operations=operations(worker_silent_s=200))
    assert seen.level == 3
    assert [reason.key for reason in seen.reasons] == ["WORKER_SILENT", "INDEX_FALL"]
    assert seen.reasons[1].value == pytest.approx(0.03)
    assert seen.reasons[1].limit == 0.03


def test_level_when_calm_lasts_then_it_falls_one_step_at_a_time() -> None:
    desk = Desk()
    assert desk.look(market=market(index_change_ratio=-0.03)).level == 2
    falls = [(desk.look(10).level) for _ in range(20)]
    assert falls == [2] * 11 + [1] * 6 + [0] * 3
    assert desk.last is not None
    assert desk.last.calm_left_min is None


def test_level_when_the_night_is_long_then_it_counts_as_one_short_gap() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.05))
    assert desk.look(17 * 60).level == 3
    assert desk.last is not None
    assert desk.last.calm_left_min == 390 - 30


def test_level_when_a_value_hovers_at_its_threshold_then_it_stays() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.03))
    for change in (-0.029, -0.0275) * 10:
        assert desk.look(10, market=market(index_change_ratio=change)).level == 2
    assert desk.memory.signals[0].calm_min == 0


def test_level_when_data_ends_then_it_stays_and_the_channel_turns_unknown() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.05))
    first = desk.look(10, market=None)
    assert first.level == 3
    assert first.channel(ThreatChannel.MARKET).known
    for _ in range(60):
        seen = desk.look(30, market=None)
    assert seen.level == 3
    reading = seen.channel(ThreatChannel.MARKET)
    assert not reading.known
    assert reading.reasons[0].is_stale
    assert reading.age_s == 10 * 60 + 60 * 1800
    assert seen.calm_left_min is None


def test_level_when_only_the_raised_signal_is_missing_then_the_channel_is_unknown() -> None:
    desk = Desk()
    desk.look(market=market(vkospi_percentile=0.97))
    for _ in range(60):
        seen = desk.look(20, market=market(vkospi_percentile=None))
    assert seen.level == 3
    assert not seen.channel(ThreatChannel.MARKET).known
    assert ThreatReasonCode.VKOSPI_HIGH in seen.channel(ThreatChannel.MARKET).missing


def test_channel_when_never_read_then_unknown_at_zero() -> None:
    seen = Desk().look(cyber=None, account=None)
    reading = seen.channel(ThreatChannel.CYBER)
    assert (reading.known, reading.level, reading.observed_at, reading.age_s) == (False, 0, None, None)


def test_vkospi_when_too_old_then_unknown() -> None:
    seen = Desk().look(market=market(vkospi_percentile=0.999, vkospi_age_sessions=3))
    assert seen.level == 0
    assert ThreatReasonCode.VKOSPI_HIGH in seen.channel(ThreatChannel.MARKET).missing


def test_false_alarm_when_a_person_withdraws_then_what_remains_counts_at_once() -> None:
    desk = Desk()
    bad: dict[str, Any] = {"market": market(index_change_ratio=-0.08), "operations": operations(broker_latency_s=2)}
    assert desk.look(**bad).level == 4
    seen = desk.look(1, **bad, false_alarms=(alarm(FALL),))
    assert (seen.level, seen.move, seen.withdrawn) == (2, LevelMove.WITHDRAWN, ("INDEX_FALL",))
    assert seen.dismissed == ("INDEX_FALL",)
    assert desk.look(10, **bad).level == 2


def test_false_alarm_when_the_signal_worsens_then_it_is_raised_again() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.03))
    desk.look(1, market=market(index_change_ratio=-0.03), false_alarms=(alarm(FALL),))
    assert desk.look(1, market=market(index_change_ratio=-0.03)).level == 0
    seen = desk.look(1, market=market(index_change_ratio=-0.05))
    assert seen.level == 3
    assert seen.dismissed == ()


def test_false_alarm_when_the_signal_was_calm_meanwhile_then_a_new_one_counts() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.03))
    desk.look(1, market=market(index_change_ratio=-0.03), false_alarms=(alarm(FALL),))
    assert desk.look(1).dismissed == ()
    assert desk.look(1, market=market(index_change_ratio=-0.03)).level == 2


def test_false_alarm_when_its_time_is_over_then_the_signal_counts_again() -> None:
    desk = Desk()
    bad = market(index_change_ratio=-0.03)
    desk.look(market=bad)
    desk.look(1, market=bad, false_alarms=(alarm(FALL),))
    levels = [desk.look(30, market=bad).level for _ in range(13)]
    assert levels == [0] * 12 + [2]


def test_false_alarm_when_of_one_holding_then_the_other_stays() -> None:
    desk = Desk()
    warnings = (breach(publishers=2, severity=0.6), breach(publishers=2, severity=0.6, symbols=("005930",)))
    bad: dict[str, Any] = {"cyber": cyber(warnings=warnings), "held_symbols": (HELD, "005930")}
    assert desk.look(**bad).level == 3
    seen = desk.look(1, **bad, false_alarms=(alarm(ThreatReasonCode.HOLDING_BREACH, symbols=(HELD,)),))
    assert seen.withdrawn == (f"HOLDING_BREACH:{HELD}",)
    assert [reason.key for reason in seen.reasons] == ["HOLDING_BREACH:005930"]
    assert desk.look(1, **bad, false_alarms=(alarm(ThreatReasonCode.HOLDING_BREACH),)).level == 0


def test_false_alarm_when_a_source_retracts_an_account_signal_then_a_person_is_needed() -> None:
    desk = Desk()
    bad = account(incident=True)
    incident = ThreatReasonCode.ACCOUNT_INCIDENT
    desk.look(account=bad)
    seen = desk.look(1, account=bad, false_alarms=(alarm(incident, by_person=False),))
    assert seen.level == 5
    assert "by a person only" in seen.problems[0]
    assert desk.look(1, account=bad, false_alarms=(alarm(incident),)).level == 0


def test_false_alarm_when_nothing_is_raised_then_it_says_so() -> None:
    seen = Desk().look(false_alarms=(alarm(FALL),))
    assert seen.problems == ("INDEX_FALL is not raised: nothing to withdraw",)
    assert seen.withdrawn == ()


def test_breach_when_the_news_no_longer_says_so_then_calm_begins() -> None:
    desk = Desk()
    desk.look(cyber=cyber(warnings=(breach(publishers=2, severity=0.6),)))
    levels = [desk.look(30).level for _ in range(13)]
    assert levels == [3] * 12 + [2]
    desk.look(30, cyber=None)
    assert desk.last is not None
    assert desk.last.level == 2


def test_breach_when_the_news_was_not_read_then_it_stays() -> None:
    desk = Desk()
    desk.look(cyber=cyber(warnings=(breach(publishers=2, severity=0.6),)))
    for _ in range(60):
        assert desk.look(30, cyber=cyber(warnings=None)).level == 3


def test_floor_when_a_person_sets_it_then_the_level_is_not_below() -> None:
    desk = Desk()
    assert desk.look(floor=4).level == 4
    assert desk.look(1, floor=4, market=market(circuit_breaker_stage=1)).level == 4
    assert desk.look(1, floor=1).level == 4
    assert Desk().look(floor=9).problems


def test_reading_when_dated_in_the_future_then_refused() -> None:
    late = market(NOW + timedelta(minutes=5), index_change_ratio=-0.09)
    seen, _ = assess(inputs(market=late), ThreatMemory(), SETTINGS, NOW)
    assert seen.level == 0
    assert "future" in seen.problems[0]
    assert not seen.channel(ThreatChannel.MARKET).known


def test_reading_when_older_than_the_last_then_ignored() -> None:
    desk = Desk()
    desk.look(market=market(index_change_ratio=-0.03))
    older = market(NOW - timedelta(minutes=1), index_change_ratio=0.0)
    seen, memory = assess(inputs(NOW + timedelta(minutes=1), market=older), desk.memory, SETTINGS, NOW)
    assert seen.level == 2
    assert next(s for s in memory.signals if s.code is FALL).reading_level == 2


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -5.0, 7.0])
def test_reading_when_a_figure_makes_no_sense_then_unknown(nonsense: float) -> None:
    reading = market(vkospi_percentile=nonsense, index_drawdown_ratio=nonsense)
    seen = Desk().look(market=reading, operations=operations(feed_gap_s=-1.0, clock_skew_s=float("nan")))
    assert seen.level == 0
    assert {ThreatReasonCode.VKOSPI_HIGH, ThreatReasonCode.INDEX_DRAWDOWN} <= set(
        seen.channel(ThreatChannel.MARKET).missing
    )


def test_memory_when_carried_as_json_then_the_same_and_small() -> None:
    desk = Desk()
    warnings = tuple(breach(publishers=2, symbols=(f"00{n:04d}",)) for n in range(30))
    held = tuple(f"00{n:04d}" for n in range(30))
    desk.look(cyber=cyber(warnings=warnings), held_symbols=held, market=market(index_change_ratio=-0.03))
    text = desk.memory.model_dump_json()
    assert ThreatMemory.model_validate_json(text) == desk.memory
    assert len(text) < 20_000
    assert len(json.loads(text)["signals"]) <= 40


def test_settings_when_thresholds_fall_then_refused() -> None:
    with pytest.raises(ValueError, match="stay equal or rise"):
        ThreatSettings(index_falls=(0.05, 0.03, 0.05, 0.08))
    with pytest.raises(ValueError, match="confirmed_level must not be above disclosed_level"):
        ThreatSettings(confirmed_level=4, disclosed_level=3)
