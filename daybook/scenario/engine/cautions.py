"""What a reader of a result must know beside its numbers: a code, then the words."""

from daybook.contracts.scenario_result import ProtectionSummary
from daybook.scenario.engine.holdings import Holdings
from daybook.scenario.engine.limits import unaffordable_codes
from daybook.scenario.engine.prepared import Prepared
from daybook.scenario.threats.notices import threat_notices


def cautions(prepared: Prepared, plan: Holdings, protection: ProtectionSummary) -> tuple[str, ...]:
    """Return the warnings of a result, each ``code: words``."""
    found = [
        *_of_data(prepared),
        *(f"catalogue: {notice}" for notice in threat_notices(prepared.scenario, prepared.parameters)),
        *_of_plan(prepared, plan),
    ]
    if protection.alarm_share > 1.0:
        found.append(
            "spend_alarm: protection costs more a year than 1/e of the loss it guards against "
            f"({protection.alarm_share:.2f} times; Gordon and Loeb 2002)"
        )
    return tuple(found)


def _of_data(prepared: Prepared) -> list[str]:
    scenario, history, fit = prepared.scenario, prepared.history, prepared.fit
    found = []
    if history.simulated:
        found.append("simulated_data: the prices are simulated, not the market's")
    if prepared.preview:
        found.append(f"preview: {scenario.scenarios:,} scenarios and no curves; run it in full before you rely on it")
    if len(history.days) < scenario.universe.lookback_days:
        found.append(f"short_history: {len(history.days)} sessions of the {scenario.universe.lookback_days} asked for")
    for code, codes, words in (
        ("few_prices", fit.proxied, "too few prices of their own; beta and volatility lean on their peers"),
        ("no_turnover", fit.without_turnover, "turnover is not known, so nothing of them is bought"),
        ("stale_prices", fit.stale, "no price in the last 20 sessions"),
        ("missing_prices", history.missing, "no price at all"),
    ):
        if codes:
            found.append(f"{code}: {', '.join(codes)}: {words}")
    strangers = [code for code in scenario.constraints.forbidden_codes if code not in scenario.universe.codes]
    if strangers:
        found.append(
            f"forbidden_elsewhere: {', '.join(strangers)}: in constraints.forbidden_codes but not in universe.codes, "
            "so forbidding it changes nothing; check the code"
        )
    if scenario.universe.survivorship == "current_members":
        found.append("survivorship: today's members are looked back on; those that failed are not among them")
    return found


def _of_plan(prepared: Prepared, plan: Holdings) -> list[str]:
    scenario = prepared.scenario
    found = []
    dear = unaffordable_codes(scenario, prepared.parameters)
    if dear:
        found.append(f"no_lot_fits: {', '.join(dear)}: not one lot fits into the limits of this budget")
    stocks = plan.shares[: len(prepared.parameters.codes)]
    if not any(stocks):
        found.append(
            "no_stock_held: at this risk aversion no stock is worth its risk; lower appetite.gamma, raise "
            "expected_return, or maximise the return under a cap on CVaR"
        )
    return found
