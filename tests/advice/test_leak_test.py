from dataclasses import replace

import numpy as np
import pytest

from daybook.advice.arrays import FloatArray
from daybook.advice.features.catalogue import PRICE_FEATURES, signal_feature
from daybook.advice.features.feature import Feature
from daybook.advice.labels import forward_returns, ranked_labels
from daybook.advice.leak_test import LeakVerdict, garbled_after, is_truncation_invariant, leak_report
from daybook.advice.panel import Panel, carried
from daybook.advice.synthetic_panel import PLANTED, planted_panel

PANEL = planted_panel(0.06, stocks=60, days=700, seed=1)
LABELS = np.nan_to_num(ranked_labels(PANEL, 20))


def panel_with(name: str, values: FloatArray) -> Panel:
    return replace(PANEL, signals={**PANEL.signals, name: values})


def test_leak_test_when_the_label_leaks_then_it_is_caught_by_its_collapse() -> None:
    noise = np.random.default_rng(1).standard_normal(LABELS.shape)
    report = leak_report(panel_with("leaked", LABELS + 0.35 * noise), [signal_feature("leaked")])
    (row,) = report.rows
    assert (report.leaks, report.late_lag) == (("leaked",), 21)
    assert row.ic == pytest.approx(0.94, abs=0.02)
    assert row.ic_lag_one == pytest.approx(0.89, abs=0.03)
    assert abs(row.ic_late) < 0.05
    assert any("21 sessions late" in reason for reason in row.reasons)


def test_leak_test_when_a_little_of_the_label_leaks_then_it_is_caught_too() -> None:
    noise = np.random.default_rng(2).standard_normal(LABELS.shape)
    assert leak_report(panel_with("faint", LABELS + 4 * noise), [signal_feature("faint")]).leaks == ("faint",)


def test_leak_test_when_an_honest_signal_lasts_then_it_passes_and_decays_smoothly() -> None:
    report = leak_report(PANEL, [signal_feature(PLANTED), signal_feature("decoy_1")])
    assert report.leaks == ()
    row = report.rows[0]
    assert row.verdict is LeakVerdict.CLEAN
    assert row.ic > row.ic_lag_one > row.ic_late


def test_leak_test_when_an_honest_signal_is_implausibly_strong_but_lasts_then_it_is_only_suspicious() -> None:
    strong = planted_panel(0.25, stocks=60, days=700, seed=4, persistence=0.98)
    (row,) = leak_report(strong, [signal_feature(PLANTED)]).rows
    assert row.verdict is LeakVerdict.SUSPICIOUS
    assert row.ic_late > 0.1


def test_leak_test_when_run_on_every_price_feature_then_none_leaks_and_placebos_are_nothing() -> None:
    report = leak_report(PANEL, PRICE_FEATURES)
    assert report.leaks == ()
    assert max(abs(row.ic_placebo) for row in report.rows) < 0.06


def tomorrow(panel: Panel) -> FloatArray:
    return forward_returns(panel, 1)


def filled_backwards(panel: Panel) -> FloatArray:
    return carried(panel.close_krw[::-1])[::-1]


def whole_mean(panel: Panel) -> FloatArray:
    return panel.close_krw - panel.close_krw.mean(axis=0)


@pytest.mark.parametrize("compute", [tomorrow, filled_backwards, whole_mean])
def test_truncation_when_a_feature_looks_ahead_then_it_is_caught_however_little_it_knows(
    compute: object,
) -> None:
    gap = replace(PANEL, close_krw=np.where(np.arange(700)[:, None] % 7 == 0, np.nan, PANEL.close_krw))
    panel = PANEL if compute is whole_mean else gap
    feature = Feature("ahead", "", "", 1, compute)  # type: ignore[arg-type]
    assert not is_truncation_invariant(panel, feature)


def test_garbled_panel_when_made_then_its_past_is_untouched_and_its_future_is_noise() -> None:
    garbled = garbled_after(PANEL, 400)
    assert np.array_equal(garbled.close_krw[:400], PANEL.close_krw[:400])
    assert not np.isclose(garbled.close_krw[400:], PANEL.close_krw[400:]).any()
    assert (garbled.close_krw > 0).all()
