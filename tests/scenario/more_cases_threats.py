"""Event losses, spending, entropy pooling and control sets with other inputs: FA-*, GL-02, EP-*, CT-*."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.risk.measures.replay import replay
from daybook.risk.measures.tail import conditional_value_at_risk
from daybook.scenario.controls.select import Measure, select_controls
from daybook.scenario.entropy_pooling import EntropyPoolingError, View, pool
from daybook.scenario.uncertainty import fair, gordon_loeb, pert, rates
from daybook.scenario.uncertainty.compound import annual_loss


def _fixed(size: float) -> Pert:
    return Pert(low=size, mode=size, high=size)


def fixed_losses_are_a_scaled_poisson_count() -> None:
    loss = annual_loss([(2.0, _fixed(1e6))])
    for count in (0, 1, 2, 3, 7):
        assert float(loss.exceedance(count * 1e6)) == pytest.approx(stats.poisson.sf(count, 2), rel=1e-9)
        assert float(loss.exceedance((count + 0.5) * 1e6)) == pytest.approx(stats.poisson.sf(count, 2), rel=1e-9)
    for alpha in (0.5, 0.95, 0.99):
        count = stats.poisson.ppf(alpha, 2)
        counts = np.arange(60)
        beyond = float((stats.poisson.pmf(counts, 2) * np.maximum(counts - count, 0)).sum()) / (1 - alpha)
        assert loss.value_at_risk(alpha) == pytest.approx(count * 1e6)
        assert loss.conditional_value_at_risk(alpha) == pytest.approx((count + beyond) * 1e6, rel=1e-9)


def fixed_losses_of_several_kinds() -> None:
    """One million every other year, three every fifth and 2 every tenth: all counts tried."""
    loss = annual_loss([(0.5, _fixed(1.0)), (0.2, _fixed(3.0)), (0.1, LogNormal90(low=2.0, high=2.0))])
    odds: dict[float, float] = {}
    for a, b, c in itertools.product(range(15), repeat=3):
        chance = stats.poisson.pmf(a, 0.5) * stats.poisson.pmf(b, 0.2) * stats.poisson.pmf(c, 0.1)
        odds[a + 3 * b + 2 * c] = odds.get(a + 3 * b + 2 * c, 0.0) + chance
    for threshold in (0, 1, 2, 2.5, 3, 6):
        exact = sum(chance for total, chance in odds.items() if total > threshold)
        assert float(loss.exceedance(threshold)) == pytest.approx(exact, abs=1e-9)
    assert loss.value_at_risk(0.95) == pytest.approx(4)
    together = annual_loss([(0.5, _fixed(1.0)), (0.4, LogNormal90(low=0.1, high=3.0))])
    below, at = float(together.exceedance(1 - 1e-3)), float(together.exceedance(1.0))
    alone = math.exp(-0.4) * stats.poisson.pmf(1, 0.5)
    assert below - at == pytest.approx(alone, abs=2e-3)


def compound_tails_by_transform() -> None:
    """Exceedance, VaR and CVaR of Poisson sums of lognormals against a plain rounded lattice."""
    for rate, low, high, threshold in ((0.5, 2e5, 5e6, 3e6), (20, 1e3, 1e5, 8e5), (0.1, 1, 10, 12)):
        spread = math.log(high / low) / (2 * 1.6448536269514722)
        size = stats.lognorm(spread, scale=math.sqrt(low * high))
        step, cells = threshold / 8_192, 2**18
        points = np.arange(cells) * step
        mass = np.diff(np.concatenate([[0], size.cdf(points + step / 2)]))
        summed = np.real(np.fft.ifft(np.exp(rate * (np.fft.fft(mass) - 1))))
        loss = annual_loss([(rate, LogNormal90(low=low, high=high))])
        assert loss.mean == pytest.approx(rate * size.mean(), rel=1e-9)
        assert loss.sd == pytest.approx(math.sqrt(rate * (size.var() + size.mean() ** 2)), rel=1e-9)
        assert float(loss.exceedance(threshold)) == pytest.approx(
            1 - summed[:8_192].sum() - summed[8_192] / 2, rel=1e-3
        )
        var = points[np.searchsorted(np.cumsum(summed), 0.95)]
        assert loss.value_at_risk(0.95) == pytest.approx(var, rel=2e-3, abs=step)
        short = float((summed * np.maximum(var - points, 0)).sum())
        cvar = var + (rate * size.mean() - var + short) / 0.05
        assert loss.conditional_value_at_risk(0.95) == pytest.approx(cvar, rel=1e-3)


def controls_thin_and_shrink_a_year() -> None:
    """Halving the rate halves the ALE; events of two sources are one source's of the summed rate."""
    size = LogNormal90(low=1e5, high=1e6)
    before, after = annual_loss([(0.4, size)]), annual_loss([(0.4 * (1 - 0.5), size)])
    assert after.mean == pytest.approx(before.mean / 2)
    assert after.sd == pytest.approx(before.sd / math.sqrt(2))
    split = annual_loss([(0.3, size), (0.1, size)])
    assert split.exceedance([1e5, 1e6]) == pytest.approx(before.exceedance([1e5, 1e6]), rel=1e-9)


def pert_in_both_conventions() -> None:
    for low, mode, high in ((20, 100, 900), (0, 0, 10), (1, 9, 10)):
        mean, width = (low + 4 * mode + high) / 6, high - low
        standard, fixed = pert.standard(low, mode, high), pert.fixed_sd(low, mode, high)
        assert standard.mean == pytest.approx(mean)
        assert standard.sd == pytest.approx(math.sqrt((mean - low) * (high - mean) / 7))
        assert fixed.mean == pytest.approx(mean)
        assert fixed.sd == pytest.approx(width / 6)
        shape = stats.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, width)
        assert standard.quantile([0.05, 0.5, 0.95]) == pytest.approx(shape.ppf([0.05, 0.5, 0.95]))


def fair_nodes() -> None:
    assert fair.threat_event_frequency([10, 20], [0.5, 0.1]) == pytest.approx([5, 2])
    assert fair.vulnerability([0.6, 0.7, 0.1, 0.5], [0.55, 0.65, 0.75, 0.5]) == 0.5
    assert fair.loss_magnitude([100, 200], fair.secondary_loss([[0.5, 1], [0, 0.1]], [[10, 20], [30, 40]])) == (
        pytest.approx([125, 204])
    )


def rates_with_other_priors() -> None:
    for count, years, prior in ((0, 1, 0.5), (5, 5, 0.5), (1, 44, 1.0), (12, 3, 0.001)):
        found, exact = rates.rate_from_counts(count, years, prior), stats.gamma(prior + count, scale=1 / years)
        assert (found.mean, found.sd) == pytest.approx((exact.mean(), exact.std()))
        assert found.interval(0.9) == pytest.approx(exact.ppf([0.05, 0.95]), rel=1e-6)
        assert found.chance_of_any(2) == pytest.approx(1 - (years / (years + 2)) ** (prior + count))
        assert found.chance_of(3) == pytest.approx(stats.nbinom.pmf(3, prior + count, years / (years + 1)))


def gordon_and_loeb() -> None:
    """Both classes against a search, class II at 1/e exactly where k v L = e, and a function that breaks the bound."""
    for v, loss, alpha in itertools.product((0.05, 0.3, 0.65, 0.9), (4e5, 1e7, 1e9), (1e-6, 1e-5)):
        for closed, breach in (
            (gordon_loeb.class_one(v, loss, alpha, 1.5), lambda z, v=v, a=alpha: v / (a * z + 1) ** 1.5),
            (gordon_loeb.class_two(v, loss, alpha), lambda z, v=v, a=alpha: v ** (a * z + 1)),
        ):
            found = optimize.minimize_scalar(
                lambda z, b=breach, most=loss: b(z) * most + z,
                bounds=(0, v * loss),
                method="bounded",
                options={"xatol": 1e-3},
            )
            cost = min(found.fun, v * loss)
            assert v * loss - closed.net_benefit == pytest.approx(cost, rel=1e-6)
            assert closed.spend <= v * loss / math.e * (1 + 1e-12)
    steepness = -1e-5 * math.log(0.5)
    peak = gordon_loeb.class_two(0.5, math.e / (0.5 * steepness), 1e-5)
    assert peak.spend * 0.5 * steepness / math.e / 0.5 == pytest.approx(1 / math.e)
    linear = gordon_loeb.best_investment(1e6, lambda spend: 0.6 * max(0.0, 1 - spend / 5e5))
    assert linear.spend == pytest.approx(5e5, rel=1e-4)
    assert gordon_loeb.spending_alarm(6e5, linear.spend).rings


def control_sets_by_trying_all() -> None:
    """Random problems with requires, excludes and budgets: greedy by ratio misses sets the exhaustive search finds."""
    generator = np.random.default_rng(6)
    for _ in range(40):
        losses = {f"t{n}": float(generator.uniform(1, 9)) for n in range(4)}
        rows = []
        for number in range(6):
            struck = generator.choice(4, 2, replace=False)
            rows.append(
                Measure(
                    f"c{number}",
                    float(generator.uniform(0.2, 3)),
                    {f"t{n}": float(generator.uniform(0, 1)) for n in struck},
                    ("c0",) if number == 4 else (),
                    ("c1",) if number == 5 else (),
                )
            )
        budget = float(generator.uniform(0, 7))
        best = math.inf
        for chosen in itertools.product((False, True), repeat=6):
            names = {row.name for row, taken in zip(rows, chosen, strict=True) if taken}
            spend = sum(row.cost for row in rows if row.name in names)
            if spend > budget or ("c4" in names and "c0" not in names) or {"c1", "c5"} <= names:
                continue
            left = sum(
                loss * math.prod(1 - row.reduces.get(threat, 0) for row in rows if row.name in names)
                for threat, loss in losses.items()
            )
            best = min(best, left + spend)
        found = select_controls(losses, rows, budget)
        assert found.total == pytest.approx(best, rel=1e-12)
        assert found.spend <= budget


def historical_falls_with_a_beta() -> None:
    rows = replay(50_000_000, 1.4)
    assert rows[0].profit_krw == -8_414_000
    assert min(row.profit_krw for row in rows) == rows[0].profit_krw


DIE = np.arange(1, 7.0)


def dice_with_other_means() -> None:
    """Jaynes' dice: weights proportional to x^k with x from the mean, found by a root of its own."""
    for mean in (1.5, 2.0, 3.0, 4.0, 5.5):

        def miss(log_base: float, mean: float = mean) -> float:
            raw = np.exp(log_base * DIE)
            return float((raw * DIE).sum() / raw.sum()) - mean

        raw = np.exp(optimize.brentq(miss, -10, 10) * DIE)
        found = pool([View("mean", DIE, "mean", "==", mean)], min_effective_ratio=0)
        assert found.probabilities == pytest.approx(raw / raw.sum(), abs=1e-7)
        assert found.effective_scenarios == pytest.approx(math.exp(stats.entropy(raw / raw.sum())), rel=1e-6)


def views_of_other_kinds() -> None:
    """A slack inequality changes nothing, a ranking is a mean of a difference, a chance is a mean of an indicator."""
    assert pool([View("slack", DIE, "mean", ">=", 3.0)], min_effective_ratio=0).relative_entropy < 1e-9
    half = pool([View("P(6)", (DIE == 6).astype(float), "mean", "==", 0.5)], min_effective_ratio=0)
    assert half.probabilities == pytest.approx([0.1] * 5 + [0.5], abs=1e-9)
    prior = np.array([0.1, 0.1, 0.2, 0.2, 0.2, 0.2])
    tilted = pool(
        [View("mean", DIE, "mean", "==", 3.0), View("sd", DIE, "sd", "==", 1.2)], prior, min_effective_ratio=0
    )
    q = tilted.probabilities
    assert (q * DIE).sum() == pytest.approx(3.0, abs=1e-7)
    assert math.sqrt((q * (DIE - 3) ** 2).sum()) == pytest.approx(1.2, abs=1e-7)
    slopes = np.polyfit(DIE, np.log(q / prior), 2)
    assert np.polyval(slopes, DIE) == pytest.approx(np.log(q / prior), abs=1e-6)
    draws = np.random.default_rng(2).normal(0, 0.02, (2, 3_000))
    ranked = pool([View("a over b", draws[0] - draws[1], "mean", ">=", 0.003)])
    assert (ranked.probabilities * (draws[0] - draws[1])).sum() == pytest.approx(0.003, abs=1e-8)


def cvar_views_against_a_convex_search() -> None:
    """A raised and a lowered CVaR: of all thresholds tried one by one, none costs less relative entropy."""
    from daybook.scenario.entropy_dual import Constraint, relative_entropy, solve_dual

    losses = np.random.default_rng(8).standard_t(4, 250)
    prior = np.full(250, 1 / 250)
    for target in (2.2, 4.5):
        found = pool([View("tail", -losses, "cvar", "==", target)], alpha=0.9, min_effective_ratio=0)
        costs = []
        for threshold in np.sort(losses)[-60:]:
            cut = Constraint(np.maximum(losses - threshold, 0), "==", (target - threshold) * 0.1)
            met = solve_dual(prior, [cut]) if threshold < target else None
            if met is not None:
                q = met.probabilities
                order = np.argsort(losses)
                at = losses[order][np.searchsorted(np.cumsum(q[order]), 0.9 - 1e-12)]
                if at == threshold:
                    costs.append(relative_entropy(q, prior))
        assert found.relative_entropy <= min(costs) * (1 + 1e-4) + 1e-9


def several_lowered_tails_are_met_together() -> None:
    """Two tails lowered at once, and a third that they lower by more than asked: each CVaR is the one asked for."""
    draws = np.random.default_rng(12).standard_t(4, (400, 3))
    draws[:, 2] = 0.5 * draws[:, 0] + 0.5 * draws[:, 1] + 0.1 * draws[:, 2]
    plain = [conditional_value_at_risk(-draws[:, number], 0.9) for number in range(3)]
    asked = (0.8 * plain[0], 0.85 * plain[1], 0.97 * plain[2])
    views = [View(f"v{number}", draws[:, number], "cvar", "==", value) for number, value in enumerate(asked)]
    for count in (2, 3):
        found = pool(views[:count], alpha=0.9)
        for number in range(count):
            cvar = conditional_value_at_risk(-draws[:, number], 0.9, found.probabilities)
            assert cvar == pytest.approx(asked[number], rel=1e-4)


def impossible_views_are_refused() -> None:
    for views, words in (
        ([View("m", DIE, "mean", "==", 7.0)], "out of reach"),
        ([View("a", DIE, "mean", ">=", 4.0), View("b", DIE, "mean", "<=", 3.0)], "together"),
        ([View("m", DIE, "mean", "==", 5.9)], "effective"),
    ):
        with pytest.raises(EntropyPoolingError, match=words):
            pool(views, min_effective_ratio=0.5)


CHECKS = (
    fixed_losses_are_a_scaled_poisson_count,
    fixed_losses_of_several_kinds,
    compound_tails_by_transform,
    controls_thin_and_shrink_a_year,
    pert_in_both_conventions,
    fair_nodes,
    rates_with_other_priors,
    gordon_and_loeb,
    control_sets_by_trying_all,
    historical_falls_with_a_beta,
    dice_with_other_means,
    views_of_other_kinds,
    cvar_views_against_a_convex_search,
    several_lowered_tails_are_met_together,
    impossible_views_are_refused,
)
