import json
import re

import pytest

from daybook.storage.database import Database
from daybook.storage.outcomes import OutcomeStore
from tests.advice_desk.facts import DAY, LAST, SYMBOLS, store_market
from tests.advice_desk.test_journal import claim, store_days
from tests.advice_desk.test_scores import open_books
from tests.commands.conftest import Run


def test_advise_when_prices_are_stored_then_every_symbol_has_its_place_with_and_without_news(
    books: Database, run: Run
) -> None:
    store_market(books)
    ended = run("advise", "--day", str(DAY))
    assert ended.code == 0
    rows = [line for line in ended.out.splitlines() if re.match(r" +\d+ +\d+ +\d+ ", line)]
    assert [int(line.split()[0]) for line in rows] == list(range(1, len(SYMBOLS) + 1))
    assert f"prices up to {LAST}" in ended.out
    assert "without news" in run("advise", "--day", str(DAY), "--without-news").out


def test_advise_when_a_stock_is_named_then_its_card_is_shown(books: Database, run: Run) -> None:
    store_market(books)
    assert "main drivers" in run("advise", SYMBOLS[0], "--day", str(DAY)).out
    assert "주요 요인" in run("advise", SYMBOLS[0], "--day", str(DAY), "--ko").out
    cards = json.loads(run("advise", SYMBOLS[0], "--day", str(DAY), "--json").out)["cards"]
    assert [card["symbol"] for card in cards] == [SYMBOLS[0]]
    assert cards[0]["risk_score"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["삼성전자"], "no KRX code"),
        (["--day", "soon"], "is not a date"),
        ([], "daybook collect"),
        (["123450"], "daybook collect 123450"),
        (["outcomes", "x"], "no KRX code"),
    ],
)
def test_advise_when_it_cannot_answer_then_one_line_says_why(
    arguments: list[str], said: str, books: Database, run: Run
) -> None:
    ended = run("advise", *arguments)
    assert ended.code == 1
    assert said in ended.line


def test_outcomes_when_claims_are_known_then_they_are_summed_by_horizon(books: Database, run: Run) -> None:
    assert "nothing is noted" in run("advise", "outcomes").out
    store_days(books)
    OutcomeStore(books).note([claim()])
    text = run("advise", "outcomes").out
    assert "+2.50%" in text
    assert "simulated" in text
    assert "after 5: known, +5.00%, +2.50% against the index" in run("advise", "outcomes", SYMBOLS[0]).out
    rows = json.loads(run("advise", "outcomes", "--json").out)["recommendation"]["summaries"]
    assert [row["outcomes"] for row in rows] == [1, 1, 1, 0]


def test_risk_when_stocks_are_held_then_they_and_the_portfolio_are_explained(books: Database, run: Run) -> None:
    store_market(books)
    open_books(books, **{f"_{SYMBOLS[0]}": 40})
    text = run("risk").out
    assert "portfolio:main" in text
    assert "volatility alone" in text
    assert f"up to {LAST}" in text
    assert "EWMA volatility" in text
    assert "confidence" in text
    found = json.loads(run("risk", SYMBOLS[1], "--json").out)
    assert ([row["subject"] for row in found["scores"]], found["portfolio"]) == ([SYMBOLS[1]], None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "nothing is held"), (["123450"], "daybook collect 123450"), (["x"], "no KRX code")],
)
def test_risk_when_there_is_nothing_to_score_then_one_line_says_so(
    arguments: list[str], said: str, books: Database, run: Run
) -> None:
    ended = run("risk", *arguments)
    assert ended.code == 1
    assert said in ended.line
