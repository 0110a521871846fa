import os

import pytest

from daybook.report.chart_folder import HomeCharts


def test_save_when_more_charts_come_than_are_kept_then_the_oldest_go(tmp_path):
    charts = HomeCharts(tmp_path, most=2)
    for number in range(4):
        path = charts.save(f"chart_{number}.png", b"png")
        os.utime(tmp_path / path, (number, number))
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == ["chart_2.png", "chart_3.png"]


@pytest.mark.parametrize("name", ["../evil.png", "a/b.png", "chart.svg", ".hidden.png", ""])
def test_save_when_the_name_is_no_plain_png_then_it_refuses(tmp_path, name):
    with pytest.raises(ValueError, match="plain name"):
        HomeCharts(tmp_path).save(name, b"png")
    assert not (tmp_path / "charts").exists()
