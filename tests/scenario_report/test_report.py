"""Page, paper, charts and comparison of a run."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario_report import loss_charts, plan_charts, threat_charts
from daybook.scenario_report.compare import compare_runs
from daybook.scenario_report.html import render_html
from daybook.scenario_report.pdf import render_pdf
from daybook.scenario_report.squarify import squarify
from tests.scenario_report.results import result, scenario

ORDER = (
    "level",
    "before-after",
    "next-million",
    "to-do",
    "words",
    "losses",
    "threats",
    "assumptions",
    "money",
    "audit",
)
CHARTS: tuple[Callable[[ScenarioResult], bytes], ...] = (
    loss_charts.draw_histogram,
    loss_charts.draw_exceedance,
    lambda run: loss_charts.draw_fan(run, 70e6),
    plan_charts.draw_allocation,
    plan_charts.draw_frontier,
    plan_charts.draw_budget_curve,
    threat_charts.draw_tornado,
    threat_charts.draw_heat_map,
    threat_charts.draw_waterfall,
    threat_charts.draw_stress,
)
BARE = {"frontier": (), "budget_curve": (), "next_million": (), "tornado": (), "stress": (), "playbook": (),
        "reduction": (), "by_threat": (), "plans": ()}  # fmt: skip


class Page(HTMLParser):
    """Collects what a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(result(), scenario())


def test_page_when_rendered_then_sections_stand_in_the_operators_order(page: str) -> None:
    found = re.findall(r'<section id="([\w-]+)"', page)
    assert tuple(found) == ORDER


def test_page_when_rendered_then_it_needs_no_script_no_style_attribute_and_no_network(page: str) -> None:
    held = Page(page)
    assert not {"script", "iframe", "object", "link", "form"} & set(held.tags)
    assert not any(name.startswith("on") or name == "style" for name, _ in held.attributes)
    addresses = [value for name, value in held.attributes if name in {"src", "href"}]
    assert addresses
    assert all(value.startswith(("data:image/png", "#")) for value in addresses)
    assert "default-src 'none'" in page
    assert held.tags.count("img") == len(CHARTS)


def test_page_when_rendered_twice_then_the_same_bytes(page: str) -> None:
    assert render_html(result(), scenario()) == page


def test_page_when_read_then_errors_hashes_seed_tags_and_identity_are_there(page: str) -> None:
    for wanted in (
        "± 21,346",
        "ab" * 32,
        "cd" * 32,
        "20260101",
        "[expert]",
        "template",
        "1원까지 같습니다",
        "자문이 아닙니다",
    ):
        assert wanted in page


def test_page_when_texts_hold_markup_then_they_are_shown_not_run() -> None:
    evil = "<script>alert(1)</script>\"'&$x^2$"
    text = render_html(result(name=evil, warnings=(evil,)), scenario(note=evil, name=evil))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "script" not in Page(text).tags


def test_page_when_the_books_do_not_balance_then_said() -> None:
    assert "다릅니다" in render_html(result(cash_krw=47_506_661), scenario())


def test_page_when_the_moment_is_given_then_the_age_of_the_data_is_told() -> None:
    run = result()
    assert "10 days old" in render_html(run, scenario(), now=run.data.as_of + timedelta(days=10))


def test_report_when_a_run_is_a_preview_without_curves_then_page_and_paper_are_made() -> None:
    run = result(**BARE)
    assert "이 실행에는 계산되지 않았습니다" in render_html(run, scenario())
    assert render_pdf(run, scenario()).startswith(b"%PDF")


def test_paper_when_rendered_twice_then_the_same_a4_bytes_with_korean() -> None:
    first = render_pdf(result(), scenario())
    assert first == render_pdf(result(), scenario())
    assert b"HYGothic-Medium" in first
    assert b"/MediaBox [ 0 0 595" in first
    assert first.count(b"/Type /Page\n") >= 4 or len(re.findall(rb"/Type\s*/Page\b", first)) >= 4


def test_paper_when_texts_hold_markup_and_odd_letters_then_made() -> None:
    evil = '<b>굵게</b> & </para> <font color="x"> 😀 \u202e 日本 ™'
    assert render_pdf(result(name=evil, warnings=(evil,)), scenario(note=evil)).startswith(b"%PDF")


@pytest.mark.parametrize("draw", CHARTS)
def test_chart_when_drawn_twice_then_the_same_png_that_is_not_blank(draw: Callable[[ScenarioResult], bytes]) -> None:
    first = draw(result())
    assert first == draw(result())
    assert first.startswith(b"\x89PNG")
    with Image.open(io.BytesIO(first)) as image:
        assert image.width == 1140
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 8


@pytest.mark.parametrize("draw", CHARTS)
def test_chart_when_there_is_nothing_to_draw_then_it_says_so(draw: Callable[[ScenarioResult], bytes]) -> None:
    assert draw(result(**BARE)).startswith(b"\x89PNG")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 1_000), min_size=1, max_size=30))
def test_treemap_when_laid_out_then_areas_are_true_and_inside(sizes: list[float]) -> None:
    boxes = squarify(sorted(sizes, reverse=True), 0, 0, 2, 1)
    for size, (x, y, width, height) in zip(sorted(sizes, reverse=True), boxes, strict=True):
        assert width * height == pytest.approx(2 * size / sum(sizes), rel=1e-6)
        assert x >= -1e-9
        assert y >= -1e-9
        assert x + width <= 2 + 1e-6
        assert y + height <= 1 + 1e-6


def test_comparison_when_the_run_is_repeated_then_nothing_differs() -> None:
    found = compare_runs(result(), result(run_id="again"), scenario(), scenario())
    assert found.is_repeat
    assert found.positions == ()
    assert all(row.is_equal for row in found.figures)


def test_comparison_when_inputs_and_figures_differ_then_each_is_named() -> None:
    rows = result().allocation
    second = result(seed=7, threat_level=4, allocation=(rows[0].model_copy(update={"shares": 410}), rows[1]))
    found = compare_runs(result(), second, scenario(), scenario(seed=7, threat_level=4))
    assert {row.label_en for row in found.inputs} == {"seed", "threat_level"}
    assert [row.label_en for row in found.origin if not row.is_equal] == ["seed"]
    assert [(row.label_en, row.change) for row in found.positions] == [("005930", "+10")]
    assert not found.is_repeat
