from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.llm import Usage
from daybook.llm.catalogue import Catalogue
from daybook.llm.pricing import cost_of, exact_micro_usd

TODAY = date(2026, 11, 21)
CATALOGUE = Catalogue.shipped()
PRICED = [entry for entry in CATALOGUE.models if not entry.is_retired(TODAY)]


def test_cost_when_tokens_are_of_every_kind_then_each_has_its_price() -> None:
    usage = Usage(input_tokens=10_000, cached_tokens=6_000, cache_write_tokens=1_000, output_tokens=500)
    cost = cost_of(usage, CATALOGUE.model("gpt-6.1-terra"), day=TODAY, krw_per_usd=1_400)
    # 3,000 x 1.00 + 6,000 x 0.05 + 1,000 x 1.25 + 500 x 5.00 millionths of a dollar
    assert cost.micro_usd == 3_000 + 300 + 1_250 + 2_500
    assert cost.micro_krw == 7_050 * 1_400
    assert cost.billed_equivalent_tokens == 7_050.0


def test_cost_when_the_prefix_lives_long_then_its_writing_costs_the_long_price() -> None:
    usage = Usage(input_tokens=1_000, cache_write_tokens=1_000)
    haiku = CATALOGUE.model("claude-haiku-5-5")
    assert cost_of(usage, haiku, day=TODAY, krw_per_usd=1, ttl="1h").micro_usd == 200
    assert cost_of(usage, haiku, day=TODAY, krw_per_usd=1, ttl="5m").micro_usd == 125
    assert cost_of(usage, haiku, day=TODAY, krw_per_usd=1).micro_usd == 125


def test_cost_when_it_has_a_fraction_then_it_is_rounded_up_once() -> None:
    cost = cost_of(Usage(input_tokens=3), CATALOGUE.model("gpt-6-luna"), day=TODAY, krw_per_usd=1_399.5)
    assert cost.micro_usd == 1  # 0.3
    assert cost.micro_krw == 420  # 0.3 x 1,399.5 = 419.85


def test_cost_when_the_model_is_local_then_it_is_free_and_counted_raw() -> None:
    cost = cost_of(Usage(input_tokens=70, output_tokens=30), CATALOGUE.model("local"), day=TODAY, krw_per_usd=1_400)
    assert (cost.micro_usd, cost.micro_krw, cost.billed_equivalent_tokens) == (0, 0, 100.0)


@given(
    entry=st.sampled_from(PRICED),
    fresh=st.integers(0, 400_000),
    cached=st.integers(0, 400_000),
    written=st.integers(0, 400_000),
    output=st.integers(0, 100_000),
)
def test_cost_when_the_kinds_of_tokens_vary_then_the_formula_of_multiples_gives_the_same(
    entry: object, fresh: int, cached: int, written: int, output: int
) -> None:
    from daybook.llm.catalogue import ModelEntry

    assert isinstance(entry, ModelEntry)
    usage = Usage(
        input_tokens=fresh + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output,
    )
    price = entry.price(TODAY, usage.input_tokens)
    exact = exact_micro_usd(usage, price)
    cost = cost_of(usage, entry, day=TODAY, krw_per_usd=1_400)
    assert exact <= cost.micro_usd < exact + 1
    assert exact * 1_400 <= cost.micro_krw < exact * 1_400 + 1
    if price.input:
        ratio = price.output / price.input
        multiples = fresh + cached * price.cache_read / price.input + written * price.cache_write / price.input
        assert abs(Decimal(cost.billed_equivalent_tokens) - (multiples + output * ratio)) < Decimal("0.01")


def test_cost_when_a_provider_reports_more_cached_than_input_then_nothing_is_negative() -> None:
    usage = Usage(input_tokens=100, cached_tokens=150, cache_write_tokens=50)
    assert exact_micro_usd(usage, CATALOGUE.model("gpt-6-luna").price(TODAY)) == Decimal("1.00")
