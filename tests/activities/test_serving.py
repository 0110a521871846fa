from datetime import UTC, datetime

import pytest
from temporalio.activity import _Definition
from temporalio.exceptions import ApplicationError

from activities.archive import ArchiveActivities
from activities.ask import AskActivities
from activities.code import CodeActivities
from activities.health import HealthActivities
from activities.news import NewsActivities
from activities.pipeline import PipelineActivities
from activities.preflight import answer_preflight
from activities.sandbox import SandboxActivities
from activities.scenario import ScenarioActivities
from activities.serving import SERVED_CALL, served_by, serves
from activities.threats import ThreatActivities
from activities.trading import TradingActivities
from daybook.contracts.base import Mode
from daybook.contracts.calls import CALLS, SANDBOX_PREFLIGHT, SET_PHASE, Layer, calls_of
from daybook.contracts.day import PhaseChange, PreflightReport, PreflightRequest

ROOMS: dict[Layer, tuple[type, ...]] = {
    Layer.SANDBOX: (SandboxActivities,),
    Layer.PIPELINE: (
        PipelineActivities,
        ArchiveActivities,
        NewsActivities,
        ThreatActivities,
        AskActivities,
        CodeActivities,
        ScenarioActivities,
    ),
    Layer.TRADING: (TradingActivities, HealthActivities),
}
REQUEST = PreflightRequest(mode=Mode.PAPER, asked_at=datetime(2026, 3, 6, tzinfo=UTC))


def bound(room: type) -> dict[str, object]:
    found = (getattr(room, name) for name in dir(room) if hasattr(getattr(room, name), SERVED_CALL))
    return {getattr(function, SERVED_CALL).name: function for function in found}


@pytest.mark.parametrize("layer", ROOMS)
def test_room_when_compared_with_the_table_then_it_serves_exactly_its_layer(layer: Layer) -> None:
    assert {name for room in ROOMS[layer] for name in bound(room)} == {entry.name for entry in calls_of(layer)}


def test_rooms_when_taken_together_then_every_call_is_served_once() -> None:
    served = [name for rooms in ROOMS.values() for room in rooms for name in bound(room)]
    assert sorted(served) == sorted(entry.name for entry in CALLS)


@pytest.mark.parametrize("room", [room for rooms in ROOMS.values() for room in rooms])
def test_activity_when_registered_then_its_name_is_that_of_the_table(room: type) -> None:
    for name, function in bound(room).items():
        definition = _Definition.from_callable(function)  # type: ignore[arg-type]
        assert definition is not None
        assert definition.name == name


def test_served_by_when_given_a_room_then_its_bound_methods_come_in_order_of_name() -> None:
    assert [function.__name__ for function in served_by(SandboxActivities())] == ["advance_script", "preflight"]


def test_serves_when_the_argument_differs_from_the_table_then_it_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must take one PreflightRequest to serve sandbox\.preflight"):

        @serves(SANDBOX_PREFLIGHT)
        def wrong(request: PhaseChange) -> PreflightReport:
            raise NotImplementedError


def test_serves_when_there_are_two_arguments_then_it_is_refused() -> None:
    with pytest.raises(TypeError, match="must take one"):

        @serves(SANDBOX_PREFLIGHT)
        def wrong(request: PreflightRequest, more: int) -> PreflightReport:
            raise NotImplementedError


def test_serves_when_the_result_differs_from_the_table_then_it_is_refused() -> None:
    with pytest.raises(TypeError, match="must return PreflightReport"):

        @serves(SANDBOX_PREFLIGHT)
        def wrong(request: PreflightRequest) -> None:
            raise NotImplementedError


def test_serves_when_the_table_says_nothing_comes_back_then_none_is_right() -> None:
    @serves(SET_PHASE)
    def right(change: PhaseChange) -> None:
        return None

    assert getattr(right, SERVED_CALL) is SET_PHASE


def test_preflight_when_the_layer_runs_in_the_day_s_mode_then_it_answers() -> None:
    report = SandboxActivities().preflight(REQUEST)
    assert (report.layer, report.facts[0]) == ("sandbox", "holds no secret of any layer")


def test_preflight_when_the_modes_differ_then_it_fails_for_good_and_names_both() -> None:
    with pytest.raises(ApplicationError, match="runs in mode live, the day in paper") as error:
        answer_preflight(Layer.TRADING, Mode.LIVE, REQUEST)
    assert (error.value.type, error.value.non_retryable) == ("Configuration", True)
