import pytest

from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.settings import Settings
from daybook.stack.compressed_day import ranked_by_momentum


def test_rehearsal_when_no_advisor_is_set_then_it_ranks_by_momentum_and_says_so() -> None:
    ranked, note = ranked_by_momentum(Settings(_env_file=None))
    assert ranked.strategy == StrategySettings().model_copy(update={"advisor": AdvisorKind.MOMENTUM})
    assert "momentum" in note
    assert StrategySettings().advisor is AdvisorKind.FACTOR


@pytest.mark.parametrize("advisor", list(AdvisorKind))
def test_rehearsal_when_an_advisor_is_set_then_it_stays(advisor: AdvisorKind) -> None:
    settings = Settings(_env_file=None, strategy=StrategySettings(advisor=advisor))
    ranked, note = ranked_by_momentum(settings)
    assert ranked == settings
    assert advisor.value in note
