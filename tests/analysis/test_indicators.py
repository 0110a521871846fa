"""Indicators against formulas written out independently of TA-Lib."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.analysis import indicators
from daybook.analysis.errors import TooShort
from daybook.analysis.indicators import INDICATORS, Indicator, compute
from tests.analysis.frames import random_frame

seeds = st.integers(0, 10_000)


def exponential(values, period):
    """EMA that starts at the mean of its first ``period`` values."""
    out = np.full(len(values), np.nan)
    out[period - 1] = np.mean(values[:period])
    for place in range(period, len(values)):
        out[place] = out[place - 1] + 2 / (period + 1) * (values[place] - out[place - 1])
    return out


def wilder(values, period, start):
    """Wilder's mean of ``values[start:]``, whose first value is a plain mean."""
    out = np.full(len(values), np.nan)
    at = start + period - 1
    out[at] = np.mean(values[start : at + 1])
    for place in range(at + 1, len(values)):
        out[place] = (out[place - 1] * (period - 1) + values[place]) / period
    return out


def true_range(frame):
    before = np.concatenate(([np.nan], frame.close[:-1]))
    return np.nanmax([frame.high - frame.low, np.abs(frame.high - before), np.abs(frame.low - before)], axis=0)


def rolling(values, period, function):
    out = np.full(len(values), np.nan)
    for place in range(period - 1, len(values)):
        out[place] = function(values[place - period + 1 : place + 1])
    return out


def same(found, expected, tolerance=1e-8):
    assert (np.isnan(found) == np.isnan(expected)).all()
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_compute_when_means_and_bands_are_asked_for_then_they_equal_plain_windows(seed):
    frame = random_frame(150, seed)
    for name, line in compute(Indicator.SMA, frame).items():
        same(line, rolling(frame.close, int(name[3:]), np.mean))
    bands = compute(Indicator.BOLLINGER, frame)
    middle, deviation = rolling(frame.close, 20, np.mean), rolling(frame.close, 20, np.std)
    same(bands["middle"], middle)
    same(bands["upper"], middle + 2 * deviation, 1e-6)
    same(bands["lower"], middle - 2 * deviation, 1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_compute_when_exponential_means_are_asked_for_then_they_equal_the_recursion(seed):
    frame = random_frame(150, seed)
    for name, line in compute(Indicator.EMA, frame).items():
        same(line, exponential(frame.close, int(name[3:])))


def test_compute_when_macd_is_asked_for_then_it_is_the_difference_of_its_means():
    frame = random_frame(600, 3)
    lines = compute(Indicator.MACD, frame)
    difference = exponential(frame.close, 12) - exponential(frame.close, 26)
    # TA-Lib starts both means at the same session; the start is forgotten after some hundred sessions
    np.testing.assert_allclose(lines["macd"][-100:], difference[-100:], rtol=1e-6, atol=1e-4)
    signal = exponential(difference[25:], 9)
    np.testing.assert_allclose(lines["signal"][-100:], signal[-100:], rtol=1e-6, atol=1e-4)
    same(lines["histogram"], lines["macd"] - lines["signal"])


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_compute_when_rsi_is_asked_for_then_it_equals_wilders_formula(seed):
    frame = random_frame(120, seed)
    moves = np.diff(frame.close, prepend=frame.close[0])
    gain, loss = (wilder(np.maximum(sign * moves, 0), 14, 1) for sign in (1, -1))
    line = compute(Indicator.RSI, frame)["rsi"]
    same(line, 100 * gain / (gain + loss))
    assert np.nanmin(line) >= 0
    assert np.nanmax(line) <= 100


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_compute_when_atr_is_asked_for_then_it_equals_wilders_formula(seed):
    frame = random_frame(120, seed)
    same(compute(Indicator.ATR, frame)["atr"], wilder(true_range(frame), 14, 1))


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_compute_when_the_stochastic_is_asked_for_then_it_equals_its_windows(seed):
    frame = random_frame(120, seed)
    high, low = rolling(frame.high, 14, np.max), rolling(frame.low, 14, np.min)
    slow = rolling(100 * (frame.close - low) / (high - low), 3, np.mean)
    lines = compute(Indicator.STOCHASTIC, frame)
    started = ~np.isnan(lines["k"])
    np.testing.assert_allclose(lines["k"][started], slow[started], rtol=1e-8)
    np.testing.assert_allclose(lines["d"][started], rolling(slow, 3, np.mean)[started], rtol=1e-8)


def test_compute_when_obv_is_asked_for_then_volume_is_added_by_the_sign_of_the_move():
    frame = random_frame(80, 4)
    signed = np.sign(np.diff(frame.close)) * frame.volume[1:]
    line = compute(Indicator.OBV, frame)["obv"]
    np.testing.assert_allclose(np.diff(line), signed)


def test_compute_when_adx_is_asked_for_then_it_equals_wilders_formula_once_the_start_is_forgotten():
    frame = random_frame(700, 5)
    up, down = np.diff(frame.high, prepend=frame.high[0]), -np.diff(frame.low, prepend=frame.low[0])
    plus, minus = np.where((up > down) & (up > 0), up, 0.0), np.where((down > up) & (down > 0), down, 0.0)
    ranges = wilder(true_range(frame), 14, 1)
    plus_di, minus_di = (100 * wilder(part, 14, 1) / ranges for part in (plus, minus))
    index = wilder(100 * np.abs(plus_di - minus_di) / (plus_di + minus_di), 14, 14)
    lines = compute(Indicator.ADX, frame)
    np.testing.assert_allclose(lines["plus_di"][-100:], plus_di[-100:], rtol=1e-6)
    np.testing.assert_allclose(lines["minus_di"][-100:], minus_di[-100:], rtol=1e-6)
    np.testing.assert_allclose(lines["adx"][-100:], index[-100:], rtol=1e-6)


@pytest.mark.parametrize("indicator", Indicator)
def test_compute_when_there_are_just_enough_sessions_then_the_last_value_exists_and_one_fewer_is_too_short(indicator):
    needs = INDICATORS[indicator].needs
    lines = compute(indicator, random_frame(needs, 6))
    assert any(not np.isnan(line[-1]) for line in lines.values())
    with pytest.raises(TooShort, match=f"needs {needs} sessions, {needs - 1} exist"):
        compute(indicator, random_frame(needs - 1, 6))


@pytest.mark.parametrize("indicator", Indicator)
def test_compute_when_later_sessions_are_cut_off_then_earlier_values_stay(indicator):
    frame = random_frame(200, 8)
    for name, line in compute(indicator, frame).items():
        cut = compute(indicator, frame_until(frame, 150))[name]
        np.testing.assert_allclose(cut, line[:150], equal_nan=True)


def frame_until(frame, sessions):
    columns = (frame.open, frame.high, frame.low, frame.close, frame.volume, frame.turnover)
    return type(frame)(frame.symbol, frame.days[:sessions], *(column[:sessions] for column in columns))


def test_highest_and_lowest_when_asked_for_then_they_equal_plain_windows():
    values = random_frame(60, 9).close
    same(indicators.highest(values, 20), rolling(values, 20, np.max))
    same(indicators.lowest(values, 20), rolling(values, 20, np.min))
