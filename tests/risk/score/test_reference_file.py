import pytest

from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scores import Preferred, RiskMetric, ScoreKind
from daybook.risk.score.errors import ScoreReferenceError
from daybook.risk.score.reference_file import read_reference, shipped_reference, write_reference


def test_shipped_reference_when_read_then_it_says_what_when_and_how_much_it_was_fitted_on():
    facts = shipped_reference().facts
    assert facts.version == "us-large-caps-2022.1"
    assert facts.market == "us_large_caps"
    assert (facts.instruments, facts.rows) == (20, 161_780)
    assert facts.base_rate == pytest.approx(0.2112, abs=0.0001)
    assert any("[expert]" in note for note in facts.notes)
    assert any("KRX" in note for note in facts.notes)


def test_shipped_reference_when_read_then_it_says_which_of_model_and_baseline_is_better():
    facts = shipped_reference().facts
    rows = {row.name: row for row in facts.validations}
    assert {"us_stocks", "us_index", "krx_kospi", "krx_kospi200", "krx_kosdaq"} <= set(rows)
    assert rows["us_stocks"].preferred is Preferred.MODEL
    assert facts.verdict(ScoreKind.ASSET) is Preferred.MODEL
    for row in rows.values():
        beyond = abs(row.skill_difference) > 2 * row.skill_difference_error
        assert (row.preferred is not Preferred.TIE) == beyond
        assert sum(part.rows for part in row.model_bins) == row.rows


@pytest.mark.parametrize("kind", ScoreKind)
def test_shipped_reference_when_weights_are_taken_then_they_sum_to_one_and_expert_ones_are_said_and_small(kind):
    reference = shipped_reference()
    weights = reference.weights(kind)
    expert = [weight for metric, weight in weights.items() if reference.evidence(metric) is EvidenceKind.EXPERT]
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) >= 0
    assert sum(expert) == pytest.approx(0.08)
    assert reference.evidence(RiskMetric.EWMA_VOLATILITY) is EvidenceKind.DATA


def test_reference_when_written_and_read_then_it_is_the_same():
    texts = write_reference(shipped_reference())
    assert write_reference(read_reference(*texts)) == texts


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema: 1", "schema: 2", "schema 2"),
        ("version: us-large", "version: US large", "cannot be read"),
        ("tables_sha256: ", "tables_sha256: 0", "not those its facts name"),
        ("ewma_volatility: 0.", "ewma_volatility: -0.", "0 or above"),
        ("fitted_weights:", "weights:", "cannot be read"),
    ],
)
def test_reference_when_its_facts_are_tampered_with_then_it_refuses(old, new, message):
    facts, tables = write_reference(shipped_reference())
    assert old in facts
    with pytest.raises(ScoreReferenceError, match=message):
        read_reference(facts.replace(old, new, 1), tables)


def test_reference_when_a_table_changes_or_falls_or_is_gone_then_it_refuses():
    facts, tables = write_reference(shipped_reference())
    lines = tables.splitlines(keepends=True)
    with pytest.raises(ScoreReferenceError, match="not those its facts name"):
        read_reference(facts, "".join([lines[0], *lines[2:]]))
    with pytest.raises(ScoreReferenceError, match="rise strictly"):
        read_reference(facts, "".join([lines[0], *reversed(lines[1:])]))
    with pytest.raises(ScoreReferenceError):
        read_reference(facts, "".join(line for line in lines if not line.startswith("baseline")))
