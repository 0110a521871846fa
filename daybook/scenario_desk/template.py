"""The text of a new scenario file: the fields people change first, each with its unit."""

from typing import Any

from daybook.contracts.scenario import Scenario
from daybook.scenario.threats.catalogue import preset, preset_names, preset_title
from daybook.scenario_desk.yaml_text import written

_FIELDS: tuple[tuple[str, str], ...] = (
    ("threat_level", "0 calm, 1, 2 caution, 3, 4, 5 an incident is under way"),
    ("horizon_days", "trading days, 1 to 500"),
    ("scenarios", "simulated paths, 500 to 200,000"),
    ("model", "factor_jump, bootstrap or gbm: how prices move between events"),
    ("objective", "utility (E[W] - gamma CVaR), min_cvar or max_return_cvar_cap"),
    ("expected_return", "of the market in a year, before threats; 0.06 is 6 %"),
    ("cash_rate", "interest on cash in a year"),
    ("budget.total_krw", "won, for stocks, hedges, cash and controls together"),
    ("budget.min_cash_ratio", "of the budget that stays cash"),
    ("budget.max_control_spend_krw", "won for controls at most; null: no limit of its own"),
    ("budget.current_positions", 'shares held now, as in {"005930": 10}'),
    ("universe.source", "kis: the prices this desk has collected; fixture: simulated ones"),
    ("universe.lookback_days", "sessions of history, 250 to 2,500"),
    ("appetite.profile", "방어, 안정, 중립, 공격 (defensive, stable, neutral, aggressive)"),
    ("appetite.alpha", "0.95: CVaR is the mean of the worst 5 %"),
    ("appetite.ruin_floor_ratio", "wealth below this share of the budget is ruin"),
    ("constraints.max_weight", "of the budget in one stock"),
    ("constraints.max_sector", "of the budget in one sector"),
    ("constraints.max_adv_participation", "of a stock's daily turnover"),
    ("constraints.hedge_codes", "inverse products; [] for none"),
    ("constraints.max_hedge", "of the budget in hedges"),
    ("seed", "the same seed on the same data gives the same result, bit by bit"),
)
_COMMENT_COLUMN = 46


def new_text(name: str, preset_name: str) -> str:
    """Return the text of a new file.

    Raises:
        ScenarioError: for a name that is no preset.
    """
    title, start = preset_title(preset_name), preset(preset_name)
    lines = [
        f"# {title.title_ko} / {title.title_en}",
        f"# {title.note_en}",
        "#",
        "# Only what differs from the preset has to stand here: a line taken away gets the preset's value back.",
        "# Money is whole won, shares and rates are fractions (0.15 is 15 %), days are trading days.",
        f"# Look at the whole with: daybook scenario show {name}       Run it with: daybook scenario run {name}",
        _commented(f"preset: {written(preset_name)}", ", ".join(preset_names())),
        _commented(f"name: {written(name)}", "as lists and reports show it"),
    ]
    section = ""
    for path, unit in _FIELDS:
        head, _, field = path.rpartition(".")
        if head != section and head:
            lines.append(f"{head}:")
        section = head
        indent = "  " if head else ""
        lines.append(_commented(f"{indent}{field or path}: {written(_value(start, path))}", unit))
    lines += [
        "",
        "# Threats and controls are those of the catalogue. Change one by naming its id and what is different:",
        "# threats:",
        "#   - id: T07_account_takeover",
        "#     annual_rate: {at_level_2: 0.02, multiplier: 1.6}   # events a year",
        "# controls:",
        "#   - id: C01_mfa_key",
        "#     already_installed: true                            # works in every plan, costs nothing more",
        "# remove: [T14_currency_shock]                           # ids to leave out",
        "# only_controls: [C01_mfa_key, C04_second_broker]        # these and no others; only_threats likewise",
        '# universe.codes: KRX codes in quotes, as in codes: ["005930", "000660"]; the preset has 20 large stocks',
    ]
    return "\n".join(lines) + "\n"


def _value(scenario: Scenario, path: str) -> Any:
    content: Any = scenario.model_dump(mode="json")
    for step in path.split("."):
        content = content[step]
    return content


def _commented(line: str, comment: str) -> str:
    return f"{line:<{_COMMENT_COLUMN}}# {comment}"
