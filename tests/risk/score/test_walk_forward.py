from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from daybook.contracts.scores import Preferred, ScoreKind
from daybook.risk.score.errors import ScoreFitError
from daybook.risk.score.fit import FittedParts
from daybook.risk.score.reference_file import shipped_reference
from daybook.risk.score.sample import fit_sample
from daybook.risk.score.skill import calibration_error, reliability, skill
from daybook.risk.score.walk_forward import Forecasts, forecasts, validation, walk_forward
from tests.risk.score.histories import SHARED, us_rows

YEARS = range(1998, 2023)


def shipped_parts():
    reference = shipped_reference()
    return FittedParts(reference.fitted_weights, reference.quantiles, reference.calibration, reference.baseline)


def test_walk_forward_when_run_on_real_stocks_then_it_beats_volatility_and_is_calibrated():
    rows = us_rows().rows(np.arange(0, len(us_rows()), 3))
    (found,) = walk_forward(rows, (rows,), YEARS)
    judged = validation("us_stocks", "미국", "US", ScoreKind.ASSET, found)
    assert judged.model.auc == pytest.approx(0.806, abs=0.01)
    assert judged.baseline.auc == pytest.approx(0.795, abs=0.01)
    assert judged.model.auc > judged.baseline.auc
    assert judged.model.brier_skill > judged.baseline.brier_skill > 0.1
    assert judged.model.calibration_error < 0.025
    assert judged.skill_difference_error > 0


def test_walk_forward_when_what_comes_later_changes_then_earlier_forecasts_do_not():
    rows = us_rows()
    begins = date(2004, 1, 1).toordinal()
    unknown = rows.known_from >= begins
    poisoned = replace(
        rows,
        outcomes=np.where(unknown, 1 - rows.outcomes, rows.outcomes),
        values={metric: np.where(unknown, values * 9, values) for metric, values in rows.values.items()},
    )
    (honest,), (tried,) = walk_forward(rows, (rows,), (2004,)), walk_forward(poisoned, (rows,), (2004,))
    np.testing.assert_array_equal(honest.model, tried.model)
    np.testing.assert_array_equal(honest.baseline, tried.baseline)
    assert unknown.any()


def test_walk_forward_when_the_purge_is_undone_then_the_poison_shows():
    """The test above can fail: outcomes that reach into the year do change the forecasts."""
    rows = us_rows()
    begins = date(2004, 1, 1).toordinal()
    unknown = (rows.known_from >= begins) & (rows.days < begins + 30)
    poisoned = replace(rows, known_from=rows.days - 40, outcomes=np.where(unknown, 1 - rows.outcomes, rows.outcomes))
    (honest,), (leaked,) = walk_forward(rows, (rows,), (2004,)), walk_forward(poisoned, (rows,), (2004,))
    assert np.abs(honest.model - leaked.model).max() > 1e-6


def test_walk_forward_when_a_year_has_nothing_before_or_in_it_then_it_says_so():
    rows = us_rows()
    with pytest.raises(ScoreFitError, match="too few"):
        walk_forward(rows, (rows,), (1991,))
    with pytest.raises(ScoreFitError, match="no row"):
        walk_forward(rows, (rows,), (2030,))


def test_shipped_calibration_when_applied_to_its_stocks_then_each_band_holds_what_it_says():
    rows = us_rows()
    found = forecasts(shipped_parts(), rows)
    bins = reliability(found.model, found.outcomes)
    assert calibration_error(bins) < 0.02
    for low, high in ((0.02, 0.08), (0.08, 0.20), (0.20, 0.40), (0.40, 1.0)):
        inside = (found.model >= low) & (found.model < high)
        assert inside.sum() > 500
        assert low - 0.02 <= found.outcomes[inside].mean() <= high + 0.02


def test_verdict_when_the_difference_is_within_two_errors_then_it_is_a_tie():
    random = np.random.default_rng(4)
    outcomes = (random.uniform(size=2_000) < 0.3).astype(float)
    days = np.sort(random.integers(date(2010, 1, 1).toordinal(), date(2020, 1, 1).toordinal(), 2_000))
    sharp, dull = np.where(outcomes > 0, 0.6, 0.2), np.full(2_000, 0.3)
    noisy = np.clip(dull + random.normal(0, 1e-3, 2_000), 0, 1)

    def preferred(model, baseline):
        return validation("x", "x", "x", ScoreKind.ASSET, Forecasts(model, baseline, outcomes, days)).preferred

    assert preferred(sharp, dull) is Preferred.MODEL
    assert preferred(dull, sharp) is Preferred.BASELINE
    assert preferred(dull, noisy) is Preferred.TIE


@pytest.mark.parametrize(("name", "least_auc", "most_error"), [("kospi", 0.70, 0.05), ("kosdaq", 0.62, 0.08)])
def test_shipped_calibration_when_applied_to_a_krx_index_then_it_holds_out_of_market(name, least_auc, most_error):
    if not (SHARED / f"{name}_daily.csv.gz").exists():
        pytest.skip("the KRX index files are not here (DAYBOOK_SHARED_DATA)")
    table = pd.read_csv(SHARED / f"{name}_daily.csv.gz", index_col="Date")
    market = pd.read_csv(SHARED / "kospi_daily.csv.gz", index_col="Date").Close.reindex(table.index)
    days = [date.fromisoformat(day) for day in table.index]
    rows = fit_sample(days, table[["Close"]].to_numpy(dtype=float), market.to_numpy(dtype=float))
    found = forecasts(shipped_parts(), rows)
    model = skill(found.model, found.outcomes)
    assert model.auc > least_auc
    assert model.brier_skill > 0.02
    assert model.calibration_error < most_error
    stated = next(row for row in shipped_reference().facts.validations if row.name == f"krx_{name}")
    assert (stated.rows, stated.model.auc) == (len(rows), pytest.approx(model.auc, abs=0.001))
