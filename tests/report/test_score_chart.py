import io

import numpy as np
import pytest
from PIL import Image

from daybook.report.score_chart import draw_calibration, draw_score
from daybook.risk.score.asset import score_asset
from daybook.risk.score.portfolio import score_portfolio
from daybook.risk.score.reference_file import shipped_reference
from tests.risk.score.histories import walk


def test_draw_score_when_a_stock_is_scored_then_it_is_a_chart_of_the_common_size_and_the_same_each_time():
    closes, index, turnovers = walk(300, 1)
    score = score_asset("005930", closes[:, 0], index_closes=index, turnovers_krw=turnovers[:, 0])
    first = draw_score(score)
    assert first == draw_score(score)
    assert Image.open(io.BytesIO(first)).size == (1200, 700)


def test_draw_score_when_the_name_is_korean_or_everything_is_missing_then_it_draws():
    assert draw_score(score_portfolio("내 계좌", np.array([[100.0, 100.0]]), (1, 2))).startswith(b"\x89PNG")


def test_draw_score_when_the_score_differs_then_so_does_the_picture():
    closes, index, _ = walk(300, 3)
    pictures = {draw_score(score_asset("005930", closes[:, at], index_closes=index)) for at in range(3)}
    assert len(pictures) == 3


@pytest.mark.parametrize("count", [1, 2, 7])
def test_draw_calibration_when_given_some_sets_then_it_draws_them(count):
    rows = shipped_reference().facts.validations
    assert draw_calibration(rows[:count]).startswith(b"\x89PNG")


def test_draw_calibration_when_there_are_none_or_too_many_then_it_refuses():
    rows = shipped_reference().facts.validations
    with pytest.raises(ValueError, match="1 to 7"):
        draw_calibration(())
    with pytest.raises(ValueError, match="1 to 7"):
        draw_calibration((*rows, rows[0]))
