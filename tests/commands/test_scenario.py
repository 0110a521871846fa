import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from daybook.commands.scenario_export import csv_text
from daybook.commands.scenario_view import result_lines
from daybook.contracts.scenario_result import ScenarioResult
from tests.commands.conftest import NO_SERVER, Ended, Run

SMALL = """
universe: {codes: [005930, 000660, 105560, 017670], source: fixture, lookback_days: 250}
only_threats: [T02_volatility_spike, T09_broker_outage]
only_controls: [C04_second_broker]
scenarios: 500
horizon_days: 10
constraints: {max_weight: 0.3, max_sector: 0.6}
"""

Write = Callable[..., None]


@pytest.fixture
def write(home: Path) -> Write:
    def written(more: str = "", name: str = "mine") -> None:
        (home / "scenarios").mkdir(parents=True, exist_ok=True)
        (home / "scenarios" / f"{name}.yaml").write_text(f"{SMALL}{more}", encoding="utf-8")

    return written


def refused(ended: Ended, said: str) -> None:
    assert ended.code == 1
    assert ended.out == ""
    assert said in ended.line
    assert "Traceback" not in ended.err


def test_scenario_when_made_changed_and_listed_then_it_is_there(home: Path, run: Run) -> None:
    assert run("scenario", "new", "mine", "--preset", "2020-03").code == 0
    assert run("scenario", "edit", "mine", "--set", "budget.total_krw=50000000").code == 0
    assert "  mine\n" in run("scenario", "list").out
    shown = json.loads(run("scenario", "show", "mine", "--json").out)
    assert (shown["budget"]["total_krw"], shown["threat_level"]) == (50_000_000, 4)
    assert "level 4 (severe), 50,000,000 won" in run("scenario", "show", "mine").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "mine"], "mine exists already; change it with: daybook scenario edit mine"),
        (["new", "other", "--preset", "1999"], "preset: there is no preset '1999'; use one of default"),
        (["new", "../other"], "cannot be a scenario's name"),
        (["edit", "nobody", "--set", "a=1"], "there is no scenario nobody; choose mine, or make it with"),
        (["edit", "mine", "--set", "budget=x"], "budget: must be lines"),
        (["edit", "mine"], "set EDITOR to open"),
        (["show", "nothing"], "there is no scenario or run nothing; see: daybook scenario list"),
        (["run", "mine", "--budget", "5"], "budget.total_krw: input should be greater than or equal to 100000, not 5"),
        (["export", "nothing"], "there is no scenario or run nothing"),
        (["export", "nothing", "--format", "xls"], "there is no format 'xls'; use one of json, csv, html, pdf"),
        (["compare", "one", "two"], "there is no scenario or run one"),
    ],
)
def test_scenario_when_asked_for_what_cannot_be_then_one_line_says_so(
    arguments: list[str], said: str, write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(variable, raising=False)
    write()
    refused(run("scenario", *arguments), said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("fixed_controls: [C01_mfa_key]", "fixed_controls: names C01_mfa_key, which is not among the controls"),
        (
            "objective: min_cvar\nbudget: {total_krw: 1000000, min_cash_ratio: 1}\nviews: []\nthreat_level: 9",
            "threat_level: input should be less than or equal to 5, not 9",
        ),
    ],
)
def test_run_when_the_scenario_is_inconsistent_then_the_field_is_named(
    more: str, said: str, write: Write, run: Run
) -> None:
    write(more)
    refused(run("scenario", "run", "mine", "--local"), said)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("unknown stock", "universe: {codes: [005930, 999999], source: fixture}", "999999"),
        ("missing data", "universe: {codes: [005930, 999999]}", "no prices of 999999 are stored"),
        (
            "impossible constraints",
            "objective: min_cvar\nconstraints: {min_expected_return: 0.9}\nuniverse: {source: fixture}\nscenarios: 500",
            "constraints.min_expected_return: ",
        ),
        (
            "budget below one share",
            "budget: {total_krw: 100000, min_cash_ratio: 0}\n"
            "universe: {codes: [207940, 012450], source: fixture}\nscenarios: 500",
            "budget.total_krw: ",
        ),
    ],
)
def test_run_when_it_cannot_be_done_then_one_line_says_why_and_the_run_is_kept_as_failed(
    name: str, text: str, said: str, home: Path, run: Run
) -> None:
    (home / "scenarios").mkdir(parents=True)
    (home / "scenarios" / "mine.yaml").write_text(text, encoding="utf-8")
    refused(run("scenario", "run", "mine", "--local", "--preview"), said)
    rows = json.loads(run("scenario", "list", "--json").out)["runs"]
    assert [(row["status"], said in row["problem"]) for row in rows] == [("failed", True)], name


def test_run_when_no_desk_runs_then_the_way_out_is_said(
    write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", NO_SERVER)
    write()
    ended = run("scenario", "run", "mine")
    refused(ended, "daybook up")
    assert ended.line.rstrip().endswith("run it here, with the same result: daybook scenario run mine --local")


def test_run_when_local_then_it_can_be_shown_compared_and_exported(write: Write, run: Run) -> None:
    write()
    ended = run("scenario", "run", "mine", "--local", "--preview")
    assert (ended.code, ended.err) == (0, "")
    assert "budget 100,000,000 = stocks" in ended.out
    assert run("scenario", "run", "mine", "--local", "--preview", "--level", "5", "--seed", "7").code == 0
    second, first = (row["run_id"] for row in json.loads(run("scenario", "list", "--json").out)["runs"])
    shown = ScenarioResult.model_validate_json(run("scenario", "show", first, "--json").out)
    assert shown.identity_gap_krw() == 0
    assert "\n".join(result_lines(shown)).strip() in ended.out.replace("\r", "")
    compared = run("scenario", "compare", first, second).out
    assert "threat_level" in compared
    assert "expected wealth" in compared
    wrote = run("scenario", "export", first, "--format", "json", "--out", "out.json")
    assert wrote.code == 0
    assert json.loads(Path("out.json").read_text())["result"]["run_id"] == first
    refused(run("scenario", "export", first, "--format", "json", "--out", "out.json"), "exists; name another file")
    rows = list(csv.reader(csv_text(shown).lstrip("\ufeff").splitlines()))
    assert ["run_id", "", "", first] in rows
    assert {len(row) for row in rows} == {4}
    assert len(rows) > 100
